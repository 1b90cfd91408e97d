//! Answers to credit requests: the group pays, an admin may add to the group what it lacks, or the reserve pays.

use allowance_values::{Credits, Decimals, GroupId, Timestamp};

use super::figures::OutOfRange;
use super::refusal::Refusal;
use super::rows::{Payer, excess};
use crate::credit_requests::{Granted, RequestTerm};
use crate::credit_types::Distribution;
use crate::ledger::{Account, EntryKind, Posting};

impl Posting<'_> {
    /// A grant out of the reserve: Available stays, for what was set aside was taken from it before.
    pub(super) fn answer_by_reserve(&mut self, granted: &Granted, at: Timestamp) -> Result<(), Refusal> {
        let Granted { person, amount, .. } = *granted;
        self.typed_above_zero(amount)?;
        let group = self.book.member(person)?.group;
        let left = self.book.group(group)?.figures.reserve_left()?;
        let over_by = amount.checked_sub(left).ok_or(OutOfRange)?;
        if over_by.is_positive() {
            return Err(Refusal::ReserveShort { over_by });
        }
        self.touch(person)?;
        self.add_lot(Payer::Reserve, person, &granted.new_grant(), granted.made_by, at)
    }

    /// Grants at the group's cost, judged by the end state: with `fills_group` the group first gets what it lacks.
    pub(super) fn grant_request(
        &mut self,
        granted: &Granted,
        fills_group: bool,
        at: Timestamp,
    ) -> Result<(), Refusal> {
        let Granted {
            person, amount, term, ..
        } = *granted;
        self.typed_above_zero(amount)?;
        let group = self.book.member(person)?.group;
        let before = excess(self.book, group)?;
        self.touch(person)?;
        match term {
            RequestTerm::ThisCycle => {
                self.add_lot(Payer::Group, person, &granted.new_grant(), granted.made_by, at)?;
            }
            RequestTerm::ForGood => {
                if self.book.terms.distribution == Distribution::SharedPool {
                    return Err(Refusal::WrongDistribution);
                }
                let monthly = self.book.member(person)?.standing.monthly;
                let raised = self.typed(monthly.checked_add(amount).ok_or(OutOfRange)?)?;
                self.set_monthly(person, raised)?;
            }
        }
        if fills_group {
            let lacks = |now: Credits, before: Credits| now.checked_sub(before).ok_or(OutOfRange);
            let standing = lacks(excess(self.book, group)?.standing, before.standing)?;
            self.add_monthly_to(group, standing)?;
            let given = lacks(excess(self.book, group)?.given, before.given)?;
            self.add_extra_to(group, given)?;
        }
        before.refuse_growth(excess(self.book, group)?)
    }

    /// Adds to a group's Monthly, from now on, at least so much.
    fn add_monthly_to(&mut self, group: GroupId, amount: Credits) -> Result<(), Refusal> {
        let amount = rounded_up(amount.positive_part(), self.book.terms.decimals)?;
        let standing = &mut self.group_mut(group)?.standing;
        standing.monthly = standing.monthly.checked_add(amount).ok_or(OutOfRange)?;
        self.take_from_unallocated(EntryKind::GroupMonthly, group, amount)
    }

    /// Adds to a group's Extra at least so much.
    fn add_extra_to(&mut self, group: GroupId, amount: Credits) -> Result<(), Refusal> {
        let amount = rounded_up(amount.positive_part(), self.book.terms.decimals)?;
        self.take_from_unallocated(EntryKind::GroupExtra, group, amount)
    }

    fn take_from_unallocated(
        &mut self,
        kind: EntryKind,
        group: GroupId,
        amount: Credits,
    ) -> Result<(), Refusal> {
        let unallocated = self.book.cycle.figures.unallocated()?;
        let over_by = amount.checked_sub(unallocated).ok_or(OutOfRange)?;
        if amount.is_positive() && over_by.is_positive() {
            return Err(Refusal::LimitExceeded { over_by });
        }
        self.post(kind, Account::Unallocated, Account::Group(group), amount, None)
    }
}

/// The least amount people can type that is not below `amount`.
fn rounded_up(amount: Credits, decimals: Decimals) -> Result<Credits, OutOfRange> {
    let step = decimals.step_micros();
    let rest = amount.micros().checked_rem_euclid(step).ok_or(OutOfRange)?;
    if rest == 0 {
        return Ok(amount);
    }
    let missing = step.checked_sub(rest).ok_or(OutOfRange)?;
    amount
        .checked_add(Credits::from_micros(missing))
        .ok_or(OutOfRange)
}
