//! Credit types, their settings' history and their cycles as rows.

mod cycles;
mod history;
mod opening;
mod rows;

pub use cycles::{CycleReason, CycleRow};
pub(crate) use cycles::{cycle_before, undo_hours, undo_until};
pub use history::{SettingChange, SettingChangeRow};
pub(crate) use rows::find_credit_type;
pub use rows::{CreditTypeRow, NewCreditType};
