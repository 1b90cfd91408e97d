//! Lots: what a person's credits beyond Monthly consist of, and the order in which use burns them.

use allowance_values::{Credits, GrantId, PersonId, Timestamp};

use crate::allocations::OutOfRange;

/// When what is left of a lot lapses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Expiry {
    /// With the cycle of this number.
    EndOfCycle(i64),
    /// At an instant.
    At(Timestamp),
    /// Never.
    Never,
}

/// Why a lot exists.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum LotOrigin {
    /// Granted; in the cycle it was made in it counts as Extra, later as Carried.
    Grant,
    /// Unused Monthly of an earlier cycle.
    Rollover,
    /// What open holds stood on when the cycle before ended.
    Held,
    /// What came back from a closed cycle.
    Returned,
}

/// Where a grant came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum LotSource {
    /// Typed into the Extra cell.
    Typed,
    /// Made with a reason.
    Manual,
    /// The joiner's grant.
    SignUp,
    /// The answer to a credit request.
    CreditRequest,
    /// Made by the system: rollover, holds, returns.
    System,
}

/// A lot of credits of one person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lot {
    /// The id; a grant's for grants.
    pub id: GrantId,
    /// Why it exists.
    pub origin: LotOrigin,
    /// Where a grant came from.
    pub source: LotSource,
    /// What was granted at first.
    pub granted: Credits,
    /// What it counts in the cycle it stands in.
    pub amount: Credits,
    /// What of it was taken back or has lapsed.
    pub ended: Credits,
    /// Lower numbers burn first among equal expiries.
    pub priority: u16,
    /// When it lapses.
    pub expiry: Expiry,
    /// When it was made.
    pub made_at: Timestamp,
    /// The cycle it was made in.
    pub made_in_cycle: i64,
    /// By whom; nobody for the system.
    pub made_by: Option<PersonId>,
    /// Why, in words.
    pub reason: Option<String>,
    /// Whether something of it can still end.
    pub is_open: bool,
}

impl Lot {
    /// Whether it counts as Extra in that cycle; else as Carried.
    #[must_use]
    pub fn is_extra_in(&self, cycle: i64) -> bool {
        self.origin == LotOrigin::Grant && self.made_in_cycle == cycle
    }

    /// Whether it has lapsed by `at` within the open cycle.
    #[must_use]
    pub fn is_due(&self, at: Timestamp) -> bool {
        matches!(self.expiry, Expiry::At(instant) if instant <= at)
    }

    /// Whether anything of it may outlive the cycle of this number.
    #[must_use]
    pub const fn outlives(&self, cycle: i64) -> bool {
        match self.expiry {
            Expiry::EndOfCycle(last) => last > cycle,
            Expiry::At(_) | Expiry::Never => true,
        }
    }
}

/// How much of each part use has burnt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Charged {
    /// Of Monthly.
    pub monthly: Credits,
    /// Of each lot, in the order the lots were given.
    pub lots: Vec<Credits>,
    /// What exceeds them all.
    pub beyond: Credits,
}

/// Charges `used` to Monthly and the lots: earliest expiry first, then the lowest priority number, then the oldest.
/// Monthly expires with the cycle at `ends_at`, has the default priority and is the oldest of all.
///
/// # Errors
/// [`OutOfRange`] when the sums do not fit.
pub fn charge_in_burn_order(
    monthly: Credits,
    lots: &[Lot],
    used: Credits,
    cycle: i64,
    ends_at: Timestamp,
) -> Result<Charged, OutOfRange> {
    let expires = |lot: &Lot| match lot.expiry {
        Expiry::EndOfCycle(last) if last <= cycle => ends_at.micros(),
        Expiry::At(instant) => instant.micros(),
        // A later cycle's end is not known yet; it lies behind every instant of this cycle and before never.
        Expiry::EndOfCycle(last) => i64::MAX
            .saturating_sub(1_000_000)
            .saturating_add(last.min(999_999)),
        Expiry::Never => i64::MAX,
    };
    let mut order: Vec<(i64, u16, i64, Option<usize>)> = Vec::with_capacity(lots.len().saturating_add(1));
    order.push((ends_at.micros(), 100, i64::MIN, None));
    for (index, lot) in lots.iter().enumerate() {
        order.push((expires(lot), lot.priority, lot.made_at.micros(), Some(index)));
    }
    order.sort_unstable();
    let mut charged = Charged {
        monthly: Credits::ZERO,
        lots: vec![Credits::ZERO; lots.len()],
        beyond: Credits::ZERO,
    };
    let mut rest = used;
    for (_, _, _, index) in order {
        let available = match index {
            None => monthly,
            Some(index) => lots.get(index).map_or(Credits::ZERO, |lot| lot.amount),
        };
        let taken = available.min(rest).positive_part();
        rest = rest.checked_sub(taken).ok_or(OutOfRange)?;
        match index {
            None => charged.monthly = taken,
            Some(index) => {
                if let Some(slot) = charged.lots.get_mut(index) {
                    *slot = taken;
                }
            }
        }
    }
    charged.beyond = rest;
    Ok(charged)
}
