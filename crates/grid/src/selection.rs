//! What is selected: a cursor in a range of cells, by address. It stays where it was over a refetch, another order or a
//! row that is not loaded.

use crate::cell::{Cell, Column, Row};
use crate::layout::Layout;
use crate::walk::{Among, Move};

/// A cursor and the range around it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Selection {
    /// Where typing goes.
    pub cursor: Cell,
    /// The corner that stays.
    from: Cell,
    /// The corner that Shift moves.
    to: Cell,
}

/// A range in a layout: places of rows and slots of columns, both inclusive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Area {
    /// The first row's place.
    pub first_row: usize,
    /// The last row's place.
    pub last_row: usize,
    /// The first slot.
    pub first_slot: u8,
    /// The last slot.
    pub last_slot: u8,
}

impl Selection {
    /// One cell.
    #[must_use]
    pub const fn at(cell: Cell) -> Self {
        Self {
            cursor: cell,
            from: cell,
            to: cell,
        }
    }

    /// Whether it is one cell.
    #[must_use]
    pub fn is_single(&self) -> bool {
        self.from == self.to
    }

    /// From the corner that stays to another cell: Shift + click, a drag.
    #[must_use]
    pub const fn extended_to(self, to: Cell) -> Self {
        Self { to, ..self }
    }

    /// The corner that Shift moves.
    #[must_use]
    pub const fn corner(&self) -> Cell {
        self.to
    }

    /// Shift + a step, also to rows of the view that are not drawn.
    #[must_use]
    pub fn extended(self, layout: &Layout, step: Move) -> Self {
        let to = layout.walk(self.to, step, Among::All);
        to.map_or(self, |to| self.extended_to(to))
    }

    /// Enter and Tab inside a range: the cursor goes on to its next cell that is drawn, down a column or along a row,
    /// around the end. Nothing where one cell is selected, or for another step.
    #[must_use]
    pub fn cycled(self, layout: &Layout, step: Move) -> Option<Self> {
        let (is_along, is_forth) = match step {
            Move::Next => (true, true),
            Move::Previous => (true, false),
            Move::Down => (false, true),
            Move::Up => (false, false),
            _ => return None,
        };
        let area = self.area(layout).filter(|_| !self.is_single())?;
        let first = layout.drawn_before(area.first_row);
        let height = layout
            .drawn_before(area.last_row.saturating_add(1))
            .saturating_sub(first);
        let width = usize::from(area.last_slot.saturating_sub(area.first_slot)).saturating_add(1);
        let down = layout.drawn_of(self.cursor.row)?.checked_sub(first)?;
        let right = usize::from(self.cursor.column.slot().checked_sub(area.first_slot)?);
        // The cells are counted in the order of the walk; those that a row lacks are passed over.
        let count = width.saturating_mul(height);
        let (major, minor, run) = if is_along {
            (down, right, width)
        } else {
            (right, down, height)
        };
        let mut at = major.saturating_mul(run).saturating_add(minor);
        for _ in 0..count {
            at = match (is_forth, at) {
                (false, 0) => count.saturating_sub(1),
                (false, at) => at.saturating_sub(1),
                (true, at) => at.saturating_add(1).checked_rem(count)?,
            };
            let (major, minor) = (at.checked_div(run)?, at.checked_rem(run)?);
            let (down, right) = if is_along { (major, minor) } else { (minor, major) };
            let slot = area.first_slot.saturating_add(u8::try_from(right).ok()?);
            let row = layout.drawn_at(first.saturating_add(down))?;
            if let Some(cursor) = layout.cell_in(row, slot) {
                return Some(Self { cursor, ..self });
            }
        }
        None
    }

    /// Whole rows: Shift + Space.
    #[must_use]
    pub fn whole_rows(self, layout: &Layout) -> Self {
        let first = layout.nearest(self.from.row, Column::Name);
        let last = layout.nearest(self.to.row, Column::Actions);
        Self {
            from: first.unwrap_or(self.from),
            to: last.unwrap_or(self.to),
            ..self
        }
    }

