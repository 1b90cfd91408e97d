//! The first visit: organisation, first admin, first credit type, in one form.

pub(in crate::pages) mod model;

use allowance_api_types::credit_types::Cadence;
use leptos::ev::SubmitEvent;
use leptos::prelude::*;

use crate::session::use_session;
use crate::ui::{Button, Form, Look, PageHead, Refusal, SelectField, TextField};
use crate::{api, browser};

use super::words;
use model::Draft;

#[component]
pub fn SetUp() -> impl IntoView {
    let session = use_session();
    let text = |start: &str| RwSignal::new(start.to_owned());
    let token = RwSignal::new(browser::fragment());
    let organisation_name = text("");
    let time_zone = RwSignal::new(browser::time_zone());
    let currency = text("USD");
    let admin_email = text("");
    let admin_name = text("");
    let admin_password = text("");
    let credit_type_name = text("AI usage");
    let cadence = RwSignal::new(words::word(Cadence::CalendarMonth));
    let limit = text("100000");
    let credit_factor = text("100");
    let draft = move || Draft {
        token: token.get_untracked(),
        organisation_name: organisation_name.get_untracked(),
        time_zone: time_zone.get_untracked(),
        currency: currency.get_untracked(),
        admin_email: admin_email.get_untracked(),
        admin_name: admin_name.get_untracked(),
        admin_password: admin_password.get_untracked(),
        credit_type_name: credit_type_name.get_untracked(),
        cadence: cadence.get_untracked(),
        limit: limit.get_untracked(),
        credit_factor: credit_factor.get_untracked(),
    };
    let form = Form::new(move || draft().into_body().err().unwrap_or_default());
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        match draft().into_body() {
            Err(errors) => form.refuse(errors),
            Ok(body) => {
                let call = async move {
                    api::setup::set_up(&body).await?;
                    session.signed_in().await
                };
                form.send(call, |()| {});
            }
        }
    };
    let currency_words = move || currency.get().trim().to_uppercase();
    view! {
        <div class="gate wide">
            <span class="mark large" aria-hidden="true">"A"</span>
            <PageHead title="Set up Allowance" />
            <div class="card gate-card">
                <form node_ref=form.node() on:submit=submit novalidate method="post">
                    <Refusal form />
                    <TextField
                        form name="token" label="One-time token" value=token is_required=true autofocus=true
                        hint="The server printed it in its log when it started."
                    />
                    <fieldset>
                        <legend>"Your organisation"</legend>
                        <TextField
                            form name="organisation_name" label="Name" value=organisation_name is_required=true
                            autocomplete="organization"
                        />
                        <div class="fields">
                            <TextField
                                form name="time_zone" label="Time zone" value=time_zone is_required=true list="zones"
                                hint="Cycles begin and end at midnight here."
                            />
                            <TextField
                                form name="currency" label="Currency" value=currency is_required=true list="currencies"
                                hint="Three letters. It cannot be changed later."
                            />
                        </div>
                    </fieldset>
                    <fieldset>
                        <legend>"You, the first admin"</legend>
                        <div class="fields">
                            <TextField form name="admin_name" label="Name" value=admin_name is_required=true autocomplete="name" />
                            <TextField
                                form name="admin_email" label="E-mail" value=admin_email kind="email" is_required=true
                                autocomplete="username"
                            />
                        </div>
                        <TextField
                            form name="admin_password" label="Password" value=admin_password kind="password" is_required=true
                            autocomplete="new-password" hint="At least 8 characters; 12 or more are better."
                        />
                    </fieldset>
                    <fieldset>
                        <legend>"Your first credits"</legend>
                        <div class="fields">
                            <TextField form name="credit_type_name" label="Name" value=credit_type_name is_required=true />
                            <SelectField
                                form name="cadence" label="A new cycle every" value=cadence
                                options=words::options(Cadence::ALL, words::cadence)
                            />
                            <TextField
                                form name="limit" label="Credits per cycle" value=limit is_required=true inputmode="decimal"
                                hint="What the organisation may spend in one cycle."
                            />
                            <TextField
                                form name="credit_factor"
                                label=Signal::derive(move || format!("Credits per 1 {} of cost", currency_words()))
                                value=credit_factor is_required=true inputmode="decimal"
                                hint="0 records usage without spending credits."
                            />
                        </div>
                    </fieldset>
                    <Button look=Look::Primary busy=form.busy()>"Set up"</Button>
                </form>
                {names("zones", browser::known_names("timeZone"))}
                {names("currencies", browser::known_names("currency"))}
            </div>
        </div>
    }
}

/// Suggestions for a field.
fn names(id: &'static str, names: Vec<String>) -> AnyView {
    let options = names
        .into_iter()
        .map(|name| view! { <option value=name></option> })
        .collect_view();
    view! { <datalist id=id>{options}</datalist> }.into_any()
}
