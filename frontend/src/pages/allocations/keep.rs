//! Unsaved edits over a reload: kept in this tab's storage, per viewer and credit type.

use allowance_grid::Drafts;
use allowance_values::{CreditTypeId, PersonId};
use gloo_timers::future::TimeoutFuture;
use leptos::prelude::*;
use leptos::task::spawn_local;

use super::act::Act;
use super::sheet::Sheet;
use crate::reactive::effect;

fn storage() -> Option<web_sys::Storage> {
    window().session_storage().ok().flatten()
}

/// The name under which edits are kept.
pub(super) fn place(viewer: PersonId, credit_type: CreditTypeId) -> String {
    format!("allowance-drafts-{viewer}-{credit_type}")
}

/// So many edits are kept only after a pause: writing them takes a while.
const MANY: usize = 100;
const PAUSE_MILLIS: u32 = 400;

/// Takes up what was kept; from then on keeps the edits as they change.
pub(super) fn follow(sheet: Sheet, place: &str) {
    let kept = storage().and_then(|storage| storage.get_item(place).ok().flatten());
    match kept {
        Some(kept) => sheet.act(Act::Restore(kept)),
        None => sheet.is_restored.set(true),
    }
    let place = place.to_owned();
    effect(move || {
        if !sheet.is_restored.get() {
            return;
        }
        if sheet.drafts.with(Drafts::is_empty) {
            forget(&place);
        } else {
            sheet.act(Act::Keep);
        }
    });
}

/// The edits that were kept, in so far as they can still be read.
pub(super) fn take_up(sheet: Sheet, kept: &str) {
    if let Ok(kept) = serde_json::from_str(kept) {
        let reading = sheet.drafts.with_untracked(Drafts::reading);
        sheet.drafts.set(Drafts::restore(reading, kept));
    }
    sheet.is_restored.set(true);
}

/// Keeps the edits as they are.
pub(super) fn keep(sheet: Sheet) {
    let write = move || {
        let text = sheet
            .drafts
            .with_untracked(|drafts| serde_json::to_string(&drafts.keep()));
        if let (Ok(text), Some(storage)) = (text, storage()) {
            let _is_kept = storage.set_item(&sheet.kept.get_value(), &text);
        }
    };
    if sheet.drafts.with_untracked(Drafts::count) < MANY {
        return write();
    }
    let turn = sheet.keeping.get_value().wrapping_add(1);
    sheet.keeping.set_value(turn);
    spawn_local(async move {
        TimeoutFuture::new(PAUSE_MILLIS).await;
        if sheet.keeping.try_get_value() == Some(turn) && !sheet.drafts.with_untracked(Drafts::is_empty) {
            write();
        }
    });
}

/// Forgets what was kept.
pub(super) fn forget(place: &str) {
    if let Some(storage) = storage() {
        let _is_gone = storage.remove_item(place);
    }
}
