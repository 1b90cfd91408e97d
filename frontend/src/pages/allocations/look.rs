//! What rows look like: plain values, computed once per change of the row, so that only what differs is drawn.

use allowance_api_types::allocations::{GroupRowView, MemberRowView};
use allowance_api_types::people::PersonStatus;
use allowance_grid::{Cell, Column, Row, Trouble};
use allowance_values::{Credits, GroupId, PersonId};
use leptos::prelude::*;

use super::model;
use super::mouse::Drag;
use super::sheet::{Sheet, is_figure};
use super::strip;

/// A row but for what is selected in it.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Look {
    pub(super) head: Head,
    pub(super) figures: Vec<Figure>,
    pub(super) is_unsaved: bool,
    pub(super) is_saving: bool,
}

/// What stands in the first cell.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Head {
    Group {
        name: String,
        members: u64,
        is_default: bool,
        is_open: bool,
        colour: &'static str,
    },
    Member {
        name: String,
        email: String,
        status: PersonStatus,
    },
    /// Not read yet.
    Waiting,
    /// In another group by now.
    Gone,
}

/// A cell with a figure.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Figure {
    pub(super) column: Column,
    pub(super) text: String,
    /// Below zero, or nothing left.
    pub(super) is_bad: bool,
    /// Nothing, so it need not be read.
    pub(super) is_quiet: bool,
    pub(super) beside: Beside,
    pub(super) is_editable: bool,
    pub(super) is_unsaved: bool,
    /// It cannot be read, or was refused.
    pub(super) is_wrong: bool,
}

/// What a cell says besides its figure.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Beside {
    Nothing,
    Note(String),
    /// How many thousandths are used, and whether that is all.
    Use(i64, bool),
}

/// What is selected in a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Marks {
    /// The cursor's column.
    pub(super) here: Option<Column>,
    /// The first and the last selected slot.
    pub(super) slots: Option<(u8, u8)>,
    /// Where the square hangs by which one fills.
    pub(super) handle: Option<Column>,
    /// Whether a fill that is being dragged goes over the row.
    pub(super) is_filled: bool,
    pub(super) editing: Option<Column>,
}

impl Marks {
    pub(super) fn is_selected(self, column: Column) -> bool {
        let slot = column.slot();
        self.slots
            .is_some_and(|(first, last)| first <= slot && slot <= last)
    }
}

impl Figure {
    fn amount(sheet: Sheet, column: Column, amount: Option<Credits>) -> Self {
        Self {
            column,
            text: amount.map_or_else(|| "—".to_owned(), |amount| sheet.amount(amount)),
            is_bad: amount.is_some_and(Credits::is_negative),
            is_quiet: amount.is_none_or(Credits::is_zero),
            beside: Beside::Nothing,
            is_editable: false,
            is_unsaved: false,
            is_wrong: false,
        }
    }

    fn word(sheet: Sheet, column: Column, word: &str) -> Self {
        Self {
            text: word.to_owned(),
            ..Self::amount(sheet, column, None)
        }
    }

    /// With what was typed and what the viewer may do.
    fn with_typed(mut self, sheet: Sheet, row: Row) -> Self {
        let cell = Cell::new(row, self.column);
        self.is_editable = sheet.may_edit(cell) == Some(true);
        sheet.drafts.with(|drafts| {
            self.is_wrong = match drafts.trouble(row) {
                Some(Trouble::Refused { column, .. }) => *column == self.column,
                Some(Trouble::Conflict { .. }) => drafts.text(cell).is_some(),
                None => false,
            };
            match drafts.value(cell) {
                None => {}
                Some(Ok(Some(amount))) => {
                    let typed = Self::amount(sheet, self.column, Some(amount));
                    (self.text, self.is_bad, self.is_quiet) = (typed.text, typed.is_bad, typed.is_quiet);
                    self.is_unsaved = true;
                }
                Some(Ok(None)) => {
                    (self.text, self.is_bad, self.is_quiet) = ("none".to_owned(), false, true);
                    self.is_unsaved = true;
                }
                // Text that cannot be read stands as it was typed.
                Some(Err(_)) => {
                    drafts.text(cell).unwrap_or_default().clone_into(&mut self.text);
                    (self.is_bad, self.is_quiet, self.is_wrong, self.is_unsaved) = (false, false, true, true);
                }
            }
        });
        self
    }
}

impl Sheet {
    /// What a row looks like.
    pub(super) fn look(self, row: Row) -> Look {
        let (head, figures) = match row {
            Row::Group(id) => match self.group(id) {
                Some(row) => (self.group_head(&row), self.group_figures(&row)),
                None => (Head::Waiting, Vec::new()),
            },
            Row::Member(_, id) => match self.member(id) {
                Some(row) => (member_head(&row), self.member_figures(&row)),
                None => (self.missing(id), self.no_figures(row)),
            },
        };
        let figures = figures.into_iter().map(|figure| {
            if matches!(head, Head::Waiting | Head::Gone) {
                figure
            } else {
                figure.with_typed(self, row)
            }
        });
        Look {
            figures: figures.collect(),
            head,
            is_unsaved: self.drafts.with(|drafts| drafts.is_unsaved(row)),
            is_saving: self.saving.with(|saving| saving.contains(&row)),
        }
    }

