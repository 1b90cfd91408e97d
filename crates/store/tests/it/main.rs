//! The store against real databases: SQLite in a file, and PostgreSQL where `ALLOWANCE_TEST_POSTGRES` names a server.

mod foundation;
mod ledger;
mod people;
mod support;
