//! The grid's brain: what its rows and cells are, how one moves through them, what was typed and not yet saved, and what
//! that would change. No leptos and no DOM, so all of it is tested natively; no formula of the product either: those are
//! `allowance_domain`'s, called here on the figures as they would be.

// A test that overflows fails, as it should.
#![cfg_attr(not(test), deny(clippy::arithmetic_side_effects))]
#![deny(
    clippy::float_arithmetic,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic
)]

mod cell;
mod clipboard;
mod conflict;
mod drafts;
mod expanded;
mod figures;
mod formula;
mod history;
mod input;
mod layout;
mod order;
mod paste;
mod pasted_table;
mod preview;
mod selection;
mod summary;
mod typed;
mod walk;

pub use cell::{Cell, Column, Row};
pub use clipboard::{Block, Copied, read};
pub use conflict::Difference;
pub use drafts::{Drafts, Edits, Kept, Seen, Trouble};
pub use expanded::{Expanded, around};
pub use figures::{Figures, MemberChange, group_after};
pub use history::{Change, History, Step};
pub use input::{InputError, Reading, Separators};
pub use layout::{Layout, Line};
pub use order::sorted;
pub use paste::{MOST_CELLS, PasteError, Pasted, Target, fill_down, fill_right, fill_to, height, paste};
pub use selection::{Area, Selection};
pub use summary::Summary;
pub use walk::Move;
