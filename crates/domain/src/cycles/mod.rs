//! How often a cycle opens and when it ends.
//!
//! The words are here for everybody; the calendar needs zone data and is compiled only with the feature `zones`, which
//! the web app leaves out. No cycle rows here: they belong to the ledger.

mod cadence;
#[cfg(feature = "zones")]
mod calendar;

pub use cadence::{Cadence, per_30_days};
#[cfg(feature = "zones")]
pub use calendar::{
    CyclesUntil, ParseTimeZoneError, TimeZone, boundary_after, cycles_until, local_day, local_day_start,
    next_boundary, next_local_day,
};
