//! What the figures of a row would be after an edit.

use allowance_domain::allocations::{GroupFigures, MemberFigures, OutOfRange};
use allowance_values::Credits;

use crate::cell::Column;

/// The figures of a row as they were last read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Figures {
    /// Of a group.
    Group(GroupFigures),
    /// Of a member.
    Member {
        /// The figures.
        figures: MemberFigures,
        /// The cap in a shared pool.
        cap: Option<Credits>,
    },
}

impl Figures {
    /// What stands in a cell that can be edited; nothing in the others and in a cap that is not set.
    #[must_use]
    pub const fn cell(&self, column: Column) -> Option<Credits> {
        match (self, column) {
            (Self::Group(group), Column::Monthly) => Some(group.monthly),
            (Self::Group(group), Column::Extra) => Some(group.extra),
            (Self::Group(group), Column::AutoApprove) => Some(group.reserve),
            (Self::Member { figures, .. }, Column::Monthly) => Some(figures.monthly),
            (Self::Member { figures, .. }, Column::Extra) => Some(figures.extra),
            (Self::Member { cap, .. }, Column::Cap) => *cap,
            _ => None,
        }
    }

    /// The figures with another value in a cell. A blank is nothing.
    #[must_use]
    pub fn with(mut self, column: Column, value: Option<Credits>) -> Self {
        let amount = value.unwrap_or(Credits::ZERO);
        match (&mut self, column) {
            (Self::Group(group), Column::Monthly) => group.monthly = amount,
            (Self::Group(group), Column::Extra) => group.extra = amount,
            (Self::Group(group), Column::AutoApprove) => group.reserve = amount,
            (Self::Member { figures, .. }, Column::Monthly) => figures.monthly = amount,
            (Self::Member { figures, .. }, Column::Extra) => figures.extra = amount,
            (Self::Member { cap, .. }, Column::Cap) => *cap = value,
            _ => {}
        }
        self
    }
}

/// A member before and after an edit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MemberChange {
    /// As the figures are.
    pub before: MemberFigures,
    /// As they would be.
    pub after: MemberFigures,
}

/// A group's figures after the edits of its members: what they are given more is distributed, and what it covers of
/// their overage is no longer uncovered.
///
/// # Errors
/// [`OutOfRange`] when a sum does not fit.
pub fn group_after(
    group: GroupFigures,
    changes: impl IntoIterator<Item = MemberChange>,
) -> Result<GroupFigures, OutOfRange> {
    changes
        .into_iter()
        .try_fold(group, |group, MemberChange { before, after }| {
            let distributed = sum(
                [group.distributed, after.monthly, after.extra],
                [before.monthly, before.extra],
            )?;
            let uncovered = sum(
                [group.uncovered, after.overage()?, Credits::ZERO],
                [before.overage()?, Credits::ZERO],
            )?;
            Ok(GroupFigures {
                distributed,
                uncovered,
                ..group
            })
        })
}

