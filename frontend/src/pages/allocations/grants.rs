//! One-off grants of a member: the list with revoke, and a new one.

use allowance_api_types::Page;
use allowance_api_types::grants::{CreateGrantBody, GrantExpiry, GrantSource, GrantView};
use allowance_api_types::paging::PageQuery;
use allowance_values::{Credits, PersonId, Timestamp};
use leptos::ev::SubmitEvent;
use leptos::prelude::*;
use leptos::task::spawn_local;

use super::super::words;
use super::sheet::Sheet;
use crate::remote::Remote;
use crate::session;
use crate::ui::{
    Badge, Banner, Button, FieldErrors, Form, Look, Refusal, Required, SelectField, TextAreaField, TextField,
    Toasts, Tone, required,
};
use crate::{api, browser, errors, format};
use allowance_grid::Reading;

const REASON: Required = Required {
    missing: "Say why, for the books.",
    most: 1_000,
};
const PRIORITY: &str = "A whole number from 0 to 1000. Lower numbers burn first.";
const FIRST: PageQuery = PageQuery {
    cursor: None,
    limit: Some(100),
};

/// The grants of a member.
pub(super) fn of(sheet: Sheet, person: PersonId) -> Remote<Page<GrantView>> {
    let id = sheet.id;
    Remote::new(move || async move { api::grants::list(id, person, &FIRST).await })
}

const fn source(source: GrantSource) -> &'static str {
    match source {
        GrantSource::Typed => "Typed into Extra",
        GrantSource::Manual => "Granted",
        GrantSource::SignUp => "New user",
        GrantSource::CreditRequest => "Credit request",
        _ => "Other",
    }
}

const fn expiry(expiry: GrantExpiry) -> &'static str {
    match expiry {
        GrantExpiry::EndOfCycle => "End of this cycle",
        GrantExpiry::At => "A date",
        GrantExpiry::Never => "Never",
        _ => "Other",
    }
}

/// The list. A grant that is still open can be revoked.
pub(super) fn list(
    sheet: Sheet,
    grants: Remote<Page<GrantView>>,
    may_grant: bool,
    changed: Callback<()>,
) -> AnyView {
    let zone = session::zone();
    let rows = move || {
        let page = grants.value()?;
        if page.items.is_empty() {
            return Some(view! { <p class="mut">"No grants yet."</p> }.into_any());
        }
        let rows = page
            .items
            .iter()
            .map(|grant| row(sheet, grant, &zone, may_grant, changed))
            .collect_view();
        Some(
            view! {
                <div class="scroll" tabindex="0" role="region" aria-label="Grants">
                    <table class="table">
                        <thead>
                            <tr>
                                <th scope="col">"Made"</th><th scope="col">"Why"</th><th scope="col">"Lapses"</th>
                                <th scope="col" class="r">"Credits"</th><th scope="col"><span class="sr">"Actions"</span></th>
                            </tr>
                        </thead>
                        <tbody>{rows}</tbody>
                    </table>
                </div>
            }
            .into_any(),
        )
    };
    let failed = move || {
        let error = grants.error()?;
        Some(view! { <Banner tone=Tone::Bad>{errors::words(&error)}</Banner> })
    };
    view! { {failed} {rows} }.into_any()
}

fn row(sheet: Sheet, grant: &GrantView, zone: &str, may_grant: bool, changed: Callback<()>) -> AnyView {
    let lapses = match grant.expires_at {
        Some(at) => format::date_time(at, zone),
        None => expiry(grant.expiry).to_owned(),
    };
    let ended = (!grant.ended.is_zero()).then(|| {
        view! { <small class="mut block">{sheet.amount(grant.ended)} " taken back or lapsed"</small> }
    });
    let by = grant
        .made_by
        .as_ref()
        .map(|by| format!(" by {}", by.display_name))
        .unwrap_or_default();
    let revoke = (may_grant && grant.is_open).then(|| revoke(grant, changed));
    view! {
        <tr>
            <td class="nw mut">{format::date_time(grant.made_at, zone)}</td>
            <td>
                {grant.reason.clone().unwrap_or_else(|| source(grant.source).to_owned())}
                <small class="mut block">{source(grant.source)} {by} " · priority " {grant.priority.to_string()}</small>
            </td>
            <td>{lapses}</td>
            <td class="r">{sheet.amount(grant.amount)} {ended}</td>
            <td class="r">{if grant.is_open { revoke } else { Some(view! { <Badge>"Ended"</Badge> }.into_any()) }}</td>
        </tr>
    }
    .into_any()
}

