//! Keys: moving, selecting, opening the editor, what Enter does where, and the keys inside the editor.

use allowance_grid::{Cell, Column, Move, Row, Selection};
use leptos::ev::{KeyboardEvent, keydown};
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement};

use super::act::Act;
use super::bulk::Opened;
use super::editing::Opening;
use super::heading;
use super::sheet::{EXPLAIN, PERSON, Sheet, is_figure};

/// Rows that PgUp and PgDn pass.
const PAGE: usize = 10;
/// By how much a key makes a column wider.
const WIDER: i32 = 16;

/// A key anywhere in the table.
pub(super) fn pressed(sheet: Sheet, event: &KeyboardEvent) {
    if event.is_composing() {
        return;
    }
    if event.target() == event.current_target() {
        return navigate(sheet, event);
    }
    let input = event
        .target()
        .and_then(|target| target.dyn_into::<Element>().ok());
    if input.is_some_and(|input| input.class_name() == "cell-input") {
        edit(sheet, event);
    }
}

/// A key while the grid itself has the focus.
fn navigate(sheet: Sheet, event: &KeyboardEvent) {
    let Some(cell) = sheet.cursor() else {
        return;
    };
    let is_ctrl = event.ctrl_key() || event.meta_key();
    let key = event.key();
    if let Some(step) = round(&key, event.shift_key()).filter(|_| !is_ctrl && !event.alt_key()) {
        // Enter and Tab go round in a selection. Else Tab goes on from cell to cell where an edit was committed by it, and
        // leaves the grid elsewhere.
        let goes_on = sheet.go_round(step)
            || (key == "Tab" && sheet.is_tabbing.get_value() && sheet.go(step))
            || (key == "Enter" && {
                act(sheet, cell);
                true
            });
        if goes_on {
            event.prevent_default();
        }
        return;
    }
    if event.alt_key() {
        if alternative(sheet, event, cell) {
            event.prevent_default();
        }
        return;
    }
    if shortcut(sheet, event) {
        return event.prevent_default();
    }
    let is_plain = !is_ctrl;
    match key.as_str() {
        "F2" => sheet.edit(cell, Opening::Asked),
        " " if cell.column == Column::Name => act(sheet, cell),
        "Escape" => {
            sheet.select(cell);
            close_detail(sheet);
        }
        "Delete" | "Backspace" => sheet.act(Act::Clear),
        "?" => sheet.opened.set(Some(Opened::Keys)),
        "/" if !sheet.is_editable(cell) => return,
        key if is_plain && key.chars().count() == 1 && key != " " => {
            sheet.edit(cell, Opening::Typed(key.to_owned()))
        }
        _ => return,
    }
    event.prevent_default();
}

/// A key inside the editor.
fn edit(sheet: Sheet, event: &KeyboardEvent) {
    let is_ctrl = event.ctrl_key() || event.meta_key();
    let is_fresh = sheet
        .editing
        .with_untracked(|editing| editing.as_ref().is_some_and(|editing| editing.is_fresh));
    let step = match (event.key().as_str(), event.shift_key()) {
        ("Enter", _) if is_ctrl => {
            event.prevent_default();
            return sheet.commit_to_all();
        }
        (key @ ("Enter" | "Tab"), is_shift) => round(key, is_shift),
        ("ArrowDown", false) => Some(Move::Down),
        ("ArrowUp", false) => Some(Move::Up),
        ("Escape", _) => {
            event.prevent_default();
            event.stop_propagation();
            return sheet.cancel();
        }
        _ if is_saving_key(event) => {
            event.prevent_default();
            sheet.commit();
            sheet.focus();
            return sheet.act(Act::SaveAll);
        }
        // While nothing was typed yet, a click that opened the editor was one that selected the cell.
        (key, is_shift) if is_fresh && belongs_to_grid(key, is_ctrl, is_shift) => {
            event.prevent_default();
            sheet.commit();
            sheet.focus();
            if !shortcut(sheet, event) {
                sheet.act(Act::Clear);
            }
            return;
        }
        _ => return,
    };
    let Some(step) = step else { return };
    event.prevent_default();
    sheet.commit();
    sheet.focus();
    let is_round = !event.key().starts_with("Arrow");
    if !(is_round && sheet.go_round(step)) {
        sheet.go(step);
    }
}

/// Where Enter and Tab lead.
fn round(key: &str, is_shift: bool) -> Option<Move> {
    Some(match (key, is_shift) {
        ("Enter", false) => Move::Down,
        ("Enter", true) => Move::Up,
        ("Tab", false) => Move::Next,
        ("Tab", true) => Move::Previous,
        _ => return None,
    })
}

