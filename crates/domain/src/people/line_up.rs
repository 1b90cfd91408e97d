//! Who would report to whom after an import, and which rows cannot be because of it.
//!
//! A row is refused for its manager, for an earlier row with its address, or for a circle. What a refused row would have
//! changed does not happen, which may close another circle; so whoever falls back to the old line is looked at again.
//! What is there already runs in no circle, so each round refuses at least one row and the rounds end.

use std::collections::{HashMap, HashSet, VecDeque};

use allowance_values::PersonId;

use super::draft::{Draft, DraftRow, Refused};
use super::fields::Field;
use super::import::{Existing, Reason, RowProblem, Superior};
use super::keys::email_key;

/// The rows on their way to a plan.
pub(super) struct LineUp<'e> {
    rows: Vec<DraftRow>,
    /// Whom each row's person would report to, where the row says so.
    superiors: Vec<Option<Superior>>,
    /// Who each row is about, where they are there already.
    subjects: Vec<Option<PersonId>>,
    row_of_person: HashMap<PersonId, usize>,
    /// The rows of those who would report to a row's new person.
    reports: HashMap<usize, Vec<usize>>,
    existing: &'e Existing,
}

impl<'e> LineUp<'e> {
    pub(super) fn new(rows: Vec<DraftRow>, existing: &'e Existing) -> Self {
        Self {
            superiors: vec![None; rows.len()],
            subjects: vec![None; rows.len()],
            rows,
            row_of_person: HashMap::new(),
            reports: HashMap::new(),
            existing,
        }
    }

    /// The rows, whom each would report to, and the new people in the order in which they can be added.
    pub(super) fn settle(mut self) -> (Vec<DraftRow>, Vec<Option<Superior>>, Vec<usize>) {
        let people: HashMap<String, PersonId> = self
            .existing
            .people
            .iter()
            .map(|known| (email_key(&known.profile.email), known.id))
            .collect();
        let first_rows = self.find_subjects(&people);
        let lost = self.find_superiors(&people, &first_rows);
        self.refuse_with_reports(lost);
        self.refuse_circles();
        let additions = self.additions();
        (self.rows, self.superiors, additions)
    }

    /// Finds who each row is about, and refuses later rows about the same one. Gives the first row of each address.
    fn find_subjects(&mut self, people: &HashMap<String, PersonId>) -> HashMap<String, usize> {
        let mut first: HashMap<String, (usize, u64)> = HashMap::new();
        for (index, (row, subject)) in self.rows.iter_mut().zip(&mut self.subjects).enumerate() {
            let Some(key) = row.key() else { continue };
            if let Some((_, line)) = first.get(key) {
                refuse(
                    row,
                    RowProblem::of(Field::Email, Reason::Duplicate { line: *line }),
                );
                continue;
            }
            first.insert(key.to_owned(), (index, row.line));
            *subject = people.get(key).copied();
            if let Some(person) = subject {
                self.row_of_person.insert(*person, index);
            }
        }
        first.into_iter().map(|(key, (index, _))| (key, index)).collect()
    }

    /// Finds whom each row's person would report to. Gives the rows for which that is nobody, and why.
    fn find_superiors(
        &mut self,
        people: &HashMap<String, PersonId>,
        first_rows: &HashMap<String, usize>,
    ) -> Vec<(usize, Reason)> {
        let mut lost = Vec::new();
        for (index, (row, superior)) in self.rows.iter().zip(&mut self.superiors).enumerate() {
            let Ok(Draft {
                manager: Some(Some((_, key))),
                ..
            }) = &row.draft
            else {
                continue;
            };
            let manager = first_rows
                .get(key)
                .and_then(|manager| Some((*manager, self.rows.get(*manager)?)));
            match (people.get(key), manager) {
                (Some(person), _) => *superior = Some(Superior::Existing(*person)),
                (None, Some((manager, DraftRow { draft: Ok(_), .. }))) => {
                    *superior = Some(Superior::Row(manager));
                    self.reports.entry(manager).or_default().push(index);
                }
                (None, Some((_, refused))) => {
                    lost.push((index, Reason::ManagerRefused { line: refused.line }))
                }
                (None, None) => lost.push((index, Reason::UnknownManager)),
            }
        }
        lost
    }

