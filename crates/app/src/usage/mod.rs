//! How usage is counted, as admins set it, what becomes of usage that was kept aside, and what
//! other currencies are worth. Counting itself is `metering`'s.

mod aliases;
mod exchange;
mod settings;
mod trial;
mod unmatched;

pub use aliases::{AliasLine, delete_usage_alias, list_usage_aliases};

pub use exchange::{CreateExchangeRate, ExchangeRateLine, create_exchange_rate, list_exchange_rates};
pub use settings::{get_usage_settings, set_usage_settings, usage_etag};
pub use trial::{Trial, TrialLine};
pub use unmatched::{
    DiscardUsage, Matched, UnmatchedLine, UsageMatch, UsageName, discard_unmatched_usage,
    list_unmatched_usage, match_unmatched_usage,
};
