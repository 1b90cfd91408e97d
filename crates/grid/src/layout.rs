//! The visible order of rows and moving through it. Every cell can be reached, also those nobody may edit.

use allowance_values::{GroupId, PersonId};

use crate::cell::{Cell, Column, Row};

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
    /// Ctrl + Up.
    FirstRow,
    /// Ctrl + Down.
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

/// The page of members below the expanded group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expanded {
    /// Which group.
    pub group: GroupId,
    /// The members of the page, in order.
    pub members: Vec<PersonId>,
    /// How many members stand on the pages before.
    pub before: u64,
    /// How many there are in all, where that is known exactly.
    pub total: Option<u64>,
    /// Whether somebody on the page carries something: the column is shown only then.
    pub has_carried: bool,
    /// Whether members have caps in place of Monthly.
    pub is_pool: bool,
}

impl Expanded {
    /// Member rows, left to right.
    #[must_use]
    pub fn columns(&self) -> Vec<Column> {
        let mut columns = vec![
            Column::Name,
            if self.is_pool {
                Column::Cap
            } else {
                Column::Monthly
            },
            Column::Extra,
        ];
        if self.has_carried {
            columns.push(Column::Carried);
        }
        columns.extend([Column::Used, Column::Held, Column::Remaining, Column::Actions]);
        columns
    }
}

/// Rows in the order in which they are seen.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Layout {
    rows: Vec<Line>,
    row_count: Option<u64>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Line {
    row: Row,
    columns: Vec<Column>,
    aria_index: u64,
}

/// The grid's own heading is row 1.
const HEADING: u64 = 1;
/// The members' heading above and the pager below them.
const AROUND_MEMBERS: u64 = 2;

impl Layout {
    /// Lays out groups with the members of the expanded one below it.
    #[must_use]
    pub fn new(groups: &[GroupId], expanded: Option<&Expanded>) -> Self {
        let mut rows = Vec::new();
        let mut next = HEADING.saturating_add(1);
        let mut is_counted = true;
        for group in groups {
            rows.push(Line {
                row: Row::Group(*group),
                columns: Column::OF_GROUPS.to_vec(),
                aria_index: next,
            });
            next = next.saturating_add(1);
            let Some(page) = expanded.filter(|page| page.group == *group) else {
                continue;
            };
            let columns = page.columns();
            let first = next.saturating_add(1).saturating_add(page.before);
            let mut after = first;
            for person in &page.members {
                rows.push(Line {
                    row: Row::Member(*group, *person),
                    columns: columns.clone(),
                    aria_index: after,
                });
                after = after.saturating_add(1);
            }
            is_counted = page.total.is_some();
            let shown = after.saturating_sub(next).saturating_sub(1);
            next = next
                .saturating_add(page.total.unwrap_or(shown).max(shown))
                .saturating_add(AROUND_MEMBERS);
        }
        Self {
            rows,
            row_count: is_counted.then(|| next.saturating_sub(1)),
        }
    }

    /// All rows there are, headings and unseen pages included, where that is known: `aria-rowcount`.
    #[must_use]
    pub const fn row_count(&self) -> Option<u64> {
        self.row_count
    }

    /// Where a row stands among all, from 1: `aria-rowindex`.
    #[must_use]
    pub fn row_index(&self, row: Row) -> Option<u64> {
        self.line(row).map(|line| line.aria_index)
    }

    /// The first cell.
    #[must_use]
    pub fn first(&self) -> Option<Cell> {
        self.rows.first().map(|line| Cell::new(line.row, Column::Name))
    }

    /// The cell to be on when the cursor was on `cell`: itself while it is there, else its nearest column, else its
    /// group's row, else the first cell.
    #[must_use]
    pub fn settle(&self, cell: Cell) -> Option<Cell> {
        [cell.row, Row::Group(cell.row.group())]
            .into_iter()
            .find_map(|row| self.line(row))
            .and_then(|line| line.nearest(cell.column))
            .or_else(|| self.first())
    }

    /// The cell a step leads to: the same one at an edge. `Next` after the last cell and `Previous` before the first
    /// lead out of the grid: nothing.
    #[must_use]
    pub fn step(&self, from: Cell, step: Move) -> Option<Cell> {
        let from = self.settle(from)?;
        let at = self.rows.iter().position(|line| line.row == from.row)?;
        let line = self.rows.get(at)?;
        let place = line.columns.iter().position(|column| *column == from.column)?;
        let last = self.rows.len().saturating_sub(1);
        match step {
            Move::Left => line.cell_at(place.saturating_sub(1)),
            Move::Right => line.cell_at(place.saturating_add(1)).or(Some(from)),
            Move::RowStart => line.cell_at(0),
            Move::RowEnd => line.last(),
            Move::Up => self.beside(at.saturating_sub(1), from),
            Move::Down => self.beside(at.saturating_add(1).min(last), from),
            Move::FirstRow => self.beside(0, from),
            Move::LastRow => self.beside(last, from),
            Move::PageUp(rows) => self.beside(at.saturating_sub(rows), from),
            Move::PageDown(rows) => self.beside(at.saturating_add(rows).min(last), from),
            Move::GridStart => self.first(),
            Move::GridEnd => self.rows.last().and_then(Line::last),
            Move::Next => line.cell_at(place.saturating_add(1)).or_else(|| {
                self.rows
                    .get(at.saturating_add(1))
                    .and_then(|line| line.cell_at(0))
            }),
            Move::Previous => match place.checked_sub(1) {
                Some(before) => line.cell_at(before),
                None => self.rows.get(at.checked_sub(1)?).and_then(Line::last),
            },
        }
    }

