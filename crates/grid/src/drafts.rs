//! What was typed and is not saved yet, by row.
//!
//! A draft keeps the text, not the amount: what cannot be read stays as it was typed until it is mended. It keeps the
//! row's ETag and values from when its editing began, so that a change by somebody else is noticed at the save and both
//! can be shown; the latest figures beside them, so that the preview follows what happens meanwhile.

use std::collections::BTreeMap;

use allowance_values::Credits;
use serde::{Deserialize, Serialize};

use crate::cell::{Cell, Column, Row};
use crate::figures::Figures;
use crate::history::{Change, Step};
use crate::input::{InputError, Reading};
use crate::order::sorted;
use crate::typed::{Typed, TypedCells};

/// A row as it was read from the server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// What to call the row: the group's or the member's name.
    pub name: String,
    /// The member's address, by which the row is found again on whatever page it stands.
    pub email: Option<String>,
    /// The row's ETag.
    pub etag: String,
    /// Its figures.
    pub figures: Figures,
}

/// Why a row could not be saved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trouble {
    /// The server refused.
    Refused {
        /// The cell it is about.
        column: Column,
        /// Why, and by how much.
        words: String,
    },
    /// Somebody else changed the row meanwhile.
    Conflict {
        /// The row as it is now.
        theirs: Seen,
    },
}

/// What a save sends of a row. Absent cells stay.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Edits {
    /// Monthly.
    pub monthly: Option<Credits>,
    /// Extra.
    pub extra: Option<Credits>,
    /// The reserve for automatic approval.
    pub reserve: Option<Credits>,
    /// The cap: `Some(None)` takes it away.
    pub cap: Option<Option<Credits>>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct RowDraft {
    name: String,
    email: Option<String>,
    pub(crate) etag: String,
    pub(crate) cells: TypedCells,
    /// Made with the first attempt to save exactly this.
    pub(crate) key: Option<String>,
    #[serde(skip)]
    pub(crate) latest: Option<Figures>,
    #[serde(skip)]
    pub(crate) trouble: Option<Trouble>,
}

/// Drafts as they are kept over a reload.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kept(Vec<(Row, RowDraft)>);

/// All unsaved edits of one credit type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Drafts {
    reading: Reading,
    pub(crate) rows: BTreeMap<Row, RowDraft>,
}

impl Drafts {
    /// No edits yet.
    #[must_use]
    pub const fn new(reading: Reading) -> Self {
        Self {
            reading,
            rows: BTreeMap::new(),
        }
    }

    /// Takes up what was kept.
    #[must_use]
    pub fn restore(reading: Reading, kept: Kept) -> Self {
        let mut drafts = Self::new(reading);
        for (row, draft) in kept.0 {
            drafts.rows.insert(row, draft);
        }
        drafts
    }

    /// What to keep over a reload.
    #[must_use]
    pub fn keep(&self) -> Kept {
        Kept(
            self.rows
                .iter()
                .map(|(row, draft)| (*row, draft.clone()))
                .collect(),
        )
    }

    /// How typed text is read.
    #[must_use]
    pub const fn reading(&self) -> Reading {
        self.reading
    }

    /// How many cells are unsaved.
    #[must_use]
    pub fn count(&self) -> usize {
        self.rows.values().map(|draft| draft.cells.len()).sum()
    }

    /// Whether nothing is unsaved.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The unsaved rows: groups before members, cuts before raises, so that what one row gives back another can take.
    #[must_use]
    pub fn rows(&self) -> Vec<Row> {
        let rows: Vec<(Row, i128)> = self.rows.keys().map(|row| (*row, self.growth(*row))).collect();
        let of = |place: usize| {
            let row = rows.get(place);
            row.map(|(row, growth)| (matches!(row, Row::Member(..)), *growth))
        };
        let order = sorted(rows.len(), &|one, other| of(one).cmp(&of(other)));
        order
            .into_iter()
            .filter_map(|place| Some(rows.get(place)?.0))
            .collect()
    }

    /// What the row was called when it was edited.
    #[must_use]
    pub fn name(&self, row: Row) -> Option<&str> {
        self.rows.get(&row).map(|draft| draft.name.as_str())
    }

