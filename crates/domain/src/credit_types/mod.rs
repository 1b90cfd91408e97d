//! What kind of credit it is: the terms every posting reads. No settings pages, no persistence.

use allowance_values::{CreditTypeId, Credits, Decimals, Rate};

/// What asking first meets when it goes beyond Remaining.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Enforcement {
    /// Granted.
    Track,
    /// Granted, flagged, and it says by how much.
    Warn,
    /// Refused.
    Block,
}

/// How a group's credits reach its members.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Distribution {
    /// Each member spends an own allocation.
    Individual,
    /// Members draw from the group, up to a cap.
    SharedPool,
}

/// What of unused Monthly crosses into the next cycle.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Rollover {
    /// Percent of the unused, 0 to 100; 0 is none.
    pub percent: u8,
    /// At most so much per person.
    pub cap: Option<Credits>,
    /// The carried part lapses after so many cycles, at least one.
    pub cycles: u32,
}

impl Rollover {
    /// Nothing crosses.
    pub const NONE: Self = Self {
        percent: 0,
        cap: None,
        cycles: 1,
    };
}

/// Credits per new user.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct SignUp {
    /// How many; zero is off.
    pub amount: Credits,
    /// Whether joiners get the share of the cycle still to come.
    pub is_pro_rata: bool,
}

/// The terms of a credit type as they stand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Terms {
    /// Which credit type.
    pub id: CreditTypeId,
    /// How many decimals people type.
    pub decimals: Decimals,
    /// Money ⇄ credits.
    pub rate: Rate,
    /// Credits per cycle, also of the cycles to come.
    pub limit: Credits,
    /// What asking first meets beyond Remaining.
    pub enforcement: Enforcement,
    /// How credits reach members.
    pub distribution: Distribution,
    /// What of unused Monthly crosses into the next cycle.
    pub rollover: Rollover,
}
