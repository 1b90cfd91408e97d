//! Unsaved edits over a reload: kept in this tab's storage, per viewer and credit type.

use allowance_grid::{Drafts, Reading};
use allowance_values::{CreditTypeId, PersonId};
use leptos::prelude::window;

fn storage() -> Option<web_sys::Storage> {
    window().session_storage().ok().flatten()
}

fn place(viewer: PersonId, credit_type: CreditTypeId) -> String {
    format!("allowance-drafts-{viewer}-{credit_type}")
}

/// What was kept, when there is something and it can still be read.
pub(super) fn restore(viewer: PersonId, credit_type: CreditTypeId, reading: Reading) -> Drafts {
    let kept = storage().and_then(|storage| storage.get_item(&place(viewer, credit_type)).ok().flatten());
    match kept.and_then(|kept| serde_json::from_str(&kept).ok()) {
        Some(kept) => Drafts::restore(reading, kept),
        None => Drafts::new(reading),
    }
}

/// Keeps the edits, or clears the place when there are none.
pub(super) fn keep(viewer: PersonId, credit_type: CreditTypeId, drafts: &Drafts) {
    let text = (!drafts.is_empty())
        .then(|| serde_json::to_string(&drafts.keep()).ok())
        .flatten();
    let Some(text) = text else {
        return forget(viewer, credit_type);
    };
    if let Some(storage) = storage() {
        let _is_kept = storage.set_item(&place(viewer, credit_type), &text);
    }
}

/// Forgets what was kept.
pub(super) fn forget(viewer: PersonId, credit_type: CreditTypeId) {
    if let Some(storage) = storage() {
        let _is_gone = storage.remove_item(&place(viewer, credit_type));
    }
}