/// Takes back what is unspent of a grant; pressed once more to be sure.
fn revoke(grant: &GrantView, changed: Callback<()>) -> AnyView {
    let id = grant.id;
    let key = StoredValue::new(api::new_key());
    let act = Callback::new(move |toasts: Toasts| {
        spawn_local(async move {
            match api::grants::revoke(id, &key.get_value()).await {
                Ok(grant) => {
                    toasts.show(
                        Tone::Good,
                        format!("Revoked. {} taken back.", format::credits(grant.ended)),
                    );
                    changed.run(());
                }
                Err(error) => toasts.show(Tone::Bad, errors::words(&error)),
            }
        });
    });
    sure("Revoke", "Revoke it", act)
}

/// A button that asks once, in its own place.
pub(super) fn sure(ask: &'static str, confirm: &'static str, act: Callback<Toasts>) -> AnyView {
    let is_asked = RwSignal::new(false);
    let toasts: Toasts = expect_context();
    view! {
        {move || if is_asked.get() {
            view! {
                <span class="sure">
                    <Button look=Look::Danger on_press=move || act.run(toasts)>{confirm}</Button>
                    <Button look=Look::Quiet on_press=move || is_asked.set(false)>"Keep"</Button>
                </span>
            }
            .into_any()
        } else {
            view! { <Button look=Look::Quiet on_press=move || is_asked.set(true)>{ask}</Button> }.into_any()
        }}
    }
    .into_any()
}

/// What was typed about a new grant.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Draft {
    amount: String,
    reason: String,
    priority: String,
    expiry: String,
    /// The end of the chosen day, where one was chosen.
    ends: Option<Timestamp>,
}

impl Draft {
    fn into_body(self, reading: Reading) -> Result<CreateGrantBody, FieldErrors> {
        let mut errors = FieldErrors::default();
        let amount = above_zero(&mut errors, "amount", reading, &self.amount);
        let reason = required(&mut errors, "reason", &self.reason, REASON);
        let priority = self
            .priority
            .trim()
            .parse()
            .ok()
            .filter(|priority| *priority <= 1_000_u16);
        if priority.is_none() {
            errors.add("priority", PRIORITY);
        }
        let expiry = words::from_word::<GrantExpiry>(&self.expiry);
        let is_dated = expiry == Some(GrantExpiry::At);
        if is_dated && self.ends.is_none() {
            errors.add("expires_at", "Choose a day.");
        }
        let expires_at = self.ends.filter(|_| is_dated);
        let body = amount.zip(reason).map(|(amount, reason)| CreateGrantBody {
            amount,
            reason,
            priority,
            expiry,
            expires_at,
        });
        errors.finish(body)
    }
}

/// An amount above zero.
pub(super) fn above_zero(
    errors: &mut FieldErrors,
    field: &str,
    reading: Reading,
    text: &str,
) -> Option<Credits> {
    match reading.amount(text) {
        Ok(amount) if amount.is_positive() => return Some(amount),
        Ok(_) => errors.add(field, "Type an amount above 0."),
        Err(error) => errors.add(field, error.to_string()),
    }
    None
}

