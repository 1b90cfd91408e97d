//! Tabs that are addresses: links, so that Back, reload and a shared link show the same.

use leptos::prelude::*;
use leptos_router::hooks::use_location;

/// The bar around [`Tab`]s.
#[component]
pub fn Tabs(#[prop(into)] label: String, children: Children) -> impl IntoView {
    view! { <nav class="tabs" aria-label=label>{children()}</nav> }
}

/// One tab, marked while its address is the current one.
#[component]
pub fn Tab(href: &'static str, children: Children) -> impl IntoView {
    let path = use_location().pathname;
    view! {
        <a href=href aria-current=move || path.with(|path| path == href).then_some("page")>
            {children()}
        </a>
    }
}
