//! Holds: what platforms have reserved, for whom, until when; and giving one back.
//!
//! It opens on what is open. Who sees which holds is the server's affair: members their own, managers their reports',
//! owners their groups', those who read everything all.

mod model;
mod release;

use allowance_api_types::Page;
use allowance_api_types::credit_types::CreditTypeView;
use allowance_api_types::holds::{HoldState, HoldView, HoldsQuery};
use allowance_api_types::live::Area;
use allowance_api_types::paging::PageQuery;
use allowance_api_types::people::{PersonRef, Role};
use allowance_values::{PersonId, Timestamp};
use leptos::prelude::*;

use super::list_url::{ListUrl, PAGE_SIZE, filter_select};
use super::person_picker::PersonPicker;
use super::table_card::{Table, Th, table_card, who};
use super::words;
use crate::reactive::effect;
use crate::remote::Remote;
use crate::session::{self, use_session};
use crate::ui::{Badge, Button, Chip, Empty, Glyph, Loaded, PageHead, Tone};
use crate::{api, format, routes};
use model::{ANY_STATE, expires};

pub use model::what_for;

const STATE: &str = "state";
const TYPE: &str = "type";
const PERSON: &str = "person";
const FILTERS: [&str; 3] = [STATE, TYPE, PERSON];
const ALL: PageQuery = PageQuery {
    cursor: None,
    limit: Some(100),
};

/// The page.
#[component]
pub fn Holds() -> impl IntoView {
    let url = ListUrl::new();
    let query = Memo::new(move |_| HoldsQuery {
        person_id: url.parsed(PERSON),
        credit_type_id: url.parsed(TYPE),
        state: model::state_of(url.get(STATE).as_deref()),
        cursor: url.cursor(),
        limit: Some(PAGE_SIZE),
    });
    let holds = Remote::live(&[Area::Allocations], move || {
        let query = query.get();
        async move { api::holds::list(&query).await }
    });
    let types = Remote::live(&[Area::Settings], || async {
        api::credit_types::list(&ALL).await.map(|page| page.items)
    });
    let releasing = RwSignal::new(None::<HoldView>);
    let me = use_session().me();
    let releases = me
        .as_ref()
        .is_some_and(|me| me.role == Role::Admin || !me.owned_groups.is_empty());
    let picks = me.as_ref().is_some_and(routes::reads_all);
    let ready = move |page: Page<HoldView>| {
        if page.items.is_empty() {
            return empty(url);
        }
        table(url, page, types, releases.then_some(releasing))
    };
    view! {
        <PageHead title="Holds">
            <Button glyph=Glyph::Refresh busy=Signal::derive(move || holds.is_loading()) on_press=move || holds.reload()>
                "Refresh"
            </Button>
        </PageHead>
        <p class="lead">
            "Credits that platforms reserved before they spend. A hold is captured when the use is known, and given back when it is released or its time runs out."
        </p>
        {filters(url, types, holds, picks)}
        <Loaded remote=holds lines=8 ready />
        {release::dialog(releasing, Callback::new(move |()| holds.reload()))}
    }
}

fn filters(
    url: ListUrl,
    types: Remote<Vec<CreditTypeView>>,
    holds: Remote<Page<HoldView>>,
    picks: bool,
) -> AnyView {
    let person = RwSignal::new(None::<PersonRef>);
    effect(move || {
        if let Some(chosen) = person.get() {
            url.filter(PERSON, Some(chosen.id.to_string()));
            person.set(None);
        }
    });
    let kinds = Signal::derive(move || {
        let kinds = types.value().unwrap_or_default().into_iter();
        kinds
            .map(|kind| (kind.id.to_string(), kind.name))
            .collect::<Vec<_>>()
    });
    let states = Signal::derive(|| {
        let mut options = words::options(HoldState::ALL, |state| words::hold_state(state).0);
        options.retain(|(word, _)| *word != words::word(HoldState::Open));
        options.push((ANY_STATE.to_owned(), "All states".to_owned()));
        options
    });
    // The name is in the rows, once they are there.
    let name = move |id: PersonId| {
        let page = holds.value();
        let known = page.and_then(|page| page.items.into_iter().find(|hold| hold.person.id == id));
        known.map_or_else(|| "One person".to_owned(), |hold| hold.person.display_name)
    };
    let chip = move |filter: &'static str, label: String| view! { <Chip label on_remove=move || url.filter(filter, None) /> };
    let chips = move || {
        let state = url.get(STATE).map(|word| chip(STATE, model::state_words(&word)));
        let kind = url.get(TYPE).map(|id| {
            let known = kinds.get().into_iter().find(|(word, _)| *word == id);
            chip(
                TYPE,
                known.map_or_else(|| "One credit type".to_owned(), |(_, name)| name),
            )
        });
        let person = url.parsed(PERSON).map(|id| chip(PERSON, name(id)));
        (state.is_some() || kind.is_some() || person.is_some()).then(|| {
            view! { <div class="tools" role="group" aria-label="Filters in force">{state} {kind} {person}</div> }
        })
    };
    view! {
        <div class="tools">
            {filter_select("State", "Open", STATE, url, states)}
            {move || (kinds.with(Vec::len) > 1).then(|| filter_select("Credit type", "All credit types", TYPE, url, kinds))}
            {picks.then(|| view! {
                <div class="tool-picker"><PersonPicker label="Person" placeholder="Anybody" chosen=person /></div>
            })}
        </div>
        {chips}
    }
    .into_any()
}

