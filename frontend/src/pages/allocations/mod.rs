//! The Allocations tab: what stands above the groups, the grid, and what is unsaved in it.
//!
//! What may be edited comes with each row from the server; what an edit would change is computed by the domain's own
//! formulas through `allowance_grid`.

mod cells;
mod charge;
mod detail;
mod editing;
mod explain;
mod grants;
mod grid;
mod keep;
mod keyboard;
mod members;
pub mod model;
mod rows;
mod save;
mod sheet;
mod strip;

use crate::reactive::effect;
use allowance_api_types::allocations::GroupRowsView;
use allowance_api_types::credit_types::CreditTypeView;
use allowance_api_types::people::Role;
use allowance_grid::Drafts;
use leptos::prelude::*;
use leptos_router::hooks::use_location;

use super::credits::CreditsFrame;
use super::list_url::ListUrl;
use crate::format;
use crate::session::use_session;
use crate::ui::{Banner, Button, Empty, Loaded, Look, SearchBox, Tone};
use crate::unsaved;
use sheet::{SEARCH, Sheet};
pub use strip::group_colour;

/// The tab for one credit type.
pub fn tab(frame: CreditsFrame, url: ListUrl, credit_type: &CreditTypeView) -> AnyView {
    let session = use_session();
    let Some(viewer) = session.me().map(|me| me.id) else {
        return ().into_any();
    };
    let id = credit_type.id;
    let kept = keep::restore(viewer, id, format::reading(credit_type.decimals));
    let sheet = Sheet::new(url, credit_type, move || frame.refreshes(), kept);
    frame.show_busy(move || sheet.groups.is_loading() || sheet.members.is_loading());
    effect(move || sheet.drafts.with(|drafts| keep::keep(viewer, id, drafts)));
    let is_dirty = Signal::derive(move || sheet.drafts.with(|drafts| !drafts.is_empty()));
    unsaved::guard(is_dirty);
    // Whoever leaves the tab was asked; a reload or another credit type keeps the edits.
    let (path, own) = (use_location().pathname, use_location().pathname.get_untracked());
    on_cleanup(move || {
        if path.try_get_untracked().is_some_and(|path| path != own) {
            keep::forget(viewer, id);
        }
    });

    let has_rows = Memo::new(move |_| sheet.rows.with(Option::is_some));
    let is_admin = session.me().is_some_and(|me| me.role == Role::Admin);
    let ready = |rows: GroupRowsView| {
        let is_empty = rows.items.is_empty();
        is_empty.then(|| view! { <div class="card"><Empty title="No groups to show" text="You see the groups you own." /></div> }).into_any()
    };
    let grid = move || {
        view! {
            {strip::strip(sheet)}
            {said(sheet)}
            {move || is_admin.then(|| first_use(sheet)).flatten()}
            {tools(sheet)}
            {grid::grid(sheet)}
        }
    };
    view! {
        <Loaded remote=sheet.groups lines=9 ready />
        {move || has_rows.get().then(grid)}
        {save_bar(sheet)}
        <p class="sr" role="status" aria-live="polite">{move || sheet.heard.get()}</p>
        {detail::dialogs(sheet)}
    }
    .into_any()
}

/// What was just saved, or why not.
fn said(sheet: Sheet) -> AnyView {
    view! {
        <div class="said" aria-live="polite">
            {move || sheet.said.get().map(|said| view! {
                <Banner tone=said.tone on_close=Callback::new(move |()| sheet.said.set(None))>{said.text}</Banner>
            })}
        </div>
    }
    .into_any()
}

/// An organisation whose only person is its admin.
fn first_use(sheet: Sheet) -> Option<AnyView> {
    let people: u64 = sheet.rows.with(|rows| {
        rows.as_ref()
            .map(|rows| rows.items.iter().map(|row| row.member_count).sum())
    })?;
    (people <= 1).then(|| {
        view! {
            <Banner tone=Tone::Info>
                "There are no people yet who could hold credits. "
                <a class="link" href="/people?import=1">"Import your people"</a>
                " from a CSV file, then set their Monthly here."
            </Banner>
        }
        .into_any()
    })
}

/// Searching the members of the open group.
fn tools(sheet: Sheet) -> AnyView {
    let open = move || sheet.open_group.get().and_then(|id| sheet.group(id));
    let name = Memo::new(move |_| open().map(|row| row.name));
    view! {
        <div class="tools grid-tools">
            {move || match name.get() {
                Some(name) => view! {
                    <div class="search-slash">
                        <SearchBox
                            label=Signal::stored(format!("Search members in {name}"))
                            value=Signal::derive(move || sheet.url.get(SEARCH).unwrap_or_default())
                            on_search=move |text: String| sheet.url.filter(SEARCH, Some(text.trim().to_owned()))
                        />
                        <kbd aria-hidden="true">"/"</kbd>
                    </div>
                }.into_any(),
                None => view! { <p class="hint">"Open a group to see its members."</p> }.into_any(),
            }}
        </div>
    }
    .into_any()
}

/// How much is unsaved, and what to do about it.
fn save_bar(sheet: Sheet) -> AnyView {
    let count = Memo::new(move |_| sheet.drafts.with(Drafts::count));
    let busy = Signal::derive(move || sheet.saving.with(|saving| !saving.is_empty()));
    let words = move || {
        let count = u64::try_from(count.get()).unwrap_or(u64::MAX);
        format::plural(count, "unsaved change", "unsaved changes")
    };
    let bar = move || {
        view! {
            <div class="save-bar" role="region" aria-label="Unsaved changes">
                <span>{words}</span>
                <Button look=Look::Quiet disabled=busy on_press=move || sheet.discard_all()>"Discard"</Button>
                <Button look=Look::Primary busy on_press=move || sheet.save_all()>"Save all"</Button>
            </div>
        }
    };
    let is_shown = Memo::new(move |_| count.get() > 0);
    view! { {move || is_shown.get().then(bar)} }.into_any()
}
