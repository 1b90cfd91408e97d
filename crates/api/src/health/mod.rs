//! Whether the server lives, and whether it can do its work.

mod routes;

pub(crate) use routes::{get_health, get_readiness};
