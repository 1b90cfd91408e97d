//! The one editor: opened in a cell, heard with every keystroke, closed with what was typed or without it.

use allowance_grid::{Cell, Drafts, Move};
use leptos::prelude::*;

use super::sheet::Sheet;

/// The one editor that is open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Editing {
    pub(super) cell: Cell,
    /// What to start with.
    pub(super) text: String,
    /// Whether a first keystroke opened it: then the text is not selected.
    pub(super) is_typed: bool,
    /// The edits as they were, for Esc.
    before: Drafts,
}

impl Editing {
    /// The edits as they were when the editor opened.
    pub(super) const fn before(&self) -> &Drafts {
        &self.before
    }
}

impl Sheet {
    /// Opens the editor in a cell, with the exact value or with what was typed to open it.
    pub(super) fn edit(self, cell: Cell, typed: Option<String>) {
        if !untrack(|| self.is_editable(cell))
            || self.saving.with_untracked(|saving| saving.contains(&cell.row))
        {
            return;
        }
        let Some(seen) = untrack(|| self.seen(cell.row)) else {
            return;
        };
        let before = self.drafts.get_untracked();
        let exact = || {
            let now = seen.figures.cell(cell.column);
            now.map(|amount| before.reading().editable(amount))
                .unwrap_or_default()
        };
        let is_typed = typed.is_some();
        let text = typed
            .clone()
            .or_else(|| before.text(cell).map(str::to_owned))
            .unwrap_or_else(exact);
        self.cursor.set(Some(cell));
        if let Some(typed) = typed {
            self.drafts.update(|drafts| drafts.set(cell, &typed, &seen));
        }
        self.editing.set(Some(Editing {
            cell,
            text,
            is_typed,
            before,
        }));
    }

    /// Takes what is typed, with every keystroke.
    pub(super) fn typed(self, cell: Cell, text: &str) {
        if let Some(seen) = untrack(|| self.seen(cell.row)) {
            self.drafts.update(|drafts| drafts.set(cell, text, &seen));
        }
    }

    /// Closes the editor and keeps what was typed; then the cursor takes a step.
    pub(super) fn commit(self, step: Option<Move>) {
        if self.editing.get_untracked().is_none() {
            return;
        }
        self.editing.set(None);
        self.focus();
        if let Some(step) = step {
            self.go(step);
        }
    }

    /// Closes the editor and forgets what was typed in it.
    pub(super) fn cancel(self) {
        if let Some(editing) = self.editing.get_untracked() {
            self.editing.set(None);
            if let Some(seen) = untrack(|| self.seen(editing.cell.row)) {
                let before = editing.before.says(editing.cell, &seen.figures);
                self.drafts
                    .update(|drafts| drafts.set(editing.cell, &before, &seen));
            }
            self.focus();
        }
    }
}
