//! The question before a key is revoked, since that cannot be taken back.

use allowance_api_types::api_keys::ApiKeyView;
use leptos::prelude::*;

use crate::api;
use crate::reactive::open_while;
use crate::ui::{Button, Dialog, DialogActions, FieldErrors, Form, Look, Refusal, Toasts, Tone};

pub(super) fn dialog(asked: RwSignal<Option<ApiKeyView>>, done: Callback<()>) -> AnyView {
    let open = open_while(asked);
    let title = Signal::derive(move || {
        asked.with(|key| {
            let name = key.as_ref().map_or("", |key| key.name.as_str());
            format!("Revoke {name}?")
        })
    });
    view! {
        <Dialog title open>{move || asked.get().map(|key| question(key, open, done))}</Dialog>
    }
    .into_any()
}

fn question(key: ApiKeyView, open: RwSignal<bool>, done: Callback<()>) -> AnyView {
    let toasts: Toasts = expect_context();
    let form = Form::new(FieldErrors::default);
    let (id, name) = (key.id, key.name);
    let revoke = move || {
        let (name, request) = (name.clone(), form.key());
        form.send(
            async move { api::api_keys::revoke(id, &request).await },
            move |_key: ApiKeyView| {
                toasts.show(Tone::Good, format!("{name} was revoked."));
                open.set(false);
                done.run(());
            },
        );
    };
    view! {
        <Refusal form />
        <ul class="bullets">
            <li>"From its next request on the key is refused, on every server."</li>
            <li>"Open holds stay, to be captured by another key or released. What was reported stays."</li>
            <li>"A revoked key does not come back; make a new one instead."</li>
        </ul>
        <DialogActions>
            <Button on_press=move || open.set(false)>"Cancel"</Button>
            <Button look=Look::Danger busy=form.busy() on_press=revoke>"Revoke key"</Button>
        </DialogActions>
    }
    .into_any()
}
