//! The pages, one folder per area.

mod allocations;
mod audit;
mod books;
mod costs;
mod credits;
mod csv_import;
mod explained;
mod groups;
mod holds;
mod integrations;
mod invitation;
mod ledger;
pub mod list_url;
mod overview;
mod people;
pub mod person_picker;
mod reports;
mod requests;
mod setup;
pub mod sign_in;
mod table_card;
mod wallet;
mod wallet_tabs;
pub mod words;

use leptos::prelude::*;

use crate::parts::{NotLoaded, lazy, wasm_split};
use crate::routes::Page;
use crate::ui::{Empty, NoPermission, PageHead};

/// A page in a file, by the file's name.
macro_rules! page {
    ($file:ident, $name:ident, $draw:expr) => {
        #[wasm_split($file, wasm_split_path = ::leptos::wasm_split, fallible)]
        fn $name() -> Result<fn() -> AnyView, NotLoaded> {
            Ok(|| $draw.into_any())
        }
    };
}

page!(own, set_up, setup::SetUp());
page!(own, invitation, invitation::Invitation());
page!(own, wallet, wallet::Wallet());
page!(own, reports, reports::Reports());
page!(office, people, people::People());
page!(office, groups, groups::Groups());
page!(office, ledger, ledger::Ledger());
page!(office, books, books::Books());
page!(office, audit, audit::Audit());
page!(costs, costs, costs::Costs());
page!(costs, own_costs, costs::OwnCosts());
page!(platforms, holds, holds::Holds());
page!(platforms, integrations, integrations::Integrations());

/// The page of an address, when the viewer may see it.
pub fn show(page: Option<Page>, may_see: bool) -> AnyView {
    let Some(page) = page else { return not_found() };
    if !may_see {
        return view! { <PageHead title="No access" /> <NoPermission /> }.into_any();
    }
    let draw = |page: fn() -> AnyView| page();
    match page {
        Page::SignIn => sign_in::SignIn().into_any(),
        Page::SetUp => lazy(set_up, draw),
        Page::Invitation => lazy(invitation, draw),
        Page::People => lazy(people, draw),
        Page::Groups => lazy(groups, draw),
        Page::Ledger => lazy(ledger, draw),
        Page::Books => lazy(books, draw),
        Page::Audit => lazy(audit, draw),
        Page::Costs => lazy(costs, draw),
        Page::OwnCosts => lazy(own_costs, draw),
        Page::Holds => lazy(holds, draw),
        Page::Integrations => lazy(integrations, draw),
        Page::Reports => lazy(reports, draw),
        Page::Wallet => lazy(wallet, draw),
        Page::Credits => credits::Credits().into_any(),
    }
}

fn not_found() -> AnyView {
    view! {
        <PageHead title="Page not found" />
        <Empty title="There is nothing at this address" text="It may have moved, or the link is wrong.">
            <a class="btn" href="/">"Go to the start"</a>
        </Empty>
    }
    .into_any()
}