fn sum(plus: [Credits; 3], minus: [Credits; 2]) -> Result<Credits, OutOfRange> {
    let total = |parts: &[Credits]| parts.iter().map(|part| i128::from(part.micros())).sum::<i128>();
    let sum = total(&plus).checked_sub(total(&minus)).ok_or(OutOfRange)?;
    i64::try_from(sum)
        .map(Credits::from_micros)
        .map_err(|_| OutOfRange)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn credits(units: i64) -> Credits {
        Credits::from_micros(units * 1_000_000)
    }

    fn amount() -> impl Strategy<Value = Credits> {
        (0_i64..1_000_000_000_000).prop_map(Credits::from_micros)
    }

    fn member() -> impl Strategy<Value = MemberFigures> {
        (amount(), amount(), amount(), amount(), amount()).prop_map(
            |(monthly, extra, carried, used, held)| MemberFigures {
                monthly,
                extra,
                carried,
                used,
                held,
            },
        )
    }

    /// A group as it follows from its members: the definitions of Distributed and uncovered.
    fn group_of(members: &[MemberFigures], monthly: Credits) -> GroupFigures {
        let add = |a: Credits, b: Credits| a.checked_add(b).unwrap();
        let given = members
            .iter()
            .map(|m| add(m.monthly, m.extra))
            .fold(Credits::ZERO, add);
        let uncovered = members
            .iter()
            .map(|m| m.overage().unwrap())
            .fold(Credits::ZERO, add);
        GroupFigures {
            monthly,
            distributed: given,
            uncovered,
            ..GroupFigures::default()
        }
    }

    proptest! {
        #[test]
        fn the_preview_is_what_the_figures_will_be(
            before in prop::collection::vec(member(), 1..8), after in prop::collection::vec((amount(), amount()), 8),
            monthly in amount(),
        ) {
            let edited: Vec<MemberFigures> = before
                .iter()
                .zip(after)
                .map(|(before, (monthly, extra))| MemberFigures { monthly, extra, ..*before })
                .collect();
            let changes = before.iter().zip(&edited).map(|(before, after)| MemberChange { before: *before, after: *after });
            let preview = group_after(group_of(&before, monthly), changes).unwrap();
            prop_assert_eq!(preview, group_of(&edited, monthly));
            prop_assert_eq!(preview.available(), group_of(&edited, monthly).available());
        }

        #[test]
        fn an_edit_back_changes_nothing(before in member(), monthly in amount(), group in amount()) {
            let edited = MemberFigures { monthly, ..before };
            let start = group_of(&[before], group);
            let there_and_back =
                [MemberChange { before, after: edited }, MemberChange { before: edited, after: before }];
            prop_assert_eq!(group_after(start, there_and_back).unwrap(), start);
        }

        #[test]
        fn a_cell_reads_what_was_written(value in amount()) {
            let group = Figures::Group(GroupFigures::default());
            let member = Figures::Member { figures: MemberFigures::ZERO, cap: None };
            for (figures, column) in [
                (group, Column::Monthly), (group, Column::Extra), (group, Column::AutoApprove),
                (member, Column::Monthly), (member, Column::Extra), (member, Column::Cap),
            ] {
                prop_assert_eq!(figures.with(column, Some(value)).cell(column), Some(value));
            }
            prop_assert_eq!(group.with(Column::Used, Some(value)), group);
        }
    }

    /// The sketch: Engineering has 1,880 available; raising Roberto from 500 to 620 leaves 1,760.
    #[test]
    fn the_sketch_adds_up() {
        let group = GroupFigures {
            monthly: credits(34_000),
            extra: credits(1_200),
            distributed: credits(32_680),
            reserve: credits(1_000),
            reserve_given: credits(360),
            ..GroupFigures::default()
        };
        assert_eq!(group.available(), Ok(credits(1_880)));
        let before = MemberFigures {
            monthly: credits(500),
            used: credits(468),
            held: credits(20),
            ..MemberFigures::ZERO
        };
        let after = MemberFigures {
            monthly: credits(620),
            ..before
        };
        let changed = group_after(group, [MemberChange { before, after }]).unwrap();
        assert_eq!(
            (changed.distributed, changed.available()),
            (credits(32_800), Ok(credits(1_760)))
        );
    }

    /// Cutting below what was used turns the difference into uncovered use: Available does not rise by it.
    #[test]
    fn a_cut_below_what_was_used_frees_only_the_unused() {
        let before = MemberFigures {
            monthly: credits(500),
            used: credits(450),
            ..MemberFigures::ZERO
        };
        let group = group_of(&[before], credits(1_000));
        assert_eq!(group.available(), Ok(credits(500)));
        let after = MemberFigures {
            monthly: credits(100),
            ..before
        };
        let changed = group_after(group, [MemberChange { before, after }]).unwrap();
        assert_eq!(
            (changed.uncovered, changed.available()),
            (credits(350), Ok(credits(550)))
        );
    }
}
