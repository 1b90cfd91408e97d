//! What other currencies are worth: recorded, listed, never changed.

mod convert;
mod routes;

pub(crate) use convert::exchanged_view;
pub(crate) use routes::*;
