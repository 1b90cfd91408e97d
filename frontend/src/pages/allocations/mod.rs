//! The Allocations tab: what stands above the groups, the grid, and what is unsaved in it.
//!
//! What may be edited comes with each row from the server; what an edit would change is computed by the domain's own
//! formulas through `allowance_grid`.

mod act;
mod acts;
mod bars;
mod bulk;
mod cells;
mod charge;
mod clip;
mod columns;
mod detail;
mod editing;
mod explain;
mod grants;
mod heading;
mod keep;
mod keyboard;
mod keys;
mod look;
mod members;
pub mod model;
mod mouse;
mod movers;
mod moving;
mod reading;
mod roster;
mod rows;
mod save;
mod sentences;
mod sheet;
mod strip;
mod table;
mod views;

use allowance_api_types::allocations::GroupRowsView;
use allowance_api_types::credit_types::CreditTypeView;
use allowance_api_types::people::Role;
use leptos::prelude::*;
use leptos_router::hooks::use_location;

use super::credits::CreditsFrame;
use super::csv_import;
use super::list_url::ListUrl;
use crate::parts::{NotLoaded, lazy, wasm_split};
use crate::session::use_session;
use crate::ui::{Banner, Empty, Loaded, Tone};
use crate::unsaved;
use sheet::Sheet;
pub use strip::group_colour;

/// The tab for one credit type.
pub fn tab(frame: CreditsFrame, url: ListUrl, credit_type: &CreditTypeView) -> AnyView {
    let session = use_session();
    let Some(viewer) = session.me().map(|me| me.id) else {
        return ().into_any();
    };
    let id = credit_type.id;
    let sheet = Sheet::new(url, credit_type, move || frame.refreshes(), viewer);
    frame.show_busy(move || sheet.groups.is_loading() || sheet.members.is_loading());
    keep::follow(sheet, &keep::place(viewer, id));
    let is_dirty = Signal::derive(move || sheet.drafts.with(|drafts| !drafts.is_empty()));
    unsaved::guard(is_dirty);
    // Whoever leaves the tab was asked; a reload or another credit type keeps the edits.
    let (path, own) = (use_location().pathname, use_location().pathname.get_untracked());
    on_cleanup(move || {
        if path.try_get_untracked().is_some_and(|path| path != own) {
            keep::forget(&keep::place(viewer, id));
        }
    });

    // Once there, the dialogs stay.
    let has_dialog = Memo::new(move |had: Option<&bool>| {
        had.is_some_and(|had| *had)
            || sheet.opened.with(Option::is_some)
            || [sheet::PERSON, sheet::EXPLAIN, csv_import::IMPORT]
                .into_iter()
                .any(|name| sheet.url.get(name).is_some())
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
            {bars::tools(sheet)}
            {table::table(sheet)}
            {bars::status(sheet)}
        }
    };
    view! {
        <Loaded remote=sheet.groups lines=9 ready />
        {move || has_rows.get().then(grid)}
        {bars::unsaved(sheet)}
        <p class="sr" role="status" aria-live="polite">{move || sheet.heard.get()}</p>
        {move || has_dialog.get().then(|| lazy(dialogs, move |draw: fn(Sheet) -> AnyView| draw(sheet)))}
    }
    .into_any()
}

/// What opens over the grid comes in the file of what acts on it: the more files, the more small pieces they share.
#[wasm_split(acts, wasm_split_path = ::leptos::wasm_split, fallible)]
fn dialogs() -> Result<fn(Sheet) -> AnyView, NotLoaded> {
    Ok(|sheet| view! { {detail::dialogs(sheet)} {bulk::dialogs(sheet)} }.into_any())
}

/// What was just saved, or why not.
fn said(sheet: Sheet) -> AnyView {
    view! {
        <div class="said" aria-live="polite">
            {move || sheet.said.get().map(|said| view! {
                <Banner tone=said.tone on_close=Callback::new(move |()| sheet.said.set(None))>
                    {said.text}
                    {(!said.undo.is_empty()).then(|| {
                        let undo = said.undo;
                        view! {
                            " "
                            <button type="button" class="link" on:click=move |_| sheet.act(act::Act::TakeBack(undo.clone()))>"Undo"</button>
                        }
                    })}
                </Banner>
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
