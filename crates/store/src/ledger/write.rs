//! Writing a book back: the difference between what was loaded and what the commands left, then entries and their link.

use std::collections::BTreeMap;
use std::sync::Arc;

use allowance_domain::authz::Area;
use allowance_domain::ledger::{Book, GroupState, LeftBehind, Movement};
use allowance_values::{CreditTypeId, Credits, GroupId, PersonId};
use sea_orm::Set;
use uuid::Uuid;

use super::load::OpenBook;
use super::pen::Pen;
use super::post::Caused;
use crate::entities::{credit_type, cycle, group_cycle, group_standing, standing_change};
use crate::error::StoreError;
use crate::metering::changed_holds;
use crate::pages::Pages;
use crate::tx::Tx;

/// What of a book's difference is no row of its own: it changes rows that were not loaded, so it needs a transaction under
/// the lock.
#[derive(Debug, Default)]
pub(crate) struct Rest {
    /// Cycles that people have left.
    pub(super) settled: BTreeMap<i64, Vec<Uuid>>,
    /// How they stood where the cycle may reopen.
    pub(super) left: Vec<(PersonId, LeftBehind)>,
    /// Who moved, from where to where.
    pub(super) moves: BTreeMap<(GroupId, GroupId), Vec<PersonId>>,
}

impl Rest {
    pub(crate) fn is_empty(&self) -> bool {
        let Self { settled, left, moves } = self;
        settled.is_empty() && left.is_empty() && moves.is_empty()
    }
}

/// Pairs of what was loaded and what is there now, where they differ.
pub(super) fn changed<'b, K: Ord, V: PartialEq>(
    stored: &'b BTreeMap<K, V>,
    now: &'b BTreeMap<K, V>,
) -> impl Iterator<Item = (&'b K, Option<&'b V>, &'b V)> {
    now.iter()
        .map(|(key, value)| (key, stored.get(key), value))
        .filter(|(_, before, value)| *before != Some(*value))
}

impl Tx {
    /// Writes the difference and movements of this transaction's own request.
    pub(crate) async fn write_back(
        &mut self,
        open: &mut OpenBook,
        movements: Vec<Movement>,
    ) -> Result<(), StoreError> {
        let request_id = self.origin().request_id.as_deref().map(Arc::from);
        open.pending.extend(movements.into_iter().map(|movement| Caused {
            movement,
            request_id: request_id.clone(),
        }));
        self.write(open).await
    }

    /// Writes what was decided on the book: the difference and the movements. Afterwards the book counts as stored.
    ///
    /// # Errors
    /// The store's own error.
    pub async fn write(&mut self, open: &mut OpenBook) -> Result<(), StoreError> {
        let mut pages = Pages::default();
        let rest = self.pen.write(open, &mut pages)?;
        pages.send(self.connection()).await?;
        self.write_rest(open.book.terms.id, rest).await
    }

    /// Writes what is no row of its own.
    pub(crate) async fn write_rest(
        &mut self,
        credit_type: CreditTypeId,
        rest: Rest,
    ) -> Result<(), StoreError> {
        let Rest { settled, left, moves } = rest;
        self.mark_settled(credit_type, settled).await?;
        self.keep_left(credit_type, &left).await?;
        for ((from, to), people) in moves {
            self.move_members(from, to, &people).await?;
        }
        Ok(())
    }
}

impl Pen {
    /// The rows of what was decided on the book, and the rest. Afterwards the book counts as stored.
    pub(crate) fn write(&mut self, open: &mut OpenBook, pages: &mut Pages) -> Result<Rest, StoreError> {
        let OpenBook {
            stored,
            book,
            pending,
            ..
        } = open;
        let movements = std::mem::take(pending);
        if stored == book && movements.is_empty() {
            return Ok(Rest::default());
        }
        self.touch(Area::Allocations);
        let mut rest = Rest::default();
        if stored != book {
            self.write_limit(stored, book, pages)?;
            self.write_cycle(book, pages)?;
            self.write_groups(stored, book, pages)?;
            let members: Vec<_> = changed(&stored.members, &book.members).collect();
            rest = self.write_members(book.terms.id, &members, pages)?;
            let holds = members
                .iter()
                .flat_map(|(_, before, now)| changed_holds(*before, now, &movements, self.at));
            self.write_holds(holds.collect(), pages)?;
        }
        self.append(movements, pages)?;
        open.stored = open.book.clone();
        Ok(rest)
    }

