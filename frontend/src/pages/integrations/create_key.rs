//! A new key: what it is for, then its secret, shown once.

use allowance_api_types::api_keys::{ApiKeyScope, NewApiKeyView};
use leptos::ev::SubmitEvent;
use leptos::prelude::*;

use super::example::curl;
use super::model::{Draft, ON_A_DAY, expiries, scopes};
use crate::reactive::effect;
use crate::session::use_session;
use crate::ui::{
    Banner, Button, Dialog, DialogActions, Form, Look, Refusal, SelectField, TextField, Tone, Width, check,
    copy_block, copy_line,
};
use crate::{api, browser, format, session};

/// The dialog. `made` hears of the key.
pub(super) fn dialog(open: RwSignal<bool>, made: Callback<()>) -> AnyView {
    let key = RwSignal::new(None::<NewApiKeyView>);
    // A secret is not kept a moment longer than it is shown.
    effect(move || {
        if !open.get() {
            key.set(None);
        }
    });
    let title = Signal::derive(move || {
        key.with(|key| match key {
            Some(key) => format!("Key for {}", key.api_key.name),
            None => "New API key".to_owned(),
        })
    });
    view! {
        <Dialog title open width=Width::Wide>
            {move || match key.get() {
                Some(key) => secret(&key, open),
                None => form(key, open, made),
            }}
        </Dialog>
    }
    .into_any()
}

fn form(key: RwSignal<Option<NewApiKeyView>>, open: RwSignal<bool>, made: Callback<()>) -> AnyView {
    let name = RwSignal::new(String::new());
    let expiry = RwSignal::new(String::new());
    let day = RwSignal::new(String::new());
    let chosen: Vec<(ApiKeyScope, RwSignal<bool>)> = scopes()
        .map(|(scope, _, _)| (scope, RwSignal::new(scope == ApiKeyScope::UsageWrite)))
        .collect();
    let chosen = StoredValue::new(chosen);
    let zone = StoredValue::new(session::zone());
    let draft = move || Draft {
        name: name.get_untracked(),
        scopes: chosen.with_value(|chosen| {
            let on = chosen.iter().filter(|(_, is_on)| is_on.get_untracked());
            on.map(|(scope, _)| *scope).collect()
        }),
        expiry: expiry.get_untracked(),
        day_ends: zone.with_value(|zone| browser::end_of_day(&day.get_untracked(), zone)),
    };
    let form = Form::new(move || draft().into_body(format::now()).err().unwrap_or_default());
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        match draft().into_body(format::now()) {
            Err(errors) => form.refuse(errors),
            Ok(body) => form.send(
                async move { api::api_keys::create(&body).await },
                move |new: NewApiKeyView| {
                    key.set(Some(new));
                    made.run(());
                },
            ),
        }
    };
    let checks = chosen
        .get_value()
        .into_iter()
        .zip(scopes())
        .map(|((_, is_on), (_, text, hint))| {
            effect(move || {
                is_on.track();
                form.clear_field("scopes");
            });
            check(text, is_on, Some(hint))
        })
        .collect_view();
    view! {
        <form node_ref=form.node() on:submit=submit novalidate>
            <Refusal form />
            <TextField
                form name="name" label="Name" value=name is_required=true autofocus=true
                hint="The platform that will use it, like “LLM gateway, production”."
            />
            <fieldset class="checks">
                <legend>"May be used for"</legend>
                {checks}
                <p class="field-error" aria-live="polite">{move || form.error("scopes")}</p>
            </fieldset>
            <div class="fields">
                <SelectField form name="expiry" label="Ends" value=expiry options=expiries() />
                {move || (expiry.get() == ON_A_DAY).then(|| view! {
                    <TextField form name="expires_at" label="At the end of" kind="date" value=day />
                })}
            </div>
            <DialogActions>
                <Button on_press=move || open.set(false)>"Cancel"</Button>
                <Button look=Look::Primary busy=form.busy()>"Make the key"</Button>
            </DialogActions>
        </form>
    }
    .into_any()
}

fn secret(key: &NewApiKeyView, open: RwSignal<bool>) -> AnyView {
    let Some(me) = use_session().me() else {
        return ().into_any();
    };
    let example = curl(
        &browser::origin(),
        Some(&key.secret),
        &key.api_key.scopes,
        &me.email.to_string(),
        me.organisation.currency.as_str(),
    );
    view! {
        <Banner tone=Tone::Warn>"This is the only time the key is shown. Copy it now; whoever has it can use it."</Banner>
        {copy_line("API key", key.secret.clone())}
        <h3 class="dialog-part">"Try it"</h3>
        {copy_block("example", example)}
        <DialogActions>
            <Button look=Look::Primary on_press=move || open.set(false)>"Done"</Button>
        </DialogActions>
    }
    .into_any()
}
