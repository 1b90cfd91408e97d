//! Credit types themselves: a new one, and putting one away.

use allowance_api_types::credit_types::{CreateCreditTypeBody, CreditTypeView, RateSide};
use allowance_values::CreditTypeId;
use leptos::ev::SubmitEvent;
use leptos::prelude::*;

use super::fields::{
    cadence_options, decimal_options, decimals, distribution_options, enforcement_options, rate,
};
use super::{super::super::words, Settings};
use crate::ui::{
    Button, Dialog, DialogActions, FieldErrors, Form, Glyph, Look, Refusal, Required, SelectField, TextField,
    Toasts, Tone, required,
};
use crate::{api, format};

const NAME: Required = Required {
    missing: "Enter a name.",
    most: 100,
};

/// The card about the credit type as such.
pub(super) fn card(settings: Settings, made: Callback<CreditTypeId>) -> AnyView {
    let form = Form::new(FieldErrors::default);
    let toasts: Toasts = expect_context();
    let is_archived = Memo::new(move |_| {
        settings
            .known
            .get()
            .is_some_and(|known| known.credit_type.is_archived)
    });
    let put_away = Callback::new(move |()| {
        let (verb, said) = if is_archived.get_untracked() {
            ("restore", "Restored: it can be given, asked and spent again.")
        } else {
            ("archive", "Archived: nothing of it can be given, asked or spent.")
        };
        let etag = untrack(|| settings.known.get())
            .map(|known| known.credit_type.etag)
            .unwrap_or_default();
        let key = form.key();
        form.send(
            async move { api::credit_types::put_away(settings.id, verb, &etag, &key).await },
            move |view| {
                settings.credit_type.put(view);
                settings.changed();
                toasts.show(Tone::Good, said);
            },
        );
    });
    let open = RwSignal::new(false);
    view! {
        <section class="card settings-card">
            <h2>"Credit types"</h2>
            <p class="lead">"Each kind of credit has its own limit, cycles, grid and requests. An archived one stays readable."</p>
            <Refusal form />
            <div class="settings-save">
                <Button glyph=Glyph::Plus on_press=move || open.set(true)>"New credit type…"</Button>
                <Button look=Look::Danger busy=form.busy() on_press=put_away>
                    {move || if is_archived.get() { "Restore this credit type" } else { "Archive this credit type" }}
                </Button>
            </div>
            <Dialog title="New credit type" open>{create(made, open)}</Dialog>
        </section>
    }
    .into_any()
}

#[derive(Clone, Copy)]
struct Draft {
    name: RwSignal<String>,
    limit: RwSignal<String>,
    decimals: RwSignal<String>,
    rate: RwSignal<String>,
    cadence: RwSignal<String>,
    enforcement: RwSignal<String>,
    distribution: RwSignal<String>,
}

impl Draft {
    fn into_body(self) -> Result<CreateCreditTypeBody, FieldErrors> {
        let mut errors = FieldErrors::default();
        let name = required(&mut errors, "name", &self.name.get_untracked(), NAME);
        let count = decimals(&mut errors, "decimals", &self.decimals.get_untracked());
        let limit = format::reading(count.unwrap_or(2)).amount(&self.limit.get_untracked());
        if let Err(error) = limit {
            errors.add("limit", error.to_string());
        }
        let rate = rate(&mut errors, "rate", &self.rate.get_untracked());
        let body = || {
            Some(CreateCreditTypeBody {
                name: name?,
                decimals: count?,
                cadence: words::from_word(&self.cadence.get_untracked())?,
                limit: limit.ok()?,
                rate_side: RateSide::Factor,
                rate: rate?,
                enforcement: words::from_word(&self.enforcement.get_untracked())?,
                distribution: words::from_word(&self.distribution.get_untracked())?,
            })
        };
        let body = body();
        errors.finish(body)
    }
}

fn create(made: Callback<CreditTypeId>, open: RwSignal<bool>) -> AnyView {
    let text = |text: &str| RwSignal::new(text.to_owned());
    let draft = Draft {
        name: text(""),
        limit: text("0"),
        decimals: text("2"),
        rate: text("0"),
        cadence: text("calendar_month"),
        enforcement: text("warn"),
        distribution: text("individual"),
    };
    let form = Form::new(move || draft.into_body().err().unwrap_or_default());
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        match draft.into_body() {
            Err(errors) => form.refuse(errors),
            Ok(body) => {
                let key = form.key();
                form.send(
                    async move { api::credit_types::create(&body, &key).await },
                    move |view: CreditTypeView| {
                        open.set(false);
                        made.run(view.id);
                    },
                );
            }
        }
    };
    let factor = "Credits per unit of cost; 0 switches burning off.";
    view! {
        <form node_ref=form.node() on:submit=submit novalidate>
            <Refusal form />
            <TextField form name="name" label="Name" value=draft.name is_required=true />
            <div class="fields">
                <TextField form name="limit" label="Credits per cycle" value=draft.limit inputmode="decimal" is_required=true />
                <SelectField form name="cadence" label="Cadence" value=draft.cadence options=Signal::derive(cadence_options) />
                <SelectField form name="decimals" label="Decimals" value=draft.decimals options=Signal::derive(decimal_options) />
                <TextField form name="rate" label="Credit factor" value=draft.rate inputmode="decimal" hint=factor />
                <SelectField form name="enforcement" label="Beyond Remaining" value=draft.enforcement options=Signal::derive(enforcement_options) />
                <SelectField form name="distribution" label="Distribution" value=draft.distribution options=Signal::derive(distribution_options) />
            </div>
            <DialogActions>
                <Button on_press=move || open.set(false)>"Cancel"</Button>
                <Button look=Look::Primary busy=form.busy()>"Create credit type"</Button>
            </DialogActions>
        </form>
    }
    .into_any()
}
