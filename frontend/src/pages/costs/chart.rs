//! The chart by day, in layers. It is one control: arrow keys and the pointer move from day to day, and what stands there
//! is said; choosing a day narrows the range to it. The table beneath says the same in rows.

use allowance_api_types::costs::{CostBy, CostOrder};
use allowance_values::Day;
use leptos::ev::{KeyboardEvent, MouseEvent, PointerEvent};
use leptos::prelude::*;
use wasm_bindgen::JsCast;

use super::super::allocations::model::percent_width;
use super::asked::{BY, RANGE, SINCE, UNTIL};
use super::names::dimension;
use super::picture::{Picture, REST};
use super::span::{MOST_CHART_DAYS, OWN, is_drawn};
use super::stack::{Block, HEIGHT, Layer, SLOT};
use super::{Desk, asked};
use crate::format;
use crate::pages::words;
use crate::ui::Loaded;

/// Days that are named below the chart, at most.
const MOST_LABELS: usize = 7;

pub(super) fn card(desk: Desk) -> AnyView {
    let picture = Memo::new(move |_| {
        let measure = desk.measure.get();
        let series = desk.series.value().flatten()?;
        // One day is no course of days; the table says it all.
        (series.on.len() > 1).then(|| Picture::of(&series, measure))
    });
    let is_there = Memo::new(move |_| picture.with(Option::is_some));
    let is_too_long = Memo::new(move |_| desk.period.get().is_some_and(|period| !is_drawn(period)));
    let title = move || {
        let by = desk.asked.with(asked::Asked::by);
        let measure = match desk.measure.get() {
            CostOrder::Cost => "Cost",
            _ => "Credits",
        };
        match by {
            CostBy::Day => format!("{measure} by day"),
            by => format!("{measure} by day and {}", dimension(by).0),
        }
    };
    let body = move || {
        if is_too_long.get() {
            return Some(view! { <p class="hint">"A chart shows at most " {MOST_CHART_DAYS} " days. The table is complete."</p> }.into_any());
        }
        is_there.get().then(|| figure(desk, picture))
    };
    let is_worth_a_card = move || is_too_long.get() || is_there.get() || desk.series.value().is_none();
    let shown = Memo::new(move |_| is_worth_a_card());
    (move || {
        shown.get().then(|| {
            view! {
                <section class="card panel cost-chart">
                    <h2>{title}</h2>
                    <Loaded remote=desk.series lines=6 ready=|_| ().into_any() />
                    {body}
                </section>
            }
        })
    })
    .into_any()
}

fn figure(desk: Desk, picture: Memo<Option<Picture>>) -> AnyView {
    let active = RwSignal::new(None::<usize>);
    let count = move || picture.with(|picture| picture.as_ref().map_or(0, |picture| picture.on.len()));
    let last = move || count().saturating_sub(1);
    let step = move |by: isize| {
        let last = untrack(last);
        let here = active.get_untracked().unwrap_or(last);
        active.set(Some(here.saturating_add_signed(by).min(last)));
    };
    let choose = move |day: usize| {
        let on = picture.with_untracked(|picture| picture.as_ref()?.on.get(day).map(|on| on.to_string()));
        let Some(on) = on else { return };
        let asked = desk.asked.get_untracked();
        if asked.by() == CostBy::Day && asked.view.word() == words::word(CostBy::Day) {
            desk.go(&asked.opened(Some(&on)));
        } else {
            desk.go(&vec![
                (RANGE, Some(OWN.to_owned())),
                (SINCE, Some(on.clone())),
                (UNTIL, Some(on)),
                (BY, Some(asked.view.word())),
            ]);
        }
    };
    let keydown = move |event: KeyboardEvent| {
        match event.key().as_str() {
            "ArrowRight" | "ArrowUp" => step(1),
            "ArrowLeft" | "ArrowDown" => step(-1),
            "Home" => active.set(Some(0)),
            "End" => active.set(Some(untrack(last))),
            "Escape" => active.set(None),
            "Enter" => {
                if let Some(day) = active.get_untracked() {
                    choose(day);
                }
            }
            _ => return,
        }
        event.prevent_default();
    };
    let hover = move |event: PointerEvent| {
        if event.pointer_type() != "touch"
            && let Some(day) = day_at(&event)
        {
            active.set(Some(day));
        }
    };
    // A finger first sees what is there; the second touch goes on.
    let press = move |event: MouseEvent| {
        if let Some(day) = day_at(&event) {
            if active.get_untracked() == Some(day) {
                choose(day);
            } else {
                active.set(Some(day));
            }
        }
    };
    let said = move || {
        let day = active.get().unwrap_or_else(last);
        picture.with(|picture| picture.as_ref().map(|picture| picture.said(day)))
    };
    let draw = move |of: fn(&Picture) -> AnyView| move || picture.with(|picture| picture.as_ref().map(of));
    let tip = move || {
        let day = active.get()?;
        picture.with(|picture| picture.as_ref().map(|picture| tip(picture, day)))
    };
    let place = Memo::new(move |_| {
        let day = active.get()?;
        picture.with(|picture| {
            picture
                .as_ref()
                .map(|picture| (picture.middle(day), picture.on.len()))
        })
    });
    let cursor = move || {
        let (middle, days) = place.get()?;
        let width = 1_000_i64
            .checked_div(i64::try_from(days).unwrap_or(1))
            .unwrap_or(0);
        let left = middle.saturating_sub(width.div_euclid(2));
        Some(
            view! { <span class="chart-cursor" style:left=percent_width(left) style:width=percent_width(width)></span> },
        )
    };
    view! {
        <div class="chart">
            <div class="chart-axis" aria-hidden="true">{draw(axis)}</div>
            <div
                class="chart-plot"
                role="slider"
                tabindex="0"
                aria-label="Day"
                aria-valuemin="0"
                aria-valuemax=move || last().to_string()
                aria-valuenow=move || active.get().unwrap_or_else(last).to_string()
                aria-valuetext=said
                on:keydown=keydown
                on:pointerover=hover
                on:pointerleave=move |event: PointerEvent| if event.pointer_type() != "touch" { active.set(None) }
                on:blur=move |_| active.set(None)
                on:focus=move |_| if active.get_untracked().is_none() { active.set(Some(untrack(last))) }
                on:click=press
            >
                {draw(lines)}
                {cursor}
                {draw(blocks)}
                {draw(places)}
                {tip}
            </div>
            <div class="chart-days" aria-hidden="true">{draw(days)}</div>
        </div>
        {draw(legend)}
    }
    .into_any()
}

