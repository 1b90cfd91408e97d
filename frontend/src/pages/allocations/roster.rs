//! The members of the open group: who they are and in which order.
//!
//! A page of them comes with its rows. The order of the whole view comes as ids alone: at once where all members are
//! shown, and where they are shown in pages as soon as something reaches beyond the page.

use std::sync::Arc;

use allowance_api_types::Total;
use allowance_api_types::allocations::{MemberFilter, MemberSort, MembersQuery};
use allowance_api_types::live::Area;
use allowance_grid::{Expanded, Layout, around};
use allowance_values::{CreditTypeId, GroupId, PersonId};
use gloo_timers::future::TimeoutFuture;
use leptos::prelude::*;
use leptos::task::spawn_local;

use super::super::list_url::ListUrl;
use super::super::words;
use super::reading::Known;
use super::sheet::{FILTER, ROWS, SEARCH, SORT, Sheet};
use crate::api::{self, ApiError};
use crate::errors;
use crate::ui::Tone;

/// How many members a page can have; besides, all of them.
pub(super) const PAGE_SIZES: [u32; 3] = [25, 50, 100];
/// The word for all members in the address.
pub(super) const ALL: &str = "all";
/// What others change of whom a view shows; then its order is read again.
pub(super) const WHO: &[Area] = &[Area::People, Area::Groups];
/// A long order is read again only when nothing more changed for so many milliseconds per id.
const PACE: usize = 20;

/// Which members are shown, in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Roster {
    pub(super) group: GroupId,
    /// The question for the whole view.
    view: Option<Question>,
    /// The number of the first one.
    pub(super) first_row: u64,
    pub(super) ids: Arc<[PersonId]>,
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

/// The order of a whole view as it was read last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Order {
    question: Question,
    ids: Arc<[PersonId]>,
    is_truncated: bool,
    /// How often the viewer had asked for fresh figures, and others had changed of whom there is.
    at: (u32, u32),
}

/// Where the order is kept, and when it is out of date.
#[derive(Debug, Clone, Copy)]
pub(super) struct Orders {
    credit_type: CreditTypeId,
    last: RwSignal<Option<Order>>,
    now: StoredValue<(u32, u32)>,
    /// How often what was done here changed who there is or in which order.
    outdated: RwSignal<u32>,
    /// What is being read again.
    coming: StoredValue<Option<(u32, u32)>>,
}

impl Orders {
    pub(super) fn new(credit_type: CreditTypeId) -> Self {
        Self {
            credit_type,
            last: RwSignal::new(None),
            now: StoredValue::default(),
            outdated: RwSignal::new(0),
            coming: StoredValue::new(None),
        }
    }

    /// Notes how often fresh figures were asked for, and how often others changed of whom there is.
    pub(super) fn note(self, asked: u32, changed: u32) {
        self.now.set_value((asked, changed));
    }

    /// Whoever asks next reads it again. Until then it stays, so that what is selected beyond the page stays too.
    pub(super) fn outdate(self) {
        self.outdated.update(|times| *times = times.wrapping_add(1));
    }

    /// How often that was. Tracked.
    pub(super) fn changes(self) -> u32 {
        self.outdated.get()
    }

    /// As of when the order would be read now; nothing once the grid is gone.
    fn now(self) -> Option<(u32, u32)> {
        let (asked, changed) = self.now.try_get_value()?;
        Some((asked.wrapping_add(self.outdated.try_get_untracked()?), changed))
    }

    /// The order that was read last, if it answers this question. Tracked.
    fn of(self, question: &Question) -> Option<Order> {
        self.last.with(|order| {
            let order = order.as_ref().filter(|order| order.question == *question);
            order.cloned()
        })
    }

    /// The order of a view. What others changed is read again by itself, and nobody waits for it.
    async fn get(self, question: Question) -> Result<Order, ApiError> {
        let now = self.now().unwrap_or_default();
        let known = untrack(|| self.of(&question)).filter(|known| known.at.0 == now.0);
        let Some(known) = known else {
            return self.read(question, now).await;
        };
        if known.at != now && self.coming.try_get_value() != Some(Some(now)) {
            self.coming.set_value(Some(now));
            let pause = known
                .ids
                .len()
                .checked_div(PACE)
                .and_then(|pause| u32::try_from(pause).ok());
            spawn_local(async move {
                TimeoutFuture::new(pause.unwrap_or_default()).await;
                // Where it fails, the next change or Refresh reads it.
                if self.now() == Some(now) {
                    let _is_read = self.read(question, now).await;
                }
            });
        }
        Ok(known)
    }