    /// What is selected in a row.
    pub(super) fn marks(self, row: Row) -> Marks {
        let editing = self
            .editing
            .with(|editing| editing.as_ref().map(|editing| editing.cell))
            .filter(|cell| cell.row == row)
            .map(|cell| cell.column);
        let cursor = self.selection.get().map(|selection| selection.cursor);
        let here = cursor.filter(|cell| cell.row == row).map(|cell| cell.column);
        let place = self.layout.with(|layout| layout.place(row));
        let (Some(range), Some(place)) = (self.range.get(), place) else {
            return Marks {
                here,
                editing,
                ..Marks::default()
            };
        };
        let is_in = range.has_place(place);
        let handle = || {
            self.layout.with(|layout| {
                let mut columns = layout.columns(row).iter().copied();
                columns.rfind(|column| range.has(*column) && is_figure(*column))
            })
        };
        let is_filled = match self.drag.get() {
            Some(Drag::Fill { to }) => {
                (range.last_row < place && place <= to) || (to <= place && place < range.first_row)
            }
            _ => false,
        };
        Marks {
            here,
            slots: (is_in || is_filled).then_some((range.first_slot, range.last_slot)),
            handle: if place == range.last_row && self.editing.with(Option::is_none) {
                handle()
            } else {
                None
            },
            is_filled,
            editing,
        }
    }

    fn group_head(self, row: &GroupRowView) -> Head {
        let place = self
            .rows
            .with(|rows| rows.as_ref()?.items.iter().position(|known| known.id == row.id));
        Head::Group {
            name: row.name.clone(),
            members: row.member_count,
            is_default: row.is_default,
            is_open: self.open_group.get() == Some(row.id),
            colour: strip::group_colour(place.unwrap_or(0), row.is_default),
        }
    }

    fn group_figures(self, row: &GroupRowView) -> Vec<Figure> {
        let after = self.group_after(row);
        let figure = |column| Figure::amount(self, column, model::group_cell(row, after, column));
        let left = after.and_then(|after| after.reserve_left().ok());
        let reserve = if row.auto_approve_reserve.is_zero() {
            Figure::word(self, Column::AutoApprove, "Off")
        } else {
            Figure {
                beside: left.map_or(Beside::Nothing, |left| {
                    Beside::Note(format!("{} left", self.amount(left)))
                }),
                ..figure(Column::AutoApprove)
            }
        };
        let mut figures: Vec<Figure> = [
            Column::Monthly,
            Column::Extra,
            Column::Distributed,
            Column::Used,
            Column::Available,
        ]
        .map(figure)
        .into();
        figures.push(reserve);
        figures
    }

    fn member_figures(self, row: &MemberRowView) -> Vec<Figure> {
        let after = self.member_after(row);
        let columns = self.member_columns(row.group_id, row.person.id);
        let one = |column: Column| {
            let amount = model::member_cell(row, after, column, self.is_pool);
            let figure = Figure::amount(self, column, amount);
            match column {
                Column::Cap if row.cap.is_none() => Figure::word(self, column, "none"),
                Column::Used => {
                    let (share, is_all) = model::use_of(after);
                    Figure {
                        beside: Beside::Use(share, is_all),
                        ..figure
                    }
                }
                Column::Remaining => {
                    // Nothing left of something is worth the red; nothing of nothing is not.
                    let has_had_any = !(row.used.is_zero() && row.held.is_zero());
                    let is_spent = has_had_any && amount.is_some_and(Credits::is_zero);
                    Figure {
                        is_bad: figure.is_bad || is_spent,
                        is_quiet: figure.is_quiet && !is_spent,
                        ..figure
                    }
                }
                _ => figure,
            }
        };
        columns.into_iter().map(one).collect()
    }

    fn member_columns(self, group: GroupId, person: PersonId) -> Vec<Column> {
        self.layout.with(|layout| {
            let columns = layout.columns(Row::Member(group, person)).iter().copied();
            columns.filter(|column| is_figure(*column)).collect()
        })
    }

    fn no_figures(self, row: Row) -> Vec<Figure> {
        let Row::Member(group, person) = row else {
            return Vec::new();
        };
        let columns = self.member_columns(group, person);
        columns
            .into_iter()
            .map(|column| Figure::word(self, column, ""))
            .collect()
    }

    fn missing(self, person: PersonId) -> Head {
        if self.known.with(|known| known.is_gone(person)) {
            Head::Gone
        } else {
            Head::Waiting
        }
    }
}

fn member_head(row: &MemberRowView) -> Head {
    Head::Member {
        name: row.person.display_name.clone(),
        email: row.person.email.to_string(),
        status: row.status,
    }
}
