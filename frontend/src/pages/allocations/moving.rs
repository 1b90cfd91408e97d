//! Where the cursor is and what is selected around it: moving, selecting, going on inside a selection, staying where one
//! was when rows come, go or change their places.

use allowance_api_types::allocations::MemberRowView;
use allowance_grid::{Cell, Drafts, Layout, Move, Row, Selection};
use allowance_values::GroupId;
use leptos::prelude::*;
use leptos::task::{spawn_local, tick};
use web_sys::FocusOptions;

use super::columns;
use super::model;
use super::roster::ALL;
use super::sheet::{FILTER, GROUP, ROWS, SEARCH, SORT, Sheet};
use crate::reactive::effect;

impl Sheet {
    /// Fresh rows bring fresh figures to the drafts, and the selection to where its rows are now.
    pub(super) fn follow_rows(self) {
        effect(move || {
            let groups = self.rows.get();
            if self.drafts.with_untracked(Drafts::is_empty) {
                return;
            }
            self.drafts.update(|drafts| {
                for row in groups.iter().flat_map(|rows| &rows.items) {
                    drafts.refresh(Row::Group(row.id), model::seen_group(row).figures);
                }
            });
        });
        effect(move || {
            let widths = columns::of(self.url);
            if self.widths.with_untracked(|known| *known != widths) {
                self.widths.set(widths);
            }
        });
        effect(move || {
            // The rows of a page come with it.
            let open = self.open.get();
            let rows: Vec<MemberRowView> = self.known.with_untracked(|known| {
                let ids = open
                    .iter()
                    .filter(|open| !open.is_all)
                    .flat_map(|open| open.ids.iter());
                ids.filter_map(|id| known.get(*id).cloned()).collect()
            });
            self.refresh_drafts(&rows);
        });
        // Where the cursor's row was: there it stays when that row goes.
        let was_at = StoredValue::new(None);
        let cursor = Memo::new(move |_| self.selection.get().map(|selection| selection.cursor.row));
        effect(move || {
            self.layout.with(|layout| {
                let before = self.selection.get_untracked();
                let after = match before {
                    Some(selection) => selection.settle(layout, was_at.get_value()),
                    None => layout.first().map(Selection::at),
                };
                if before != after {
                    self.selection.set(after);
                }
                if let Some(cell) = self.wanted.get_value().filter(|cell| layout.is_drawn(cell.row)) {
                    self.wanted.set_value(None);
                    self.select(cell);
                    self.focus();
                }
                was_at.set_value(cursor.get().and_then(|row| layout.place(row)));
            });
        });
    }

    /// Where typing goes.
    pub(super) fn cursor(self) -> Option<Cell> {
        self.selection
            .with_untracked(|selection| selection.map(|selection| selection.cursor))
    }

    /// Puts the cursor into a cell and selects nothing else.
    pub(super) fn select(self, cell: Cell) {
        self.selection.set(Some(Selection::at(cell)));
    }

    /// Opens or closes a group.
    pub(super) fn toggle(self, group: GroupId) {
        let is_open = self.open_group.get_untracked() == Some(group);
        let open = (!is_open).then(|| group.to_string());
        self.url
            .filter_all(&[(GROUP, open), (SEARCH, None), (FILTER, None), (SORT, None)]);
        self.get_ready();
    }

    /// Moves the cursor. False: the step leads out of the grid.
    pub(super) fn go(self, step: Move) -> bool {
        self.is_tabbing
            .set_value(matches!(step, Move::Next | Move::Previous));
        let Some(from) = self.cursor() else {
            return false;
        };
        let next = self.layout.with_untracked(|layout| layout.step(from, step));
        if let Some(cell) = next {
            self.select(cell);
        }
        next.is_some()
    }

    /// Goes on to the next cell of the selection. False: one cell is selected.
    pub(super) fn go_round(self, step: Move) -> bool {
        let next = self.selection.get_untracked().and_then(|selection| {
            self.layout
                .with_untracked(|layout| selection.cycled(layout, step))
        });
        if next.is_some() {
            self.selection.set(next);
        }
        next.is_some()
    }

    /// Goes to the next row below the cursor that cannot be saved, around the end. One that is not on the page is shown
    /// among all members.
    pub(super) fn show_stuck(self) {
        let stuck: Vec<Cell> = self.drafts.with_untracked(|drafts| drafts.stuck().collect());
        let next = self.layout.with_untracked(|layout| {
            let here = self.cursor().and_then(|cell| layout.place(cell.row));
            let is_behind = |cell: &Cell| layout.place(cell.row) <= here;
            stuck
                .into_iter()
                .min_by_key(|cell| (is_behind(cell), layout.place(cell.row)))
        });
        let Some(cell) = next else { return };
        if self.layout.with_untracked(|layout| layout.is_drawn(cell.row)) {
            self.select(cell);
            return self.focus();
        }
        self.wanted.set_value(Some(cell));
        self.url.filter_all(&[
            (GROUP, Some(cell.row.group().to_string())),
            (ROWS, Some(ALL.to_owned())),
            (SEARCH, None),
            (FILTER, None),
        ]);
    }

    /// Changes what is selected around the cursor.
    pub(super) fn reselect(self, change: impl FnOnce(Selection, &Layout) -> Selection) {
        self.is_tabbing.set_value(false);
        if let Some(selection) = self.selection.get_untracked() {
            let after = self.layout.with_untracked(|layout| change(selection, layout));
            self.selection.set(Some(after));
        }
    }

    /// Selects much at once; the view stays where it is.
    pub(super) fn select_much(self, change: fn(Selection, &Layout) -> Selection) {
        self.whole(move || {
            self.reselect(|selection, layout| {
                let after = change(selection, layout);
                self.still.set_value(Some(after.corner()));
                after
            });
        });
    }

    /// Moves the corner of the selection. Where it leaves the page, it goes on in the whole view.
    pub(super) fn extend(self, step: Move) {
        let leaves = self.selection.get_untracked().is_some_and(|selection| {
            let to = self
                .layout
                .with_untracked(|layout| selection.extended(layout, step).corner().row);
            let is_far = matches!(step, Move::FirstRow | Move::LastRow);
            matches!(selection.corner().row, Row::Member(..)) && (is_far || matches!(to, Row::Group(_)))
        });
        let extend = move || self.reselect(|selection, layout| selection.extended(layout, step));
        if leaves {
            self.whole(extend);
        } else {
            extend();
        }
    }

    /// Gives the grid the keyboard. It does so after the view has followed, so that a closing editor does not take it.
    pub(super) fn focus(self) {
        spawn_local(async move {
            tick().await;
            if let Some(Some(table)) = self.node.try_get_untracked() {
                // Where to scroll is the cursor's affair.
                let options = FocusOptions::new();
                options.set_prevent_scroll(true);
                let _is_focused = table.focus_with_options(&options);
            }
        });
    }
}
