//! The ledger's rows: loading a book, the one door that writes it back, reading entries, proving the books.
//!
//! [`Tx::post`](crate::Tx::post) alone writes entries, balances, standing allocations and lots. It takes what
//! [`Tx::open_book`](crate::Tx::open_book) loaded under the head, lets the domain decide each command in order, and
//! writes the difference in a fixed number of statements, for a batch of one as for one of hundreds.

mod carry;
mod chain;
mod charges;
mod ended;
mod glance;
mod holders;
mod left;
mod load;
mod names;
mod past;
mod pen;
mod post;
mod read;
mod reopen;
mod settling;
mod shelf;
mod stretch;
mod switch;
mod verify;
mod view;
pub(crate) mod words;
mod write;
mod write_members;

pub use charges::{ChargeRow, NewCharge};
pub use holders::Holder;
pub(crate) use holders::holders;
pub use load::OpenBook;
pub(crate) use load::{CHUNK, Groups, load, open_cycle_row};
pub use past::{Moment, Rebuilt};
pub use pen::Pen;
pub(crate) use post::Caused;
pub use post::Decided;
pub use read::{DayUse, EntryFilter, EntryRow, GroupRow, MemberRow};
pub use shelf::Shelf;
pub use switch::MemberOverage;
pub use verify::{Finding, LastProof, Proof};
pub use view::{MemberPlace, MemberView, OrderBy};
pub(crate) use words::word_enum;
pub(crate) use write::Rest;
