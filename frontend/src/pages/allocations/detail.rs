//! A row's details beside the grid, which stays in use: how its figures add up, what was granted, and what can be done.
//! They have an address, and follow the cursor from member to member.

use allowance_api_types::allocations::Editable;
use allowance_api_types::explain::ExplainView;
use allowance_api_types::people::Role;
use allowance_grid::Row;
use allowance_values::{GroupId, PersonId};
use leptos::prelude::*;

use super::sheet::{EXPLAIN, PERSON, Sheet};
use super::{charge, explain, grants};
use crate::api;
use crate::remote::Remote;
use crate::session::use_session;
use crate::ui::{Button, Dialog, Glyph, Loaded, Width};

/// The dialogs of members and of groups.
pub(super) fn dialogs(sheet: Sheet) -> AnyView {
    let url = sheet.url;
    let member_open = url.opened_by(PERSON);
    let group_open = url.opened_by(EXPLAIN);
    let person = Memo::new(move |_| url.parsed::<PersonId>(PERSON));
    let group = Memo::new(move |_| url.parsed::<GroupId>(EXPLAIN));
    let name = RwSignal::new(String::new());
    let title = Signal::derive(move || match name.get() {
        name if name.is_empty() => "Credits of a member".to_owned(),
        name => name,
    });
    let group_title = Signal::derive(move || {
        group
            .get()
            .and_then(|id| sheet.group(id))
            .map_or_else(|| "Group".to_owned(), |row| row.name)
    });
    let here = Memo::new(move |_| match sheet.selection.get()?.cursor.row {
        Row::Member(_, person) => Some(person),
        Row::Group(_) => None,
    });
    crate::reactive::effect(move || {
        if let Some(here) = here.get()
            && untrack(|| person.get()).is_some_and(|shown| shown != here)
        {
            sheet.explained.set(sheet.cursor().map(|cell| cell.column));
            url.note(PERSON, Some(here.to_string()));
        }
    });
    view! {
        <Dialog title open=member_open width=Width::Beside>
            {move || person.get().map(|person| member(sheet, person, name))}
        </Dialog>
        <Dialog title=group_title open=group_open width=Width::Beside>
            {move || group.get().and_then(|id| sheet.group(id)).map(|row| explain::group(sheet, &row))}
        </Dialog>
    }
    .into_any()
}

/// What is open below the figures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Doing {
    Grant,
    Charge,
}

/// A member's figures, grants and what can be done.
fn member(sheet: Sheet, person: PersonId, name: RwSignal<String>) -> AnyView {
    let id = sheet.id;
    let explained = Remote::new(move || async move { api::allocations::explain(id, person).await });
    let grants = grants::of(sheet, person);
    let doing = RwSignal::new(None::<Doing>);
    let session = use_session();
    let role = session.me().map(|me| me.role);
    let row = untrack(|| sheet.member(person));
    let row_name = row
        .as_ref()
        .map(|row| row.person.display_name.clone())
        .unwrap_or_default();
    let may_grant =
        role == Some(Role::Admin) || row.is_some_and(|row| row.editable.contains(&Editable::Extra));
    let may_charge = matches!(role, Some(Role::Admin | Role::Finance));
    name.set(row_name);
    // Whatever is done here shows in all of them.
    let changed = Callback::new(move |()| {
        doing.set(None);
        explained.reload();
        grants.reload();
        sheet.refetch();
    });
    let toggle = move |what: Doing| {
        Callback::new(move |()| {
            doing.update(|doing| *doing = if *doing == Some(what) { None } else { Some(what) })
        })
    };
    let ready = move |view: ExplainView| {
        name.set(view.person.display_name.clone());
        explain::figures(sheet, &view, may_charge, changed)
    };
    view! {
        <Loaded remote=explained lines=7 ready />
        <section class="detail-section">
            <div class="detail-title">
                <h3>"Grants"</h3>
                <span class="spacer"></span>
                {may_grant.then(|| view! { <Button glyph=Glyph::Plus on_press=toggle(Doing::Grant)>"Grant…"</Button> })}
                {may_charge.then(|| view! { <Button on_press=toggle(Doing::Charge)>"Charge…"</Button> })}
            </div>
            {move || match doing.get() {
                Some(Doing::Grant) => grants::form(sheet, person, changed),
                Some(Doing::Charge) => charge::form(sheet, person, changed),
                None => ().into_any(),
            }}
            {grants::list(sheet, grants, may_grant, changed)}
        </section>
    }
    .into_any()
}