/// Keys with Alt: the column of the cursor, and how its figure adds up. False: the key is the browser's.
fn alternative(sheet: Sheet, event: &KeyboardEvent, cell: Cell) -> bool {
    match (event.key().as_str(), event.shift_key()) {
        ("Enter", false) if is_figure(cell.column) => explain(sheet, cell),
        ("ArrowRight", true) => sheet.act(Act::Widen(cell.column.slot(), WIDER)),
        ("ArrowLeft", true) => sheet.act(Act::Widen(cell.column.slot(), WIDER.saturating_neg())),
        ("ArrowUp", true) => heading::sort_by(sheet, cell, true),
        ("ArrowDown", true) => heading::sort_by(sheet, cell, false),
        _ => return false,
    }
    true
}

fn belongs_to_grid(key: &str, is_ctrl: bool, is_shift: bool) -> bool {
    let is_sideways = matches!(key, "ArrowLeft" | "ArrowRight" | "Delete" | "Backspace");
    let is_letter = ["d", "r", "z", "y"]
        .iter()
        .any(|letter| key.eq_ignore_ascii_case(letter));
    is_sideways
        || (is_shift && (key.starts_with("Arrow") || key.starts_with("Page")))
        || (is_ctrl && is_letter)
}

/// Keys that move, select, fill, undo and save. False: it was none of them.
fn shortcut(sheet: Sheet, event: &KeyboardEvent) -> bool {
    let (is_ctrl, is_shift) = (event.ctrl_key() || event.meta_key(), event.shift_key());
    let key = event.key();
    if let Some(step) = step(&key, is_ctrl) {
        if is_shift {
            sheet.extend(step);
        } else {
            sheet.go(step);
        }
        return true;
    }
    if key == " " && is_ctrl {
        sheet.select_much(Selection::whole_columns);
        return true;
    }
    if key == " " && is_shift {
        sheet.reselect(|selection, layout| selection.whole_rows(layout));
        return true;
    }
    if !is_ctrl || event.alt_key() {
        return false;
    }
    match key.to_ascii_lowercase().as_str() {
        "s" => sheet.act(Act::SaveAll),
        "a" => sheet.select_much(Selection::all),
        "d" => sheet.act(Act::FillDown),
        "r" => sheet.act(Act::FillRight),
        "z" if !is_shift => sheet.act(Act::Undo),
        "z" | "y" => sheet.act(Act::Redo),
        _ => return false,
    }
    true
}

/// What Enter or a double click does in a cell.
pub(super) fn act(sheet: Sheet, cell: Cell) {
    match (cell.row, cell.column) {
        (Row::Group(group), Column::Name | Column::Members) => sheet.toggle(group),
        (row, Column::Actions) if sheet.drafts.with_untracked(|drafts| drafts.is_unsaved(row)) => {
            sheet.act(Act::Save(row))
        }
        _ if sheet.is_editable(cell) => sheet.edit(cell, Opening::Asked),
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

/// Closes what is open beside the grid.
fn close_detail(sheet: Sheet) {
    if let Some(name) = [PERSON, EXPLAIN]
        .into_iter()
        .find(|name| untrack(|| sheet.url.get(name)).is_some())
    {
        sheet.url.open(name, None);
        sheet.focus();
    }
}

/// `/` anywhere on the page goes to the search, `?` shows the keys and Esc closes the details, except where one types.
pub(super) fn hear_the_page(sheet: Sheet) {
    let handle = window_event_listener(keydown, move |event| {
        // In a cell it begins a formula.
        if event.default_prevented()
            || !matches!(event.key().as_str(), "/" | "?" | "Escape")
            || event.ctrl_key()
            || event.meta_key()
            || event.alt_key()
        {
            return;
        }
        let target = event
            .target()
            .and_then(|target| target.dyn_into::<HtmlElement>().ok());
        let is_typing = target.is_some_and(|target| {
            matches!(target.tag_name().as_str(), "INPUT" | "TEXTAREA" | "SELECT")
                || target.closest("dialog").is_ok_and(|dialog| dialog.is_some())
        });
        if is_typing {
            return;
        }
        if event.key() == "Escape" {
            return close_detail(sheet);
        }
        if event.key() == "?" {
            event.prevent_default();
            return sheet.opened.set(Some(Opened::Keys));
        }
        let search = document().query_selector(".grid-tools input").ok().flatten();
        if let Some(search) = search.and_then(|search| search.dyn_into::<HtmlElement>().ok()) {
            event.prevent_default();
            let _is_focused = search.focus();
        }
    });
    on_cleanup(move || handle.remove());
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
