//! Files that change many rows at once: always the difference first, by the very code that then writes it.

mod allocations;
mod csv;
mod people;
mod usage;

pub use allocations::{AllocationsImported, import_allocations};
pub use csv::{AllocationFile, PeopleFile};
pub use people::{ImportPeople, Imported, Tally, import_people};
pub use usage::{UsageFile, UsageImported};
