//! Groups people belong to for allocation.

mod convert;
mod routes;

pub(crate) use routes::{create_group, delete_group, get_group, list_groups, update_group};
