//! Who may do what.
//!
//! Two questions, asked in this order. [`may`] is coarse: may this actor call this operation at all? It needs no rows and
//! answers before any work is done. A [`Permit`] is fine: it is built from the *loaded* rows inside the transaction, and
//! says whether this row is visible (else it does not exist) and whether the act is allowed on it (else it is forbidden).
//! What an operation needs stands in one table, [`Action`]. Nothing here knows HTTP.

mod action;
mod actor;
mod area;
mod key;
mod permit;

pub use action::{Action, Operation, Permission, PublicOperation, operation};
pub use actor::{Actor, Role};
pub use area::Area;
pub use key::{KeyActor, KeyScope, key_may, scope_of};
pub use permit::{
    Cell, Denial, GroupFacts, Permit, PersonFacts, Reach, RequestFacts, Verdict, group_cells, may,
    member_cells,
};
