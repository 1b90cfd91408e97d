//! People: the list with its filters in the address, a person's dialog, adding, and the import of a file.

mod access;
mod add;
mod details;
mod group_move;
mod leaving;
mod model;
mod person;

use std::future::Future;
use std::pin::Pin;

use allowance_api_types::Page;
use allowance_api_types::imports::{ImportPeopleQuery, ImportView};
use allowance_api_types::paging::PageQuery;
use allowance_api_types::people::{PeopleQuery, PersonStatus, PersonView, Role};
use leptos::prelude::*;

use crate::api;
use crate::format;
use crate::remote::Remote;
use crate::session::use_session;
use crate::ui::{Badge, Button, Chip, Empty, Glyph, Loaded, Look, PageHead, SearchBox, Tone, avatar, check};

use super::csv_import;
use super::list_url::{ListUrl, PAGE_SIZE, filter_select};
use super::table_card::{Table, Th, table_card};
use super::words;

const FILTERS: [&str; 4] = ["search", "group_id", "status", "manager_id"];
/// Enough to list every group there may be.
const ALL_GROUPS: PageQuery = PageQuery {
    cursor: None,
    limit: Some(1_000),
};

/// The page.
#[component]
pub fn People() -> impl IntoView {
    let url = ListUrl::new();
    let session = use_session();
    let is_admin = Memo::new(move |_| session.me().is_some_and(|me| me.role == Role::Admin));
    let query = Memo::new(move |_| PeopleQuery {
        search: url.get("search"),
        group_id: url.parsed("group_id"),
        status: url.get("status").and_then(|status| words::from_word(&status)),
        manager_id: url.parsed("manager_id"),
        cursor: url.cursor(),
        limit: Some(PAGE_SIZE),
    });
    let people = Remote::new(move || {
        let query = query.get();
        async move { api::people::list(&query).await }
    });
    let groups = Remote::new(|| async { api::groups::list(&ALL_GROUPS).await });
    let reload = Callback::new(move |()| {
        people.reload();
        groups.reload();
    });
    let group_options = Signal::derive(move || {
        let groups = groups.value().map(|page| page.items).unwrap_or_default();
        groups
            .into_iter()
            .map(|group| (group.id.to_string(), group.name))
            .collect::<Vec<_>>()
    });
    let is_filtered = move || {
        query.with(|query| {
            query.search.is_some()
                || query.group_id.is_some()
                || query.status.is_some()
                || query.manager_id.is_some()
        })
    };
    let ready = move |page: Page<PersonView>| match (page.items.is_empty(), untrack(is_filtered)) {
        (true, true) => no_results(url),
        (true, false) => nobody_yet(url, is_admin.get_untracked()),
        (false, _) => table(url, page),
    };
    view! {
        <PageHead title="People">
            {move || is_admin.get().then(|| view! {
                <Button glyph=Glyph::Upload on_press=move || csv_import::open(url)>"Import CSV"</Button>
                <Button look=Look::Primary glyph=Glyph::Plus on_press=move || url.open("new", Some("1".to_owned()))>
                    "Add person"
                </Button>
            })}
        </PageHead>
        <div class="tools">
            <SearchBox
                label="Search people"
                value=Signal::derive(move || url.get("search").unwrap_or_default())
                on_search=move |text: String| url.filter("search", Some(text.trim().to_owned()))
            />
            {filter_select("Group", "All groups", "group_id", url, group_options)}
            {filter_select(
                "Status",
                "All statuses",
                "status",
                url,
                Signal::derive(|| words::options(PersonStatus::ALL, |status| words::status(status).0)),
            )}
        </div>
        {move || is_filtered().then(|| chips(url, group_options))}
        <Loaded remote=people lines=9 ready />
        <person::PersonDialog url groups=group_options on_change=reload />
        <add::AddDialog url groups=group_options on_change=reload />
        {import(url, reload)}
    }
}

