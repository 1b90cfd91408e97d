//! The visible order of rows and moving through it. Every cell can be reached, also those nobody may edit.
//!
//! Two counts run side by side: the *place* of a row among those one can move through, and the *line* among all that is
//! drawn, members' heading and foot included. Members are held as ids alone, so a hundred thousand of them cost little and
//! need not be loaded to be walked, selected or pasted over.

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

/// The members below the expanded group: a page of them, or all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expanded {
    /// Which group.
    pub group: GroupId,
    /// The members, in order, loaded or not.
    pub members: Vec<PersonId>,
    /// How many members stand on the pages before.
    pub before: u64,
    /// How many there are in all, where that is known exactly.
    pub total: Option<u64>,
    /// Whether somebody carries something: the column is shown only then.
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

/// What is drawn in a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Line {
    /// A row of figures.
    Row(Row),
    /// The members' heading.
    Heading(GroupId),
    /// What stands below the members: their pager, or why there are none.
    Foot(GroupId),
}

/// Rows in the order in which they are seen.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Layout {
    groups: Vec<GroupId>,
    open: Option<Open>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Open {
    /// Where the open group stands among the groups.
    at: usize,
    page: Expanded,
    columns: Vec<Column>,
    /// Where each member stands among the members; sorted by person.
    places: Vec<(PersonId, usize)>,
}

impl Open {
    fn count(&self) -> usize {
        self.page.members.len()
    }

    /// The heading is drawn only above somebody.
    fn heading(&self) -> usize {
        usize::from(!self.page.members.is_empty())
    }
}

/// The grid's own heading is row 1.
const HEADING: u64 = 1;
/// The members' heading above and the foot below them.
const AROUND_MEMBERS: u64 = 2;

impl Layout {
    /// Lays out groups with the members of the expanded one below it.
    #[must_use]
    pub fn new(groups: Vec<GroupId>, expanded: Option<Expanded>) -> Self {
        let open = expanded.and_then(|page| {
            let at = groups.iter().position(|group| *group == page.group)?;
            let mut places: Vec<(PersonId, usize)> = page.members.iter().copied().zip(0..).collect();
            places.sort_unstable();
            Some(Open {
                at,
                columns: page.columns(),
                page,
                places,
            })
        });
        Self { groups, open }
    }

    /// How many rows one can move through.
    #[must_use]
    pub fn len(&self) -> usize {
        self.groups
            .len()
            .saturating_add(self.open.as_ref().map_or(0, Open::count))
    }

