//! The pages, one folder per area.

mod allocations;
mod audit;
mod books;
mod credits;
mod csv_import;
mod explained;
mod groups;
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
mod wallet;
pub mod words;

use leptos::prelude::*;

use crate::routes::Page;
use crate::ui::{Empty, NoPermission, PageHead};

/// The page of an address, when the viewer may see it.
pub fn show(page: Option<Page>, may_see: bool) -> AnyView {
    let Some(page) = page else { return not_found() };
    if !may_see {
        return view! { <PageHead title="No access" /> <NoPermission /> }.into_any();
    }
    match page {
        Page::SignIn => sign_in::SignIn().into_any(),
        Page::SetUp => setup::SetUp().into_any(),
        Page::Invitation => invitation::Invitation().into_any(),
        Page::People => people::People().into_any(),
        Page::Groups => groups::Groups().into_any(),
        Page::Ledger => ledger::Ledger().into_any(),
        Page::Books => books::Books().into_any(),
        Page::Audit => audit::Audit().into_any(),
        Page::Reports => reports::Reports().into_any(),
        Page::Wallet => wallet::Wallet().into_any(),
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
