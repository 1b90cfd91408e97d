//! The state of the grid: rows as read, the cursor, the one editor, unsaved edits, what was just said.

use std::collections::BTreeSet;

use crate::reactive::effect;
use allowance_api_types::Page;
use allowance_api_types::allocations::{
    BulkSaveBody, GroupRowView, GroupRowsView, MemberRowView, MembersQuery,
};
use allowance_api_types::credit_types::{CreditTypeView, Distribution};
use allowance_domain::allocations::{GroupFigures, MemberFigures};
use allowance_grid::{Cell, Column, Drafts, Expanded, Layout, Move, Row, Seen};
use allowance_values::{CreditTypeId, Credits, GroupId, PersonId};
use leptos::html;
use leptos::prelude::*;
use leptos::task::{spawn_local, tick};

use super::super::list_url::ListUrl;
use super::editing::Editing;
use super::model;
use crate::api;
use crate::format;
use crate::remote::Remote;
use crate::ui::Tone;

/// The group that is open.
pub(super) const GROUP: &str = "group";
/// Whose members are shown.
pub(super) const SEARCH: &str = "search";
/// How many members a page has.
pub(super) const ROWS: &str = "rows";
/// Whose details are open.
pub(super) const PERSON: &str = "person";
/// Which group's figures are explained.
pub(super) const EXPLAIN: &str = "explain";
/// How many members a page can have.
pub(super) const PAGE_SIZES: [u32; 3] = [25, 50, 100];

/// The page of members that is shown, with the group it belongs to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct MembersPage {
    pub(super) group: GroupId,
    /// The number of its first row.
    pub(super) first_row: u64,
    pub(super) page: Page<MemberRowView>,
}

/// Something said above the grid.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Said {
    pub(super) tone: Tone,
    pub(super) text: String,
}

/// The grid's state. Copy it wherever it is needed.
#[derive(Clone, Copy)]
pub(super) struct Sheet {
    pub(super) id: CreditTypeId,
    pub(super) decimals: u8,
    pub(super) is_pool: bool,
    pub(super) url: ListUrl,
    pub(super) groups: Remote<GroupRowsView>,
    pub(super) members: Remote<Option<MembersPage>>,
    /// The rows of groups as they are now; cells read them here, where nothing moves while a fetch runs.
    pub(super) rows: Memo<Option<GroupRowsView>>,
    /// The members that are shown: those of the group that is open, once they are there.
    pub(super) open: Memo<Option<MembersPage>>,
    pub(super) open_group: Memo<Option<GroupId>>,
    pub(super) layout: Memo<Layout>,
    pub(super) drafts: RwSignal<Drafts>,
    pub(super) cursor: RwSignal<Option<Cell>>,
    pub(super) editing: RwSignal<Option<Editing>>,
    pub(super) saving: RwSignal<BTreeSet<Row>>,
    pub(super) said: RwSignal<Option<Said>>,
    /// Heard, not seen: what a screen reader is told.
    pub(super) heard: RwSignal<String>,
    /// While one tabs from cell to cell, Tab goes on; anything else ends it and Tab leaves the grid.
    pub(super) is_tabbing: StoredValue<bool>,
    /// Which figure the open explanation was asked for.
    pub(super) explained: RwSignal<Option<Column>>,
    /// The bulk save sent last and its idempotency key, until it is answered.
    pub(super) last_bulk: StoredValue<Option<(BulkSaveBody, String)>>,
    pub(super) node: NodeRef<html::Table>,
}

