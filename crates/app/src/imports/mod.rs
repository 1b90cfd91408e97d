//! Files that change many rows at once: always the difference first, by the very code that then writes it.

mod csv;

pub use csv::PeopleFile;
