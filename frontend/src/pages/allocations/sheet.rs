//! The state of the grid: rows as read, what is selected, the one editor, unsaved edits, what was just said.

use std::collections::BTreeSet;

use allowance_api_types::allocations::{BulkSaveBody, GroupRowView, GroupRowsView, MemberRowView};
use allowance_api_types::credit_types::{CreditTypeView, Distribution};
use allowance_api_types::live::Area;
use allowance_domain::allocations::{GroupFigures, MemberFigures};
use allowance_grid::{Area as Range, Cell, Column, Drafts, History, Layout, Row, Seen, Selection, Target};
use allowance_values::{CreditTypeId, Credits, GroupId, PersonId};
use leptos::html;
use leptos::prelude::*;

use super::super::list_url::ListUrl;
use super::bulk::Opened;
use super::columns;
use super::editing::Editing;
use super::keep;
use super::model;
use super::mouse::Drag;
use super::reading::Known;
use super::roster::{Orders, Question, Roster, WHO};
use crate::api;
use crate::format;
use crate::live::Live;
use crate::remote::Remote;
use crate::ui::Tone;

/// The group that is open.
pub(super) const GROUP: &str = "group";
/// Whose members are shown.
pub(super) const SEARCH: &str = "search";
/// How many members a page has.
pub(super) const ROWS: &str = "rows";
/// The order of the members.
pub(super) const SORT: &str = "sort";
/// The order of the groups.
pub(super) const GROUPS: &str = "groups";
/// How wide the columns are.
pub(super) const COLUMNS: &str = "columns";
/// Which members are shown.
pub(super) const FILTER: &str = "filter";
/// How close together the rows stand.
pub(super) const DENSITY: &str = "density";
/// Whose details are open.
pub(super) const PERSON: &str = "person";
/// Which group's figures are explained.
pub(super) const EXPLAIN: &str = "explain";

/// Something said above the grid.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Said {
    pub(super) tone: Tone,
    pub(super) text: String,
    /// What takes it back.
    pub(super) undo: Vec<Target>,
}

/// The grid's state. Copy it wherever it is needed.
#[derive(Clone, Copy)]
pub(super) struct Sheet {
    pub(super) id: CreditTypeId,
    pub(super) decimals: u8,
    pub(super) is_pool: bool,
    pub(super) url: ListUrl,
    pub(super) groups: Remote<GroupRowsView>,
    pub(super) members: Remote<Option<Roster>>,
    /// The rows of groups as they are now; cells read them here, where nothing moves while a fetch runs.
    pub(super) rows: Memo<Option<GroupRowsView>>,
    /// The members that are shown: those of the group that is open, once they are there.
    pub(super) open: Memo<Option<Roster>>,
    pub(super) known: RwSignal<Known>,
    /// The order of the whole view, once it was read.
    pub(super) orders: Orders,
    /// While a long selection is read: how many of its rows were, and how many there are.
    pub(super) reading: RwSignal<Option<(usize, usize)>>,
    pub(super) open_group: Memo<Option<GroupId>>,
    pub(super) layout: Memo<Layout>,
    /// The lines that are drawn: the first, and the one after the last.
    pub(super) window: RwSignal<(usize, usize)>,
    pub(super) drafts: RwSignal<Drafts>,
    pub(super) history: RwSignal<History>,
    pub(super) selection: RwSignal<Option<Selection>>,
    /// What the selection covers of the layout.
    pub(super) range: Memo<Option<Range>>,
    pub(super) drag: RwSignal<Option<Drag>>,
    pub(super) editing: RwSignal<Option<Editing>>,
    pub(super) saving: RwSignal<BTreeSet<Row>>,
    pub(super) said: RwSignal<Option<Said>>,
    /// Heard, not seen: what a screen reader is told.
    pub(super) heard: RwSignal<String>,
    /// While one tabs from cell to cell, Tab goes on; anything else ends it and Tab leaves the grid.
    pub(super) is_tabbing: StoredValue<bool>,
    /// Which figure the open explanation was asked for.
    pub(super) explained: RwSignal<Option<Column>>,
    /// What is open over the grid.
    pub(super) opened: RwSignal<Option<Opened>>,
    /// How wide the columns are, once somebody changed one.
    pub(super) widths: RwSignal<Vec<i32>>,
    /// What the selection comes to.
    pub(super) summary: RwSignal<Option<String>>,
    /// Rises with every question for it.
    pub(super) summing: StoredValue<u32>,
    /// Whether what is needed to act is fetched.
    pub(super) is_ready: StoredValue<bool>,
    /// The corner to which the view does not scroll: many cells were selected at once.
    pub(super) still: StoredValue<Option<Cell>>,
    /// The cell to go to as soon as it is drawn.
    pub(super) wanted: StoredValue<Option<Cell>>,
    /// Whether the edits kept over a reload were taken up; the name under which they are kept, and how often they were.
    pub(super) is_restored: RwSignal<bool>,
    pub(super) kept: StoredValue<String>,
    pub(super) keeping: StoredValue<u32>,
    pub(super) viewer: PersonId,
    /// The bulk save sent last and its idempotency key, until it is answered.
    pub(super) last_bulk: StoredValue<Option<(BulkSaveBody, String)>>,
    pub(super) node: NodeRef<html::Table>,
    pub(super) scroller: NodeRef<html::Div>,
}

