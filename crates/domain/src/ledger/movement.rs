//! One movement: an amount leaves one account and reaches another.

use allowance_values::{CreditTypeId, Credits, GroupId, PersonId};
use uuid::Uuid;

/// Where credits can be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Account {
    /// Where a cycle's limit comes from.
    Limit,
    /// The organisation's pool.
    Unallocated,
    /// A group's undistributed credits.
    Group(GroupId),
    /// A group's reserve for automatic approval.
    Reserve(GroupId),
    /// A member's own credits, backed by a group. Below zero is overage, or the use of a shared pool.
    Member(PersonId, GroupId),
    /// A member's holds.
    Held(PersonId, GroupId),
    /// What a member consumed.
    Spent(PersonId, GroupId),
    /// What ended unused.
    Lapsed,
    /// What is on its way from one cycle into the next.
    Carried,
}

/// What a movement is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum EntryKind {
    /// A cycle opened with its limit.
    Opening,
    /// The limit changed.
    Limit,
    /// A group's Monthly.
    GroupMonthly,
    /// A group's Extra.
    GroupExtra,
    /// A group's reserve.
    Reserve,
    /// A member's standing Monthly, written when the cycle first touches it.
    Standing,
    /// A member's Monthly changed.
    Monthly,
    /// A grant.
    Grant,
    /// A grant taken back.
    GrantTakenBack,
    /// A grant or carried credits ended unused.
    Lapse,
    /// A move to another group.
    Move,
    /// A charge.
    Charge,
    /// A spend that a platform reported.
    Usage,
    /// The reversal of a charge.
    Reversal,
    /// A hold.
    Hold,
    /// A hold consumed.
    Capture,
    /// A hold released.
    Release,
    /// Carried out of a closed cycle.
    CarryOut,
    /// Carried into this cycle.
    CarryIn,
}

/// An amount on its way. Always above zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Movement {
    /// Of which credits.
    pub credit_type: CreditTypeId,
    /// In which cycle, by number.
    pub cycle: i64,
    /// What it is about.
    pub kind: EntryKind,
    /// The account debited.
    pub from: Account,
    /// The account credited.
    pub to: Account,
    /// How much.
    pub amount: Credits,
    /// The grant, charge or hold behind it.
    pub subject: Option<Uuid>,
}
