//! The formulas of the product, once: the server, the grid, exports and explanations all call these.

use allowance_values::Credits;

/// A sum does not fit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the amount is out of range")]
pub struct OutOfRange;

/// The sum of `plus` less the sum of `minus`, in wider arithmetic.
///
/// # Errors
/// [`OutOfRange`] when the result does not fit.
fn total<const P: usize, const M: usize>(
    plus: [Credits; P],
    minus: [Credits; M],
) -> Result<Credits, OutOfRange> {
    let sum = |parts: &[Credits]| parts.iter().map(|part| i128::from(part.micros())).sum::<i128>();
    let total = sum(&plus).checked_sub(sum(&minus)).ok_or(OutOfRange)?;
    i64::try_from(total)
        .map(Credits::from_micros)
        .map_err(|_| OutOfRange)
}

/// A member's figures in a cycle.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct MemberFigures {
    /// Recurring allocation.
    pub monthly: Credits,
    /// Grants made in this cycle, less what lapsed or was taken back.
    pub extra: Credits,
    /// Came into this cycle already paid for.
    pub carried: Credits,
    /// Consumed in this cycle.
    pub used: Credits,
    /// Reserved by open holds.
    pub held: Credits,
}

impl MemberFigures {
    /// Nothing at all.
    pub const ZERO: Self = Self {
        monthly: Credits::ZERO,
        extra: Credits::ZERO,
        carried: Credits::ZERO,
        used: Credits::ZERO,
        held: Credits::ZERO,
    };

    /// Remaining = Monthly + Extra + Carried − Used − Held. Below zero is overage.
    ///
    /// # Errors
    /// [`OutOfRange`] when the sum does not fit.
    pub fn remaining(&self) -> Result<Credits, OutOfRange> {
        total([self.monthly, self.extra, self.carried], [self.used, self.held])
    }

    /// What Used + Held exceed own Monthly + Extra + Carried.
    ///
    /// # Errors
    /// [`OutOfRange`] when the sum does not fit.
    pub fn overage(&self) -> Result<Credits, OutOfRange> {
        total([self.used, self.held], [self.monthly, self.extra, self.carried]).map(Credits::positive_part)
    }

    /// Used + Held: what burns the lots.
    ///
    /// # Errors
    /// [`OutOfRange`] when the sum does not fit.
    pub fn burnt(&self) -> Result<Credits, OutOfRange> {
        total([self.used, self.held], [])
    }
}

/// A group's figures in a cycle.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct GroupFigures {
    /// Recurring allocation.
    pub monthly: Credits,
    /// One-off credits of this cycle.
    pub extra: Credits,
    /// The pool's own Carried; in individual distribution nothing.
    pub carried: Credits,
    /// What the members brought along from earlier cycles. No part of Available; it bounds what the group may spend.
    pub members_carried: Credits,
    /// What it gave people in this cycle less what came back.
    pub distributed: Credits,
    /// Set aside for automatic approval.
    pub reserve: Credits,
    /// What of the reserve was given.
    pub reserve_given: Credits,
    /// What its people consumed while they were in it.
    pub used: Credits,
    /// What its people hold.
    pub held: Credits,
    /// What its members' Used + Held exceed their own credits.
    pub uncovered: Credits,
}

impl GroupFigures {
    /// What is left of the reserve; lowered below what was given, it is 0.
    ///
    /// # Errors
    /// [`OutOfRange`] when the sum does not fit.
    pub fn reserve_left(&self) -> Result<Credits, OutOfRange> {
        total([self.reserve], [self.reserve_given]).map(Credits::positive_part)
    }

    /// Available = Monthly + Extra + the pool's Carried − Distributed − reserve left − uncovered. May be negative.
    ///
    /// # Errors
    /// [`OutOfRange`] when the sum does not fit.
    pub fn available(&self) -> Result<Credits, OutOfRange> {
        total(
            [self.monthly, self.extra, self.carried],
            [self.distributed, self.reserve_left()?, self.uncovered],
        )
    }

    /// What `block` lets the group spend: Monthly + Extra + Carried − Used − Held.
    ///
    /// # Errors
    /// [`OutOfRange`] when the sum does not fit.
    pub fn spendable(&self) -> Result<Credits, OutOfRange> {
        total(
            [self.monthly, self.extra, self.carried, self.members_carried],
            [self.used, self.held],
        )
    }
}

/// The organisation's figures in a cycle.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct CycleFigures {
    /// Credits of the cycle.
    pub limit: Credits,
    /// Came in already paid for.
    pub carried: Credits,
    /// Consumed.
    pub used: Credits,
    /// Reserved by open holds.
    pub held: Credits,
    /// Sum of the groups' Monthly + Extra; a kept counter.
    pub allocated: Credits,
}

impl CycleFigures {
    /// Credits balance = limit + Carried − used − held.
    ///
    /// # Errors
    /// [`OutOfRange`] when the sum does not fit.
    pub fn balance(&self) -> Result<Credits, OutOfRange> {
        total([self.limit, self.carried], [self.used, self.held])
    }

    /// Unallocated = limit − sum of the groups' Monthly + Extra. Below zero is an overhang.
    ///
    /// # Errors
    /// [`OutOfRange`] when the sum does not fit.
    pub fn unallocated(&self) -> Result<Credits, OutOfRange> {
        total([self.limit], [self.allocated])
    }

    /// Use in percent of limit + Carried, in hundredths, rounded down; nothing when there is nothing to divide by.
    #[must_use]
    pub fn used_percent_hundredths(&self) -> Option<i64> {
        let whole = i128::from(self.limit.micros()).checked_add(i128::from(self.carried.micros()))?;
        let scaled = i128::from(self.used.micros()).checked_mul(10_000)?;
        i64::try_from(scaled.checked_div(whole)?).ok()
    }
}
