//! The events behind the figures, newest charged first.

use allowance_api_types::Page;
use allowance_api_types::costs::{CostEventKind, CostEventView};
use allowance_api_types::live::Area;
use leptos::prelude::*;

use super::super::list_url::PAGE_SIZE;
use super::super::table_card::{Table, Th, table_of, who};
use super::export;
use super::figures::{exact, places};
use super::{Desk, HEADING};
use crate::pages::words;
use crate::remote::Remote;
use crate::ui::{Badge, Loaded, Tone};
use crate::{api, format, session};

pub(super) fn card(desk: Desk) -> AnyView {
    let events = Remote::live(&[Area::Allocations], move || {
        let _times = desk.refreshed.get();
        let (asked, cursor) = (desk.asked.get(), desk.url.cursor());
        let query = desk
            .period
            .get()
            .map(|period| asked.events(period, cursor, PAGE_SIZE));
        async move {
            let Some(query) = query else { return Ok(None) };
            api::costs::events(desk.id, &query).await.map(Some)
        }
    });
    let ready = move |page: Option<Page<CostEventView>>| page.map(|page| table(desk, page)).into_any();
    view! {
        <section class="card cost-card">
            <header class="card-head"><h2 id=HEADING tabindex="-1">"Events"</h2>{export::buttons(desk)}</header>
            <Loaded remote=events lines=8 ready />
        </section>
    }
    .into_any()
}

fn table(desk: Desk, page: Page<CostEventView>) -> AnyView {
    let zone = session::zone();
    let is_own = desk.asked.with_untracked(|asked| asked.own.is_some());
    let costs: Vec<String> = page
        .items
        .iter()
        .filter_map(|event| Some(event.cost?.to_string()))
        .collect();
    let credits: Vec<String> = page.items.iter().map(|event| event.credits.to_string()).collect();
    let digits = (
        places(costs.iter().map(String::as_str)),
        places(credits.iter().map(String::as_str)),
    );
    let currency = untrack(|| desk.figures(|view| view.currency.to_string()));
    let mut heads = vec![Th::Left("Happened")];
    heads.extend((!is_own).then_some(Th::Left("Person")));
    heads.extend([
        Th::Left("What"),
        Th::Left("Source and reference"),
        Th::Unit("Cost", currency.unwrap_or_default()),
        Th::Right("Credits"),
    ]);
    let table = Table {
        label: "Events",
        class: "cost-events",
        heads,
    };
    table_of(desk.url, table, page, |event| row(&event, digits, is_own, &zone))
}

fn row(event: &CostEventView, (cost_places, credit_places): (u8, u8), is_own: bool, zone: &str) -> AnyView {
    let person = (!is_own)
        .then(|| view! { <td>{who(event.person.display_name.clone(), event.group.name.clone())}</td> });
    let kind = words::cost_event(event.kind);
    let service: Vec<&str> = [&event.provider, &event.model, &event.operation]
        .into_iter()
        .filter_map(|word| word.as_deref())
        .collect();
    let what = if service.is_empty() {
        kind.to_owned()
    } else {
        service.join(" · ")
    };
    let is_other = event.kind != CostEventKind::Usage && !service.is_empty();
    let tags = event
        .tags
        .iter()
        .map(|tag| view! { <li class="chip" dir="auto">{tag.clone()}</li> })
        .collect_view();
    let counted = (event.happened_on != event.counted_on).then(|| {
        view! { <small class="block mut">"counted " {format::date_time(event.counted_at, zone)}</small> }
    });
    let cost = event.cost.map_or_else(
        || view! { <span class="mut">"–"</span> }.into_any(),
        |cost| exact(&cost.to_string(), cost_places),
    );
    let reported = event.reported.as_ref();
    let reported = reported.map(|money| view! { <small class="block mut">{format::money(money)}</small> });
    view! {
        <tr>
            <td class="nw">
                {format::date_time(event.happened_at, zone)}
                {event.is_late.then(|| view! { " " <Badge tone=Tone::Warn>"Late"</Badge> })}
                {counted}
            </td>
            {person}
            <td>
                <span dir="auto">{what}</span>
                {is_other.then(|| view! { " " <Badge>{kind}</Badge> })}
                {event.is_further.then(|| view! { " " <Badge>"Further part"</Badge> })}
                {event.note.clone().map(|note| view! { <small class="block mut" dir="auto">{note}</small> })}
                {(!event.tags.is_empty()).then(|| view! { <ul class="chips">{tags}</ul> })}
            </td>
            <td>
                {event.source.clone().unwrap_or_else(|| "By hand".to_owned())}
                {event.source_id.clone().map(|id| view! { <small class="block mut"><code>{id}</code></small> })}
            </td>
            <td class="r">{cost} {reported}</td>
            <td class="r">{exact(&event.credits.to_string(), credit_places)}</td>
        </tr>
    }
    .into_any()
}
