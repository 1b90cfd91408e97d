//! What the pages of the wallet share: its name, its tabs, and what there is to see without credits.

use leptos::prelude::*;

use crate::ui::{Empty, Tab, Tabs};

pub const WALLET: &str = "My wallet";
/// Where the viewer's credits went.
pub const OWN_COSTS: &str = "/wallet/costs";

pub fn wallet_tabs() -> AnyView {
    view! {
        <Tabs label=WALLET>
            <Tab href="/wallet">"Credits"</Tab>
            <Tab href=OWN_COSTS>"What I used"</Tab>
        </Tabs>
    }
    .into_any()
}

pub fn no_credits() -> AnyView {
    view! {
        <div class="card">
            <Empty title="No credits yet" text="As soon as your organisation gives you credits, they are shown here." />
        </div>
    }
    .into_any()
}
