//! The members of the open group: their heading, a page of rows, the pager.

use allowance_api_types::allocations::MemberRowView;
use allowance_api_types::people::PersonStatus;
use allowance_domain::allocations::MemberFigures;
use allowance_grid::{Cell, Column, Row};
use allowance_values::{Credits, GroupId, PersonId};
use leptos::prelude::*;

use super::super::list_url::UrlPager;
use super::super::words;
use super::cells::{self, Beside, Shown};
use super::keyboard;
use super::model;
use super::rows;
use super::sheet::{MembersPage, PAGE_SIZES, ROWS, SEARCH, Sheet, cell_id, has_carried, page_size};
use crate::errors;
use crate::ui::{Badge, Button, Skeleton, avatar, range_label};

/// Everything below an open group's row.
pub(super) fn members(sheet: Sheet, group: GroupId) -> AnyView {
    let open = Memo::new(move |_| sheet.open.get().filter(|open| open.group == group));
    let ids = Memo::new(move |_| -> Vec<PersonId> {
        open.with(|open| {
            open.iter()
                .flat_map(|open| &open.page.items)
                .map(|row| row.person.id)
                .collect()
        })
    });
    let carried = Memo::new(move |_| open.with(|open| open.as_ref().is_some_and(has_carried)));
    let is_there = Memo::new(move |_| open.with(Option::is_some));
    let missing = move || (!is_there.get()).then(|| wide_row(waiting(sheet)));
    let nobody = move || (is_there.get() && ids.with(Vec::is_empty)).then(|| wide_row(nobody(sheet)));
    let has_rows = Memo::new(move |_| ids.with(|ids| !ids.is_empty()));
    view! {
        {move || has_rows.get().then(|| heading(sheet, carried.get()))}
        {missing}
        {nobody}
        <For each=move || ids.get() key=|id| *id let:id>
            {member(sheet, group, id, carried)}
        </For>
        {move || open.get().filter(|open| !open.page.items.is_empty()).map(|open| wide_row(pager(sheet, &open)))}
    }
    .into_any()
}

/// A row of the table that is not one of the grid's figures.
fn wide_row(content: AnyView) -> AnyView {
    let span = Column::SLOTS.to_string();
    view! {
        <tr class="wide-row" role="row">
            <td role="gridcell" colspan=span.clone() aria-colspan=span>{content}</td>
        </tr>
    }
    .into_any()
}

fn waiting(sheet: Sheet) -> AnyView {
    view! {
        {move || match sheet.members.error() {
            None => view! { <Skeleton lines=4 /> }.into_any(),
            Some(error) => view! {
                <p class="inline-error" role="alert">
                    {errors::words(&error)} " "
                    <Button on_press=move || sheet.members.reload()>"Retry"</Button>
                </p>
            }
            .into_any(),
        }}
    }
    .into_any()
}

fn nobody(sheet: Sheet) -> AnyView {
    match untrack(|| sheet.url.get(SEARCH)) {
        Some(search) => view! {
            <p class="inline-empty">
                "Nobody in this group matches “" {search} "”. "
                <button type="button" class="link" on:click=move |_| sheet.url.filter(SEARCH, None)>"Clear the search"</button>
            </p>
        }
        .into_any(),
        None => view! { <p class="inline-empty">"Nobody is in this group yet. Move people here on the People page."</p> }.into_any(),
    }
}

fn heading(sheet: Sheet, has_carried: bool) -> AnyView {
    let allocation = if sheet.is_pool {
        Column::Cap
    } else {
        Column::Monthly
    };
    let th = |column: Column, span: u8| {
        let first = column.slot().saturating_sub(span.saturating_sub(1));
        let span = (span > 1).then(|| span.to_string());
        view! {
            <th role="columnheader" scope="col" aria-colindex=first.to_string() aria-colspan=span.clone() colspan=span>
                {column.label()}
            </th>
        }
    };
    view! {
        <tr class="member-head" role="row">
            <th role="columnheader" scope="col" class="first" aria-colindex="1" aria-colspan="2" colspan="2">"Member"</th>
            {th(allocation, 1)}
            {th(Column::Extra, 1)}
            {has_carried.then(|| th(Column::Carried, 1))}
            {th(Column::Used, if has_carried { 1 } else { 2 })}
            {th(Column::Held, 1)}
            {th(Column::Remaining, 1)}
            {th(Column::Actions, 1)}
        </tr>
    }
    .into_any()
}