/// The day under the pointer.
fn day_at(event: &MouseEvent) -> Option<usize> {
    let element: web_sys::HtmlElement = event.target()?.dyn_into().ok()?;
    element.dataset().get("day")?.parse().ok()
}

/// How far up the plot a line lies, as a style.
fn height_of(line: usize, lines: usize) -> String {
    let part = |number: usize| i64::try_from(number).unwrap_or(0);
    let share = part(line)
        .saturating_mul(1_000)
        .checked_div(part(lines.saturating_sub(1)));
    percent_width(share.unwrap_or(0))
}

fn axis(picture: &Picture) -> AnyView {
    let lines = &picture.stacks.lines;
    let label = |(place, amount): (usize, &i128)| {
        let up = height_of(place, lines.len());
        view! { <span style:bottom=up>{picture.amount(*amount)}</span> }
    };
    // The widest label makes the room for all.
    let widest = lines
        .iter()
        .map(|line| picture.amount(*line))
        .max_by_key(String::len);
    view! { <i>{widest}</i> {lines.iter().enumerate().map(label).collect_view()} }.into_any()
}

fn lines(picture: &Picture) -> AnyView {
    let count = picture.stacks.lines.len();
    let line = |place: usize| view! { <span class="chart-line" style:bottom=height_of(place, count)></span> };
    (0..count).map(line).collect_view().into_any()
}

fn blocks(picture: &Picture) -> AnyView {
    let place = |number: usize| i64::try_from(number).unwrap_or(0).saturating_mul(SLOT);
    // Few days would be broad blocks, and many leave no room for gaps.
    let inset = match picture.on.len() {
        0..=10 => SLOT.div_euclid(3),
        11..=45 => SLOT.div_euclid(7),
        46..=120 => SLOT.div_euclid(12),
        _ => 0,
    };
    let width = SLOT.saturating_sub(inset.saturating_mul(2));
    let block = |block: &Block| {
        let colour = picture.layers.get(block.layer).map_or(REST, |layer| layer.colour);
        view! {
            <rect
                class=colour
                x=place(block.day).saturating_add(inset).to_string()
                y=block.y.to_string()
                width=width.to_string()
                height=block.height.to_string()
            />
        }
    };
    view! {
        <svg
            class="chart-blocks"
            viewBox=format!("0 0 {} {HEIGHT}", place(picture.on.len()))
            preserveAspectRatio="none"
            aria-hidden="true"
            focusable="false"
        >
            {picture.stacks.blocks.iter().map(block).collect_view()}
        </svg>
    }
    .into_any()
}

/// What the pointer meets: one place for each day, as high as the plot.
fn places(picture: &Picture) -> AnyView {
    let place = |day: usize| view! { <i data-day=day.to_string()></i> };
    view! { <span class="chart-places">{(0..picture.on.len()).map(place).collect_view()}</span> }.into_any()
}

fn days(picture: &Picture) -> AnyView {
    let step = picture.on.len().div_ceil(MOST_LABELS).max(1);
    let label = |(day, on): (usize, &Day)| {
        view! { <span style:left=percent_width(picture.middle(day))>{format::short_day(*on)}</span> }
    };
    let named = picture.on.iter().enumerate().step_by(step);
    named.map(label).collect_view().into_any()
}

fn tip(picture: &Picture, day: usize) -> AnyView {
    let middle = picture.middle(day);
    let is_flipped = middle > 500;
    let row = |(layer, amount): (&Layer, i128)| {
        view! {
            <span class="chart-part">
                <i class=format!("dot {}", layer.colour)></i>
                <span class="chart-name">{layer.name.clone()}</span>
                <b>{picture.amount(amount)}</b>
            </span>
        }
    };
    let parts = (picture.by != CostBy::Day).then(|| picture.parts(day).into_iter().map(row).collect_view());
    let on = picture.on.get(day).map(|on| format::day(*on));
    view! {
        <span class="chart-tip" class:flipped=is_flipped style:left=percent_width(middle)>
            <span class="mut">{on}</span>
            <b class="chart-whole">{picture.amount(picture.whole(day))} " " <small>{picture.unit.clone()}</small></b>
            {parts}
        </span>
    }
    .into_any()
}

fn legend(picture: &Picture) -> AnyView {
    if picture.by == CostBy::Day {
        return ().into_any();
    }
    let shown = picture
        .layers
        .iter()
        .filter(|layer| layer.amounts.iter().any(|amount| *amount != 0));
    let entry = |layer: &Layer| {
        view! { <li><i class=format!("dot {}", layer.colour) aria-hidden="true"></i><span dir="auto">{layer.name.clone()}</span></li> }
    };
    view! { <ul class="chart-legend" aria-label="Layers">{shown.map(entry).collect_view()}</ul> }.into_any()
}
