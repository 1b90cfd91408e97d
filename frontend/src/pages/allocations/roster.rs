//! The members of the open group: who they are, in which order, and the rows read so far.
//!
//! A page of them comes with its rows. All of them come as ids alone; rows are looked up as they come into view, and those
//! far from it are forgotten again, so that a hundred thousand members weigh little more than a hundred.

use std::collections::{BTreeMap, BTreeSet};

use allowance_api_types::Total;
use allowance_api_types::allocations::{
    LookUpMembersBody, MemberFilter, MemberRowView, MemberSort, MembersQuery,
};
use allowance_grid::{Expanded, Line, Row};
use allowance_values::{CreditTypeId, GroupId, PersonId};
use gloo_timers::future::TimeoutFuture;
use leptos::prelude::*;
use leptos::task::spawn_local;

use super::super::list_url::ListUrl;
use super::super::words;
use super::model;
use super::sheet::{FILTER, ROWS, SEARCH, SORT, Sheet};
use crate::api::{self, ApiError};
use crate::errors;
use crate::reactive::effect;
use crate::ui::Tone;

/// How many members a page can have; besides, all of them.
pub(super) const PAGE_SIZES: [u32; 3] = [25, 50, 100];
/// The word for all members in the address.
pub(super) const ALL: &str = "all";
/// Rows that one look-up may ask for.
const LOOK_UP: usize = 1_000;
/// Rows read ahead of those in view.
const AHEAD: usize = 60;
/// How long a row is in view before it is read: rows that fly by are not.
const PAUSE_MILLIS: u32 = 50;
/// Rows kept although they are out of view.
const KEPT: usize = 8_000;

/// Which members are shown, in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Roster {
    pub(super) group: GroupId,
    /// The number of the first one.
    pub(super) first_row: u64,
    pub(super) ids: Vec<PersonId>,
    pub(super) total: Option<Total>,
    pub(super) next_cursor: Option<String>,
    pub(super) is_all: bool,
}

/// What is asked of the server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Question {
    pub(super) group: GroupId,
    first_row: u64,
    is_all: bool,
    pub(super) query: MembersQuery,
}

/// The order of all members as it was read: after how many refreshes, for which question.
pub(super) type Order = Option<(u32, Question, Roster)>;

/// The rows read so far.
#[derive(Debug, Clone, Default)]
pub(super) struct Known {
    rows: BTreeMap<PersonId, (u32, MemberRowView)>,
    /// Asked for and not found: they are in another group by now.
    gone: BTreeSet<PersonId>,
    /// Rises when what is known may be out of date.
    age: u32,
}

impl Known {
    fn take(&mut self, rows: &[MemberRowView]) {
        for row in rows {
            self.gone.remove(&row.person.id);
            self.rows.insert(row.person.id, (self.age, row.clone()));
        }
    }

    pub(super) fn get(&self, person: PersonId) -> Option<&MemberRowView> {
        self.rows.get(&person).map(|(_, row)| row)
    }

    fn is_due(&self, person: PersonId) -> bool {
        let is_fresh = self.rows.get(&person).is_some_and(|(age, _)| *age == self.age);
        !is_fresh && !self.gone.contains(&person)
    }

    /// Whether the row is not coming.
    pub(super) fn is_gone(&self, person: PersonId) -> bool {
        self.gone.contains(&person)
    }

    pub(super) fn rows(&self) -> impl Iterator<Item = &MemberRowView> {
        self.rows.values().map(|(_, row)| row)
    }
}

impl Question {
    /// What the address asks for.
    pub(super) fn of(url: ListUrl, group: GroupId) -> Self {
        let is_all = url.get(ROWS).as_deref() == Some(ALL);
        Self {
            group,
            first_row: if is_all { 1 } else { url.first_row() },
            is_all,
            query: MembersQuery {
                search: url.get(SEARCH),
                sort: sort(url),
                filter: filter(url),
                cursor: url.cursor().filter(|_| !is_all),
                limit: (!is_all).then(|| page_size(url)),
                ..MembersQuery::default()
            },
        }
    }

    /// The same view without its pages.
    pub(super) fn of_all(self) -> MembersQuery {
        MembersQuery {
            cursor: None,
            limit: None,
            ..self.query
        }
    }