/// A member's row.
fn member(sheet: Sheet, group: GroupId, id: PersonId, carried: Memo<bool>) -> AnyView {
    let row = Memo::new(move |_| sheet.member(id));
    let key = Row::Member(group, id);
    let shown = move |read: fn(&MemberRowView, Sheet) -> Shown| {
        Memo::new(move |_| {
            row.with(|row| {
                row.as_ref()
                    .map_or_else(|| Shown::of(sheet, None), |row| read(row, sheet))
            })
        })
    };
    let figure = move |column, read: fn(&MemberRowView, Sheet) -> Shown| {
        cells::figure(sheet, Cell::new(key, column), 1, shown(read), None)
    };
    let used = move |span: u8| {
        let bar: Beside = Box::new(move || row.get().map(|row| use_bar(sheet.member_after(&row))));
        let shown = shown(|row, sheet| Shown::amount(sheet, row.used));
        cells::figure(sheet, Cell::new(key, Column::Used), span, shown, Some(bar))
    };
    let allocation = if sheet.is_pool {
        figure(Column::Cap, |row, sheet| match row.cap {
            Some(cap) => Shown::amount(sheet, cap),
            None => Shown {
                text: "none".to_owned(),
                is_bad: false,
                is_quiet: true,
            },
        })
    } else {
        figure(Column::Monthly, |row, sheet| Shown::amount(sheet, row.monthly))
    };
    let details = untrack(|| sheet.member(id)).map(|row| format!("Details of {}", row.person.display_name));
    view! {
        <tr class="member-row" role="row" aria-rowindex=move || rows::row_index(sheet, key)>
            {name(sheet, Cell::new(key, Column::Name), row)}
            {allocation}
            {figure(Column::Extra, |row, sheet| Shown::amount(sheet, row.extra))}
            {move || carried.get().then(|| figure(Column::Carried, |row, sheet| Shown::amount(sheet, row.carried)))}
            {move || used(if carried.get() { 1 } else { 2 })}
            {figure(Column::Held, |row, sheet| Shown::amount(sheet, row.held))}
            {figure(Column::Remaining, remaining)}
            {rows::actions(sheet, key, details)}
        </tr>
        {rows::trouble(sheet, key)}
    }
    .into_any()
}

/// Remaining with the unsaved edits; in a shared pool as the server last said, since it depends on the whole group.
fn remaining(row: &MemberRowView, sheet: Sheet) -> Shown {
    let after = if sheet.is_pool {
        Some(row.remaining)
    } else {
        sheet.member_after(row).remaining().ok()
    };
    let has_had_any = !(row.used.is_zero() && row.held.is_zero());
    let shown = Shown::of(sheet, after);
    // Nothing left of something is worth the red; nothing of nothing is not.
    let is_spent = has_had_any && after.is_some_and(Credits::is_zero);
    Shown {
        is_bad: shown.is_bad || is_spent,
        is_quiet: shown.is_quiet && !is_spent,
        ..shown
    }
}

fn name(sheet: Sheet, cell: Cell, row: Memo<Option<MemberRowView>>) -> AnyView {
    let who = move || {
        row.get().map(|row| {
            let status = (row.status != PersonStatus::Active).then(|| {
                let (text, tone) = words::status(row.status);
                view! { <Badge tone>{text}</Badge> }
            });
            view! {
                <span class="member-name">
                    {avatar(&row.person.display_name)}
                    <button type="button" tabindex="-1" class="explains name" on:click=move |_| keyboard::explain(sheet, cell)>
                        {row.person.display_name.clone()}
                    </button>
                    <small>{row.person.email.to_string()}</small>
                    {status}
                </span>
            }
        })
    };
    view! {
        <td
            id=cell_id(cell)
            role="rowheader"
            aria-colindex="1"
            aria-colspan="2"
            colspan="2"
            class="first"
            class:here=move || cells::is_here(sheet, cell)
            aria-selected=move || cells::is_here(sheet, cell).to_string()
            on:click=move |_| sheet.cursor.set(Some(cell))
        >
            {who}
        </td>
    }
    .into_any()
}

/// How much of what the member has is used or held.
fn use_bar(figures: MemberFigures) -> AnyView {
    let burnt = figures.burnt().unwrap_or_default();
    let own = [figures.extra, figures.carried]
        .into_iter()
        .try_fold(figures.monthly, Credits::checked_add)
        .unwrap_or_default();
    let width = if own.is_zero() && burnt.is_positive() {
        1_000
    } else {
        model::per_mille(burnt, own)
    };
    let is_full = burnt.is_positive() && burnt >= own;
    view! {
        <span class="use" class:full=is_full aria-hidden="true">
            <i style:width=model::percent_width(width)></i>
        </span>
    }
    .into_any()
}

fn pager(sheet: Sheet, open: &MembersPage) -> AnyView {
    let page = &open.page;
    let shown = page.items.len();
    let label = range_label(open.first_row, shown, page.total.as_ref());
    let size = page_size(sheet.url);
    let options = PAGE_SIZES.into_iter().map(|rows| {
        view! { <option value=rows.to_string() prop:selected=rows == size>{rows.to_string()}</option> }
    });
    view! {
        <div class="members-foot">
            <UrlPager url=sheet.url label shown next_cursor=page.next_cursor.clone() />
            <label class="rows-choice">
                "Rows"
                <select class="select" on:change=move |event| sheet.url.filter(ROWS, Some(event_target_value(&event)))>
                    {options.collect_view()}
                </select>
            </label>
        </div>
    }
    .into_any()
}