/// The filters in force.
fn chips(url: ListUrl, groups: Signal<Vec<(String, String)>>) -> AnyView {
    let chip = move |name: &'static str, text: String| {
        view! { <Chip label=text on_remove=move || url.filter(name, None) /> }
    };
    let search = url.get("search").map(|text| chip("search", format!("“{text}”")));
    let group = url.get("group_id").map(|id| {
        let name = groups
            .get()
            .into_iter()
            .find(|(word, _)| *word == id)
            .map_or(id, |(_, name)| name);
        chip("group_id", format!("Group: {name}"))
    });
    let status = url
        .get("status")
        .and_then(|status| words::from_word(&status))
        .map(|status| chip("status", format!("Status: {}", words::status(status).0)));
    let manager = url
        .get("manager_id")
        .map(|_| chip("manager_id", "Direct reports of one person".to_owned()));
    view! {
        <div class="tools" role="group" aria-label="Filters in force">
            {search} {group} {status} {manager}
            <button type="button" class="link" on:click=move |_| url.clear(&FILTERS)>"Clear all"</button>
        </div>
    }
    .into_any()
}

fn no_results(url: ListUrl) -> AnyView {
    view! {
        <div class="card">
            <Empty title="No results" text="Nobody matches these filters.">
                <Button on_press=move || url.clear(&FILTERS)>"Clear filters"</Button>
            </Empty>
        </div>
    }
    .into_any()
}

fn nobody_yet(url: ListUrl, is_admin: bool) -> AnyView {
    view! {
        <div class="card">
            <Empty title="No people yet" text="Import them from a CSV file of your HR system, or add them one by one.">
                {is_admin.then(|| view! {
                    <Button glyph=Glyph::Upload on_press=move || csv_import::open(url)>"Import CSV"</Button>
                })}
            </Empty>
        </div>
    }
    .into_any()
}

fn table(url: ListUrl, page: Page<PersonView>) -> AnyView {
    let table = Table {
        label: "People",
        class: "",
        heads: vec![
            Th::Left("Person"),
            Th::Left("Title"),
            Th::Left("Department"),
            Th::Left("Group"),
            Th::Left("Manager"),
            Th::Left("Status"),
        ],
    };
    table_card(url, table, page, |person| row(url, person))
}

fn row(url: ListUrl, person: PersonView) -> AnyView {
    let href = url.href("person", &person.id.to_string());
    let (status, tone) = words::status(person.status);
    let role = (person.role != Role::Member)
        .then(|| view! { <Badge tone=Tone::Info>{words::role(person.role)}</Badge> });
    let manager = person.manager.map(|manager| manager.display_name);
    view! {
        <tr>
            <td>
                <div class="who">
                    {avatar(&person.display_name)}
                    <div>
                        <a class="row-link" dir="auto" href=href data-noscroll="">{person.display_name}</a>
                        " " {role}
                        <small>{person.email.to_string()}</small>
                    </div>
                </div>
            </td>
            <td>{person.title.unwrap_or_default()}</td>
            <td>{person.department.unwrap_or_default()}</td>
            <td><bdi>{person.group.name}</bdi></td>
            <td><bdi>{manager}</bdi></td>
            <td><Badge tone=tone>{status}</Badge></td>
        </tr>
    }
    .into_any()
}

/// Importing people. The file goes as it is: the server knows more encodings than a page does.
fn import(url: ListUrl, on_change: Callback<()>) -> AnyView {
    let joiners = RwSignal::new(false);
    let hint = || {
        view! {
            <p class="hint">
                "The first line names the columns: " <code>"email"</code> " and " <code>"display_name"</code> " are needed; "
                <code>"employee_number"</code> ", " <code>"title"</code> ", " <code>"department"</code> ", "
                <code>"division"</code> ", " <code>"location"</code> ", " <code>"manager_email"</code> ", "
                <code>"hired_on"</code> " and " <code>"group"</code> " are understood, in any order. Nobody is ever
                deleted. Nothing is written before you have seen the difference."
            </p>
        }
        .into_any()
    };
    // Asked once the difference is there, beginning with what the server takes for granted.
    let asked = move |view: &ImportView| {
        view.are_joiners.map(|by_default| {
            joiners.set(by_default);
            let label = format!(
                "{} now",
                format::plural(view.added, "new person joins", "new people join")
            );
            check(
                label,
                joiners,
                Some("They get the credits that new users get, where there are any."),
            )
        })
    };
    let send = move |file, dry_run, key: String| -> Pin<Box<dyn Future<Output = _>>> {
        let query = ImportPeopleQuery {
            dry_run,
            joiners: (!dry_run).then(|| joiners.get_untracked()),
        };
        Box::pin(async move { api::imports::people(&file, &query, &key).await })
    };
    csv_import::dialog(
        "Import people",
        url,
        Box::new(hint),
        Box::new(asked),
        Box::new(send),
        on_change,
    )
}
