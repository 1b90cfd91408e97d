//! How a cycle gives way to the next. Opening costs by groups; a member is settled at the first posting in the new cycle
//! or by a job, whichever comes first, with the same figures.

use allowance_values::{Credits, GrantId, PersonId, Timestamp};
use uuid::Uuid;

use super::book::{Book, ClosedCycle, CycleState, MemberState};
use super::lots::{Charged, Expiry, Lot, LotOrigin, LotSource, charge_in_burn_order};
use super::movement::{Account, EntryKind, Movement};
use super::posting::Posting;
use crate::allocations::{CycleFigures, GroupFigures, MemberFigures, OutOfRange, Refusal};
use crate::credit_types::{Distribution, Rollover};

/// The cycle to open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OpenCycle {
    /// When it begins.
    pub starts_at: Timestamp,
    /// When it ends.
    pub ends_at: Timestamp,
}

/// Closes the open cycle and opens the next. Every group of the organisation must be loaded; members need not be.
///
/// # Errors
/// [`Refusal::AmountOutOfRange`] when a sum does not fit.
pub fn open_cycle(book: &mut Book, next: OpenCycle) -> Result<Vec<Movement>, Refusal> {
    let ended = ClosedCycle {
        number: book.cycle.number,
        ends_at: book.cycle.ends_at.min(next.starts_at),
    };
    book.closed.push(ended);
    let limit = book.terms.limit;
    let number = ended.number.checked_add(1).ok_or(OutOfRange)?;
    book.cycle = CycleState {
        number,
        starts_at: next.starts_at,
        ends_at: next.ends_at,
        figures: CycleFigures {
            limit,
            ..CycleFigures::default()
        },
    };
    let rollover = book.terms.rollover;
    let is_pool = book.terms.distribution == Distribution::SharedPool;
    let mut posting = Posting::new(book);
    posting.record(
        number,
        EntryKind::Opening,
        Account::Limit,
        Account::Unallocated,
        limit,
    );
    let groups: Vec<_> = posting.book.groups.keys().copied().collect();
    for id in groups {
        let group = posting.group_mut(id)?;
        let unused = group.figures.available()?.positive_part();
        let standing = group.standing;
        group.figures = GroupFigures {
            distributed: if is_pool {
                Credits::ZERO
            } else {
                standing.members_monthly
            },
            reserve: standing.reserve,
            ..GroupFigures::default()
        };
        posting.post(
            EntryKind::GroupMonthly,
            Account::Unallocated,
            Account::Group(id),
            standing.monthly,
            None,
        )?;
        posting.record(
            number,
            EntryKind::Reserve,
            Account::Group(id),
            Account::Reserve(id),
            standing.reserve,
        );
        if is_pool {
            let carried = rolled_over(rollover, unused)?;
            posting.post(
                EntryKind::CarryIn,
                Account::Carried,
                Account::Group(id),
                carried,
                None,
            )?;
        }
    }
    Ok(posting.into_movements())
}

/// Brings a member forward into the open cycle and lets lots lapse that are due at `at`. Doing it twice changes nothing.
///
/// # Errors
/// [`Refusal::NotFound`] when the member or a cycle in between is not loaded; out of range when a sum does not fit.
pub fn settle_member(book: &mut Book, person: PersonId, at: Timestamp) -> Result<Vec<Movement>, Refusal> {
    let mut posting = Posting::new(book);
    posting.settle(person, at)?;
    Ok(posting.into_movements())
}

/// What crosses of an unused amount.
fn rolled_over(rollover: Rollover, unused: Credits) -> Result<Credits, OutOfRange> {
    let share = i128::from(unused.micros())
        .checked_mul(i128::from(rollover.percent))
        .and_then(|product| product.checked_div(100))
        .and_then(|share| i64::try_from(share).ok())
        .ok_or(OutOfRange)?;
    let share = Credits::from_micros(share);
    Ok(rollover.cap.map_or(share, |cap| share.min(cap)))
}

/// What a member leaves behind and takes along when a cycle ends.
struct Crossing {
    /// Lots of the next cycle.
    lots: Vec<Lot>,
    /// Sum of those lots.
    carried: Credits,
    /// What of them open holds stand on.
    held: Credits,
    /// What ends unused.
    lapsed: Credits,
}

fn sum(amounts: impl Iterator<Item = Credits>) -> Result<Credits, OutOfRange> {
    let mut total = Credits::ZERO;
    for amount in amounts {
        total = total.checked_add(amount).ok_or(OutOfRange)?;
    }
    Ok(total)
}

/// An id for a lot the system makes, the same whoever makes it: once per person, credit type, cycle and origin.
fn system_lot_id(person: PersonId, credit_type: Uuid, cycle: i64, origin: LotOrigin) -> GrantId {
    let tag: u128 = match origin {
        LotOrigin::Grant => 0,
        LotOrigin::Rollover => 1,
        LotOrigin::Held => 2,
        LotOrigin::Returned => 3,
    };
    let cycle = u128::from(cycle.unsigned_abs());
    let mixed = person.uuid().as_u128() ^ credit_type.as_u128().rotate_left(40) ^ (cycle << 8) ^ tag;
    GrantId::new(Uuid::from_u128(mixed))
}

