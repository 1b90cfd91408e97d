//! The API as functions: one per operation, in a file per area. No page builds an address by itself.

pub mod allocations;
pub mod api_keys;
pub mod audit;
pub mod charges;
pub mod client;
pub mod costs;
pub mod credit_requests;
pub mod credit_types;
pub mod exchange_rates;
pub mod grants;
pub mod groups;
pub mod holds;
pub mod imports;
pub mod ledger;
pub mod organisation;
pub mod people;
pub mod session;
pub mod setup;
pub mod usage;

pub use client::ApiError;

/// What a call answers.
pub type Answer<T> = Result<T, ApiError>;

/// A fresh idempotency key. Make it when a form opens and keep it until the form has succeeded.
pub fn new_key() -> String {
    uuid::Uuid::now_v7().to_string()
}
