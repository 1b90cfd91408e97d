//! What a member leaves behind and takes along when a cycle ends: pure arithmetic over lots, no posting.

use allowance_values::{Credits, GrantId, PersonId, Timestamp};
use uuid::Uuid;

use super::book::{Book, ClosedCycle, MemberState};
use super::lots::{Charged, Expiry, Lot, LotOrigin, LotSource, charge_in_burn_order};
use crate::allocations::{OutOfRange, Refusal};
use crate::credit_types::Rollover;

/// What crosses of an unused amount.
pub(super) fn rolled_over(rollover: Rollover, unused: Credits) -> Result<Credits, OutOfRange> {
    let share = i128::from(unused.micros())
        .checked_mul(i128::from(rollover.percent))
        .and_then(|product| product.checked_div(100))
        .and_then(|share| i64::try_from(share).ok())
        .ok_or(OutOfRange)?;
    let share = Credits::from_micros(share);
    Ok(rollover.cap.map_or(share, |cap| share.min(cap)))
}

/// What a member leaves behind and takes along when a cycle ends.
pub(super) struct Crossing {
    /// Lots of the next cycle.
    pub(super) lots: Vec<Lot>,
    /// Sum of those lots.
    pub(super) carried: Credits,
    /// What of them open holds stand on.
    pub(super) held: Credits,
    /// What ends unused.
    pub(super) lapsed: Credits,
}

fn sum(amounts: impl Iterator<Item = Credits>) -> Result<Credits, OutOfRange> {
    let mut total = Credits::ZERO;
    for amount in amounts {
        total = total.checked_add(amount).ok_or(OutOfRange)?;
    }
    Ok(total)
}

/// An id for a lot the system makes, the same whoever makes it: once per person, credit type, cycle it is made for and
/// origin.
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

pub(super) fn system_lot(
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

/// The expiry in a cycle that follows after `gap` numbers which turned out to be stretches of the cycle before: a lot
/// that outlives so many cycles outlives as many real ones.
fn after_gap(expiry: Expiry, gap: i64) -> Result<Expiry, OutOfRange> {
    match expiry {
        Expiry::EndOfCycle(last) => Ok(Expiry::EndOfCycle(last.checked_add(gap).ok_or(OutOfRange)?)),
        Expiry::At(_) | Expiry::Never => Ok(expiry),
    }
}

pub(super) fn cross(
    member: &MemberState,
    person: PersonId,
    credit_type: Uuid,
    ended: ClosedCycle,
    next: i64,
) -> Result<Crossing, Refusal> {
    let rollover = ended.rollover;
    let figures = member.figures;
    let charge =
        |used| charge_in_burn_order(figures.monthly, &member.lots, used, ended.number, ended.ends_at);
    let by_use: Charged = charge(figures.used)?;
    let by_all: Charged = charge(figures.burnt()?)?;
    let before_next = next.checked_sub(1).ok_or(OutOfRange)?;
    let gap = before_next.checked_sub(ended.number).ok_or(OutOfRange)?;

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
                expiry: after_gap(lot.expiry, gap)?,
                ..lot.clone()
            });
        } else {
            lapsed = lapsed.checked_add(left).ok_or(OutOfRange)?;
        }
    }
    if rolled.is_positive() {
        let last = before_next
            .checked_add(i64::from(rollover.cycles.max(1)))
            .ok_or(OutOfRange)?;
        let id = system_lot_id(person, credit_type, next, LotOrigin::Rollover);
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
        let id = system_lot_id(person, credit_type, next, LotOrigin::Held);
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

/// What a member who stands in the open cycle would take along if it ended at `at`.
///
/// # Errors
/// [`Refusal::NotFound`] when the person is not loaded; out of range when a sum does not fit.
pub fn carried_if_ended(book: &Book, person: PersonId, at: Timestamp) -> Result<Credits, Refusal> {
    let number = book.cycle.number;
    let ended = ClosedCycle {
        number,
        ends_at: at,
        rollover: book.terms.rollover,
        distribution: book.terms.distribution,
        is_remembered: false,
    };
    let next = number.checked_add(1).ok_or(OutOfRange)?;
    let crossing = cross(book.member(person)?, person, book.terms.id.uuid(), ended, next)?;
    Ok(crossing.carried)
}
