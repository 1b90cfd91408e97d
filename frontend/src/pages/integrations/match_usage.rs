//! Whose usage it is: the dialog, with what counting it would do before it is done.

use allowance_api_types::people::PersonRef;
use allowance_api_types::usage::{
    MatchUsageBody, MatchedUsageListView, PersonNameKind, UnmatchedUsageView, UsageMatchBody,
    UsageTrialLineView, UsageTrialRefusalView, UsageTrialView,
};
use leptos::ev::SubmitEvent;
use leptos::prelude::*;

use super::super::person_picker::PersonPicker;
use super::unmatched::Row;
use super::usage_model::{called, how_much, remember_words, reported_by};
use crate::reactive::open_while;
use crate::remote::Remote;
use crate::ui::{
    Button, Dialog, DialogActions, FieldErrors, Form, Loaded, Look, Refusal, Toasts, Tone, check,
};
use crate::{api, errors, format};

pub(super) fn dialog(asked: Row, done: Callback<()>) -> AnyView {
    let open = open_while(asked);
    let title = Signal::derive(move || {
        asked.with(|row| {
            let row = row.as_ref();
            let name = row.map(|row| reported_by(&called(row.kind, &row.name), &row.source));
            format!("Whose usage is {}?", name.unwrap_or_default())
        })
    });
    view! {
        <Dialog title open>{move || asked.get().map(|row| form(row, open, done))}</Dialog>
    }
    .into_any()
}

/// What is sent, for a trial and for good.
fn body(row: &UnmatchedUsageView, person: &PersonRef, remember: bool) -> MatchUsageBody {
    MatchUsageBody {
        matches: vec![UsageMatchBody {
            kind: row.kind,
            name: row.name.clone(),
            source: Some(row.source.clone()),
            person_id: person.id,
            remember,
        }],
    }
}

fn form(row: UnmatchedUsageView, open: RwSignal<bool>, done: Callback<()>) -> AnyView {
    let toasts: Toasts = expect_context();
    let person = RwSignal::new(row.person.clone());
    let remember = RwSignal::new(false);
    let chosen = move || {
        let mut errors = FieldErrors::default();
        let person = person.get_untracked();
        if person.is_none() {
            errors.add("person_id", "Choose a person.");
        }
        errors.finish(person)
    };
    let form = Form::new(move || chosen().err().unwrap_or_default());
    let events = format::plural(row.events, "event", "events");
    let much = how_much(&row);
    let all = row.events;
    let can_be_remembered = row.kind != PersonNameKind::PersonId;
    let words = remember_words(row.kind, &row.name, &row.source);
    let row = StoredValue::new(row);
    let trial = Remote::new(move || {
        let body = person
            .get()
            .map(|person| row.with_value(|row| body(row, &person, false)));
        async move {
            let Some(body) = body else { return Ok(None) };
            let tried = api::usage::try_out(&body, &api::new_key()).await?;
            Ok(tried.results.into_iter().next().and_then(|result| result.trial))
        }
    });
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        let person = match chosen() {
            Err(errors) => return form.refuse(errors),
            Ok(person) => person,
        };
        let body = row.with_value(|row| body(row, &person, remember.get_untracked()));
        let key = form.key();
        form.send(
            async move { api::usage::assign(&body, &key).await },
            move |answer: MatchedUsageListView| {
                let events = answer
                    .results
                    .iter()
                    .fold(0, |sum: u64, result| sum.saturating_add(result.events));
                let events = format::plural(events, "event counts", "events count");
                toasts.show(Tone::Good, format!("{events} for {} now.", person.display_name));
                open.set(false);
                done.run(());
            },
        );
    };
    let would = move |trial: Option<UsageTrialView>| match trial {
        Some(trial) => consequences(&trial, all),
        None => ().into_any(),
    };
    view! {
        <form node_ref=form.node() on:submit=submit novalidate>
            <Refusal form />
            <p class="lead">{events} ", " {much} ", will count for the person you choose, as of when they happened."</p>
            <PersonPicker label="Person" chosen=person error=Signal::derive(move || form.error("person_id")) />
            {can_be_remembered.then(|| check(words, remember, None))}
            {move || person.with(Option::is_some).then(|| view! { <Loaded remote=trial lines=2 ready=would /> })}
            <DialogActions>
                <Button on_press=move || open.set(false)>"Cancel"</Button>
                <Button look=Look::Primary busy=form.busy()>"Match"</Button>
            </DialogActions>
        </form>
    }
    .into_any()
}

fn consequences(trial: &UsageTrialView, all: u64) -> AnyView {
    let counted = trial.counted.iter().map(counts).collect_view();
    let refused = trial.refused.iter().map(stays).collect_view();
    let part = (trial.tried < all).then(|| {
        let tried = format::plural(trial.tried, "event was", "events were");
        view! { <li>"Of all these, the first " {tried} " tried."</li> }
    });
    view! {
        <div role="group" aria-label="What matching does"><ul class="bullets">{counted} {refused} {part}</ul></div>
    }
    .into_any()
}

fn counts(line: &UsageTrialLineView) -> AnyView {
    let events = format::plural(line.events, "event counts", "events count");
    let late =
        (line.late > 0).then(|| format!(" {} of them late, in the open cycle.", format::count(line.late)));
    let over = line.over_by.map(|over| {
        let over = format::credits(over);
        format!(" {over} go beyond what the person has left.")
    });
    view! {
        <li>
            <b>{line.name.clone()}</b> ": " {events} ", " {format::credits(line.credits)} " credits." {late} {over}
        </li>
    }
    .into_any()
}

fn stays(refusal: &UsageTrialRefusalView) -> AnyView {
    let events = format::plural(refusal.events, "event stays", "events stay");
    view! { <li>{events} " aside: " {errors::sentence(refusal.problem)}</li> }.into_any()
}
