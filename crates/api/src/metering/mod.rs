//! Usage events and holds: what platforms call, many times a second.

mod convert;
mod holds;
mod usage;

pub(crate) use holds::*;
pub(crate) use usage::*;
