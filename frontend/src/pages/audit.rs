//! The audit log: who changed what, with before and after.

use allowance_api_types::Page;
use allowance_api_types::audit::{AuditEntryView, AuditQuery};
use leptos::prelude::*;

use crate::remote::Remote;
use crate::ui::{Button, Chip, Empty, Glyph, Loaded, PageHead};
use crate::{api, format, session};

use super::list_url::{ListUrl, PAGE_SIZE};
use super::table_card::{Table, Th, table_card};

const FILTERS: [&str; 3] = ["actor_id", "action", "target"];

/// The page.
#[component]
pub fn Audit() -> impl IntoView {
    let url = ListUrl::new();
    let query = Memo::new(move |_| AuditQuery {
        actor_id: url.parsed("actor_id"),
        action: url.get("action"),
        target: url.get("target"),
        cursor: url.cursor(),
        limit: Some(PAGE_SIZE),
    });
    let entries = Remote::new(move || {
        let query = query.get();
        async move { api::audit::list(&query).await }
    });
    let chip = move |name: &'static str, label: String| view! { <Chip label on_remove=move || url.filter(name, None) /> };
    let chips =
        move || {
            let actor = url
                .get("actor_id")
                .map(|_| chip("actor_id", "By one person".to_owned()));
            let action = url.get("action").map(|action| chip("action", sentence(&action)));
            let target = url
                .get("target")
                .map(|_| chip("target", "About one thing".to_owned()));
            (actor.is_some() || action.is_some() || target.is_some()).then(|| view! {
            <div class="tools" role="group" aria-label="Filters in force">{actor} {action} {target}</div>
        })
        };
    let ready = move |page: Page<AuditEntryView>| {
        if page.items.is_empty() {
            empty(url)
        } else {
            table(url, page)
        }
    };
    view! {
        <PageHead title="Audit log">
            <Button glyph=Glyph::Refresh busy=Signal::derive(move || entries.is_loading()) on_press=move || entries.reload()>
                "Refresh"
            </Button>
        </PageHead>
        {chips}
        <Loaded remote=entries lines=9 ready />
    }
}

fn empty(url: ListUrl) -> AnyView {
    if FILTERS.iter().any(|name| url.get(name).is_some()) {
        return view! {
            <div class="card">
                <Empty title="No results" text="No change matches these filters.">
                    <Button on_press=move || url.clear(&FILTERS)>"Clear filters"</Button>
                </Empty>
            </div>
        }
        .into_any();
    }
    view! { <div class="card"><Empty title="No changes yet" text="Every change that somebody makes is noted here." /></div> }
        .into_any()
}

fn table(url: ListUrl, page: Page<AuditEntryView>) -> AnyView {
    let zone = session::zone();
    let table = Table {
        label: "Audit entries",
        class: "audit",
        heads: vec![
            Th::Left("When"),
            Th::Left("Who"),
            Th::Left("What"),
            Th::Left("Before and after"),
        ],
    };
    table_card(url, table, page, |entry| row(url, entry, &zone))
}

fn row(url: ListUrl, entry: AuditEntryView, zone: &str) -> AnyView {
    let filter = move |name: &'static str, value: String, text: String| {
        view! { <button type="button" class="plain-link" on:click=move |_| url.filter(name, Some(value.clone()))>{text}</button> }
    };
    let who = match entry.actor {
        Some(actor) => filter("actor_id", actor.id.to_string(), actor.display_name).into_any(),
        None => "System".into_any(),
    };
    let what = sentence(&entry.action);
    let changes = differences(entry.before.as_deref(), entry.after.as_deref());
    let lines = changes
        .into_iter()
        .map(|Difference { field, before, after }| {
            view! {
                <li>
                    <span class="mut">{field} ": "</span>
                    {before.map(|before| view! { <span>{before}</span> <span class="mut">" → "</span> })}
                    <span>{after}</span>
                </li>
            }
        })
        .collect_view();
    view! {
        <tr>
            <td class="nw">{format::date_time(entry.at, zone)}</td>
            <td class="nw">{who}</td>
            <td class="nw">
                {filter("action", entry.action, what)}
                <small class="block">{filter("target", entry.target.clone(), thing(&entry.target))}</small>
            </td>
            <td><ul class="changes">{lines}</ul></td>
        </tr>
    }
    .into_any()
}

