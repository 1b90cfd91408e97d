//! What a file of people would change: added, changed, unchanged or refused, row by row, before anything is written.
//!
//! INVARIANT(import-repeats): applying a plan and planning the same file again changes nothing. Nobody is ever removed: a
//! person who is not in the file stays as they are, and so does a field whose column is missing. An empty cell clears, but
//! for the group: everybody is in one, so an empty cell leaves them there, and new people in Default.
//!
//! People are told apart by address alone. Of two rows with the same address the first counts, however the second one
//! spells it. A row that is refused takes along the new people who would report to it, and nobody else.

use std::collections::HashMap;
use std::sync::Arc;

use allowance_values::{GroupId, PersonId};

use super::draft::{Draft, DraftRow, Refused, read_row};
use super::fields::{Fault, Field, Profile};
use super::keys::{email_key, name_key};
use super::line_up::LineUp;

/// A row of a file as it was read; of people unless said otherwise.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SheetRow<C = Field> {
    /// Line in the file; the header is line 1.
    pub line: u64,
    /// The cells, in the order of the columns.
    pub cells: Vec<(C, String)>,
    /// How many cells the row has, and how many the header.
    pub width: (usize, usize),
}

/// A person of the organisation, as the plan needs to know them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Known {
    /// Who.
    pub id: PersonId,
    /// What is known of them.
    pub profile: Profile,
    /// Whom they report to.
    pub manager: Option<PersonId>,
    /// The group they are in.
    pub group: GroupId,
}

/// The organisation as it stands.
#[derive(Debug, Clone, Default)]
pub struct Existing {
    /// Everybody whose address the file mentions, and their managers.
    pub people: Vec<Known>,
    /// Who reports to whom, of everybody.
    pub managers: HashMap<PersonId, PersonId>,
    /// The names of all groups.
    pub groups: HashMap<GroupId, String>,
}

/// Whom a person of the plan reports to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Superior {
    /// Somebody who is there already.
    Existing(PersonId),
    /// Somebody whom the row at this index adds.
    Row(usize),
}

/// Why a row is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Reason {
    /// A text cannot be kept.
    #[error(transparent)]
    Fault(#[from] Fault),
    /// The row has more or fewer cells than the header.
    #[error("the row has {found} cells, the header {expected}")]
    Ragged {
        /// Cells of the row.
        found: usize,
        /// Cells of the header.
        expected: usize,
    },
    /// An earlier row has the address, perhaps in other case.
    #[error("line {line} has the same address")]
    Duplicate {
        /// Where.
        line: u64,
    },
    /// Nobody has the address, neither in the file nor in the organisation.
    #[error("nobody has this address, neither in the file nor in the organisation")]
    UnknownManager,
    /// There is no group of this name.
    #[error("there is no group of this name")]
    UnknownGroup,
    /// The row that would add the manager is refused.
    #[error("the manager is refused in line {line}")]
    ManagerRefused {
        /// Where.
        line: u64,
    },
    /// The reporting line would run in a circle.
    #[error("the reporting line would run in a circle")]
    ReportingCycle,
}

/// Why a row is refused, and the column to blame, where there is one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowProblem {
    /// The column.
    pub field: Option<Field>,
    /// Why.
    pub reason: Reason,
}

impl RowProblem {
    pub(super) fn of(field: Field, reason: impl Into<Reason>) -> Self {
        Self {
            field: Some(field),
            reason: reason.into(),
        }
    }
}

/// One value that changes; empty is nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldChange {
    /// The column.
    pub field: Field,
    /// How it was.
    pub before: String,
    /// How it becomes.
    pub after: String,
}

/// What happens to a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// A new person.
    Add {
        /// What is known of them.
        profile: Arc<Profile>,
        /// Whom they report to.
        manager: Option<Superior>,
        /// The group they come to; Default when absent.
        group: Option<GroupId>,
    },
    /// A person with other values.
    Change {
        /// Who.
        id: PersonId,
        /// How they become.
        profile: Profile,
        /// Whom they report to then.
        manager: Option<Superior>,
        /// The group they move to; nothing for who stays.
        group: Option<GroupId>,
        /// What differs.
        changes: Vec<FieldChange>,
    },
    /// Nothing to do.
    Keep,
    /// Left out.
    Refuse {
        /// The address as it stands in the file.
        email: String,
        /// The name as it stands in the file.
        display_name: String,
        /// Why.
        problems: Vec<RowProblem>,
    },
}

/// A row with what happens to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlannedRow {
    /// Line in the file.
    pub line: u64,
    /// What happens.
    pub outcome: Outcome,
}

/// What the file would change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// Row by row, in the order of the file.
    pub rows: Vec<PlannedRow>,
    /// Indexes of the rows that add somebody: managers before those who report to them.
    pub additions: Vec<usize>,
}

/// The rows of a file, each checked by itself.
#[derive(Debug, Clone)]
pub struct Drafts(Vec<DraftRow>);

