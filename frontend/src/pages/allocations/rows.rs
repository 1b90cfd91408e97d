//! A group's row, and the line below a row that says why it was not saved.

use allowance_api_types::allocations::{GroupRowView, GroupRowsView};
use allowance_grid::{Cell, Column, Difference, Row, Trouble};
use allowance_values::GroupId;
use leptos::prelude::*;

use super::cells::{self, Beside, Shown};
use super::keyboard;
use super::sheet::{Sheet, cell_id, trouble_id};
use super::{members, strip};
use crate::format;
use crate::ui::{Badge, Button, Glyph, Look, Tone, icon};

/// A group's row; below it its members while it is open.
pub(super) fn group(sheet: Sheet, id: GroupId) -> AnyView {
    let row = Memo::new(move |_| sheet.group(id));
    let is_open = Memo::new(move |_| sheet.open_group.get() == Some(id));
    let key = Row::Group(id);
    let cell = move |column| Cell::new(key, column);
    let shown = move |read: fn(&GroupRowView, Sheet) -> Shown| {
        Memo::new(move |_| {
            row.with(|row| {
                row.as_ref()
                    .map_or_else(|| Shown::of(sheet, None), |row| read(row, sheet))
            })
        })
    };
    let figure = move |column, read: fn(&GroupRowView, Sheet) -> Shown| {
        cells::figure(sheet, cell(column), 1, shown(read), None)
    };
    let left: Beside = Box::new(move || {
        let row = row.get()?;
        let left = sheet.group_after(&row)?.reserve_left().ok()?;
        let is_on = !row.auto_approve_reserve.is_zero();
        is_on.then(|| view! { <small class="mut">{sheet.amount(left)} " left"</small> }.into_any())
    });
    let reserve = shown(|row, sheet| {
        if row.auto_approve_reserve.is_zero() {
            Shown {
                text: "Off".to_owned(),
                is_bad: false,
                is_quiet: true,
            }
        } else {
            Shown::amount(sheet, row.auto_approve_reserve)
        }
    });
    view! {
        <tr class="group-row" role="row" aria-rowindex=move || row_index(sheet, key)>
            {name(sheet, id, row, is_open)}
            {members_count(sheet, cell(Column::Members), row)}
            {figure(Column::Monthly, |row, sheet| Shown::amount(sheet, row.monthly))}
            {figure(Column::Extra, |row, sheet| Shown::amount(sheet, row.extra))}
            {figure(Column::Distributed, |row, sheet| Shown::of(sheet, sheet.group_after(row).map(|after| after.distributed)))}
            {figure(Column::Used, |row, sheet| Shown::amount(sheet, row.used))}
            {figure(Column::Available, |row, sheet| Shown::of(sheet, sheet.group_after(row).and_then(|after| after.available().ok())))}
            {cells::figure(sheet, cell(Column::AutoApprove), 1, reserve, Some(left))}
            {actions(sheet, key, None)}
        </tr>
        {trouble(sheet, key)}
        {move || is_open.get().then(|| members::members(sheet, id))}
    }
    .into_any()
}

/// Where a row stands among all.
pub(super) fn row_index(sheet: Sheet, row: Row) -> Option<String> {
    sheet
        .layout
        .with(|layout| layout.row_index(row))
        .map(|index| index.to_string())
}

fn name(sheet: Sheet, id: GroupId, row: Memo<Option<GroupRowView>>, is_open: Memo<bool>) -> AnyView {
    let cell = Cell::new(Row::Group(id), Column::Name);
    let text = move || row.with(|row| row.as_ref().map(|row| row.name.clone()).unwrap_or_default());
    let is_default = move || row.with(|row| row.as_ref().is_some_and(|row| row.is_default));
    let index = Memo::new(move |_| {
        let place = |rows: &Option<GroupRowsView>| rows.as_ref()?.items.iter().position(|row| row.id == id);
        sheet.rows.with(place).unwrap_or(0)
    });
    let toggle = move |_| {
        sheet.cursor.set(Some(cell));
        sheet.toggle(id);
        sheet.focus();
    };
    view! {
        <td
            id=cell_id(cell)
            role="rowheader"
            aria-colindex="1"
            aria-expanded=move || is_open.get().to_string()
            aria-selected=move || cells::is_here(sheet, cell).to_string()
            class="first"
            class:here=move || cells::is_here(sheet, cell)
            on:click=toggle
        >
            <span class="group-name">
                <button
                    type="button"
                    tabindex="-1"
                    class="twisty"
                    class:open=move || is_open.get()
                    aria-expanded=move || is_open.get().to_string()
                    aria-label=move || format!("Members of {}", text())
                >
                    {icon(Glyph::ChevronRight)}
                </button>
                <i class=move || format!("dot {}", strip::group_colour(index.get(), is_default())) aria-hidden="true"></i>
                <span>{text}</span>
                {move || is_default().then(|| view! { <small class="mut">"everyone else"</small> })}
            </span>
        </td>
    }
    .into_any()
}

