//! Moving changes nobody's Remaining. What was used or is held stays with the old group, the unspent returns to it, the
//! new group funds the same; Carried goes along. So whatever a person's closed stretches hold is zero, and the stretch
//! in the current group holds all that remains, also below zero.

use allowance_values::{Credits, GroupId, PersonId};
use uuid::Uuid;

use super::decide::WhenShort;
use super::figures::OutOfRange;
use super::refusal::Refusal;
use super::rows::committed;
use super::spend::FormerGroup;
use crate::ledger::{Account, EntryKind, Posting};

impl Posting<'_> {
    /// Returns an amount to one group and has another fund it. Negative when the person is over.
    pub(crate) fn refund_and_fund(
        &mut self,
        person: PersonId,
        from: GroupId,
        to: GroupId,
        amount: Credits,
    ) -> Result<(), Refusal> {
        self.post(
            EntryKind::Move,
            Account::Member(person, from),
            Account::Group(from),
            amount,
            None,
        )?;
        self.post(
            EntryKind::Move,
            Account::Group(to),
            Account::Member(person, to),
            amount,
            None,
        )
    }

    /// What the person has left that Carried does not back (below zero when over), and what of Carried is left.
    fn rest(&self, person: PersonId) -> Result<(Credits, Credits), Refusal> {
        self.rest_after(person, Credits::ZERO)
    }

    /// The same after a further spend.
    fn rest_after(&self, person: PersonId, spend: Credits) -> Result<(Credits, Credits), Refusal> {
        let cycle = self.book.cycle.number;
        let charged = self.charged_after(person, spend)?;
        let member = self.book.member(person)?;
        let mut carried = Credits::ZERO;
        for (lot, charged) in member.lots.iter().zip(&charged.lots) {
            if !lot.is_extra_in(cycle) {
                let left = lot.amount.checked_sub(*charged).ok_or(OutOfRange)?;
                carried = carried.checked_add(left).ok_or(OutOfRange)?;
            }
        }
        let remaining = member.figures.remaining()?.checked_sub(spend).ok_or(OutOfRange)?;
        let own = remaining.checked_sub(carried).ok_or(OutOfRange)?;
        Ok((own, carried))
    }

    /// Brings back to a group that the person has left what they are about to spend there, as if it had been spent
    /// before they left: so much less had returned to that group, and the group they are in had funded so much less.
    /// What of it Carried backs, as the lots stand now, goes back as it came along.
    pub(super) fn bring_back(
        &mut self,
        person: PersonId,
        former: FormerGroup,
        amount: Credits,
    ) -> Result<(), Refusal> {
        let FormerGroup { group, heir } = former;
        let now = self.book.member(person)?.group;
        let (own, carried) = self.rest(person)?;
        let (own_after, carried_after) = self.rest_after(person, amount)?;
        let of_own = own.checked_sub(own_after).ok_or(OutOfRange)?;
        let of_carried = carried.checked_sub(carried_after).ok_or(OutOfRange)?;
        // A group that is gone had handed over so much less of what backed its people.
        if let Some(heir) = heir {
            let (from, to) = (Account::Group(heir), Account::Group(group));
            self.post(EntryKind::GroupMonthly, from, Account::Unallocated, of_own, None)?;
            self.post(EntryKind::GroupMonthly, Account::Unallocated, to, of_own, None)?;
        }
        self.refund_and_fund(person, now, group, of_own)?;
        let (from, to) = (Account::Member(person, now), Account::Member(person, group));
        self.post(EntryKind::Move, from, to, of_carried, None)
    }

    /// Posts what comes back from an account of a group. Where the person has left it since, it stands as if it had come back
    /// before they left: so much more had returned to that group, and the group they are in had funded so much more. What
    /// of it Carried had backed, as the lots stand now, comes along.
    pub(super) fn come_back(
        &mut self,
        kind: EntryKind,
        from: Account,
        (person, group): (PersonId, GroupId),
        amount: Credits,
        subject: Option<Uuid>,
    ) -> Result<(), Refusal> {
        let to = Account::Member(person, group);
        let now = self.book.member(person)?.group;
        if group == now {
            return self.post(kind, from, to, amount, subject);
        }
        let (own, carried) = self.rest(person)?;
        self.post(kind, from, to, amount, subject)?;
        let (own_after, carried_after) = self.rest(person)?;
        let of_own = own_after.checked_sub(own).ok_or(OutOfRange)?;
        let of_carried = carried_after.checked_sub(carried).ok_or(OutOfRange)?;
        self.refund_and_fund(person, group, now, of_own)?;
        let (from, to) = (Account::Member(person, group), Account::Member(person, now));
        self.post(EntryKind::Move, from, to, of_carried, None)
    }

    pub(super) fn move_person(
        &mut self,
        person: PersonId,
        to: GroupId,
        when_short: WhenShort,
    ) -> Result<(), Refusal> {
        let from = self.book.member(person)?.group;
        self.book.group(to)?;
        if from == to {
            return Ok(());
        }
        self.touch(person)?;
        let short = self.shortfall(person, to)?;
        if short.is_positive() {
            match when_short {
                WhenShort::Refuse => return Err(Refusal::MoveShort { over_by: short }),
                WhenShort::SmallerMonthly => {
                    if self.give_up_monthly(person, short)?.is_positive() {
                        return Err(Refusal::MoveShort { over_by: short });
                    }
                }
                WhenShort::BringCredits => self.hand_over(from, to, short)?,
                WhenShort::TakeWhatFits => {
                    self.give_up_monthly(person, short)?;
                    let short = self.shortfall(person, to)?;
                    self.take_back_unspent(person, short)?;
                }
            }
        }
        self.relocate(person, from, to)
    }

    /// What the new group lacks to fund the person now and in the cycles to come.
    fn shortfall(&self, person: PersonId, to: GroupId) -> Result<Credits, Refusal> {
        let (own, _) = self.rest(person)?;
        let standing = self.book.member(person)?.standing;
        let monthly = standing.monthly_in(self.book.terms.distribution);
        let group = self.book.group(to)?;
        let lacks = |needed: Credits, there: Credits| -> Result<Credits, OutOfRange> {
            let short = needed.checked_sub(there.positive_part()).ok_or(OutOfRange)?;
            Ok(short.positive_part().min(needed.positive_part()))
        };
        let now = lacks(own, group.figures.available()?)?;
        let free = group.standing.monthly.checked_sub(committed(self.book, to)?);
        let later = lacks(monthly, free.ok_or(OutOfRange)?)?;
        Ok(now.max(later))
    }

    /// Lowers the person's Monthly by what is missing, to zero at least. Gives what is missing then: in a shared pool
    /// nobody has a Monthly to give up.
    fn give_up_monthly(&mut self, person: PersonId, short: Credits) -> Result<Credits, Refusal> {
        let standing = self.book.member(person)?.standing;
        let monthly = standing.monthly_in(self.book.terms.distribution);
        let given = monthly.min(short);
        if given.is_positive() {
            self.set_monthly(person, monthly.checked_sub(given).ok_or(OutOfRange)?)?;
        }
        Ok(short.checked_sub(given).ok_or(OutOfRange)?)
    }

    /// Monthly goes from one group to another, in this cycle and for good.
    fn hand_over(&mut self, from: GroupId, to: GroupId, amount: Credits) -> Result<(), Refusal> {
        for (group, by) in [(from, amount.checked_neg().ok_or(OutOfRange)?), (to, amount)] {
            let standing = &mut self.group_mut(group)?.standing;
            standing.monthly = standing.monthly.checked_add(by).ok_or(OutOfRange)?;
            if standing.monthly.is_negative() {
                return Err(Refusal::MoveShort { over_by: amount });
            }
            self.post(
                EntryKind::GroupMonthly,
                Account::Unallocated,
                Account::Group(group),
                by,
                None,
            )?;
        }
        Ok(())
    }

    /// Puts a person under another group, with all that remains to them.
    fn relocate(&mut self, person: PersonId, from: GroupId, to: GroupId) -> Result<(), Refusal> {
        let (own, carried) = self.rest(person)?;
        let monthly = self.book.member(person)?.standing.monthly;
        self.refund_and_fund(person, from, to, own)?;
        self.post(
            EntryKind::Move,
            Account::Member(person, from),
            Account::Member(person, to),
            carried,
            None,
        )?;
        self.reassign(person, to)?;
        let leaving = &mut self.group_mut(from)?.standing;
        leaving.members_monthly = leaving.members_monthly.checked_sub(monthly).ok_or(OutOfRange)?;
        let joining = &mut self.group_mut(to)?.standing;
        joining.members_monthly = joining.members_monthly.checked_add(monthly).ok_or(OutOfRange)?;
        Ok(())
    }

    /// Hands a group's people and what backs them to the heir, and the rest to Unallocated.
    pub(super) fn delete_group(
        &mut self,
        group: GroupId,
        heir: GroupId,
        members: &[PersonId],
    ) -> Result<(), Refusal> {
        if group == heir {
            return Err(Refusal::DefaultGroup);
        }
        let standing_monthly = self.book.group(group)?.standing.members_monthly;
        let mut backing = Credits::ZERO;
        for person in members {
            self.touch(*person)?;
            let (own, _) = self.rest(*person)?;
            backing = backing.checked_add(own).ok_or(OutOfRange)?;
            self.relocate(*person, group, heir)?;
        }
        let state = self.group_mut(group)?;
        let figures = state.figures;
        state.standing = crate::ledger::GroupStanding::default();
        state.figures.reserve = Credits::ZERO;
        let left = figures.reserve_left()?;
        self.post(
            EntryKind::Reserve,
            Account::Reserve(group),
            Account::Group(group),
            left,
            None,
        )?;
        // What the group spent stays with it; everything else leaves.
        let kept = figures
            .distributed
            .checked_add(figures.uncovered)
            .ok_or(OutOfRange)?;
        let pool = figures.monthly.checked_add(figures.extra).ok_or(OutOfRange)?;
        let leaving = pool.checked_sub(kept).ok_or(OutOfRange)?;
        let of_extra = leaving.positive_part().min(figures.extra);
        let of_monthly = leaving.checked_sub(of_extra).ok_or(OutOfRange)?;
        let account = Account::Group(group);
        self.post(
            EntryKind::GroupMonthly,
            account,
            Account::Unallocated,
            of_monthly,
            None,
        )?;
        self.post(
            EntryKind::GroupExtra,
            account,
            Account::Unallocated,
            of_extra,
            None,
        )?;
        // The people's standing Monthly goes on under the heir; in this cycle their rest is funded.
        let heir_standing = &mut self.group_mut(heir)?.standing;
        heir_standing.monthly = heir_standing
            .monthly
            .checked_add(standing_monthly)
            .ok_or(OutOfRange)?;
        self.post(
            EntryKind::GroupMonthly,
            Account::Unallocated,
            Account::Group(heir),
            backing,
            None,
        )
    }

    /// Monthly ends; what is unspent returns to the group, what was carried lapses.
    pub(super) fn leave(&mut self, person: PersonId) -> Result<(), Refusal> {
        self.touch(person)?;
        let cycle = self.book.cycle.number;
        let charged = self.charged(person)?;
        let member = self.member_mut(person)?;
        member.is_active = false;
        let (group, standing) = (member.group, member.standing.monthly);
        let unspent = member
            .figures
            .monthly
            .checked_sub(charged.monthly)
            .ok_or(OutOfRange)?;
        member.standing.monthly = Credits::ZERO;
        let lots: Vec<_> = member
            .lots
            .iter()
            .zip(&charged.lots)
            .map(|(lot, charged)| (lot.amount, *charged))
            .collect();
        let group_standing = &mut self.group_mut(group)?.standing;
        group_standing.members_monthly = group_standing
            .members_monthly
            .checked_sub(standing)
            .ok_or(OutOfRange)?;
        self.post(
            EntryKind::Monthly,
            Account::Member(person, group),
            Account::Group(group),
            unspent,
            None,
        )?;
        for (index, (amount, charged)) in lots.into_iter().enumerate() {
            let unused = amount.checked_sub(charged).ok_or(OutOfRange)?;
            self.end_lot(person, index, unused, EntryKind::GrantTakenBack, cycle)?;
        }
        Ok(())
    }
}