impl Drafts {
    /// Checks each row by itself, as it comes out of the file.
    ///
    /// # Errors
    /// Whatever reading a row fails with.
    pub fn read<E>(rows: impl IntoIterator<Item = Result<SheetRow, E>>) -> Result<Self, E> {
        let read = |row: SheetRow| DraftRow {
            line: row.line,
            draft: read_row(&row),
        };
        let rows = rows.into_iter().map(|row| row.map(read));
        Ok(Self(rows.collect::<Result<_, E>>()?))
    }

    /// The keys of all addresses that the file mentions: whom to look for before planning.
    #[must_use]
    pub fn email_keys(&self) -> Vec<String> {
        let mut keys = Vec::with_capacity(self.0.len());
        for draft in self.0.iter().filter_map(|row| row.draft.as_ref().ok()) {
            keys.push(draft.key.clone());
            keys.extend(draft.manager.iter().flatten().map(|(_, key)| key.clone()));
        }
        keys.sort_unstable();
        keys.dedup();
        keys
    }

    /// What the rows would change together.
    #[must_use]
    pub fn plan(self, existing: &Existing) -> Plan {
        let known = Directory::new(existing);
        let rows = self
            .0
            .into_iter()
            .map(|row| known.refuse_unknown_group(row))
            .collect();
        let (rows, superiors, additions) = LineUp::new(rows, existing).settle();
        let plan_row = |(row, superior): (DraftRow, Option<Superior>)| PlannedRow {
            line: row.line,
            outcome: match row.draft {
                Ok(draft) => known.judge(draft, superior),
                Err(Refused {
                    email,
                    display_name,
                    problems,
                    key: _,
                }) => Outcome::Refuse {
                    email,
                    display_name,
                    problems,
                },
            },
        };
        Plan {
            rows: rows.into_iter().zip(superiors).map(plan_row).collect(),
            additions,
        }
    }
}

/// The people who are there, by key and by id, and the groups, by the keys of their names.
struct Directory<'e> {
    by_key: HashMap<String, &'e Known>,
    by_id: HashMap<PersonId, &'e Known>,
    groups: HashMap<String, GroupId>,
    names: &'e HashMap<GroupId, String>,
}

impl<'e> Directory<'e> {
    fn new(existing: &'e Existing) -> Self {
        Self {
            by_key: existing
                .people
                .iter()
                .map(|known| (email_key(&known.profile.email), known))
                .collect(),
            by_id: existing.people.iter().map(|known| (known.id, known)).collect(),
            groups: (existing.groups.iter())
                .map(|(id, name)| (name_key(name), *id))
                .collect(),
            names: &existing.groups,
        }
    }

    fn refuse_unknown_group(&self, row: DraftRow) -> DraftRow {
        let DraftRow { line, draft } = row;
        let draft = draft.and_then(|draft| match &draft.group {
            Some(group) if !self.groups.contains_key(group) => Err(Refused {
                email: draft.profile.email.to_string(),
                display_name: draft.profile.display_name.clone(),
                problems: vec![RowProblem::of(Field::Group, Reason::UnknownGroup)],
                key: Some(draft.key),
            }),
            Some(_) | None => Ok(draft),
        });
        DraftRow { line, draft }
    }

    fn judge(&self, draft: Draft, superior: Option<Superior>) -> Outcome {
        let Draft {
            key,
            profile: wanted,
            fields,
            manager,
            group,
        } = draft;
        let group = group.and_then(|key| self.groups.get(&key).copied());
        let Some(known) = self.by_key.get(&key) else {
            return Outcome::Add {
                profile: wanted,
                manager: superior,
                group,
            };
        };
        let mut profile = known.profile.clone();
        let mut changes = Vec::new();
        let is_joined = |field: &Field| matches!(field, Field::Manager | Field::Group);
        for field in fields.into_iter().filter(|field| !is_joined(field)) {
            let (before, after) = (known.profile.text(field), wanted.text(field));
            if before != after {
                profile.take(field, &wanted);
                changes.push(FieldChange { field, before, after });
            }
        }
        let was = known.manager.map(Superior::Existing);
        let becomes = if manager.is_some() { superior } else { was };
        if becomes != was {
            let address = |id| {
                self.by_id
                    .get(id)
                    .map_or_else(|| id.to_string(), |known| known.profile.email.to_string())
            };
            changes.push(FieldChange {
                field: Field::Manager,
                before: known.manager.as_ref().map(address).unwrap_or_default(),
                after: manager
                    .flatten()
                    .map(|(email, _)| email.to_string())
                    .unwrap_or_default(),
            });
        }
        let group = group.filter(|group| *group != known.group);
        if let Some(group) = group {
            let name = |group: &GroupId| self.names.get(group).cloned().unwrap_or_default();
            changes.push(FieldChange {
                field: Field::Group,
                before: name(&known.group),
                after: name(&group),
            });
        }
        if changes.is_empty() {
            return Outcome::Keep;
        }
        Outcome::Change {
            id: known.id,
            profile,
            manager: becomes,
            group,
            changes,
        }
    }
}

#[cfg(test)]
#[path = "import_tests.rs"]
mod tests;
