//! What platforms report and reserve: usage events and holds, with whom and what they name.

mod aliases;
mod batch;
mod cost;
mod exchange;
mod holds;
mod kept;
mod people;
mod reported;
mod settings;
mod unmatched;
mod usage;

pub use aliases::AliasRow;
pub use batch::{Batch, Prepared};
pub(crate) use cost::CostColumns;
pub use exchange::{ExchangeRateFilter, ExchangeRateRow};
pub use holds::{HoldFilter, HoldRow, HoldState, HoldViewer};
pub(crate) use holds::{changed_holds, open_holds};
pub use kept::KeptUsageRow;
pub use people::{PersonKeys, PersonNames};
pub use settings::{UsageSettingsRow, rules_json};
pub use unmatched::{SourcedName, UnmatchedRow};
pub use usage::UsageRow;
