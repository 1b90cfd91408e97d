//! What changes many cells in one step: pasting, filling, clearing, undoing. Rows that were not read are read first; what
//! cannot be read as an amount stays in its cell with the reason; what may not be edited is left and counted.

use allowance_grid::{
    Area, Cell, Change, Column, Drafts, Layout, MOST_CELLS, PasteError, Pasted, Row, Selection, Target,
    fill_to,
};
use leptos::prelude::*;
use leptos::task::spawn_local;

use super::roster::Question;
use super::sentences;
use super::sheet::Sheet;
use crate::api::{self, ApiError};
use crate::ui::Tone;
use crate::{browser, errors};

/// Fills an area of a layout with what its cells say.
type Fill = fn(&Layout, Area, &dyn Fn(Cell) -> Option<String>) -> Result<Vec<Target>, PasteError>;

/// Where texts come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Origin {
    /// Somebody typed them: formulas are worked out.
    Typed,
    /// Other cells or another program: a sign in front is the amount's own.
    Copied,
    /// The history, which has this step already.
    History,
}

/// What became of the cells of a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Outcome {
    /// Cells that say something else now.
    pub(super) changed: usize,
    /// Of these, cells that cannot be read as amounts.
    pub(super) wrong: usize,
    /// Cells that may not be edited.
    pub(super) shut: usize,
    /// Cells whose rows are no longer there.
    pub(super) gone: usize,
    /// Rows of what was pasted for which there is no row.
    pub(super) left_out: usize,
}

impl Sheet {
    /// Gives cells their texts, as one step that can be undone.
    pub(super) fn put(self, targets: Vec<Target>, origin: Origin, what: &'static str) {
        spawn_local(async move {
            match self.apply(targets, origin).await {
                Ok(outcome) => self.tell(what, outcome),
                Err(error) => self.say(Tone::Bad, errors::words(&error)),
            }
        });
    }

    /// Puts a pasted block into its cells, and selects them.
    pub(super) fn put_pasted(self, pasted: Result<Pasted, PasteError>) {
        let Pasted { targets, left_out } = match pasted {
            Ok(pasted) => pasted,
            Err(error) => return self.say(Tone::Warn, error.to_string()),
        };
        if let (Some((first, _)), Some((last, _))) = (targets.first(), targets.last()) {
            self.still.set_value(Some(*last));
            self.selection.set(Some(Selection::at(*first).extended_to(*last)));
        }
        spawn_local(async move {
            match self.apply(targets, Origin::Copied).await {
                Ok(outcome) => self.tell("Pasted into", Outcome { left_out, ..outcome }),
                Err(error) => self.say(Tone::Bad, errors::words(&error)),
            }
        });
    }

    /// Fills from the selection, once its rows are read.
    fn fill_by(self, fill: impl FnOnce(&Layout, Area) -> Result<Vec<Target>, PasteError> + 'static) {
        let Some(range) = self.range.get_untracked() else {
            return;
        };
        let rows: Vec<Row> = self
            .layout
            .with_untracked(|layout| range.rows(layout).take(MOST_CELLS).collect());
        spawn_local(async move {
            if let Err(error) = self.make_known(rows.into_iter()).await {
                return self.say(Tone::Bad, errors::words(&error));
            }
            match self.layout.with_untracked(|layout| fill(layout, range)) {
                Ok(targets) => self.put(targets, Origin::Copied, "Filled"),
                Err(error) => self.say(Tone::Warn, error.to_string()),
            }
        });
    }

    /// Takes the last step back, or does it again.
    pub(super) fn undo(self, is_redo: bool) {
        if self.editing.with_untracked(Option::is_some) {
            self.commit();
        }
        let texts = self
            .history
            .try_update(|history| if is_redo { history.redo() } else { history.undo() })
            .flatten();
        let Some(texts) = texts else { return };
        spawn_local(async move {
            if let Some(cell) = texts.first().map(|(cell, _)| *cell)
                && self.layout.with_untracked(|layout| layout.is_drawn(cell.row))
            {
                self.select(cell);
            }
            match self.apply(texts, Origin::History).await {
                Ok(outcome) => self.tell(if is_redo { "Done again:" } else { "Undone:" }, outcome),
                Err(error) => self.say(Tone::Bad, errors::words(&error)),
            }
        });
    }

    /// Puts texts into cells; a formula starts from what its cell is worth.
    pub(super) async fn apply(self, targets: Vec<Target>, origin: Origin) -> Result<Outcome, ApiError> {
        self.make_known(targets.iter().map(|(cell, _)| cell.row)).await?;
        let mut outcome = Outcome::default();
        let mut step = Vec::new();
        let mut known = Vec::new();
        for (cell, text) in targets {
            match untrack(|| self.seen(cell.row)) {
                None => outcome.gone = outcome.gone.saturating_add(1),
                Some(_) if !self.is_editable(cell) => outcome.shut = outcome.shut.saturating_add(1),
                Some(seen) => known.push((cell, text, seen)),
            }
        }
        self.drafts.update(|drafts| {
            for (cell, text, seen) in known {
                let before = drafts.says(cell, &seen.figures);
                let text = if origin == Origin::Typed {
                    let base = drafts.worth(cell, &seen.figures);
                    drafts.reading().worked_out(&text, base)
                } else {
                    text.trim().to_owned()
                };
                drafts.set(cell, &text, &seen);
                let after = drafts.says(cell, &seen.figures);
                if before != after {
                    outcome.changed = outcome.changed.saturating_add(1);
                    let is_wrong = matches!(drafts.value(cell), Some(Err(_)));
                    outcome.wrong = outcome.wrong.saturating_add(usize::from(is_wrong));
                    step.push(Change { cell, before, after });
                }
            }
        });
        if origin != Origin::History {
            self.history.update(|history| history.push(step));
        }
        Ok(outcome)
    }

