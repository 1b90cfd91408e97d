//! Spending: charges, reversals and holds, and what each scope lets through.

use allowance_values::{Credits, GroupId, HoldId, PersonId, Timestamp};
use uuid::Uuid;

use super::figures::OutOfRange;
use super::refusal::Refusal;
use crate::credit_types::Enforcement;
use crate::ledger::{Account, EntryKind, Hold, Posting};

/// What the caller wants to happen beyond Remaining.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Insistence {
    /// As the enforcement says: it asks first.
    AsEnforced,
    /// Refused in every mode.
    Reject,
    /// Booked in every mode: it already happened.
    Record,
}

/// The group a spend belongs to by the time it happened, where the person has left it since.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FormerGroup {
    /// Which.
    pub group: GroupId,
    /// Where it was deleted: the group that what backed its people went to.
    pub heir: Option<GroupId>,
}

impl Posting<'_> {
    /// Lets a spend of `amount` through or names the scope that bit; answers by how much it goes beyond Remaining.
    fn admit(
        &self,
        person: PersonId,
        group: GroupId,
        amount: Credits,
        insistence: Insistence,
    ) -> Result<Credits, Refusal> {
        let member = self.book.member(person)?;
        let remaining = self.book.remaining_in(person, group)?;
        let beyond = |left: Credits| -> Result<Credits, OutOfRange> {
            Ok(amount
                .checked_sub(left.positive_part())
                .ok_or(OutOfRange)?
                .positive_part())
        };
        let over_by = beyond(remaining)?;
        let blocks = match insistence {
            Insistence::Record => return Ok(over_by),
            Insistence::Reject => true,
            Insistence::AsEnforced => self.book.terms.enforcement == Enforcement::Block,
        };
        if !member.is_active {
            return Err(Refusal::PersonNotActive);
        }
        if !blocks {
            return Ok(over_by);
        }
        let group_over = beyond(self.book.group(group)?.figures.spendable()?)?;
        let organisation_over = beyond(self.book.cycle.figures.balance()?)?;
        // The scope that bites hardest is named; of equals, the innermost.
        if over_by.is_positive() && over_by >= group_over && over_by >= organisation_over {
            return Err(Refusal::InsufficientCredits { over_by });
        }
        if group_over.is_positive() && group_over >= organisation_over {
            return Err(Refusal::GroupInsufficient { over_by: group_over });
        }
        if organisation_over.is_positive() {
            return Err(Refusal::OrganisationInsufficient {
                over_by: organisation_over,
            });
        }
        Ok(over_by)
    }

    pub(super) fn spend(
        &mut self,
        kind: EntryKind,
        person: PersonId,
        amount: Credits,
        insistence: Insistence,
        subject: Uuid,
        former: Option<FormerGroup>,
    ) -> Result<Credits, Refusal> {
        above_zero(amount)?;
        let now = self.book.member(person)?.group;
        let former = former.filter(|former| former.group != now);
        let group = former.map_or(now, |former| former.group);
        // What backed the people of a group that is gone, its heir has.
        let backing = former.map_or(now, |former| former.heir.unwrap_or(former.group));
        let over_by = self.admit(person, backing, amount, insistence)?;
        self.touch(person)?;
        if let Some(former) = former {
            self.bring_back(person, former, amount)?;
        }
        let (from, to) = (Account::Member(person, group), Account::Spent(person, group));
        self.post(kind, from, to, amount, Some(subject))?;
        Ok(over_by)
    }

    pub(super) fn reverse(
        &mut self,
        person: PersonId,
        group: GroupId,
        amount: Credits,
        cycle: i64,
        subject: Uuid,
        at: Timestamp,
    ) -> Result<(), Refusal> {
        self.touch(person)?;
        if cycle != self.book.cycle.number {
            return self.return_from_closed_cycle(person, amount, subject, at);
        }
        let spent = Account::Spent(person, group);
        self.come_back(EntryKind::Reversal, spent, (person, group), amount, Some(subject))?;
        self.settle(person, at)
    }

    pub(super) fn hold(
        &mut self,
        person: PersonId,
        hold: HoldId,
        amount: Credits,
        insistence: Insistence,
    ) -> Result<Credits, Refusal> {
        above_zero(amount)?;
        let group = self.book.member(person)?.group;
        let over_by = self.admit(person, group, amount, insistence)?;
        self.touch(person)?;
        let member = self.member_mut(person)?;
        member.holds.push(Hold {
            id: hold,
            amount,
            held: amount,
            group,
        });
        let (from, to) = (Account::Member(person, group), Account::Held(person, group));
        self.post(EntryKind::Hold, from, to, amount, Some(hold.uuid()))?;
        Ok(over_by)
    }

    pub(super) fn capture(
        &mut self,
        person: PersonId,
        hold: HoldId,
        amount: Credits,
        at: Timestamp,
    ) -> Result<(), Refusal> {
        let Hold {
            amount: reserved,
            held,
            group,
            ..
        } = self.take_hold(person, hold)?;
        if amount.is_negative() || amount > reserved {
            return Err(Refusal::AmountOutOfRange);
        }
        self.touch(person)?;
        let subject = Some(hold.uuid());
        let from_hold = amount.min(held);
        let beyond = amount.checked_sub(from_hold).ok_or(OutOfRange)?;
        let rest = held.checked_sub(from_hold).ok_or(OutOfRange)?;
        let (from, to) = (Account::Held(person, group), Account::Spent(person, group));
        self.post(EntryKind::Capture, from, to, from_hold, subject)?;
        // What the hold did not stand on is spent where the person is now.
        let now = self.book.member(person)?.group;
        let (from, to) = (Account::Member(person, now), Account::Spent(person, now));
        self.post(EntryKind::Capture, from, to, beyond, subject)?;
        self.give_back(person, group, rest, subject, at)
    }

    pub(super) fn release(&mut self, person: PersonId, hold: HoldId, at: Timestamp) -> Result<(), Refusal> {
        let Hold { held, group, .. } = self.take_hold(person, hold)?;
        self.touch(person)?;
        self.give_back(person, group, held, Some(hold.uuid()), at)
    }

    fn take_hold(&mut self, person: PersonId, hold: HoldId) -> Result<Hold, Refusal> {
        let holds = &mut self.member_mut(person)?.holds;
        let index = holds
            .iter()
            .position(|open| open.id == hold)
            .ok_or(Refusal::NotFound)?;
        Ok(holds.remove(index))
    }

    fn give_back(
        &mut self,
        person: PersonId,
        group: GroupId,
        amount: Credits,
        subject: Option<Uuid>,
        at: Timestamp,
    ) -> Result<(), Refusal> {
        let held = Account::Held(person, group);
        self.come_back(EntryKind::Release, held, (person, group), amount, subject)?;
        self.settle(person, at)
    }
}

const fn above_zero(amount: Credits) -> Result<(), Refusal> {
    if amount.is_positive() {
        Ok(())
    } else {
        Err(Refusal::NegativeAmount)
    }
}
