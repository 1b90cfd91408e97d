//! A person's access: role, invitation, suspension, leaving.

use allowance_api_types::people::{ChangeRoleBody, PersonStatus, PersonView, Role};
use allowance_api_types::session::InvitationView;
use leptos::prelude::*;

use super::leaving::Leaving;
use crate::pages::words;
use crate::session;
use crate::ui::{Button, FieldErrors, Form, Look, Refusal, SelectField, Toasts, Tone, copy_line};
use crate::{api, browser, format};

#[component]
pub(super) fn Access(person: PersonView, is_self: bool, changed: Callback<PersonView>) -> impl IntoView {
    let is_active = person.status == PersonStatus::Active;
    view! {
        <section class="dialog-section">
            <h3>"Access"</h3>
            {if is_self {
                view! { <p class="hint">"This is you. Nobody changes their own role or suspends themselves."</p> }.into_any()
            } else {
                view! { <RoleForm person=person.clone() changed /> }.into_any()
            }}
            {is_active.then(|| view! { <Invite person=person.clone() /> })}
            {(!is_self).then(|| view! { <Suspend person=person.clone() changed /> })}
            {(!is_self && person.status != PersonStatus::Left).then(|| view! { <Leaving person changed /> })}
        </section>
    }
}

#[component]
fn RoleForm(person: PersonView, changed: Callback<PersonView>) -> impl IntoView {
    let toasts: Toasts = expect_context();
    let id = person.id;
    let role = RwSignal::new(words::word(person.role));
    let form = Form::new(FieldErrors::default);
    let chosen = move || words::from_word::<Role>(&role.get()).unwrap_or(person.role);
    let is_same = Signal::derive(move || chosen() == person.role);
    let save = move |()| {
        let (body, key) = (
            ChangeRoleBody {
                role: untrack(chosen),
            },
            form.key(),
        );
        form.send(
            async move { api::people::change_role(id, &body, &key).await },
            move |now: PersonView| {
                toasts.show(
                    Tone::Good,
                    format!("{} is now {}.", now.display_name, words::role(now.role)),
                );
                changed.run(now);
            },
        );
    };
    view! {
        <form node_ref=form.node() class="line" on:submit=move |event| {
            event.prevent_default();
            if !is_same.get_untracked() {
                save(());
            }
        }>
            <SelectField
                form name="role" label="Role" value=role options=words::options(Role::ALL, words::role)
                hint=Signal::derive(move || words::role_hint(chosen()).to_owned())
            />
            <Button busy=form.busy() disabled=is_same>"Change role"</Button>
        </form>
        <Refusal form />
    }
}

#[component]
fn Invite(person: PersonView) -> impl IntoView {
    let id = person.id;
    let form = Form::new(FieldErrors::default);
    let invitation = RwSignal::new(None::<InvitationView>);
    let create = move || {
        form.send(async move { api::people::invite(id).await }, move |made| {
            invitation.set(Some(made))
        });
    };
    let words = if person.can_sign_in {
        "They can sign in. A new link lets them choose another password."
    } else {
        "They cannot sign in yet. Send them a link to choose a password."
    };
    view! {
        <Refusal form />
        {move || match invitation.get() {
            Some(made) => view! { <InvitationLink made /> }.into_any(),
            None => view! {
                <div class="act">
                    <p>{words}</p>
                    <Button busy=form.busy() on_press=create>"Create an invitation link"</Button>
                </div>
            }
            .into_any(),
        }}
    }
}

/// The link, shown once.
#[component]
fn InvitationLink(made: InvitationView) -> impl IntoView {
    let link = format!("{}{}", browser::origin(), made.path);
    let until = format::date_time(made.expires_at, &session::zone());
    view! {
        {copy_line("Invitation link", link)}
        <p class="hint">"Shown only now. It works once, until " {until} "."</p>
    }
}

#[component]
fn Suspend(person: PersonView, changed: Callback<PersonView>) -> impl IntoView {
    let toasts: Toasts = expect_context();
    let id = person.id;
    let is_away = person.status != PersonStatus::Active;
    let form = Form::new(FieldErrors::default);
    let act = move || {
        let key = form.key();
        let call = async move {
            if is_away {
                api::people::reinstate(id, &key).await
            } else {
                api::people::suspend(id, &key).await
            }
        };
        form.send(call, move |now: PersonView| {
            let status = words::status(now.status).0.to_lowercase();
            toasts.show(Tone::Good, format!("{} is now {status}.", now.display_name));
            changed.run(now);
        });
    };
    let words = match person.status {
        PersonStatus::Active => {
            "Suspending keeps all credits and can be undone; they cannot spend or sign in meanwhile."
        }
        PersonStatus::Left => "Has left. If they come back, they start with nothing.",
        _ => "Suspended: keeps all credits, cannot spend or sign in.",
    };
    view! {
        <Refusal form />
        <div class="act">
            <p>{words}</p>
            <Button look=if is_away { Look::Plain } else { Look::Danger } busy=form.busy() on_press=act>
                {if is_away { "Reinstate" } else { "Suspend" }}
            </Button>
        </div>
    }
}
