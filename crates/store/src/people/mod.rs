//! People and the words they are found by.
//!
//! Every write names a batch, for one person as for a hundred thousand: [`Tx::insert_people`] and [`Tx::update_people`]
//! send rows as one JSON parameter, so the statements never change their text and their number does not grow with the
//! rows. Group and status are no part of an update: moving and leaving go through the ledger's door.

mod import;
mod list;
mod memberships;
mod records;
mod row;
mod search;
mod write;

pub(crate) use list::{COUNTED, ids_in_order};
pub use list::{PageStart, PeopleFilter, PeopleOrder, PeoplePage, Scope, Total};
pub use memberships::Membership;
pub use row::{PersonCard, PersonRow};
pub(crate) use search::{MAX_WORDS, Matching, end_of};
pub use write::{NewPerson, PersonUpdate};
