//! The first visit.

mod convert;
mod routes;

pub(crate) use routes::{get_setup, set_up};
