//! The question before credits move: what the change does to everybody, computed by the server by doing it and taking it
//! back. Cancel changes nothing.

use allowance_api_types::ErrorCode;
use allowance_api_types::consequences::{
    ConsequencesView, CreditTypeChangedView, HoldingView, OverKind, OverView,
};
use allowance_api_types::live::Area;
use allowance_values::Credits;
use leptos::ev::SubmitEvent;
use leptos::prelude::*;

use super::super::super::words;
use super::Settings;
use crate::api;
use crate::api::credit_types::Change;
use crate::reactive::{effect, open_while};
use crate::remote::Remote;
use crate::ui::{Banner, Button, Dialog, DialogActions, FieldErrors, Form, Loaded, Look, Refusal, Tone};
use crate::{format, session};

/// What is asked.
#[derive(Debug, Clone)]
pub(super) struct Question {
    title: &'static str,
    change: Change,
    done: Callback<()>,
}

impl Question {
    pub(super) const fn new(title: &'static str, change: Change, done: Callback<()>) -> Self {
        Self { title, change, done }
    }
}

/// The dialog. It is open while there is a question.
pub(super) fn dialog(settings: Settings) -> AnyView {
    let question = settings.question;
    let open = open_while(question);
    let title = Signal::derive(move || {
        question
            .with(|question| question.as_ref().map_or("", |asked| asked.title))
            .to_owned()
    });
    view! {
        <Dialog title open>
            {move || question.get().map(|question| asked(settings, question, open))}
        </Dialog>
    }
    .into_any()
}

fn asked(settings: Settings, question: Question, open: RwSignal<bool>) -> AnyView {
    let Question { change, done, .. } = question;
    let change = StoredValue::new(change);
    let etag = move || {
        settings
            .known
            .get()
            .map(|known| known.credit_type.etag)
            .unwrap_or_default()
    };
    // What is being applied is not asked about again: its own effect would look like somebody else's.
    let is_applying = StoredValue::new(false);
    let preview = Remote::live(&[Area::Allocations, Area::Settings], move || {
        let (etag, change) = (etag(), change.get_value());
        let is_over = is_applying.get_value();
        async move {
            if is_over {
                std::future::pending::<()>().await;
            }
            api::credit_types::change(settings.id, &change, true, &etag, &api::new_key()).await
        }
    });
    let form = Form::new(FieldErrors::default);
    let is_known = Memo::new(move |_| preview.value().is_some() && preview.error().is_none());
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        if !is_known.get_untracked() {
            return;
        }
        is_applying.set_value(true);
        let (etag, change, key) = (untrack(etag), change.get_value(), form.key());
        form.send(
            async move { api::credit_types::change(settings.id, &change, false, &etag, &key).await },
            move |changed: CreditTypeChangedView| {
                settings.credit_type.put(changed.credit_type);
                open.set(false);
                done.run(());
            },
        );
    };
    // Somebody else was there meanwhile: the question is asked again on what holds now.
    effect(move || {
        let refused = form.banner().get();
        if refused.is_some() {
            is_applying.set_value(false);
        }
        let code = refused.or_else(|| preview.error()).and_then(|error| error.code());
        if code == Some(ErrorCode::PreconditionFailed) {
            settings.credit_type.reload();
        }
    });
    let decimals = untrack(|| settings.known.get()).map_or(2, |known| known.credit_type.decimals);
    let ready = move |view: CreditTypeChangedView| {
        let lead = change.with_value(|change| lead(change, &view));
        view! { <p class="lead">{lead}</p> {consequences(&view.consequences, decimals)} }.into_any()
    };
    view! {
        <form node_ref=form.node() on:submit=submit>
            <Refusal form />
            <Loaded remote=preview lines=4 ready />
            <DialogActions>
                <Button on_press=move || open.set(false)>"Cancel"</Button>
                <Button look=Look::Primary busy=form.busy() disabled=Signal::derive(move || !is_known.get())>
                    "Apply change"
                </Button>
            </DialogActions>
        </form>
    }
    .into_any()
}

