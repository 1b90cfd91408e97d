//! What is shown: the range, which day counts, cost or credits, and what it is told apart by.

use allowance_api_types::costs::{CostDays, CostOrder};
use leptos::prelude::*;

use super::Desk;
use super::asked::{BY, DAYS, MEASURE, RANGE, SINCE, UNTIL, View};
use super::names::dimension;
use super::span::{OWN, Span};
use crate::pages::words;
use crate::reactive::effect;
use crate::ui::segments;

pub(super) fn tools(desk: Desk) -> AnyView {
    let asked = desk.asked;
    let days = chosen(desk, DAYS, move || words::word(asked.with(|asked| asked.days)));
    let measure = chosen(desk, MEASURE, move || words::word(desk.measure.get()));
    let pair = |one: (String, &str), other: (String, &str)| {
        vec![(one.0, one.1.to_owned()), (other.0, other.1.to_owned())]
    };
    let ways = pair(
        (words::word(CostDays::Happened), "Happened"),
        (words::word(CostDays::Counted), "Counted"),
    );
    let measures = pair(
        (words::word(CostOrder::Cost), "Cost"),
        (words::word(CostOrder::Credits), "Credits"),
    );
    view! {
        <div class="tools cost-tools">
            {range(desk)}
            <span class="spacer"></span>
            {segments("Which day counts", days, ways)}
            {segments("What is measured", measure, measures)}
        </div>
    }
    .into_any()
}

fn range(desk: Desk) -> AnyView {
    let span = Memo::new(move |_| desk.asked.with(|asked| asked.span));
    let change = move |word: String| {
        // An own range begins as what is shown.
        let shown = desk.figures(|view| (view.period.from.to_string(), view.period.to.to_string()));
        let (since, until) = shown.filter(|_| word == OWN).unzip();
        desk.url
            .filter_all(&[(RANGE, Some(word)), (SINCE, since), (UNTIL, until)]);
    };
    let option = move |word: &'static str, text: &'static str| {
        view! { <option value=word prop:selected=move || span.get().word() == word>{text}</option> }
    };
    let day = move |label: &'static str, name: &'static str| {
        view! {
            <label class="day-filter">
                <span>{label}</span>
                <input
                    type="date"
                    class="select"
                    prop:value=move || desk.url.get(name).unwrap_or_default()
                    on:change=move |event| desk.url.filter(name, Some(event_target_value(&event)))
                />
            </label>
        }
    };
    let is_own = Memo::new(move |_| matches!(span.get(), Span::Own(_, _)));
    view! {
        <select class="select" aria-label="Range" on:change=move |event| untrack(|| change(event_target_value(&event)))>
            {Span::OFFERED.map(|(_, word, text)| option(word, text)).into_iter().collect_view()}
            {option(OWN, "Own range")}
        </select>
        {move || is_own.get().then(|| view! { {day("From", SINCE)} {day("To", UNTIL)} })}
    }
    .into_any()
}

/// A choice whose word stands in the address; `now` says which holds.
fn chosen(
    desk: Desk,
    name: &'static str,
    now: impl Fn() -> String + Copy + Send + Sync + 'static,
) -> RwSignal<String> {
    let value = RwSignal::new(untrack(now));
    effect(move || {
        let word = now();
        if value.get_untracked() != word {
            value.set(word);
        }
    });
    effect(move || {
        let word = value.get();
        if untrack(now) != word {
            desk.url.filter(name, Some(word));
        }
    });
    value
}

/// What figures are told apart by, and the events: addresses, as tabs are.
pub(super) fn tabs(desk: Desk) -> AnyView {
    let view = Memo::new(move |_| desk.asked.with(|asked| asked.view));
    let tab = move |own: View, text: &'static str| {
        // Made anew with every change of the address, since the rest of it stays.
        let href = move || {
            desk.asked.track();
            desk.url.filtered(BY, &own.word())
        };
        view! {
            <a href=href data-noscroll="" aria-current=move || (view.get() == own).then_some("page")>{text}</a>
        }
    };
    let told = desk
        .asked
        .with_untracked(|asked| asked.ways().collect::<Vec<_>>())
        .into_iter()
        .map(|by| tab(View::Told(by), dimension(by).1))
        .collect_view();
    view! {
        <nav class="tabs cost-tabs" aria-label="Told apart by">
            {told}
            {tab(View::Events, "Events")}
        </nav>
    }
    .into_any()
}
