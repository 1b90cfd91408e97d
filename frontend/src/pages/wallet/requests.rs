//! The viewer's own requests: where each stands, who decides next, what to answer, and taking one back.

use allowance_api_types::credit_requests::{
    CreditRequestDetailView, CreditRequestStatus, CreditRequestView, CreditRequestsQuery, RequestCommand,
    RequestMessageBody, RequestScope, RequestTerm,
};
use allowance_api_types::live::Area;
use allowance_api_types::session::WalletView;
use allowance_values::{CreditRequestId, PersonId};
use leptos::ev::SubmitEvent;
use leptos::prelude::*;

use super::super::list_url::ListUrl;
use super::super::requests::model::{MOST_TEXT, is_open, may, outcome, waits};
use super::super::requests::thread::thread;
use super::super::words;
use crate::remote::Remote;
use crate::session::{self, use_session};
use crate::ui::{
    Badge, Button, Dialog, DialogActions, FieldErrors, Form, Loaded, Look, Refusal, Required, TextAreaField,
    Toasts, Tone, required,
};
use crate::{api, format};

/// The open request's parameter in the address.
pub(super) const REQUEST: &str = "request";
const ANSWER: Required = Required {
    missing: "Write an answer.",
    most: MOST_TEXT,
};
const MOST_SHOWN: u32 = 50;

/// A request with what is needed to show its credits.
type Own = (String, u8, CreditRequestView);

/// The viewer's requests of all credit types, the newest first.
pub(super) fn of(wallet: Remote<WalletView>) -> Remote<Vec<Own>> {
    Remote::live(&[Area::CreditRequests], move || {
        let items = wallet.value().map(|wallet| wallet.items);
        async move {
            // Without the wallet it is not known of what there could be requests; it asks again once that is there.
            let Some(items) = items else {
                return std::future::pending().await;
            };
            let mut own = Vec::new();
            let query = CreditRequestsQuery {
                scope: Some(RequestScope::Own),
                limit: Some(MOST_SHOWN),
                ..CreditRequestsQuery::default()
            };
            for item in items {
                let kind = item.credit_type;
                let page = api::credit_requests::list(kind.id, &query).await?;
                own.extend(
                    page.items
                        .into_iter()
                        .map(|row| (kind.name.clone(), kind.decimals, row)),
                );
            }
            own.sort_by_key(|(_, _, row)| (!is_open(row), std::cmp::Reverse(row.submitted_at)));
            Ok(own)
        }
    })
}

pub(super) fn list(requests: Remote<Vec<Own>>, url: ListUrl) -> AnyView {
    let Some(viewer) = use_session().me().map(|me| me.id) else {
        return ().into_any();
    };
    let ready = move |own: Vec<Own>| {
        if own.is_empty() {
            return view! { <p class="mut">"No requests yet. Ask for credits when what you have does not suffice."</p> }
                .into_any();
        }
        let rows = own.iter().map(|own| row(own, url, viewer)).collect_view();
        view! { <ul class="card own-requests">{rows}</ul> }.into_any()
    };
    view! {
        <section class="wallet-requests">
            <h2>"My requests"</h2>
            <Loaded remote=requests lines=2 ready />
        </section>
    }
    .into_any()
}

fn row((name, decimals, request): &Own, url: ListUrl, viewer: PersonId) -> AnyView {
    let (status, tone) = words::request_status(request.status);
    let id = request.id.to_string();
    let for_good = match request.term {
        RequestTerm::ForGood => " for good",
        _ => "",
    };
    let asked = format!(
        "{} credits{for_good}",
        format::credits_to(request.requested, (*decimals).max(2))
    );
    let next = if is_open(request) {
        format!("{}.", waits(request, viewer))
    } else {
        outcome(request, *decimals)
            .map(|said| format!("{said}."))
            .unwrap_or_default()
    };
    view! {
        <li>
            <div>
                <button type="button" class="plain-link strong" on:click=move |_| url.open(REQUEST, Some(id.clone()))>
                    {asked}
                </button>
                <small class="block mut">{name.clone()} " · " {format::date(request.submitted_at, &session::zone())}</small>
            </div>
            <p class="own-next">{next}</p>
            <Badge tone>{status}</Badge>
        </li>
    }
    .into_any()
}

