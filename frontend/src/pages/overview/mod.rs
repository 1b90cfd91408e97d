//! The Overview tab: where the cycle stands, what is left, how it is used and where that leads, how the limit is spread,
//! what needs attention; and the same for past cycles and past days.

mod alerts;
mod attention;
mod burn;
mod past;

use allowance_api_types::credit_types::{
    CreditTypeView, ForecastView, OverviewGroupView, OverviewQuery, OverviewView,
};
use allowance_api_types::live::Area;
use allowance_values::{Credits, Timestamp};
use leptos::prelude::*;

use super::allocations::{group_colour, model};
use super::credits::CreditsFrame;
use super::list_url::ListUrl;
use super::words;
use crate::remote::Remote;
use crate::ui::{Banner, Loaded, Tone};
use crate::{api, browser, format, session};

/// A past cycle that is looked at.
pub const CYCLE: &str = "cycle";
/// A past day that is looked at.
pub const AS_OF: &str = "as_of";

/// The tab for one credit type.
pub fn tab(frame: CreditsFrame, url: ListUrl, credit_type: &CreditTypeView) -> AnyView {
    let id = credit_type.id;
    let query = Memo::new(move |_| OverviewQuery {
        cycle_id: url.parsed(CYCLE),
        as_of: url
            .get(AS_OF)
            .and_then(|day| browser::end_of_day(&day, &session::zone()))
            .map(|end| end.min(format::now())),
    });
    let overview = Remote::live(&[Area::Allocations, Area::Settings, Area::Groups], move || {
        let _times = frame.refreshes();
        let query = query.get();
        async move { api::credit_types::overview(id, &query).await }
    });
    frame.show_busy(move || overview.is_loading());
    let is_past = Memo::new(move |_| query.with(|query| query.cycle_id.is_some() || query.as_of.is_some()));
    let cycle = Memo::new(move |_| overview.value().map(|view| view.cycle.id));
    view! {
        {past::bar(url, is_past)}
        {move || (!is_past.get()).then(|| attention::attention(frame, id))}
        <Loaded remote=overview lines=9 ready=|view| show(&view) />
        {move || cycle.get().map(|cycle| alerts::alerts(frame, id, cycle))}
        {past::cycles(frame, url, id)}
    }
    .into_any()
}

fn show(view: &OverviewView) -> AnyView {
    let (zone, now) = (session::zone(), format::now());
    let settling = (view.to_settle > 0).then(|| {
        let people = format::plural(view.to_settle, "person is", "people are");
        view! { <Banner tone=Tone::Info>{people} " still being brought forward into this cycle. The figures are right meanwhile."</Banner> }
    });
    view! {
        {settling}
        {view.is_burning_off.then(|| view! {
            <Banner tone=Tone::Info>"Burning is off: the credit factor is 0. Usage is recorded and spends no credits."</Banner>
        })}
        {overhang(view)}
        {strip(view, &zone, now)}
        <div class="overview">
            {use_card(view, &zone, now)}
            {cycle_card(view, &zone, now)}
            {allocation_card(view)}
        </div>
        <p class="hint">"As of ledger entry " {format::count(view.as_of)} "."</p>
    }
    .into_any()
}

fn amount(view: &OverviewView, amount: Credits) -> String {
    format::credits_to(amount, view.credit_type.decimals.max(2))
}

/// Groups hold more than the limit.
fn overhang(view: &OverviewView) -> Option<AnyView> {
    let over = view
        .unallocated
        .is_negative()
        .then(|| view.unallocated.checked_neg())
        .flatten()?;
    Some(
        view! {
            <Banner tone=Tone::Warn>
                "Groups hold " {format::credits(over)} " more than the limit. Nothing is taken from them; new allocations stay closed until it fits."
            </Banner>
        }
        .into_any(),
    )
}

