//! Cost tracking: where credits and money went, by whom and for what, day by day; down to the events. In the wallet the
//! same of the viewer alone.
//!
//! All state of the page is in its address (`asked`), so Back, reload and a sent link show the same. Figures are the
//! server's and are written with every digit; what is live changes them in place.

mod asked;
mod chart;
mod events;
mod export;
mod figures;
mod names;
mod nothing;
mod picture;
mod span;
mod stack;
mod strip;
mod table;
mod tools;

use allowance_api_types::costs::{CostOrder, CostSeriesView, CostsView};
use allowance_api_types::live::Area;
use allowance_api_types::paging::PageQuery;
use allowance_api_types::session::WalletItemView;
use allowance_values::{CreditTypeId, CycleId, PersonId};
use leptos::prelude::*;
use wasm_bindgen::JsCast;

use super::credits::{TYPE, TypeName, chosen_type, no_types, type_menu};
use super::list_url::ListUrl;
use super::wallet_tabs::{WALLET, no_credits, wallet_tabs};
use crate::remote::Remote;
use crate::session::{self, use_session};
use crate::ui::{Button, Glyph, Loaded, PageHead};
use crate::{api, browser, format};
use asked::{Asked, Changes, View};
use span::{Period, Span};

const ALL: PageQuery = PageQuery {
    cursor: None,
    limit: Some(100),
};
/// The heading above the rows or events that are shown.
const HEADING: &str = "costs-shown";
/// Enough to find the cycle before the open one.
const LATEST: PageQuery = PageQuery {
    cursor: None,
    limit: Some(2),
};

/// What the parts of the page share.
#[derive(Clone, Copy)]
struct Desk {
    url: ListUrl,
    id: CreditTypeId,
    asked: Memo<Asked>,
    /// What the range means; nothing while or where there is no such cycle.
    period: Memo<Option<Period>>,
    /// What is drawn, shared and ordered by.
    measure: Memo<CostOrder>,
    refreshed: RwSignal<u32>,
    costs: Remote<Option<CostsView>>,
    series: Remote<Option<CostSeriesView>>,
}

impl Desk {
    /// Goes on to another view, as a step that Back undoes. What was pressed is gone there, so its heading gets the focus.
    fn go(self, changes: &Changes) {
        self.url.go(changes);
        request_animation_frame(|| {
            let heading = document().get_element_by_id(HEADING);
            if let Some(heading) = heading.and_then(|heading| heading.dyn_into::<web_sys::HtmlElement>().ok())
            {
                let _is_focused = heading.focus();
            }
        });
    }

    /// The figures that are shown, once they are there. Tracked.
    fn figures<T>(self, of: impl FnOnce(&CostsView) -> T) -> Option<T> {
        self.costs.value().flatten().as_ref().map(of)
    }
}

/// What is to be seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shown {
    /// It is on its way, or it could not be had.
    Nothing,
    NoSuchCycle,
    Empty,
    Told,
    Events,
}

/// The page: of everybody the viewer sees.
#[component]
pub fn Costs() -> impl IntoView {
    let types = Remote::live(&[Area::Settings], || async {
        let page = api::credit_types::list(&ALL).await?;
        Ok(page.items.iter().map(TypeName::from).collect())
    });
    page(None, types)
}

/// The page in the wallet: of the viewer alone, whoever they are.
#[component]
pub fn OwnCosts() -> impl IntoView {
    let types = Remote::live(&[Area::Settings], || async {
        let wallet = api::session::wallet().await?;
        let name = |item: WalletItemView| TypeName {
            id: item.credit_type.id,
            name: item.credit_type.name,
        };
        Ok(wallet.items.into_iter().map(name).collect())
    });
    use_session().me().map(|me| page(Some(me.id), types))
}

fn page(own: Option<PersonId>, types: Remote<Vec<TypeName>>) -> AnyView {
    let url = ListUrl::new();
    let chosen = chosen_type(url, move || types.value(), |kind| kind.id);
    let shown = Memo::new(move |_| chosen.with(|chosen| chosen.as_ref().map(|chosen| chosen.id)));
    let refreshed = RwSignal::new(0_u32);
    let is_busy = RwSignal::new(false);
    let choose = Callback::new(move |id: CreditTypeId| url.filter(TYPE, Some(id.to_string())));
    let listed = move || types.value().unwrap_or_default();
    let beside = view! { {move || chosen.get().map(|chosen| type_menu(listed, &chosen, choose))} }.into_any();
    let nothing = if own.is_some() { no_credits } else { no_types };
    let ready = move |types: Vec<TypeName>| types.is_empty().then(nothing).into_any();
    view! {
        <PageHead title=if own.is_some() { WALLET } else { "Cost tracking" } beside>
            <Button
                glyph=Glyph::Refresh
                busy=Signal::derive(move || is_busy.get())
                on_press=move || refreshed.update(|times| *times = times.wrapping_add(1))
            >
                "Refresh"
            </Button>
        </PageHead>
        {own.map(|_| wallet_tabs())}
        <Loaded remote=types lines=9 ready />
        {move || shown.get().map(|id| of_type(url, (id, own), refreshed, is_busy))}
    }
    .into_any()
}

