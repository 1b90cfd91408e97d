//! The members of a group as a view shows them: which, and in which order.
//!
//! By name the database sorts. By a figure, or with a filter on figures, all members that the view could show are read at a
//! glance; whoever stands in an earlier cycle is loaded and settled in memory, and so ordered by what their row will show.

use std::cmp::Ordering;
use std::collections::BTreeSet;

use allowance_domain::allocations::{MemberFigure, MemberFilter, ViewedMember};
use allowance_domain::ledger::{Book, settle_member};
use allowance_values::{CreditTypeId, Credits, OrganisationId, PersonId, Timestamp};
use sea_orm::ConnectionTrait;

use super::glance::Glance;
use super::load::{CHUNK, Groups, load};
use crate::connect::Store;
use crate::error::StoreError;
use crate::people::{PageStart, PeopleFilter, PeopleOrder, ids_in_order};
use crate::tx::Tx;

/// Which members, and in which order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MemberView {
    /// What the people themselves decide: words, group, status; and the order by name, also among equal figures.
    pub people: PeopleFilter,
    /// Only these people.
    pub among: Option<BTreeSet<PersonId>>,
    /// Only those whose figures are so.
    pub only: Option<MemberFilter>,
    /// By which figure; by name when absent.
    pub by: Option<OrderBy>,
}

/// An order by a figure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OrderBy {
    /// Which figure.
    pub figure: MemberFigure,
    /// Whether the largest come first.
    pub is_descending: bool,
}

/// Where a member stands in a view.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MemberPlace {
    /// The figure the view is ordered by; zero by name.
    pub figure: Credits,
    /// Name and id.
    pub at: PageStart,
}

impl MemberView {
    /// Whether no figure decides who is shown where.
    #[must_use]
    pub const fn is_by_name(&self) -> bool {
        self.only.is_none() && self.by.is_none()
    }

    /// How two places compare; among equal figures the names decide.
    fn compare(&self, a: &MemberPlace, b: &MemberPlace) -> Ordering {
        let by_figure = match self.by {
            None => Ordering::Equal,
            Some(OrderBy {
                is_descending: false, ..
            }) => a.figure.cmp(&b.figure),
            Some(OrderBy {
                is_descending: true, ..
            }) => b.figure.cmp(&a.figure),
        };
        by_figure.then_with(|| {
            let by_name = a.at.name_key.cmp(&b.at.name_key);
            let by_name = by_name.then_with(|| a.at.id.cmp(&b.at.id));
            match self.people.order {
                PeopleOrder::Name => by_name,
                PeopleOrder::NameDescending => by_name.reverse(),
            }
        })
    }

    /// Where a member of the book stands; nothing for one the view does not show.
    fn place(&self, book: &Book, at: PageStart) -> Result<Option<MemberPlace>, StoreError> {
        let broken = |_| StoreError::Corrupt("member_cycle");
        let member = book.member(at.id).map_err(broken)?;
        let viewed = ViewedMember {
            distribution: book.terms.distribution,
            standing: member.standing,
            figures: member.figures,
            remaining: book.remaining(at.id).map_err(broken)?,
        };
        if self.only.is_some_and(|only| !only.shows(&viewed)) {
            return Ok(None);
        }
        let figure = self.by.map_or(Credits::ZERO, |by| by.figure.of(&viewed));
        Ok(Some(MemberPlace { figure, at }))
    }

    /// Puts places into the view's order.
    pub fn sort(&self, places: &mut [MemberPlace]) {
        places.sort_by(|a, b| self.compare(a, b));
    }

    /// The places that come after a start, as the view is now.
    #[must_use]
    pub fn after<'p>(&self, places: &'p [MemberPlace], start: &MemberPlace) -> &'p [MemberPlace] {
        let first = places.partition_point(|place| self.compare(place, start) != Ordering::Greater);
        places.get(first..).unwrap_or_default()
    }
}

/// The places of a view in order, at most so many where the order is by name. Nothing when there is no such credit type.
async fn places<C: ConnectionTrait>(
    connection: &C,
    organisation: OrganisationId,
    credit_type: CreditTypeId,
    view: &MemberView,
    limit: usize,
    now: Timestamp,
) -> Result<Option<Vec<MemberPlace>>, StoreError> {
    let bound = if view.among.is_none() { limit } else { usize::MAX };
    if view.is_by_name() {
        let mut named = ids_in_order(connection, organisation, &view.people, bound).await?;
        if let Some(among) = &view.among {
            named.retain(|start| among.contains(&start.id));
        }
        let places = named.into_iter().take(limit).map(|at| MemberPlace {
            figure: Credits::ZERO,
            at,
        });
        return Ok(Some(places.collect()));
    }
    let groups = view.people.group.map_or(vec![], |group| vec![group]);
    let named = if groups.is_empty() {
        Groups::All
    } else {
        Groups::Named(&groups)
    };
    let Some(mut open) = load(connection, organisation, credit_type, &[], named).await? else {
        return Ok(None);
    };
    let Glance { mut here, mut behind } =
        Glance::of(connection, organisation, &mut open.book, &view.people, now).await?;
    if let Some(among) = &view.among {
        here.retain(|start| among.contains(&start.id));
        behind.retain(|start| among.contains(&start.id));
    }
    let mut places = Vec::with_capacity(here.len());
    for at in here {
        places.extend(view.place(&open.book, at)?);
    }
    for chunk in behind.chunks(CHUNK) {
        let people: Vec<PersonId> = chunk.iter().map(|start| start.id).collect();
        let loaded = load(connection, organisation, credit_type, &people, Groups::Named(&[])).await?;
        let Some(mut open) = loaded else { return Ok(None) };
        for at in chunk {
            if open.book.members.contains_key(&at.id) {
                let broken = |_| StoreError::Corrupt("member_cycle");
                settle_member(&mut open.book, at.id, now).map_err(broken)?;
                places.extend(view.place(&open.book, at.clone())?);
            }
        }
    }
    view.sort(&mut places);
    places.truncate(limit);
    Ok(Some(places))
}

impl Store {
    /// The places of a view in order, the first so many. Nothing when there is no such credit type.
    ///
    /// # Errors
    /// The store's own error.
    pub async fn member_places(
        &self,
        organisation: OrganisationId,
        credit_type: CreditTypeId,
        view: &MemberView,
        limit: usize,
    ) -> Result<Option<Vec<MemberPlace>>, StoreError> {
        places(self.read(), organisation, credit_type, view, limit, self.now()).await
    }
}

impl Tx {
    /// Everybody a view shows, in order, under the head. Nothing when there is no such credit type.
    ///
    /// # Errors
    /// The store's own error.
    pub async fn member_places(
        &self,
        credit_type: CreditTypeId,
        view: &MemberView,
    ) -> Result<Option<Vec<MemberPlace>>, StoreError> {
        let organisation = self.organisation();
        places(
            self.connection(),
            organisation,
            credit_type,
            view,
            usize::MAX,
            self.at(),
        )
        .await
    }
}
