//! The API as outsiders meet it: a real server on a real port, on SQLite and, when `ALLOWANCE_TEST_POSTGRES` names a
//! server, on PostgreSQL too. Clients are people, and every reply they see is checked against the API document.

mod nets;
mod problems;
mod sessions;
mod setup;
mod support;
