//! What stands around the table: searching and filtering, undo and redo, density; below it what the selection comes to,
//! and what is unsaved.

use allowance_api_types::allocations::MemberFilter;
use allowance_grid::{Cell, Drafts, History, MOST_CELLS, Row, Summary};
use gloo_timers::future::TimeoutFuture;
use leptos::prelude::*;
use leptos::task::spawn_local;

use super::super::list_url::filter_select;
use super::super::words;
use super::act::{self, Act};
use super::bulk;
use super::model;
use super::sentences;
use super::sheet::{DENSITY, FILTER, SEARCH, Sheet};
use super::views;
use crate::format;
use crate::parts::lazy;
use crate::ui::{Button, Glyph, IconButton, Look, SearchBox};

/// How long very many rows are selected before they are summed.
const PAUSE_MILLIS: u32 = 150;

/// Above the table.
pub(super) fn tools(sheet: Sheet) -> AnyView {
    let open = move || sheet.open_group.get().and_then(|id| sheet.group(id));
    let name = Memo::new(move |_| open().map(|row| row.name));
    let filters = Signal::derive(|| words::options(MemberFilter::ALL, filter));
    let search = move |name: String| {
        view! {
            <div class="search-slash">
                <SearchBox
                    label=Signal::stored(format!("Search members in {name}"))
                    value=Signal::derive(move || sheet.url.get(SEARCH).unwrap_or_default())
                    on_search=move |text: String| sheet.url.filter(SEARCH, Some(text.trim().to_owned()))
                />
                <kbd aria-hidden="true">"/"</kbd>
            </div>
            {filter_select("Which members", "All members", FILTER, sheet.url, filters)}
        }
        .into_any()
    };
    let none = || view! { <p class="hint">"Open a group to see its members."</p> }.into_any();
    let is_dense = Memo::new(move |_| sheet.url.get(DENSITY).is_some());
    let density = move || {
        let next = (!is_dense.get_untracked()).then(|| "compact".to_owned());
        sheet.url.note(DENSITY, next);
    };
    let undo = move |label: &'static str, glyph: Glyph, act: fn() -> Act, can: fn(&History) -> bool| {
        let is_shut = Signal::derive(move || !sheet.history.with(can));
        view! { <IconButton label glyph disabled=is_shut on_press=Callback::new(move |()| sheet.act(act())) /> }
    };
    view! {
        <div
            class="tools grid-tools"
            on:pointerenter=move |_| sheet.get_ready()
            on:focusin=move |_| sheet.get_ready()
        >
            {move || name.get().map_or_else(none, search)}
            <span class="spacer"></span>
            {undo("Undo the last edit", Glyph::Undo, || Act::Undo, History::can_undo)}
            {undo("Do it again", Glyph::Redo, || Act::Redo, History::can_redo)}
            <button
                type="button"
                class="btn quiet"
                aria-pressed=move || is_dense.get().to_string()
                on:click=move |_| density()
            >
                "Compact"
            </button>
            {views::menu(sheet)}
            {bulk::menu(sheet)}
        </div>
    }
    .into_any()
}

const fn filter(filter: MemberFilter) -> &'static str {
    match filter {
        MemberFilter::Over => "Over what they have",
        MemberFilter::Unused => "Used nothing",
        MemberFilter::WithoutMonthly => "Without Monthly",
        MemberFilter::WithExtra => "With Extra",
        MemberFilter::Suspended => "Suspended",
        _ => "Other",
    }
}

/// Below the table: what the selected figures come to.
pub(super) fn status(sheet: Sheet) -> AnyView {
    let is_range = Memo::new(move |_| {
        sheet
            .selection
            .get()
            .is_some_and(|selection| !selection.is_single())
    });
    crate::reactive::effect(move || {
        if !is_range.get() {
            return sheet.summary.set(None);
        }
        sheet.range.track();
        sheet.reading.track();
        sheet.editing.track();
        sheet.drafts.track();
        sheet.known.track();
        sheet.rows.track();
        sheet.act(Act::Sum);
    });
    view! { <p class="grid-status" aria-live="off">{move || sheet.summary.get()}</p> }.into_any()
}