/// The page for one credit type.
fn of_type(
    url: ListUrl,
    (id, own): (CreditTypeId, Option<PersonId>),
    refreshed: RwSignal<u32>,
    is_busy: RwSignal<bool>,
) -> AnyView {
    let asked = Memo::new(move |_| Asked::read(&|name| url.get(name), own));
    let span = Memo::new(move |_| asked.with(|asked| asked.span));
    let last_cycle = last_cycle(id, span);
    let zone = StoredValue::new(session::zone());
    let period = Memo::new(move |_| {
        let today = zone.with_value(|zone| browser::day_in(format::now(), zone))?;
        span.get().period(today, last_cycle.value().flatten().flatten())
    });
    // Whoever has not chosen sees money, unless everything was reported in plain credits.
    let is_plain = RwSignal::new(false);
    let measure = Memo::new(move |_| {
        let chosen = asked.with(|asked| asked.measure);
        chosen.unwrap_or(if is_plain.get() {
            CostOrder::Credits
        } else {
            CostOrder::Cost
        })
    });
    let costs = Remote::live(&[Area::Allocations], move || {
        let _times = refreshed.get();
        let (asked, measure, cursor) = (asked.get(), measure.get(), url.cursor());
        let cursor = cursor.filter(|_| asked.view != View::Events);
        let query = period.get().map(|period| asked.costs(period, measure, cursor));
        async move {
            let Some(query) = query else { return Ok(None) };
            api::costs::list(id, &query).await.map(Some)
        }
    });
    let series = Remote::live(&[Area::Allocations], move || {
        let _times = refreshed.get();
        let (asked, measure) = (asked.get(), measure.get());
        let period = period.get().filter(|period| span::is_drawn(*period));
        let query = period.map(|period| asked.series(period, measure));
        async move {
            let Some(query) = query else { return Ok(None) };
            api::costs::series(id, &query).await.map(Some)
        }
    });
    let desk = Desk {
        url,
        id,
        asked,
        period,
        measure,
        refreshed,
        costs,
        series,
    };
    crate::reactive::effect(move || {
        if let Some(plain) =
            desk.figures(|view| view.total.cost.nanos() == 0 && !view.total.credits.is_zero())
        {
            is_plain.set(plain);
        }
    });
    crate::reactive::effect(move || is_busy.set(costs.is_loading() || series.is_loading()));
    let shown = Memo::new(move |_| match costs.value() {
        None => Shown::Nothing,
        Some(None) if last_cycle.value().flatten() == Some(None) => Shown::NoSuchCycle,
        Some(None) => Shown::Nothing,
        Some(Some(view)) if view.total.events == 0 => Shown::Empty,
        Some(Some(_)) if asked.with(|asked| asked.view == View::Events) => Shown::Events,
        Some(Some(_)) => Shown::Told,
    });
    let has_figures = Memo::new(move |_| matches!(shown.get(), Shown::Told | Shown::Events));
    view! {
        {tools::tools(desk)}
        {tools::tabs(desk)}
        {names::chips(desk)}
        <Loaded remote=costs lines=9 ready=|_| ().into_any() />
        {move || has_figures.get().then(|| view! { {strip::strip(desk)} {chart::card(desk)} })}
        {move || match shown.get() {
            Shown::Nothing => ().into_any(),
            Shown::NoSuchCycle => nothing::no_such_cycle(desk),
            Shown::Empty => nothing::nothing(desk),
            Shown::Told => table::card(desk),
            Shown::Events => events::card(desk),
        }}
    }
    .into_any()
}

/// The cycle before the open one, when it is asked for: not asked, none there is, that one.
fn last_cycle(id: CreditTypeId, span: Memo<Span>) -> Remote<Option<Option<CycleId>>> {
    let is_asked = Memo::new(move |_| span.get() == Span::LastCycle);
    Remote::live(&[Area::Settings], move || {
        let is_asked = is_asked.get();
        async move {
            if !is_asked {
                return Ok(None);
            }
            let latest = api::credit_types::cycles(id, &LATEST).await?.items;
            let ended = latest.into_iter().find(|cycle| !cycle.is_open);
            Ok(Some(ended.map(|cycle| cycle.id)))
        }
    })
}
