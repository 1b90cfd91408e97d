//! Why there is nothing to see, and the way out: fewer filters, another range, the first event.

use allowance_api_types::api_keys::ApiKeyScope;
use allowance_api_types::costs::CostDays;
use allowance_api_types::people::Role;
use leptos::prelude::*;

use super::super::integrations::curl;
use super::Desk;
use super::asked::{DAYS, RANGE, SINCE, UNTIL, unfiltered};
use super::span::Span;
use crate::pages::words;
use crate::session::use_session;
use crate::ui::{Button, Empty, Look, copy_block};
use crate::{browser, format};

/// There is no cycle before the open one.
pub(super) fn no_such_cycle(desk: Desk) -> AnyView {
    view! {
        <div class="card">
            <Empty title="There is no earlier cycle" text="This is the first cycle of this credit type.">
                {show(desk, Span::ThisCycle, "Show this cycle")}
            </Empty>
        </div>
    }
    .into_any()
}

/// Nothing was used in the period, or nothing that the filters let through.
pub(super) fn nothing(desk: Desk) -> AnyView {
    if desk.asked.with(|asked| !asked.filters.is_empty()) {
        return view! {
            <div class="card">
                <Empty title="No results – edit your filters" text="Nothing in this period matches all of them.">
                    <Button on_press=move || desk.url.filter_all(&unfiltered())>"Clear filters"</Button>
                </Empty>
            </div>
        }
        .into_any();
    }
    // An import of what happened long ago is charged now.
    let charged = untrack(|| desk.figures(|view| view.difference.counted.events)).unwrap_or(0);
    if charged > 0 {
        let text = format!(
            "{} that happened at another time {} charged to it.",
            format::plural(charged, "event", "events"),
            if charged == 1 { "was" } else { "were" }
        );
        let counted = move || desk.url.filter(DAYS, Some(words::word(CostDays::Counted)));
        return view! {
            <div class="card">
                <Empty title="Nothing happened in this period" text=text>
                    <Button look=Look::Primary on_press=counted>"Show what was charged"</Button>
                </Empty>
            </div>
        }
        .into_any();
    }
    let (is_own, others) = desk
        .asked
        .with(|asked| (asked.own.is_some(), asked.span != Span::ThirtyDays));
    let text = if is_own {
        "What you use is shown here, with what it cost."
    } else {
        "As soon as a platform reports usage, or somebody books a charge, it is shown here."
    };
    // Only an admin makes the key that it takes.
    let admin = use_session().me().filter(|me| !is_own && me.role == Role::Admin);
    let key = admin
        .is_some()
        .then(|| view! { <a class="btn primary" href="/integrations?new=key">"Make an API key"</a> });
    let first = admin.map(|me| {
        let example = curl(
            &browser::origin(),
            None,
            &[ApiKeyScope::UsageWrite],
            &me.email.to_string(),
            me.organisation.currency.as_str(),
        );
        view! {
            <div class="first-event">
                <h3>"Send the first event"</h3>
                <p class="mut">"With an API key that may report usage. The cost becomes credits by the credit factor; an id that was sent before is not counted again."</p>
                {copy_block("example", example)}
            </div>
        }
    });
    view! {
        <div class="card">
            <Empty title="Nothing was used in this period" text>
                {others.then(|| show(desk, Span::ThirtyDays, "Show the last 30 days"))}
                {key}
            </Empty>
            {first}
        </div>
    }
    .into_any()
}

fn show(desk: Desk, span: Span, text: &'static str) -> AnyView {
    let change = move || {
        desk.url.filter_all(&[
            (RANGE, Some(span.word().to_owned())),
            (SINCE, None),
            (UNTIL, None),
        ]);
    };
    view! { <Button on_press=change>{text}</Button> }.into_any()
}
