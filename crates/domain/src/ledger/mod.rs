//! The ledger: accounts, movements, the book of one credit type, and how a cycle gives way to the next.
//!
//! Invariants: every change of a balance is a [`Movement`] that debits one account and credits another; [`Posting`] is
//! the only way a movement reaches the [`Book`]; a refusal leaves the book as it was.

mod book;
mod crossing;
mod distribution;
mod lots;
mod movement;
mod opening;
mod posting;
mod reopening;
mod settle;

pub use book::{
    Book, ClosedCycle, CycleState, GroupStanding, GroupState, Hold, LeftBehind, MemberStanding, MemberState,
};
pub use crossing::carried_if_ended;
pub use distribution::switch_distribution;
pub use lots::{Charged, Expiry, Lot, LotOrigin, LotSource, charge_in_burn_order};
pub use movement::{Account, EntryKind, Movement};
pub use opening::{CycleSpan, OpenCycle, open_cycle};
pub(crate) use posting::Posting;
pub use reopening::{OpenedGroup, Reopening, reopen_cycle};
pub use settle::settle_member;
