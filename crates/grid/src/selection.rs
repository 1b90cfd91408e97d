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
mod tests {
    use allowance_values::{GroupId, PersonId};
    use proptest::prelude::*;
    use uuid::Uuid;

    use super::*;
    use crate::expanded::Expanded;

    fn group(number: u128) -> GroupId {
        GroupId::new(Uuid::from_u128(number))
    }

    fn person(number: u128) -> PersonId {
        PersonId::new(Uuid::from_u128(number))
    }

    fn layout(members: u128) -> Layout {
        paged(members, 0..usize::try_from(members).unwrap())
    }

    fn paged(members: u128, shown: std::ops::Range<usize>) -> Layout {
        let page = Expanded {
            group: group(1),
            members: (100..100 + members).map(person).collect(),
            shown,
            is_whole: true,
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
        let up = down.extended(&layout, Move::FirstRow);
        let area = up.area(&layout).unwrap();
        assert_eq!((area.first_row, area.last_row), (2, 3));
        let area = up.extended(&layout, Move::FirstRow).area(&layout).unwrap();
        assert_eq!((area.first_row, area.last_row), (0, 3));
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
        assert_eq!(range.settle(&whole, None), Some(range));
        let fewer = layout(3);
        assert_eq!(
            range.settle(&fewer, None),
            Some(Selection::at(member(101, Column::Monthly)))
        );
        let none = layout(0);
        let at_group = Cell::new(Row::Group(group(1)), Column::Monthly);
        assert_eq!(range.settle(&none, Some(3)), Some(Selection::at(at_group)));
    }

    #[test]
    fn where_the_row_of_the_cursor_is_gone_it_stays_in_its_place() {
        let fewer = layout(3);
        let gone = Selection::at(member(109, Column::Extra));
        let at = |number| Some(Selection::at(member(number, Column::Extra)));
        assert_eq!(gone.settle(&fewer, Some(3)), at(101));
        // It was the last one.
        assert_eq!(gone.settle(&fewer, Some(9)), at(102));
        assert_eq!(gone.settle(&fewer, Some(0)), at(100));
    }

    #[test]
    fn over_pages_a_selection_reaches_and_stays() {
        let first = paged(290, 0..25);
        let start = Selection::at(member(103, Column::Monthly));
        let all = start.whole_columns(&first);
        assert_eq!(all.area(&first).unwrap().height(), 290);
        let down = start.extended(&first, Move::LastRow);
        assert_eq!(down.area(&first).unwrap().height(), 287);
        assert_eq!(
            start
                .extended(&first, Move::PageDown(40))
                .area(&first)
                .unwrap()
                .height(),
            41
        );
        // The page is turned: the selection stays, and the cursor is where one can type.
        let second = paged(290, 25..50);
        let turned = all.settle(&second, Some(5)).unwrap();
        assert_eq!(turned.area(&second), all.area(&first));
        assert_eq!(turned.cursor, member(125, Column::Monthly));
    }

    #[test]
    fn enter_and_tab_go_round_in_the_selection() {
        let layout = layout(4);
        let range = Selection::at(member(101, Column::Monthly)).extended_to(member(102, Column::Extra));
        let cells = [
            (101, Column::Monthly),
            (101, Column::Extra),
            (102, Column::Monthly),
            (102, Column::Extra),
        ];
        let walk = |step, order: [usize; 4]| {
            let mut at = range;
            for next in order {
                at = at.cycled(&layout, step).unwrap();
                assert_eq!(at.cursor, member(cells[next].0, cells[next].1), "{step:?}");
                assert_eq!(at.area(&layout), range.area(&layout));
            }
        };
        walk(Move::Next, [1, 2, 3, 0]);
        walk(Move::Previous, [3, 2, 1, 0]);
        walk(Move::Down, [2, 1, 3, 0]);
        walk(Move::Up, [3, 1, 2, 0]);
        assert_eq!(range.cycled(&layout, Move::Left), None);
        assert_eq!(
            Selection::at(member(101, Column::Monthly)).cycled(&layout, Move::Next),
            None
        );
    }

    proptest! {
        /// Every drawn cell of a range once, and back to the start; no other.
        #[test]
        fn a_round_visits_the_drawn_cells_of_a_range(
            from in 0_usize..13, to in 0_usize..13, left in 0_usize..7, right in 0_usize..7,
            one in 0_usize..10, other in 0_usize..10, step in 0_usize..4
        ) {
            let layout = paged(10, one.min(other)..one.max(other));
            let cell = |place: usize, column: usize| {
                let row = layout.row_at(place).unwrap();
                Cell::new(row, layout.columns(row)[column])
            };
            let range = Selection::at(cell(from, left)).extended_to(cell(to, right));
            prop_assume!(layout.is_drawn(range.cursor.row) && !range.is_single());
            let step = [Move::Next, Move::Previous, Move::Down, Move::Up][step];
            let area = range.area(&layout).unwrap();
            let mut cells: Vec<Cell> = area.rows(&layout).filter(|row| layout.is_drawn(*row))
                .flat_map(|row| area.cells_of(&layout, row)).collect();
            let mut visited: Vec<Cell> = std::iter::successors(range.cycled(&layout, step), |at| at.cycled(&layout, step))
                .map(|at| at.cursor).take(cells.len()).collect();
            prop_assert_eq!(visited.last(), Some(&range.cursor));
            visited.sort();
            cells.sort();
            prop_assert_eq!(visited, cells);
        }

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
                    let is_in = area.has_place(place) && area.has(*column);
                    prop_assert_eq!(is_in, listed.contains(&Cell::new(row, *column)));
                    held += usize::from(is_in);
                }
            }
            prop_assert_eq!(held, listed.len());
        }
    }
}
