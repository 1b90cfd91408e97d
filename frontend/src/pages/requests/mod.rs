//! The Requests tab: who asks for more credits, list and detail side by side, and the decisions.
//!
//! It opens on what waits for the viewer, oldest first. Filters and the open request are in the address. What may be done
//! with a request comes from the server; what approving would do is the server's own dry run.

mod bulk;
mod detail;
mod keys;
mod list;
pub mod model;
mod panel;
pub mod thread;

use allowance_api_types::Page;
use allowance_api_types::credit_requests::{
    CreditRequestView, CreditRequestsQuery, RequestScope, RequestSort, StatusFilter,
};
use allowance_api_types::credit_types::CreditTypeView;
use allowance_api_types::live::Area;
use allowance_api_types::paging::PageQuery;
use allowance_api_types::people::Role;
use allowance_values::CreditRequestId;
use leptos::prelude::*;

use super::credits::CreditsFrame;
use super::list_url::{ListUrl, PAGE_SIZE, filter_select};
use super::words;
use crate::inbox::Inbox;
use crate::remote::Remote;
use crate::session::use_session;
use crate::ui::{Chip, SearchBox};
use crate::{api, format, routes};

pub const FILTERS: [&str; 5] = [STATUS, SEARCH, GROUP, SINCE, UNTIL];
/// Which request is open.
pub const REQUEST: &str = "request";
const STATUS: &str = "status";
const SEARCH: &str = "search";
const GROUP: &str = "group";
const SINCE: &str = "since";
const UNTIL: &str = "until";
const ALL_GROUPS: PageQuery = PageQuery {
    cursor: None,
    limit: Some(1_000),
};
/// From this width on list and detail stand side by side, as in pages.css.
const SIDE_BY_SIDE: &str = "(min-width: 1100px)";

/// What the parts of the tab share.
#[derive(Clone, Copy)]
struct Desk {
    url: ListUrl,
    inbox: Inbox,
    decimals: u8,
    rows: Remote<Page<CreditRequestView>>,
    /// The rows' ids in their order.
    order: Memo<Vec<CreditRequestId>>,
    /// The request that is open beside the list.
    selected: Memo<Option<CreditRequestId>>,
    /// Rows picked for a decision in bulk.
    picked: RwSignal<Vec<CreditRequestId>>,
    /// Whether the list holds only what waits for the viewer, so that what is decided leaves it.
    is_inbox: Memo<bool>,
    /// A key that was pressed for the open request.
    pressed: RwSignal<Option<keys::Pressed>>,
    /// Whether the list of keys is open.
    help: RwSignal<bool>,
}

impl Desk {
    fn select(self, id: Option<CreditRequestId>) {
        let word = id.map(|id| id.to_string());
        if is_wide() {
            self.url.note(REQUEST, word);
        } else {
            self.url.open(REQUEST, word);
        }
    }

    /// After something was done: fresh rows and counts; where the row leaves the list, on to the next.
    fn go_on(self, decided: CreditRequestId) {
        if self.is_inbox.get_untracked() {
            let next = self.order.with_untracked(|rows| model::after(rows, decided));
            self.url
                .note(REQUEST, next.filter(|_| is_wide()).map(|id| id.to_string()));
        }
        self.refresh();
    }

    fn refresh(self) {
        self.rows.reload();
        self.inbox.reload();
    }
}

fn is_wide() -> bool {
    window()
        .match_media(SIDE_BY_SIDE)
        .is_ok_and(|media| media.is_some_and(|media| media.matches()))
}

/// The tab for one credit type.
pub fn tab(frame: CreditsFrame, url: ListUrl, credit_type: &CreditTypeView) -> AnyView {
    let me = use_session().me();
    let decides = me.as_ref().is_some_and(routes::decides);
    let reads_all = me.as_ref().is_some_and(routes::reads_all);
    let is_admin = me.as_ref().is_some_and(|me| me.role == Role::Admin);
    let id = credit_type.id;
    let query = Memo::new(move |_| query(url, decides));
    let rows = Remote::live(&[Area::CreditRequests], move || {
        let _times = frame.refreshes();
        let query = query.get();
        async move { api::credit_requests::list(id, &query).await }
    });
    frame.show_busy(move || rows.is_loading());
    let order = Memo::new(move |_| {
        let page = rows.value().map(|page| page.items).unwrap_or_default();
        page.iter().map(|row| row.id).collect::<Vec<_>>()
    });
    let desk = Desk {
        url,
        inbox: expect_context(),
        decimals: credit_type.decimals,
        rows,
        order,
        selected: selected(url, query, order),
        picked: RwSignal::default(),
        is_inbox: Memo::new(move |_| decides && url.get(STATUS).is_none()),
        pressed: RwSignal::new(None),
        help: RwSignal::new(false),
    };
    keys::listen(desk);
    let detail = move || match desk.selected.get() {
        Some(id) => detail::detail(desk, id, is_admin),
        None => view! { <p class="inbox-none mut">"Choose a request to see it here."</p> }.into_any(),
    };
    view! {
        {tools(url, decides, reads_all)}
        <div class="inbox" class:has-detail=move || url.get(REQUEST).is_some()>
            <div class="inbox-list">{list::list(desk)}</div>
            <div class="inbox-detail card" role="region" aria-label="The request">{detail}</div>
        </div>
        {bulk::bar(desk)}
        {keys::help(desk)}
    }
    .into_any()
}

