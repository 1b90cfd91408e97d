//! Usage that came under a name which nobody has: whose it is, or that it counts for nobody.

use allowance_api_types::Page;
use allowance_api_types::live::Area;
use allowance_api_types::usage::{
    DiscardUsageBody, DiscardedUsageView, UnmatchedUsageQuery, UnmatchedUsageView, UsageNameBody,
};
use leptos::ev::SubmitEvent;
use leptos::prelude::*;

use super::super::list_url::{ListUrl, PAGE_SIZE};
use super::super::table_card::{Table, Th, table_card};
use super::usage_model::{called, how_much, name_kind, reported_by};
use super::{aliases, match_usage};
use crate::reactive::open_while;
use crate::remote::Remote;
use crate::ui::{
    Button, Dialog, DialogActions, Empty, FieldErrors, Form, Loaded, Look, Refusal, Required, TextField,
    Toasts, Tone, required,
};
use crate::{api, errors, format, session};

const REASON: Required = Required {
    missing: "Say why; it stays in the audit log.",
    most: 500,
};

pub(super) type Row = RwSignal<Option<UnmatchedUsageView>>;

pub(super) fn unmatched() -> AnyView {
    let url = ListUrl::new();
    let rows = Remote::live(&[Area::Allocations, Area::People, Area::Settings], move || {
        let query = UnmatchedUsageQuery {
            cursor: url.cursor(),
            limit: Some(PAGE_SIZE),
        };
        async move { api::usage::unmatched(&query).await }
    });
    let (matching, discarding): (Row, Row) = (RwSignal::new(None), RwSignal::new(None));
    let done = Callback::new(move |()| rows.reload());
    let ready = move |page: Page<UnmatchedUsageView>| {
        if page.items.is_empty() {
            return empty();
        }
        table(url, page, matching, discarding)
    };
    view! {
        <p class="lead">
            "Usage that was reported for somebody who is not known here, or that names nobody. It counts for nobody until you say whose it is."
        </p>
        <Loaded remote=rows lines=6 ready />
        {aliases::aliases()}
        {match_usage::dialog(matching, done)}
        {discard_dialog(discarding, done)}
    }
    .into_any()
}

fn empty() -> AnyView {
    view! {
        <div class="card">
            <Empty
                title="Nothing lies aside"
                text="Usage of unknown people is shown here when the organisation keeps it instead of refusing it."
            >
                <a class="btn" href="/integrations/usage">"How usage is counted"</a>
            </Empty>
        </div>
    }
    .into_any()
}

fn table(url: ListUrl, page: Page<UnmatchedUsageView>, matching: Row, discarding: Row) -> AnyView {
    let zone = session::zone();
    let table = Table {
        label: "Unmatched usage",
        class: "",
        heads: vec![
            Th::Left("Name"),
            Th::Left("Source"),
            Th::Right("Events"),
            Th::Right("Cost and credits"),
            Th::Left("Happened"),
            Th::Left("Perhaps"),
            Th::Silent("Actions"),
        ],
    };
    table_card(url, table, page, |row| {
        self::row(row, &zone, matching, discarding)
    })
}

fn row(row: UnmatchedUsageView, zone: &str, matching: Row, discarding: Row) -> AnyView {
    let (first, last) = (format::date(row.first_at, zone), format::date(row.last_at, zone));
    let when = if first == last {
        first
    } else {
        format!("{first} – {last}")
    };
    let guess = row.person.as_ref().map_or_else(
        || view! { <span class="mut">"–"</span> }.into_any(),
        |person| person.display_name.clone().into_any(),
    );
    let problem = row.problem.map(|code| {
        view! { <small class="block neg">"Could not be counted: " {errors::sentence(code)}</small> }
    });
    let name = called(row.kind, &row.name);
    let (matched, spoken) = (reported_by(&name, &row.source), reported_by(&name, &row.source));
    let (events, much, kind) = (format::count(row.events), how_much(&row), name_kind(row.kind));
    let source = row.source.clone();
    let discarded = row.clone();
    view! {
        <tr>
            <td><span class="strong" dir="auto">{name}</span><small class="block mut">{kind}</small>{problem}</td>
            <td dir="auto">{source}</td>
            <td class="r">{events}</td>
            <td class="r">{much}</td>
            <td class="nw">{when}</td>
            <td>{guess}</td>
            <td class="r">
                <Button on_press=move || matching.set(Some(row.clone()))>"Match…"<span class="sr">" " {matched}</span></Button>
                " "
                <Button look=Look::Danger on_press=move || discarding.set(Some(discarded.clone()))>
                    "Discard…"<span class="sr">" " {spoken}</span>
                </Button>
            </td>
        </tr>
    }
    .into_any()
}

fn discard_dialog(asked: Row, done: Callback<()>) -> AnyView {
    let open = open_while(asked);
    let title = Signal::derive(move || {
        asked.with(|row| {
            format!(
                "Discard the usage of {}?",
                row.as_ref().map_or_else(String::new, |row| reported_by(
                    &called(row.kind, &row.name),
                    &row.source
                ))
            )
        })
    });
    view! {
        <Dialog title open>{move || asked.get().map(|row| discard_form(&row, open, done))}</Dialog>
    }
    .into_any()
}

fn discard_form(row: &UnmatchedUsageView, open: RwSignal<bool>, done: Callback<()>) -> AnyView {
    let toasts: Toasts = expect_context();
    let reason = RwSignal::new(String::new());
    let written = move || {
        let mut errors = FieldErrors::default();
        let reason = required(&mut errors, "reason", &reason.get_untracked(), REASON);
        errors.finish(reason)
    };
    let form = Form::new(move || written().err().unwrap_or_default());
    let (kind, name, source) = (row.kind, row.name.clone(), row.source.clone());
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        match written() {
            Err(errors) => form.refuse(errors),
            Ok(reason) => {
                let names = vec![UsageNameBody {
                    kind,
                    name: name.clone(),
                    source: Some(source.clone()),
                }];
                let (body, key) = (DiscardUsageBody { names, reason }, form.key());
                form.send(
                    async move { api::usage::discard(&body, &key).await },
                    move |answer: DiscardedUsageView| {
                        let events = format::plural(answer.discarded, "event was", "events were");
                        toasts.show(Tone::Good, format!("{events} discarded."));
                        open.set(false);
                        done.run(());
                    },
                );
            }
        }
    };
    let events = format::plural(row.events, "event", "events");
    view! {
        <form node_ref=form.node() on:submit=submit novalidate>
            <Refusal form />
            <p class="lead">{events} " will count for nobody. They do not come back, also when the platform sends them again."</p>
            <TextField form name="reason" label="Why" value=reason is_required=true autofocus=true />
            <DialogActions>
                <Button on_press=move || open.set(false)>"Cancel"</Button>
                <Button look=Look::Danger busy=form.busy()>"Discard"</Button>
            </DialogActions>
        </form>
    }
    .into_any()
}