impl Sheet {
    pub(super) fn new(
        url: ListUrl,
        credit_type: &CreditTypeView,
        refreshes: impl Fn() -> u32 + Copy + Send + Sync + 'static,
        drafts: Drafts,
    ) -> Self {
        let id = credit_type.id;
        let open_group = Memo::new(move |_| url.parsed::<GroupId>(GROUP));
        let groups = Remote::new(move || {
            let _times = refreshes();
            async move { api::allocations::groups(id).await }
        });
        let question = Memo::new(move |_| {
            let query = MembersQuery {
                search: url.get(SEARCH),
                cursor: url.cursor(),
                limit: Some(page_size(url)),
                ..MembersQuery::default()
            };
            open_group.get().map(|group| (group, url.first_row(), query))
        });
        let members = Remote::new(move || {
            let _times = refreshes();
            let question = question.get();
            async move {
                let Some((group, first_row, query)) = question else {
                    return Ok(None);
                };
                let page = api::allocations::members(id, group, &query).await?;
                Ok(Some(MembersPage {
                    group,
                    first_row,
                    page,
                }))
            }
        });
        let is_pool = credit_type.distribution == Distribution::SharedPool;
        let rows = Memo::new(move |_| groups.value());
        let open = Memo::new(move |_| {
            members
                .value()
                .flatten()
                .filter(|open| Some(open.group) == open_group.get())
        });
        let layout = Memo::new(move |_| {
            let ids: Vec<GroupId> = rows.with(|rows| {
                rows.iter()
                    .flat_map(|rows| &rows.items)
                    .map(|row| row.id)
                    .collect()
            });
            let expanded = open.with(|open| open.as_ref().map(|open| expanded(open, is_pool)));
            Layout::new(ids, expanded)
        });
        let sheet = Self {
            id,
            decimals: credit_type.decimals,
            is_pool,
            url,
            groups,
            members,
            rows,
            open,
            open_group,
            layout,
            drafts: RwSignal::new(drafts),
            cursor: RwSignal::new(None),
            editing: RwSignal::new(None),
            saving: RwSignal::default(),
            said: RwSignal::new(None),
            heard: RwSignal::default(),
            is_tabbing: StoredValue::new(false),
            explained: RwSignal::new(None),
            last_bulk: StoredValue::new(None),
            node: NodeRef::new(),
        };
        sheet.follow_rows();
        sheet
    }

    /// Fresh rows bring fresh figures to the drafts, and the cursor to where its row is now.
    fn follow_rows(self) {
        effect(move || {
            let groups = self.rows.get();
            let members = self.open.get();
            if self.drafts.with_untracked(Drafts::is_empty) {
                return;
            }
            self.drafts.update(|drafts| {
                for row in groups.iter().flat_map(|rows| &rows.items) {
                    drafts.refresh(Row::Group(row.id), model::seen_group(row).figures);
                }
                for row in members.iter().flat_map(|open| &open.page.items) {
                    drafts.refresh(
                        Row::Member(row.group_id, row.person.id),
                        model::seen_member(row).figures,
                    );
                }
            });
        });
        effect(move || {
            self.layout.with(|layout| {
                let before = self.cursor.get_untracked();
                let after = before.map_or_else(|| layout.first(), |cell| layout.settle(cell));
                if before != after {
                    self.cursor.set(after);
                }
            });
        });
    }

    pub(super) fn group(self, id: GroupId) -> Option<GroupRowView> {
        self.rows
            .with(|rows| rows.as_ref()?.items.iter().find(|row| row.id == id).cloned())
    }

    pub(super) fn member(self, id: PersonId) -> Option<MemberRowView> {
        self.open.with(|open| {
            open.as_ref()?
                .page
                .items
                .iter()
                .find(|row| row.person.id == id)
                .cloned()
        })
    }

    /// The row as it was read, when it is there.
    pub(super) fn seen(self, row: Row) -> Option<Seen> {
        match row {
            Row::Group(id) => self.group(id).as_ref().map(model::seen_group),
            Row::Member(_, id) => self.member(id).as_ref().map(model::seen_member),
        }
    }

    /// A group's figures with all unsaved edits; nothing when a sum does not fit.
    pub(super) fn group_after(self, row: &GroupRowView) -> Option<GroupFigures> {
        self.drafts
            .with(|drafts| drafts.group_after(row.id, model::group_figures(row)).ok())
    }

    /// A member's figures with the unsaved edits of the row.
    pub(super) fn member_after(self, row: &MemberRowView) -> MemberFigures {
        let key = Row::Member(row.group_id, row.person.id);
        self.drafts
            .with(|drafts| drafts.member_after(key, model::member_figures(row)))
    }

    pub(super) fn is_editable(self, cell: Cell) -> bool {
        let editable = match cell.row {
            Row::Group(id) => self.group(id).map(|row| row.editable),
            Row::Member(_, id) => self.member(id).map(|row| row.editable),
        };
        editable.is_some_and(|editable| model::is_editable(&editable, cell.column))
    }

