//! Copy, cut and paste by the browser's own events, which work over plain http and need no permission.

use allowance_grid::{Block, Cell, Column, Copied, Drafts, Row, height, paste, read};
use allowance_values::Credits;
use leptos::prelude::*;
use leptos::task::spawn_local;
use wasm_bindgen::JsCast;
use web_sys::{ClipboardEvent, DataTransfer, HtmlInputElement};

use super::act::Act;
use super::model;
use super::sentences;
use super::sheet::Sheet;
use crate::ui::Tone;
use crate::{browser, errors};

const TEXT: &str = "text/plain";
const HTML: &str = "text/html";

/// Copies the selection. What the browser asks for it must have at once: where something has to be fetched first, it is
/// asked to copy again after that.
pub(super) fn copy(sheet: Sheet, event: &ClipboardEvent, is_cut: bool) {
    if is_typing(event) {
        return;
    }
    event.prevent_default();
    sheet.act(
        match event.clipboard_data().filter(|_| sheet.is_ready.get_value()) {
            Some(data) => Act::CopyInto(data, is_cut),
            None => Act::Copy { is_cut },
        },
    );
}

/// Copies the selection with exact figures, unless there are rows that were not read: these are read first.
pub(super) fn copy_into(sheet: Sheet, data: &DataTransfer, is_cut: bool) {
    let Some(range) = sheet.range.get_untracked() else {
        return;
    };
    if sheet.count_unread(range) > 0 {
        return read_and_copy(sheet, is_cut);
    }
    let mut copied = Copied::default();
    sheet.layout.with_untracked(|layout| {
        for row in range.rows(layout) {
            let cells = range.cells_of(layout, row);
            let cells: Vec<Cell> = cells.filter(|cell| cell.column != Column::Actions).collect();
            if let Some(texts) = texts(sheet, row, &cells) {
                copied.push(&texts);
            }
        }
    });
    let _is_set = data.set_data(TEXT, copied.tsv());
    if let Some(table) = copied.html() {
        let _is_set = data.set_data(HTML, &table);
    }
    sheet.heard.set(sentences::copied(copied.rows()));
    if is_cut {
        sheet.clear();
    }
}

/// Reads what is selected to its last row, then copies it; where the browser does not allow that any more, it is said
/// that everything is ready to be copied.
pub(super) fn read_and_copy(sheet: Sheet, is_cut: bool) {
    let rows = sheet.range.get_untracked().map_or(0, |range| range.height());
    sheet.say(Tone::Info, sentences::reading_to_copy(rows));
    spawn_local(async move {
        match sheet.read_selected().await {
            Ok(true) if browser::copy_selected() => {
                sheet.say(Tone::Good, sentences::copied(rows));
                if is_cut {
                    sheet.clear();
                }
            }
            Ok(true) => sheet.say(Tone::Info, sentences::ready_to_copy(rows)),
            Ok(false) => sheet.said.set(None),
            Err(error) => sheet.say(Tone::Bad, errors::words(&error)),
        }
    });
}

/// Pastes over the selection. Inside the editor only what is more than one cell: one value goes into its text.
pub(super) fn paste_into(sheet: Sheet, event: &ClipboardEvent) {
    let Some(data) = event.clipboard_data() else {
        return;
    };
    let plain = data.get_data(TEXT).unwrap_or_default();
    if is_typing(event) {
        if !plain.trim_end().contains(['\t', '\n', '\r']) {
            return;
        }
        sheet.cancel();
    }
    event.prevent_default();
    let markup = data.get_data(HTML).unwrap_or_default();
    sheet.act(Act::Paste { plain, markup });
}

/// Pastes what the clipboard holds. What begins among members and goes beyond the page waits for the order of the view.
pub(super) fn paste_text(sheet: Sheet, plain: &str, markup: &str) {
    let reading = sheet.drafts.with_untracked(Drafts::reading);
    let Some(block) = read(plain, markup, reading) else {
        return;
    };
    if reaches_beyond(sheet, &block) {
        sheet.whole(move || lay(sheet, &block));
    } else {
        lay(sheet, &block);
    }
}

fn lay(sheet: Sheet, block: &Block) {
    if let Some(range) = sheet.range.get_untracked() {
        sheet.put_pasted(sheet.layout.with_untracked(|layout| paste(layout, range, block)));
    }
}

/// Whether a block that begins among the members goes on below those on the page.
fn reaches_beyond(sheet: Sheet, block: &Block) -> bool {
    let Some(range) = sheet.range.get_untracked() else {
        return false;
    };
    sheet.layout.with_untracked(|layout| {
        let end = range.first_row.saturating_add(height(range, block));
        let first = layout.row_at(range.first_row);
        first.is_some_and(|row| matches!(row, Row::Member(..)) && end > layout.end_from(row))
    })
}

fn is_typing(event: &ClipboardEvent) -> bool {
    event
        .target()
        .is_some_and(|target| target.dyn_ref::<HtmlInputElement>().is_some())
}

/// The exact texts of a row's cells; nothing when the row is not there.
fn texts(sheet: Sheet, row: Row, cells: &[Cell]) -> Option<Vec<String>> {
    let exact = |cell: &Cell, own: Option<Credits>| {
        sheet.drafts.with_untracked(|drafts| match drafts.text(*cell) {
            Some(typed) => typed.to_owned(),
            None => own
                .map(|amount| drafts.reading().editable(amount))
                .unwrap_or_default(),
        })
    };
    match row {
        Row::Group(id) => {
            let row = untrack(|| sheet.group(id))?;
            let after = untrack(|| sheet.group_after(&row));
            let one = |cell: &Cell| match cell.column {
                Column::Name => row.name.clone(),
                Column::Members => row.member_count.to_string(),
                column => exact(cell, model::group_cell(&row, after, column)),
            };
            Some(cells.iter().map(one).collect())
        }
        Row::Member(_, id) => sheet.known.with_untracked(|known| {
            let row = known.get(id)?;
            let after = untrack(|| sheet.member_after(row));
            let one = |cell: &Cell| match cell.column {
                Column::Name => row.person.display_name.clone(),
                column => exact(cell, model::member_cell(row, after, column, sheet.is_pool)),
            };
            Some(cells.iter().map(one).collect())
        }),
    }
}
