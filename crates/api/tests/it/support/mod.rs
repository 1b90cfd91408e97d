//! Servers, organisations, people who call, and the check of every reply.

mod contract;
mod people;
mod server;

pub use contract::{Contract, Operation};
pub use people::{Client, PASSWORD, Reply, World, invite, organisation};
pub use server::{Server, everywhere, postgres_database, somewhere_empty};