    /// An amount as this credit type shows it.
    pub(super) fn amount(self, amount: Credits) -> String {
        format::credits_to(amount, self.decimals.max(2))
    }

    /// Opens or closes a group.
    pub(super) fn toggle(self, group: GroupId) {
        let is_open = self.open_group.get_untracked() == Some(group);
        let open = (!is_open).then(|| group.to_string());
        self.url.filter_all(&[(GROUP, open), (SEARCH, None)]);
    }

    /// Moves the cursor. False: the step leads out of the grid.
    pub(super) fn go(self, step: Move) -> bool {
        self.is_tabbing
            .set_value(matches!(step, Move::Next | Move::Previous));
        let Some(from) = self.cursor.get_untracked() else {
            return false;
        };
        let next = self.layout.with_untracked(|layout| layout.step(from, step));
        if let Some(cell) = next {
            self.cursor.set(Some(cell));
        }
        next.is_some()
    }

    /// Gives the grid the keyboard. It does so after the view has followed, so that a closing editor does not take it.
    pub(super) fn focus(self) {
        spawn_local(async move {
            tick().await;
            if let Some(Some(table)) = self.node.try_get_untracked() {
                let _is_focused = table.focus();
            }
        });
    }

    /// Takes over a group's row that an answer brought along.
    pub(super) fn put_group(self, row: &GroupRowView) {
        let Some(mut rows) = untrack(|| self.groups.value()) else {
            return;
        };
        for known in &mut rows.items {
            if known.id == row.id {
                known.clone_from(row);
            }
        }
        self.groups.put(rows);
    }

    /// Takes over a member's row that an answer brought along.
    pub(super) fn put_member(self, row: &MemberRowView) {
        let Some(Some(mut open)) = untrack(|| self.members.value()) else {
            return;
        };
        for known in &mut open.page.items {
            if known.person.id == row.person.id {
                known.clone_from(row);
            }
        }
        self.members.put(Some(open));
    }

    /// Says something above the grid; a screen reader hears it from there.
    pub(super) fn say(self, tone: Tone, text: impl Into<String>) {
        self.said.set(Some(Said {
            tone,
            text: text.into(),
        }));
    }

    /// The name of a cell: "Monthly for Terri".
    pub(super) fn cell_name(self, cell: Cell) -> String {
        let name = untrack(|| self.seen(cell.row))
            .map(|seen| seen.name)
            .unwrap_or_default();
        format!("{} for {name}", cell.column.label())
    }
}

/// How many members a page has.
pub(super) fn page_size(url: ListUrl) -> u32 {
    url.parsed(ROWS)
        .filter(|rows| PAGE_SIZES.contains(rows))
        .unwrap_or(PAGE_SIZES[0])
}

fn expanded(open: &MembersPage, is_pool: bool) -> Expanded {
    Expanded {
        group: open.group,
        members: open.page.items.iter().map(|row| row.person.id).collect(),
        before: open.first_row.saturating_sub(1),
        total: open
            .page
            .total
            .as_ref()
            .filter(|total| total.is_exact)
            .map(|total| total.count),
        has_carried: has_carried(open),
        is_pool,
    }
}

/// Whether somebody on the page carries something over.
pub(super) fn has_carried(open: &MembersPage) -> bool {
    open.page.items.iter().any(|row| !row.carried.is_zero())
}

/// The element of a cell, which the grid points at while it has the focus.
pub(super) fn cell_id(cell: Cell) -> String {
    let slot = cell.column.slot();
    match cell.row {
        Row::Group(id) => format!("{id}-{slot}"),
        Row::Member(_, id) => format!("{id}-{slot}"),
    }
}

/// The element that says why a row was not saved.
pub(super) fn trouble_id(row: Row) -> String {
    match row {
        Row::Group(id) => format!("{id}-trouble"),
        Row::Member(_, id) => format!("{id}-trouble"),
    }
}

/// Columns whose cells hold amounts.
pub(super) const fn is_figure(column: Column) -> bool {
    !matches!(column, Column::Name | Column::Members | Column::Actions)
}
