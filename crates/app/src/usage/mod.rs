//! How usage is counted, as admins set it, and what becomes of usage that was kept aside. Counting itself is `metering`'s.

mod settings;
mod unmatched;

pub use settings::{get_usage_settings, set_usage_settings, usage_etag};
pub use unmatched::{
    DiscardUsage, UnmatchedLine, UsageMatch, discard_unmatched_usage, list_unmatched_usage,
    match_unmatched_usage,
};
