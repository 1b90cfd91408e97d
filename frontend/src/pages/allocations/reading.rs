//! The members' rows read so far: looked up as they come into view or are selected, and forgotten again when they are
//! far from both, so that a hundred thousand members weigh little more than a hundred.

use std::collections::BTreeMap;

use allowance_api_types::allocations::{LookUpMembersBody, MemberRowView};
use allowance_grid::{Area as Range, Line, MOST_CELLS, Row};
use allowance_values::{GroupId, PersonId};
use gloo_timers::future::TimeoutFuture;
use leptos::prelude::*;
use leptos::task::spawn_local;

use super::act::Act;
use super::model;
use super::sheet::Sheet;
use crate::api::{self, ApiError};
use crate::errors;
use crate::reactive::effect;
use crate::ui::Tone;

/// Rows that one look-up may ask for.
const LOOK_UP: usize = 1_000;
/// Rows read ahead of those in view.
const AHEAD: usize = 60;
/// How long a row is in view before it is read: rows that fly by are not.
const PAUSE_MILLIS: u32 = 50;
/// How long a selection stays before its rows are read: it may still be growing.
const SETTLED_MILLIS: u32 = 250;
/// Rows kept although they are out of view.
const KEPT: usize = 8_000;

/// The rows read so far.
#[derive(Debug, Clone, Default)]
pub(super) struct Known {
    /// When each was read. Those without a row were asked for and not found: they are in another group by now.
    rows: BTreeMap<PersonId, (u32, Option<MemberRowView>)>,
    /// Rises when what is known may be out of date.
    age: u32,
}

impl Known {
    pub(super) fn take(&mut self, rows: &[MemberRowView]) {
        for row in rows {
            self.rows.insert(row.person.id, (self.age, Some(row.clone())));
        }
    }

    /// What was found of those asked for; the others are gone.
    fn take_of(&mut self, ids: &[PersonId], rows: &[MemberRowView]) {
        for id in ids {
            self.rows.insert(*id, (self.age, None));
        }
        self.take(rows);
    }

    pub(super) fn grow_older(&mut self) {
        self.age = self.age.wrapping_add(1);
    }

    pub(super) fn get(&self, person: PersonId) -> Option<&MemberRowView> {
        self.rows.get(&person)?.1.as_ref()
    }

    fn is_due(&self, person: PersonId) -> bool {
        self.rows.get(&person).is_none_or(|(age, _)| *age != self.age)
    }

    /// Whether nothing is known of the row.
    pub(super) fn is_unread(&self, person: PersonId) -> bool {
        !self.rows.contains_key(&person)
    }

    /// Whether the row is not coming.
    pub(super) fn is_gone(&self, person: PersonId) -> bool {
        matches!(self.rows.get(&person), Some((_, None)))
    }

    pub(super) fn rows(&self) -> impl Iterator<Item = &MemberRowView> {
        self.rows.values().filter_map(|(_, row)| row.as_ref())
    }
}

impl Sheet {
    /// A member's row, when it was read.
    pub(super) fn member(self, id: PersonId) -> Option<MemberRowView> {
        self.known.with(|known| known.get(id).cloned())
    }

    /// Takes over rows that an answer brought along; drafts follow.
    pub(super) fn put_members(self, rows: &[MemberRowView]) {
        self.known.update(|known| known.take(rows));
        self.refresh_drafts(rows);
    }

    /// Reads what somebody else changed. Drafts and the editor stay as they are.
    pub(super) fn refresh_drafts(self, rows: &[MemberRowView]) {
        let is_drafted = |row: &MemberRowView| Row::Member(row.group_id, row.person.id);
        if self
            .drafts
            .with_untracked(|drafts| rows.iter().any(|row| drafts.is_unsaved(is_drafted(row))))
        {
            self.drafts.update(|drafts| {
                for row in rows {
                    drafts.refresh(is_drafted(row), model::seen_member(row).figures);
                }
            });
        }
    }

    /// Looks rows up by id, as many as it takes; those not found are noted as gone.
    pub(super) async fn look_up(self, group: GroupId, ids: &[PersonId]) -> Result<(), ApiError> {
        for ids in ids.chunks(LOOK_UP) {
            let body = LookUpMembersBody { ids: ids.to_vec() };
            let answer = api::allocations::look_up(self.id, group, &body).await?;
            let _gone = self.known.try_update(|known| known.take_of(ids, &answer.items));
            self.refresh_drafts(&answer.items);
        }
        Ok(())
    }

    /// Reads those of these rows that were not read yet. What cannot be read is left out.
    pub(super) async fn make_known(self, rows: impl Iterator<Item = Row>) -> Result<(), ApiError> {
        let mut missing: Vec<(GroupId, Vec<PersonId>)> = Vec::new();
        let mut last = None;
        self.known.with_untracked(|known| {
            for row in rows {
                // The cells of a row come one after the other.
                if last.replace(row) == Some(row) {
                    continue;
                }
                if let Row::Member(group, person) = row
                    && known.get(person).is_none()
                {
                    match missing.iter_mut().find(|(of, _)| *of == group) {
                        Some((_, ids)) => ids.push(person),
                        None => missing.push((group, vec![person])),
                    }
                }
            }
        });
        for (group, ids) in missing {
            self.look_up(group, &ids).await?;
        }
        Ok(())
    }

