//! Credit types, their cycles and the overview.

pub(crate) mod convert;
mod effects;
mod routes;

pub(crate) use routes::*;
