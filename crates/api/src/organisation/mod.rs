//! The organisation's own settings.

mod convert;
mod routes;

pub(crate) use routes::*;
