//! Keys by which platforms report usage and place holds.

mod convert;
mod routes;

pub(crate) use routes::*;
