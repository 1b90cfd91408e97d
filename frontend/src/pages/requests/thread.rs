//! What happened to a request, and who is next.

use allowance_api_types::credit_requests::{CreditRequestDetailView, RequestEventKind, RequestEventView};
use allowance_values::PersonId;
use leptos::prelude::*;

use super::super::words;
use super::model::{is_open, waits};
use crate::{format, session};

/// The events in their order; where the request is open, who decides next.
pub fn thread(detail: &CreditRequestDetailView, viewer: PersonId) -> AnyView {
    let (zone, now) = (session::zone(), format::now());
    let event = |event: &RequestEventView| {
        let by = event
            .actor
            .as_ref()
            .map(|actor| format!(" by {}", actor.display_name));
        // The reason stands above.
        let said = event
            .text
            .clone()
            .filter(|_| event.kind != RequestEventKind::Submitted);
        view! {
            <li class="done">
                <i aria-hidden="true"></i>
                <div>
                    {words::request_event(event.kind)} {by}
                    <span class="mut" title=format::date_time(event.at, &zone)>", " {format::relative(event.at, now)}</span>
                    {said.map(|text| view! { <p class="said-text" dir="auto">{text}</p> })}
                </div>
            </li>
        }
    };
    let next = is_open(&detail.request).then(|| {
        view! { <li class="now"><i aria-hidden="true"></i><div>{waits(&detail.request, viewer)} "."</div></li> }
    });
    view! { <ol class="steps">{detail.events.iter().map(event).collect_view()} {next}</ol> }.into_any()
}