    async fn read(self, question: Question, at: (u32, u32)) -> Result<Order, ApiError> {
        let (group, query) = (question.group, &question.query);
        let answer = api::allocations::member_order(self.credit_type, group, query).await?;
        let order = Order {
            question,
            ids: answer.ids.into(),
            is_truncated: answer.is_truncated,
            at,
        };
        let _gone = self.last.try_set(Some(order.clone()));
        Ok(order)
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
    pub(super) fn of_all(self) -> Self {
        Self {
            first_row: 1,
            is_all: true,
            query: MembersQuery {
                cursor: None,
                limit: None,
                ..self.query
            },
            ..self
        }
    }

    /// Asks the server. The rows of a page go to `known`.
    pub(super) async fn ask(self, known: RwSignal<Known>, orders: Orders) -> Result<Roster, ApiError> {
        if self.is_all {
            let order = orders.get(self).await?;
            // What was read before is shown until it is read again.
            let _gone = known.try_update(Known::grow_older);
            return Ok(Roster::of_all(order));
        }
        let page = api::allocations::members(orders.credit_type, self.group, &self.query).await?;
        let _gone = known.try_update(|known| {
            known.grow_older();
            known.take(&page.items);
        });
        let (group, first_row, view) = (self.group, self.first_row, self.of_all());
        if untrack(|| orders.of(&view)).is_some() {
            orders.get(view.clone()).await?;
        }
        Ok(Roster {
            group,
            view: Some(view),
            first_row,
            ids: page.items.iter().map(|row| row.person.id).collect(),
            total: page.total,
            next_cursor: page.next_cursor,
            is_all: false,
        })
    }
}

impl Roster {
    /// A group whose members are not there yet.
    pub(super) fn none_yet(group: GroupId) -> Self {
        Self {
            group,
            view: None,
            first_row: 1,
            ids: Arc::new([]),
            total: None,
            next_cursor: None,
            is_all: true,
        }
    }

    fn of_all(order: Order) -> Self {
        Self {
            group: order.question.group,
            first_row: 1,
            total: (!order.is_truncated).then(|| Total {
                count: number_of(order.ids.len()),
                is_exact: true,
            }),
            view: Some(order.question),
            ids: order.ids,
            next_cursor: None,
            is_all: true,
        }
    }

    /// Where all members are shown, the order of them as it was read last.
    pub(super) fn latest(self, orders: Orders) -> Self {
        let order = self
            .view
            .as_ref()
            .filter(|_| self.is_all)
            .and_then(|view| orders.of(view));
        order.map_or(self, Self::of_all)
    }

    /// What the layout is made of: the page in its whole view, where the order of that is known.
    pub(super) fn expanded(&self, orders: Orders, has_carried: bool, is_pool: bool) -> Expanded {
        let before = self.first_row.saturating_sub(1);
        let total = self.total.as_ref().filter(|total| total.is_exact);
        let page = Expanded {
            group: self.group,
            members: Arc::clone(&self.ids),
            shown: 0..self.ids.len(),
            is_whole: self.is_all || (self.next_cursor.is_none() && before == 0),
            before,
            total: total.map(|total| total.count),
            has_carried,
            is_pool,
        };
        let order = self
            .view
            .as_ref()
            .filter(|_| !page.is_whole)
            .and_then(|view| orders.of(view));
        let Some(order) = order else { return page };
        let (members, shown) = around(
            &order.ids,
            &self.ids,
            usize::try_from(before).unwrap_or(usize::MAX),
        );
        Expanded {
            shown,
            is_whole: true,
            before: 0,
            total: Some(number_of(members.len())),
            members,
            ..page
        }
    }
}

impl Sheet {
    /// Does something that reaches beyond the page: at once where the whole view is known, else as soon as its order is
    /// read.
    pub(super) fn whole(self, act: impl FnOnce() + 'static) {
        self.whole_then(Box::new(act));
    }

    fn whole_then(self, act: Box<dyn FnOnce()>) {
        if !self.layout.with_untracked(Layout::is_part) {
            return act();
        }
        spawn_local(async move {
            match self.read_order().await {
                Ok(()) => act(),
                Err(error) => self.say(Tone::Bad, errors::words(&error)),
            }
        });
    }

    async fn read_order(self) -> Result<(), ApiError> {
        let view = self.open.with_untracked(|open| open.as_ref()?.view.clone());
        if let Some(view) = view {
            self.orders.get(view).await?;
        }
        Ok(())
    }
}

fn number_of(count: usize) -> u64 {
    u64::try_from(count).unwrap_or(u64::MAX)
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
