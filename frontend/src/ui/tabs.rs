//! Tabs that are addresses: links, so that Back, reload and a shared link show the same.

use leptos::prelude::*;
use leptos_router::hooks::use_location;

/// The bar around [`Tab`]s.
#[component]
pub fn Tabs(#[prop(into)] label: String, children: Children) -> impl IntoView {
    view! { <nav class="tabs" aria-label=label>{children()}</nav> }
}

/// One tab, marked while its address is the current one; what stands behind `?` does not matter.
#[component]
pub fn Tab(#[prop(into)] href: String, children: Children) -> impl IntoView {
    let path = use_location().pathname;
    let own = href.split('?').next().unwrap_or_default().to_owned();
    view! {
        <a href=href aria-current=move || path.with(|path| *path == own).then_some("page")>
            {children()}
        </a>
    }
}