/// One of them: what happened, an answer, taking it back.
pub(super) fn dialog(url: ListUrl, requests: Remote<Vec<Own>>) -> AnyView {
    let open = url.opened_by(REQUEST);
    let id = Memo::new(move |_| url.parsed::<CreditRequestId>(REQUEST));
    view! {
        <Dialog title="My request" open>{move || id.get().map(|id| detail(id, requests, open))}</Dialog>
    }
    .into_any()
}

fn detail(id: CreditRequestId, requests: Remote<Vec<Own>>, open: RwSignal<bool>) -> AnyView {
    let request = Remote::live(&[Area::CreditRequests], move || async move {
        api::credit_requests::get(id).await
    });
    let Some(viewer) = use_session().me().map(|me| me.id) else {
        return ().into_any();
    };
    let toasts: Toasts = expect_context();
    let text = RwSignal::new(String::new());
    let body = move || {
        let mut errors = FieldErrors::default();
        let text = required(&mut errors, "text", &text.get_untracked(), ANSWER);
        errors.finish(text.map(|text| RequestMessageBody { text }))
    };
    let form = Form::new(move || body().err().unwrap_or_default());
    let done = move |said: &'static str| {
        move |_request: CreditRequestView| {
            toasts.show(Tone::Good, said);
            text.set(String::new());
            request.reload();
            requests.reload();
        }
    };
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        match body() {
            Err(errors) => form.refuse(errors),
            Ok(body) => {
                let key = form.key();
                let call = async move { api::credit_requests::message(id, "answer", &body, &key).await };
                form.send(call, done("Your answer was sent."));
            }
        }
    };
    let withdraw = Callback::new(move |()| {
        let key = form.key();
        let call = async move { api::credit_requests::withdraw(id, &key).await };
        form.send(call, done("You took the request back."));
    });
    let can = move |command| {
        Memo::new(move |_| {
            request
                .value()
                .is_some_and(|detail| may(&detail.request, command))
        })
    };
    let (can_answer, can_withdraw) = (can(RequestCommand::Answer), can(RequestCommand::Withdraw));
    let decimals = move || {
        let known = requests.value().unwrap_or_default();
        known
            .iter()
            .find(|(_, _, row)| row.id == id)
            .map_or(2, |(_, decimals, _)| *decimals)
    };
    let ready = move |detail: CreditRequestDetailView| {
        let (status, tone) = words::request_status(detail.request.status);
        let asked = format::credits_to(detail.request.requested, untrack(decimals).max(2));
        view! {
            <p class="request-about">
                <b>{asked} " credits, " {words::term(detail.request.term).to_lowercase()}</b> <Badge tone>{status}</Badge>
            </p>
            <blockquote class="request-reason" dir="auto">{detail.request.reason.clone()}</blockquote>
            {thread(&detail, viewer)}
        }
        .into_any()
    };
    let answer = move || {
        can_answer.get().then(|| {
            view! { <TextAreaField form name="text" label="Your answer" value=text is_required=true /> }
        })
    };
    view! {
        <form node_ref=form.node() on:submit=submit novalidate>
            <Refusal form />
            <Loaded remote=request lines=4 ready />
            {answer}
            <DialogActions>
                {move || can_withdraw.get().then(|| view! {
                    <Button look=Look::Danger busy=form.busy() on_press=withdraw>"Take it back"</Button>
                })}
                <Button look=Look::Quiet on_press=move || open.set(false)>"Close"</Button>
                {move || can_answer.get().then(|| view! {
                    <Button look=Look::Primary busy=form.busy()>"Send answer"</Button>
                })}
            </DialogActions>
        </form>
    }
    .into_any()
}

/// What to say about a request that was just made.
pub(super) fn said(request: &CreditRequestView, viewer: PersonId) -> String {
    match request.status {
        CreditRequestStatus::AutoApproved => "Approved at once by your group’s reserve.".to_owned(),
        _ => format!("Your request was sent. {}.", waits(request, viewer)),
    }
}