/// Says what the selection comes to. Very many rows are summed once the keys and the typing rest.
pub(super) fn say_sum(sheet: Sheet) {
    let turn = sheet.summing.get_value().wrapping_add(1);
    sheet.summing.set_value(turn);
    let is_long = sheet
        .range
        .with_untracked(|range| range.is_some_and(|range| range.height() > MOST_CELLS));
    if !is_long {
        return sheet.summary.set(untrack(|| sum(sheet)));
    }
    if let Some(progress) = sheet.reading.get_untracked() {
        return sheet.summary.set(Some(sentences::reading(progress)));
    }
    spawn_local(async move {
        TimeoutFuture::new(PAUSE_MILLIS).await;
        if sheet.summing.try_get_value() == Some(turn) && sheet.editing.with_untracked(Option::is_none) {
            sheet.summary.set(untrack(|| sum(sheet)));
        }
    });
}

/// What the selection comes to, as far as it was read.
fn sum(sheet: Sheet) -> Option<String> {
    let range = sheet.range.get()?;
    if let Some(progress) = sheet.reading.get() {
        return Some(sentences::reading(progress));
    }
    let mut summary = Summary::default();
    let mut unread = 0_usize;
    sheet.layout.with(|layout| {
        sheet.known.with(|known| {
            sheet.drafts.with(|drafts| {
                let worth = |cell: Cell, own| match drafts.value(cell) {
                    Some(Ok(amount)) => amount,
                    _ => own,
                };
                for row in range.rows(layout) {
                    let cells = range.cells_of(layout, row);
                    match row {
                        Row::Group(id) => {
                            let Some(row) = sheet.group(id) else { continue };
                            let after = sheet.group_after(&row);
                            summary.extend(
                                cells.filter_map(|cell| {
                                    worth(cell, model::group_cell(&row, after, cell.column))
                                }),
                            );
                        }
                        Row::Member(_, id) => {
                            let Some(member) = known.get(id) else {
                                unread = unread.saturating_add(1);
                                continue;
                            };
                            let after = drafts.member_after(row, model::member_figures(member));
                            summary.extend(cells.filter_map(|cell| {
                                let own = model::member_cell(member, after, cell.column, sheet.is_pool);
                                worth(cell, own)
                            }));
                        }
                    }
                }
            });
        });
    });
    Some(sentences::summed(summary, range.height(), unread))
}

/// The bar of what is unsaved, while something is.
pub(super) fn unsaved(sheet: Sheet) -> AnyView {
    let is_shown = Memo::new(move |_| sheet.drafts.with(|drafts| !drafts.is_empty()));
    let bar = move || lazy(act::around, move |around| (around.save_bar)(sheet));
    view! { {move || is_shown.get().then(bar)} }.into_any()
}

/// How much is unsaved, and what to do about it.
pub(super) fn save_bar(sheet: Sheet) -> AnyView {
    let count = Memo::new(move |_| sheet.drafts.with(Drafts::count));
    let save = move || {
        sheet.act(Act::SaveAll);
        // The button goes with the bar.
        sheet.focus();
    };
    let busy = Signal::derive(move || sheet.saving.with(|saving| !saving.is_empty()));
    let words = move || {
        let count = u64::try_from(count.get()).unwrap_or(u64::MAX);
        format::plural(count, "unsaved change", "unsaved changes")
    };
    let stuck = Memo::new(move |_| sheet.drafts.with(|drafts| drafts.stuck().count()));
    let show = move || {
        let count = u64::try_from(stuck.get()).unwrap_or(u64::MAX);
        (count > 0).then(|| {
            let words = format::plural(count, "row cannot be saved", "rows cannot be saved");
            view! { <button type="button" class="link stuck" on:click=move |_| sheet.show_stuck()>{words}</button> }
        })
    };
    view! {
            <div class="save-bar" role="region" aria-label="Unsaved changes">
                <span>{words}</span>
                {show}
                <Button look=Look::Quiet disabled=busy on_press=move || sheet.act(Act::Discard)>"Discard"</Button>
                <Button look=Look::Primary busy on_press=save>"Save all"</Button>
            </div>
    }
    .into_any()
}
