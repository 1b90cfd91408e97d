//! Looking back: past cycles, which never change, and the state at the end of a past day.

use allowance_api_types::Page;
use allowance_api_types::credit_types::{CycleReason, CycleView};
use allowance_api_types::live::Area;
use allowance_api_types::paging::PageQuery;
use allowance_values::CreditTypeId;
use leptos::prelude::*;

use super::super::credits::CreditsFrame;
use super::super::list_url::ListUrl;
use super::{AS_OF, CYCLE};
use crate::remote::Remote;
use crate::ui::{Badge, Banner, Button, Loaded, Look, Tone};
use crate::{api, format, session};

const FEW: u32 = 12;

/// The choice of a day, and what it means that one is chosen.
pub(super) fn bar(url: ListUrl, is_past: Memo<bool>) -> AnyView {
    let choose = move |day: String| url.filter_all(&[(AS_OF, Some(day)), (CYCLE, None)]);
    let note = move || {
        is_past.get().then(|| {
            view! {
                <Banner tone=Tone::Info>
                    "You are looking back. "
                    <button type="button" class="link" on:click=move |_| url.clear(&[AS_OF, CYCLE])>"Back to now"</button>
                </Banner>
            }
        })
    };
    view! {
        <div class="tools">
            <label class="day-filter">
                <span>"As of the end of"</span>
                <input
                    type="date"
                    class="select"
                    prop:value=move || url.get(AS_OF).unwrap_or_default()
                    on:change=move |event| choose(event_target_value(&event))
                />
            </label>
        </div>
        {note}
    }
    .into_any()
}

/// All cycles, the newest first.
pub(super) fn cycles(frame: CreditsFrame, url: ListUrl, id: CreditTypeId) -> AnyView {
    let limit = RwSignal::new(FEW);
    let cycles = Remote::live(&[Area::Settings], move || {
        let _times = frame.refreshes();
        let query = PageQuery {
            cursor: None,
            limit: Some(limit.get()),
        };
        async move { api::credit_types::cycles(id, &query).await }
    });
    let ready = move |page: Page<CycleView>| table(url, &page, limit);
    view! {
        <section class="card panel past">
            <h2>"Cycles"</h2>
            <Loaded remote=cycles lines=2 ready />
        </section>
    }
    .into_any()
}

fn table(url: ListUrl, page: &Page<CycleView>, limit: RwSignal<u32>) -> AnyView {
    let zone = session::zone();
    let rows = page
        .items
        .iter()
        .map(|cycle| row(url, cycle, &zone))
        .collect_view();
    let more = page.next_cursor.is_some().then(|| {
        view! {
            <Button look=Look::Quiet on_press=move || limit.update(|rows| *rows = rows.saturating_mul(4).min(1_000))>
                "Show older cycles"
            </Button>
        }
    });
    view! {
        <div class="scroll" tabindex="0" role="region" aria-label="Cycles">
            <table class="table">
                <thead>
                    <tr>
                        <th scope="col">"Began"</th><th scope="col">"Ended"</th><th scope="col">"Opened by"</th>
                        <th scope="col" class="r">"Limit"</th><th scope="col" class="r">"Used"</th>
                        <th scope="col"><span class="sr">"Open"</span></th>
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
        </div>
        {more}
    }
    .into_any()
}

fn row(url: ListUrl, cycle: &CycleView, zone: &str) -> AnyView {
    let id = cycle.id.to_string();
    let (shown, chosen) = (id.clone(), id.clone());
    let began = format::date_time(cycle.starts_at, zone);
    let look = if cycle.is_open {
        view! { <Badge tone=Tone::Good>"Open"</Badge> }.into_any()
    } else {
        let label = format!("Look at the cycle that began {began}");
        view! {
            <button
                type="button"
                class="link"
                aria-label=label
                aria-current=move || (url.get(CYCLE).as_deref() == Some(shown.as_str())).then_some("true")
                on:click=move |_| url.filter_all(&[(CYCLE, Some(chosen.clone())), (AS_OF, None)])
            >
                "Look"
            </button>
        }
        .into_any()
    };
    let provisional = cycle
        .is_provisional
        .then(|| view! { " " <Badge tone=Tone::Warn>"Provisional"</Badge> });
    view! {
        <tr>
            <td class="nw">{began}</td>
            <td class="nw">{format::date_time(cycle.ends_at, zone)} {provisional}</td>
            <td>{reason(cycle.opened_by)}</td>
            <td class="r">{format::credits(cycle.limit)}</td>
            <td class="r">{format::credits(cycle.used)}</td>
            <td class="r">{look}</td>
        </tr>
    }
    .into_any()
}

const fn reason(reason: CycleReason) -> &'static str {
    match reason {
        CycleReason::Schedule => "Schedule",
        CycleReason::CadenceChange => "Change of cadence",
        CycleReason::ManualReset => "Reset by hand",
        _ => "Other",
    }
}