    fn line(&self, row: Row) -> Option<&Line> {
        self.rows.iter().find(|line| line.row == row)
    }

    fn beside(&self, at: usize, from: Cell) -> Option<Cell> {
        self.rows.get(at).and_then(|line| line.nearest(from.column))
    }
}

impl Line {
    fn cell_at(&self, place: usize) -> Option<Cell> {
        self.columns.get(place).map(|column| Cell::new(self.row, *column))
    }

    fn last(&self) -> Option<Cell> {
        self.columns.last().map(|column| Cell::new(self.row, *column))
    }

    fn nearest(&self, column: Column) -> Option<Cell> {
        self.columns
            .iter()
            .min_by_key(|other| (**other != column, other.slot().abs_diff(column.slot())))
            .map(|column| Cell::new(self.row, *column))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;
    use uuid::Uuid;

    use super::*;

    fn group(number: u128) -> GroupId {
        GroupId::new(Uuid::from_u128(number))
    }

    fn person(number: u128) -> PersonId {
        PersonId::new(Uuid::from_u128(number))
    }

    fn page(of: u128, members: u128) -> Expanded {
        Expanded {
            group: group(of),
            members: (100..100 + members).map(person).collect(),
            before: 25,
            total: Some(290),
            has_carried: false,
            is_pool: false,
        }
    }

    fn layouts() -> impl Strategy<Value = Layout> {
        (1_u128..8, 0_u128..9, 0_u128..30, any::<bool>(), any::<bool>()).prop_map(
            |(groups, open, members, has_carried, is_pool)| {
                let page = Expanded {
                    has_carried,
                    is_pool,
                    ..page(open, members)
                };
                Layout::new(&(0..groups).map(group).collect::<Vec<_>>(), Some(&page))
            },
        )
    }

    fn walk(layout: &Layout, start: Cell, step: Move) -> Vec<Cell> {
        std::iter::successors(Some(start), |cell| layout.step(*cell, step))
            .take(10_000)
            .collect()
    }

    proptest! {
        #[test]
        fn tab_visits_every_cell_once_and_shift_tab_walks_back(layout in layouts()) {
            let forth = walk(&layout, layout.first().unwrap(), Move::Next);
            let cells: usize = layout.rows.iter().map(|line| line.columns.len()).sum();
            prop_assert_eq!(forth.len(), cells);
            prop_assert_eq!(forth.iter().collect::<BTreeSet<_>>().len(), cells);
            let mut back = walk(&layout, *forth.last().unwrap(), Move::Previous);
            back.reverse();
            prop_assert_eq!(back, forth);
        }

        #[test]
        fn no_step_leaves_the_grid(layout in layouts(), steps in prop::collection::vec(0_usize..12, 0..60)) {
            let mut cell = layout.first().unwrap();
            for step in steps {
                let step = [
                    Move::Left, Move::Right, Move::Up, Move::Down, Move::RowStart, Move::RowEnd, Move::FirstRow,
                    Move::LastRow, Move::GridStart, Move::GridEnd, Move::PageUp(10), Move::PageDown(10),
                ][step];
                cell = layout.step(cell, step).unwrap();
                prop_assert_eq!(layout.settle(cell), Some(cell));
            }
        }

        #[test]
        fn rows_are_numbered_upwards_within_the_count(layout in layouts()) {
            let numbers: Vec<u64> = layout.rows.iter().map(|line| line.aria_index).collect();
            prop_assert!(numbers.windows(2).all(|pair| pair[0] < pair[1]));
            prop_assert!(numbers.last() <= layout.row_count().as_ref());
        }
    }

    #[test]
    fn moving_down_stays_on_the_same_kind_of_figure() {
        let layout = Layout::new(&[group(1), group(2)], Some(&page(1, 2)));
        let member = Row::Member(group(1), person(100));
        for column in [Column::Monthly, Column::Extra, Column::Used, Column::Actions] {
            let from = Cell::new(Row::Group(group(1)), column);
            assert_eq!(layout.step(from, Move::Down), Some(Cell::new(member, column)));
        }
        let below = layout.step(
            Cell::new(Row::Member(group(1), person(101)), Column::Remaining),
            Move::Down,
        );
        assert_eq!(below, Some(Cell::new(Row::Group(group(2)), Column::AutoApprove)));
    }

    #[test]
    fn rows_are_numbered_over_all_pages() {
        let layout = Layout::new(&[group(1), group(2)], Some(&page(1, 3)));
        // Heading 1, group 2, members' heading 3, 25 unseen members 4–28, then the page.
        assert_eq!(layout.row_index(Row::Member(group(1), person(100))), Some(29));
        // 290 members and their pager later comes the next group, which is also the last row.
        assert_eq!(layout.row_index(Row::Group(group(2))), Some(3 + 290 + 2));
        assert_eq!(layout.row_count(), Some(3 + 290 + 2));
        let uncounted = Expanded {
            total: None,
            ..page(1, 3)
        };
        assert_eq!(Layout::new(&[group(1)], Some(&uncounted)).row_count(), None);
    }

    #[test]
    fn a_cursor_whose_row_is_gone_goes_to_its_group() {
        let layout = Layout::new(&[group(1), group(2)], None);
        let gone = Cell::new(Row::Member(group(2), person(100)), Column::Extra);
        assert_eq!(
            layout.settle(gone),
            Some(Cell::new(Row::Group(group(2)), Column::Extra))
        );
        let deleted = Cell::new(Row::Group(group(9)), Column::Extra);
        assert_eq!(
            layout.settle(deleted),
            Some(Cell::new(Row::Group(group(1)), Column::Name))
        );
        assert_eq!(Layout::default().settle(deleted), None);
    }
}
