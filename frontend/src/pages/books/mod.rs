//! Books: whether the ledger proves itself, now and when the background job last looked.

use allowance_api_types::ledger::{BooksView, ProofView};
use leptos::prelude::*;

use crate::remote::Remote;
use crate::session;
use crate::ui::{Banner, Button, Glyph, Loaded, Look, PageHead, Tone};
use crate::{api, format};

/// The page. Opening it proves the books; so does the button.
#[component]
pub fn Books() -> impl IntoView {
    let books = Remote::new(api::ledger::books);
    view! {
        <PageHead title="Books">
            <Button
                look=Look::Primary
                glyph=Glyph::Refresh
                busy=Signal::derive(move || books.is_loading())
                on_press=move || books.reload()
            >
                "Prove now"
            </Button>
        </PageHead>
        <p class="lead">
            "Every movement of credits is an entry; balances are sums of entries. The proof adds all entries up again, checks the hash chain, and names what differs. "
            <a href="/ledger">"To the ledger"</a>
        </p>
        <Loaded remote=books lines=5 ready=|books| show(&books) />
    }
}

fn show(books: &BooksView) -> AnyView {
    let up_to = format::plural(books.as_of, "entry", "entries");
    let state = if books.is_proven {
        view! {
            <Banner tone=Tone::Good>
                "The books prove themselves: " {up_to} " checked, balances and parts agree."
            </Banner>
        }
        .into_any()
    } else {
        let findings = books
            .findings
            .iter()
            .map(|finding| view! { <li>{finding.clone()}</li> })
            .collect_view();
        view! {
            <Banner tone=Tone::Bad>"The books do not prove themselves. The first thing that is wrong comes first."</Banner>
            <section class="card panel">
                <h2>"Findings"</h2>
                <ol class="findings">{findings}</ol>
            </section>
        }
        .into_any()
    };
    let fact = |name: &'static str, value: AnyView| view! { <div><dt>{name}</dt><dd>{value}</dd></div> };
    view! {
        {state}
        <section class="card panel">
            <h2>"This proof"</h2>
            <dl class="facts">
                {fact("Entries checked", format::count(books.as_of).into_any())}
                {fact("Chain head", view! { <code>{books.head.clone()}</code> }.into_any())}
                {fact("Last proof in the background", last(books.last_proof.as_ref()))}
            </dl>
        </section>
    }
    .into_any()
}

fn last(proof: Option<&ProofView>) -> AnyView {
    let Some(proof) = proof else {
        return "none yet".into_any();
    };
    let at = format::date_time(proof.at, &session::zone());
    let up_to = format::plural(proof.as_of, "entry", "entries");
    if proof.is_proven {
        return format!("{at}: {up_to} proven").into_any();
    }
    let finding = proof.finding.clone().unwrap_or_default();
    view! { <span class="neg">{at} ": " {finding}</span> }.into_any()
}
