//! Servers, organisations, people who call, and the check of every reply.

mod cluster;
mod contract;
mod people;
mod server;
mod wire;

pub use cluster::Cluster;
pub use contract::{Contract, Operation};
pub use people::{Client, PASSWORD, Reply, World, invite, organisation};
pub use server::{Server, everywhere, postgres_database, somewhere_empty};
pub use wire::Wire;
