//! The API as outsiders meet it: a real server on a real port, on SQLite and, when `ALLOWANCE_TEST_POSTGRES` names a
//! server, on PostgreSQL too. Clients are people, and every reply they see is checked against the API document.

#![expect(unreachable_pub, reason = "a test binary has no outside")]
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests may fail loudly, in their support too"
)]

mod aliases;
mod allocation_files;
mod allocations;
mod api_keys;
mod books;
mod changes;
mod cost_alerts;
mod cost_exports;
mod cost_history;
mod costs;
mod costs_crash;
mod crash;
mod credit_requests;
mod credit_types;
mod currencies;
mod cycles_crash;
mod groups;
mod holds_race;
mod imports;
mod leaving;
mod linearizability;
mod live;
mod looking_back;
mod metering;
mod metering_crash;
mod metering_faults;
mod nets;
mod organisation;
mod people;
mod problems;
mod program;
mod reports;
mod sessions;
mod setup;
mod support;
mod usage;
mod usage_import;
mod views;
