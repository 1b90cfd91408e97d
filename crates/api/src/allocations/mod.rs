//! The allocation grid: groups, members, grants, and what is behind a figure.

pub(crate) mod convert;
mod export;
mod grant_words;
mod grants;
mod members;
mod routes;

pub(crate) use grants::*;
pub(crate) use members::*;
pub(crate) use routes::*;
