//! Values parsed once: typed ids, credits, money, rates, instants, days, e-mail addresses.
//!
//! What is here cannot be wrong once it exists: a parse or a checked constructor is the only way in. No rules of the
//! product live here, no input or output, no clock. Amounts are integers; nothing near them is a float.

#![deny(
    clippy::arithmetic_side_effects,
    clippy::float_arithmetic,
    clippy::wildcard_enum_match_arm,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic
)]

mod amount;
mod email;
mod exchange;
mod ids;
mod instant;
mod money;
mod rate;
mod total;

pub use amount::{Credits, Decimals, Fixed, ParseAmountError};
pub use email::{Email, ParseEmailError};
pub use exchange::ExchangeRate;
pub use ids::*;
pub use instant::{Day, ParseInstantError, Timestamp};
pub use money::{Cost, Currency, Money, ParseCurrencyError};
pub use rate::{Rate, RateSide};
pub use total::CostTotal;
