//! What the unsaved edits would change: the figures of members and groups, and what is unallocated.

use allowance_domain::allocations::{GroupFigures, MemberFigures, OutOfRange};
use allowance_values::{Credits, GroupId};

use crate::cell::{Column, Row};
use crate::drafts::{Drafts, RowDraft};
use crate::figures::{Figures, MemberChange, group_after};
use crate::typed::Typed;

impl Drafts {
    /// The figures of a member as they would be. Cells that cannot be read count as they are.
    #[must_use]
    pub fn member_after(&self, row: Row, now: MemberFigures) -> MemberFigures {
        match self.applied(
            row,
            Figures::Member {
                figures: now,
                cap: None,
            },
        ) {
            Figures::Member { figures, .. } => figures,
            Figures::Group(_) => now,
        }
    }

    /// The figures of a group as they would be with all its unsaved edits, its members' too, seen or not.
    ///
    /// # Errors
    /// [`OutOfRange`] when a sum does not fit.
    pub fn group_after(&self, group: GroupId, now: GroupFigures) -> Result<GroupFigures, OutOfRange> {
        let own = match self.applied(Row::Group(group), Figures::Group(now)) {
            Figures::Group(figures) => figures,
            Figures::Member { .. } => now,
        };
        let members = self
            .rows
            .iter()
            .filter(|(row, _)| matches!(row, Row::Member(of, _) if *of == group));
        group_after(own, members.map(|(row, draft)| self.change(*row, draft)))
    }

    /// Unallocated as it would be: less what the groups would hold more.
    ///
    /// # Errors
    /// [`OutOfRange`] when a sum does not fit.
    pub fn unallocated_after(&self, now: Credits) -> Result<Credits, OutOfRange> {
        let groups = self.rows.keys().filter(|row| matches!(row, Row::Group(_)));
        let growth: i128 = groups.map(|row| self.growth(*row)).sum();
        let after = i128::from(now.micros()).checked_sub(growth).ok_or(OutOfRange)?;
        i64::try_from(after)
            .map(Credits::from_micros)
            .map_err(|_| OutOfRange)
    }

    /// By how many micro-credits the row's Monthly + Extra would grow.
    pub(crate) fn growth(&self, row: Row) -> i128 {
        let Some(draft) = self.rows.get(&row) else {
            return 0;
        };
        let grown = |(column, typed): (Column, &Typed)| {
            let is_given = matches!(column, Column::Monthly | Column::Extra);
            let now = draft.latest.map_or(typed.was, |latest| latest.cell(column));
            let after = self
                .read(column, &typed.text)
                .ok()
                .flatten()
                .filter(|_| is_given)?;
            i128::from(after.micros()).checked_sub(i128::from(now.unwrap_or_default().micros()))
        };
        draft.cells.iter().filter_map(grown).sum()
    }

    /// What the member's edits change. Of a row that was not read since a reload only the edited cells are known; what of
    /// its use is covered then counts as unchanged.
    fn change(&self, row: Row, draft: &RowDraft) -> MemberChange {
        let known = draft.latest.unwrap_or_else(|| {
            let blank = Figures::Member {
                figures: MemberFigures::ZERO,
                cap: None,
            };
            draft
                .cells
                .iter()
                .fold(blank, |figures, (column, typed)| figures.with(column, typed.was))
        });
        let before = match known {
            Figures::Member { figures, .. } => figures,
            Figures::Group(_) => MemberFigures::ZERO,
        };
        MemberChange {
            before,
            after: self.member_after(row, before),
        }
    }

    fn applied(&self, row: Row, now: Figures) -> Figures {
        let readable = self
            .values(row)
            .filter_map(|(column, value)| Some((column, value.ok()?)));
        readable.fold(now, |figures, (column, value)| figures.with(column, value))
    }
}