fn empty(url: ListUrl) -> AnyView {
    let is_filtered = FILTERS
        .iter()
        .any(|&name| url.get(name).is_some_and(|value| value != ANY_STATE));
    let view = if is_filtered {
        view! {
            <Empty title="No results – edit your filters" text="No hold matches all of them.">
                <Button on_press=move || url.clear(&FILTERS)>"Clear filters"</Button>
            </Empty>
        }
        .into_any()
    } else if url.get(STATE).is_some() {
        view! { <Empty title="No holds yet" text="When a platform reserves credits before it spends, that is shown here." /> }
            .into_any()
    } else {
        view! {
            <Empty title="Nothing is on hold" text="What a platform reserves is shown here until it is captured or given back.">
                <Button on_press=move || url.filter(STATE, Some(ANY_STATE.to_owned()))>"Show past holds"</Button>
            </Empty>
        }
        .into_any()
    };
    view! { <div class="card">{view}</div> }.into_any()
}

type Releasing = RwSignal<Option<HoldView>>;

fn table(
    url: ListUrl,
    page: Page<HoldView>,
    types: Remote<Vec<CreditTypeView>>,
    releasing: Option<Releasing>,
) -> AnyView {
    let (zone, now) = (session::zone(), format::now());
    let table = Table {
        label: "Holds",
        class: "holds",
        heads: vec![
            Th::Left("Person"),
            Th::Right("Credits"),
            Th::Right("Estimate"),
            Th::Left("State"),
            Th::Left("Held since"),
            Th::Left("Source"),
            Th::Silent("Actions"),
        ],
    };
    table_card(url, table, page, |hold| row(hold, types, (&zone, now), releasing))
}

fn row(
    hold: HoldView,
    types: Remote<Vec<CreditTypeView>>,
    (zone, now): (&str, Timestamp),
    releasing: Option<Releasing>,
) -> AnyView {
    let kind = hold.credit_type_id;
    let kind = move || {
        let kinds = types.value().unwrap_or_default();
        let known = kinds.into_iter().find(|known| known.id == kind);
        known.map(|known| known.name)
    };
    let (state, tone) = words::hold_state(hold.state);
    let details = model::details(&hold);
    let cost = hold.estimated_cost.as_ref().map_or_else(
        || view! { <span class="mut">"–"</span> }.into_any(),
        |cost| format::money(cost).into_any(),
    );
    let person = hold.person.clone();
    let since = format::date_time(hold.placed_at, zone);
    let expires = (hold.state == HoldState::Open).then(|| expires(&hold, now));
    let until = hold.expires_at.map(|at| format::date_time(at, zone));
    let amount = format::credits(hold.amount);
    let over = hold.over_by.map(|over| {
        view! { <Badge tone=Tone::Warn>{format::credits(over)} " over"</Badge> }
    });
    let (source, reference, note) = (hold.source.clone(), hold.id.clone(), hold.note.clone());
    let release = releasing
        .filter(|_| hold.state == HoldState::Open)
        .map(|releasing| {
            let name = person.display_name.clone();
            view! {
                <Button on_press=move || releasing.set(Some(hold.clone()))>
                    "Release…"<span class="sr">" the hold of " {name}</span>
                </Button>
            }
        });
    view! {
        <tr>
            <td>{who(person.display_name, person.email.to_string())}</td>
            <td class="r">
                <span class="strong">{amount}</span>
                <small class="block mut">{kind}</small>
                {over}
            </td>
            <td class="r">{cost}</td>
            <td><Badge tone>{state}</Badge>{details.map(|text| view! { <small class="block mut nw">{text}</small> })}</td>
            <td class="nw">{since} {expires.map(|text| view! { <small class="block mut" title=until>{text}</small> })}</td>
            <td>
                {source} <small class="block mut"><code>{reference}</code></small>
                {note.map(|note| view! { <small class="block mut" dir="auto">{note}</small> })}
            </td>
            <td class="r">{release}</td>
        </tr>
    }
    .into_any()
}
