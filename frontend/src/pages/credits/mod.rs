//! Credits & Allocations: the frame around its tabs – which credit type, where its cycle stands, Refresh.

mod settings;

use crate::reactive::effect;
use allowance_api_types::Page;
use allowance_api_types::credit_types::CreditTypeView;
use allowance_api_types::live::Area;
use allowance_api_types::paging::PageQuery;
use allowance_values::CreditTypeId;
use leptos::prelude::*;
use leptos_router::hooks::use_location;

use super::list_url::ListUrl;
use super::{allocations, overview, requests};
use crate::api;
use crate::format;
use crate::inbox::Inbox;
use crate::parts::{NotLoaded, lazy, prepare, wasm_split};
use crate::remote::Remote;
use crate::routes::{self, Audience};
use crate::session::{self, use_session};
use crate::shell::count_badge;
use crate::ui::{Button, Empty, Glyph, Loaded, Menu, MenuItem, PageHead, Tab, Tabs, icon};

const ALL: PageQuery = PageQuery {
    cursor: None,
    limit: Some(100),
};
/// A credit type as a selector shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TypeName {
    pub id: CreditTypeId,
    pub name: String,
}

impl From<&CreditTypeView> for TypeName {
    fn from(credit_type: &CreditTypeView) -> Self {
        let suffix = if credit_type.is_archived {
            " (archived)"
        } else {
            ""
        };
        Self {
            id: credit_type.id,
            name: format!("{}{suffix}", credit_type.name),
        }
    }
}

/// Which credit type is chosen.
pub const TYPE: &str = "type";
const ALLOCATIONS: &str = "/allocations";
const OVERVIEW: &str = "/allocations/overview";
const REQUESTS: &str = "/allocations/requests";
const SETTINGS: &str = "/allocations/settings";

/// What a tab gets from the frame.
#[derive(Debug, Clone, Copy)]
pub struct CreditsFrame {
    types: Remote<Page<CreditTypeView>>,
    refreshed: RwSignal<u32>,
    is_busy: RwSignal<bool>,
}

impl CreditsFrame {
    /// Read it in a fetch: it changes when the viewer asks for fresh figures.
    pub fn refreshes(self) -> u32 {
        self.refreshed.get()
    }

    /// What the frame shows of the credit type has changed.
    pub fn reload_types(self) {
        self.types.reload();
    }

    /// Lets the Refresh button turn while the tab fetches.
    pub fn show_busy(self, is_loading: impl Fn() -> bool + Send + Sync + 'static) {
        effect(move || self.is_busy.set(is_loading()));
    }

