//! What was changed in the settings, by whom, from when.

use allowance_api_types::Page;
use allowance_api_types::credit_types::SettingChangeView;
use allowance_api_types::live::Area;
use allowance_api_types::paging::PageQuery;
use leptos::prelude::*;

use super::super::super::audit::sentence;
use super::Settings;
use crate::remote::Remote;
use crate::ui::{Button, Empty, Loaded, Look};
use crate::{api, format, session};

const ROWS: u32 = 10;

pub(super) fn history(settings: Settings) -> AnyView {
    let limit = RwSignal::new(ROWS);
    let changes = Remote::live(&[Area::Settings], move || {
        settings.times();
        let query = PageQuery {
            cursor: None,
            limit: Some(limit.get()),
        };
        async move { api::credit_types::changes(settings.id, &query).await }
    });
    let ready = move |page: Page<SettingChangeView>| {
        if page.items.is_empty() {
            return view! { <Empty title="No changes yet" /> }.into_any();
        }
        let zone = session::zone();
        let rows = page.items.iter().map(|change| row(change, &zone)).collect_view();
        view! {
            <div class="scroll" tabindex="0" role="region" aria-label="History of changes">
                <table class="table">
                    <thead>
                        <tr>
                            <th scope="col">"From"</th><th scope="col">"Setting"</th>
                            <th scope="col">"Before and after"</th><th scope="col">"By"</th>
                        </tr>
                    </thead>
                    <tbody>{rows}</tbody>
                </table>
            </div>
            {page.next_cursor.is_some().then(|| view! {
                <Button look=Look::Quiet on_press=move || limit.update(|rows| *rows = rows.saturating_mul(4).min(1_000))>
                    "Show older changes"
                </Button>
            })}
        }
        .into_any()
    };
    view! {
        <section class="card settings-card">
            <h2>"History of changes"</h2>
            <p class="lead">"What held before holds for what happened before."</p>
            <Loaded remote=changes lines=3 ready />
        </section>
    }
    .into_any()
}

fn row(change: &SettingChangeView, zone: &str) -> AnyView {
    let before = change
        .before
        .clone()
        .map(|before| view! { <span>{before.replace('_', " ")}</span> <span class="mut">" → "</span> });
    let by = change
        .actor
        .as_ref()
        .map_or_else(|| "System".to_owned(), |actor| actor.display_name.clone());
    view! {
        <tr>
            <td class="nw">{format::date_time(change.at, zone)}</td>
            <td>{sentence(&change.setting)}</td>
            <td>{before} {change.after.replace('_', " ")}</td>
            <td class="nw">{by}</td>
        </tr>
    }
    .into_any()
}
