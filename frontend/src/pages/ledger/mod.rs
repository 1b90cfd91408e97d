//! The ledger: every movement of credits, newest first, with filters in the address, and as CSV. Books proves it.

mod people_names;

use std::collections::HashMap;

use allowance_api_types::Page;
use allowance_api_types::ledger::{AccountKind, AccountView, LedgerEntryView, LedgerQuery};
use allowance_api_types::paging::PageQuery;
use allowance_api_types::people::PersonRef;
use allowance_values::{CreditTypeId, GroupId};
use leptos::prelude::*;

use crate::reactive::effect;
use crate::remote::Remote;
use crate::ui::{Button, Empty, FieldErrors, Form, Glyph, Loaded, PageHead, Refusal};
use crate::{api, browser, format, session};

use super::list_url::{ListUrl, PAGE_SIZE, filter_select};
use super::person_picker::PersonPicker;
use super::table_card::{Table, Th, table_card};
use super::words;
use people_names::PeopleNames;

const ALL: PageQuery = PageQuery {
    cursor: None,
    limit: Some(1_000),
};

/// What entries refer to by id.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Names {
    groups: HashMap<GroupId, String>,
    credit_types: HashMap<CreditTypeId, String>,
}

/// The page.
#[component]
pub fn Ledger() -> impl IntoView {
    let url = ListUrl::new();
    let query = Memo::new(move |_| LedgerQuery {
        credit_type_id: url.parsed("credit_type_id"),
        person_id: url.parsed("person_id"),
        group_id: url.parsed("group_id"),
        cycle_id: url.parsed("cycle_id"),
        cursor: url.cursor(),
        limit: Some(PAGE_SIZE),
    });
    let entries = Remote::new(move || {
        let query = query.get();
        async move { api::ledger::list(&query).await }
    });
    let names = Remote::new(|| async {
        let groups = api::groups::list(&ALL).await?.items;
        let credit_types = api::credit_types::list(&ALL).await?.items;
        Ok(Names {
            groups: groups.into_iter().map(|group| (group.id, group.name)).collect(),
            credit_types: credit_types
                .into_iter()
                .map(|kind| (kind.id, kind.name))
                .collect(),
        })
    });
    let people = PeopleNames::new();
    let export = Form::new(FieldErrors::default);
    let download = move || {
        let query = LedgerQuery {
            cursor: None,
            limit: None,
            ..query.get_untracked()
        };
        export.send(async move { api::ledger::csv(&query).await }, |csv| {
            let _is_saved = browser::save_file("ledger.csv", "text/csv;charset=utf-8", &csv);
        });
    };
    let ready = move |page: Page<LedgerEntryView>| {
        let names = names.value().unwrap_or_default();
        if page.items.is_empty() {
            empty(url)
        } else {
            table(url, page, &names, people)
        }
    };
    view! {
        <PageHead title="Ledger">
            <a class="btn" href="/books">"Prove it in Books"</a>
            <Button glyph=Glyph::Refresh busy=Signal::derive(move || entries.is_loading()) on_press=move || entries.reload()>
                "Refresh"
            </Button>
            <Button glyph=Glyph::Download busy=export.busy() on_press=download>"Download CSV"</Button>
        </PageHead>
        <Refusal form=export />
        <Filters url names />
        <Loaded remote=entries lines=9 ready />
    }
}

#[component]
fn Filters(url: ListUrl, names: Remote<Names>) -> impl IntoView {
    let person = RwSignal::new(None::<PersonRef>);
    let mut was_chosen = false;
    effect(move || {
        let id = person.with(|person| person.as_ref().map(|person| person.id.to_string()));
        // The picker starts empty; only a choice of the reader's changes the address.
        if was_chosen || id.is_some() {
            was_chosen = id.is_some();
            url.filter("person_id", id);
        }
    });
    let select = move |label: &'static str,
                       all: &'static str,
                       name: &'static str,
                       options: Signal<Vec<(String, String)>>| {
        filter_select(label, all, name, url, options)
    };
    let groups = Signal::derive(move || sorted(names.value().unwrap_or_default().groups));
    let credit_types = Signal::derive(move || sorted(names.value().unwrap_or_default().credit_types));
    view! {
        <div class="tools">
            {select("Credit type", "All credit types", "credit_type_id", credit_types)}
            {select("Group", "All groups", "group_id", groups)}
            <div class="tool-picker"><PersonPicker label="Person" placeholder="Anybody" chosen=person /></div>
            {move || url.get("cycle_id").map(|_| view! {
                <crate::ui::Chip label="One cycle" on_remove=move || url.filter("cycle_id", None) />
            })}
            {move || (url.get("person_id").is_some() && person.with(Option::is_none)).then(|| view! {
                <crate::ui::Chip label="One person" on_remove=move || url.filter("person_id", None) />
            })}
        </div>
    }
}

