//! People: the list, one person, what they may do, where they stand, which group they are in.

mod convert;
mod routes;
mod standing;

pub(crate) use routes::{create_person, get_person, list_people, update_person};
pub(crate) use standing::{change_role, leave_person, move_person, reinstate_person, suspend_person};