fn system_lot(
    id: GrantId,
    origin: LotOrigin,
    amount: Credits,
    expiry: Expiry,
    at: Timestamp,
    cycle: i64,
) -> Lot {
    Lot {
        id,
        origin,
        source: LotSource::System,
        granted: amount,
        amount,
        ended: Credits::ZERO,
        priority: 100,
        expiry,
        made_at: at,
        made_in_cycle: cycle,
        made_by: None,
        reason: None,
        is_open: true,
    }
}

fn cross(
    member: &MemberState,
    person: PersonId,
    credit_type: Uuid,
    ended: ClosedCycle,
    rollover: Rollover,
) -> Result<Crossing, Refusal> {
    let figures = member.figures;
    let charge =
        |used| charge_in_burn_order(figures.monthly, &member.lots, used, ended.number, ended.ends_at);
    let by_use: Charged = charge(figures.used)?;
    let by_all: Charged = charge(figures.burnt()?)?;
    let next = ended.number.checked_add(1).ok_or(OutOfRange)?;

    let charged_sum = |charged: &Charged| -> Result<Credits, OutOfRange> {
        sum(charged.lots.iter().copied().chain([charged.monthly]))
    };
    let held = charged_sum(&by_all)?
        .checked_sub(charged_sum(&by_use)?)
        .ok_or(OutOfRange)?;

    let unused_monthly = figures
        .monthly
        .checked_sub(by_all.monthly)
        .ok_or(OutOfRange)?
        .positive_part();
    let rolled = rolled_over(rollover, unused_monthly)?;
    let mut lots = Vec::new();
    let mut lapsed = unused_monthly.checked_sub(rolled).ok_or(OutOfRange)?;
    for (lot, charged) in member.lots.iter().zip(&by_all.lots) {
        let left = lot.amount.checked_sub(*charged).ok_or(OutOfRange)?;
        if lot.is_open && left.is_positive() && lot.outlives(ended.number) && !lot.is_due(ended.ends_at) {
            lots.push(Lot {
                amount: left,
                ..lot.clone()
            });
        } else {
            lapsed = lapsed.checked_add(left).ok_or(OutOfRange)?;
        }
    }
    if rolled.is_positive() {
        let last = ended
            .number
            .checked_add(i64::from(rollover.cycles.max(1)))
            .ok_or(OutOfRange)?;
        let id = system_lot_id(person, credit_type, ended.number, LotOrigin::Rollover);
        lots.push(system_lot(
            id,
            LotOrigin::Rollover,
            rolled,
            Expiry::EndOfCycle(last),
            ended.ends_at,
            next,
        ));
    }
    if held.is_positive() {
        let id = system_lot_id(person, credit_type, ended.number, LotOrigin::Held);
        lots.push(system_lot(
            id,
            LotOrigin::Held,
            held,
            Expiry::EndOfCycle(next),
            ended.ends_at,
            next,
        ));
    }
    let carried = sum(lots.iter().map(|lot| lot.amount))?;
    Ok(Crossing {
        lots,
        carried,
        held,
        lapsed,
    })
}

impl Posting<'_> {
    /// Brings a member forward into the open cycle and lets lots lapse that are due.
    pub(crate) fn settle(&mut self, person: PersonId, at: Timestamp) -> Result<(), Refusal> {
        while self.book.member(person)?.stands_in < self.book.cycle.number {
            self.cross_into_next(person)?;
        }
        self.lapse_due(person, at)
    }

    fn cross_into_next(&mut self, person: PersonId) -> Result<(), Refusal> {
        let member = self.book.member(person)?.clone();
        let ended = *self
            .book
            .closed
            .iter()
            .find(|closed| closed.number == member.stands_in)
            .ok_or(Refusal::NotFound)?;
        let credit_type = self.book.terms.id.uuid();
        let crossing = cross(&member, person, credit_type, ended, self.book.terms.rollover)?;
        let group = member.group;
        let account = Account::Member(person, group);
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
        if member.is_touched || crossing.carried.is_positive() {
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

        let next = ended.number.checked_add(1).ok_or(OutOfRange)?;
        let is_current = next == self.book.cycle.number;
        let is_pool = self.book.terms.distribution == Distribution::SharedPool;
        let monthly = if is_pool {
            Credits::ZERO
        } else {
            member.standing.monthly
        };
        let state = self.member_mut(person)?;
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
        let member = self.book.member(person)?;
        let (cycle, ends_at) = (self.book.cycle.number, self.book.cycle.ends_at);
        Ok(charge_in_burn_order(
            member.figures.monthly,
            &member.lots,
            member.figures.burnt()?,
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
