//! The rules of the product, pure: no input or output, no clock, no randomness.

// A test that overflows fails, as it should.
#![cfg_attr(not(test), deny(clippy::arithmetic_side_effects))]
#![deny(
    clippy::float_arithmetic,
    clippy::wildcard_enum_match_arm,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic
)]

pub mod allocations;
pub mod authz;
pub mod costs;
pub mod credit_requests;
pub mod credit_types;
pub mod cycles;
pub mod ledger;
pub mod metering;
pub mod people;
