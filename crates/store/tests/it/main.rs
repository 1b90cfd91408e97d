//! The store against real databases: SQLite in a file, and PostgreSQL where `ALLOWANCE_TEST_POSTGRES` names a server.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "tests may fail loudly, in their support too"
)]

mod books;
mod foundation;
mod ledger;
mod past;
mod people;
mod rebuild;
mod support;
mod views;
