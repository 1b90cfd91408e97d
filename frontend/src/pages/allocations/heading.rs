//! A column's heading: its name, by which the rows are sorted, and the edge by which it is made wider. The order of the
//! groups and that of the members are both in the address.

use allowance_grid::{Cell, Column, Row};
use leptos::prelude::*;

use super::columns;
use super::sheet::{GROUPS, SORT, Sheet};

const DESCENDING: &str = "_descending";

/// Which table a heading belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Table {
    Groups,
    Members,
}

impl Table {
    /// Its order's name in the address.
    const fn order(self) -> &'static str {
        match self {
            Self::Groups => GROUPS,
            Self::Members => SORT,
        }
    }

    /// The word for the order by a column.
    const fn word(self, column: Column) -> Option<&'static str> {
        Some(match (self, column) {
            (_, Column::Name) => "name",
            (_, Column::Monthly | Column::Cap) => "monthly",
            (_, Column::Extra) => "extra",
            (_, Column::Used) => "used",
            (_, Column::Remaining) => "remaining",
            (Self::Groups, Column::Members) => "members",
            (Self::Groups, Column::Distributed) => "distributed",
            (Self::Groups, Column::Available) => "available",
            (Self::Groups, Column::AutoApprove) => "auto_approve",
            _ => return None,
        })
    }

    const fn label(self, column: Column) -> &'static str {
        match (self, column) {
            (Self::Groups, Column::Name) => "Group",
            (Self::Members, Column::Name) => "Member",
            (_, column) => column.label(),
        }
    }
}

/// An order in the address: its word, and whether the largest come first.
pub(super) fn parts_of(order: &str) -> (&str, bool) {
    match order.strip_suffix(DESCENDING) {
        Some(word) => (word, true),
        None => (order, false),
    }
}

/// Sorts by a column, upwards or downwards.
fn sort(sheet: Sheet, table: Table, word: &str, is_up: bool) {
    let order = if is_up { "" } else { DESCENDING };
    let order = Some(format!("{word}{order}"));
    match table {
        Table::Groups => sheet.url.note(GROUPS, order),
        Table::Members => sheet.url.filter(SORT, order),
    }
    sheet.focus();
}

/// Sorts the table in which a cell is by its column.
pub(super) fn sort_by(sheet: Sheet, cell: Cell, is_up: bool) {
    let table = match cell.row {
        Row::Group(_) => Table::Groups,
        Row::Member(..) => Table::Members,
    };
    if let Some(word) = table.word(cell.column) {
        sort(sheet, table, word, is_up);
        let way = if is_up { "ascending" } else { "descending" };
        sheet
            .heard
            .set(format!("Sorted by {}, {way}", table.label(cell.column)));
    }
}

/// The heading of a column that begins in a slot and spans so many.
pub(super) fn heading(sheet: Sheet, table: Table, column: Column, first: u8, span: u8) -> AnyView {
    let span = (span > 1).then(|| span.to_string());
    let label = table.label(column);
    let word = table.word(column);
    let sorted = move || {
        let word = word?;
        let order = sheet.url.get(table.order()).unwrap_or_else(|| "name".to_owned());
        Some(match parts_of(&order) {
            (by, _) if by != word => "none",
            (_, true) => "descending",
            (_, false) => "ascending",
        })
    };
    let content = match word {
        None => label.into_any(),
        Some(word) => {
            // Figures begin with the largest; the next click turns the order round.
            let turn = move |_| {
                let is_up = match untrack(sorted) {
                    Some("ascending") => false,
                    Some("descending") => true,
                    _ => column == Column::Name,
                };
                sort(sheet, table, word, is_up);
            };
            view! {
                <button type="button" tabindex="-1" class="sorts" on:click=turn>
                    {label}
                    <span class="sort-mark" aria-hidden="true"></span>
                </button>
            }
            .into_any()
        }
    };
    let is_top = table == Table::Groups;
    let grip = (is_top && column != Column::Actions).then(|| columns::grip(column));
    let width = move || {
        if is_top {
            columns::width(sheet, column)
        } else {
            String::new()
        }
    };
    view! {
        <th
            role="columnheader"
            scope="col"
            class:first=column == Column::Name
            aria-colindex=first.to_string()
            aria-colspan=span.clone()
            colspan=span
            aria-sort=sorted
            style:width=width
        >
            {content}
            {grip}
        </th>
    }
    .into_any()
}
