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

/// A setting as its section is headed.
fn name(setting: &str) -> String {
    match setting {
        "limit" => "Credits per cycle".to_owned(),
        "rate" => "Credit factor".to_owned(),
        "cadence" => "Cycle".to_owned(),
        "sign_up" => "Sign-up credits".to_owned(),
        "auto_approval" => "Auto-approval".to_owned(),
        "is_archived" => "Archived".to_owned(),
        other => sentence(other),
    }
}

/// A value as people say it.
fn said(setting: &str, value: &str) -> String {
    match (setting, value) {
        ("name", name) => name.to_owned(),
        ("is_archived", "true") => "yes".to_owned(),
        ("is_archived", "false") => "no".to_owned(),
        (_, words) => words.replace('_', " "),
    }
}

fn row(change: &SettingChangeView, zone: &str) -> AnyView {
    let before = change
        .before
        .as_deref()
        .map(|before| view! { <span>{said(&change.setting, before)}</span> <span class="mut">" → "</span> });
    let by = change
        .actor
        .as_ref()
        .map_or_else(|| "System".to_owned(), |actor| actor.display_name.clone());
    view! {
        <tr>
            <td class="nw">{format::date_time(change.at, zone)}</td>
            <td>{name(&change.setting)}</td>
            <td>{before} {said(&change.setting, &change.after)}</td>
            <td class="nw">{by}</td>
        </tr>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_and_their_values_are_in_words() {
        let line = |setting: &str, value: &str| (name(setting), said(setting, value));
        let is = |words: [&str; 2]| <(String, String)>::from(words.map(str::to_owned));
        assert_eq!(line("is_archived", "false"), is(["Archived", "no"]));
        assert_eq!(line("cadence", "calendar_month"), is(["Cycle", "calendar month"]));
        assert_eq!(line("name", "a_b"), is(["Name", "a_b"]));
    }
}
