//! A page of a list as a table: a card with its headings, its rows and the pager; and how a person stands in it.

use allowance_api_types::Page;
use leptos::prelude::*;

use super::list_url::{ListUrl, UrlPager};
use crate::ui::{avatar, range_label};

/// A heading.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Th {
    Left(&'static str),
    /// Above figures.
    Right(&'static str),
    /// Above amounts of this unit.
    Unit(&'static str, String),
    /// Heard, not seen.
    Silent(&'static str),
}

/// How the table is called and drawn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table {
    pub label: &'static str,
    pub class: &'static str,
    pub heads: Vec<Th>,
}

/// The card.
pub fn table_card<T>(url: ListUrl, table: Table, page: Page<T>, row: impl FnMut(T) -> AnyView) -> AnyView {
    view! { <div class="card">{table_of(url, table, page, row)}</div> }.into_any()
}

/// The same in a card that has more in it.
pub fn table_of<T>(url: ListUrl, table: Table, page: Page<T>, row: impl FnMut(T) -> AnyView) -> AnyView {
    let shown = page.items.len();
    let range = range_label(url.first_row(), shown, page.total.as_ref());
    let rows = page.items.into_iter().map(row).collect();
    draw(url, table, rows, (range, page.next_cursor))
}

/// Compiled once, whatever the rows are.
fn draw(
    url: ListUrl,
    table: Table,
    rows: Vec<AnyView>,
    (label, next_cursor): (String, Option<String>),
) -> AnyView {
    let head = |th: Th| match th {
        Th::Left(text) => view! { <th scope="col">{text}</th> }.into_any(),
        Th::Right(text) => view! { <th scope="col" class="r">{text}</th> }.into_any(),
        Th::Unit(text, unit) => view! { <th scope="col" class="r">{text} ", " {unit}</th> }.into_any(),
        Th::Silent(text) => view! { <th scope="col"><span class="sr">{text}</span></th> }.into_any(),
    };
    let shown = rows.len();
    view! {
        <div class="scroll" tabindex="0" role="region" aria-label=table.label>
            <table class=format!("table {}", table.class)>
                <thead><tr>{table.heads.into_iter().map(head).collect_view()}</tr></thead>
                <tbody>{rows}</tbody>
            </table>
        </div>
        <UrlPager url label shown next_cursor />
    }
    .into_any()
}

/// A person: a face, the name, and something about them below it.
pub fn who(name: String, about: String) -> AnyView {
    view! {
        <div class="who">
            {avatar(&name)}
            <div><span class="strong" dir="auto">{name}</span><small>{about}</small></div>
        </div>
    }
    .into_any()
}
