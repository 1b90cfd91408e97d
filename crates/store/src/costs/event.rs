//! A fact as it is shown: with its days, and what it is about.

use allowance_values::{
    ChargeId, CostTotal, Credits, Day, GroupId, HoldId, Money, PersonId, Timestamp, UsageEventId,
};
use uuid::Uuid;

/// What moved credits, or would have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CostEventKind {
    /// A use that a platform reported.
    Usage,
    /// A charge booked by hand.
    Charge,
    /// A hold that was consumed.
    Capture,
    /// The reversal of a charge.
    Reversal,
}

/// One fact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CostEvent {
    /// What it is.
    pub kind: CostEventKind,
    /// The usage event.
    pub usage: Option<UsageEventId>,
    /// The charge.
    pub charge: Option<ChargeId>,
    /// The hold.
    pub hold: Option<HoldId>,
    /// Who reported it.
    pub source: Option<String>,
    /// The id the source gave it.
    pub source_id: Option<String>,
    /// Whose.
    pub person: PersonId,
    /// The group it counts to.
    pub group: GroupId,
    /// When it happened.
    pub happened_at: Timestamp,
    /// On which day.
    pub happened_on: Day,
    /// When it was charged.
    pub counted_at: Timestamp,
    /// To which day.
    pub counted_on: Day,
    /// To which cycle.
    pub cycle: i64,
    /// Whether the cycle in which it happened had ended.
    pub is_late: bool,
    /// Whether it is a further entry of the same capture.
    pub is_further: bool,
    /// Credits; below zero for a reversal.
    pub credits: Credits,
    /// Its cost; nothing for plain credits.
    pub cost: Option<CostTotal>,
    /// Whose service was used.
    pub provider: String,
    /// Which model or product.
    pub model: String,
    /// What was done.
    pub operation: String,
    /// Tags, in order.
    pub tags: Vec<String>,
    /// What was written beside a charge or a hold.
    pub note: Option<String>,
    /// The cost as it was reported, where that was in another currency than the organisation's.
    pub reported: Option<Money>,
}

/// Where a page starts: after so much of each list, and where both end.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct CostEventStart {
    /// Entries before this one.
    pub entry: Option<i64>,
    /// Events without an entry before this one, by position and id.
    pub event: Option<(i64, Uuid)>,
    /// The last entry of the ledger and the organisation's position when the first page was read: what was counted since is
    /// on none of the pages.
    pub until: Option<(i64, i64)>,
}
