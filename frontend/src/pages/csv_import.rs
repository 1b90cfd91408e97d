//! Importing a CSV file, whatever is in it: choose it, see what would change, apply, see what was done.

use std::future::Future;
use std::pin::Pin;

use crate::reactive::effect;
use allowance_api_types::imports::{ImportRowView, ImportView, RowOutcome};
use leptos::ev::DragEvent;
use leptos::html;
use leptos::prelude::*;
use web_sys::File;

use crate::api::{self, Answer, ApiError};
use crate::errors;
use crate::format;
use crate::pages::list_url::ListUrl;
use crate::pages::words;
use crate::ui::{
    Badge, Banner, Button, Dialog, DialogActions, FieldErrors, Form, Glyph, Look, Skeleton, Tone, Width, icon,
};

/// Rows drawn at once; the counts above tell of all.
const SHOWN: usize = 200;
/// Open while the address has this.
pub const IMPORT: &str = "import";

/// A file on its way: whether it is a dry run, and the idempotency key.
type Send = dyn Fn(File, bool, String) -> Pin<Box<dyn Future<Output = Answer<ImportView>>>>;

/// What is asked about the difference before it is applied.
type Asked = dyn Fn(&ImportView) -> Option<AnyView>;

/// What is imported. Copy it wherever it is needed.
#[derive(Clone, Copy)]
struct Kind {
    send: StoredValue<Box<Send>, LocalStorage>,
    /// Which columns are understood.
    hint: StoredValue<Box<dyn Fn() -> AnyView>, LocalStorage>,
    asked: StoredValue<Box<Asked>, LocalStorage>,
}

/// Opens the dialog, as a step that Back undoes.
pub fn open(url: ListUrl) {
    url.open(IMPORT, Some("1".to_owned()));
}

/// The dialog, open while the address says `import`.
pub fn dialog(
    title: &'static str,
    url: ListUrl,
    hint: Box<dyn Fn() -> AnyView>,
    asked: Box<Asked>,
    send: Box<Send>,
    on_change: Callback<()>,
) -> AnyView {
    let open = url.opened_by(IMPORT);
    let kind = Kind {
        send: StoredValue::new_local(send),
        hint: StoredValue::new_local(hint),
        asked: StoredValue::new_local(asked),
    };
    view! { <Dialog title open width=Width::Wide>{import(kind, open, on_change)}</Dialog> }.into_any()
}

fn import(kind: Kind, open: RwSignal<bool>, on_change: Callback<()>) -> AnyView {
    let file = RwSignal::new_local(None::<File>);
    let answer = RwSignal::new(None::<ImportView>);
    // One form for the dry run and one for the real thing: each has its own idempotency key.
    let trying = Form::new(FieldErrors::default);
    let applying = Form::new(FieldErrors::default);
    let send =
        move |file: File, dry_run: bool, key: String| kind.send.with_value(|send| send(file, dry_run, key));
    let choose = move |chosen: File| {
        file.set(Some(chosen.clone()));
        answer.set(None);
        trying.send(send(chosen, true, api::new_key()), move |difference| {
            answer.set(Some(difference));
        });
    };
    let apply = move || {
        if let Some(chosen) = file.get_untracked() {
            applying.send(send(chosen, false, applying.key()), move |done| {
                answer.set(Some(done));
                on_change.run(());
            });
        }
    };
    let again = move || {
        file.set(None);
        answer.set(None);
        trying.banner().set(None);
        applying.banner().set(None);
    };
    let name = move || {
        file.with(|file| file.as_ref().map(File::name))
            .unwrap_or_default()
    };
    let content = move || match answer.get() {
        None if trying.busy().get() => view! {
            <p class="lead">"Reading " <b>{name()}</b> " …"</p>
            <Skeleton lines=6 />
        }
        .into_any(),
        None => view! { <DropZone choose=StoredValue::new_local(Box::new(choose)) kind /> }.into_any(),
        Some(view) => {
            let changes_something = view.added > 0 || view.changed > 0;
            let is_dry_run = view.is_dry_run;
            let asked = is_dry_run.then(|| kind.asked.with_value(|asked| asked(&view)));
            view! {
                <Difference view name=name() />
                {asked}
                <DialogActions>
                    {if is_dry_run {
                        view! {
                            <Button on_press=again>"Choose another file"</Button>
                            <Button
                                look=Look::Primary busy=applying.busy() disabled=!changes_something
                                on_press=apply
                            >
                                "Apply"
                            </Button>
                        }.into_any()
                    } else {
                        view! {
                            <Button on_press=again>"Import another file"</Button>
                            <Button look=Look::Primary on_press=move || open.set(false)>"Done"</Button>
                        }.into_any()
                    }}
                </DialogActions>
            }
            .into_any()
        }
    };
    view! {
        {move || refused(trying)}
        {move || refused(applying)}
        {content}
    }
    .into_any()
}

