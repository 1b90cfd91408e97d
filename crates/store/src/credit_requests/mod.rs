//! Credit requests as rows, with what happened to them and the people around them. What people wrote lies here and
//! nowhere in the ledger. The group that pays is the one the requester is in now: it is joined, never stored.

mod around;
mod list;
mod rows;
mod write;

pub use around::{Around, PayingGroup};
pub use list::{RequestFilter, RequestScope, RequestStart, RequestViewer};
pub use rows::{CreditRequestRow, RequestEvent};
pub use write::RequestChange;
