//! Allocation: the figures and their formulas, the commands, and the one `decide` they all pass through.

mod decide;
mod figures;
mod forecast;
mod import;
mod moves;
mod refusal;
mod requests;
mod rows;
mod sign_up;
mod spend;
mod split;
mod view;

#[cfg(test)]
mod tests;

pub use decide::{BulkMode, Command, MemberEdit, NewGrant, Outcome, WhenShort, decide};
pub use figures::{CycleFigures, GroupFigures, MemberFigures, OutOfRange};
pub use forecast::{Forecast, forecast};
pub use import::{
    AllocationColumn, AllocationDrafts, AllocationOutcome, AllocationProblem, AllocationReason, Cells,
    FoundMember, PlannedAllocation,
};
pub use refusal::Refusal;
pub use sign_up::due_at_sign_up;
pub use spend::{FormerGroup, Insistence};
pub use split::split;
pub use view::{MemberFigure, MemberFilter, ViewedMember};
