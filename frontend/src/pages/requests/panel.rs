//! Deciding: approve with its effect shown first, deny, ask for information.
//!
//! The effect is the server's own dry run of the approval as it stands in the fields.

use allowance_api_types::ErrorCode;
use allowance_api_types::credit_requests::{
    ApproveCreditRequestBody, CreditRequestDetailView, CreditRequestView, DenyCreditRequestBody,
    RequestCommand, RequestEffectView, RequestMessageBody, RequestTerm,
};
use allowance_api_types::live::Area;
use allowance_values::{CreditRequestId, Credits};
use gloo_timers::future::TimeoutFuture;
use leptos::ev::{KeyboardEvent, SubmitEvent};
use leptos::prelude::*;
use leptos::task::spawn_local;

use super::super::words;
use super::Desk;
use super::keys::{Pressed, focus_soon};
use super::model::{Approval, MOST_TEXT, may};
use crate::api::ApiError;
use crate::errors;
use crate::reactive::effect;
use crate::remote::Remote;
use crate::ui::{
    Banner, Button, FieldErrors, Form, Look, Required, TextAreaField, TextField, Toasts, Tone, check,
    optional, required, segments,
};
use crate::{api, format};

const PAUSE_MILLIS: u32 = 250;
const QUESTION: Required = Required {
    missing: "Write what you want to know.",
    most: MOST_TEXT,
};

/// What is being decided on, and the fields.
#[derive(Clone, Copy)]
struct Panel {
    desk: Desk,
    id: CreditRequestId,
    request: Remote<CreditRequestDetailView>,
    is_beaten: RwSignal<bool>,
    mode: RwSignal<Pressed>,
    /// A decision is on its way: its effect is not asked about any more.
    is_deciding: StoredValue<bool>,
    form: Form,
    amount: RwSignal<String>,
    term: RwSignal<String>,
    from_unallocated: RwSignal<bool>,
    /// A word to the requester, the reason of a denial, or the question.
    text: RwSignal<String>,
}

impl Panel {
    fn approval(self) -> Result<ApproveCreditRequestBody, FieldErrors> {
        let draft = Approval {
            amount: self.amount.get(),
            term: self.term.get(),
            add_from_unallocated: self.from_unallocated.get(),
            note: self.text.get(),
        };
        draft.into_body(format::reading(self.desk.decimals))
    }

    fn etag(self) -> String {
        untrack(|| self.request.value())
            .map(|detail| detail.request.etag)
            .unwrap_or_default()
    }

    fn show(self, mode: Pressed) {
        if self.mode.get_untracked() != mode {
            self.mode.set(mode);
            self.form.refuse(FieldErrors::default());
            self.form.banner().set(None);
        }
        focus_soon(match mode {
            Pressed::Approve => ".inbox-detail [name=amount]",
            Pressed::Deny => ".inbox-detail [name=reason]",
            Pressed::Ask => ".inbox-detail [name=text]",
        });
    }

    fn submit(self) {
        match self.mode.get_untracked() {
            Pressed::Approve => self.approve(),
            Pressed::Deny => self.deny(),
            Pressed::Ask => self.ask(),
        }
    }

    fn approve(self) {
        let body = match untrack(|| self.approval()) {
            Ok(body) => body,
            Err(errors) => return self.form.refuse(errors),
        };
        let (id, etag, key) = (self.id, self.etag(), self.form.key());
        self.is_deciding.set_value(true);
        let said = self.said("Approved");
        self.form.send(
            async move { api::credit_requests::approve(id, &body, &etag, &key).await },
            move |decided| said.run(decided.request),
        );
    }

    fn deny(self) {
        let mut errors = FieldErrors::default();
        let reason = optional(&mut errors, "reason", &self.text.get_untracked(), MOST_TEXT);
        if !errors.is_empty() {
            return self.form.refuse(errors);
        }
        let body = DenyCreditRequestBody { reason };
        let (id, etag, key) = (self.id, self.etag(), self.form.key());
        self.is_deciding.set_value(true);
        let said = self.said("Denied");
        self.form.send(
            async move { api::credit_requests::deny(id, &body, &etag, &key).await },
            move |decided| said.run(decided.request),
        );
    }

    fn ask(self) {
        let mut errors = FieldErrors::default();
        let text = required(&mut errors, "text", &self.text.get_untracked(), QUESTION);
        let Some(text) = text else {
            return self.form.refuse(errors);
        };
        let body = RequestMessageBody { text };
        let (id, key) = (self.id, self.form.key());
        let said = self.said("Asked");
        self.form.send(
            async move { api::credit_requests::message(id, "ask", &body, &key).await },
            move |request| said.run(request),
        );
    }

