//! What platforms hold of the viewer's credits at the moment. Nothing is shown while nothing is held.

use allowance_api_types::Page;
use allowance_api_types::holds::{HoldState, HoldView, HoldsQuery};
use allowance_api_types::live::Area;
use allowance_api_types::session::WalletView;
use leptos::prelude::*;

use super::super::holds::what_for;
use crate::remote::Remote;
use crate::session::{self, use_session};
use crate::{api, format};

const MOST_SHOWN: u32 = 50;

pub(super) fn list(wallet: Remote<WalletView>) -> AnyView {
    let Some(viewer) = use_session().me().map(|me| me.id) else {
        return ().into_any();
    };
    let holds = Remote::live(&[Area::Allocations], move || {
        let query = HoldsQuery {
            person_id: Some(viewer),
            state: Some(HoldState::Open),
            limit: Some(MOST_SHOWN),
            ..HoldsQuery::default()
        };
        async move { api::holds::list(&query).await }
    });
    let shown = move |page: Page<HoldView>| {
        let (zone, now) = (session::zone(), format::now());
        let rows = page
            .items
            .iter()
            .map(|hold| {
                let kind = hold.credit_type_id;
                let kind = move || {
                    let items = wallet.value().map(|wallet| wallet.items).unwrap_or_default();
                    let known = items.into_iter().find(|item| item.credit_type.id == kind);
                    known.map(|item| format!("{} · ", item.credit_type.name))
                };
                let left = match hold.expires_at {
                    Some(at) => format!("Comes back {} unless it is used.", format::relative(at.max(now), now)),
                    None => "Held until it is used or released.".to_owned(),
                };
                view! {
                    <li>
                        <div>
                            <span class="strong">{format::credits(hold.amount)} " credits"</span>
                            <small class="block mut">{kind} "since " {format::date_time(hold.placed_at, &zone)}</small>
                        </div>
                        <p class="own-next">{left}</p>
                        <span class="mut" dir="auto">{what_for(hold)}</span>
                    </li>
                }
            })
            .collect_view();
        let more = page
            .next_cursor
            .is_some()
            .then(|| view! { <li class="mut">"and more"</li> });
        view! {
            <section class="wallet-requests">
                <h2>"On hold"</h2>
                <ul class="card own-requests">{rows} {more}</ul>
            </section>
        }
    };
    (move || holds.value().filter(|page| !page.items.is_empty()).map(shown)).into_any()
}
