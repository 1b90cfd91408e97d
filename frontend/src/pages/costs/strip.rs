//! The sums of the period, beside those of the period before; and how happened and counted differ.

use allowance_api_types::costs::{CostDays, CostFiguresView, CostOrder, CostPeriodView, CostsView};
use leptos::prelude::*;

use super::Desk;
use super::figures::{change, change_view, difference, exact, places, text, units};
use crate::session::use_session;
use crate::{format, routes};

pub(super) fn strip(desk: Desk) -> AnyView {
    // Whoever sees part of the organisation sees part of what was used.
    let reads_all = use_session().me().as_ref().is_some_and(routes::reads_all);
    (move || {
        let measure = desk.measure.get();
        let is_whole = reads_all
            && desk
                .asked
                .with(|asked| asked.filters.is_empty() && asked.own.is_none());
        desk.figures(|view| view! { {sums(view)} {equation(view, measure)} {is_whole.then(|| used(view))} })
    })
    .into_any()
}

fn sums(view: &CostsView) -> AnyView {
    let sum = |label: &'static str, measure: CostOrder, unit: Option<String>| {
        let now = text(&view.total, measure);
        let before = view.previous_total.as_ref();
        view! {
            <div>
                <dt>{label}</dt>
                <dd>{exact(&now, places([now.as_str()]))} {unit.map(|unit| view! { " " <small>{unit}</small> })}</dd>
                {before.map(|before| compared(units(&view.total, measure), units(before, measure), &text(before, measure)))}
            </div>
        }
    };
    let events = |figures: &CostFiguresView| i128::from(figures.events);
    let events_before = view
        .previous_total
        .as_ref()
        .map(|before| compared(events(&view.total), events(before), &before.events.to_string()));
    let previous = view.previous_period.as_ref().map(|before| {
        view! { <dd class="strip-note">"compared with " {period(before)}</dd> }
    });
    view! {
        <dl class="strip cost-strip">
            {sum("Cost", CostOrder::Cost, Some(view.currency.to_string()))}
            {sum("Credits", CostOrder::Credits, None)}
            <div><dt>"Events"</dt><dd>{format::count(view.total.events)}</dd>{events_before}</div>
            <div>
                <dt>"Period"</dt>
                <dd class="cost-period">{period(&view.period)}</dd>
                {previous}
            </div>
        </dl>
    }
    .into_any()
}

/// The change, and what it was.
fn compared(now: i128, before: i128, text: &str) -> AnyView {
    if before == 0 {
        return view! { <dd class="strip-note">"none before"</dd> }.into_any();
    }
    view! {
        <dd class="strip-note">
            {change_view(change(before, now))} " · " <span class="nw">{format::number(text, 9)} " before"</span>
        </dd>
    }
    .into_any()
}

/// From which day to which.
fn period(period: &CostPeriodView) -> String {
    format::days(period.from, period.to)
}

/// What was charged to a cycle is what the overview calls its Used, to the last digit.
fn used(view: &CostsView) -> Option<AnyView> {
    let cycle = view.period.cycle_id.filter(|_| view.days == CostDays::Counted)?;
    let href = format!("/allocations/overview?type={}&cycle={cycle}", view.credit_type.id);
    Some(
        view! { <p class="cost-equation">"The credits counted to a cycle are its Used in the " <a href=href>"overview"</a> "."</p> }
            .into_any(),
    )
}

/// What was charged elsewhere than it happened, as the sum that it is.
fn equation(view: &CostsView, measure: CostOrder) -> Option<AnyView> {
    let terms = difference(&view.difference, measure)?;
    let shown = if view.days == CostDays::Counted { "=" } else { "" };
    let term = |(sign, words, amount): (&'static str, &'static str, String)| {
        view! {
            <span class="term" class:strong=(sign == shown)>
                <span class="mut">{sign} " "</span> {words} " " <span class="num">{format::number(&amount, 9)}</span>
            </span>
            " "
        }
    };
    Some(view! { <p class="cost-equation">{terms.into_iter().map(term).collect_view()}</p> }.into_any())
}
