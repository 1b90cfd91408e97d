//! Credit types and their cycles as rows.

mod cycles;
mod rows;

pub use cycles::{CycleReason, CycleRow};
pub(crate) use rows::find_credit_type;
pub use rows::{CreditTypeChange, CreditTypeRow, NewCreditType};
