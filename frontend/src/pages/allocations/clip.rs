//! Copy, cut and paste by the browser's own events, which work over plain http and need no permission.

use allowance_grid::{Block, Cell, Column, Row, height, html, paste, read, tsv};
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::{ClipboardEvent, HtmlInputElement};

use super::model;
use super::sentences;
use super::sheet::Sheet;
use crate::ui::Tone;

const TEXT: &str = "text/plain";
const HTML: &str = "text/html";
/// Most rows that are copied: those that were read.
const MOST_ROWS: usize = 20_000;

/// Copies the selection with exact figures. Rows that were not read are left out, and that is said.
pub(super) fn copy(sheet: Sheet, event: &ClipboardEvent, is_cut: bool) {
    if is_typing(event) {
        return;
    }
    let (Some(range), Some(data)) = (sheet.range.get_untracked(), event.clipboard_data()) else {
        return;
    };
    let mut missing = 0_usize;
    let rows: Vec<Vec<String>> = sheet.layout.with_untracked(|layout| {
        let rows = range.rows(layout).take(MOST_ROWS);
        let texts = rows.filter_map(|row| {
            let cells: Vec<Cell> = range
                .cells_of(layout, row)
                .filter(|cell| cell.column != Column::Actions)
                .collect();
            let texts = texts(sheet, row, &cells);
            missing = missing.saturating_add(usize::from(texts.is_none()));
            texts
        });
        texts.collect()
    });
    event.prevent_default();
    let _is_set = data.set_data(TEXT, &tsv(&rows));
    let _is_set = data.set_data(HTML, &html(&rows));
    sheet.heard.set(sentences::copied(rows.len()));
    if missing > 0 {
        sheet.say(Tone::Warn, sentences::not_copied(missing));
    }
    if is_cut {
        sheet.clear();
    }
}

/// Pastes over the selection. Inside the editor only what is more than one cell: one value goes into its text.
pub(super) fn paste_into(sheet: Sheet, event: &ClipboardEvent) {
    let Some(data) = event.clipboard_data() else {
        return;
    };
    let (plain, markup) = (
        data.get_data(TEXT).unwrap_or_default(),
        data.get_data(HTML).unwrap_or_default(),
    );
    let reading = sheet.drafts.with_untracked(allowance_grid::Drafts::reading);
    let Some(block) = read(&plain, &markup, reading) else {
        return;
    };
    let is_one = block.height() == 1 && block.width() == 1;
    if is_typing(event) {
        if is_one {
            return;
        }
        sheet.cancel();
    }
    event.prevent_default();
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

/// The exact texts of a row's cells; nothing when the row was not read.
fn texts(sheet: Sheet, row: Row, cells: &[Cell]) -> Option<Vec<String>> {
    let reading = sheet.drafts.with_untracked(allowance_grid::Drafts::reading);
    let exact = |amount| reading.editable(amount);
    let text = |cell: &Cell, own: Option<allowance_values::Credits>| match untrack(|| {
        sheet.drafts.with(|drafts| drafts.text(*cell).map(str::to_owned))
    }) {
        Some(typed) => typed,
        None => own.map(exact).unwrap_or_default(),
    };
    match row {
        Row::Group(id) => {
            let row = untrack(|| sheet.group(id))?;
            let after = untrack(|| sheet.group_after(&row));
            let one = |cell: &Cell| match cell.column {
                Column::Name => row.name.clone(),
                Column::Members => row.member_count.to_string(),
                column => text(cell, model::group_cell(&row, after, column)),
            };
            Some(cells.iter().map(one).collect())
        }
        Row::Member(_, id) => {
            let row = untrack(|| sheet.member(id))?;
            let after = untrack(|| sheet.member_after(&row));
            let one = |cell: &Cell| match cell.column {
                Column::Name => row.person.display_name.clone(),
                column => text(cell, model::member_cell(&row, after, column, sheet.is_pool)),
            };
            Some(cells.iter().map(one).collect())
        }
    }
}