    fn write_limit(&self, stored: &Book, book: &Book, pages: &mut Pages) -> Result<(), StoreError> {
        if stored.terms.limit == book.terms.limit {
            return Ok(());
        }
        let (id, limits) = (book.terms.id, [stored.terms.limit, book.terms.limit]);
        let [was, is] = limits.map(Some);
        let row = credit_type::ActiveModel {
            organisation_id: Set(self.organisation().uuid()),
            id: Set(id.uuid()),
            limit_micros: Set(book.terms.limit.micros()),
            ..Default::default()
        };
        pages.update::<credit_type::Entity>(
            vec![row],
            &[credit_type::Column::OrganisationId, credit_type::Column::Id],
            &[credit_type::Column::LimitMicros],
        )?;
        pages.insert::<standing_change::Entity>(vec![self.standing_change(id, id.uuid(), "limit", was, is)])
    }

    fn write_cycle(&self, book: &Book, pages: &mut Pages) -> Result<(), StoreError> {
        use cycle::Column as C;
        let figures = book.cycle.figures;
        let row = cycle::ActiveModel {
            organisation_id: Set(self.organisation().uuid()),
            credit_type_id: Set(book.terms.id.uuid()),
            number: Set(book.cycle.number),
            limit_micros: Set(figures.limit.micros()),
            carried: Set(figures.carried.micros()),
            used: Set(figures.used.micros()),
            held: Set(figures.held.micros()),
            allocated: Set(figures.allocated.micros()),
            ..Default::default()
        };
        pages.update::<cycle::Entity>(
            vec![row],
            &[C::OrganisationId, C::CreditTypeId, C::Number],
            &[C::LimitMicros, C::Carried, C::Used, C::Held, C::Allocated],
        )
    }

    pub(super) fn standing_change(
        &self,
        credit_type: CreditTypeId,
        subject: Uuid,
        what: &str,
        before: Option<Credits>,
        after: Option<Credits>,
    ) -> standing_change::Model {
        standing_change::Model {
            organisation_id: self.organisation().uuid(),
            credit_type_id: credit_type.uuid(),
            subject_id: subject,
            what: what.to_owned(),
            id: self.new_id(),
            from_seq: self.head.seq.saturating_add(1),
            at: self.at.micros(),
            before_amount: before.map(Credits::micros),
            after_amount: after.map(Credits::micros),
        }
    }

    fn write_groups(&self, stored: &Book, book: &Book, pages: &mut Pages) -> Result<(), StoreError> {
        use {group_cycle::Column as C, group_standing::Column as S};
        let (organisation, credit_type) = (self.organisation().uuid(), book.terms.id);
        // A new cycle has rows of its own, also for groups whose figures are those of the cycle before.
        let is_new_cycle = stored.cycle.number != book.cycle.number;
        let mut standings = Vec::new();
        let mut cycles = Vec::new();
        let mut changes = Vec::new();
        for (id, now) in &book.groups {
            let before = stored.groups.get(id);
            if !is_new_cycle && before == Some(now) {
                continue;
            }
            let before: GroupState = before.cloned().unwrap_or_default();
            if before.standing != now.standing {
                standings.push(group_standing::Model {
                    organisation_id: organisation,
                    credit_type_id: credit_type.uuid(),
                    group_id: id.uuid(),
                    monthly: now.standing.monthly.micros(),
                    reserve: now.standing.reserve.micros(),
                    members_monthly: now.standing.members_monthly.micros(),
                });
            }
            for (what, was, is) in [
                ("group_monthly", before.standing.monthly, now.standing.monthly),
                ("reserve", before.standing.reserve, now.standing.reserve),
            ] {
                if was != is {
                    changes.push(self.standing_change(credit_type, id.uuid(), what, Some(was), Some(is)));
                }
            }
            let figures = now.figures;
            cycles.push(group_cycle::Model {
                organisation_id: organisation,
                credit_type_id: credit_type.uuid(),
                cycle_number: book.cycle.number,
                group_id: id.uuid(),
                monthly: figures.monthly.micros(),
                extra: figures.extra.micros(),
                carried: figures.carried.micros(),
                members_carried: figures.members_carried.micros(),
                distributed: figures.distributed.micros(),
                reserve: figures.reserve.micros(),
                reserve_given: figures.reserve_given.micros(),
                used: figures.used.micros(),
                held: figures.held.micros(),
                uncovered: figures.uncovered.micros(),
            });
        }
        pages.overwrite::<group_standing::Entity>(
            standings,
            &[S::OrganisationId, S::CreditTypeId, S::GroupId],
            &[S::Monthly, S::Reserve, S::MembersMonthly],
        )?;
        pages.overwrite::<group_cycle::Entity>(
            cycles,
            &[C::OrganisationId, C::CreditTypeId, C::CycleNumber, C::GroupId],
            &[
                C::Monthly,
                C::Extra,
                C::Carried,
                C::MembersCarried,
                C::Distributed,
                C::Reserve,
                C::ReserveGiven,
                C::Used,
                C::Held,
                C::Uncovered,
            ],
        )?;
        pages.insert::<standing_change::Entity>(changes)
    }
}
