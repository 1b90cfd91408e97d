//! Spends booked by hand: a new one, and its reversal.

use allowance_api_types::charges::{ChargeView, CreateChargeBody, ReverseChargeBody};
use allowance_grid::Reading;
use allowance_values::{ChargeId, Cost, Currency, Money, PersonId};
use leptos::ev::SubmitEvent;
use leptos::prelude::*;

use super::grants::{above_zero, sure};
use super::sheet::Sheet;
use crate::session::use_session;
use crate::ui::{
    Button, FieldErrors, Form, Look, Refusal, Required, SelectField, TextField, Toasts, Tone, required,
};
use crate::{api, errors, format};
use leptos::task::spawn_local;

const NOTE: Required = Required {
    missing: "Say what it was, for the books.",
    most: 1_000,
};
const CREDITS: &str = "credits";
const COST: &str = "cost";

/// What was typed about a charge.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Draft {
    by: String,
    amount: String,
    note: String,
}

impl Draft {
    fn into_body(
        self,
        person_id: PersonId,
        reading: Reading,
        currency: Currency,
    ) -> Result<CreateChargeBody, FieldErrors> {
        let mut errors = FieldErrors::default();
        let note = required(&mut errors, "note", &self.note, NOTE);
        let (amount, cost) = if self.by == COST {
            let cost = self
                .amount
                .trim()
                .parse::<Cost>()
                .ok()
                .filter(|cost| cost.nanos() > 0);
            if cost.is_none() {
                errors.add("cost", "Type a cost above 0, like 19.99.");
            }
            (None, cost.map(|amount| Money { amount, currency }))
        } else {
            (above_zero(&mut errors, "amount", reading, &self.amount), None)
        };
        errors.finish(note.map(|note| CreateChargeBody {
            person_id,
            amount,
            cost,
            note,
        }))
    }
}

/// A new charge, in credits or as a cost that the rate turns into credits.
pub(super) fn form(sheet: Sheet, person: PersonId, changed: Callback<()>) -> AnyView {
    let Some(currency) = use_session().me().map(|me| me.organisation.currency) else {
        return ().into_any();
    };
    let reading = format::reading(sheet.decimals);
    let by = RwSignal::new(CREDITS.to_owned());
    let amount = RwSignal::new(String::new());
    let note = RwSignal::new(String::new());
    let draft = move || Draft {
        by: by.get_untracked(),
        amount: amount.get_untracked(),
        note: note.get_untracked(),
    };
    let form = Form::new(move || {
        draft()
            .into_body(person, reading, currency)
            .err()
            .unwrap_or_default()
    });
    let toasts: Toasts = expect_context();
    let id = sheet.id;
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        match draft().into_body(person, reading, currency) {
            Err(errors) => form.refuse(errors),
            Ok(body) => {
                let key = form.key();
                form.send(
                    async move { api::charges::create(id, &body, &key).await },
                    move |charge: ChargeView| {
                        match charge.over_by {
                            None => toasts
                                .show(Tone::Good, format!("Charged {}.", format::credits(charge.amount))),
                            Some(over) => toasts.show(
                                Tone::Warn,
                                format!(
                                    "Charged {}: {} more than was left.",
                                    format::credits(charge.amount),
                                    format::credits(over)
                                ),
                            ),
                        }
                        changed.run(());
                    },
                );
            }
        }
    };
    let ways = vec![
        (CREDITS.to_owned(), "Credits".to_owned()),
        (COST.to_owned(), format!("A cost in {}", currency.as_str())),
    ];
    let is_cost = Memo::new(move |_| by.get() == COST);
    view! {
        <form node_ref=form.node() class="detail-form" on:submit=submit novalidate>
            <Refusal form />
            <div class="fields">
                <SelectField form name="by" label="Charge" value=by options=ways />
                {move || {
                    let (name, label) = if is_cost.get() { ("cost", "Cost") } else { ("amount", "Credits") };
                    view! { <TextField form name label value=amount inputmode="decimal" is_required=true autofocus=true /> }
                }}
            </div>
            <TextField form name="note" label="What it was" value=note is_required=true />
            <Button look=Look::Primary busy=form.busy()>"Charge"</Button>
        </form>
    }
    .into_any()
}

/// Reverses a charge, once.
pub(super) fn reverse(sheet: Sheet, id: ChargeId, changed: Callback<()>) -> AnyView {
    let key = StoredValue::new(api::new_key());
    let act = Callback::new(move |toasts: Toasts| {
        spawn_local(async move {
            let body = ReverseChargeBody {
                note: "Reversed from the allocations page".to_owned(),
            };
            match api::charges::reverse(id, &body, &key.get_value()).await {
                Ok(charge) => {
                    toasts.show(
                        Tone::Good,
                        format!("Reversed. {} came back.", sheet.amount(charge.amount)),
                    );
                    changed.run(());
                }
                Err(error) => toasts.show(Tone::Bad, errors::words(&error)),
            }
        });
    });
    sure("Reverse", "Reverse it", act)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_charge_is_in_credits_or_as_a_cost() {
        let person: PersonId = "per_00000000000000000000000000000001".parse().unwrap();
        let euro: Currency = "EUR".parse().unwrap();
        let draft = |by: &str, amount: &str| Draft {
            by: by.to_owned(),
            amount: amount.to_owned(),
            note: "Course".to_owned(),
        };
        let into = |draft: Draft| draft.into_body(person, format::reading(2), euro);
        let body = into(draft(CREDITS, "12.5")).unwrap();
        assert_eq!(
            (body.amount.map(|amount| amount.to_string()), body.cost),
            (Some("12.5".to_owned()), None)
        );
        let body = into(draft(COST, "0.0187225")).unwrap();
        assert!(body.amount.is_none() && body.cost.is_some_and(|cost| cost.currency == euro));
        assert!(into(draft(COST, "0")).unwrap_err().get("cost").is_some());
        assert!(into(draft(CREDITS, "")).unwrap_err().get("amount").is_some());
        assert!(
            into(Draft {
                note: String::new(),
                ..draft(CREDITS, "1")
            })
            .unwrap_err()
            .get("note")
            .is_some()
        );
    }
}