/// What happens, in a sentence.
fn lead(change: &Change, view: &CreditTypeChangedView) -> String {
    let after = &view.credit_type;
    match change {
        Change::Reset => "The open cycle ends now and a fresh one begins. Used becomes zero in the new cycle; nothing is deleted, and the cycle that ends stays readable.".to_owned(),
        Change::UndoReset => "The earlier cycle opens again with its old end. What was used since the reset counts in it too; Monthly, limit and settings stay as they are now.".to_owned(),
        Change::Update(body) if body.limit.is_some() => format!(
            "From {} to {} credits per cycle, effective immediately for the current cycle. Credits already used stay as they are.",
            format::credits(view.consequences.cycle_before.limit),
            format::credits(after.limit)
        ),
        Change::Update(body) if body.cadence.is_some() => format!(
            "To {}. The open cycle ends now and a fresh one begins with the full limit.",
            words::cadence(after.cadence).to_lowercase()
        ),
        Change::Update(_) => "It holds at once. Credits already used stay as they are.".to_owned(),
    }
}

fn consequences(view: &ConsequencesView, decimals: u8) -> AnyView {
    let amount = move |amount: Credits| format::credits_to(amount, decimals.max(2));
    let zone = session::zone();
    let arrow = || view! { <span class="mut">" → "</span> };
    let change = |label: &'static str, before: Credits, after: Credits| {
        (before != after).then(|| {
            view! {
                <div>
                    <dt>{label}</dt>
                    <dd>{amount(before)} {arrow()} <b class:neg=after.is_negative()>{amount(after)}</b></dd>
                </div>
            }
        })
    };
    let some = |label: &'static str, value: Credits| {
        (!value.is_zero()).then(|| view! { <div><dt>{label}</dt><dd>{amount(value)}</dd></div> })
    };
    let ends = (view.cycle_before.ends_at != view.cycle_after.ends_at).then(|| {
        let at = |at| format::date_time(at, &zone);
        view! {
            <div>
                <dt>"Next reset"</dt>
                <dd>{at(view.cycle_before.ends_at)} {arrow()} <b>{at(view.cycle_after.ends_at)}</b></dd>
            </div>
        }
    });
    let undo = view.undo_until.map(|until| {
        view! { <p class="hint">"It can be undone until " {format::date_time(until, &zone)} "."</p> }
    });
    let overhang = view
        .unallocated_after
        .is_negative()
        .then(|| view.unallocated_after.checked_neg())
        .flatten()
        .map(|over| {
            let groups = view.holding.iter().map(|group| holding(group, decimals)).collect_view();
            view! {
                <Banner tone=Tone::Warn>
                    "Groups hold " {amount(over)} " more than the limit. Nothing is taken from them; new allocations stay closed until it fits. "
                    <details>
                        <summary>"Show groups"</summary>
                        <ul class="over">{groups}</ul>
                    </details>
                </Banner>
            }
        });
    let (groups, members): (Vec<_>, Vec<_>) = view
        .over
        .iter()
        .filter(|over| over.kind != OverKind::Organisation)
        .partition(|over| over.kind == OverKind::Group);
    view! {
        <dl class="facts">
            {change("Credits balance", view.balance_before, view.balance_after)}
            {change("Unallocated", view.unallocated_before, view.unallocated_after)}
            {change("Used in the open cycle", view.cycle_before.used, view.cycle_after.used)}
            {change("Limit per 30 days", view.limit_per_30_days_before, view.limit_per_30_days_after)}
            {ends}
            {some("Unspent, lapses", view.lapses)}
            {some("Unspent, carries over", view.carries)}
            <div><dt>"Groups that would be over"</dt><dd>{who(&groups, decimals)}</dd></div>
            <div><dt>"Members who would be over"</dt><dd>{who(&members, decimals)}</dd></div>
            {(view.more_over > 0).then(|| view! { <div><dt>"And more"</dt><dd>{format::count(view.more_over)}</dd></div> })}
        </dl>
        {overhang}
        {undo}
    }
    .into_any()
}

fn holding(group: &HoldingView, decimals: u8) -> AnyView {
    let holds = format::credits_to(group.allocated, decimals.max(2));
    view! { <li>{group.name.clone()} " holds " {holds}</li> }.into_any()
}

fn who(over: &[&OverView], decimals: u8) -> AnyView {
    if over.is_empty() {
        return "none".into_any();
    }
    let line = |over: &&OverView| {
        let by = format::credits_to(over.over_by, decimals.max(2));
        view! { <li>{over.name.clone()} <span class="neg">" by " {by}</span></li> }
    };
    view! { <ul class="over">{over.iter().map(line).collect_view()}</ul> }.into_any()
}
