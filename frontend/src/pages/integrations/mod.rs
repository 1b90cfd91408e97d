//! Integrations: the keys of platforms, how what they report is counted, and what nobody could be found for.

mod aliases;
mod create_key;
mod currencies;
mod currencies_model;
mod example;
mod keys;
mod match_usage;
mod model;
mod revoke_key;
mod unmatched;
mod usage;
mod usage_model;

use leptos::prelude::*;
use leptos_router::hooks::use_location;

use crate::ui::{PageHead, Tab, Tabs};

pub use example::curl;

const KEYS: &str = "/integrations";
const USAGE: &str = "/integrations/usage";
const UNMATCHED: &str = "/integrations/unmatched";

/// The page.
#[component]
pub fn Integrations() -> impl IntoView {
    let path = use_location().pathname;
    // A tab is made anew only for another tab.
    let tab = Memo::new(move |_| match path.get().trim_end_matches('/') {
        USAGE => USAGE,
        UNMATCHED => UNMATCHED,
        _ => KEYS,
    });
    view! {
        <PageHead title="Integrations" />
        <Tabs label="Integrations">
            <Tab href=KEYS>"API keys"</Tab>
            <Tab href=USAGE>"Usage"</Tab>
            <Tab href=UNMATCHED>"Unmatched usage"</Tab>
        </Tabs>
        {move || match tab.get() {
            USAGE => usage::usage(),
            UNMATCHED => unmatched::unmatched(),
            _ => keys::keys(),
        }}
    }
}