const LIVE: &[Area] = &[Area::Allocations, Area::People, Area::Groups];

impl Sheet {
    pub(super) fn new(
        url: ListUrl,
        credit_type: &CreditTypeView,
        refreshes: impl Fn() -> u32 + Copy + Send + Sync + 'static,
        viewer: PersonId,
    ) -> Self {
        let id = credit_type.id;
        let open_group = Memo::new(move |_| url.parsed::<GroupId>(GROUP));
        let groups = Remote::live(LIVE, move || {
            let _times = refreshes();
            async move { api::allocations::groups(id).await }
        });
        let question = Memo::new(move |_| open_group.get().map(|group| Question::of(url, group)));
        let known = RwSignal::new(Known::default());
        let orders = Orders::new(id);
        let live = use_context::<Live>();
        let members = Remote::live(LIVE, move || {
            orders.note(refreshes(), live.map_or(0, |live| live.version(WHO)));
            let question = question.get();
            async move {
                Ok(match question {
                    Some(question) => Some(question.ask(known, orders).await?),
                    None => None,
                })
            }
        });
        let is_pool = credit_type.distribution == Distribution::SharedPool;
        let rows = Memo::new(move |_| groups.value());
        let open = Memo::new(move |_| {
            let roster = members.value().flatten();
            let roster = roster.filter(|open| Some(open.group) == open_group.get())?;
            Some(roster.latest(orders))
        });
        let has_carried =
            Memo::new(move |_| known.with(|known| known.rows().any(|row| !row.carried.is_zero())));
        let group_ids = Memo::new(move |_| -> Vec<GroupId> {
            let order = url.get(GROUPS).unwrap_or_default();
            rows.with(|rows| {
                rows.as_ref()
                    .map_or_else(Vec::new, |rows| model::in_order(&rows.items, &order))
            })
        });
        let layout = Memo::new(move |_| {
            let waiting = || {
                let group = open_group.get()?;
                Some(Roster::none_yet(group))
            };
            let roster = open.get().or_else(waiting);
            let expanded = roster.map(|roster| roster.expanded(orders, has_carried.get(), is_pool));
            Layout::new(group_ids.get(), expanded)
        });
        let selection = RwSignal::new(None::<Selection>);
        let range = Memo::new(move |_| {
            let selection = selection.get()?;
            layout.with(|layout| selection.area(layout))
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
            known,
            orders,
            reading: RwSignal::new(None),
            open_group,
            layout,
            window: RwSignal::new((0, 0)),
            drafts: RwSignal::new(Drafts::new(format::reading(credit_type.decimals))),
            history: RwSignal::default(),
            selection,
            range,
            drag: RwSignal::new(None),
            editing: RwSignal::new(None),
            saving: RwSignal::default(),
            said: RwSignal::new(None),
            heard: RwSignal::default(),
            is_tabbing: StoredValue::new(false),
            explained: RwSignal::new(None),
            opened: RwSignal::new(None),
            widths: RwSignal::new(untrack(|| columns::of(url))),
            summary: RwSignal::new(None),
            summing: StoredValue::new(0),
            is_ready: StoredValue::new(false),
            still: StoredValue::new(None),
            wanted: StoredValue::new(None),
            is_restored: RwSignal::new(false),
            kept: StoredValue::new(keep::place(viewer, id)),
            keeping: StoredValue::new(0),
            viewer,
            last_bulk: StoredValue::new(None),
            node: NodeRef::new(),
            scroller: NodeRef::new(),
        };
        sheet.follow_rows();
        sheet.read_what_is_in_view();
        sheet.read_what_is_selected();
        sheet
    }

    /// Reads everything again that is shown. Drafts and the editor stay as they are.
    pub(super) fn refetch(self) {
        self.known.update(Known::grow_older);
        self.orders.outdate();
        self.groups.reload();
        self.members.reload();
    }

    pub(super) fn group(self, id: GroupId) -> Option<GroupRowView> {
        self.rows
            .with(|rows| rows.as_ref()?.items.iter().find(|row| row.id == id).cloned())
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

    /// Whether the viewer may edit a cell. Nothing: its row was not read.
    pub(super) fn may_edit(self, cell: Cell) -> Option<bool> {
        match cell.row {
            Row::Group(id) => self.rows.with(|rows| {
                let row = rows.as_ref()?.items.iter().find(|row| row.id == id)?;
                Some(model::is_editable(&row.editable, cell.column))
            }),
            Row::Member(_, id) => self
                .known
                .with(|known| Some(model::is_editable(&known.get(id)?.editable, cell.column))),
        }
    }

    /// Whether the viewer may edit any figure that was read. Tracked.
    pub(super) fn may_edit_any(self) -> bool {
        let of_groups = self.rows.with(|rows| {
            rows.iter()
                .flat_map(|rows| &rows.items)
                .any(|row| !row.editable.is_empty())
        });
        of_groups
            || self
                .known
                .with(|known| known.rows().any(|row| !row.editable.is_empty()))
    }

    /// Whether the viewer may edit a cell of a row that was read.
    pub(super) fn is_editable(self, cell: Cell) -> bool {
        untrack(|| self.may_edit(cell)) == Some(true)
    }

    /// An amount as this credit type shows it.
    pub(super) fn amount(self, amount: Credits) -> String {
        format::credits_to(amount, self.decimals.max(2))
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

    /// Says something above the grid; a screen reader hears it from there.
    pub(super) fn say(self, tone: Tone, text: impl Into<String>) {
        self.say_undoable(tone, text.into(), Vec::new());
    }

    /// The same, with what takes it back.
    pub(super) fn say_undoable(self, tone: Tone, text: String, undo: Vec<Target>) {
        let _gone = self.said.try_set(Some(Said { tone, text, undo }));
    }

    /// The name of a cell: "Monthly for Terri".
    pub(super) fn cell_name(self, cell: Cell) -> String {
        let name = untrack(|| self.seen(cell.row))
            .map(|seen| seen.name)
            .unwrap_or_default();
        format!("{} for {name}", cell.column.label())
    }
}

/// A row's part in the ids of elements.
pub(super) fn row_id(row: Row) -> String {
    match row {
        Row::Group(id) => id.to_string(),
        Row::Member(_, id) => id.to_string(),
    }
}

/// The element of a cell, which the grid points at while it has the focus.
pub(super) fn cell_id(cell: Cell) -> String {
    format!("{}-{}", row_id(cell.row), cell.column.slot())
}

/// The element that says why a row was not saved.
pub(super) fn trouble_id(row: Row) -> String {
    format!("{}-trouble", row_id(row))
}

/// Columns whose cells hold amounts.
pub(super) const fn is_figure(column: Column) -> bool {
    !matches!(column, Column::Name | Column::Members | Column::Actions)
}
