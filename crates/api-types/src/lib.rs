//! The contract: what goes over the wire, compiled into the server and into the web app.
//!
//! Requests refuse unknown fields; responses tolerate them. Response enums carry `Unknown` in the web app only, so that
//! an older page survives a newer server. No rule of the product lives here.

#[macro_use]
mod shape;

pub mod allocations;
pub mod api_keys;
pub mod attention;
pub mod audit;
pub mod charges;
pub mod consequences;
pub mod costs;
pub mod credit_requests;
pub mod credit_types;
pub mod exchange_rates;
pub mod explain;
pub mod grants;
pub mod groups;
pub mod holds;
pub mod imports;
pub mod ledger;
pub mod live;
#[cfg(feature = "openapi")]
pub mod metering;
pub mod organisation;
pub mod paging;
pub mod patch;
pub mod people;
pub mod problem;
#[cfg(any(feature = "read", test))]
pub mod read;
#[cfg(feature = "openapi")]
pub mod reports;
pub mod session;
pub mod setup;
#[cfg(feature = "openapi")]
pub mod text;
pub mod usage;

pub use paging::{Page, Total};
pub use patch::Patch;
pub use problem::{ErrorCode, FieldProblem, Problem};
