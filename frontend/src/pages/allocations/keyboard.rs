//! Keys: moving, opening the editor, what Enter does where, and the keys inside the editor.

use allowance_grid::{Cell, Column, Move, Row};
use leptos::ev::{KeyboardEvent, keydown};
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::HtmlElement;

use super::sheet::{EXPLAIN, PERSON, Sheet, is_figure};

/// Rows that PgUp and PgDn pass.
const PAGE: usize = 10;

/// A key while the grid itself has the focus.
pub(super) fn navigate(sheet: Sheet, event: &KeyboardEvent) {
    // Buttons and the editor inside the grid have their own keys.
    if event.target() != event.current_target() || event.is_composing() {
        return;
    }
    let Some(cell) = sheet.cursor.get_untracked() else {
        return;
    };
    let is_ctrl = event.ctrl_key() || event.meta_key();
    let key = event.key();
    if key == "Tab" {
        // Going on from cell to cell, begun by committing an edit with Tab. Elsewhere Tab leaves the grid.
        let step = if event.shift_key() {
            Move::Previous
        } else {
            Move::Next
        };
        if sheet.is_tabbing.get_value() && sheet.go(step) {
            event.prevent_default();
        }
        return;
    }
    if is_saving_key(event) {
        event.prevent_default();
        return sheet.save_all();
    }
    if let Some(step) = step(&key, is_ctrl) {
        event.prevent_default();
        sheet.go(step);
        return;
    }
    let is_plain = !is_ctrl && !event.alt_key();
    match key.as_str() {
        "Enter" => act(sheet, cell),
        "F2" => sheet.edit(cell, None),
        " " if cell.column == Column::Name => act(sheet, cell),
        "Escape" => sheet.is_tabbing.set_value(false),
        "Delete" | "Backspace" => clear(sheet, cell),
        "?" if is_figure(cell.column) => explain(sheet, cell),
        "/" => return,
        key if is_plain && key.chars().count() == 1 && key != " " => sheet.edit(cell, Some(key.to_owned())),
        _ => return,
    }
    event.prevent_default();
}

/// A key inside the editor.
pub(super) fn edit(sheet: Sheet, event: &KeyboardEvent) {
    if event.is_composing() {
        return;
    }
    let step = match (event.key().as_str(), event.shift_key()) {
        ("Enter", false) | ("ArrowDown", _) => Some(Move::Down),
        ("Enter", true) | ("ArrowUp", _) => Some(Move::Up),
        ("Tab", false) => Some(Move::Next),
        ("Tab", true) => Some(Move::Previous),
        ("Escape", _) => {
            event.prevent_default();
            event.stop_propagation();
            return sheet.cancel();
        }
        _ if is_saving_key(event) => {
            event.prevent_default();
            sheet.commit(None);
            return sheet.save_all();
        }
        _ => return,
    };
    event.prevent_default();
    sheet.commit(step);
}

/// What Enter or a double click does in a cell.
pub(super) fn act(sheet: Sheet, cell: Cell) {
    match (cell.row, cell.column) {
        (Row::Group(group), Column::Name | Column::Members) => sheet.toggle(group),
        (row, Column::Actions) if sheet.drafts.with_untracked(|drafts| drafts.is_unsaved(row)) => {
            sheet.save_row(row)
        }
        _ if untrack(|| sheet.is_editable(cell)) => sheet.edit(cell, None),
        _ => explain(sheet, cell),
    }
}

/// Opens what stands behind a figure.
pub(super) fn explain(sheet: Sheet, cell: Cell) {
    sheet.explained.set(Some(cell.column));
    match cell.row {
        Row::Group(group) => sheet.url.open(EXPLAIN, Some(group.to_string())),
        Row::Member(_, person) => sheet.url.open(PERSON, Some(person.to_string())),
    }
}

/// `/` anywhere on the page goes to the search, except where one types.
pub(super) fn slash_searches() {
    let handle = window_event_listener(keydown, |event| {
        if event.key() != "/" || event.ctrl_key() || event.meta_key() || event.alt_key() {
            return;
        }
        let target = event
            .target()
            .and_then(|target| target.dyn_into::<HtmlElement>().ok());
        let is_typing = target.is_some_and(|target| {
            matches!(target.tag_name().as_str(), "INPUT" | "TEXTAREA" | "SELECT")
                || target.closest("dialog").is_ok_and(|dialog| dialog.is_some())
        });
        let search = document().query_selector(".grid-tools input").ok().flatten();
        if let (false, Some(search)) = (
            is_typing,
            search.and_then(|search| search.dyn_into::<HtmlElement>().ok()),
        ) {
            event.prevent_default();
            let _is_focused = search.focus();
        }
    });
    on_cleanup(move || handle.remove());
}

/// Nothing stands for zero; for a cap it is no cap.
fn clear(sheet: Sheet, cell: Cell) {
    if untrack(|| sheet.is_editable(cell)) {
        sheet.typed(cell, if cell.column == Column::Cap { "" } else { "0" });
    }
}

fn is_saving_key(event: &KeyboardEvent) -> bool {
    (event.ctrl_key() || event.meta_key()) && event.key().eq_ignore_ascii_case("s")
}

fn step(key: &str, is_ctrl: bool) -> Option<Move> {
    Some(match (key, is_ctrl) {
        ("ArrowLeft", false) => Move::Left,
        ("ArrowRight", false) => Move::Right,
        ("ArrowUp", false) => Move::Up,
        ("ArrowDown", false) => Move::Down,
        ("Home", false) | ("ArrowLeft", true) => Move::RowStart,
        ("End", false) | ("ArrowRight", true) => Move::RowEnd,
        ("ArrowUp", true) => Move::FirstRow,
        ("ArrowDown", true) => Move::LastRow,
        ("Home", true) => Move::GridStart,
        ("End", true) => Move::GridEnd,
        ("PageUp", _) => Move::PageUp(PAGE),
        ("PageDown", _) => Move::PageDown(PAGE),
        _ => return None,
    })
}
