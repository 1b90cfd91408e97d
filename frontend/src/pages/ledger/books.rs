//! Books: whether the ledger proves itself, now.

use allowance_api_types::ledger::BooksView;
use leptos::prelude::*;

use crate::remote::Remote;
use crate::ui::{Banner, Tone};
use crate::{api, format};

/// One line above the entries. Where the viewer may not ask, or the server does not offer it, there is none.
#[component]
pub(super) fn Books() -> impl IntoView {
    let books = Remote::new(api::ledger::books);
    move || books.value().map(show)
}

fn show(books: BooksView) -> AnyView {
    let up_to = format::plural(books.as_of, "entry", "entries");
    if books.is_proven {
        let head: String = books.head.chars().take(12).collect();
        return view! {
            <Banner tone=Tone::Good>
                "The books prove themselves: " {up_to} " checked, balances and parts agree. Chain head "
                <code title=books.head>{head} "…"</code>
            </Banner>
        }
        .into_any();
    }
    let findings = books
        .findings
        .into_iter()
        .map(|finding| view! { <li>{finding}</li> })
        .collect_view();
    view! {
        <Banner tone=Tone::Bad>
            "The books do not prove themselves. Checked: " {up_to} "." <ul class="bullets">{findings}</ul>
        </Banner>
    }
    .into_any()
}