    /// The address of the member whose row was edited.
    #[must_use]
    pub fn email(&self, row: Row) -> Option<&str> {
        self.rows.get(&row)?.email.as_deref()
    }

    /// What was typed into a cell.
    #[must_use]
    pub fn text(&self, cell: Cell) -> Option<&str> {
        self.typed(cell).map(|typed| typed.text.as_str())
    }

    /// What the typed text means, or what is wrong with it. Nothing for a cell without a draft.
    #[must_use]
    pub fn value(&self, cell: Cell) -> Option<Result<Option<Credits>, InputError>> {
        self.typed(cell).map(|typed| self.read(cell.column, &typed.text))
    }

    /// What stood in an unsaved cell when its editing began.
    #[must_use]
    pub fn original(&self, cell: Cell) -> Option<Credits> {
        self.typed(cell).and_then(|typed| typed.was)
    }

    /// What a cell says: what was typed, else the exact amount; nothing where none is set.
    #[must_use]
    pub fn says(&self, cell: Cell, figures: &Figures) -> String {
        let exact = || {
            let now = figures.cell(cell.column);
            now.map(|amount| self.reading.editable(amount))
                .unwrap_or_default()
        };
        self.text(cell).map_or_else(exact, str::to_owned)
    }

    /// What a cell is worth with the unsaved edits: what a formula starts from. Text that cannot be read counts as saved.
    #[must_use]
    pub fn worth(&self, cell: Cell, figures: &Figures) -> Option<Credits> {
        match self.value(cell) {
            Some(Ok(value)) => value,
            _ => figures.cell(cell.column),
        }
    }

    /// Why the row could not be saved.
    #[must_use]
    pub fn trouble(&self, row: Row) -> Option<&Trouble> {
        self.rows.get(&row).and_then(|draft| draft.trouble.as_ref())
    }

    /// Whether the row has unsaved cells.
    #[must_use]
    pub fn is_unsaved(&self, row: Row) -> bool {
        self.rows.contains_key(&row)
    }

    /// Takes typed text. Text that says what the cell says anyway is no edit.
    pub fn set(&mut self, cell: Cell, text: &str, seen: &Seen) {
        let now = seen.figures.cell(cell.column);
        let is_same = self.read(cell.column, text) == Ok(now);
        let Some(draft) = self.rows.get_mut(&cell.row) else {
            if !is_same {
                let typed = Typed {
                    text: text.to_owned(),
                    was: now,
                };
                let mut cells = TypedCells::default();
                cells.insert(cell.column, typed);
                let draft = RowDraft {
                    name: seen.name.clone(),
                    email: seen.email.clone(),
                    etag: seen.etag.clone(),
                    cells,
                    key: None,
                    latest: Some(seen.figures),
                    trouble: None,
                };
                self.rows.insert(cell.row, draft);
            }
            return;
        };
        draft.latest = Some(seen.figures);
        let before = draft.cells.get(cell.column);
        if before.is_some_and(|typed| typed.text == text) {
            return;
        }
        let was = before.map_or(now, |typed| typed.was);
        draft.key = None;
        draft.trouble = None;
        if is_same {
            draft.cells.remove(cell.column);
        } else {
            draft.cells.insert(
                cell.column,
                Typed {
                    text: text.to_owned(),
                    was,
                },
            );
        }
        if draft.cells.is_empty() {
            self.rows.remove(&cell.row);
        }
    }

    /// Takes the answer to a save that was sent under `key`. What was typed since stays, on top of what was saved.
    pub fn saved(&mut self, row: Row, key: &str, seen: &Seen) {
        let reading = self.reading;
        let Some(draft) = self.rows.get_mut(&row) else {
            return;
        };
        draft.latest = Some(seen.figures);
        draft.etag.clone_from(&seen.etag);
        let is_untouched = draft.key.as_deref() == Some(key);
        draft.cells.retain(|column, typed| {
            typed.was = seen.figures.cell(column);
            !is_untouched && read(reading, column, &typed.text) != Ok(typed.was)
        });
        if draft.cells.is_empty() {
            self.rows.remove(&row);
        }
    }