/// The request that the address names; else the first of the list. That one stays when it leaves the list or others come
/// before it, so that nothing changes under whoever is deciding; another filter begins anew.
fn selected(
    url: ListUrl,
    query: Memo<CreditRequestsQuery>,
    order: Memo<Vec<CreditRequestId>>,
) -> Memo<Option<CreditRequestId>> {
    let asked = StoredValue::new(query.get_untracked());
    Memo::new(move |before: Option<&Option<CreditRequestId>>| {
        let query = query.get();
        let is_same = asked.get_value() == query;
        asked.set_value(query);
        let first = order.with(|order| order.first().copied());
        let kept = before.copied().flatten().filter(|_| is_same);
        url.parsed(REQUEST)
            .or_else(|| kept.or(first).filter(|_| is_wide()))
    })
}

/// What the address asks for. Without a status: what waits for the viewer, oldest first.
fn query(url: ListUrl, decides: bool) -> CreditRequestsQuery {
    let status = url.get(STATUS);
    let is_start = status.is_none();
    CreditRequestsQuery {
        scope: (is_start && decides).then_some(RequestScope::ToDecide),
        status: match status {
            Some(word) => words::from_word(&word),
            None if decides => None,
            None => Some(StatusFilter::Pending),
        },
        search: url.get(SEARCH),
        group_id: url.parsed(GROUP),
        person_id: None,
        from: url.parsed(SINCE),
        to: url.parsed(UNTIL),
        sort: is_start.then_some(RequestSort::Oldest),
        cursor: url.cursor(),
        limit: Some(PAGE_SIZE),
    }
}

fn tools(url: ListUrl, decides: bool, reads_all: bool) -> AnyView {
    // Only those who read everything have a list of groups to choose from.
    let groups = Remote::live(&[Area::Groups], move || async move {
        if reads_all {
            api::groups::list(&ALL_GROUPS).await.map(|page| page.items)
        } else {
            Ok(Vec::new())
        }
    });
    let groups = Signal::derive(move || {
        let groups = groups.value().unwrap_or_default();
        groups
            .into_iter()
            .map(|group| (group.id.to_string(), group.name))
            .collect::<Vec<_>>()
    });
    let statuses = Signal::derive(move || {
        let mut options = words::options(StatusFilter::ALL, words::status_filter);
        options.retain(|(word, _)| decides || word != &words::word(StatusFilter::Pending));
        options
    });
    let start = if decides { "Waiting for me" } else { "Pending" };
    let day = move |label: &'static str, name: &'static str| {
        view! {
            <label class="day-filter">
                <span>{label}</span>
                <input
                    type="date"
                    class="select"
                    prop:value=move || url.get(name).unwrap_or_default()
                    on:change=move |event| url.filter(name, Some(event_target_value(&event)))
                />
            </label>
        }
    };
    view! {
        <div class="tools">
            {filter_select("Status", start, STATUS, url, statuses)}
            {reads_all.then(|| filter_select("Group", "All groups", GROUP, url, groups))}
            {day("From", SINCE)}
            {day("To", UNTIL)}
            <span class="spacer"></span>
            <div class="search-slash">
                <SearchBox
                    label="Search requests"
                    value=Signal::derive(move || url.get(SEARCH).unwrap_or_default())
                    on_search=move |text: String| url.filter(SEARCH, Some(text.trim().to_owned()))
                />
                <kbd aria-hidden="true">"/"</kbd>
            </div>
        </div>
        {move || chips(url, groups)}
    }
    .into_any()
}

/// The filters in force, each to be taken off.
fn chips(url: ListUrl, groups: Signal<Vec<(String, String)>>) -> Option<AnyView> {
    let text = |name: &'static str, value: String| match name {
        STATUS => words::from_word(&value).map_or(value, |status| words::status_filter(status).to_owned()),
        GROUP => {
            let known = groups.get().into_iter().find(|(word, _)| *word == value);
            format!("Group: {}", known.map_or(value, |(_, name)| name))
        }
        SEARCH => format!("“{value}”"),
        _ => {
            let day = value.parse().map_or(value, format::day);
            format!("{} {day}", if name == SINCE { "From" } else { "To" })
        }
    };
    let chip = |name: &'static str| {
        let label = text(name, url.get(name)?);
        Some(view! { <Chip label on_remove=move || url.filter(name, None) /> })
    };
    let chips: Vec<_> = FILTERS.into_iter().filter_map(chip).collect();
    (!chips.is_empty()).then(|| {
        view! {
            <div class="tools" role="group" aria-label="Filters in force">
                {chips}
                <button type="button" class="link" on:click=move |_| url.clear(&FILTERS)>"Clear all"</button>
            </div>
        }
        .into_any()
    })
}
