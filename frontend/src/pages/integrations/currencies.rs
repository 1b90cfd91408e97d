//! What other currencies are worth: what holds, what held, and a form for a further rate. Rates are never changed.

use allowance_api_types::Page;
use allowance_api_types::exchange_rates::{ExchangeRateView, ExchangeRatesQuery};
use allowance_api_types::live::Area;
use allowance_values::{Currency, Day, Timestamp};
use leptos::ev::SubmitEvent;
use leptos::prelude::*;

use super::super::list_url::{ListUrl, UrlPager};
use super::currencies_model::{Draft, FROM_A_DAY, beginnings, state};
use crate::remote::Remote;
use crate::session::use_session;
use crate::ui::{
    Badge, Button, Form, Loaded, Look, Refusal, SelectField, TextField, Toasts, Tone, range_label,
};
use crate::{api, browser, format, session};

/// Rates on a page.
const PAGE: u32 = 10;

/// The section.
pub(super) fn currencies() -> AnyView {
    let Some(own) = use_session().me().map(|me| me.organisation.currency) else {
        return ().into_any();
    };
    let url = ListUrl::new();
    let rates = Remote::live(&[Area::Settings], move || {
        let query = ExchangeRatesQuery {
            currency: None,
            is_current: None,
            cursor: url.cursor(),
            limit: Some(PAGE),
        };
        async move { api::exchange_rates::list(&query).await }
    });
    let current = Remote::live(&[Area::Settings], || {
        let query = ExchangeRatesQuery {
            currency: None,
            is_current: Some(true),
            cursor: None,
            limit: Some(200),
        };
        async move { api::exchange_rates::list(&query).await }
    });
    let recorded = Callback::new(move |()| {
        rates.reload();
        current.reload();
    });
    let now = move |page: Page<ExchangeRateView>| in_force(page, own);
    let ever = move |page: Page<ExchangeRateView>| history(url, page, own);
    view! {
        <section class="card settings-card">
            <h2>"Currencies"</h2>
            <p class="lead">
                {format!("Costs in another currency than {own} are converted by the rate that was in force when they arose; without a rate they are refused. What was counted is never converted again.")}
            </p>
            <Loaded remote=current lines=2 ready=now />
            {form(own, recorded)}
            <Loaded remote=rates lines=4 ready=ever />
        </section>
    }
    .into_any()
}

/// A rate in words: what one unit is worth.
fn worth(rate: &ExchangeRateView, own: Currency) -> String {
    format!("{} {own}", rate.rate)
}

fn in_force(page: Page<ExchangeRateView>, own: Currency) -> AnyView {
    if page.items.is_empty() {
        return view! { <p class="hint">"No other currency has a rate: only costs in " {own.to_string()} " are counted."</p> }
            .into_any();
    }
    let (zone, mut items) = (session::zone(), page.items);
    items.sort_by_key(|rate| rate.currency);
    let row = |rate: ExchangeRateView| {
        view! {
            <tr>
                <td class="strong">{format!("1 {}", rate.currency)}</td>
                <td class="r">{worth(&rate, own)}</td>
                <td class="nw">{format::date_time(rate.since, &zone)}</td>
            </tr>
        }
    };
    let rows = items.into_iter().map(row).collect_view();
    view! {
        <div class="scroll" tabindex="0" role="region" aria-label="Rates in force">
            <table class="table">
                <thead>
                    <tr><th scope="col">"Currency"</th><th scope="col" class="r">"Is worth"</th><th scope="col">"Since"</th></tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
        </div>
    }
    .into_any()
}

fn history(url: ListUrl, page: Page<ExchangeRateView>, own: Currency) -> AnyView {
    if page.items.is_empty() {
        return ().into_any();
    }
    let label = range_label(url.first_row(), page.items.len(), page.total.as_ref());
    let shown = page.items.len();
    let (zone, now) = (session::zone(), format::now());
    let row = |rate: ExchangeRateView| {
        let (words, tone) = state(&rate, now);
        let by = rate
            .recorded_by
            .as_ref()
            .map(|person| person.display_name.clone());
        view! {
            <tr class:ended=tone == Tone::Neutral && rate.since <= now>
                <td class="strong">{format!("1 {}", rate.currency)}</td>
                <td class="r">{worth(&rate, own)}</td>
                <td><Badge tone>{words}</Badge></td>
                <td class="nw">{format::date_time(rate.since, &zone)}</td>
                <td>{by}<small class="block mut">{format::date_time(rate.recorded_at, &zone)}</small></td>
            </tr>
        }
    };
    let rows = page.items.into_iter().map(row).collect_view();
    view! {
        <h3 class="dialog-part">"History"</h3>
        <div class="scroll" tabindex="0" role="region" aria-label="History of rates">
            <table class="table">
                <thead>
                    <tr>
                        <th scope="col">"Currency"</th>
                        <th scope="col" class="r">"Worth"</th>
                        <th scope="col">"State"</th>
                        <th scope="col">"From"</th>
                        <th scope="col">"Recorded by"</th>
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
        </div>
        <UrlPager url label shown next_cursor=page.next_cursor />
    }
    .into_any()
}

/// When a day begins in a time zone: when the one before it ends.
fn beginning_of(day: &str, zone: &str) -> Option<Timestamp> {
    let day: Day = day.parse().ok()?;
    let before = Day::from_number(day.number().checked_sub(1)?)?;
    browser::end_of_day(&before.to_string(), zone)
}

fn form(own: Currency, recorded: Callback<()>) -> AnyView {
    let toasts: Toasts = expect_context();
    let [currency, rate, beginning, day] = [(); 4].map(|()| RwSignal::new(String::new()));
    let zone = StoredValue::new(session::zone());
    let draft = move || Draft {
        currency: currency.get_untracked(),
        rate: rate.get_untracked(),
        beginning: beginning.get_untracked(),
        day_begins: zone.with_value(|zone| beginning_of(&day.get_untracked(), zone)),
    };
    let form = Form::new(move || draft().into_body(own).err().unwrap_or_default());
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        match draft().into_body(own) {
            Err(errors) => form.refuse(errors),
            Ok(body) => {
                let key = form.key();
                form.send(
                    async move { api::exchange_rates::create(&body, &key).await },
                    move |made: ExchangeRateView| {
                        for text in [currency, rate, beginning, day] {
                            text.set(String::new());
                        }
                        recorded.run(());
                        let words = format!("1 {} is worth {}.", made.currency, worth(&made, own));
                        toasts.show(Tone::Good, words);
                    },
                );
            }
        }
    };
    view! {
        <h3 class="dialog-part">"Record a rate"</h3>
        <form node_ref=form.node() on:submit=submit novalidate>
            <Refusal form />
            <div class="fields">
                <TextField form name="currency" label="Currency" value=currency hint="Three letters, like USD." />
                <TextField form name="rate" label=format!("One unit is worth, in {own}") value=rate />
                <SelectField form name="beginning" label="In force from" value=beginning options=beginnings() />
                {move || (beginning.get() == FROM_A_DAY).then(|| view! {
                    <TextField form name="since" label="The beginning of" kind="date" value=day />
                })}
            </div>
            <p class="hint">"A rate cannot be changed or deleted. To correct one, record another from the same day on."</p>
            <div class="settings-save"><Button look=Look::Primary busy=form.busy()>"Record the rate"</Button></div>
        </form>
    }
    .into_any()
}
