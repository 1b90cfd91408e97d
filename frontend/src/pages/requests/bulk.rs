//! Deciding many at once: what is picked, the question, and each one's own answer.

use allowance_api_types::credit_requests::{
    CreditRequestView, DecideCreditRequestsBody, Decision, DecisionItemBody, DecisionItemView,
};
use allowance_values::Credits;
use leptos::ev::SubmitEvent;
use leptos::prelude::*;

use super::Desk;
use super::model::{MOST_TEXT, outcome};
use crate::ui::{Button, Dialog, DialogActions, FieldErrors, Form, Look, Refusal, TextAreaField, optional};
use crate::{api, errors, format};

/// The bar at the foot while rows are picked, and its dialog.
pub(super) fn bar(desk: Desk) -> AnyView {
    // With how many it was asked: afterwards none are picked any more.
    let asked = RwSignal::new((Decision::Approve, 0));
    let open = RwSignal::new(false);
    let count = Memo::new(move |_| u64::try_from(desk.picked.with(Vec::len)).unwrap_or(0));
    let ask = move |decision: Decision| {
        asked.set((decision, count.get_untracked()));
        open.set(true);
    };
    let bar = move || {
        view! {
            <div class="save-bar" role="region" aria-label="Selected requests">
                <span>{move || format::plural(count.get(), "request selected", "requests selected")}</span>
                <Button look=Look::Quiet on_press=move || desk.picked.set(Vec::new())>"Clear"</Button>
                <Button look=Look::Danger on_press=move || ask(Decision::Deny)>"Deny…"</Button>
                <Button look=Look::Primary on_press=move || ask(Decision::Approve)>"Approve…"</Button>
            </div>
        }
    };
    let is_shown = Memo::new(move |_| count.get() > 0);
    let title = Signal::derive(move || {
        let (decision, count) = asked.get();
        let verb = if decision == Decision::Deny {
            "Deny"
        } else {
            "Approve"
        };
        format!("{verb} {}?", format::plural(count, "request", "requests"))
    });
    view! {
        {move || is_shown.get().then(bar)}
        <Dialog title open>{dialog(desk, asked.get_untracked().0, open)}</Dialog>
    }
    .into_any()
}

fn dialog(desk: Desk, decision: Decision, open: RwSignal<bool>) -> AnyView {
    let page = untrack(|| desk.rows.value()).map(|page| page.items);
    let picked = desk.picked.get_untracked();
    let rows: Vec<CreditRequestView> = page
        .unwrap_or_default()
        .into_iter()
        .filter(|row| picked.contains(&row.id))
        .collect();
    let text = RwSignal::new(String::new());
    let answers = RwSignal::new(None::<Vec<DecisionItemView>>);
    let check = move || {
        let mut errors = FieldErrors::default();
        let note = optional(&mut errors, "note", &text.get_untracked(), MOST_TEXT);
        (note, errors)
    };
    let form = Form::new(move || check().1);
    let ids: Vec<_> = rows.iter().map(|row| row.id).collect();
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        let (note, errors) = check();
        if !errors.is_empty() {
            return form.refuse(errors);
        }
        let item = |&id: &_| DecisionItemBody {
            id,
            decision,
            amount: None,
            note: note.clone(),
        };
        let body = DecideCreditRequestsBody {
            items: ids.iter().map(item).collect(),
        };
        let key = form.key();
        form.send(
            async move { api::credit_requests::decide(&body, &key).await },
            move |view| {
                answers.set(Some(view.items));
                desk.picked.set(Vec::new());
                desk.refresh();
            },
        );
    };
    let is_approval = decision == Decision::Approve;
    let listed = StoredValue::new(rows);
    let lines = move || {
        listed.with_value(|rows| {
            rows.iter()
                .map(|row| line(row, answers.get().as_deref(), desk.decimals))
                .collect_view()
        })
    };
    let total = listed.with_value(|rows| {
        rows.iter()
            .try_fold(Credits::ZERO, |sum, row| sum.checked_add(row.requested))
    });
    let lead = total.filter(|_| is_approval).map(|total| {
        let total = format::credits_to(total, desk.decimals.max(2));
        view! { <p class="lead">"As they were asked, " {total} " credits in all. Each is judged by itself."</p> }
    });
    let foot = move || {
        if answers.with(Option::is_some) {
            view! { <DialogActions><Button on_press=move || open.set(false)>"Close"</Button></DialogActions> }
                .into_any()
        } else {
            let (label, look) = if is_approval {
                ("Note", Look::Primary)
            } else {
                ("Reason", Look::Danger)
            };
            view! {
                <TextAreaField form name="note" label=label value=text hint="The requesters read it." />
                <DialogActions>
                    <Button on_press=move || open.set(false)>"Cancel"</Button>
                    <Button look busy=form.busy()>{if is_approval { "Approve all" } else { "Deny all" }}</Button>
                </DialogActions>
            }
            .into_any()
        }
    };
    view! {
        <form node_ref=form.node() on:submit=submit novalidate>
            <Refusal form />
            {lead}
            <ul class="facts decisions" aria-live="polite">{lines}</ul>
            {foot}
        </form>
    }
    .into_any()
}

/// One request and, once there is one, its answer.
fn line(row: &CreditRequestView, answers: Option<&[DecisionItemView]>, decimals: u8) -> AnyView {
    let answer = answers.and_then(|answers| answers.iter().find(|answer| answer.id == row.id));
    let said = match answer {
        None => format::credits_to(row.requested, decimals.max(2)).into_any(),
        Some(DecisionItemView {
            problem: Some(problem),
            ..
        }) => view! { <span class="neg">{errors::problem_words(problem)}</span> }.into_any(),
        Some(DecisionItemView { request, .. }) => {
            let done = request.as_ref().and_then(|request| outcome(request, decimals));
            view! { <span class="good">{done.unwrap_or_else(|| "Done".to_owned())}</span> }.into_any()
        }
    };
    view! { <li><span>{row.requester.display_name.clone()}</span> {said}</li> }.into_any()
}