/// A new grant.
pub(super) fn form(sheet: Sheet, person: PersonId, changed: Callback<()>) -> AnyView {
    let reading = format::reading(sheet.decimals);
    let zone = StoredValue::new(session::zone());
    let amount = RwSignal::new(String::new());
    let reason = RwSignal::new(String::new());
    let priority = RwSignal::new("100".to_owned());
    let expires = RwSignal::new(words::word(GrantExpiry::EndOfCycle));
    let day = RwSignal::new(String::new());
    let draft = move || Draft {
        amount: amount.get_untracked(),
        reason: reason.get_untracked(),
        priority: priority.get_untracked(),
        expiry: expires.get_untracked(),
        ends: zone.with_value(|zone| browser::end_of_day(&day.get_untracked(), zone)),
    };
    let form = Form::new(move || draft().into_body(reading).err().unwrap_or_default());
    let toasts: Toasts = expect_context();
    let id = sheet.id;
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        match draft().into_body(reading) {
            Err(errors) => form.refuse(errors),
            Ok(body) => {
                let key = form.key();
                form.send(
                    async move { api::grants::create(id, person, &body, &key).await },
                    move |grant: GrantView| {
                        toasts.show(Tone::Good, format!("Granted {}.", format::credits(grant.amount)));
                        changed.run(());
                    },
                );
            }
        }
    };
    let is_dated = move || words::from_word::<GrantExpiry>(&expires.get()) == Some(GrantExpiry::At);
    view! {
        <form node_ref=form.node() class="detail-form" on:submit=submit novalidate>
            <Refusal form />
            <div class="fields">
                <TextField form name="amount" label="Credits" value=amount inputmode="decimal" is_required=true autofocus=true />
                <SelectField form name="expiry" label="Lapses" value=expires options=words::options(GrantExpiry::ALL, expiry) />
                {move || is_dated().then(|| view! {
                    <TextField form name="expires_at" label="At the end of" value=day kind="date" is_required=true />
                })}
                <TextField form name="priority" label="Priority" value=priority inputmode="numeric" hint="Lower numbers burn first." />
            </div>
            <TextAreaField form name="reason" label="Reason" value=reason is_required=true />
            <Button look=Look::Primary busy=form.busy()>"Grant"</Button>
        </form>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn draft(amount: &str, expiry: &str) -> Draft {
        Draft {
            amount: amount.to_owned(),
            reason: " For the conference ".to_owned(),
            priority: "100".to_owned(),
            expiry: expiry.to_owned(),
            ends: None,
        }
    }

    #[test]
    fn a_grant_needs_an_amount_a_reason_and_its_date() {
        let reading = format::reading(2);
        let body = draft("1,200.50", "end_of_cycle").into_body(reading).unwrap();
        assert_eq!(
            (body.amount.to_string(), body.reason.as_str()),
            ("1200.5".to_owned(), "For the conference")
        );
        let at = Timestamp::from_micros(1);
        let dated = Draft {
            ends: Some(at),
            ..draft("1", "at")
        }
        .into_body(reading)
        .unwrap();
        assert_eq!(dated.expires_at, Some(at));
        let never = Draft {
            ends: Some(at),
            ..draft("1", "never")
        }
        .into_body(reading)
        .unwrap();
        assert_eq!(never.expires_at, None);
        for (draft, field) in [
            (draft("0", "never"), "amount"),
            (draft("1.005", "never"), "amount"),
            (draft("1", "at"), "expires_at"),
            (
                Draft {
                    reason: " ".to_owned(),
                    ..draft("1", "never")
                },
                "reason",
            ),
            (
                Draft {
                    priority: "1001".to_owned(),
                    ..draft("1", "never")
                },
                "priority",
            ),
        ] {
            assert!(
                draft.into_body(reading).unwrap_err().get(field).is_some(),
                "{field}"
            );
        }
    }

    #[test]
    fn every_word_has_a_text() {
        assert!(GrantSource::ALL.iter().all(|&word| source(word) != "Other"));
        assert!(GrantExpiry::ALL.iter().all(|&word| expiry(word) != "Other"));
    }
}
