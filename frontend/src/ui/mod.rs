//! Own accessible components: what pages are made of. No page talks of colours, and no component of credits.

mod button;
mod choice;
mod copy;
mod dialog;
mod field;
mod form;
mod glyph;
mod loaded;
mod menu;
mod notice;
mod page_head;
mod pager;
mod search;
mod tabs;

pub use button::{Button, IconButton, Look};
pub use choice::{check, segments};
pub use copy::{copy_block, copy_line};
pub use dialog::{Dialog, DialogActions, Width};
pub use field::{Field, SelectField, TextAreaField, TextField};
pub use form::{FieldErrors, Form, Refusal, Required, optional, parsed, required};
pub use glyph::{Glyph, icon};
pub use loaded::{Empty, ErrorState, Loaded, NoPermission, Skeleton};
pub use menu::{Menu, MenuItem};
pub use notice::{Badge, Banner, Toasts, Tone, toast_live};
pub use page_head::PageHead;
pub use pager::{Pager, range_label};
pub use search::{Chip, SearchBox};
pub use tabs::{Tab, Tabs};

use leptos::prelude::*;

use crate::format;

/// A face: initials on a quiet disc. The name stands beside it, so it says nothing to a screen reader.
pub fn avatar(name: &str) -> AnyView {
    view! { <span class="avatar" aria-hidden="true">{format::initials(name)}</span> }.into_any()
}

/// An id that nothing else on the page has.
pub fn fresh_id(prefix: &str) -> String {
    use std::sync::atomic::{AtomicU32, Ordering};
    static NEXT: AtomicU32 = AtomicU32::new(1);
    format!("{prefix}-{}", NEXT.fetch_add(1, Ordering::Relaxed))
}