fn members_count(sheet: Sheet, cell: Cell, row: Memo<Option<GroupRowView>>) -> AnyView {
    view! {
        <td
            id=cell_id(cell)
            role="gridcell"
            aria-colindex="2"
            aria-readonly="true"
            aria-selected=move || cells::is_here(sheet, cell).to_string()
            class="fig"
            class:here=move || cells::is_here(sheet, cell)
            on:click=move |_| sheet.cursor.set(Some(cell))
        >
            {move || row.with(|row| row.as_ref().map(|row| format::count(row.member_count)))}
        </td>
    }
    .into_any()
}

/// The last cell of a row: what is unsaved in it can be saved or undone; `more` opens its details.
pub(super) fn actions(sheet: Sheet, row: Row, more: Option<String>) -> AnyView {
    let cell = Cell::new(row, Column::Actions);
    let is_unsaved = Memo::new(move |_| sheet.drafts.with(|drafts| drafts.is_unsaved(row)));
    let is_saving = Signal::derive(move || sheet.saving.with(|saving| saving.contains(&row)));
    let name = move || {
        untrack(|| sheet.seen(row))
            .map(|seen| seen.name)
            .unwrap_or_default()
    };
    let save = move |_| {
        sheet.save_row(row);
        sheet.focus();
    };
    let save_button = move || {
        let label = format!("Save {}", name());
        view! {
            <Badge tone=Tone::Warn>"Unsaved"</Badge>
            <button
                type="button"
                tabindex="-1"
                class="icon-btn accent"
                aria-label=label.clone()
                title=label
                aria-busy=move || is_saving.get().then_some("true")
                on:click=save
            >
                {icon(Glyph::Save)}
            </button>
        }
    };
    let details = move |label: String| {
        view! {
            <button
                type="button"
                tabindex="-1"
                class="icon-btn"
                aria-label=label.clone()
                title=label
                on:click=move |_| keyboard::explain(sheet, cell)
            >
                {icon(Glyph::More)}
            </button>
        }
    };
    view! {
        <td
            id=cell_id(cell)
            role="gridcell"
            aria-colindex=Column::Actions.slot().to_string()
            aria-selected=move || cells::is_here(sheet, cell).to_string()
            class="row-actions"
            class:here=move || cells::is_here(sheet, cell)
            on:click=move |_| sheet.cursor.set(Some(cell))
        >
            <span class="row-buttons">
                {move || if is_unsaved.get() { save_button().into_any() } else { more.clone().map(details).into_any() }}
            </span>
        </td>
    }
    .into_any()
}

/// Why the row was not saved, and what can be done about it.
pub(super) fn trouble(sheet: Sheet, row: Row) -> AnyView {
    let columns: &'static [Column] = match row {
        Row::Group(_) => &[Column::Monthly, Column::Extra, Column::AutoApprove],
        Row::Member(..) => &[Column::Monthly, Column::Cap, Column::Extra],
    };
    let words = Memo::new(move |_| cells::trouble_words(sheet, row, columns));
    let differences = Memo::new(move |_| {
        sheet.drafts.with(|drafts| {
            matches!(drafts.trouble(row), Some(Trouble::Conflict { .. })).then(|| drafts.differences(row))
        })
    });
    let line = move |content: AnyView| {
        view! {
            <tr class="trouble" role="row">
                <td role="gridcell" colspan=Column::SLOTS.to_string() aria-colspan=Column::SLOTS.to_string()>
                    <div class="trouble-line" id=trouble_id(row)>{content}</div>
                </td>
            </tr>
        }
    };
    view! {
        {move || differences.get().map(|differences| line(conflict(sheet, row, differences)))}
        {move || words.get().map(|words| line(view! { {icon(Glyph::Warning)} <span>{words}</span> }.into_any()))}
    }
    .into_any()
}

/// Mine, theirs and what it was; the viewer chooses.
fn conflict(sheet: Sheet, row: Row, differences: Vec<Difference>) -> AnyView {
    let lines = differences.into_iter().map(|difference| {
        let label = difference.column.label();
        view! {
            <span class="conflict-cell">
                {label} ": it was " {cells::amount_or_none(difference.original)} ", you typed "
                <b>{difference.mine}</b> ", somebody else saved " <b>{cells::amount_or_none(difference.theirs)}</b> "."
            </span>
        }
    });
    let keep = move || {
        sheet.drafts.update(|drafts| {
            for difference in drafts.differences(row) {
                drafts.keep_mine(Cell::new(row, difference.column));
            }
        });
        sheet.save_row(row);
        sheet.focus();
    };
    let take = move || {
        sheet.drafts.update(|drafts| drafts.discard(row));
        sheet.focus();
    };
    view! {
        {icon(Glyph::Warning)}
        <span>"Not saved: somebody else changed this row meanwhile. " {lines.collect_view()}</span>
        <span class="conflict-choice">
            <Button look=Look::Plain on_press=keep>"Save mine"</Button>
            <Button look=Look::Quiet on_press=take>"Take theirs"</Button>
        </span>
    }
    .into_any()
}