fn strip(view: &OverviewView, zone: &str, now: Timestamp) -> AnyView {
    let used = view
        .used_percent
        .as_deref()
        .map(|percent| view! { " " <small>{format::percent(percent)}</small> });
    let sum = format!(
        "{} limit + {} carried − {} used − {} held",
        amount(view, view.cycle.limit),
        amount(view, view.carried),
        amount(view, view.cycle.used),
        amount(view, view.held)
    );
    view! {
        <dl class="strip">
            <div>
                <dt>"Credits balance"</dt>
                <dd class:neg=view.balance.is_negative()>{amount(view, view.balance)}</dd>
                <dd class="strip-note">{sum}</dd>
            </div>
            <div><dt>"Used this cycle"</dt><dd>{amount(view, view.cycle.used)} {used}</dd></div>
            <div><dt>"Unallocated"</dt><dd class:neg=view.unallocated.is_negative()>{amount(view, view.unallocated)}</dd></div>
            <div>
                <dt>"Next reset"</dt>
                <dd>{format::relative(view.cycle.ends_at, now)}</dd>
                <dd class="strip-note">{format::date_time(view.cycle.ends_at, zone)}</dd>
            </div>
        </dl>
    }
    .into_any()
}

fn cycle_card(view: &OverviewView, zone: &str, now: Timestamp) -> AnyView {
    let fact = |name: &'static str, value: String| view! { <div><dt>{name}</dt><dd>{value}</dd></div> };
    let left = if view.cycle.is_open {
        format::relative(view.cycle.ends_at, now)
    } else {
        "it has ended".to_owned()
    };
    let left = left.strip_prefix("in ").unwrap_or(&left).to_owned();
    view! {
        <section class="card panel">
            <h2>"Account credit cycle"</h2>
            <dl class="facts">
                {fact("Status", if view.cycle.is_open { "Open" } else { "Closed" }.to_owned())}
                {fact("Cadence", words::cadence(view.cadence).to_owned())}
                {fact("Started", format::date_time(view.cycle.starts_at, zone))}
                {fact("Ends", format::date_time(view.cycle.ends_at, zone))}
                {fact("Time left", left)}
            </dl>
            <p class="hint">"Times are in " {zone.to_owned()} "."</p>
        </section>
    }
    .into_any()
}

/// The burn line with its words.
fn use_card(view: &OverviewView, zone: &str, now: Timestamp) -> AnyView {
    let cycle = (view.cycle.starts_at, view.cycle.ends_at);
    let whole = view
        .cycle
        .limit
        .checked_add(view.carried)
        .unwrap_or(view.cycle.limit);
    let line = burn::burn(&view.days, cycle, now, whole, view.cycle.used);
    let area = format!(
        "{} {},{h} 0,{h}",
        burn::path(&line.points),
        line.today,
        h = burn::HEIGHT
    );
    let said = format!(
        "{} of {} credits used by {}{}.",
        amount(view, view.cycle.used),
        amount(view, whole),
        format::date_time(now, zone),
        view.used_percent
            .as_deref()
            .map(|percent| format!(", {}", format::percent(percent)))
            .unwrap_or_default()
    );
    let rows = view.days.iter().map(|day| {
        view! { <tr><td>{format::day(day.day)}</td><td class="r">{amount(view, day.used)}</td></tr> }
    });
    let days = (!view.days.is_empty()).then(|| {
        view! {
            <details class="chart-table">
                <summary>"Show the days as a table"</summary>
                <table class="table">
                    <thead><tr><th scope="col">"Day"</th><th scope="col" class="r">"Used"</th></tr></thead>
                    <tbody>{rows.collect_view()}</tbody>
                </table>
            </details>
        }
    });
    view! {
        <section class="card panel">
            <h2>"Use of the current cycle"</h2>
            <svg
                class="burn"
                role="img"
                aria-label=said.clone()
                viewBox=format!("0 0 {} {}", burn::WIDTH, burn::HEIGHT)
                preserveAspectRatio="none"
            >
                <line class="burn-limit" x1="0" x2=burn::WIDTH.to_string() y1=line.limit.to_string() y2=line.limit.to_string() />
                <line class="burn-even" x1="0" y1=burn::HEIGHT.to_string() x2=burn::WIDTH.to_string() y2=line.limit.to_string() />
                <line class="burn-today" x1=line.today.to_string() x2=line.today.to_string() y1="0" y2=burn::HEIGHT.to_string() />
                <polygon class="burn-area" points=area />
                <polyline class="burn-line" points=burn::path(&line.points) />
            </svg>
            <div class="burn-scale" aria-hidden="true">
                <span>{format::date(view.cycle.starts_at, zone)}</span>
                <span>"dashed: even use up to " {amount(view, whole)}</span>
                <span>{format::date(view.cycle.ends_at, zone)}</span>
            </div>
            <p class="burn-words">{said}</p>
            {view.forecast.as_ref().map(|forecast| self::forecast(view, forecast, zone))}
            {days}
        </section>
    }
    .into_any()
}

