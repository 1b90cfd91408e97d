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
mod drafts;
mod figures;
mod input;
mod layout;
mod preview;

pub use cell::{Cell, Column, Row};
pub use drafts::{Difference, Drafts, Edits, Kept, Seen, Trouble};
pub use figures::{Figures, MemberChange, group_after};
pub use input::{InputError, Reading, Separators};
pub use layout::{Expanded, Layout, Move};