    /// After a success: a line that says so, and on.
    fn said(self, verb: &'static str) -> Callback<CreditRequestView> {
        let toasts: Toasts = expect_context();
        let decimals = self.desk.decimals;
        Callback::new(move |request: CreditRequestView| {
            let name = &request.requester.display_name;
            let text = match request.approved {
                Some(amount) => {
                    format!(
                        "{verb} {} credits for {name}.",
                        format::credits_to(amount, decimals.max(2))
                    )
                }
                None => format!("{verb}: the request of {name}."),
            };
            toasts.show(Tone::Good, text);
            self.text.set(String::new());
            self.mode.set(Pressed::Approve);
            self.request.reload();
            self.desk.go_on(self.id);
        })
    }
}

pub(super) fn panel(
    desk: Desk,
    request: Remote<CreditRequestDetailView>,
    is_beaten: RwSignal<bool>,
    now: &CreditRequestView,
    is_admin: bool,
) -> AnyView {
    let reading = format::reading(desk.decimals);
    let panel = Panel {
        desk,
        id: now.id,
        request,
        is_beaten,
        mode: RwSignal::new(Pressed::Approve),
        is_deciding: StoredValue::new(false),
        form: Form::new(FieldErrors::default),
        amount: RwSignal::new(reading.editable(now.requested)),
        term: RwSignal::new(words::word(now.term)),
        from_unallocated: RwSignal::new(false),
        text: RwSignal::default(),
    };
    obey_keys(panel);
    notice_conflicts(panel);
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        panel.submit();
    };
    let escape = move |event: KeyboardEvent| {
        if event.key() == "Escape" && panel.mode.get_untracked() != Pressed::Approve {
            panel.show(Pressed::Approve);
        }
    };
    let effect = effect_of(panel);
    let fields = move || match panel.mode.get() {
        Pressed::Approve => approve_fields(panel, effect, is_admin),
        Pressed::Deny => text_fields(panel, "reason", "Reason", "Deny"),
        Pressed::Ask => text_fields(panel, "text", "What do you want to know?", "Ask"),
    };
    let refusal = move || {
        let error = panel.form.banner().get()?;
        Some(view! { <Banner tone=Tone::Bad>{errors::words(&error)}</Banner> })
    };
    view! {
        <form node_ref=panel.form.node() class="decide" on:submit=submit on:keydown=escape novalidate>
            {refusal}
            {fields}
        </form>
    }
    .into_any()
}

/// A key pressed for this request: to the field it is about.
fn obey_keys(panel: Panel) {
    effect(move || {
        if let Some(mode) = panel.desk.pressed.get() {
            panel.desk.pressed.set(None);
            let command = match mode {
                Pressed::Approve => RequestCommand::Approve,
                Pressed::Deny => RequestCommand::Deny,
                Pressed::Ask => RequestCommand::Ask,
            };
            if untrack(|| panel.request.value()).is_some_and(|detail| may(&detail.request, command)) {
                panel.show(mode);
            }
        }
    });
}

/// Somebody else was faster: what they did is shown instead.
fn notice_conflicts(panel: Panel) {
    effect(move || {
        let code = panel
            .form
            .banner()
            .with(|error| error.as_ref().and_then(ApiError::code));
        if panel.form.banner().with(Option::is_some) {
            panel.is_deciding.set_value(false);
        }
        if matches!(
            code,
            Some(ErrorCode::RequestDecided | ErrorCode::RequestWithdrawn | ErrorCode::PreconditionFailed)
        ) {
            panel.is_beaten.set(true);
            panel.form.banner().set(None);
            panel.request.reload();
            panel.desk.refresh();
        }
    });
}

type Effect = Remote<Option<RequestEffectView>>;

