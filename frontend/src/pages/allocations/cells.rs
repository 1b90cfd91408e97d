//! One cell with a figure: what it shows, the editor in its place, and what the edit would change.

use allowance_grid::{Cell, Column, Row, Trouble};
use leptos::prelude::*;

use super::editing::tip_id;
use super::look::{Beside, Figure, Marks};
use super::model;
use super::sheet::{Sheet, cell_id, trouble_id};

/// A cell's classes.
pub(super) fn class(class: &str, column: Column, marks: Marks, flags: &[(&str, bool)]) -> String {
    let own = [
        ("here", marks.here == Some(column)),
        ("picked", marks.is_selected(column)),
        ("to-fill", marks.is_filled && marks.is_selected(column)),
    ];
    let mut text = class.to_owned();
    for (name, _) in own.iter().chain(flags).filter(|(_, is_on)| *is_on) {
        text.push(' ');
        text.push_str(name);
    }
    text
}

/// A cell with a figure. Where the viewer may edit it, a click opens the editor; elsewhere the figure opens how it adds up.
pub(super) fn figure(sheet: Sheet, cell: Cell, span: u8, figure: &Figure, marks: Marks) -> AnyView {
    let is_editing = marks.editing == Some(cell.column);
    // What does not fit is written smaller before it is cut off.
    let length = figure.text.chars().count();
    let first = cell.column.slot().saturating_sub(span.saturating_sub(1));
    let span = (span > 1).then(|| span.to_string());
    let content = if is_editing {
        editor(sheet, cell, figure)
    } else {
        shown(figure)
    };
    let handle = (marks.handle == Some(cell.column))
        .then(|| view! { <span class="fill-handle" aria-hidden="true"></span> });
    view! {
        <td
            id=cell_id(cell)
            role="gridcell"
            aria-colindex=first.to_string()
            aria-colspan=span.clone()
            colspan=span
            aria-readonly=(!figure.is_editable).to_string()
            aria-selected=marks.is_selected(cell.column).to_string()
            aria-invalid=figure.is_wrong.then_some("true")
            aria-describedby=figure.is_wrong.then(|| trouble_id(cell.row))
            class=class("fig", cell.column, marks, &[
                ("can-edit", figure.is_editable),
                ("editing", is_editing),
                ("unsaved", figure.is_unsaved),
                ("wrong", figure.is_wrong),
                ("long", length > 9),
                ("longer", length > 12),
            ])
        >
            {content}
            {handle}
        </td>
    }
    .into_any()
}

fn shown(figure: &Figure) -> AnyView {
    let tone = match (figure.is_bad, figure.is_quiet) {
        (true, _) => " neg",
        (false, true) => " mut",
        (false, false) => "",
    };
    let text = figure.text.clone();
    let text = if figure.is_editable || figure.is_unsaved {
        view! { <span class=format!("figure-text{tone}")>{text}</span> }.into_any()
    } else {
        view! {
            <button type="button" tabindex="-1" class=format!("explains{tone}") title="How this adds up" data-act="explain">
                {text}
            </button>
        }
        .into_any()
    };
    let beside = match &figure.beside {
        Beside::Nothing => ().into_any(),
        Beside::Note(note) => view! { <small class="mut">{note.clone()}</small> }.into_any(),
        Beside::Use(share, is_all) => view! {
            <span class=if *is_all { "use full" } else { "use" } aria-hidden="true">
                <i style:width=model::percent_width(*share)></i>
            </span>
        }
        .into_any(),
    };
    let changed = figure
        .is_unsaved
        .then(|| view! { <span class="sr">" (changed)"</span> });
    view! { {text}{beside}{changed} }.into_any()
}

/// The editor, in the cell's place. The table hears its keys and its text. It begins with the attribute and not the
/// property `value`: the row is drawn again with every keystroke, and what was typed must stay.
fn editor(sheet: Sheet, cell: Cell, figure: &Figure) -> AnyView {
    let text = sheet
        .editing
        .with_untracked(|editing| editing.as_ref().map(|editing| editing.text.clone()));
    let tip = move || tip(sheet, cell);
    // Below the last line there is no room for it.
    let is_last = sheet.layout.with_untracked(|layout| {
        let line = layout.line_of(cell.row).unwrap_or(0);
        line > 0 && line.saturating_add(1) == layout.lines()
    });
    let is_bad = move || tip().1;
    view! {
        <input
            class="cell-input"
            type="text"
            inputmode="decimal"
            autocomplete="off"
            spellcheck="false"
            aria-label=sheet.cell_name(cell)
            aria-describedby=tip_id(cell)
            aria-invalid=figure.is_wrong.then_some("true")
            value=text.unwrap_or_default()
        />
        <span class="tip" id=tip_id(cell) class:above=is_last class:bad=is_bad>
            {move || tip().0}
        </span>
    }
    .into_any()
}

/// "was 500 · 1,880 available in Engineering → 1,760", or what is wrong with the text; and whether that is bad.
fn tip(sheet: Sheet, cell: Cell) -> (String, bool) {
    let Some(from) = sheet
        .editing
        .with(|editing| editing.as_ref().map(|editing| editing.source))
    else {
        return (String::new(), false);
    };
    let value = sheet.drafts.with(|drafts| drafts.value(cell));
    if let Some(Err(error)) = value {
        return (error.to_string(), true);
    }
    let was = sheet.seen(cell.row).map(|seen| seen.figures.cell(cell.column));
    let was = match (value, was) {
        (Some(_), Some(Some(was))) => format!("was {} · ", sheet.amount(was)),
        (Some(_), Some(None)) => "was none · ".to_owned(),
        _ => String::new(),
    };
    let source = from.and_then(|from| Some((from, sheet.source(cell)?)));
    let Some((from, (to, of))) = source else {
        return (was.trim_end_matches(" · ").to_owned(), false);
    };
    let arrow = if from == to {
        String::new()
    } else {
        format!(" → {}", sheet.amount(to))
    };
    (
        format!("{was}{} {of}{arrow}", sheet.amount(from)),
        to.is_negative() && to < from,
    )
}

/// Why the row was not saved, when it is so.
pub(super) fn trouble_words(sheet: Sheet, row: Row, columns: &[Column]) -> Option<String> {
    let editing = sheet
        .editing
        .with(|editing| editing.as_ref().map(|editing| editing.cell));
    sheet.drafts.with(|drafts| {
        if let Some(Trouble::Refused { column, words }) = drafts.trouble(row) {
            return Some(format!("{}: {words}", column.label()));
        }
        columns.iter().find_map(|column| {
            let cell = Cell::new(row, *column);
            let error = drafts.value(cell)?.err().filter(|_| editing != Some(cell))?;
            Some(format!("{}: {error}", column.label()))
        })
    })
}
