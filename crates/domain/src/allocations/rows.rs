//! Edits of the grid's cells, the limit, grants, and the bounds they are held to.
//!
//! A save that makes or enlarges an excess is refused and says by how much; one that lessens it passes, even if some
//! remains. Lowering an upper bound (the limit, a group's Monthly or Extra) is not held to what stands below it.

use std::collections::BTreeSet;

use allowance_values::{Credits, GrantId, GroupId, PersonId, Timestamp};

use super::decide::{MemberEdit, NewGrant};
use super::figures::OutOfRange;
use super::refusal::Refusal;
use crate::credit_types::Distribution;
use crate::ledger::{Account, Book, EntryKind, Expiry, Lot, LotOrigin, LotSource, Posting};

/// By how much each bound of a group is exceeded; zero where it holds.
#[derive(Clone, Copy)]
pub(super) struct Excess {
    /// Distributed + reserve left + uncovered over Monthly + Extra.
    pub(super) given: Credits,
    /// Members' Monthly + reserve over the group's Monthly.
    pub(super) standing: Credits,
}

/// Who pays for a grant.
#[derive(Clone, Copy)]
pub(super) enum Payer {
    /// The group, out of what it has available.
    Group,
    /// The group's reserve.
    Reserve,
}

fn less(a: Credits, b: Credits) -> Result<Credits, OutOfRange> {
    a.checked_sub(b).ok_or(OutOfRange)
}

fn plus(a: Credits, b: Credits) -> Result<Credits, OutOfRange> {
    a.checked_add(b).ok_or(OutOfRange)
}

/// What stands against a group's Monthly in the cycles to come: the reserve, and members' Monthly unless it is put aside.
pub(super) fn committed(book: &Book, group: GroupId) -> Result<Credits, Refusal> {
    let standing = book.group(group)?.standing;
    let members = match book.terms.distribution {
        Distribution::Individual => standing.members_monthly,
        Distribution::SharedPool => Credits::ZERO,
    };
    Ok(plus(members, standing.reserve)?)
}

pub(super) fn excess(book: &Book, id: GroupId) -> Result<Excess, Refusal> {
    let group = book.group(id)?;
    Ok(Excess {
        given: less(Credits::ZERO, group.figures.available()?)?.positive_part(),
        standing: less(committed(book, id)?, group.standing.monthly)?.positive_part(),
    })
}

impl Excess {
    pub(super) fn refuse_growth(self, after: Self) -> Result<(), Refusal> {
        if after.given > self.given {
            return Err(Refusal::GroupExceeded { over_by: after.given });
        }
        if after.standing > self.standing {
            return Err(Refusal::StandingExceeded {
                over_by: after.standing,
            });
        }
        Ok(())
    }
}

