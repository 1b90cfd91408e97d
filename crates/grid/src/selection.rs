//! What is selected: a cursor in a range of cells, by address. It stays where it was over a refetch, another order or a
//! row that is not loaded.

use crate::cell::{Cell, Column, Row};
use crate::layout::{Layout, Move};

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

    /// Shift + a step.
    #[must_use]
    pub fn extended(self, layout: &Layout, step: Move) -> Self {
        layout.step(self.to, step).map_or(self, |to| self.extended_to(to))
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

    /// The same where its rows are now; one cell when a corner is gone.
    #[must_use]
    pub fn settle(self, layout: &Layout) -> Option<Self> {
        let cursor = layout.settle(self.cursor)?;
        let is_there = |cell: Cell| layout.settle(cell) == Some(cell);
        if cursor == self.cursor && is_there(self.from) && is_there(self.to) {
            Some(self)
        } else {
            Some(Self::at(cursor))
        }
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

    /// Whether a row's cell is in it.
    #[must_use]
    pub const fn contains(&self, place: usize, column: Column) -> bool {
        self.first_row <= place && place <= self.last_row && self.has(column)
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
mod tests {
    use allowance_values::{GroupId, PersonId};
    use proptest::prelude::*;
    use uuid::Uuid;

    use super::*;
    use crate::layout::Expanded;

    fn group(number: u128) -> GroupId {
        GroupId::new(Uuid::from_u128(number))
    }

    fn person(number: u128) -> PersonId {
        PersonId::new(Uuid::from_u128(number))
    }

    fn layout(members: u128) -> Layout {
        let page = Expanded {
            group: group(1),
            members: (100..100 + members).map(person).collect(),
            before: 0,
            total: Some(u64::try_from(members).unwrap()),
            has_carried: false,
            is_pool: false,
        };
        Layout::new((0..3).map(group).collect(), Some(page))
    }

    fn member(number: u128, column: Column) -> Cell {
        Cell::new(Row::Member(group(1), person(number)), column)
    }

    #[test]
    fn shift_and_a_step_move_one_corner_only() {
        let layout = layout(5);
        let start = Selection::at(member(101, Column::Monthly));
        let down = start.extended(&layout, Move::Down).extended(&layout, Move::Down);
        assert_eq!(down.cursor, start.cursor);
        let area = down.extended(&layout, Move::Right).area(&layout).unwrap();
        assert_eq!((area.height(), area.first_slot, area.last_slot), (3, 3, 4));
        // Back over the start, the range is on its other side.
        let up = down.extended(&layout, Move::FirstRow).area(&layout).unwrap();
        assert_eq!((up.first_row, up.last_row), (0, 3));
    }

    #[test]
    fn everything_is_selected_without_a_row_being_loaded() {
        let layout = layout(100_000);
        let start = Selection::at(member(50_000, Column::Monthly));
        let column = start.whole_columns(&layout).area(&layout).unwrap();
        assert_eq!(
            (column.height(), column.first_slot, column.last_slot),
            (100_000, 3, 3)
        );
        let members = start.all(&layout);
        assert_eq!(members.area(&layout).unwrap().height(), 100_000);
        let grid = members.all(&layout).area(&layout).unwrap();
        assert_eq!((grid.height(), grid.first_slot, grid.last_slot), (100_003, 1, 9));
        let row = start.whole_rows(&layout).area(&layout).unwrap();
        assert_eq!((row.height(), row.first_slot, row.last_slot), (1, 1, 9));
        assert_eq!(members.cursor, start.cursor);
    }

    #[test]
    fn a_selection_whose_corner_is_gone_is_its_cursor() {
        let whole = layout(5);
        let range = Selection::at(member(101, Column::Monthly)).extended_to(member(104, Column::Extra));
        assert_eq!(range.settle(&whole), Some(range));
        let fewer = layout(3);
        assert_eq!(
            range.settle(&fewer),
            Some(Selection::at(member(101, Column::Monthly)))
        );
        let none = layout(0);
        let at_group = Cell::new(Row::Group(group(1)), Column::Monthly);
        assert_eq!(range.settle(&none), Some(Selection::at(at_group)));
    }

    proptest! {
        #[test]
        fn an_area_has_exactly_the_cells_it_lists(
            from in 0_usize..13, to in 0_usize..13, left in 0_usize..7, right in 0_usize..7
        ) {
            let layout = layout(10);
            let cell = |place: usize, column: usize| {
                let row = layout.row_at(place).unwrap();
                Cell::new(row, layout.columns(row)[column])
            };
            let range = Selection::at(cell(from, left)).extended_to(cell(to, right));
            let area = range.area(&layout).unwrap();
            let listed: Vec<Cell> = area.rows(&layout).flat_map(|row| area.cells_of(&layout, row)).collect();
            let mut held = 0;
            for place in 0..layout.len() {
                let row = layout.row_at(place).unwrap();
                for column in layout.columns(row) {
                    let is_in = area.contains(place, *column);
                    prop_assert_eq!(is_in, listed.contains(&Cell::new(row, *column)));
                    held += usize::from(is_in);
                }
            }
            prop_assert_eq!(held, listed.len());
        }
    }
}
