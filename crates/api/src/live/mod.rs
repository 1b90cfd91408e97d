//! The live stream.

mod convert;
mod routes;
mod stream;

pub(crate) use routes::*;
