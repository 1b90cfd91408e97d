//! Spends booked by hand.

mod convert;
mod routes;

pub(crate) use routes::*;
