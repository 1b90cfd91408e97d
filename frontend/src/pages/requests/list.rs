//! The list of requests: rows, picking, paging, and the ways in which it can be empty.

use allowance_api_types::Page;
use allowance_api_types::credit_requests::{CreditRequestView, RequestCommand, RequestTerm, StatusFilter};
use allowance_values::CreditRequestId;
use leptos::ev::MouseEvent;
use leptos::prelude::*;
use wasm_bindgen::JsCast;

use super::super::list_url::UrlPager;
use super::super::words;
use super::model::{between, may};
use super::{Desk, FILTERS, STATUS};
use crate::ui::{Badge, Button, Empty, Loaded, avatar, range_label};
use crate::{format, session};

pub(super) fn list(desk: Desk) -> AnyView {
    let rows = desk.rows;
    let has_rows = Memo::new(move |_| desk.order.with(|order| !order.is_empty()));
    let ready = move |page: Page<CreditRequestView>| page.items.is_empty().then(|| empty(desk)).into_any();
    view! {
        <Loaded remote=rows lines=7 ready />
        {move || has_rows.get().then(|| table(desk))}
    }
    .into_any()
}

fn empty(desk: Desk) -> AnyView {
    let url = desk.url;
    let all = words::word(StatusFilter::All);
    let is_filtered = FILTERS
        .iter()
        .any(|&name| url.get(name).is_some_and(|value| name != STATUS || value != all));
    let view = if is_filtered {
        view! {
            <Empty title="No results – edit your filters" text="No request matches all of them.">
                <Button on_press=move || url.clear(&FILTERS)>"Clear filters"</Button>
            </Empty>
        }
        .into_any()
    } else if url.get(STATUS).is_some() {
        view! { <Empty title="No requests yet" text="When somebody asks for more credits, it is shown here." /> }
            .into_any()
    } else {
        view! {
            <Empty title="Nothing waits for you" text="Requests that you can decide are shown here, oldest first.">
                <Button on_press=move || url.filter(STATUS, Some(all.clone()))>"Show all requests"</Button>
            </Empty>
        }
        .into_any()
    };
    view! { <div class="card">{view}</div> }.into_any()
}

fn table(desk: Desk) -> AnyView {
    let page = move || desk.rows.value();
    let rows = move || page().map(|page| page.items).unwrap_or_default();
    // Only what changed is drawn anew, so that live changes take no focus away.
    let key = |row: &CreditRequestView| (row.id, row.etag.clone(), words::word(row.status));
    let pager = move || {
        page().map(|page| {
            let label = range_label(desk.url.first_row(), page.items.len(), page.total.as_ref());
            view! { <UrlPager url=desk.url label shown=page.items.len() next_cursor=page.next_cursor /> }
        })
    };
    let pickable = Memo::new(move |_| {
        rows()
            .iter()
            .filter(|row| is_pickable(row))
            .map(|row| row.id)
            .collect::<Vec<_>>()
    });
    let all_picked = move || {
        let picked = desk.picked.get();
        pickable.with(|ids| !ids.is_empty() && ids.iter().all(|id| picked.contains(id)))
    };
    let pick_all = move |_| {
        let picked = if untrack(all_picked) {
            Vec::new()
        } else {
            pickable.get_untracked()
        };
        desk.picked.set(picked);
    };
    view! {
        <div class="card">
            <div class="scroll" tabindex="0" role="region" aria-label="Credit requests">
                <table class="table requests">
                    <thead>
                        <tr>
                            <th scope="col" class="pick">
                                <input type="checkbox" aria-label="Select all on this page"
                                    prop:checked=all_picked disabled=move || pickable.with(Vec::is_empty) on:change=pick_all />
                            </th>
                            <th scope="col">"Requester"</th>
                            <th scope="col" class="r">"Requested"</th>
                            <th scope="col" class="r">"Approved"</th>
                            <th scope="col">"Reason"</th>
                            <th scope="col">"Submitted"</th>
                            <th scope="col">"Status"</th>
                        </tr>
                    </thead>
                    <tbody>
                        <For each=rows key let:row>{self::row(desk, row)}</For>
                    </tbody>
                </table>
            </div>
            {pager}
            <p class="inbox-keys hint" aria-hidden="true">"J K to move · A approve · R deny · E ask · X select · ? all keys"</p>
        </div>
    }
    .into_any()
}

fn is_pickable(row: &CreditRequestView) -> bool {
    may(row, RequestCommand::Approve) || may(row, RequestCommand::Deny)
}

#[expect(
    clippy::needless_pass_by_value,
    reason = "the shape that a keyed list draws its rows by"
)]
fn row(desk: Desk, row: CreditRequestView) -> AnyView {
    let id = row.id;
    let amount = |amount| format::credits_to(amount, desk.decimals.max(2));
    let for_good = |term: Option<RequestTerm>| {
        (term == Some(RequestTerm::ForGood)).then(|| view! { <small class="block mut">"for good"</small> })
    };
    let (status, tone) = words::request_status(row.status);
    let is_selected = move || desk.selected.get() == Some(id);
    let open = move |event: MouseEvent| {
        let target = event
            .target()
            .and_then(|target| target.dyn_into::<web_sys::Element>().ok());
        if target.is_none_or(|element| element.tag_name() != "INPUT") {
            desk.select(Some(id));
        }
    };
    let name = row.requester.display_name.clone();
    let zone = session::zone();
    let pick = is_pickable(&row).then(|| {
        view! {
            <input
                type="checkbox"
                aria-label=format!("Select the request of {name}")
                prop:checked=move || desk.picked.with(|picked| picked.contains(&id))
                on:click=move |event| pick(desk, id, event.shift_key())
            />
        }
    });
    view! {
        <tr class:selected=is_selected data-request=id.to_string() on:click=open>
            <td class="pick">{pick}</td>
            <td>
                <div class="who">
                    {avatar(&row.requester.display_name)}
                    <div>
                        <button type="button" class="plain-link strong" aria-current=move || is_selected().then_some("true")>
                            {row.requester.display_name.clone()}
                        </button>
                        <small>{row.requester.email.to_string()}</small>
                    </div>
                </div>
            </td>
            <td class="r">{amount(row.requested)} {for_good(Some(row.term))}</td>
            <td class="r" class:mut=row.approved.is_none()>
                {row.approved.map_or_else(|| "–".to_owned(), amount)} {for_good(row.approved_term)}
            </td>
            <td><div class="reason" dir="auto">{row.reason.clone()}</div></td>
            <td class="nw">{format::date(row.submitted_at, &zone)}</td>
            <td><Badge tone>{status}</Badge></td>
        </tr>
    }
    .into_any()
}

/// Picks a row, or drops it; with Shift all rows since the last one picked.
pub(super) fn pick(desk: Desk, id: CreditRequestId, is_range: bool) {
    let order = desk.order.get_untracked();
    desk.picked.update(|picked| match picked.last().copied() {
        Some(last) if is_range => {
            let range = between(&order, last, id);
            picked.retain(|id| !range.contains(id));
            picked.extend(range);
        }
        _ if picked.contains(&id) => picked.retain(|picked| *picked != id),
        _ => picked.push(id),
    });
}
