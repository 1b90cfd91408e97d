//! One request beside the list: what is asked, what can be done about it, what happened so far.

use allowance_api_types::credit_requests::{
    CreditRequestDetailView, CreditRequestView, RequestCommand, RequestTerm,
};
use allowance_api_types::live::Area;
use allowance_values::CreditRequestId;
use leptos::prelude::*;

use super::super::words;
use super::model::{is_open, may, outcome};
use super::thread::thread;
use super::{Desk, panel};
use crate::remote::Remote;
use crate::session::{self, use_session};
use crate::ui::{Badge, Banner, Button, Loaded, Look, Tone};
use crate::{api, format};

pub(super) fn detail(desk: Desk, id: CreditRequestId, is_admin: bool) -> AnyView {
    let request = Remote::live(&[Area::CreditRequests], move || async move {
        api::credit_requests::get(id).await
    });
    let Some(viewer) = use_session().me().map(|me| me.id) else {
        return ().into_any();
    };
    // The panel stays while the request is read again, with everything typed into it.
    let can_decide = Memo::new(move |_| {
        request.value().is_some_and(|detail| {
            [RequestCommand::Approve, RequestCommand::Deny, RequestCommand::Ask]
                .iter()
                .any(|&command| may(&detail.request, command))
        })
    });
    let is_beaten = RwSignal::new(false);
    let decimals = desk.decimals;
    let panel = move || {
        if !can_decide.get() {
            return None;
        }
        let detail = untrack(|| request.value())?;
        Some(panel::panel(desk, request, is_beaten, &detail.request, is_admin))
    };
    let beaten = move || {
        if !is_beaten.get() {
            return None;
        }
        let detail = request.value()?;
        let said = outcome(&detail.request, decimals);
        let said = said.unwrap_or_else(|| "Somebody changed this request".to_owned());
        Some(view! { <Banner tone=Tone::Warn>{said} " meanwhile. Your decision was not written."</Banner> })
    };
    view! {
        <button type="button" class="link inbox-back" on:click=move |_| desk.select(None)>"← Back to the list"</button>
        {beaten}
        <Loaded remote=request lines=6 ready=move |detail: CreditRequestDetailView| head(&detail.request, decimals) />
        {panel}
        {move || request.value().map(|detail| {
            view! {
                {(!can_decide.get()).then(|| refused(&detail.request))}
                <h3 class="sr">"What happened"</h3>
                {thread(&detail, viewer)}
            }
        })}
    }
    .into_any()
}

fn head(request: &CreditRequestView, decimals: u8) -> AnyView {
    let (status, tone) = words::request_status(request.status);
    let for_good = match request.term {
        RequestTerm::ForGood => " in every cycle",
        _ => "",
    };
    let title = format!(
        "{} asks for {} credits{for_good}",
        request.requester.display_name,
        format::credits_to(request.requested, decimals.max(2))
    );
    let zone = session::zone();
    let closed = request.closed_at.map(|at| format::date_time(at, &zone));
    let outcome = outcome(request, decimals).map(|said| {
        view! {
            <p class="request-outcome">
                {said} {closed.map(|at| view! { <span class="mut">", " {at}</span> })} "."
                {request.decision_note.clone().map(|note| view! { <span class="said-text" dir="auto">{note}</span> })}
            </p>
        }
    });
    view! {
        <h2>{title}</h2>
        <p class="request-about">
            <Badge tone>{status}</Badge>
            <span class="mut">{request.group.name.clone()} " · " {request.requester.email.to_string()}</span>
        </p>
        <blockquote class="request-reason" dir="auto">{request.reason.clone()}</blockquote>
        {outcome}
    }
    .into_any()
}

/// What the viewer may not do now, and why.
fn refused(request: &CreditRequestView) -> Option<AnyView> {
    if !is_open(request) {
        return None;
    }
    let label = |command| match command {
        RequestCommand::Approve => Some("Approve"),
        RequestCommand::Deny => Some("Deny"),
        RequestCommand::Ask => Some("Ask…"),
        _ => None,
    };
    let shut: Vec<_> = request
        .allowed_commands
        .iter()
        .filter_map(|allowed| Some((label(allowed.command)?, allowed.reason.clone())))
        .collect();
    let mut reasons: Vec<String> = shut.iter().filter_map(|(_, reason)| reason.clone()).collect();
    reasons.dedup();
    let button = |(label, _): (&'static str, Option<String>)| {
        view! { <Button look=Look::Plain disabled=true on_press=|| ()>{label}</Button> }
    };
    (!shut.is_empty()).then(|| {
        view! {
            <div class="acts">{shut.into_iter().map(button).collect_view()}</div>
            <p class="hint">{reasons.join(" ")}</p>
        }
        .into_any()
    })
}
