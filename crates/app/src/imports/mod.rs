//! Files that change many rows at once: always the difference first, by the very code that then writes it.

mod csv;
mod people;

pub use csv::PeopleFile;
pub use people::{Imported, Tally, import_people};
