//! Usage events and holds: what platforms call, many times a second.

mod cloud_events;
mod convert;
mod events;
mod holds;
mod litellm;
mod report;
mod usage;

pub(crate) use events::*;
pub(crate) use holds::*;
pub(crate) use usage::*;
