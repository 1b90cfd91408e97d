//! The table: what the chart shows, exactly. A row leads on to what it is made of.

use allowance_api_types::costs::{CostBy, CostFiguresView, CostOrder, CostRowView, CostsView};
use leptos::prelude::*;

use super::super::allocations::model::percent_width;
use super::super::list_url::UrlPager;
use super::asked::MEASURE;
use super::export;
use super::figures::{change, change_view, exact, per_mille, places, share, text, units};
use super::names::{dimension, name};
use super::picture::colour_of;
use super::{Desk, HEADING};
use crate::format;
use crate::pages::words;
use crate::ui::range_label;

/// What the columns need to know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Columns {
    by: CostBy,
    measure: CostOrder,
    cost_places: u8,
    credit_places: u8,
    /// The largest row, which fills the bar.
    most: i128,
    whole: i128,
}

impl Columns {
    fn of(view: &CostsView, measure: CostOrder) -> Self {
        let all = || view.rows.iter().map(|row| &row.figures).chain([&view.total]);
        let places_of = |measure: CostOrder| {
            let texts: Vec<String> = all().map(|figures| text(figures, measure)).collect();
            places(texts.iter().map(String::as_str))
        };
        Self {
            by: view.by,
            measure,
            cost_places: places_of(CostOrder::Cost),
            credit_places: places_of(CostOrder::Credits),
            most: view
                .rows
                .iter()
                .map(|row| units(&row.figures, measure))
                .max()
                .unwrap_or(0),
            whole: units(&view.total, measure),
        }
    }
}

pub(super) fn card(desk: Desk) -> AnyView {
    let columns = Memo::new(move |_| {
        let measure = desk.measure.get();
        desk.figures(|view| Columns::of(view, measure))
    });
    let by = Memo::new(move |_| columns.get().map_or(CostBy::Day, |columns| columns.by));
    let currency = Memo::new(move |_| desk.figures(|view| view.currency.to_string()).unwrap_or_default());
    // Rows stay where they are while their figures change, so that nobody loses their place.
    let keys = move || {
        let names = |view: &CostsView| {
            let key = |row: &CostRowView| (view.by, row.key.clone(), row.label.clone());
            view.rows.iter().map(key).collect::<Vec<_>>()
        };
        desk.figures(names).unwrap_or_default()
    };
    let sorted = move |measure: CostOrder| {
        let is_sorted =
            by.get() != CostBy::Day && columns.get().is_some_and(|columns| columns.measure == measure);
        is_sorted.then_some("descending")
    };
    let sort = move |measure: CostOrder| move |_| desk.url.filter(MEASURE, Some(words::word(measure)));
    let pager = move || {
        desk.figures(|view| {
            let label = range_label(desk.url.first_row(), view.rows.len(), None);
            let is_paged = view.next_cursor.is_some() || desk.url.first_row() > 1;
            is_paged.then(|| {
                view! { <UrlPager url=desk.url label shown=view.rows.len() next_cursor=view.next_cursor.clone() /> }
            })
        })
    };
    view! {
        <section class="card cost-card">
            <header class="card-head">
                <h2 id=HEADING tabindex="-1">"By " {move || dimension(by.get()).0}</h2>
                {move || (by.get() == CostBy::Tag).then(|| view! {
                    <p class="hint">"What carries several tags counts under each, so rows may add up to more than the total."</p>
                })}
                {export::buttons(desk)}
            </header>
            <div class="scroll" tabindex="0" role="region" aria-label="Costs">
                <table class="table cost-table">
                    <thead>
                        <tr>
                            <th scope="col">{move || dimension(by.get()).1}</th>
                            <th scope="col" class="cost-share"><span class="sr">"Share"</span></th>
                            <th scope="col" class="r" aria-sort=move || sorted(CostOrder::Cost)>
                                <button type="button" class="plain-link" on:click=sort(CostOrder::Cost)>
                                    "Cost, " {move || currency.get()}
                                </button>
                            </th>
                            <th scope="col" class="r" aria-sort=move || sorted(CostOrder::Credits)>
                                <button type="button" class="plain-link" on:click=sort(CostOrder::Credits)>"Credits"</button>
                            </th>
                            <th scope="col" class="r">"Events"</th>
                            <th scope="col" class="r">"Change"</th>
                        </tr>
                    </thead>
                    <tbody>
                        <For each=keys key=|key| (words::word(key.0), key.1.clone(), key.2.clone()) let:key>
                            {row(desk, columns, key)}
                        </For>
                    </tbody>
                    <tfoot>{move || columns.get().and_then(|columns| foot(desk, columns))}</tfoot>
                </table>
            </div>
            {pager}
        </section>
    }
    .into_any()
}

fn row(
    desk: Desk,
    columns: Memo<Option<Columns>>,
    (by, key, label): (CostBy, Option<String>, Option<String>),
) -> AnyView {
    let name = name(by, key.as_deref(), label.as_deref());
    let own = key.clone();
    let figures = Memo::new(move |_| {
        let find = |view: &CostsView| view.rows.iter().find(|row| row.key == own).cloned();
        desk.figures(find).flatten().zip(columns.get())
    });
    let layer = key.clone();
    let dot = move || {
        let colour = desk
            .series
            .value()
            .flatten()
            .and_then(|series| colour_of(&series, layer.as_deref()))?;
        (by != CostBy::Day).then(|| view! { <i class=format!("dot {colour}") aria-hidden="true"></i> })
    };
    let into = move |_| desk.go(&desk.asked.get_untracked().opened(key.as_deref()));
    let bar = move || {
        let (row, columns) = figures.get()?;
        let amount = units(&row.figures, columns.measure);
        let width = percent_width(per_mille(amount, columns.most));
        Some(view! {
            <span class="share-bar" aria-hidden="true"><i style:width=width></i></span>
            <small class="mut">{share(amount, per_mille(amount, columns.whole))}</small>
        })
    };
    let cells = move || {
        let (row, columns) = figures.get()?;
        let changed = row.previous.as_ref().map_or_else(
            || view! { <span class="mut">"–"</span> }.into_any(),
            |before| {
                change_view(change(
                    units(before, columns.measure),
                    units(&row.figures, columns.measure),
                ))
            },
        );
        Some(view! { {amounts(&row.figures, columns)} <td class="r">{changed}</td> })
    };
    let is_word = !matches!(by, CostBy::Day | CostBy::Group | CostBy::Person);
    view! {
        <tr>
            <th scope="row">
                <span class="cost-name">
                    {dot}
                    <button type="button" class="plain-link row-name" dir=is_word.then_some("auto") on:click=into>{name}</button>
                </span>
            </th>
            <td class="cost-share">{bar}</td>
            {cells}
        </tr>
    }
    .into_any()
}

/// The cells of exact figures.
fn amounts(figures: &CostFiguresView, columns: Columns) -> AnyView {
    view! {
        <td class="r">{exact(&text(figures, CostOrder::Cost), columns.cost_places)}</td>
        <td class="r">{exact(&text(figures, CostOrder::Credits), columns.credit_places)}</td>
        <td class="r">{format::count(figures.events)}</td>
    }
    .into_any()
}

fn foot(desk: Desk, columns: Columns) -> Option<AnyView> {
    desk.figures(|view| {
        let before = view.previous_total.as_ref();
        let changed = before.and_then(|before| change(units(before, columns.measure), columns.whole));
        view! {
            <tr>
                <th scope="row">"Total"</th>
                <td class="cost-share"></td>
                {amounts(&view.total, columns)}
                <td class="r">{change_view(changed)}</td>
            </tr>
        }
        .into_any()
    })
}
