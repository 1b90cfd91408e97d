//! What stands above the groups: the limit, what groups hold of it, what was used. It follows each keystroke.

use allowance_api_types::allocations::{GroupRowView, GroupRowsView};
use allowance_values::Credits;
use leptos::prelude::*;

use super::model;
use super::sheet::Sheet;
use crate::format;

/// The four figures.
pub(super) fn strip(sheet: Sheet) -> AnyView {
    view! {
        <dl class="strip">
            {move || sheet.rows.get().map(|rows| figures(sheet, &rows))}
        </dl>
    }
    .into_any()
}

fn figures(sheet: Sheet, rows: &GroupRowsView) -> AnyView {
    let unallocated = sheet
        .drafts
        .with(|drafts| drafts.unallocated_after(rows.unallocated).ok());
    let unallocated = unallocated.unwrap_or(rows.unallocated);
    let allocated = rows.limit.checked_sub(unallocated).unwrap_or_default();
    let is_over = unallocated.is_negative();
    let share =
        |part: Credits| model::share(part, rows.limit).map(|share| view! { " " <small>{share}</small> });
    let over = is_over.then(|| {
        let over = unallocated.checked_neg().unwrap_or_default();
        view! { <dd class="strip-note">"Groups hold " {format::credits(over)} " more than the limit."</dd> }
    });
    view! {
        <div><dt>"Credits per cycle"</dt><dd>{sheet.amount(rows.limit)}</dd></div>
        <div>
            <dt>"Allocated to groups"</dt>
            <dd>{sheet.amount(allocated)} {share(allocated)}</dd>
            <dd class="strip-bar">{bar(sheet, rows, allocated)}</dd>
        </div>
        <div><dt>"Used this cycle"</dt><dd>{sheet.amount(rows.used)} {share(rows.used)}</dd></div>
        <div><dt>"Unallocated"</dt><dd class:neg=is_over>{sheet.amount(unallocated)}</dd>{over}</div>
    }
    .into_any()
}

/// Each group's share of the limit, in its colour. The table says the same in figures.
fn bar(sheet: Sheet, rows: &GroupRowsView, allocated: Credits) -> AnyView {
    let whole = rows.limit.max(allocated);
    let part = |(index, row): (usize, &GroupRowView)| {
        let held = sheet
            .group_after(row)
            .and_then(|after| after.monthly.checked_add(after.extra))
            .unwrap_or_default();
        let width = model::per_mille(held, whole);
        (width > 0).then(|| {
            let class = format!("bar-part {}", group_colour(index, row.is_default));
            view! { <i class=class style:width=model::percent_width(width)></i> }
        })
    };
    let parts: Vec<_> = rows.items.iter().enumerate().filter_map(part).collect();
    view! { <span class="bar" aria-hidden="true">{parts}</span> }.into_any()
}

/// A group's colour by its place in the list; everyone else is grey.
pub const fn group_colour(index: usize, is_default: bool) -> &'static str {
    match (is_default, index % 5) {
        (true, _) => "c0",
        (_, 1) => "c1",
        (_, 2) => "c2",
        (_, 3) => "c3",
        (_, 4) => "c4",
        _ => "c5",
    }
}