    fn tell(self, what: &str, outcome: Outcome) {
        let text = sentences::done(what, outcome);
        let left = [outcome.wrong, outcome.gone, outcome.shut, outcome.left_out];
        if left == [0; 4] {
            self.heard.set(text);
        } else {
            self.say(Tone::Warn, text);
        }
    }

    /// The selected cells, rows not read included, that hold amounts.
    pub(super) fn selected_cells(self) -> Vec<Cell> {
        let Some(range) = self.range.get_untracked() else {
            return Vec::new();
        };
        self.layout.with_untracked(|layout| {
            let rows = range.rows(layout).take(MOST_CELLS.saturating_add(1));
            let cells = rows.flat_map(|row| range.cells_of(layout, row));
            cells.filter(|cell| is_typed_into(*cell)).collect()
        })
    }

    /// Fills the selection from its first row or column.
    pub(super) fn fill(self, fill: Fill) {
        self.fill_by(move |layout, range| fill(layout, range, &|cell| self.said_by(cell)));
    }

    /// Repeats the selection up or down to a place.
    pub(super) fn fill_to(self, to: usize) {
        self.fill_by(move |layout, range| {
            let targets = fill_to(layout, range, to, &|cell| self.said_by(cell))?;
            if let Some(row) = layout.row_at(to) {
                self.reselect(|selection, _| {
                    let column = selection.corner().column;
                    selection.extended_to(Cell::new(row, column))
                });
            }
            Ok(targets)
        });
    }

    /// What a cell says, for a fill: its text when somebody could type it.
    fn said_by(self, cell: Cell) -> Option<String> {
        if !is_typed_into(cell) {
            return None;
        }
        let seen = untrack(|| self.seen(cell.row))?;
        Some(
            self.drafts
                .with_untracked(|drafts| drafts.says(cell, &seen.figures)),
        )
    }

    /// Nothing stands for zero; for a cap it is no cap.
    pub(super) fn clear(self) {
        let cells = self.selected_cells();
        if cells.len() > MOST_CELLS {
            return self.say(Tone::Warn, PasteError::TooMany.to_string());
        }
        let blank = |cell: &Cell| if cell.column == Column::Cap { "" } else { "0" };
        let editable = cells
            .into_iter()
            .filter(|cell| untrack(|| self.may_edit(*cell)) != Some(false));
        self.put(
            editable.map(|cell| (cell, blank(&cell).to_owned())).collect(),
            Origin::Copied,
            "Cleared",
        );
    }

    /// Forgets all that is unsaved, as a step.
    pub(super) fn discard_all(self) {
        self.editing.set(None);
        let step = self.drafts.with_untracked(Drafts::undone);
        self.history.update(|history| history.push(step));
        self.drafts.update(Drafts::discard_all);
        self.heard.set("Unsaved changes discarded.".to_owned());
        self.focus();
    }

    /// Hands the rows of the view to the reader.
    pub(super) fn export(self) {
        let Some(group) = self.open_group.get_untracked() else {
            return;
        };
        let view = untrack(|| Question::of(self.url, group)).of_all();
        spawn_local(async move {
            match api::allocations::members_csv(self.id, group, &view.query).await {
                Ok(text) => {
                    let name =
                        untrack(|| self.group(group)).map_or_else(|| "members".to_owned(), |row| row.name);
                    let _is_saved = browser::save_file(&format!("{name}.csv"), "text/csv", &text);
                }
                Err(error) => self.say(Tone::Bad, errors::words(&error)),
            }
        });
    }

    /// Takes a save back: the cells get their former amounts, and these are saved.
    pub(super) fn take_back(self, targets: Vec<Target>) {
        self.said.set(None);
        spawn_local(async move {
            match self.apply(targets, Origin::Copied).await {
                Ok(outcome) if outcome.gone == 0 => self.save_all(),
                Ok(outcome) => self.tell("Put back", outcome),
                Err(error) => self.say(Tone::Bad, errors::words(&error)),
            }
        });
        self.focus();
    }
}

/// Columns that somebody may type into, in some row.
const fn is_typed_into(cell: Cell) -> bool {
    match cell.row {
        Row::Group(_) => matches!(cell.column, Column::Monthly | Column::Extra | Column::AutoApprove),
        Row::Member(..) => matches!(cell.column, Column::Monthly | Column::Cap | Column::Extra),
    }
}