    /// Whether there is no row.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.groups.is_empty()
    }

    /// The row in a place.
    #[must_use]
    pub fn row_at(&self, place: usize) -> Option<Row> {
        let Some(open) = &self.open else {
            return self.groups.get(place).copied().map(Row::Group);
        };
        let Some(past) = place.checked_sub(open.at.saturating_add(1)) else {
            return self.groups.get(place).copied().map(Row::Group);
        };
        match open.page.members.get(past) {
            Some(person) => Some(Row::Member(open.page.group, *person)),
            None => {
                let group = self.groups.get(place.saturating_sub(open.count()));
                group.copied().map(Row::Group)
            }
        }
    }

    /// The place of a row.
    #[must_use]
    pub fn place(&self, row: Row) -> Option<usize> {
        let open = self.open.as_ref();
        match row {
            Row::Group(group) => {
                let at = self.groups.iter().position(|known| *known == group)?;
                let past = open.filter(|open| at > open.at).map_or(0, Open::count);
                Some(at.saturating_add(past))
            }
            Row::Member(group, person) => {
                let open = open.filter(|open| open.page.group == group)?;
                let found = open
                    .places
                    .binary_search_by_key(&person, |(known, _)| *known)
                    .ok()?;
                let (_, within) = open.places.get(found)?;
                Some(open.at.saturating_add(1).saturating_add(*within))
            }
        }
    }

    /// The places of the members that are shown: the first one and the one after the last.
    #[must_use]
    pub fn members(&self) -> Option<(usize, usize)> {
        let open = self.open.as_ref()?;
        let first = open.at.saturating_add(1);
        Some((first, first.saturating_add(open.count())))
    }

    /// The columns of a row.
    #[must_use]
    pub fn columns(&self, row: Row) -> &[Column] {
        match row {
            Row::Group(_) => Column::OF_GROUPS,
            Row::Member(..) => self.open.as_ref().map_or(&[], |open| &open.columns),
        }
    }

    /// How many lines are drawn.
    #[must_use]
    pub fn lines(&self) -> usize {
        let around = self
            .open
            .as_ref()
            .map_or(0, |open| open.heading().saturating_add(1));
        self.len().saturating_add(around)
    }

    /// What is drawn in a line.
    #[must_use]
    pub fn line_at(&self, line: usize) -> Option<Line> {
        let Some(open) = &self.open else {
            return self.row_at(line).map(Line::Row);
        };
        let heading = open.at.saturating_add(1);
        let first = heading.saturating_add(open.heading());
        let foot = first.saturating_add(open.count());
        if line < heading {
            self.row_at(line).map(Line::Row)
        } else if line < first {
            Some(Line::Heading(open.page.group))
        } else if line < foot {
            self.row_at(line.saturating_sub(open.heading())).map(Line::Row)
        } else if line == foot {
            Some(Line::Foot(open.page.group))
        } else {
            let before = open.heading().saturating_add(1);
            self.row_at(line.saturating_sub(before)).map(Line::Row)
        }
    }

    /// The line in which a row is drawn.
    #[must_use]
    pub fn line_of(&self, row: Row) -> Option<usize> {
        let place = self.place(row)?;
        let Some(open) = &self.open else {
            return Some(place);
        };
        let past = match row {
            Row::Member(..) => open.heading(),
            Row::Group(_) if place > open.at => open.heading().saturating_add(1),
            Row::Group(_) => 0,
        };
        Some(place.saturating_add(past))
    }

    /// All rows there are, headings and unseen pages included, where that is known: `aria-rowcount`.
    #[must_use]
    pub fn row_count(&self) -> Option<u64> {
        let around = match &self.open {
            Some(open) => {
                open.page.total?;
                open.all().saturating_add(AROUND_MEMBERS)
            }
            None => 0,
        };
        Some(
            HEADING
                .saturating_add(count(self.groups.len()))
                .saturating_add(around),
        )
    }

    /// Where a row stands among all, from 1: `aria-rowindex`.
    #[must_use]
    pub fn row_index(&self, row: Row) -> Option<u64> {
        let place = self.place(row)?;
        let index = HEADING.saturating_add(1).saturating_add(count(place));
        let Some(open) = self.open.as_ref().filter(|open| place > open.at) else {
            return Some(index);
        };
        Some(match row {
            Row::Member(..) => index.saturating_add(1).saturating_add(open.page.before),
            Row::Group(_) => index
                .saturating_sub(count(open.count()))
                .saturating_add(open.all())
                .saturating_add(AROUND_MEMBERS),
        })
    }

    /// The first cell.
    #[must_use]
    pub fn first(&self) -> Option<Cell> {
        self.row_at(0).map(|row| Cell::new(row, Column::Name))
    }

    /// The cell to be on when the cursor was on `cell`: itself while it is there, else its nearest column, else its
    /// group's row, else the first cell.
    #[must_use]
    pub fn settle(&self, cell: Cell) -> Option<Cell> {
        [cell.row, Row::Group(cell.row.group())]
            .into_iter()
            .find(|row| self.place(*row).is_some())
            .and_then(|row| self.nearest(row, cell.column))
            .or_else(|| self.first())
    }

    /// The cell a step leads to: the same one at an edge. `Next` after the last cell and `Previous` before the first
    /// lead out of the grid: nothing.
    #[must_use]
    pub fn step(&self, from: Cell, step: Move) -> Option<Cell> {
        let from = self.settle(from)?;
        let at = self.place(from.row)?;
        let columns = self.columns(from.row);
        let place = columns.iter().position(|column| *column == from.column)?;
        let last = self.len().saturating_sub(1);
        let in_row = |place: usize| columns.get(place).map(|column| Cell::new(from.row, *column));
        let beside = |at: usize| self.nearest(self.row_at(at)?, from.column);
        match step {
            Move::Left => in_row(place.saturating_sub(1)),
            Move::Right => in_row(place.saturating_add(1)).or(Some(from)),
            Move::RowStart => in_row(0),
            Move::RowEnd => self.last_of(from.row),
            Move::Up => beside(at.saturating_sub(1)),
            Move::Down => beside(at.saturating_add(1).min(last)),
            Move::FirstRow => beside(0),
            Move::LastRow => beside(last),
            Move::PageUp(rows) => beside(at.saturating_sub(rows)),
            Move::PageDown(rows) => beside(at.saturating_add(rows).min(last)),
            Move::GridStart => self.first(),
            Move::GridEnd => self.last_of(self.row_at(last)?),
            Move::Next => in_row(place.saturating_add(1)).or_else(|| {
                let below = self.row_at(at.saturating_add(1))?;
                self.columns(below)
                    .first()
                    .map(|column| Cell::new(below, *column))
            }),
            Move::Previous => match place.checked_sub(1) {
                Some(before) => in_row(before),
                None => self.last_of(self.row_at(at.checked_sub(1)?)?),
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

impl Open {
    /// How many members there are in all, as far as that is known.
    fn all(&self) -> u64 {
        let shown = self.page.before.saturating_add(count(self.count()));
        self.page.total.unwrap_or(shown).max(shown)
    }
}

fn count(number: usize) -> u64 {
    u64::try_from(number).unwrap_or(u64::MAX)
}

#[cfg(test)]
#[path = "layout_tests.rs"]
mod tests;