    /// Refuses rows for their manager, and after them the rows of those who would report to the new people in them. Gives
    /// the people who fall back to their old line.
    fn refuse_with_reports(&mut self, rows: impl IntoIterator<Item = (usize, Reason)>) -> Vec<PersonId> {
        let mut fallen = Vec::new();
        let mut waiting: VecDeque<(usize, Reason)> = rows.into_iter().collect();
        while let Some((index, reason)) = waiting.pop_front() {
            let Some(row) = self.rows.get_mut(index).filter(|row| row.draft.is_ok()) else {
                continue;
            };
            let line = row.line;
            refuse(row, RowProblem::of(Field::Manager, reason));
            if let Some(person) = self.subjects.get(index).copied().flatten() {
                fallen.push(person);
            }
            let reports = self.reports.remove(&index).unwrap_or_default();
            waiting.extend(
                reports
                    .into_iter()
                    .map(|report| (report, Reason::ManagerRefused { line })),
            );
        }
        fallen
    }

    fn refuse_circles(&mut self) {
        let mut settled = HashSet::new();
        let mut fallen = Vec::new();
        for index in 0..self.rows.len() {
            let person = self.subjects.get(index).copied().flatten();
            let start = person.map_or(Superior::Row(index), Superior::Existing);
            let circle = self.circle_above(start, &mut settled);
            fallen.extend(self.refuse_circle(&circle));
        }
        while let Some(person) = fallen.pop() {
            let circle = self.circle_above(Superior::Existing(person), &mut HashSet::new());
            fallen.extend(self.refuse_circle(&circle));
        }
    }

    /// Follows the line upwards from `start`. Gives the circle it ends in; nothing if it ends at a top. What leads to a
    /// top is remembered as settled.
    fn circle_above(&self, start: Superior, settled: &mut HashSet<Superior>) -> Vec<Superior> {
        let (mut path, mut seen) = (Vec::new(), HashSet::new());
        let mut next = Some(start);
        while let Some(at) = next {
            if settled.contains(&at) {
                break;
            }
            if !seen.insert(at) {
                return path.into_iter().skip_while(|passed| *passed != at).collect();
            }
            path.push(at);
            next = self.above(at);
        }
        settled.extend(path);
        Vec::new()
    }

    /// Whom somebody would report to if every row that still stands happened.
    fn above(&self, at: Superior) -> Option<Superior> {
        let (index, person) = match at {
            Superior::Row(index) => (Some(index), None),
            Superior::Existing(person) => (self.row_of_person.get(&person).copied(), Some(person)),
        };
        match index.filter(|index| self.moves(*index)) {
            Some(index) => self.superiors.get(index).copied().flatten(),
            None => person
                .and_then(|person| self.existing.managers.get(&person))
                .copied()
                .map(Superior::Existing),
        }
    }

    /// Whether the row still stands and says whom its person reports to.
    fn moves(&self, index: usize) -> bool {
        self.rows
            .get(index)
            .is_some_and(|row| matches!(&row.draft, Ok(Draft { manager: Some(_), .. })))
    }

    /// Refuses the rows that close the circle: those that give somebody another manager than before.
    fn refuse_circle(&mut self, circle: &[Superior]) -> Vec<PersonId> {
        let closes = |at: &Superior| {
            let (index, was) = match at {
                Superior::Row(index) => (*index, None),
                Superior::Existing(person) => (
                    *self.row_of_person.get(person)?,
                    self.existing.managers.get(person).copied(),
                ),
            };
            let is_new = self.above(*at) != was.map(Superior::Existing);
            (self.moves(index) && is_new).then_some(index)
        };
        let rows: Vec<usize> = circle.iter().filter_map(closes).collect();
        self.refuse_with_reports(rows.into_iter().map(|index| (index, Reason::ReportingCycle)))
    }

    /// The new people, managers first.
    fn additions(&self) -> Vec<usize> {
        let (mut order, mut placed) = (Vec::new(), HashSet::new());
        for index in 0..self.rows.len() {
            let mut line = Vec::new();
            let mut next = Some(index);
            while let Some(at) = next.filter(|at| self.is_addition(*at) && !placed.contains(at)) {
                line.push(at);
                placed.insert(at);
                next = match self.superiors.get(at).copied().flatten() {
                    Some(Superior::Row(manager)) => Some(manager),
                    Some(Superior::Existing(_)) | None => None,
                };
            }
            order.extend(line.into_iter().rev());
        }
        order
    }

    fn is_addition(&self, index: usize) -> bool {
        let stands = self.rows.get(index).is_some_and(|row| row.draft.is_ok());
        stands && self.subjects.get(index).is_some_and(Option::is_none)
    }
}

fn refuse(row: &mut DraftRow, problem: RowProblem) {
    if let Ok(Draft { key, profile, .. }) = &row.draft {
        row.draft = Err(Refused {
            key: Some(key.clone()),
            email: profile.email.to_string(),
            display_name: profile.display_name.clone(),
            problems: vec![problem],
        });
    }
}
