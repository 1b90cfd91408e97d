//! Above and below the members of the open group: their heading, and their foot with the pager.

use allowance_grid::Column;
use leptos::prelude::*;

use super::super::list_url::UrlPager;
use super::heading::{self, Table};
use super::roster::{ALL, PAGE_SIZES, Roster, page_size};
use super::sheet::{FILTER, ROWS, SEARCH, Sheet};
use crate::errors;
use crate::format;
use crate::ui::{Button, Skeleton, range_label};

/// The members' heading. It stays in sight while they are.
pub(super) fn heading(sheet: Sheet) -> AnyView {
    let columns = Memo::new(move |_| {
        sheet.layout.with(|layout| {
            let first = layout.members().and_then(|(first, _)| layout.row_at(first));
            first.map(|row| layout.columns(row).to_vec()).unwrap_or_default()
        })
    });
    let cells = move || {
        let mut next = Column::Name.slot();
        let cells = columns.get().into_iter().map(|column| {
            let slot = column.slot();
            // The name stretches to the right, a figure to the left.
            let (first, last) = match column {
                Column::Name => (slot, Column::Members.slot()),
                _ => (next, slot),
            };
            next = last.saturating_add(1);
            let span = last.saturating_sub(first).saturating_add(1);
            heading::heading(sheet, Table::Members, column, first, span)
        });
        cells.collect_view()
    };
    view! { <tr class="member-head" role="row">{cells}</tr> }.into_any()
}

/// Below the members: the pager, or why there are none.
pub(super) fn foot(sheet: Sheet) -> AnyView {
    let span = Column::SLOTS.to_string();
    let content = move || match sheet.open.get() {
        None => waiting(sheet),
        Some(open) if open.ids.is_empty() => nobody(sheet),
        Some(open) => pager(sheet, &open),
    };
    view! {
        <tr class="wide-row" role="row">
            <td role="gridcell" colspan=span.clone() aria-colspan=span>{content}</td>
        </tr>
    }
    .into_any()
}

fn waiting(sheet: Sheet) -> AnyView {
    match sheet.members.error() {
        None => view! { <Skeleton lines=4 /> }.into_any(),
        Some(error) => view! {
            <p class="inline-error" role="alert">
                {errors::words(&error)} " "
                <Button on_press=move || sheet.members.reload()>"Retry"</Button>
            </p>
        }
        .into_any(),
    }
}

fn nobody(sheet: Sheet) -> AnyView {
    let search = untrack(|| sheet.url.get(SEARCH));
    let is_narrowed = search.is_some() || untrack(|| sheet.url.get(FILTER)).is_some();
    let clear = move |_| sheet.url.clear(&[SEARCH, FILTER]);
    if is_narrowed {
        let words = search.map_or_else(
            || "Nobody in this group is like that. ".to_owned(),
            |search| format!("Nobody in this group matches “{search}”. "),
        );
        view! {
            <p class="inline-empty">
                {words}
                <button type="button" class="link" on:click=clear>"Clear the search"</button>
            </p>
        }
        .into_any()
    } else {
        view! { <p class="inline-empty">"Nobody is in this group yet. Move people here on the People page."</p> }
            .into_any()
    }
}

fn pager(sheet: Sheet, open: &Roster) -> AnyView {
    let shown = open.ids.len();
    let size = page_size(sheet.url);
    let is_all = open.is_all;
    let pages = PAGE_SIZES.into_iter().map(|rows| {
        view! { <option value=rows.to_string() prop:selected=rows == size && !is_all>{rows.to_string()}</option> }
    });
    let position = if is_all {
        let all = format::plural(u64::try_from(shown).unwrap_or(u64::MAX), "member", "members");
        view! { <span class="pager" aria-live="polite">{all}</span> }.into_any()
    } else {
        let label = range_label(open.first_row, shown, open.total.as_ref());
        view! { <UrlPager url=sheet.url label shown next_cursor=open.next_cursor.clone() /> }.into_any()
    };
    view! {
        <div class="members-foot">
            {position}
            <label class="rows-choice">
                "Rows"
                <select class="select" on:change=move |event| sheet.url.filter(ROWS, Some(event_target_value(&event)))>
                    {pages.collect_view()}
                    <option value=ALL prop:selected=is_all>"All"</option>
                </select>
            </label>
        </div>
    }
    .into_any()
}
