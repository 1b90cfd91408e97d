//! The ledger, the audit log, and the proof of the books.

pub(crate) mod convert;
mod export;
mod routes;

pub(crate) use routes::*;
