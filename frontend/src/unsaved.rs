//! Leaving with unsaved edits: asked about, never silently lost.
//!
//! Links are stopped before the router sees them; closing or reloading the tab asks by the browser's own question. What
//! must survive even a crash is the page's own affair.

use crate::reactive::{effect, on_close};
use leptos::ev::{MouseEvent, beforeunload};
use leptos::prelude::*;
use leptos_router::NavigateOptions;
use leptos_router::hooks::use_navigate;
use wasm_bindgen::JsCast;

use crate::ui::{Button, Dialog, DialogActions, Look};

/// Who has unsaved edits, as a context.
#[derive(Debug, Clone, Copy)]
pub struct Unsaved {
    holders: StoredValue<Vec<(u32, Signal<bool>)>>,
    next: StoredValue<u32>,
    wants_to: RwSignal<Option<String>>,
}

/// Watches over a page's edits for as long as the page is there.
pub fn guard(is_dirty: Signal<bool>) {
    let Some(unsaved) = use_context::<Unsaved>() else {
        return;
    };
    unsaved.next.update_value(|id| *id = id.wrapping_add(1));
    let id = unsaved.next.get_value();
    unsaved
        .holders
        .update_value(|holders| holders.push((id, is_dirty)));
    on_cleanup(move || {
        let _gone = unsaved
            .holders
            .try_update_value(|holders| holders.retain(|(holder, _)| *holder != id));
    });
}

impl Unsaved {
    /// Provides the watch and asks before the tab is closed.
    pub fn start() -> Self {
        let unsaved = Self {
            holders: StoredValue::default(),
            next: StoredValue::new(0),
            wants_to: RwSignal::new(None),
        };
        provide_context(unsaved);
        let handle = window_event_listener(beforeunload, move |event| {
            if unsaved.is_dirty() {
                event.prevent_default();
            }
        });
        on_cleanup(move || handle.remove());
        unsaved
    }

    /// Whether leaving now would lose something.
    pub fn is_dirty(self) -> bool {
        self.holders.with_value(|holders| {
            holders
                .iter()
                .any(|(_, is_dirty)| is_dirty.try_get_untracked().unwrap_or(false))
        })
    }

    /// Stops a click on a link of this app while something is unsaved, and asks.
    pub fn stop(self, event: &MouseEvent) {
        if !self.is_dirty()
            || event.default_prevented()
            || event.ctrl_key()
            || event.meta_key()
            || event.shift_key()
        {
            return;
        }
        let target = event
            .target()
            .and_then(|target| target.dyn_into::<web_sys::Element>().ok());
        let link = target.and_then(|element| element.closest("a[href]").ok().flatten());
        let Some(href) = link.and_then(|link| link.get_attribute("href")) else {
            return;
        };
        if href.starts_with('/') {
            event.prevent_default();
            self.wants_to.set(Some(href));
        }
    }
}

/// The question.
#[component]
pub fn LeaveDialog(unsaved: Unsaved) -> impl IntoView {
    let open = RwSignal::new(false);
    let navigate = StoredValue::new_local(use_navigate());
    effect(move || open.set(unsaved.wants_to.with(Option::is_some)));
    on_close(open, move || unsaved.wants_to.set(None));
    let leave = Callback::new(move |()| {
        let Some(href) = unsaved.wants_to.get_untracked() else {
            return;
        };
        open.set(false);
        navigate.with_value(|navigate| navigate(&href, NavigateOptions::default()));
    });
    view! {
        <Dialog title="Leave without saving?" open>
            <p>"Your changes on this page are not saved yet. If you leave now, they are lost."</p>
            <DialogActions>
                <Button on_press=Callback::new(move |()| open.set(false))>"Stay here"</Button>
                <Button look=Look::Danger on_press=leave>"Leave"</Button>
            </DialogActions>
        </Dialog>
    }
}
