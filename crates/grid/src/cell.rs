//! Addresses of the grid: rows by the id of what they show, never by their place, so that a refetch, a filter or
//! another order leaves a cursor, a draft or a selection where it was.

use allowance_values::{GroupId, PersonId};
use serde::{Deserialize, Serialize};

/// A row by what it shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Row {
    /// A group.
    Group(GroupId),
    /// A member below the group.
    Member(GroupId, PersonId),
}

impl Row {
    /// The group the row is or stands in.
    #[must_use]
    pub const fn group(self) -> GroupId {
        match self {
            Self::Group(group) | Self::Member(group, _) => group,
        }
    }
}

/// A column of group rows, member rows or both.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Column {
    /// The group's or the member's name.
    Name,
    /// How many people are in the group.
    Members,
    /// The recurring allocation.
    Monthly,
    /// The cap of a member in a shared pool.
    Cap,
    /// One-off credits of this cycle.
    Extra,
    /// What the group gave people.
    Distributed,
    /// What came into the cycle already paid for.
    Carried,
    /// What was consumed.
    Used,
    /// What the group can still give.
    Available,
    /// What is reserved by open holds.
    Held,
    /// The reserve for automatic approval.
    AutoApprove,
    /// What the member has left.
    Remaining,
    /// Save, explain, grant and the like.
    Actions,
}

impl Column {
    /// Group rows, left to right.
    pub const OF_GROUPS: &'static [Self] = &[
        Self::Name,
        Self::Members,
        Self::Monthly,
        Self::Extra,
        Self::Distributed,
        Self::Used,
        Self::Available,
        Self::AutoApprove,
        Self::Actions,
    ];

    /// How many slots the grid has: its `aria-colcount`.
    pub const SLOTS: u8 = 9;

    /// Where the column stands, from 1: its `aria-colindex`. Group and member columns share slots, and Monthly, Extra
    /// and Used stand below themselves, so that moving up and down stays on the same kind of figure.
    #[must_use]
    pub const fn slot(self) -> u8 {
        match self {
            Self::Name => 1,
            Self::Members => 2,
            Self::Monthly | Self::Cap => 3,
            Self::Extra => 4,
            Self::Distributed | Self::Carried => 5,
            Self::Used => 6,
            Self::Available | Self::Held => 7,
            Self::AutoApprove | Self::Remaining => 8,
            Self::Actions => 9,
        }
    }

    /// The column's heading.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Name => "Name",
            Self::Members => "Members",
            Self::Monthly => "Monthly",
            Self::Cap => "Cap",
            Self::Extra => "Extra",
            Self::Distributed => "Distributed",
            Self::Carried => "Carried",
            Self::Used => "Used",
            Self::Available => "Available",
            Self::Held => "Held",
            Self::AutoApprove => "Auto-approve",
            Self::Remaining => "Remaining",
            Self::Actions => "Actions",
        }
    }
}

/// One cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Cell {
    /// The row.
    pub row: Row,
    /// The column.
    pub column: Column,
}

impl Cell {
    /// The cell of a row in a column.
    #[must_use]
    pub const fn new(row: Row, column: Column) -> Self {
        Self { row, column }
    }
}