    /// Forgets the edits of a row.
    pub fn discard(&mut self, row: Row) {
        self.rows.remove(&row);
    }

    /// What forgetting all edits does to each cell, as a step that can be undone.
    #[must_use]
    pub fn undone(&self) -> Step {
        let mut step = Step::new();
        for (row, draft) in &self.rows {
            for (column, typed) in draft.cells.iter() {
                let now = draft.latest.map_or(typed.was, |latest| latest.cell(column));
                step.push(Change {
                    cell: Cell::new(*row, column),
                    before: typed.text.clone(),
                    after: now
                        .map(|amount| self.reading.editable(amount))
                        .unwrap_or_default(),
                });
            }
        }
        step
    }

    /// Forgets all edits.
    pub fn discard_all(&mut self) {
        self.rows.clear();
    }

    /// Takes the figures of a row that was read again. The ETag stays that of when the editing began.
    pub fn refresh(&mut self, row: Row, figures: Figures) {
        if let Some(draft) = self.rows.get_mut(&row) {
            draft.latest = Some(figures);
        }
    }

    /// What a save of the row sends.
    ///
    /// # Errors
    /// The first cell whose text cannot be read.
    pub fn edits(&self, row: Row) -> Result<Edits, (Cell, InputError)> {
        let mut edits = Edits::default();
        for (column, value) in self.values(row) {
            let value = value.map_err(|error| (Cell::new(row, column), error))?;
            match column {
                Column::Monthly => edits.monthly = value,
                Column::Extra => edits.extra = value,
                Column::AutoApprove => edits.reserve = value,
                Column::Cap => edits.cap = Some(value),
                _ => {}
            }
        }
        Ok(edits)
    }

    /// The ETag of when the row's editing began.
    #[must_use]
    pub fn etag(&self, row: Row) -> Option<&str> {
        self.rows.get(&row).map(|draft| draft.etag.as_str())
    }

    /// The key of this very content: the same for each attempt, another after another keystroke. It is the idempotency
    /// key of a save of this row alone, and tells what was sent from what was typed since.
    pub fn key(&mut self, row: Row, make: impl FnOnce() -> String) -> Option<String> {
        self.rows
            .get_mut(&row)
            .map(|draft| draft.key.get_or_insert_with(make).clone())
    }

    /// Notes why the row could not be saved. What was typed stays. A next attempt is a new act.
    pub fn trouble_with(&mut self, row: Row, trouble: Trouble) {
        if let Some(draft) = self.rows.get_mut(&row) {
            draft.key = None;
            draft.trouble = Some(trouble);
        }
    }

    /// The column a refusal of the row is about when the server names none: the first one edited.
    #[must_use]
    pub fn first_column(&self, row: Row) -> Option<Column> {
        self.rows
            .get(&row)
            .and_then(|draft| Some(draft.cells.iter().next()?.0))
    }

    pub(crate) fn values(
        &self,
        row: Row,
    ) -> impl Iterator<Item = (Column, Result<Option<Credits>, InputError>)> {
        let cells = self
            .rows
            .get(&row)
            .into_iter()
            .flat_map(|draft| draft.cells.iter());
        cells.map(|(column, typed)| (column, self.read(column, &typed.text)))
    }

    fn typed(&self, cell: Cell) -> Option<&Typed> {
        self.rows.get(&cell.row)?.cells.get(cell.column)
    }

    pub(crate) fn read(&self, column: Column, text: &str) -> Result<Option<Credits>, InputError> {
        read(self.reading, column, text)
    }
}

/// A blank cap is no cap; everywhere else an amount is needed. A formula that could not be worked out says why.
pub(crate) fn read(reading: Reading, column: Column, text: &str) -> Result<Option<Credits>, InputError> {
    let amount = if column == Column::Cap {
        reading.amount_or_blank(text)
    } else {
        reading.amount(text).map(Some)
    };
    match amount {
        Err(InputError::NotANumber) => match reading.result(text, Some(Credits::ZERO)) {
            Some(Err(error)) => Err(error),
            Some(Ok(_)) | None => Err(InputError::NotANumber),
        },
        amount => amount,
    }
}

#[cfg(test)]
#[path = "drafts_tests.rs"]
mod tests;