/// Why a file was refused: the sentence, what the server says of this very file, and where to find it in the logs.
fn refused(form: Form) -> Option<AnyView> {
    let error = form.banner().get()?;
    let sentence = errors::words(&error);
    let about = match error {
        ApiError::Problem(problem) => Some(view! {
            <p>{problem.detail}</p>
            <p class="request">"Request " <code>{problem.request_id}</code></p>
        }),
        ApiError::Network | ApiError::Unauthenticated | ApiError::Decode => None,
    };
    Some(view! { <Banner tone=Tone::Bad><p>{sentence}</p> {about}</Banner> }.into_any())
}

type Choose = StoredValue<Box<dyn Fn(File)>, LocalStorage>;

/// Drop a file here, or choose one.
#[component]
fn DropZone(choose: Choose, kind: Kind) -> impl IntoView {
    let node = NodeRef::<html::Input>::new();
    let is_over = RwSignal::new(false);
    let take = move |files: Option<web_sys::FileList>| {
        if let Some(file) = files.and_then(|files| files.get(0)) {
            choose.with_value(|choose| choose(file));
        }
    };
    let dropped = move |event: DragEvent| {
        event.prevent_default();
        is_over.set(false);
        take(event.data_transfer().and_then(|data| data.files()));
    };
    view! {
        <label
            class="drop"
            class:over=move || is_over.get()
            on:dragover=move |event: DragEvent| {
                event.prevent_default();
                is_over.set(true);
            }
            on:dragleave=move |_| is_over.set(false)
            on:drop=dropped
        >
            {icon(Glyph::Upload)}
            <span><b>"Choose a CSV file"</b> " or drop it here"</span>
            <input
                node_ref=node
                class="sr"
                type="file"
                accept=".csv,text/csv"
                autofocus
                on:change=move |_| take(node.get_untracked().and_then(|input| input.files()))
            />
        </label>
        {kind.hint.with_value(|hint| hint())}
    }
}

