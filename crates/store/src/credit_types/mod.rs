//! Credit types, their settings' history and their cycles as rows.

mod cycles;
mod history;
mod opening;
mod rates;
mod rows;
mod short_moves;
mod sign_ups;

pub use cycles::{CycleReason, CycleRow};
pub(crate) use cycles::{cycle_before, from_row as cycle_row_of, undo_hours, undo_until};
pub use history::{SettingChange, SettingChangeRow};
pub(crate) use rows::find_credit_type;
pub use rows::{CreditTypeRow, NewCreditType};
pub use short_moves::ShortMove;
pub use sign_ups::SignUpRow;
