//! My wallet: what is left of each credit type, out of which figures it is made, and asking for more.

mod ask;
mod holds;
mod requests;

use allowance_api_types::credit_requests::CreditRequestView;
use allowance_api_types::credit_types::Distribution;
use allowance_api_types::live::Area;
use allowance_api_types::session::{WalletItemView, WalletView};
use allowance_values::{Credits, Timestamp};
use leptos::prelude::*;

use super::credits::TYPE;
use super::explained::{Asked, ExplainDialog};
use super::list_url::ListUrl;
use super::wallet_tabs::{OWN_COSTS, WALLET, no_credits, wallet_tabs};
use crate::remote::Remote;
use crate::session::{self, use_session};
use crate::ui::{Badge, Button, Glyph, Loaded, PageHead, Toasts, Tone};
use crate::{api, format};

/// The page.
#[component]
pub fn Wallet() -> impl IntoView {
    let wallet = Remote::live(
        &[Area::Allocations, Area::Settings, Area::Alerts],
        api::session::wallet,
    );
    let asked = RwSignal::new(None::<Asked>);
    let asking = RwSignal::new(None::<WalletItemView>);
    let url = ListUrl::new();
    let own = requests::of(wallet);
    let session = use_session();
    let toasts: Toasts = expect_context();
    let made = Callback::new(move |request: CreditRequestView| {
        if let Some(me) = untrack(|| session.me()) {
            toasts.show(Tone::Good, requests::said(&request, me.id));
        }
        own.reload();
        wallet.reload();
        url.open(requests::REQUEST, Some(request.id.to_string()));
    });
    view! {
        <PageHead title=WALLET>
            <Button glyph=Glyph::Refresh busy=Signal::derive(move || wallet.is_loading()) on_press=move || wallet.reload()>
                "Refresh"
            </Button>
        </PageHead>
        {wallet_tabs()}
        <Loaded remote=wallet ready=move |wallet| show(wallet, asked, asking) />
        {holds::list(wallet)}
        {requests::list(own, url)}
        <ExplainDialog asked />
        {ask::dialog(asking, made)}
        {requests::dialog(url, own)}
    }
}

fn show(
    wallet: WalletView,
    asked: RwSignal<Option<Asked>>,
    asking: RwSignal<Option<WalletItemView>>,
) -> AnyView {
    if wallet.items.is_empty() {
        return no_credits();
    }
    let (zone, now) = (session::zone(), format::now());
    let cards = wallet
        .items
        .into_iter()
        .map(|item| card(item, &zone, now, asked, asking))
        .collect_view();
    view! { <div class="wallet">{cards}</div> }.into_any()
}

/// One credit type. The figures stand as the sum they are.
fn card(
    item: WalletItemView,
    zone: &str,
    now: Timestamp,
    asked: RwSignal<Option<Asked>>,
    asking: RwSignal<Option<WalletItemView>>,
) -> AnyView {
    let figures = &item.figures;
    let decimals = item.credit_type.decimals;
    let line = |label: &'static str, amount: Credits, sign: &'static str| {
        view! {
            <div>
                <dt>{label}</dt>
                <dd class:zero=amount.is_zero()>
                    <span class="op" aria-hidden="true">{sign}</span>
                    {format::credits_to(amount, decimals)}
                </dd>
            </div>
        }
    };
    let pool = (item.credit_type.distribution == Distribution::SharedPool).then(|| {
        let cap = figures
            .cap
            .map_or_else(|| "none".to_owned(), |cap| format::credits_to(cap, decimals));
        view! { <p class="hint">"Your group shares a pool. Your cap in this cycle: " {cap} "."</p> }
    });
    // The highest says it all.
    let highest = item.alerts.iter().max_by_key(|alert| alert.threshold).cloned();
    let reached = highest.map(|alert| {
        let at = format::date_time(alert.at, zone);
        view! {
            <p class="reached">
                <Badge tone=Tone::Warn>{format::percent(&alert.threshold.to_string())} " used"</Badge>
                <small class="mut">"reached " {at}</small>
            </p>
        }
    });
    let name = item.credit_type.name.clone();
    let spoken = name.clone();
    let ask = Asked {
        credit_type: item.credit_type.id,
        person: figures.person.id,
        title: format!("{name}: how it adds up"),
    };
    let used = format!("{OWN_COSTS}?{TYPE}={}", ask.credit_type);
    let used_spoken = spoken.clone();
    let resets = format!(
        "Resets {} ({})",
        format::date_time(item.cycle.ends_at, zone),
        format::relative(item.cycle.ends_at, now)
    );
    view! {
        <section class="card wallet-card">
            <h2>{name.clone()}</h2>
            <p class="figure" class:neg=figures.remaining.is_negative()>
                {format::credits_to(figures.remaining, decimals)} " " <small>"credits left"</small>
            </p>
            <dl class="sum">
                {line("Monthly", figures.monthly, "")}
                {line("Extra", figures.extra, "+")}
                {(!figures.carried.is_zero()).then(|| line("Carried", figures.carried, "+"))}
                {line("Used", figures.used, "−")}
                {line("Held", figures.held, "−")}
                <div class="total">
                    <dt>"Remaining"</dt>
                    <dd><span class="op" aria-hidden="true">"="</span>{format::credits_to(figures.remaining, decimals)}</dd>
                </div>
            </dl>
            {reached}
            {pool}
            <Button on_press=Callback::new(move |()| asking.set(Some(item.clone())))>
                "Ask for credits…"<span class="sr">" " {spoken}</span>
            </Button>
            <div class="wallet-foot">
                <span class="hint">{resets}</span>
                <a href=used>"What I used"<span class="sr">", " {used_spoken}</span></a>
                <button type="button" class="link" on:click=move |_| asked.set(Some(ask.clone()))>
                    "Where each figure comes from"<span class="sr">", " {name}</span>
                </button>
            </div>
        </section>
    }
    .into_any()
}
