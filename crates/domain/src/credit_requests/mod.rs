//! Credit requests: the states and the commands between them, when the reserve answers by itself, and what granting posts.
//!
//! A request moves no credits before it is answered; the answer is a command of the ledger like any other.

mod granting;
mod reserve;
mod state;

#[cfg(test)]
mod tests;

pub use granting::{Granted, RequestTerm};
pub use reserve::{Ceilings, LeftToPeople, may_answer};
pub use state::{RequestCommand, RequestEventKind, RequestRefusal, RequestStatus, step};