    /// Asks the server. The rows of a page go to `known`; the order of all members is read again only when it is asked
    /// anew, since it is long: what others change shows in the rows.
    pub(super) async fn ask(
        self,
        credit_type: CreditTypeId,
        known: RwSignal<Known>,
        order: StoredValue<Order>,
        refreshes: u32,
    ) -> Result<Roster, ApiError> {
        if self.is_all {
            let as_read = order.try_with_value(|order| match order {
                Some((times, question, roster)) if *times == refreshes && *question == self => {
                    Some(roster.clone())
                }
                _ => None,
            });
            let roster = match as_read.flatten() {
                Some(roster) => roster,
                None => {
                    let roster = self.ask_order(credit_type).await?;
                    let _gone = order.try_set_value(Some((refreshes, self, roster.clone())));
                    roster
                }
            };
            // What was read before is shown until it is read again.
            let _gone = known.try_update(grow_older);
            return Ok(roster);
        }
        let Self {
            group,
            first_row,
            is_all,
            query,
        } = self;
        let page = api::allocations::members(credit_type, group, &query).await?;
        let _gone = known.try_update(|known| {
            grow_older(known);
            known.take(&page.items);
        });
        Ok(Roster {
            group,
            first_row,
            ids: page.items.iter().map(|row| row.person.id).collect(),
            total: page.total,
            next_cursor: page.next_cursor,
            is_all,
        })
    }
}

impl Question {
    async fn ask_order(&self, credit_type: CreditTypeId) -> Result<Roster, ApiError> {
        let order = api::allocations::member_order(credit_type, self.group, &self.query).await?;
        let total = (!order.is_truncated).then(|| Total {
            count: u64::try_from(order.ids.len()).unwrap_or(u64::MAX),
            is_exact: true,
        });
        Ok(Roster {
            group: self.group,
            first_row: self.first_row,
            ids: order.ids,
            total,
            next_cursor: None,
            is_all: true,
        })
    }
}

fn grow_older(known: &mut Known) {
    known.age = known.age.wrapping_add(1);
    known.gone.clear();
}

impl Roster {
    /// A group whose members are not there yet.
    pub(super) const fn none_yet(group: GroupId) -> Self {
        Self {
            group,
            first_row: 1,
            ids: Vec::new(),
            total: None,
            next_cursor: None,
            is_all: false,
        }
    }

    /// What the layout is made of.
    pub(super) fn expanded(&self, has_carried: bool, is_pool: bool) -> Expanded {
        let total = self.total.as_ref().filter(|total| total.is_exact);
        Expanded {
            group: self.group,
            members: self.ids.clone(),
            before: self.first_row.saturating_sub(1),
            total: total.map(|total| total.count),
            has_carried,
            is_pool,
        }
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
            let _gone = self.known.try_update(|known| {
                known.take(&answer.items);
                known.gone.extend(
                    ids.iter()
                        .filter(|id| known.is_due(**id))
                        .copied()
                        .collect::<Vec<_>>(),
                );
            });
            self.refresh_drafts(&answer.items);
        }
        Ok(())
    }

    /// Reads those of these rows that were not read yet. What cannot be read is left out.
    pub(super) async fn make_known(self, rows: impl Iterator<Item = Row>) -> Result<(), ApiError> {
        let mut missing: BTreeMap<GroupId, BTreeSet<PersonId>> = BTreeMap::new();
        self.known.with_untracked(|known| {
            for row in rows {
                if let Row::Member(group, person) = row
                    && known.get(person).is_none()
                {
                    missing.entry(group).or_default().insert(person);
                }
            }
        });
        for (group, ids) in missing {
            let ids: Vec<PersonId> = ids.into_iter().collect();
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

    fn forget_what_is_far(self) {
        if self.known.try_with_untracked(|known| known.rows.len() <= KEPT) != Some(false) {
            return;
        }
        let near: BTreeSet<PersonId> = self.near_view().into_iter().map(|(_, person)| person).collect();
        self.known
            .update_untracked(|known| known.rows.retain(|person, _| near.contains(person)));
    }
}

/// How many members a page has.
pub(super) fn page_size(url: ListUrl) -> u32 {
    url.parsed(ROWS)
        .filter(|rows| PAGE_SIZES.contains(rows))
        .unwrap_or(PAGE_SIZES[0])
}

/// The order of the members.
pub(super) fn sort(url: ListUrl) -> Option<MemberSort> {
    words::from_word(&url.get(SORT)?)
}

/// Which members are shown.
pub(super) fn filter(url: ListUrl) -> Option<MemberFilter> {
    words::from_word(&url.get(FILTER)?)
}
