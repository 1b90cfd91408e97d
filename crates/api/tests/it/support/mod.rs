//! Servers, organisations, people who call, and the check of every reply.

mod contract;
mod people;
mod server;

pub use contract::{Contract, Operation};
pub use people::{Client, Reply, World};
pub use server::{Server, everywhere, somewhere_empty};
