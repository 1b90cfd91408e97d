//! The Settings tab: name, limit, rate, decimals and enforcement of a credit type, with current use beneath.

use allowance_api_types::ErrorCode;
use allowance_api_types::credit_types::{CreditTypeView, Enforcement, OverviewView, RateSide};
use allowance_api_types::people::Role;
use allowance_values::CreditTypeId;
use leptos::ev::SubmitEvent;
use leptos::prelude::*;

use super::super::words;
use super::CreditsFrame;
use super::settings_model::{Draft, is_unchanged};
use crate::api;
use crate::errors;
use crate::format;
use crate::remote::Remote;
use crate::session::{self, use_session};
use crate::ui::{Banner, Button, Form, Loaded, Look, SelectField, TextField, Toasts, Tone};
use crate::unsaved;

/// The tab for one credit type.
pub(super) fn tab(frame: CreditsFrame, id: CreditTypeId) -> AnyView {
    let credit_type = Remote::new(move || {
        let _times = frame.refreshes();
        async move { api::credit_types::get(id).await }
    });
    let overview = Remote::new(move || {
        let _times = frame.refreshes();
        async move { api::credit_types::overview(id).await }
    });
    frame.show_busy(move || credit_type.is_loading() || overview.is_loading());
    let is_admin = use_session().me().is_some_and(|me| me.role == Role::Admin);
    let ready = move |view: CreditTypeView| {
        if is_admin {
            form(frame, credit_type, overview, &view)
        } else {
            facts(&view)
        }
    };
    view! { <div class="settings"><Loaded remote=credit_type lines=8 ready /></div> }.into_any()
}

fn form(
    frame: CreditsFrame,
    credit_type: Remote<CreditTypeView>,
    overview: Remote<OverviewView>,
    view: &CreditTypeView,
) -> AnyView {
    let id = view.id;
    let reading = format::reading(view.decimals);
    let currency = use_session()
        .me()
        .map(|me| me.organisation.currency.as_str().to_owned())
        .unwrap_or_default();
    let start = Draft::of(view, reading);
    let name = RwSignal::new(start.name);
    let limit = RwSignal::new(start.limit);
    let decimals = RwSignal::new(start.decimals);
    let rate_side = RwSignal::new(start.rate_side);
    let rate = RwSignal::new(start.rate);
    let enforcement = RwSignal::new(start.enforcement);
    let draft = move || Draft {
        name: name.get(),
        limit: limit.get(),
        decimals: decimals.get(),
        rate_side: rate_side.get(),
        rate: rate.get(),
        enforcement: enforcement.get(),
    };
    let now = StoredValue::new(view.clone());
    let body = move || now.with_value(|now| draft().into_body(now, reading));
    let form = Form::new(move || untrack(body).err().unwrap_or_default());
    let is_dirty = Memo::new(move |_| body().map_or(true, |body| !is_unchanged(&body)));
    unsaved::guard(Signal::derive(move || is_dirty.get()));
    let toasts: Toasts = expect_context();
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        match untrack(body) {
            Err(errors) => form.refuse(errors),
            Ok(body) if is_unchanged(&body) => {}
            Ok(body) => {
                let (etag, key) = (now.with_value(|now| now.etag.clone()), form.key());
                form.send(
                    async move { api::credit_types::update(id, &body, &etag, &key).await },
                    move |saved| {
                        toasts.show(Tone::Good, "Settings saved.");
                        credit_type.put(saved);
                        overview.reload();
                        frame.reload_types();
                    },
                );
            }
        }
    };
    let refused = move || {
        form.banner().get().map(|error| {
            let reread = (error.code() == Some(ErrorCode::PreconditionFailed)).then(|| {
                view! {
                    " "
                    <button type="button" class="link" on:click=move |_| credit_type.reload()>"Show how it is now"</button>
                }
            });
            view! { <Banner tone=Tone::Bad>{errors::words(&error)} {reread}</Banner> }
        })
    };
    let sides = vec![
        (
            words::word(RateSide::Factor),
            format!("Credits per 1 {currency} of cost"),
        ),
        (words::word(RateSide::Value), format!("{currency} per credit")),
    ];
    let side_label = Signal::derive({
        let sides = sides.clone();
        move || {
            let chosen = rate_side.get();
            sides
                .iter()
                .find(|(word, _)| *word == chosen)
                .map(|(_, text)| text.clone())
                .unwrap_or_default()
        }
    });
    let counts: Vec<_> = (0..=6_u8)
        .map(|count| (count.to_string(), count.to_string()))
        .collect();
    view! {
        <form node_ref=form.node() class="settings-form" on:submit=submit novalidate>
            {refused}
            <section class="card settings-card">
                <h2>"Account credit limit"</h2>
                <p class="lead">"What this organisation may spend in one cycle. A change holds at once; nothing is taken from anybody."</p>
                <TextField form name="limit" label="Credits per cycle" value=limit inputmode="decimal" is_required=true />
                <p class="hint">{move || overview.value().map(|overview| usage(&overview))}</p>
            </section>
            <section class="card settings-card">
                <h2>"Credit factor"</h2>
                <p class="lead">"How cost becomes credits, for what is used from now on. 0 records usage without spending credits."</p>
                <div class="fields">
                    <SelectField form name="rate_side" label="Entered as" value=rate_side options=sides />
                    <TextField form name="rate" label=side_label value=rate inputmode="decimal" is_required=true />
                </div>
                <p class="hint">{other_side(view, &currency)}</p>
            </section>
            <section class="card settings-card">
                <h2>"Name, decimals, enforcement"</h2>
                <p class="lead">"How these credits are called and shown, and what asking first meets beyond Remaining."</p>
                <div class="fields">
                    <TextField form name="name" label="Name" value=name is_required=true />
                    <SelectField
                        form name="decimals" label="Decimals" value=decimals options=counts
                        hint="They only grow once credits were used."
                    />
                    <SelectField
                        form name="enforcement" label="Enforcement" value=enforcement
                        options=words::options(Enforcement::ALL, words::enforcement)
                    />
                </div>
                <p class="hint">{cadence(view)}</p>
            </section>
            <div class="settings-save">
                <Button look=Look::Primary busy=form.busy() disabled=Signal::derive(move || !is_dirty.get())>"Save"</Button>
                {move || is_dirty.get().then(|| view! { <span class="hint">"Not saved yet."</span> })}
            </div>
        </form>
    }
    .into_any()
}

