//! CSV imports.

mod convert;
mod routes;

pub(crate) use routes::*;
