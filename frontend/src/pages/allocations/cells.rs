//! One cell: what it shows, the editor in its place, and what the edit would change.

use allowance_grid::{Cell, Column, Drafts, Row, Trouble};
use allowance_values::Credits;
use leptos::html;
use leptos::prelude::*;
use leptos::task::{spawn_local, tick};

use super::editing::Editing;
use super::keyboard;
use super::model;
use super::sheet::{Sheet, cell_id, trouble_id};
use crate::format;

/// What a figure looks like.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Shown {
    pub(super) text: String,
    /// Below zero, or nothing left.
    pub(super) is_bad: bool,
    /// Nothing, so it need not be read.
    pub(super) is_quiet: bool,
}

impl Shown {
    pub(super) fn amount(sheet: Sheet, amount: Credits) -> Self {
        Self {
            text: sheet.amount(amount),
            is_bad: amount.is_negative(),
            is_quiet: amount.is_zero(),
        }
    }

    pub(super) fn of(sheet: Sheet, amount: Option<Credits>) -> Self {
        amount.map_or_else(
            || Self {
                text: "—".to_owned(),
                is_bad: false,
                is_quiet: true,
            },
            |amount| Self::amount(sheet, amount),
        )
    }
}

/// What a cell may say besides its figure.
pub(super) type Beside = Box<dyn Fn() -> Option<AnyView> + Send>;

/// A cell with a figure. Where the viewer may edit it, a click opens the editor; elsewhere the figure opens how it adds up.
pub(super) fn figure(
    sheet: Sheet,
    cell: Cell,
    span: u8,
    shown: Memo<Shown>,
    beside: Option<Beside>,
) -> AnyView {
    let is_editable = Memo::new(move |_| sheet.is_editable(cell));
    let is_editing = Memo::new(move |_| {
        sheet
            .editing
            .with(|editing| editing.as_ref().is_some_and(|editing| editing.cell == cell))
    });
    // What was typed stands in the cell until it is saved; text that cannot be read as it was typed.
    let typed = Memo::new(move |_| {
        sheet.drafts.with(|drafts| {
            Some(match drafts.value(cell)? {
                Ok(Some(amount)) => Ok(Shown::amount(sheet, amount)),
                Ok(None) => Ok(Shown {
                    text: "none".to_owned(),
                    is_bad: false,
                    is_quiet: true,
                }),
                Err(_) => Err(drafts.text(cell).unwrap_or_default().to_owned()),
            })
        })
    });
    let is_wrong =
        Memo::new(move |_| typed.with(|typed| matches!(typed, Some(Err(_)))) || is_refused(sheet, cell));
    let value = move || match typed.get() {
        Some(Err(text)) => view! { <span class="figure-text">{text}</span> }.into_any(),
        Some(Ok(figure)) => plain(figure),
        None if is_editable.get() => plain(shown.get()),
        None => opener(sheet, cell, shown.get()),
    };
    let click = move |_| {
        sheet.cursor.set(Some(cell));
        sheet.is_tabbing.set_value(false);
        if is_editable.get_untracked() && !is_editing.get_untracked() {
            sheet.edit(cell, None);
        }
    };
    let first = cell.column.slot().saturating_sub(span.saturating_sub(1));
    view! {
        <td
            id=cell_id(cell)
            role="gridcell"
            aria-colindex=first.to_string()
            aria-colspan=(span > 1).then(|| span.to_string())
            colspan=(span > 1).then(|| span.to_string())
            aria-readonly=move || (!is_editable.get()).to_string()
            aria-selected=move || is_here(sheet, cell).to_string()
            aria-invalid=move || is_wrong.get().then_some("true")
            aria-describedby=move || is_wrong.get().then(|| trouble_id(cell.row))
            class="fig"
            class:here=move || is_here(sheet, cell)
            class:can-edit=move || is_editable.get()
            class:editing=move || is_editing.get()
            class:unsaved=move || typed.with(Option::is_some)
            class:wrong=move || is_wrong.get()
            on:click=click
        >
            {move || if is_editing.get() { editor(sheet, cell) } else { value() }}
            {beside.map(|beside| move || (!is_editing.get()).then(&beside))}
            {move || (typed.with(Option::is_some) && !is_editing.get()).then(|| view! { <span class="sr">" (changed)"</span> })}
        </td>
    }
    .into_any()
}

/// Whether the cursor is in a cell.
pub(super) fn is_here(sheet: Sheet, cell: Cell) -> bool {
    sheet.cursor.get() == Some(cell)
}

fn is_refused(sheet: Sheet, cell: Cell) -> bool {
    sheet.drafts.with(|drafts| match drafts.trouble(cell.row) {
        Some(Trouble::Refused { column, .. }) => *column == cell.column,
        Some(Trouble::Conflict { .. }) => drafts.text(cell).is_some(),
        None => false,
    })
}

fn plain(figure: Shown) -> AnyView {
    view! { <span class="figure-text" class:neg=figure.is_bad class:mut=figure.is_quiet>{figure.text}</span> }
        .into_any()
}