/// "41,207.35 used and 2,140 held in the current cycle."
fn usage(overview: &OverviewView) -> String {
    format!(
        "{} used and {} held in the current cycle; {} unallocated.",
        format::credits(overview.cycle.used),
        format::credits(overview.held),
        format::credits(overview.unallocated)
    )
}

fn other_side(view: &CreditTypeView, currency: &str) -> String {
    match (&view.rate.credit_factor, &view.rate.credit_value) {
        (Some(factor), Some(value)) => {
            format!(
                "Now: 1 {currency} of cost burns {} credits; 1 credit is worth {value} {currency}.",
                format::number(factor, 9)
            )
        }
        _ => "Now: burning is off. Usage is recorded and spends no credits.".to_owned(),
    }
}

fn cadence(view: &CreditTypeView) -> String {
    let zone = session::zone();
    format!(
        "Cadence: {}, {zone}. Next reset {}, {}.",
        words::cadence(view.cadence).to_lowercase(),
        format::date_time(view.cycle.ends_at, &zone),
        format::relative(view.cycle.ends_at, format::now())
    )
}

/// The settings for those who may read but not change them.
fn facts(view: &CreditTypeView) -> AnyView {
    let currency = use_session()
        .me()
        .map(|me| me.organisation.currency.as_str().to_owned())
        .unwrap_or_default();
    let fact = |name: &'static str, value: String| view! { <div><dt>{name}</dt><dd>{value}</dd></div> };
    view! {
        <section class="card settings-card">
            <dl class="facts">
                {fact("Credits per cycle", format::credits(view.limit))}
                {fact("Enforcement", words::enforcement(view.enforcement).to_owned())}
                {fact("Distribution", words::distribution(view.distribution).to_owned())}
                {fact("Decimals", view.decimals.to_string())}
            </dl>
            <p class="hint">{other_side(view, &currency)} " " {cadence(view)}</p>
            <p class="hint">"Only an admin can change these settings."</p>
        </section>
    }
    .into_any()
}
