//! The head of a page: its heading, which takes the focus after a navigation, and what can be done here.

use leptos::prelude::*;

/// Heading and actions. What `beside` shows stands next to the heading, the children at the far end.
#[component]
pub fn PageHead(
    #[prop(into)] title: Signal<String>,
    #[prop(optional)] beside: Option<AnyView>,
    #[prop(optional)] children: Option<Children>,
) -> impl IntoView {
    view! {
        <header class="page-head">
            <h1 tabindex="-1">{move || title.get()}</h1>
            {beside}
            <div class="page-actions">{children.map(|children| children())}</div>
        </header>
    }
}
