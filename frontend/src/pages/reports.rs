//! My reports: a manager's direct reports and what they have left. Read only.

use allowance_api_types::Page;
use allowance_api_types::allocations::{MemberRowView, MembersQuery};
use allowance_api_types::credit_types::CreditTypeView;
use allowance_api_types::paging::PageQuery;
use leptos::prelude::*;

use crate::remote::Remote;
use crate::ui::{Button, Empty, Glyph, Loaded, PageHead, SearchBox, Skeleton};
use crate::{api, format};

use super::explained::{Asked, ExplainDialog};
use super::list_url::{ListUrl, PAGE_SIZE};
use super::table_card::{Table, Th, table_card, who};

const ALL: PageQuery = PageQuery {
    cursor: None,
    limit: Some(100),
};
type Rows = (CreditTypeView, Page<MemberRowView>);

/// The page.
#[component]
pub fn Reports() -> impl IntoView {
    let url = ListUrl::new();
    let credit_types = Remote::new(|| async { api::credit_types::list(&ALL).await });
    let chosen = Memo::new(move |_| {
        let kinds = credit_types.value()?.items;
        let asked = url.get("credit_type_id");
        let found = kinds
            .iter()
            .find(|kind| asked.as_deref() == Some(kind.id.to_string().as_str()));
        found.or(kinds.first()).cloned()
    });
    let query = Memo::new(move |_| MembersQuery {
        search: url.get("search"),
        cursor: url.cursor(),
        limit: Some(PAGE_SIZE),
        ..MembersQuery::default()
    });
    let options = Signal::derive(move || {
        let kinds = credit_types.value().map(|page| page.items).unwrap_or_default();
        kinds
            .into_iter()
            .map(|kind| (kind.id.to_string(), kind.name))
            .collect::<Vec<_>>()
    });
    let rows = Remote::new(move || {
        let (kind, query) = (chosen.get(), query.get());
        async move {
            let Some(kind) = kind else { return Ok(None) };
            let page = api::allocations::reports(kind.id, &query).await?;
            Ok(Some((kind, page)))
        }
    });
    let asked = RwSignal::new(None::<Asked>);
    let ready = move |rows: Option<Rows>| match rows {
        None => view! { <Loaded remote=credit_types ready=before_rows /> }.into_any(),
        Some((_, page)) if page.items.is_empty() => {
            let text = if url.get("search").is_some() {
                "Nobody matches this search."
            } else {
                "Nobody reports to you yet."
            };
            view! { <div class="card"><Empty title="No results" text=text /></div> }.into_any()
        }
        Some((kind, page)) => table(url, &kind, page, asked),
    };
    view! {
        <PageHead title="My reports">
            <Button glyph=Glyph::Refresh busy=Signal::derive(move || rows.is_loading()) on_press=move || rows.reload()>
                "Refresh"
            </Button>
        </PageHead>
        <div class="tools">
            <SearchBox
                label="Search my reports"
                value=Signal::derive(move || url.get("search").unwrap_or_default())
                on_search=move |text: String| url.filter("search", Some(text.trim().to_owned()))
            />
            {move || (options.with(Vec::len) > 1).then(|| {
                let current = chosen.get().map(|kind| kind.id.to_string()).unwrap_or_default();
                view! {
                    <select class="select" aria-label="Credit type"
                        on:change=move |event| url.filter("credit_type_id", Some(event_target_value(&event)))>
                        {options.get().into_iter().map(|(id, name)| {
                            let is_chosen = id == current;
                            view! { <option value=id prop:selected=is_chosen>{name}</option> }
                        }).collect_view()}
                    </select>
                }
            })}
        </div>
        <Loaded remote=rows lines=8 ready />
        <ExplainDialog asked />
    }
}

/// Which credits there are is known before the rows are.
#[expect(
    clippy::needless_pass_by_value,
    reason = "the shape that a loaded view is drawn by"
)]
fn before_rows(kinds: Page<CreditTypeView>) -> AnyView {
    if kinds.items.is_empty() {
        return view! { <Empty title="No credits yet" text="Your organisation has no credit type." /> }
            .into_any();
    }
    view! { <Skeleton lines=8 /> }.into_any()
}

fn table(
    url: ListUrl,
    kind: &CreditTypeView,
    page: Page<MemberRowView>,
    asked: RwSignal<Option<Asked>>,
) -> AnyView {
    let (credit_type, decimals) = (kind.id, kind.decimals);
    let has_carried = page.items.iter().any(|row| !row.carried.is_zero());
    let mut heads = vec![Th::Left("Person"), Th::Right("Monthly"), Th::Right("Extra")];
    heads.extend(has_carried.then_some(Th::Right("Carried")));
    heads.extend([Th::Right("Used"), Th::Right("Held"), Th::Right("Remaining")]);
    let table = Table {
        label: "My reports",
        class: "",
        heads,
    };
    table_card(url, table, page, |row| {
        let ask = Asked {
            credit_type,
            person: row.person.id,
            title: row.person.display_name.clone(),
        };
        let explain = Callback::new(move |()| asked.set(Some(ask.clone())));
        self::row(row, decimals, has_carried, explain)
    })
}

fn row(row: MemberRowView, decimals: u8, has_carried: bool, explain: Callback<()>) -> AnyView {
    let cell = |amount: allowance_values::Credits| {
        view! { <td class="r" class:mut=amount.is_zero()>{format::credits_to(amount, decimals)}</td> }
    };
    view! {
        <tr>
            <td>{who(row.person.display_name, row.person.email.to_string())}</td>
            {cell(row.monthly)}
            {cell(row.extra)}
            {has_carried.then(|| cell(row.carried))}
            {cell(row.used)}
            {cell(row.held)}
            <td class="r strong" class:neg=!row.remaining.is_positive()>
                <button type="button" class="plain-link" on:click=move |_| explain.run(())>
                    {format::credits_to(row.remaining, decimals)}<span class="sr">" left: how it adds up"</span>
                </button>
            </td>
        </tr>
    }
    .into_any()
}
