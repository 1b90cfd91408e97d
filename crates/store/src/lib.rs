//! The database. The only crate that knows sea-orm; rows hold raw `i64` and `Uuid`, what leaves here is typed.
//!
//! Every write goes through [`Store::transact`]: it takes the organisation's head first, so that nothing a posting reads
//! can change under it, and it is run again when the database asks for it, so the closure does nothing but database
//! work; it receives the [`Tx`] and ends in [`Tx::done`], the only shape that commits. [`ledger::post`] is the one door through which credits move. `DbErr` never leaves the crate.

mod audit;
mod clock;
mod connect;
mod entities;
mod error;
mod idempotency;
mod secrets;
pub mod testing;
mod tx;

pub use audit::{AuditFilter, AuditLine, AuditRecord};
pub use clock::{Clock, IdSource, ManualClock, SystemClock, TimeOrderedIds};
pub use connect::{ConnectError, Store, StoreOptions};
pub use error::{StoreError, TransactError};
pub use idempotency::{Claim, KeyScope, SavedAnswer};
pub use tx::{Done, Head, Origin, Tx};