    /// Whole columns: Ctrl + Space. From a member they are the columns of all members, else of the whole grid.
    #[must_use]
    pub fn whole_columns(self, layout: &Layout) -> Self {
        let places = match self.cursor.row {
            Row::Member(..) => layout.members(),
            Row::Group(_) => Some((0, layout.len())),
        };
        self.over(layout, places, (self.from.column, self.to.column))
    }

    /// All cells: Ctrl + A. From a member all members' cells; once these are selected, or from a group, the whole grid.
    #[must_use]
    pub fn all(self, layout: &Layout) -> Self {
        let ends = (Column::Name, Column::Actions);
        let members = self.over(layout, layout.members(), ends);
        match self.cursor.row {
            Row::Member(..) if members != self => members,
            _ => self.over(layout, Some((0, layout.len())), ends),
        }
    }

    fn over(self, layout: &Layout, places: Option<(usize, usize)>, columns: (Column, Column)) -> Self {
        let corner = |place: usize, column| layout.nearest(layout.row_at(place)?, column);
        let corners = places.and_then(|(first, end)| {
            let last = end.checked_sub(1)?;
            Some((corner(first, columns.0)?, corner(last, columns.1)?))
        });
        corners.map_or(self, |(from, to)| Self { from, to, ..self })
    }

    /// The same where its rows are now. Where the page with the cursor was turned, the cursor goes to the first drawn row
    /// of what is selected. Where a corner is gone, one cell is left; where the cursor's own row is gone, it is in the
    /// place where that was.
    #[must_use]
    pub fn settle(self, layout: &Layout, was_at: Option<usize>) -> Option<Self> {
        let is_gone = !layout.is_drawn(self.cursor.row);
        let beside = was_at
            .filter(|_| is_gone)
            .and_then(|place| layout.member_near(self.cursor, place));
        let cursor = beside.or_else(|| layout.settle(self.cursor))?;
        let is_there =
            |cell: Cell| layout.place(cell.row).is_some() && layout.columns(cell.row).contains(&cell.column);
        let area = self
            .area(layout)
            .filter(|_| is_there(self.from) && is_there(self.to));
        let Some(area) = area else {
            return Some(Self::at(cursor));
        };
        if cursor == self.cursor {
            return Some(self);
        }
        let first = layout.drawn_before(area.first_row);
        let within = (!self.is_single() && first < layout.drawn_before(area.last_row.saturating_add(1)))
            .then(|| layout.nearest(layout.drawn_at(first)?, self.cursor.column))
            .flatten();
        Some(within.map_or_else(|| Self::at(cursor), |cursor| Self { cursor, ..self }))
    }

    /// Where it is in a layout; nothing when its rows are not there.
    #[must_use]
    pub fn area(&self, layout: &Layout) -> Option<Area> {
        let rows = (layout.place(self.from.row)?, layout.place(self.to.row)?);
        let slots = (self.from.column.slot(), self.to.column.slot());
        Some(Area {
            first_row: rows.0.min(rows.1),
            last_row: rows.0.max(rows.1),
            first_slot: slots.0.min(slots.1),
            last_slot: slots.0.max(slots.1),
        })
    }
}

impl Area {
    /// How many rows.
    #[must_use]
    pub const fn height(&self) -> usize {
        self.last_row.saturating_sub(self.first_row).saturating_add(1)
    }

    /// Whether a column is in it.
    #[must_use]
    pub const fn has(&self, column: Column) -> bool {
        let slot = column.slot();
        self.first_slot <= slot && slot <= self.last_slot
    }

    /// Whether a row is in it.
    #[must_use]
    pub const fn has_place(&self, place: usize) -> bool {
        self.first_row <= place && place <= self.last_row
    }

    /// Its rows, top down.
    pub fn rows<'a>(&self, layout: &'a Layout) -> impl Iterator<Item = Row> + use<'a> {
        (self.first_row..=self.last_row).map_while(|place| layout.row_at(place))
    }

    /// Its cells of a row, left to right.
    pub fn cells_of<'a>(&self, layout: &'a Layout, row: Row) -> impl Iterator<Item = Cell> + use<'a> {
        let area = *self;
        let columns = layout.columns(row).iter();
        columns
            .filter(move |column| area.has(**column))
            .map(move |column| Cell::new(row, *column))
    }
}

#[cfg(test)]
#[path = "selection_tests.rs"]
mod tests;
