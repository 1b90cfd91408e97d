//! Opening a cycle: what it costs depends on the groups, never on the people.

use allowance_values::{Credits, Timestamp};

use super::book::{Book, ClosedCycle, CycleState};
use super::crossing::rolled_over;
use super::movement::{Account, EntryKind, Movement};
use super::posting::Posting;
use crate::allocations::{CycleFigures, GroupFigures, Refusal};
use crate::credit_types::Distribution;

/// From when to when a cycle runs, half-open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CycleSpan {
    /// When it begins.
    pub starts_at: Timestamp,
    /// When it ends.
    pub ends_at: Timestamp,
}

/// The cycle to open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OpenCycle {
    /// Its number, above all numbers before it.
    pub number: i64,
    /// From when to when.
    pub span: CycleSpan,
    /// Whether opening it may be undone.
    pub may_be_undone: bool,
}

/// Closes the open cycle and opens the next. Every group of the organisation must be loaded; members need not be.
///
/// # Errors
/// [`Refusal::AmountOutOfRange`] when a sum does not fit.
pub fn open_cycle(book: &mut Book, next: OpenCycle) -> Result<Vec<Movement>, Refusal> {
    let ended = ClosedCycle {
        number: book.cycle.number,
        ends_at: book.cycle.ends_at.min(next.span.starts_at),
        rollover: book.terms.rollover,
        distribution: book.terms.distribution,
        is_remembered: next.may_be_undone,
    };
    book.closed.push(ended);
    let limit = book.terms.limit;
    let number = next.number;
    book.cycle = CycleState {
        number,
        starts_at: next.span.starts_at,
        ends_at: next.span.ends_at,
        figures: CycleFigures {
            limit,
            ..CycleFigures::default()
        },
    };
    let rollover = book.terms.rollover;
    let is_pool = book.terms.distribution == Distribution::SharedPool;
    let mut posting = Posting::new(book);
    posting.record(
        number,
        EntryKind::Opening,
        Account::Limit,
        Account::Unallocated,
        limit,
    );
    let groups: Vec<_> = posting.book.groups.keys().copied().collect();
    for id in groups {
        let group = posting.group_mut(id)?;
        let unused = group.figures.available()?.positive_part();
        let standing = group.standing;
        group.figures = GroupFigures {
            distributed: if is_pool {
                Credits::ZERO
            } else {
                standing.members_monthly
            },
            reserve: standing.reserve,
            ..GroupFigures::default()
        };
        posting.post(
            EntryKind::GroupMonthly,
            Account::Unallocated,
            Account::Group(id),
            standing.monthly,
            None,
        )?;
        posting.record(
            number,
            EntryKind::Reserve,
            Account::Group(id),
            Account::Reserve(id),
            standing.reserve,
        );
        if is_pool {
            let carried = rolled_over(rollover, unused)?;
            posting.post(
                EntryKind::CarryIn,
                Account::Carried,
                Account::Group(id),
                carried,
                None,
            )?;
        }
    }
    Ok(posting.into_movements())
}
