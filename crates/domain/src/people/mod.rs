//! People: what is known of them, the keys they are found by, whom they report to, and what a file of them would change.

mod draft;
mod fields;
mod import;
mod keys;
mod line_up;
mod reporting;
mod status;

pub use fields::{Fault, Field, Profile, check_email, clean, clean_day, clean_email, clean_name};
pub use import::{
    Drafts, Existing, FieldChange, Known, Outcome, Plan, PlannedRow, Reason, RowProblem, SheetRow, Superior,
};
pub use keys::{email_key, name_key, search_words, tokens};
pub use reporting::would_cycle;
pub use status::PersonStatus;
