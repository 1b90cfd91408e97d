//! What rows and filters are called, and the filters in force.

use allowance_api_types::costs::{CostBy, CostEventView};
use leptos::prelude::*;

use super::Desk;
use super::asked::{Asked, unfiltered};
use crate::api;
use crate::format;
use crate::remote::Remote;
use crate::ui::Chip;

/// What something is told apart by: one of it, and how its tab is called.
pub(super) const fn dimension(by: CostBy) -> (&'static str, &'static str) {
    match by {
        CostBy::Day => ("day", "Day"),
        CostBy::Group => ("group", "Group"),
        CostBy::Person => ("person", "Person"),
        CostBy::Provider => ("provider", "Provider"),
        CostBy::Model => ("model", "Model"),
        CostBy::Operation => ("operation", "Operation"),
        CostBy::Tag => ("tag", "Tag"),
        _ => ("other", "Other"),
    }
}

/// The name of a row or a layer.
pub(super) fn name(by: CostBy, key: Option<&str>, label: Option<&str>) -> String {
    match (by, label.or(key)) {
        (CostBy::Day, Some(day)) => day.parse().map_or_else(|_| day.to_owned(), format::day),
        (_, Some(name)) => name.to_owned(),
        (by, None) => format!("No {}", dimension(by).0),
    }
}

/// The filters in force, each to be taken off. Names of people and groups come with an event behind them.
pub(super) fn chips(desk: Desk) -> AnyView {
    let behind = Remote::new(move || {
        let asked = desk.asked.get();
        let is_named = |asked: &Asked| {
            let by_id = |by| matches!(by, CostBy::Group | CostBy::Person);
            asked.filters.iter().any(|filter| by_id(filter.by))
        };
        let query = desk
            .period
            .get()
            .filter(|_| is_named(&asked))
            .map(|period| asked.events(period, None, 1));
        async move {
            let Some(query) = query else { return Ok(None) };
            let page = api::costs::events(desk.id, &query).await?;
            Ok(page.items.into_iter().next())
        }
    });
    let chip = move |by: CostBy, key: Option<&str>, event: Option<&CostEventView>| {
        let label = match (by, key, event) {
            (CostBy::Group, Some(_), event) => {
                event.map_or_else(|| "One group".to_owned(), |event| event.group.name.clone())
            }
            (CostBy::Person, Some(_), event) => event.map_or_else(
                || "One person".to_owned(),
                |event| event.person.display_name.clone(),
            ),
            (by, Some(key), _) => format!("{}: {key}", dimension(by).1),
            (by, None, _) => name(by, None, None),
        };
        let off = move || desk.url.filter_all(&desk.asked.get_untracked().without(by));
        view! { <Chip label on_remove=move |()| off() /> }
    };
    let shown = move || {
        let event = behind.value().flatten();
        let asked = desk.asked.get();
        let chips: Vec<_> = asked
            .filters
            .iter()
            .map(|filter| chip(filter.by, filter.key.as_deref(), event.as_ref()))
            .collect();
        (!chips.is_empty()).then(|| {
            view! {
                <div class="tools" role="group" aria-label="Filters in force">
                    {chips}
                    <button type="button" class="link" on:click=move |_| desk.url.filter_all(&unfiltered())>"Clear all"</button>
                </div>
            }
        })
    };
    shown.into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_has_a_name_also_what_has_none() {
        assert_eq!(name(CostBy::Day, Some("2026-11-12"), None), "2026-11-12");
        assert_eq!(name(CostBy::Person, Some("per_1"), Some("Zoë")), "Zoë");
        assert_eq!(name(CostBy::Model, Some("gpt-5"), None), "gpt-5");
        assert_eq!(name(CostBy::Tag, None, None), "No tag");
        for &by in CostBy::ALL {
            assert_ne!(dimension(by).1, "Other");
        }
    }
}
