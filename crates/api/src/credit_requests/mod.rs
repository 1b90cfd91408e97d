//! Asking for credits, and deciding about it.

mod commands;
mod convert;
mod decisions;
mod routes;

pub(crate) use commands::*;
pub(crate) use decisions::*;
pub(crate) use routes::*;