impl Posting<'_> {
    /// An amount that somebody typed.
    pub(super) fn typed(&self, amount: Credits) -> Result<Credits, Refusal> {
        if amount.is_negative() {
            return Err(Refusal::NegativeAmount);
        }
        if amount > Credits::MAX_INPUT {
            return Err(Refusal::AmountOutOfRange);
        }
        if !amount.fits(self.book.terms.decimals) {
            return Err(Refusal::TooManyDecimals);
        }
        Ok(amount)
    }

    pub(super) fn typed_above_zero(&self, amount: Credits) -> Result<Credits, Refusal> {
        if amount.is_zero() {
            Err(Refusal::NegativeAmount)
        } else {
            self.typed(amount)
        }
    }

    pub(super) fn set_limit(&mut self, limit: Credits) -> Result<(), Refusal> {
        let limit = self.typed(limit)?;
        let difference = less(limit, self.book.cycle.figures.limit)?;
        self.book.terms.limit = limit;
        self.post(
            EntryKind::Limit,
            Account::Limit,
            Account::Unallocated,
            difference,
            None,
        )
    }

    pub(super) fn set_group(
        &mut self,
        id: GroupId,
        monthly: Option<Credits>,
        extra: Option<Credits>,
        reserve: Option<Credits>,
    ) -> Result<(), Refusal> {
        let before = excess(self.book, id)?;
        let figures = self.book.cycle.figures;
        let over_limit = less(figures.allocated, figures.limit)?.positive_part();
        if let Some(monthly) = monthly {
            let monthly = self.typed(monthly)?;
            let group = self.group_mut(id)?;
            group.standing.monthly = monthly;
            let difference = less(monthly, group.figures.monthly)?;
            self.post(
                EntryKind::GroupMonthly,
                Account::Unallocated,
                Account::Group(id),
                difference,
                None,
            )?;
        }
        if let Some(extra) = extra {
            let extra = self.typed(extra)?;
            let difference = less(extra, self.group_mut(id)?.figures.extra)?;
            self.post(
                EntryKind::GroupExtra,
                Account::Unallocated,
                Account::Group(id),
                difference,
                None,
            )?;
        }
        let mut raises_reserve = false;
        if let Some(reserve) = reserve {
            let reserve = self.typed(reserve)?;
            let group = self.group_mut(id)?;
            raises_reserve = reserve > group.standing.reserve;
            let left_before = group.figures.reserve_left()?;
            group.standing.reserve = reserve;
            group.figures.reserve = reserve;
            let difference = less(group.figures.reserve_left()?, left_before)?;
            self.post(
                EntryKind::Reserve,
                Account::Group(id),
                Account::Reserve(id),
                difference,
                None,
            )?;
        }
        let figures = self.book.cycle.figures;
        let over_by = less(figures.allocated, figures.limit)?.positive_part();
        if over_by > over_limit {
            return Err(Refusal::LimitExceeded { over_by });
        }
        if raises_reserve {
            before.refuse_growth(excess(self.book, id)?)
        } else {
            Ok(())
        }
    }

    pub(super) fn set_members(&mut self, edits: &[MemberEdit], at: Timestamp) -> Result<(), Refusal> {
        let mut groups = BTreeSet::new();
        for edit in edits {
            groups.insert(self.book.member(edit.person)?.group);
        }
        let mut before = Vec::with_capacity(groups.len());
        for group in groups {
            before.push((group, excess(self.book, group)?));
        }
        for edit in edits {
            self.set_member(edit, at)?;
        }
        for (group, before) in before {
            before.refuse_growth(excess(self.book, group)?)?;
        }
        Ok(())
    }

    fn set_member(&mut self, edit: &MemberEdit, at: Timestamp) -> Result<(), Refusal> {
        let MemberEdit {
            person,
            monthly,
            extra,
            cap,
            typed_grant,
        } = *edit;
        self.touch(person)?;
        if let Some(monthly) = monthly {
            if self.book.terms.distribution == Distribution::SharedPool {
                return Err(Refusal::WrongDistribution);
            }
            let monthly = self.typed(monthly)?;
            self.set_monthly(person, monthly)?;
        }
        if let Some(cap) = cap {
            if self.book.terms.distribution == Distribution::Individual {
                return Err(Refusal::WrongDistribution);
            }
            let cap = cap.map(|cap| self.typed(cap)).transpose()?;
            self.member_mut(person)?.standing.cap = cap;
        }
        if let Some(extra) = extra {
            let extra = self.typed(extra)?;
            let difference = less(extra, self.book.member(person)?.figures.extra)?;
            if difference.is_positive() {
                let grant = NewGrant {
                    id: typed_grant,
                    amount: difference,
                    source: LotSource::Typed,
                    priority: 100,
                    expiry: None,
                    reason: None,
                };
                self.add_lot(Payer::Group, person, &grant, None, at)?;
            } else {
                self.take_back_typed(person, less(Credits::ZERO, difference)?)?;
            }
        }
        Ok(())
    }

    /// Sets the standing Monthly, and the open cycle's by the same difference.
    pub(super) fn set_monthly(&mut self, person: PersonId, monthly: Credits) -> Result<(), Refusal> {
        let member = self.member_mut(person)?;
        let group = member.group;
        let standing_by = less(monthly, member.standing.monthly)?;
        let by = less(monthly, member.figures.monthly)?;
        member.standing.monthly = monthly;
        let standing = &mut self.group_mut(group)?.standing;
        standing.members_monthly = plus(standing.members_monthly, standing_by)?;
        self.post(
            EntryKind::Monthly,
            Account::Group(group),
            Account::Member(person, group),
            by,
            None,
        )
    }

    /// A lot of the person's own, paid by the group or its reserve.
    pub(super) fn add_lot(
        &mut self,
        from: Payer,
        person: PersonId,
        grant: &NewGrant,
        made_by: Option<PersonId>,
        at: Timestamp,
    ) -> Result<(), Refusal> {
        let cycle = self.book.cycle.number;
        let lot = Lot {
            id: grant.id,
            origin: LotOrigin::Grant,
            source: grant.source,
            granted: grant.amount,
            amount: grant.amount,
            ended: Credits::ZERO,
            priority: grant.priority,
            expiry: grant.expiry.unwrap_or(Expiry::EndOfCycle(cycle)),
            made_at: at,
            made_in_cycle: cycle,
            made_by,
            reason: grant.reason.clone(),
            is_open: true,
        };
        let member = self.member_mut(person)?;
        let group = member.group;
        member.lots.push(lot);
        let from = match from {
            Payer::Group => Account::Group(group),
            Payer::Reserve => Account::Reserve(group),
        };
        let to = Account::Member(person, group);
        self.post(EntryKind::Grant, from, to, grant.amount, Some(grant.id.uuid()))
    }

    /// Typing less takes back from typed grants of this cycle, newest first.
    fn take_back_typed(&mut self, person: PersonId, amount: Credits) -> Result<(), Refusal> {
        let typed = |lot: &Lot| match lot.source {
            LotSource::Typed => lot.amount,
            LotSource::Manual | LotSource::SignUp | LotSource::CreditRequest | LotSource::System => {
                Credits::ZERO
            }
        };
        let most: Vec<Credits> = self.book.member(person)?.lots.iter().map(typed).collect();
        let rest = self.take_back(person, amount, &most)?;
        if rest.is_positive() {
            return Err(Refusal::NothingToTakeBack { over_by: rest });
        }
        Ok(())
    }

    /// Takes back what is unspent of grants of this cycle, newest first, as far as there is any.
    pub(super) fn take_back_unspent(&mut self, person: PersonId, amount: Credits) -> Result<(), Refusal> {
        let charged = self.charged(person)?.lots;
        let lots = self.book.member(person)?.lots.iter().zip(charged);
        let most = lots
            .map(|(lot, charged)| less(lot.amount, charged))
            .collect::<Result<Vec<_>, _>>()?;
        self.take_back(person, amount, &most)?;
        Ok(())
    }

    /// Takes an amount back from the lots of this cycle, newest first, of each at most so much. Gives what it lacks.
    fn take_back(&mut self, person: PersonId, amount: Credits, most: &[Credits]) -> Result<Credits, Refusal> {
        let cycle = self.book.cycle.number;
        let member = self.member_mut(person)?;
        let group = member.group;
        let mut rest = amount;
        let mut taken_from = Vec::new();
        let lots = member.lots.iter_mut().zip(most).rev();
        for (lot, most) in lots.filter(|(lot, _)| lot.is_extra_in(cycle) && lot.is_open) {
            let taken = (*most).min(rest);
            if !taken.is_positive() {
                continue;
            }
            lot.amount = less(lot.amount, taken)?;
            lot.ended = plus(lot.ended, taken)?;
            lot.is_open = lot.amount.is_positive();
            rest = less(rest, taken)?;
            taken_from.push((lot.id, taken));
        }
        for (lot, taken) in taken_from {
            let (from, to) = (Account::Member(person, group), Account::Group(group));
            self.post(EntryKind::GrantTakenBack, from, to, taken, Some(lot.uuid()))?;
        }
        Ok(rest)
    }

    pub(super) fn grant(
        &mut self,
        person: PersonId,
        grant: &NewGrant,
        made_by: Option<PersonId>,
        at: Timestamp,
    ) -> Result<(), Refusal> {
        self.typed_above_zero(grant.amount)?;
        if matches!(grant.expiry, Some(Expiry::At(instant)) if instant <= at) {
            return Err(Refusal::ExpiryPassed);
        }
        let group = self.book.member(person)?.group;
        let before = excess(self.book, group)?;
        self.touch(person)?;
        self.add_lot(Payer::Group, person, grant, made_by, at)?;
        before.refuse_growth(excess(self.book, group)?)
    }

    pub(super) fn revoke(&mut self, person: PersonId, grant: GrantId) -> Result<(), Refusal> {
        let cycle = self.book.cycle.number;
        let charged = self.charged(person)?;
        let member = self.book.member(person)?;
        let found = member
            .lots
            .iter()
            .zip(&charged.lots)
            .enumerate()
            .find(|(_, (lot, _))| lot.id == grant);
        let (index, (lot, charged)) = found.ok_or(Refusal::GrantEnded)?;
        let unused = less(lot.amount, *charged)?;
        if !lot.is_open || !unused.is_positive() || lot.origin != LotOrigin::Grant {
            return Err(Refusal::GrantEnded);
        }
        self.touch(person)?;
        self.end_lot(person, index, unused, EntryKind::GrantTakenBack, cycle)
    }
}
