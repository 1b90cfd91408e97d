//! One person: details, access, group. The dialog has an address, so it can be linked and survives a reload.

use crate::reactive::effect;
use allowance_api_types::ErrorCode;
use allowance_api_types::people::{PersonView, Role};
use allowance_values::PersonId;
use leptos::ev::SubmitEvent;
use leptos::prelude::*;

use super::access::Access;
use super::details::PersonFields;
use super::group_move::GroupMove;
use super::model::{Draft, DraftSignals};
use crate::pages::list_url::ListUrl;
use crate::pages::words;
use crate::remote::Remote;
use crate::session::{self, use_session};
use crate::ui::{
    Badge, Banner, Button, Dialog, DialogActions, Form, Loaded, Look, Toasts, Tone, Width, avatar,
};
use crate::{api, errors, format};

/// The dialog, open while the address names a person.
#[component]
pub(super) fn PersonDialog(
    url: ListUrl,
    groups: Signal<Vec<(String, String)>>,
    on_change: Callback<()>,
) -> impl IntoView {
    let open = url.opened_by("person");
    let id = Memo::new(move |_| url.parsed::<PersonId>("person"));
    let is_dirty = RwSignal::new(false);
    view! {
        <Dialog title="Person" open width=Width::Wide dirty=is_dirty>
            {move || id.get().map(|id| view! { <Person id groups on_change is_dirty /> })}
        </Dialog>
    }
}

#[component]
fn Person(
    id: PersonId,
    groups: Signal<Vec<(String, String)>>,
    on_change: Callback<()>,
    is_dirty: RwSignal<bool>,
) -> impl IntoView {
    let person = Remote::new(move || async move { api::people::get(id).await });
    let session = use_session();
    let viewer = untrack(|| session.me());
    let is_admin = viewer.as_ref().is_some_and(|me| me.role == Role::Admin);
    let is_self = viewer.is_some_and(|me| me.id == id);
    let changed = Callback::new(move |now: PersonView| {
        person.put(now);
        on_change.run(());
    });
    let ready = move |view: PersonView| {
        let head = head(&view);
        if !is_admin {
            return view! { {head} {facts(&view)} }.into_any();
        }
        let reread = Callback::new(move |()| person.reload());
        view! {
            {head}
            <DetailsForm person=view.clone() changed reread tells=is_dirty />
            <GroupMove person=view.clone() groups changed />
            <Access person=view is_self changed />
        }
        .into_any()
    };
    view! { <Loaded remote=person lines=8 ready /> }
}

fn head(person: &PersonView) -> AnyView {
    let (status, tone) = words::status(person.status);
    let about = [person.title.clone(), person.department.clone()]
        .into_iter()
        .flatten()
        .collect::<Vec<_>>()
        .join(" · ");
    view! {
        <div class="person-head">
            {avatar(&person.display_name)}
            <div>
                <h3>{person.display_name.clone()} " " <Badge tone=tone>{status}</Badge></h3>
                <p class="mut">{about}</p>
            </div>
        </div>
    }
    .into_any()
}

/// What somebody sees who may look but not change.
fn facts(person: &PersonView) -> AnyView {
    let fact = |label: &'static str, value: Option<String>| {
        value.map(|value| view! { <div><dt>{label}</dt><dd>{value}</dd></div> })
    };
    view! {
        <dl class="facts">
            {fact("E-mail", Some(person.email.to_string()))}
            {fact("Group", Some(person.group.name.clone()))}
            {fact("Role", Some(words::role(person.role).to_owned()))}
            {fact("Manager", person.manager.as_ref().map(|manager| manager.display_name.clone()))}
            {fact("Division", person.division.clone())}
            {fact("Location", person.location.clone())}
            {fact("First day", person.hired_on.map(format::day))}
            {fact("Employee number", person.employee_number.clone())}
            {fact("Added", Some(format::date(person.created_at, &session::zone())))}
        </dl>
    }
    .into_any()
}

#[component]
fn DetailsForm(
    person: PersonView,
    changed: Callback<PersonView>,
    reread: Callback<()>,
    tells: RwSignal<bool>,
) -> impl IntoView {
    let toasts: Toasts = expect_context();
    let before = Draft::of(&person);
    let draft = DraftSignals::new(before.clone(), person.manager.clone());
    let is_dirty = Memo::new(move |_| draft.get() != before);
    crate::unsaved::guard(is_dirty.into());
    effect(move || tells.set(is_dirty.get()));
    on_cleanup(move || {
        let _gone = tells.try_set(false);
    });
    let person = StoredValue::new(person);
    let body = move || untrack(|| draft.get()).into_changes(&person.get_value());
    let form = Form::new(move || body().err().unwrap_or_default());
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        match body() {
            Err(errors) => form.refuse(errors),
            Ok(body) => {
                let (key, id, etag) = (
                    form.key(),
                    person.with_value(|person| person.id),
                    person.with_value(|person| person.etag.clone()),
                );
                form.send(
                    async move { api::people::update(id, &body, &etag, &key).await },
                    move |now| {
                        toasts.show(Tone::Good, format!("{} was saved.", now.display_name));
                        changed.run(now);
                    },
                );
            }
        }
    };
    let refused = move || {
        form.banner().get().map(|error| {
            let is_stale = error.code() == Some(ErrorCode::PreconditionFailed);
            view! {
                <Banner tone=Tone::Bad>
                    {errors::words(&error)}
                    {is_stale.then(|| view! {
                        " "
                        <button type="button" class="link" on:click=move |_| reread.run(())>"Show the current values"</button>
                    })}
                </Banner>
            }
        })
    };
    view! {
        <form node_ref=form.node() on:submit=submit novalidate>
            {refused}
            <PersonFields form draft />
            <DialogActions>
                <Button look=Look::Primary busy=form.busy() disabled=Signal::derive(move || !is_dirty.get())>"Save details"</Button>
            </DialogActions>
        </form>
    }
}
