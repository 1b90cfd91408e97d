//! Use cases. HTTP, the command line and tests call the same functions; nothing here knows HTTP.
//!
//! A change is a function `async fn verb_noun(tx: Tx, caller: &Caller, command: &…) -> Result<Done<T>>`: it loads, builds
//! its permit from the loaded rows, lets the domain decide, only then writes, and ends in `tx.done(…)`. [`App::change`]
//! runs it in the one transaction that also holds the audit entries, the idempotency key and the saved answer. A read is a function of
//! `(&App, &Caller, query)`.

pub mod allocations;
pub mod api_keys;
mod audited;
pub mod books;
pub mod charges;
mod context;
pub mod costs;
pub mod credit_requests;
pub mod credit_types;
mod cycles;
pub mod demo;
mod error;
pub mod groups;
pub mod imports;
pub mod live;
pub mod metering;
pub mod organisation;
mod past;
pub mod people;
pub mod sessions;
pub mod setup;
pub mod usage;

pub use context::{Answer, App, Caller, IdempotencyKey};
pub use error::{Error, FieldError, FieldErrorKind, Result};
