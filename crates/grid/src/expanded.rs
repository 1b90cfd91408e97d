//! The members of the open group, as the layout is told of them: of a page alone, or of the whole view.

use std::ops::Range;
use std::sync::Arc;

use allowance_values::{GroupId, PersonId};

use crate::cell::Column;

/// The members below the expanded group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expanded {
    /// Which group.
    pub group: GroupId,
    /// The members, in order, loaded or not.
    pub members: Arc<[PersonId]>,
    /// Which of them are drawn.
    pub shown: Range<usize>,
    /// Whether these are all members of the view.
    pub is_whole: bool,
    /// How many members of the view stand before these.
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

/// The order of a whole view, with a page of it as it is seen. Where somebody changed something between the two readings,
/// the page stays as it is seen and the others stand around it, everybody once.
#[must_use]
pub fn around(order: &Arc<[PersonId]>, page: &[PersonId], before: usize) -> (Arc<[PersonId]>, Range<usize>) {
    let end = before.saturating_add(page.len());
    if order.get(before..end) == Some(page) {
        return (Arc::clone(order), before..end);
    }
    let mut others: Vec<PersonId> = order.iter().copied().filter(|id| !page.contains(id)).collect();
    let before = before.min(others.len());
    others.splice(before..before, page.iter().copied());
    (others.into(), before..before.saturating_add(page.len()))
}