/// Where use is heading.
fn forecast(view: &OverviewView, forecast: &ForecastView, zone: &str) -> AnyView {
    let spent = forecast.exhausted_at.map_or_else(
        || "not within this cycle".to_owned(),
        |at| format::date_time(at, zone),
    );
    let fact = |name: &'static str, value: String| view! { <div><dt>{name}</dt><dd>{value}</dd></div> };
    view! {
        <dl class="facts forecast" class:warn=forecast.exhausted_at.is_some()>
            {fact("Used per day, lately", amount(view, forecast.per_day))}
            {fact("At that pace the balance is spent", spent)}
            {fact("Likely to lapse at the end", amount(view, forecast.likely_to_lapse))}
        </dl>
    }
    .into_any()
}

fn allocation_card(view: &OverviewView) -> AnyView {
    let whole = view.cycle.limit.max(view.allocated);
    // The largest first; each in the colour it has on the grid, where Default comes first.
    let mut groups: Vec<(&'static str, &OverviewGroupView)> = view
        .groups
        .iter()
        .enumerate()
        .map(|(index, group)| (group_colour(index, index == 0), group))
        .collect();
    groups.sort_by_key(|(_, group)| std::cmp::Reverse(group.allocated));
    let part = |(colour, group): &(&'static str, &OverviewGroupView)| {
        let width = model::per_mille(group.allocated, whole);
        (width > 0).then(
            || view! { <i class=format!("bar-part {colour}") style:width=model::percent_width(width)></i> },
        )
    };
    let parts: Vec<_> = groups.iter().filter_map(part).collect();
    let share = |amount: Credits| model::share(amount, view.cycle.limit).unwrap_or_default();
    let row = |(colour, group): &(&'static str, &OverviewGroupView)| {
        view! {
            <tr>
                <th scope="row"><i class=format!("dot {colour}") aria-hidden="true"></i>{group.name.clone()}</th>
                <td class="r">{amount(view, group.allocated)}</td>
                <td class="r mut">{share(group.allocated)}</td>
                <td class="r">{amount(view, group.used)}</td>
                <td class="r" class:neg=group.available.is_negative()>{amount(view, group.available)}</td>
            </tr>
        }
    };
    view! {
        <section class="card panel wide">
            <h2>"Allocation overview"</h2>
            <p class="lead">
                <b>{amount(view, view.allocated)}</b> " of " {amount(view, view.cycle.limit)} " are allocated to groups, "
                <b class:neg=view.unallocated.is_negative()>{amount(view, view.unallocated)}</b> " are unallocated."
            </p>
            <span class="bar tall" aria-hidden="true">{parts}</span>
            <div class="scroll" tabindex="0" role="region" aria-label="Groups">
                <table class="table allocation-table">
                    <thead>
                        <tr>
                            <th scope="col">"Group"</th><th scope="col" class="r">"Allocated"</th>
                            <th scope="col" class="r">"Share"</th><th scope="col" class="r">"Used"</th>
                            <th scope="col" class="r">"Available"</th>
                        </tr>
                    </thead>
                    <tbody>{groups.iter().map(row).collect_view()}</tbody>
                    <tfoot>
                        <tr>
                            <th scope="row"><i class="dot none" aria-hidden="true"></i>"Unallocated"</th>
                            <td class="r" class:neg=view.unallocated.is_negative()>{amount(view, view.unallocated)}</td>
                            <td class="r mut">{share(view.unallocated)}</td>
                            <td></td>
                            <td></td>
                        </tr>
                    </tfoot>
                </table>
            </div>
        </section>
    }
    .into_any()
}
