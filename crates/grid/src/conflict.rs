//! A row that somebody else saved while it was edited here: what each cell was, is here and is there; and the choice.
//!
//! Only cells that both changed are in conflict. A cell the other left alone keeps what was typed here.

use allowance_values::Credits;

use crate::cell::{Cell, Column, Row};
use crate::drafts::{Drafts, RowDraft, Seen, Trouble, read};
use crate::typed::Typed;

/// A conflict cell by cell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// The cell.
    pub column: Column,
    /// What stood there when the editing began.
    pub original: Option<Credits>,
    /// What was typed here.
    pub mine: String,
    /// What somebody else saved.
    pub theirs: Option<Credits>,
}

impl Drafts {
    /// Notes that somebody else saved the row meanwhile. False: the edits go together with theirs, and the row can be
    /// saved on top of them.
    pub fn meet(&mut self, row: Row, theirs: Seen) -> bool {
        let reading = self.reading();
        let Some(draft) = self.rows.get_mut(&row) else {
            return false;
        };
        draft.key = None;
        draft.latest = Some(theirs.figures);
        // What both typed alike is settled.
        draft
            .cells
            .retain(|column, typed| read(reading, column, &typed.text) != Ok(theirs.figures.cell(column)));
        draft.trouble = Some(Trouble::Conflict { theirs });
        self.settled(row);
        !self.differences(row).is_empty()
    }

    /// The row's conflict, cell by cell.
    #[must_use]
    pub fn differences(&self, row: Row) -> Vec<Difference> {
        let Some(draft) = self.rows.get(&row) else {
            return Vec::new();
        };
        let Some(Trouble::Conflict { theirs }) = &draft.trouble else {
            return Vec::new();
        };
        let difference = |(column, typed): (Column, &Typed)| {
            let theirs = theirs.figures.cell(column);
            (typed.was != theirs).then(|| Difference {
                column,
                original: typed.was,
                mine: typed.text.clone(),
                theirs,
            })
        };
        draft.cells.iter().filter_map(difference).collect()
    }

    /// The cells for which rows cannot be saved as they are: unreadable, refused or in conflict, a row's first one.
    pub fn stuck(&self) -> impl Iterator<Item = Cell> {
        let stuck = |row: &Row| Some(Cell::new(*row, self.stuck_at(*row)?));
        self.rows.keys().filter_map(stuck)
    }

    /// Whether the row cannot be saved as it is.
    #[must_use]
    pub fn is_stuck(&self, row: Row) -> bool {
        self.stuck_at(row).is_some()
    }

    fn stuck_at(&self, row: Row) -> Option<Column> {
        match &self.rows.get(&row)?.trouble {
            Some(Trouble::Refused { column, .. }) => Some(*column),
            Some(Trouble::Conflict { .. }) => self.first_column(row),
            None => self
                .values(row)
                .find(|(_, value)| value.is_err())
                .map(|(column, _)| column),
        }
    }

    /// Settles a cell for what was typed here: the next save replaces what the other saved.
    pub fn keep_mine(&mut self, cell: Cell) {
        if let Some((draft, theirs)) = self.conflict(cell)
            && let Some(typed) = draft.cells.get_mut(cell.column)
        {
            typed.was = theirs;
        }
        self.settled(cell.row);
    }

    /// Settles a cell for what the other saved.
    pub fn take_theirs(&mut self, cell: Cell) {
        if let Some((draft, _)) = self.conflict(cell) {
            draft.cells.remove(cell.column);
        }
        self.settled(cell.row);
    }

    /// The row's draft and what the other saved in the cell, while the row is in conflict.
    fn conflict(&mut self, cell: Cell) -> Option<(&mut RowDraft, Option<Credits>)> {
        let draft = self.rows.get_mut(&cell.row)?;
        let Some(Trouble::Conflict { theirs }) = &draft.trouble else {
            return None;
        };
        let theirs = theirs.figures.cell(cell.column);
        Some((draft, theirs))
    }

    /// Once no cell is in conflict, the row is an ordinary draft on top of theirs.
    fn settled(&mut self, row: Row) {
        if !self.differences(row).is_empty() {
            return;
        }
        let Some(draft) = self.rows.get_mut(&row) else {
            return;
        };
        if let Some(Trouble::Conflict { theirs }) = draft
            .trouble
            .take_if(|trouble| matches!(trouble, Trouble::Conflict { .. }))
        {
            draft.etag = theirs.etag;
            draft.key = None;
        }
        if draft.cells.is_empty() {
            self.rows.remove(&row);
        }
    }
}
