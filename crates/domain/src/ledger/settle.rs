//! Settling: a member is brought forward into the open cycle at the first posting in it or by a job, whichever comes first,
//! with the same figures; and dated lots end when their time comes.

use allowance_values::{Credits, GrantId, PersonId, Timestamp};
use uuid::Uuid;

use super::book::{Book, LeftBehind};
use super::crossing::{cross, system_lot};
use super::lots::{Charged, Expiry, LotOrigin, charge_in_burn_order};
use super::movement::{Account, EntryKind, Movement};
use super::posting::Posting;
use crate::allocations::{MemberFigures, OutOfRange, Refusal};

/// Brings a member forward into the open cycle and lets lots lapse that are due at `at`. Doing it twice changes nothing.
///
/// # Errors
/// [`Refusal::NotFound`] when the member or a cycle in between is not loaded; out of range when a sum does not fit.
pub fn settle_member(book: &mut Book, person: PersonId, at: Timestamp) -> Result<Vec<Movement>, Refusal> {
    let mut posting = Posting::new(book);
    posting.settle(person, at)?;
    Ok(posting.into_movements())
}

impl Posting<'_> {
    /// Brings a member forward into the open cycle and lets lots lapse that are due.
    pub(crate) fn settle(&mut self, person: PersonId, at: Timestamp) -> Result<(), Refusal> {
        let mut is_counted = true;
        while self.book.member(person)?.stands_in < self.book.cycle.number {
            self.cross_into_next(person, is_counted)?;
            is_counted = false;
        }
        self.lapse_due(person, at)
    }

    /// `is_counted` says whether the sums of the cycle that is left count the member's figures: those of a cycle that is
    /// only passed through do not.
    fn cross_into_next(&mut self, person: PersonId, is_counted: bool) -> Result<(), Refusal> {
        let member = self.book.member(person)?.clone();
        let ended = *self
            .book
            .closed
            .iter()
            .find(|closed| closed.number == member.stands_in)
            .ok_or(Refusal::NotFound)?;
        let credit_type = self.book.terms.id.uuid();
        let next = self.book.cycle_after(ended.number);
        let crossing = cross(&member, person, credit_type, ended, next)?;
        let group = member.group;
        let account = Account::Member(person, group);
        let leaves_entries = member.is_touched || crossing.carried.is_positive();
        if !member.is_touched && crossing.carried.is_positive() {
            let from = Account::Group(group);
            self.record(
                ended.number,
                EntryKind::Standing,
                from,
                account,
                member.figures.monthly,
            );
        }
        if leaves_entries {
            let unheld = crossing.carried.checked_sub(crossing.held).ok_or(OutOfRange)?;
            self.record(
                ended.number,
                EntryKind::CarryOut,
                account,
                Account::Carried,
                unheld,
            );
            for hold in &member.holds {
                let held = Account::Held(person, hold.group);
                self.record(ended.number, EntryKind::Release, held, account, hold.held);
            }
            self.record(
                ended.number,
                EntryKind::CarryOut,
                account,
                Account::Carried,
                crossing.held,
            );
            self.record(
                ended.number,
                EntryKind::Lapse,
                account,
                Account::Lapsed,
                crossing.lapsed,
            );
        }

        let is_current = next == self.book.cycle.number;
        let monthly = member.standing.monthly_in(self.book.distribution_in(next));
        // What the next cycle gave when it opened, however it is distributed by now.
        let given = member.standing.monthly_in(ended.distribution);
        let state = self.member_mut(person)?;
        // Whoever leaves no entry behind is the same wherever they stand.
        if ended.is_remembered && leaves_entries {
            state.left.push(LeftBehind {
                cycle: ended.number,
                group,
                is_touched: member.is_touched,
                is_counted,
                figures: member.figures,
                lots: member.lots,
                holds: member.holds,
                given,
                crossed: crossing.carried,
                lapsed: crossing.lapsed,
            });
        }
        state.stands_in = next;
        state.is_touched = false;
        state.figures = MemberFigures {
            monthly,
            ..MemberFigures::ZERO
        };
        state.lots = crossing.lots;
        let mut covered = crossing.held;
        for hold in &mut state.holds {
            hold.held = hold.amount.min(covered);
            hold.group = group;
            covered = covered.checked_sub(hold.held).ok_or(OutOfRange)?;
        }
        if !crossing.carried.is_positive() {
            return Ok(());
        }
        if is_current {
            self.touch(person)?;
            self.post(
                EntryKind::CarryIn,
                Account::Carried,
                account,
                crossing.carried,
                None,
            )?;
            self.post(
                EntryKind::Hold,
                account,
                Account::Held(person, group),
                crossing.held,
                None,
            )
        } else {
            let state = self.member_mut(person)?;
            state.is_touched = true;
            state.figures.carried = crossing.carried;
            state.figures.held = crossing.held;
            self.record(next, EntryKind::Standing, Account::Group(group), account, monthly);
            self.record(
                next,
                EntryKind::CarryIn,
                Account::Carried,
                account,
                crossing.carried,
            );
            self.record(
                next,
                EntryKind::Hold,
                account,
                Account::Held(person, group),
                crossing.held,
            );
            Ok(())
        }
    }

    /// What of a dated lot is unused when its time comes ends: a grant of this cycle returns to the group.
    fn lapse_due(&mut self, person: PersonId, at: Timestamp) -> Result<(), Refusal> {
        let cycle = self.book.cycle.number;
        loop {
            let member = self.book.member(person)?;
            let charged = self.charged(person)?;
            let due =
                member
                    .lots
                    .iter()
                    .zip(&charged.lots)
                    .enumerate()
                    .find_map(|(index, (lot, charged))| {
                        let unused = lot.amount.checked_sub(*charged)?;
                        (lot.is_due(at) && (lot.is_open || unused.is_positive())).then_some((index, unused))
                    });
            let Some((index, unused)) = due else { return Ok(()) };
            self.touch(person)?;
            self.end_lot(person, index, unused, EntryKind::Lapse, cycle)?;
        }
    }

    /// How use has burnt a member's lots so far.
    pub(crate) fn charged(&self, person: PersonId) -> Result<Charged, Refusal> {
        self.charged_after(person, Credits::ZERO)
    }

    /// The same after a further spend.
    pub(crate) fn charged_after(&self, person: PersonId, spend: Credits) -> Result<Charged, Refusal> {
        let member = self.book.member(person)?;
        let (cycle, ends_at) = (self.book.cycle.number, self.book.cycle.ends_at);
        let burnt = member.figures.burnt()?.checked_add(spend).ok_or(OutOfRange)?;
        Ok(charge_in_burn_order(
            member.figures.monthly,
            &member.lots,
            burnt,
            cycle,
            ends_at,
        )?)
    }

    /// Ends an unused part of a lot: of this cycle's grants it returns to the group, of carried ones it lapses.
    pub(crate) fn end_lot(
        &mut self,
        person: PersonId,
        index: usize,
        unused: Credits,
        kind: EntryKind,
        cycle: i64,
    ) -> Result<(), Refusal> {
        let member = self.member_mut(person)?;
        let group = member.group;
        let lot = member.lots.get_mut(index).ok_or(Refusal::NotFound)?;
        lot.amount = lot.amount.checked_sub(unused).ok_or(OutOfRange)?;
        lot.ended = lot.ended.checked_add(unused).ok_or(OutOfRange)?;
        lot.is_open = false;
        let (subject, is_extra) = (lot.id.uuid(), lot.is_extra_in(cycle));
        let to = if is_extra {
            Account::Group(group)
        } else {
            Account::Lapsed
        };
        self.post(kind, Account::Member(person, group), to, unused, Some(subject))
    }

    /// What came back from a closed cycle: Carried until the end of the open one.
    pub(crate) fn return_from_closed_cycle(
        &mut self,
        person: PersonId,
        amount: Credits,
        subject: Uuid,
        at: Timestamp,
    ) -> Result<(), Refusal> {
        let cycle = self.book.cycle.number;
        let member = self.member_mut(person)?;
        let group = member.group;
        let expiry = Expiry::EndOfCycle(cycle);
        member.lots.push(system_lot(
            GrantId::new(subject),
            LotOrigin::Returned,
            amount,
            expiry,
            at,
            cycle,
        ));
        self.post(
            EntryKind::CarryIn,
            Account::Carried,
            Account::Member(person, group),
            amount,
            Some(subject),
        )
    }
}
