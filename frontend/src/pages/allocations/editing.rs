//! The one editor: opened in a cell, heard with every keystroke, closed with what was typed or without it.
//!
//! A formula stays in the editor as it was typed while the draft holds what it comes to, so totals follow each keystroke.

use allowance_grid::{Cell, Change, Column, Row};
use allowance_values::Credits;
use leptos::prelude::*;
use leptos::task::{spawn_local, tick};
use wasm_bindgen::JsCast;
use web_sys::HtmlInputElement;

use super::act::Act;
use super::sentences;
use super::sheet::{Sheet, row_id};

/// The one editor that is open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Editing {
    pub(super) cell: Cell,
    /// What to start with.
    pub(super) text: String,
    /// Whether a click opened it and nothing was typed in it yet: then keys of the grid still work.
    pub(super) is_fresh: bool,
    /// What the cell said before, for Esc and undo.
    before: String,
    /// What the cell was worth before: what a formula starts from.
    base: Option<Credits>,
    /// What there was to give from, before: "1,880 available in Engineering".
    pub(super) source: Option<Credits>,
}

/// How an editor is opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Opening {
    /// By a click, which also just selects the cell.
    Clicked,
    /// By Enter or F2.
    Asked,
    /// By a first keystroke, which replaces what was there.
    Typed(String),
}

impl Sheet {
    /// Opens the editor in a cell, with the exact value or with what was typed to open it.
    pub(super) fn edit(self, cell: Cell, opening: Opening) {
        if !self.is_editable(cell) || self.saving.with_untracked(|saving| saving.contains(&cell.row)) {
            return;
        }
        let Some(seen) = untrack(|| self.seen(cell.row)) else {
            return;
        };
        let (before, base) = self.drafts.with_untracked(|drafts| {
            (
                drafts.says(cell, &seen.figures),
                drafts.worth(cell, &seen.figures),
            )
        });
        let is_fresh = opening == Opening::Clicked;
        let typed = match opening {
            Opening::Typed(text) => Some(text),
            Opening::Clicked | Opening::Asked => None,
        };
        let is_replaced = typed.is_some();
        // A selection around the cursor stays: Ctrl + Enter types into all of it.
        if self.cursor() != Some(cell) {
            self.select(cell);
        }
        self.editing.set(Some(Editing {
            cell,
            text: typed.clone().unwrap_or_else(|| before.clone()),
            is_fresh,
            before,
            base,
            source: untrack(|| self.source(cell)).map(|(amount, _)| amount),
        }));
        if let Some(typed) = typed {
            self.typed(&typed);
        }
        spawn_local(async move {
            // Once it stands in the page with its text.
            tick().await;
            if let Some(input) = self.input() {
                let _is_focused = input.focus();
                if is_replaced {
                    // The next sign goes behind the first.
                    let end = u32::try_from(input.value().encode_utf16().count()).unwrap_or(u32::MAX);
                    let _is_set = input.set_selection_range(end, end);
                } else {
                    input.select();
                }
            }
        });
    }

    /// The editor's element.
    pub(super) fn input(self) -> Option<HtmlInputElement> {
        let table = self.node.try_get_untracked()??;
        table.query_selector(".cell-input").ok()??.dyn_into().ok()
    }

    /// Takes what is typed, with every keystroke.
    pub(super) fn typed(self, text: &str) {
        if let Some(editing) = self.editing.get_untracked() {
            self.act(Act::Typed(editing, text.to_owned()));
        }
    }

    pub(super) fn take_typed(self, editing: &Editing, text: &str) {
        if let Some(seen) = untrack(|| self.seen(editing.cell.row)) {
            self.drafts.update(|drafts| {
                let text = drafts.reading().worked_out(text, editing.base);
                drafts.set(editing.cell, &text, &seen);
            });
        }
    }

    /// Notes that something was typed: from now on the keys are the editor's.
    pub(super) fn no_longer_fresh(self) {
        self.editing.update_untracked(|editing| {
            if let Some(editing) = editing {
                editing.is_fresh = false;
            }
        });
    }

    /// Closes the editor and keeps what was typed.
    pub(super) fn commit(self) {
        if let Some(editing) = self.editing.try_get_untracked().flatten() {
            self.editing.set(None);
            self.act(Act::Committed(editing));
        }
    }

    pub(super) fn keep_typed(self, editing: Editing) {
        if let Some(seen) = untrack(|| self.seen(editing.cell.row)) {
            let after = self
                .drafts
                .with_untracked(|drafts| drafts.says(editing.cell, &seen.figures));
            self.history.update(|history| {
                history.push(vec![Change {
                    cell: editing.cell,
                    before: editing.before,
                    after,
                }]);
            });
        }
    }

    /// Closes the editor and forgets what was typed in it.
    pub(super) fn cancel(self) {
        if let Some(editing) = self.editing.get_untracked() {
            self.editing.set(None);
            self.act(Act::Cancelled(editing));
            self.focus();
        }
    }

    pub(super) fn forget_typed(self, editing: &Editing) {
        if let Some(seen) = untrack(|| self.seen(editing.cell.row)) {
            self.drafts
                .update(|drafts| drafts.set(editing.cell, &editing.before, &seen));
        }
    }

    /// Ctrl + Enter: what was typed goes into every selected cell, formulas on top of each one's own amount.
    pub(super) fn commit_to_all(self) {
        let Some(input) = self.input() else { return };
        let text = input.value();
        self.cancel();
        self.act(Act::Type(text));
    }

    /// What an edit of the cell gives from: how much there is with all unsaved edits, and of what.
    pub(super) fn source(self, cell: Cell) -> Option<(Credits, String)> {
        match (cell.row, cell.column) {
            (_, Column::Cap) => None,
            (Row::Group(_), Column::Monthly | Column::Extra) => {
                let now = self
                    .rows
                    .with(|rows| rows.as_ref().map(|rows| rows.unallocated))?;
                let after = self.drafts.with(|drafts| drafts.unallocated_after(now).ok())?;
                Some((after, "unallocated".to_owned()))
            }
            _ => {
                let group = self.group(cell.row.group())?;
                let available = self.group_after(&group)?.available().ok()?;
                Some((available, sentences::available_in(&group)))
            }
        }
    }
}

/// The editor's id, by which its tip is found.
pub(super) fn tip_id(cell: Cell) -> String {
    format!("{}-tip", row_id(cell.row))
}