/// `update_member_allocation` as `Update member allocation`.
pub(super) fn sentence(action: &str) -> String {
    let words = action.replace('_', " ");
    let mut letters = words.chars();
    letters
        .next()
        .map(|first| first.to_uppercase().chain(letters).collect())
        .unwrap_or_default()
}

/// An id as people can tell it apart: its kind and its end.
fn thing(id: &str) -> String {
    let (prefix, rest) = id
        .split_once('_')
        .filter(|(_, rest)| rest.len() == 32)
        .unwrap_or(("", id));
    let kind = match prefix {
        "per" => "Person",
        "grp" => "Group",
        "crt" => "Credit type",
        "cyc" => "Cycle",
        "gra" => "Grant",
        "chg" => "Charge",
        "crq" => "Credit request",
        "org" => "Organisation",
        "key" => "API key",
        "hld" => "Hold",
        "use" => "Usage",
        "xrt" => "Exchange rate",
        "als" => "Remembered name",
        _ => return id.to_owned(),
    };
    let end: String = rest
        .chars()
        .skip(rest.chars().count().saturating_sub(6))
        .collect();
    format!("{kind} …{end}")
}

/// One field that differs.
#[derive(Debug, PartialEq, Eq)]
struct Difference {
    field: String,
    before: Option<String>,
    after: String,
}

/// The fields that differ between two JSON objects; what is no object is shown as it is.
fn differences(before: Option<&str>, after: Option<&str>) -> Vec<Difference> {
    let fields = |text: Option<&str>| match text.map(serde_json::from_str) {
        Some(Ok(serde_json::Value::Object(fields))) => fields,
        Some(Ok(value)) => [("value".to_owned(), value)].into_iter().collect(),
        Some(Err(_)) | None => serde_json::Map::new(),
    };
    let (old, new) = (fields(before), fields(after));
    let mut found = Vec::new();
    for (field, value) in &new {
        let was = old.get(field).filter(|was| !was.is_null());
        if was != Some(value) && (was.is_some() || !value.is_null()) {
            found.push(Difference {
                field: field.clone(),
                before: was.map(plain),
                after: plain(value),
            });
        }
    }
    for (field, was) in old
        .iter()
        .filter(|(field, was)| !new.contains_key(*field) && !was.is_null())
    {
        found.push(Difference {
            field: field.clone(),
            before: Some(plain(was)),
            after: "–".to_owned(),
        });
    }
    found
}

fn plain(value: &serde_json::Value) -> String {
    match value {
        serde_json::Value::Null => "–".to_owned(),
        serde_json::Value::String(text) => thing(text),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_differs_is_listed() {
        let listed = differences(
            Some(r#"{"monthly":"450","name":"A","cap":null}"#),
            Some(r#"{"monthly":"620","name":"A","cap":null}"#),
        );
        let monthly = Difference {
            field: "monthly".to_owned(),
            before: Some("450".to_owned()),
            after: "620".to_owned(),
        };
        assert_eq!(listed, [monthly]);
        let made = differences(None, Some(r#"{"name":"Sales","owner_id":null}"#));
        assert_eq!(
            made,
            [Difference {
                field: "name".to_owned(),
                before: None,
                after: "Sales".to_owned()
            }]
        );
        let gone = differences(Some(r#"{"name":"Sales"}"#), None);
        assert_eq!(gone.first().map(|line| line.after.as_str()), Some("–"));
        assert_eq!(differences(Some("not json"), None), []);
    }

    #[test]
    fn actions_read_as_sentences() {
        assert_eq!(sentence("update_member_allocation"), "Update member allocation");
        assert_eq!(thing("per_01926f3e7a1c7c3e8a4bfe2d19c04a55"), "Person …c04a55");
        assert_eq!(thing("per_son"), "per_son");
    }
}