/// What would be done, or was.
#[component]
fn Difference(view: ImportView, name: String) -> impl IntoView {
    let shown = RwSignal::new(None::<RowOutcome>);
    let count = move |outcome: RowOutcome, number: u64| {
        let (label, _) = words::outcome(outcome);
        view! {
            <button
                type="button"
                class="count"
                aria-pressed=move || (shown.get() == Some(outcome)).to_string()
                on:click=move |_| shown.update(|shown| *shown = if *shown == Some(outcome) { None } else { Some(outcome) })
            >
                <b>{format::count(number)}</b>
                <span>{label}</span>
            </button>
        }
    };
    let node = NodeRef::<html::Div>::new();
    effect(move || {
        // The file field is gone; who waits for the answer is led to it.
        if let Some(summary) = node.get() {
            let _is_focused = summary.focus();
        }
    });
    let summary = match (view.is_dry_run, view.added == 0 && view.changed == 0) {
        (true, true) => view! { <Banner>"Nothing to do: everything in " <b>{name}</b> " is as it is here."</Banner> }.into_any(),
        (true, false) => view! { <p class="lead">"This is what " <b>{name}</b> " would change. Nothing is written yet."</p> }.into_any(),
        (false, _) => view! { <Banner tone=Tone::Good>{name} " was imported."</Banner> }.into_any(),
    };
    let unknown = (!view.unknown_columns.is_empty()).then(|| view! {
        <Banner tone=Tone::Warn>"Columns that are not known are ignored: " {view.unknown_columns.join(", ")} "."</Banner>
    });
    let short = (view.short_of_credits > 0).then(|| {
        let people = format::plural(view.short_of_credits, "person who moves has", "people who move have");
        view! {
            <Banner tone=Tone::Warn>
                {people} " more than the new group can fund. They keep what it can; the rest needs attention on the overview."
            </Banner>
        }
    });
    let is_truncated = view.is_truncated;
    let rows = StoredValue::new(view.rows);
    let table = move || {
        let wanted = shown.get();
        let (drawn, more) = rows.with_value(|rows| {
            let matching = rows
                .iter()
                .filter(|row| wanted.is_none_or(|outcome| row.outcome == outcome));
            let total = matching.clone().count();
            (
                matching.take(SHOWN).map(row).collect_view(),
                total.saturating_sub(SHOWN),
            )
        });
        let is_empty = drawn.is_empty();
        let note = (more > 0 || is_truncated).then(|| view! {
            <p class="pager">"The first " {format::count(u64::try_from(SHOWN).unwrap_or(0))} " rows are listed."</p>
        });
        if is_empty {
            return view! { <p class="hint">"No rows to list."</p> }.into_any();
        }
        view! {
            <div class="card import-rows">
                <div class="scroll" tabindex="0" role="region" aria-label="Rows of the file">
                    <table class="table">
                        <thead>
                            <tr>
                                <th scope="col" class="r">"Line"</th>
                                <th scope="col">"Person"</th>
                                <th scope="col">"Outcome"</th>
                                <th scope="col">"What changes, or why not"</th>
                            </tr>
                        </thead>
                        <tbody>{drawn}</tbody>
                    </table>
                </div>
                {note}
            </div>
        }
        .into_any()
    };
    view! {
        <div node_ref=node class="led-to" tabindex="-1">{summary}</div>
        <div class="counts" role="group" aria-label="Show only">
            {(view.added > 0).then(|| count(RowOutcome::Added, view.added))}
            {count(RowOutcome::Changed, view.changed)}
            {count(RowOutcome::Unchanged, view.unchanged)}
            {count(RowOutcome::Refused, view.refused)}
        </div>
        {unknown}
        {short}
        {table}
    }
}

fn row(row: &ImportRowView) -> AnyView {
    let (label, tone) = words::outcome(row.outcome);
    let change = |field: &str, before: &str, after: &str| {
        let before = if before.is_empty() { "–" } else { before }.to_owned();
        let after = if after.is_empty() { "–" } else { after }.to_owned();
        view! { <li><span class="mut">{field.to_owned()} ": "</span>{before} <span class="mut">" → "</span>{after}</li> }
    };
    let changes = row
        .changes
        .iter()
        .map(|field| change(&field.field, &field.before, &field.after))
        .collect_view();
    let problems = row
        .problems
        .iter()
        .map(|problem| {
            let field = problem
                .field
                .clone()
                .map(|field| view! { <span class="mut">{field} ": "</span> });
            let text = if problem.detail.is_empty() {
                errors::sentence(problem.code).to_owned()
            } else {
                problem.detail.clone()
            };
            view! { <li>{field}{text}</li> }
        })
        .collect_view();
    let is_new = row.outcome == RowOutcome::Added;
    view! {
        <tr>
            <td class="r mut">{row.line}</td>
            <td>{row.display_name.clone()} <small class="mut block">{row.email.clone()}</small></td>
            <td><Badge tone=tone>{label}</Badge></td>
            <td><ul class="changes">{(!is_new).then_some(changes)} {problems}</ul></td>
        </tr>
    }
    .into_any()
}
