//! Asking for more credits. Where the group's reserve answers, the answer is there at once.

use allowance_api_types::credit_requests::{CreateCreditRequestBody, CreditRequestView, RequestTerm};
use allowance_api_types::session::WalletItemView;
use leptos::ev::SubmitEvent;
use leptos::prelude::*;

use super::super::requests::model::MOST_TEXT;
use super::super::words;
use crate::reactive::{effect, open_while};
use crate::ui::{
    Button, Dialog, DialogActions, FieldErrors, Form, Look, Refusal, Required, TextAreaField, TextField,
    required, segments,
};
use crate::{api, format};

const REASON: Required = Required {
    missing: "Say what you need them for; whoever decides reads it.",
    most: MOST_TEXT,
};

/// The dialog. `made` hears of the request.
pub(super) fn dialog(asking: RwSignal<Option<WalletItemView>>, made: Callback<CreditRequestView>) -> AnyView {
    let open = open_while(asking);
    let title = Signal::derive(move || {
        asking.with(|item| {
            let name = item.as_ref().map_or("", |item| item.credit_type.name.as_str());
            format!("Ask for credits: {name}")
        })
    });
    let is_dirty = RwSignal::new(false);
    view! {
        <Dialog title open dirty=is_dirty>
            {move || asking.get().map(|item| form(&item, made, open, is_dirty))}
        </Dialog>
    }
    .into_any()
}

fn form(
    item: &WalletItemView,
    made: Callback<CreditRequestView>,
    open: RwSignal<bool>,
    is_dirty: RwSignal<bool>,
) -> AnyView {
    let credit_type = item.credit_type.id;
    let decimals = item.credit_type.decimals;
    let amount = RwSignal::new(String::new());
    let term = RwSignal::new(words::word(RequestTerm::ThisCycle));
    let reason = RwSignal::new(String::new());
    effect(move || {
        is_dirty.set(amount.with(|text| !text.is_empty()) || reason.with(|text| !text.is_empty()))
    });
    let body = move || {
        let mut errors = FieldErrors::default();
        let amount = match format::reading(decimals).amount(&amount.get_untracked()) {
            Ok(amount) if amount.is_positive() => Some(amount),
            Ok(_) => {
                errors.add("amount", "Enter an amount above zero.");
                None
            }
            Err(error) => {
                errors.add("amount", error.to_string());
                None
            }
        };
        let reason = required(&mut errors, "reason", &reason.get_untracked(), REASON);
        let term = words::from_word(&term.get_untracked());
        let body = amount.zip(reason).zip(term);
        errors.finish(body.map(|((amount, reason), term)| CreateCreditRequestBody { amount, term, reason }))
    };
    let form = Form::new(move || body().err().unwrap_or_default());
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        match body() {
            Err(errors) => form.refuse(errors),
            Ok(body) => {
                let key = form.key();
                form.send(
                    async move { api::credit_requests::create(credit_type, &body, &key).await },
                    move |request| {
                        is_dirty.set(false);
                        open.set(false);
                        made.run(request);
                    },
                );
            }
        }
    };
    let terms = words::options(&[RequestTerm::ThisCycle, RequestTerm::ForGood], words::term);
    let left = format::credits_to(item.figures.remaining, decimals.max(2));
    view! {
        <form node_ref=form.node() on:submit=submit novalidate>
            <Refusal form />
            <p class="lead">"You have " {left} " left. What you ask for comes on top."</p>
            <div class="amount-line">
                <TextField form name="amount" label="How many credits" value=amount inputmode="decimal" is_required=true autofocus=true />
                {segments("For how long", term, terms)}
            </div>
            <TextAreaField form name="reason" label="What for" value=reason is_required=true />
            <p class="hint">"“For good” raises your Monthly and is always decided by a person."</p>
            <DialogActions>
                <Button on_press=move || open.set(false)>"Cancel"</Button>
                <Button look=Look::Primary busy=form.busy()>"Ask"</Button>
            </DialogActions>
        </form>
    }
    .into_any()
}