/// A figure that opens how it adds up.
fn opener(sheet: Sheet, cell: Cell, figure: Shown) -> AnyView {
    view! {
        <button
            type="button"
            tabindex="-1"
            class="explains"
            class:neg=figure.is_bad
            class:mut=figure.is_quiet
            title="How this adds up"
            on:click=move |_| keyboard::explain(sheet, cell)
        >
            {figure.text}
        </button>
    }
    .into_any()
}

/// The editor, in the cell's place.
fn editor(sheet: Sheet, cell: Cell) -> AnyView {
    let Some(Editing { text, is_typed, .. }) = sheet.editing.get_untracked() else {
        return ().into_any();
    };
    let node = NodeRef::<html::Input>::new();
    spawn_local(async move {
        // Once it stands in the page with its text.
        tick().await;
        if let Some(Some(input)) = node.try_get_untracked() {
            let _is_focused = input.focus();
            if !is_typed {
                input.select();
            }
        }
    });
    let is_wrong = Memo::new(move |_| {
        sheet
            .drafts
            .with(|drafts| matches!(drafts.value(cell), Some(Err(_))))
    });
    let tip_id = format!("{}-tip", cell_id(cell));
    let above = matches!(cell.row, Row::Group(_));
    let tip = Memo::new(move |_| tip(sheet, cell));
    let blurred = move |_| {
        // Leaving the editor by a click elsewhere keeps what was typed, without taking the focus back.
        if sheet
            .editing
            .try_with_untracked(|editing| editing.as_ref().is_some_and(|editing| editing.cell == cell))
            == Some(true)
        {
            sheet.editing.set(None);
        }
    };
    view! {
        <input
            node_ref=node
            class="cell-input"
            type="text"
            inputmode="decimal"
            autocomplete="off"
            spellcheck="false"
            aria-label=sheet.cell_name(cell)
            aria-describedby=tip_id.clone()
            aria-invalid=move || is_wrong.get().then_some("true")
            prop:value=text
            on:click=|event| event.stop_propagation()
            on:input=move |event| sheet.typed(cell, &event_target_value(&event))
            on:keydown=move |event| keyboard::edit(sheet, &event)
            on:blur=blurred
        />
        <span class="tip" id=tip_id class:above=above class:bad=move || tip.with(|tip| tip.is_bad)>
            {move || tip.get().text}
        </span>
    }
    .into_any()
}

/// "was 500 · 1,880 available in Engineering → 1,760", or what is wrong with the text.
fn tip(sheet: Sheet, cell: Cell) -> Shown {
    let Some(before) = sheet
        .editing
        .with(|editing| editing.as_ref().map(|editing| editing.before().clone()))
    else {
        return Shown {
            text: String::new(),
            is_bad: false,
            is_quiet: true,
        };
    };
    let was = sheet.seen(cell.row).map(|seen| seen.figures.cell(cell.column));
    let value = sheet.drafts.with(|drafts| drafts.value(cell));
    if let Some(Err(error)) = value {
        return Shown {
            text: error.to_string(),
            is_bad: true,
            is_quiet: false,
        };
    }
    let was = match (value, was) {
        (Some(_), Some(Some(was))) => format!("was {} · ", sheet.amount(was)),
        (Some(_), Some(None)) => "was none · ".to_owned(),
        _ => String::new(),
    };
    let Some((from, to, of)) = effect(sheet, cell, &before) else {
        return Shown {
            text: was.trim_end_matches(" · ").to_owned(),
            is_bad: false,
            is_quiet: false,
        };
    };
    let arrow = if from == to {
        String::new()
    } else {
        format!(" → {}", sheet.amount(to))
    };
    let text = format!("{was}{} {of}{arrow}", sheet.amount(from));
    Shown {
        text,
        is_bad: to.is_negative() && to < from,
        is_quiet: false,
    }
}

/// What the edit takes from or gives back to: how much was there, how much would be, and of what.
fn effect(sheet: Sheet, cell: Cell, before: &Drafts) -> Option<(Credits, Credits, String)> {
    if cell.column == Column::Cap {
        return None;
    }
    if let (Row::Group(_), Column::Monthly | Column::Extra) = (cell.row, cell.column) {
        let now = sheet
            .rows
            .with(|rows| rows.as_ref().map(|rows| rows.unallocated))?;
        let after = sheet.drafts.with(|drafts| drafts.unallocated_after(now).ok())?;
        return Some((
            before.unallocated_after(now).ok()?,
            after,
            "unallocated".to_owned(),
        ));
    }
    let group = sheet.group(cell.row.group())?;
    let from = before
        .group_after(group.id, model::group_figures(&group))
        .ok()?
        .available()
        .ok()?;
    let to = sheet.group_after(&group)?.available().ok()?;
    Some((from, to, format!("available in {}", group.name)))
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

/// An amount that may be missing, in a sentence.
pub(super) fn amount_or_none(amount: Option<Credits>) -> String {
    amount.map_or_else(|| "none".to_owned(), format::credits)
}