fn sorted<I: ToString>(names: HashMap<I, String>) -> Vec<(String, String)> {
    let mut names: Vec<_> = names
        .into_iter()
        .map(|(id, name)| (id.to_string(), name))
        .collect();
    names.sort_by(|left, right| left.1.cmp(&right.1));
    names
}

fn empty(url: ListUrl) -> AnyView {
    let filters = ["credit_type_id", "person_id", "group_id", "cycle_id"];
    if filters.iter().any(|name| url.get(name).is_some()) {
        return view! {
            <div class="card">
                <Empty title="No results" text="No entry matches these filters.">
                    <Button on_press=move || url.clear(&filters)>"Clear filters"</Button>
                </Empty>
            </div>
        }
        .into_any();
    }
    view! { <div class="card"><Empty title="No entries yet" text="Every movement of credits will be written here." /></div> }
        .into_any()
}

fn table(url: ListUrl, page: Page<LedgerEntryView>, names: &Names, people: PeopleNames) -> AnyView {
    let zone = session::zone();
    let table = Table {
        label: "Ledger entries",
        class: "",
        heads: vec![
            Th::Right("No."),
            Th::Left("Recorded"),
            Th::Left("What"),
            Th::Left("From"),
            Th::Left("To"),
            Th::Right("Credits"),
            Th::Left("Credit type"),
            Th::Left("By"),
        ],
    };
    table_card(url, table, page, |entry| row(&entry, names, people, &zone))
}

fn row(entry: &LedgerEntryView, names: &Names, people: PeopleNames, zone: &str) -> AnyView {
    let by = entry
        .actor
        .as_ref()
        .map_or_else(|| "System".to_owned(), |actor| actor.display_name.clone());
    let credit_type = names
        .credit_types
        .get(&entry.credit_type_id)
        .cloned()
        .unwrap_or_default();
    view! {
        <tr>
            <td class="r mut">{format::count(entry.seq)}</td>
            <td class="nw">{format::date_time(entry.at, zone)}</td>
            <td>{words::entry_kind(entry.kind)} {entry.note.clone().map(|note| view! { <small class="mut block">{note}</small> })}</td>
            <td>{account(&entry.from, names, people)}</td>
            <td>{account(&entry.to, names, people)}</td>
            <td class="r">{format::credits(entry.amount)}</td>
            <td class="nw">{credit_type}</td>
            <td class="nw">{by}</td>
        </tr>
    }
    .into_any()
}

/// An account in words; a person's leads to the entries of that person.
fn account(account: &AccountView, names: &Names, people: PeopleNames) -> AnyView {
    let kind = words::account_kind(account.kind);
    let group = account.group_id.and_then(|id| names.groups.get(&id).cloned());
    let Some(person) = account.person_id else {
        return match group {
            Some(group) if account.kind == AccountKind::Group => group.into_any(),
            Some(group) => format!("{kind} · {group}").into_any(),
            None => kind.into_any(),
        };
    };
    let name = people.name(person);
    let about = match (account.kind, group) {
        (AccountKind::Member, group) => group,
        (_, _) => Some(kind.to_owned()),
    };
    view! {
        <a dir="auto" href=format!("/ledger?person_id={person}")>{move || name.get().unwrap_or_else(|| "…".to_owned())}</a>
        {about.map(|about| view! { <small class="mut block">{about}</small> })}
    }
    .into_any()
}