    fn refresh(self) {
        self.types.reload();
        self.refreshed.update(|times| *times = times.wrapping_add(1));
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum CreditsTab {
    Overview,
    Allocations,
    Requests,
    Settings,
}

type DrawTab = fn(CreditsFrame, ListUrl, &CreditTypeView) -> AnyView;

/// A tab in a file of its own.
macro_rules! tab {
    ($file:ident, $name:ident) => {
        #[wasm_split($file, wasm_split_path = ::leptos::wasm_split, fallible)]
        fn $name() -> Result<DrawTab, NotLoaded> {
            Ok($name::tab)
        }
    };
}

tab!(credits, overview);
tab!(allocations, allocations);
tab!(credits, requests);
tab!(credits, settings);

/// The page.
#[component]
pub fn Credits() -> impl IntoView {
    let url = ListUrl::new();
    let types = Remote::live(&[Area::Settings], || async {
        api::credit_types::list(&ALL).await
    });
    let frame = CreditsFrame {
        types,
        refreshed: RwSignal::new(0),
        is_busy: RwSignal::new(false),
    };
    provide_context(frame);
    let listed = move || Some(types.value()?.items);
    let chosen = chosen_type(url, listed, |credit_type| credit_type.id);
    let path = use_location().pathname;
    let tab = Memo::new(move |_| match path.get().trim_end_matches('/') {
        OVERVIEW => CreditsTab::Overview,
        REQUESTS => CreditsTab::Requests,
        SETTINGS => CreditsTab::Settings,
        _ => CreditsTab::Allocations,
    });
    // While the credit types are on their way, so is the tab.
    match tab.get_untracked() {
        CreditsTab::Overview => prepare(overview()),
        CreditsTab::Allocations => prepare(allocations()),
        CreditsTab::Requests => prepare(requests()),
        CreditsTab::Settings => prepare(settings()),
    }
    // A tab is made anew only for another tab or credit type, not for fresh figures.
    let shown =
        Memo::new(move |_| chosen.with(|chosen| chosen.as_ref().map(|chosen| (tab.get(), chosen.id))));
    let is_empty = Memo::new(move |_| types.value().is_some_and(|page| page.items.is_empty()));
    let beside = view! { {move || chosen.get().map(|chosen| head(url, types, &chosen))} }.into_any();
    let ready = move |_page: Page<CreditTypeView>| ().into_any();
    view! {
        <PageHead title="Credits & Allocations" beside>
            <Button
                glyph=Glyph::Refresh
                busy=Signal::derive(move || types.is_loading() || frame.is_busy.get())
                on_press=move || frame.refresh()
            >
                "Refresh"
            </Button>
        </PageHead>
        {move || shown.get().map(|(_, id)| tabs(id))}
        <Loaded remote=types lines=9 ready />
        {move || is_empty.get().then(no_types)}
        {move || {
            let (tab, _) = shown.get()?;
            let chosen = chosen.get_untracked()?;
            let draw = move |tab: DrawTab| tab(frame, url, &chosen);
            Some(match tab {
                CreditsTab::Overview => lazy(overview, draw),
                CreditsTab::Allocations => lazy(allocations, draw),
                CreditsTab::Requests => lazy(requests, draw),
                CreditsTab::Settings => lazy(settings, draw),
            })
        }}
    }
}

/// The credit type that the address names, else the first.
pub fn chosen_type<T: Clone + PartialEq + Send + Sync + 'static>(
    url: ListUrl,
    listed: impl Fn() -> Option<Vec<T>> + Send + Sync + 'static,
    id: fn(&T) -> CreditTypeId,
) -> Memo<Option<T>> {
    Memo::new(move |_| {
        let listed = listed()?;
        let asked: Option<CreditTypeId> = url.parsed(TYPE);
        let found = listed.iter().find(|one| Some(id(one)) == asked);
        found.or_else(|| listed.first()).cloned()
    })
}

/// The selector of the credit type and where its cycle stands.
fn head(url: ListUrl, types: Remote<Page<CreditTypeView>>, chosen: &CreditTypeView) -> AnyView {
    let choose = Callback::new(move |id: CreditTypeId| {
        let own = ["person", requests::REQUEST, overview::CYCLE, overview::AS_OF];
        let names = own.into_iter().chain(requests::FILTERS);
        let mut filters: Vec<_> = names.map(|name| (name, None)).collect();
        filters.push((TYPE, Some(id.to_string())));
        url.filter_all(&filters);
    });
    let cycle = &chosen.cycle;
    let zone = session::zone();
    let pill = if cycle.is_open {
        format!("Cycle open · resets {}", format::date_time(cycle.ends_at, &zone))
    } else {
        format!("Cycle ended {}", format::date_time(cycle.ends_at, &zone))
    };
    let listed = move || {
        let page = types.value().map(|page| page.items).unwrap_or_default();
        page.iter().map(TypeName::from).collect()
    };
    view! {
        {type_menu(listed, &chosen.into(), choose)}
        <span class="pill"><i class="pill-dot" aria-hidden="true"></i>{pill}</span>
    }
    .into_any()
}

/// The selector of the credit type.
pub fn type_menu(
    listed: impl Fn() -> Vec<TypeName> + Send + Sync + 'static,
    chosen: &TypeName,
    choose: Callback<CreditTypeId>,
) -> AnyView {
    let id = chosen.id;
    let items = move || {
        let item = |TypeName { id: own, name }| {
            view! {
                <MenuItem is_chosen=own == id on_press=Callback::new(move |()| choose.run(own))>{name}</MenuItem>
            }
        };
        listed().into_iter().map(item).collect_view()
    };
    let button = view! { {chosen.name.clone()} {icon(Glyph::ChevronDown)} }.into_any();
    let label = format!("Credit type: {}", chosen.name);
    view! { <Menu button label=Signal::stored(label)>{items()}</Menu> }.into_any()
}

fn tabs(id: CreditTypeId) -> AnyView {
    let session = use_session();
    let me = session.me();
    let reads_all = me.as_ref().is_some_and(routes::reads_all);
    let allocates = me
        .as_ref()
        .is_some_and(|me| routes::may_see(Audience::Allocators, me));
    let inbox: Inbox = expect_context();
    let href = move |path: &str| format!("{path}?{TYPE}={id}");
    view! {
        <Tabs label="Credits & Allocations">
            {reads_all.then(|| view! { <Tab href=href(OVERVIEW)>"Overview"</Tab> })}
            {allocates.then(|| view! { <Tab href=href(ALLOCATIONS)>"Allocations"</Tab> })}
            <Tab href=href(REQUESTS)>"Requests" {move || count_badge(inbox.of(id))}</Tab>
            {reads_all.then(|| view! { <Tab href=href(SETTINGS)>"Settings"</Tab> })}
        </Tabs>
    }
    .into_any()
}

/// There is nothing to choose from.
pub fn no_types() -> AnyView {
    view! {
        <div class="card">
            <Empty
                title="No credit types yet"
                text="A credit type says what kind of credits there are and how many per cycle. An admin sets it up."
            />
        </div>
    }
    .into_any()
}
