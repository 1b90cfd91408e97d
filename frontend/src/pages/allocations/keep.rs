//! Unsaved edits over a reload: kept in this tab's storage, per viewer and credit type.

use allowance_grid::{Drafts, Reading};
use allowance_values::{CreditTypeId, PersonId};
use gloo_timers::future::TimeoutFuture;
use leptos::prelude::*;
use leptos::task::spawn_local;

use crate::reactive::effect;

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

/// So many edits are kept only after a pause: writing them takes a while.
const MANY: usize = 100;
const PAUSE_MILLIS: u32 = 400;

/// Keeps the edits as they change.
pub(super) fn follow(viewer: PersonId, credit_type: CreditTypeId, drafts: RwSignal<Drafts>) {
    let turn = StoredValue::new(0_u32);
    effect(move || {
        turn.update_value(|turn| *turn = turn.wrapping_add(1));
        let mine = turn.get_value();
        if drafts.with(Drafts::count) < MANY {
            return drafts.with_untracked(|drafts| keep(viewer, credit_type, drafts));
        }
        spawn_local(async move {
            TimeoutFuture::new(PAUSE_MILLIS).await;
            if turn.try_get_value() == Some(mine) {
                drafts.with_untracked(|drafts| keep(viewer, credit_type, drafts));
            }
        });
    });
}

/// Keeps the edits, or clears the place when there are none.
fn keep(viewer: PersonId, credit_type: CreditTypeId, drafts: &Drafts) {
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
