//! The keys of the Requests tab. They are quiet while somebody types, while a dialog is open, and where the viewer has
//! switched them off.

use leptos::ev::{KeyboardEvent, keydown};
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement};

use super::Desk;
use super::list::pick;
use super::model::neighbour;
use crate::ui::{Dialog, check};

const KEYS: &[(&str, &str)] = &[
    ("J / K", "Next, previous request"),
    ("A", "Approve: to the amount, Enter approves"),
    ("R", "Deny"),
    ("E", "Ask for information"),
    ("X", "Select for a decision in bulk; with Shift all rows between"),
    ("/", "Search"),
    ("Esc", "Leave a field or the question"),
    ("?", "This list"),
];
/// Where it is kept that the viewer does without.
const OFF: &str = "allowance-no-keys";

/// What was pressed for the open request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Pressed {
    Approve,
    Deny,
    Ask,
}

/// Listens for as long as the tab is there.
pub(super) fn listen(desk: Desk) {
    let handle = window_event_listener(keydown, move |event| {
        if !is_busy_elsewhere(&event) && press(desk, &event).is_some() {
            event.prevent_default();
        }
    });
    on_cleanup(move || handle.remove());
}

fn press(desk: Desk, event: &KeyboardEvent) -> Option<()> {
    if event.key() == "/" || (event.ctrl_key() && event.key() == "k") {
        return focus(".search-slash input");
    }
    if event.ctrl_key() || event.meta_key() || event.alt_key() || is_off() {
        return None;
    }
    match event.key().as_str() {
        "j" => step(desk, 1),
        "k" => step(desk, -1),
        "a" => desk.pressed.set(Some(Pressed::Approve)),
        "r" => desk.pressed.set(Some(Pressed::Deny)),
        "e" => desk.pressed.set(Some(Pressed::Ask)),
        "x" | "X" => pick(desk, desk.selected.get_untracked()?, event.shift_key()),
        "?" => desk.help.set(true),
        _ => return None,
    }
    Some(())
}

fn step(desk: Desk, by: isize) {
    let here = desk.selected.get_untracked();
    let next = desk.order.with_untracked(|rows| neighbour(rows, here, by));
    if next.is_some() && next != here {
        desk.select(next);
        if let Some(row) = next.and_then(|id| find(&format!("[data-request=\"{id}\"]"))) {
            let nearest = web_sys::ScrollIntoViewOptions::new();
            nearest.set_block(web_sys::ScrollLogicalPosition::Nearest);
            row.scroll_into_view_with_scroll_into_view_options(&nearest);
        }
    }
}

fn find(selector: &str) -> Option<HtmlElement> {
    document().query_selector(selector).ok()??.dyn_into().ok()
}

/// Brings something into focus once it is drawn.
pub(super) fn focus_soon(selector: &'static str) {
    request_animation_frame(move || {
        let _is_there = focus(selector);
    });
}

fn focus(selector: &str) -> Option<()> {
    find(selector)?.focus().ok()
}

/// Whether the key belongs to a field, a dialog or a menu.
fn is_busy_elsewhere(event: &KeyboardEvent) -> bool {
    let target = event
        .target()
        .and_then(|target| target.dyn_into::<Element>().ok());
    let is_field = target.is_some_and(|element| {
        element
            .closest("input:not([type=checkbox]):not([type=radio]), textarea, select, [role=menu], dialog")
            .is_ok_and(|found| found.is_some())
    });
    is_field || find("dialog[open]").is_some()
}

fn storage() -> Option<web_sys::Storage> {
    window().local_storage().ok().flatten()
}

fn is_off() -> bool {
    storage().is_some_and(|storage| storage.get_item(OFF).is_ok_and(|off| off.is_some()))
}

/// All keys, and the switch for those who meet them by accident.
pub(super) fn help(desk: Desk) -> AnyView {
    let is_on = RwSignal::new(!is_off());
    crate::reactive::effect(move || {
        let is_on = is_on.get();
        if let Some(storage) = storage() {
            let _is_kept = if is_on {
                storage.remove_item(OFF)
            } else {
                storage.set_item(OFF, "1")
            };
        }
    });
    let keys = || {
        KEYS.iter()
            .map(|(key, text)| view! { <div><dt><kbd>{*key}</kbd></dt><dd>{*text}</dd></div> })
            .collect_view()
    };
    view! {
        <Dialog title="Keys" open=desk.help>
            <dl class="facts keys">{keys()}</dl>
            {check("Use single keys on this page", is_on, None)}
        </Dialog>
    }
    .into_any()
}