    /// Rows that come into view are read, and read again when they may be out of date.
    pub(super) fn read_what_is_in_view(self) {
        let is_reading = StoredValue::new(false);
        effect(move || {
            self.window.track();
            let is_due = self.known.with(|_| !self.due().1.is_empty());
            if !is_due || is_reading.get_value() {
                return;
            }
            is_reading.set_value(true);
            spawn_local(async move {
                TimeoutFuture::new(PAUSE_MILLIS).await;
                let mut answer = Ok(());
                while let Some((Some(group), ids)) = self.due_if_there().filter(|(_, ids)| !ids.is_empty()) {
                    answer = self.look_up(group, &ids).await;
                    if answer.is_err() {
                        break;
                    }
                }
                let _gone = is_reading.try_set_value(false);
                match answer {
                    Ok(()) => self.forget_what_is_far(),
                    Err(error) => self.say(Tone::Bad, errors::words(&error)),
                }
            });
        });
    }

    fn due_if_there(self) -> Option<(Option<GroupId>, Vec<PersonId>)> {
        self.known.try_with_untracked(|_| ())?;
        Some(self.due())
    }

    /// The rows in and near the view that are to be read.
    fn due(self) -> (Option<GroupId>, Vec<PersonId>) {
        let near = self.near_view();
        let group = near.first().map(|(group, _)| *group);
        let ids = self.known.with_untracked(|known| {
            let due = near.iter().filter(|(_, person)| known.is_due(*person));
            due.map(|(_, person)| *person).collect()
        });
        (group, ids)
    }

    fn near_view(self) -> Vec<(GroupId, PersonId)> {
        let (first, end) = self.window.get_untracked();
        self.layout.with_untracked(|layout| {
            let lines = first.saturating_sub(AHEAD)..end.saturating_add(AHEAD);
            lines
                .filter_map(|line| match layout.line_at(line)? {
                    Line::Row(Row::Member(group, person)) => Some((group, person)),
                    _ => None,
                })
                .collect()
        })
    }

    /// Of too many rows those stay that are near the view or selected.
    fn forget_what_is_far(self) {
        if self.known.try_with_untracked(|known| known.rows.len() <= KEPT) != Some(false) {
            return;
        }
        let near = self.near_view();
        let range = self.range.get_untracked();
        self.layout.with_untracked(|layout| {
            let is_selected = |group: GroupId, person: PersonId| {
                let place = layout.place(Row::Member(group, person));
                range
                    .zip(place)
                    .is_some_and(|(range, place)| range.has_place(place))
            };
            self.known.update_untracked(|known| {
                known.rows.retain(|person, (_, row)| {
                    near.iter().any(|(_, other)| other == person)
                        || row.as_ref().is_some_and(|row| is_selected(row.group_id, *person))
                });
            });
        });
    }

    /// What is selected is read to its last row, so that it is summed and can be copied; and again once it was changed here.
    pub(super) fn read_what_is_selected(self) {
        effect(move || {
            let _changes = self.orders.changes();
            let range = self.range.get();
            self.reading.set(None);
            if range.is_some_and(|range| range.height() > 1) {
                self.act(Act::ReadSelected);
            }
        });
    }

    /// Reads the selection unless it is still growing.
    pub(super) fn read_selected_after_a_while(self) {
        let range = self.range.get_untracked();
        spawn_local(async move {
            TimeoutFuture::new(SETTLED_MILLIS).await;
            // Whoever copies it meanwhile reads it.
            if self.range.try_get_untracked() == Some(range)
                && self.reading.get_untracked().is_none()
                && let Err(error) = self.read_selected().await
            {
                self.say(Tone::Bad, errors::words(&error));
            }
        });
    }

    /// Reads the rows of the selection that were not read. False: something else was selected meanwhile.
    pub(super) async fn read_selected(self) -> Result<bool, ApiError> {
        let Some(Some(range)) = self.range.try_get_untracked() else {
            return Ok(false);
        };
        let mut from = range.first_row;
        loop {
            let (group, ids, next) = self.unread(range, from);
            let Some(group) = group else { break };
            if range.height() > LOOK_UP {
                let done = from.saturating_sub(range.first_row);
                self.reading.set(Some((done, range.height())));
            }
            self.look_up(group, &ids).await?;
            if self.range.try_get_untracked() != Some(Some(range)) {
                return Ok(false);
            }
            from = next;
        }
        self.reading.set(None);
        Ok(true)
    }

    /// As many unread rows of a range as one look-up may ask for, from a place on, and the place where to go on. Of few
    /// rows also those are read again that may be out of date.
    fn unread(self, range: Range, from: usize) -> (Option<GroupId>, Vec<PersonId>, usize) {
        let is_long = range.height() > MOST_CELLS;
        let mut group = None;
        let mut ids = Vec::new();
        let mut place = from;
        self.layout.with_untracked(|layout| {
            self.known.with_untracked(|known| {
                while place <= range.last_row && ids.len() < LOOK_UP {
                    if let Some(Row::Member(of, person)) = layout.row_at(place)
                        && (known.is_unread(person) || (!is_long && known.is_due(person)))
                    {
                        group = Some(of);
                        ids.push(person);
                    }
                    place = place.saturating_add(1);
                }
            });
        });
        (group, ids, place)
    }

    /// How many rows of the selection were not read.
    pub(super) fn count_unread(self, range: Range) -> usize {
        self.layout.with_untracked(|layout| {
            self.known.with_untracked(|known| {
                let rows = range.rows(layout).filter(|row| match row {
                    Row::Member(_, person) => known.is_unread(*person),
                    Row::Group(_) => false,
                });
                rows.count()
            })
        })
    }
}