/// What the approval in the fields would do, asked after a pause in typing and whenever figures change.
fn effect_of(panel: Panel) -> Effect {
    let settled = RwSignal::new(untrack(|| panel.approval()).ok());
    let turn = StoredValue::new(0_u32);
    effect(move || {
        let body = panel
            .approval()
            .ok()
            .map(|body| ApproveCreditRequestBody { note: None, ..body });
        turn.update_value(|turn| *turn = turn.wrapping_add(1));
        let mine = turn.get_value();
        spawn_local(async move {
            TimeoutFuture::new(PAUSE_MILLIS).await;
            if turn.try_get_value() == Some(mine) && settled.with_untracked(|before| *before != body) {
                settled.set(body);
            }
        });
    });
    let id = panel.id;
    Remote::live(&[Area::Allocations], move || {
        let body = settled.get();
        let is_over = panel.is_deciding.get_value();
        async move {
            if is_over {
                std::future::pending::<()>().await;
            }
            let Some(body) = body else { return Ok(None) };
            Ok(api::credit_requests::preview_approval(id, &body).await?.effect)
        }
    })
}

fn approve_fields(panel: Panel, effect: Effect, is_admin: bool) -> AnyView {
    let terms = words::options(&[RequestTerm::ThisCycle, RequestTerm::ForGood], words::term);
    let amount = move || {
        let body = panel.approval().ok().and_then(|body| body.amount);
        body.map(|amount| format!(" {}", format::credits_to(amount, panel.desk.decimals.max(2))))
    };
    let form = panel.form;
    let can = move |command| {
        panel
            .request
            .value()
            .is_some_and(|detail| may(&detail.request, command))
    };
    view! {
        <div class="amount-line">
            <TextField form name="amount" label="Amount" value=panel.amount inputmode="decimal" />
            {segments("For how long", panel.term, terms)}
        </div>
        {is_admin.then(|| check("Add what the group lacks from Unallocated", panel.from_unallocated, None))}
        <div class="effect" aria-live="polite">
            <b>"If you approve"</b>
            {move || shown_effect(panel, effect)}
        </div>
        <details class="note-line">
            <summary>"Add a word to the requester"</summary>
            <TextAreaField form name="note" label="Note" value=panel.text />
        </details>
        <div class="acts">
            <Button look=Look::Primary busy=form.busy() disabled=Signal::derive(move || !can(RequestCommand::Approve) || effect.error().is_some())>
                "Approve" {amount}
            </Button>
            <Button
                disabled=Signal::derive(move || !can(RequestCommand::Ask))
                on_press=Callback::new(move |()| panel.show(Pressed::Ask))
            >
                "Ask…"
            </Button>
            <Button
                look=Look::Danger
                disabled=Signal::derive(move || !can(RequestCommand::Deny))
                on_press=Callback::new(move |()| panel.show(Pressed::Deny))
            >
                "Deny…"
            </Button>
        </div>
    }
    .into_any()
}

/// A denial or a question: one text.
fn text_fields(panel: Panel, name: &'static str, label: &'static str, verb: &'static str) -> AnyView {
    let form = panel.form;
    let look = if panel.mode.get_untracked() == Pressed::Deny {
        Look::Danger
    } else {
        Look::Primary
    };
    view! {
        <TextAreaField form name label=label value=panel.text hint="The requester reads it." />
        <div class="acts">
            <Button look busy=form.busy()>{verb}</Button>
            <Button look=Look::Quiet on_press=Callback::new(move |()| panel.show(Pressed::Approve))>"Cancel"</Button>
        </div>
    }
    .into_any()
}

fn shown_effect(panel: Panel, effect: Effect) -> AnyView {
    if let Some(error) = effect.error() {
        return view! { <p class="neg">{errors::words(&error)}</p> }.into_any();
    }
    let (Some(detail), Some(Some(view))) = (panel.request.value(), effect.value()) else {
        return view! { <p class="mut">"Enter an amount to see what it does."</p> }.into_any();
    };
    let name = detail.request.requester.display_name;
    let group = detail.request.group.name;
    let is_waiting = effect.is_loading();
    let line = |label: String, before: Credits, after: Credits, always: bool| {
        (always || before != after).then(|| {
            let amount = |amount| format::credits_to(amount, panel.desk.decimals.max(2));
            view! {
                <div>
                    <dt>{label}</dt>
                    <dd>{amount(before)} <span class="arrow">" → "</span> <b class:neg=after.is_negative()>{amount(after)}</b></dd>
                </div>
            }
        })
    };
    view! {
        <dl class:waiting=is_waiting>
            {line(format!("{name}’s Remaining"), view.remaining_before, view.remaining_after, true)}
            {line(format!("{name}’s Monthly"), view.monthly_before, view.monthly_after, false)}
            {line(format!("{group}, Available"), view.available_before, view.available_after, true)}
            {line("Unallocated".to_owned(), view.unallocated_before, view.unallocated_after, false)}
        </dl>
    }
    .into_any()
}
