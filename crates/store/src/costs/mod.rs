//! Cost tracking: what was used and what it cost, told apart by day, group, person, provider, model, operation and tag.
//!
//! A *fact* is an entry that moved credits in or out of Used, or an event that burnt none. Facts come in two orders, both
//! those of commits under the head: entries by their position in the ledger, unburnt events by the organisation's position.
//! A *mark* is a pair of the two: up to it facts are rolled up ([`rollup`]), after it they are folded when somebody reads
//! ([`read`]), by the same function ([`fold`]), in the snapshot in which the roll-up is read. So figures are roll-up and
//! tail, whatever the mark, and nothing is missed or doubled. Posting neither reads nor writes any of it.
//!
//! Sums are kept in two halves, Σ(x >> 32) and Σ(x mod 2³²), which no number of events we can count makes overflow.

mod alerts;
mod calendar;
mod cycles;
mod event;
mod events;
mod facts;
mod figures;
mod fold;
mod label;
mod proof;
mod raising;
mod read;
mod rollup;
mod select;
mod sought;
mod windows;

pub use alerts::{AlertFilter, AlertRow, AlertScope};
pub use cycles::CostCycle;
pub use event::{CostEvent, CostEventKind, CostEventStart};
pub use figures::{
    CostBy, CostFigures, CostKey, CostPage, CostPosition, CostRow, CostStart, CostTotals, Layers,
};
pub(crate) use proof::credits_by_group;
pub use read::CostPages;
pub use rollup::RolledUp;
pub use select::{CostDays, CostFilter, CostOrder, CostPeriod, CostQuery, CostViewer};
