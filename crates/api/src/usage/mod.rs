//! How usage is counted, and usage that nobody could be found for.

mod convert;
mod routes;

pub(crate) use routes::*;
