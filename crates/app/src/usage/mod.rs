//! How usage is counted, as admins set it, what becomes of usage that was kept aside, and what
//! other currencies are worth. Counting itself is `metering`'s.

mod exchange;
mod settings;
mod unmatched;

pub use exchange::{CreateExchangeRate, ExchangeRateLine, create_exchange_rate, list_exchange_rates};
pub use settings::{get_usage_settings, set_usage_settings, usage_etag};
pub use unmatched::{
    DiscardUsage, UnmatchedLine, UsageMatch, discard_unmatched_usage, list_unmatched_usage,
    match_unmatched_usage,
};
