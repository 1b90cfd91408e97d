//! Moving through the layout: the cursor among what is drawn, the corner of a selection among all rows of the view. Every
//! cell can be reached, also those nobody may edit.

use crate::cell::{Cell, Column, Row};
use crate::layout::Layout;

/// A step of the cursor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Move {
    /// One cell to the left; stops at the row's start.
    Left,
    /// One cell to the right; stops at the row's end.
    Right,
    /// One row up.
    Up,
    /// One row down.
    Down,
    /// Home.
    RowStart,
    /// End.
    RowEnd,
    /// Ctrl + Up: from a member to the first member, else to the first row.
    FirstRow,
    /// Ctrl + Down: from a member to the last member, else to the last row.
    LastRow,
    /// Ctrl + Home.
    GridStart,
    /// Ctrl + End.
    GridEnd,
    /// A page of so many rows up.
    PageUp(usize),
    /// A page of so many rows down.
    PageDown(usize),
    /// Tab: to the right, then on to the next row; nothing after the last cell.
    Next,
    /// Shift + Tab.
    Previous,
}

/// Which rows a step counts: all of the view, or those that are drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Among {
    All,
    Drawn,
}

impl Layout {
    /// The first cell.
    #[must_use]
    pub fn first(&self) -> Option<Cell> {
        self.row_at(0).map(|row| Cell::new(row, Column::Name))
    }

    /// The cell to be on when the cursor was on `cell`: itself while it is drawn, else its nearest column, else its
    /// group's row, else the first cell.
    #[must_use]
    pub fn settle(&self, cell: Cell) -> Option<Cell> {
        [cell.row, Row::Group(cell.row.group())]
            .into_iter()
            .find(|row| self.is_drawn(*row))
            .and_then(|row| self.nearest(row, cell.column))
            .or_else(|| self.first())
    }

    /// The cell of a drawn member in a place or nearest to it, for a member who is not there any more.
    pub(crate) fn member_near(&self, gone: Cell, place: usize) -> Option<Cell> {
        let Row::Member(group, _) = gone.row else {
            return None;
        };
        let (first, end) = self.members()?;
        let last = self.drawn_before(end).checked_sub(1)?;
        let number = self
            .drawn_before(place)
            .clamp(self.drawn_before(first).min(last), last);
        let row = self.drawn_at(number)?;
        let is_beside = matches!(row, Row::Member(of, _) if of == group);
        if is_beside {
            self.nearest(row, gone.column)
        } else {
            None
        }
    }

    /// The cell a step leads to, among those that are drawn: the same one at an edge. `Next` after the last cell and
    /// `Previous` before the first lead out of the grid: nothing.
    #[must_use]
    pub fn step(&self, from: Cell, step: Move) -> Option<Cell> {
        self.walk(self.settle(from)?, step, Among::Drawn)
    }

    /// A step among all rows of the view, or among those that are drawn.
    pub(crate) fn walk(&self, from: Cell, step: Move, among: Among) -> Option<Cell> {
        let (at, count) = match among {
            Among::All => (self.place(from.row)?, self.len()),
            Among::Drawn => (self.drawn_of(from.row)?, self.drawn()),
        };
        let row_at = |number: usize| match among {
            Among::All => self.row_at(number),
            Among::Drawn => self.drawn_at(number),
        };
        let last = count.saturating_sub(1);
        // The first and the last row of what the cell is among, then of the whole grid.
        let edges = match (from.row, self.members()) {
            (Row::Member(..), Some((first, end))) if among == Among::All => (first, end.saturating_sub(1)),
            (Row::Member(..), Some((first, end))) => {
                (self.drawn_before(first), self.drawn_before(end).saturating_sub(1))
            }
            _ => (0, last),
        };
        let columns = self.columns(from.row);
        let place = columns.iter().position(|column| *column == from.column)?;
        let in_row = |place: usize| columns.get(place).map(|column| Cell::new(from.row, *column));
        let beside = |number: usize| self.nearest(row_at(number)?, from.column);
        match step {
            Move::Left => in_row(place.saturating_sub(1)),
            Move::Right => in_row(place.saturating_add(1)).or(Some(from)),
            Move::RowStart => in_row(0),
            Move::RowEnd => self.last_of(from.row),
            Move::Up => beside(at.saturating_sub(1)),
            Move::Down => beside(at.saturating_add(1).min(last)),
            Move::FirstRow => beside(if at > edges.0 { edges.0 } else { 0 }),
            Move::LastRow => beside(if at < edges.1 { edges.1 } else { last }),
            Move::PageUp(rows) => beside(at.saturating_sub(rows)),
            Move::PageDown(rows) => beside(at.saturating_add(rows).min(last)),
            Move::GridStart => self.first(),
            Move::GridEnd => self.last_of(row_at(last)?),
            Move::Next => in_row(place.saturating_add(1)).or_else(|| {
                let below = row_at(at.saturating_add(1))?;
                let first = self.columns(below).first();
                first.map(|column| Cell::new(below, *column))
            }),
            Move::Previous => match place.checked_sub(1) {
                Some(before) => in_row(before),
                None => self.last_of(row_at(at.checked_sub(1)?)?),
            },
        }
    }

    fn last_of(&self, row: Row) -> Option<Cell> {
        self.columns(row).last().map(|column| Cell::new(row, *column))
    }

    pub(crate) fn nearest(&self, row: Row, column: Column) -> Option<Cell> {
        self.columns(row)
            .iter()
            .min_by_key(|other| (**other != column, other.slot().abs_diff(column.slot())))
            .map(|column| Cell::new(row, *column))
    }
}
