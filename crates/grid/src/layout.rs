//! The visible order of rows and moving through it. Every cell can be reached, also those nobody may edit.
//!
//! Two counts run side by side: the *place* of a row in the order of the view, and the *line* among all that is drawn,
//! members' heading and foot included. Of a view that is shown in pages the rows on other pages have a place and no line:
//! the cursor moves among what is drawn, while a selection, a paste or a fill reaches over the whole view. Members are
//! held as ids alone, so a hundred thousand of them cost little and need not be loaded to be walked or pasted over.

use std::ops::Range;

use allowance_values::GroupId;

use crate::cell::{Cell, Column, Row};
use crate::expanded::Expanded;
use crate::order::sorted;

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
    /// The members' places among themselves, sorted by person.
    places: Vec<usize>,
}

impl Open {
    fn count(&self) -> usize {
        self.page.members.len()
    }

    fn shown(&self) -> usize {
        self.page.shown.len()
    }

    /// The heading is drawn only above somebody.
    fn heading(&self) -> usize {
        usize::from(!self.page.shown.is_empty())
    }

    /// The place of the first member.
    const fn first(&self) -> usize {
        self.at.saturating_add(1)
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
            let places = sorted(page.members.len(), &|one, other| {
                page.members.get(one).cmp(&page.members.get(other))
            });
            Some(Open {
                at,
                columns: page.columns(),
                page,
                places,
            })
        });
        Self { groups, open }
    }

    /// How many rows the view has.
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

    /// Whether the open group has members on other pages that are not in the layout.
    #[must_use]
    pub fn is_part(&self) -> bool {
        self.open.as_ref().is_some_and(|open| !open.page.is_whole)
    }

    /// The row in a place.
    #[must_use]
    pub fn row_at(&self, place: usize) -> Option<Row> {
        let Some((open, within)) = self.below(place) else {
            return self.groups.get(place).copied().map(Row::Group);
        };
        match open.page.members.get(within) {
            Some(person) => Some(Row::Member(open.page.group, *person)),
            None => {
                let group = self.groups.get(place.saturating_sub(open.count()));
                group.copied().map(Row::Group)
            }
        }
    }

    /// The open group, and how far below its first member a place is. Nothing for the places above.
    fn below(&self, place: usize) -> Option<(&Open, usize)> {
        let open = self.open.as_ref()?;
        Some((open, place.checked_sub(open.first())?))
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
                    .binary_search_by_key(&Some(&person), |place| open.page.members.get(*place))
                    .ok()?;
                let within = open.places.get(found)?;
                Some(open.first().saturating_add(*within))
            }
        }
    }

    /// The places of the members: the first one, and the one after the last.
    #[must_use]
    pub fn members(&self) -> Option<(usize, usize)> {
        let open = self.open.as_ref()?;
        Some((open.first(), open.first().saturating_add(open.count())))
    }

    /// Where what begins in a row ends: members are followed by members alone.
    #[must_use]
    pub fn end_from(&self, row: Row) -> usize {
        match row {
            Row::Member(..) => self.members().map_or(0, |(_, end)| end),
            Row::Group(_) => self.len(),
        }
    }

    /// How many rows are drawn.
    pub(crate) fn drawn(&self) -> usize {
        self.drawn_before(self.len())
    }

    /// How many rows are drawn above a place.
    pub(crate) fn drawn_before(&self, place: usize) -> usize {
        let Some((open, within)) = self.below(place) else {
            return place;
        };
        let Range { start, end } = open.page.shown;
        let past = within.saturating_sub(open.count());
        let members = within.clamp(start, end).saturating_sub(start);
        open.first().saturating_add(members).saturating_add(past)
    }

    /// The place of a row that is drawn, by its number among these.
    fn place_of_drawn(&self, number: usize) -> usize {
        let Some((open, within)) = self.below(number) else {
            return number;
        };
        let left_out = if within < open.shown() {
            open.page.shown.start
        } else {
            open.count().saturating_sub(open.shown())
        };
        number.saturating_add(left_out)
    }

    pub(crate) fn drawn_at(&self, number: usize) -> Option<Row> {
        self.row_at(self.place_of_drawn(number))
    }

    /// The number of a row among those that are drawn.
    pub(crate) fn drawn_of(&self, row: Row) -> Option<usize> {
        let place = self.place(row)?;
        let number = self.drawn_before(place);
        (self.place_of_drawn(number) == place).then_some(number)
    }

    /// Whether a row is on the page.
    #[must_use]
    pub fn is_drawn(&self, row: Row) -> bool {
        self.drawn_of(row).is_some()
    }

    /// The columns of a row.
    #[must_use]
    pub fn columns(&self, row: Row) -> &[Column] {
        match row {
            Row::Group(_) => Column::OF_GROUPS,
            Row::Member(..) => self.open.as_ref().map_or(&[], |open| &open.columns),
        }
    }

    /// The cell of a row in a slot.
    pub(crate) fn cell_in(&self, row: Row, slot: u8) -> Option<Cell> {
        let column = self.columns(row).iter().find(|column| column.slot() == slot);
        column.map(|column| Cell::new(row, *column))
    }

    /// How many lines are drawn.
    #[must_use]
    pub fn lines(&self) -> usize {
        let around = self
            .open
            .as_ref()
            .map_or(0, |open| open.heading().saturating_add(1));
        self.drawn().saturating_add(around)
    }

    /// What is drawn in a line.
    #[must_use]
    pub fn line_at(&self, line: usize) -> Option<Line> {
        let Some(open) = &self.open else {
            return self.row_at(line).map(Line::Row);
        };
        let first = open.first().saturating_add(open.heading());
        let foot = first.saturating_add(open.shown());
        let above = if line < open.first() {
            0
        } else if line < first {
            return Some(Line::Heading(open.page.group));
        } else if line < foot {
            open.heading()
        } else if line == foot {
            return Some(Line::Foot(open.page.group));
        } else {
            open.heading().saturating_add(1)
        };
        self.drawn_at(line.saturating_sub(above)).map(Line::Row)
    }

    /// The line in which a row is drawn.
    #[must_use]
    pub fn line_of(&self, row: Row) -> Option<usize> {
        let number = self.drawn_of(row)?;
        let Some(open) = &self.open else {
            return Some(number);
        };
        let past = match row {
            Row::Member(..) => open.heading(),
            Row::Group(_) if number > open.at => open.heading().saturating_add(1),
            Row::Group(_) => 0,
        };
        Some(number.saturating_add(past))
    }

    /// The lines of the open group's members with their heading and foot: the first, and the last.
    #[must_use]
    pub fn member_lines(&self) -> Option<(usize, usize)> {
        let open = self.open.as_ref()?;
        let foot = open
            .first()
            .saturating_add(open.heading())
            .saturating_add(open.shown());
        Some((open.first(), foot))
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
