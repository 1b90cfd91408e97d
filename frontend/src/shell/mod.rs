//! The shell: navigation, organisation, user menu, the drawer on narrow screens, and the dialogs that can lie over any
//! page.

mod expired;
mod nav;
mod offline;

pub use nav::count_badge;

use crate::reactive::effect;
use leptos::ev::{KeyboardEvent, MouseEvent};
use leptos::html;
use leptos::prelude::*;
use leptos_router::hooks::use_location;
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement};

use crate::inbox::Inbox;
use crate::session::use_session;
use crate::ui::{Glyph, icon};
use crate::unsaved::{LeaveDialog, Unsaved};

/// The frame around every page of a signed-in viewer.
#[component]
pub fn Shell(children: Children) -> impl IntoView {
    Inbox::start(use_session());
    let is_drawn = RwSignal::new(false);
    let path = use_location().pathname;
    let unsaved: Unsaved = expect_context();
    effect(move || {
        path.track();
        is_drawn.set(false);
    });
    let button = NodeRef::<html::Button>::new();
    // The drawer takes the focus while it is open, and gives it back.
    let draw = move |_| {
        let drawn = !is_drawn.get_untracked();
        is_drawn.set(drawn);
        if drawn {
            request_animation_frame(|| {
                let first = document().query_selector("#navigation .nav a").ok().flatten();
                if let Some(first) = first.and_then(|first| first.dyn_into::<HtmlElement>().ok()) {
                    let _is_focused = first.focus();
                }
            });
        }
    };
    let escape = move |event: KeyboardEvent| {
        if event.key() == "Escape" && is_drawn.get_untracked() {
            is_drawn.set(false);
            if let Some(button) = button.get_untracked() {
                let _is_focused = button.focus();
            }
        }
    };
    // Also a link to where one is already leads out of the drawer.
    let follow = move |event: MouseEvent| {
        let target = event
            .target()
            .and_then(|target| target.dyn_into::<Element>().ok());
        if target.is_some_and(|target| target.closest("a").is_ok_and(|link| link.is_some())) {
            is_drawn.set(false);
        }
    };
    view! {
        <div class="app" class:drawn=move || is_drawn.get() on:click=move |event| unsaved.stop(&event) on:keydown=escape>
            <a class="skip" href="#main" rel="external">"Skip to content"</a>
            <header class="topbar">
                <button
                    node_ref=button
                    type="button"
                    class="icon-btn"
                    aria-label="Navigation"
                    aria-expanded=move || is_drawn.get().to_string()
                    aria-controls="navigation"
                    on:click=draw
                >
                    {icon(Glyph::Menu)}
                </button>
                {nav::organisation()}
            </header>
            <div class="scrim" on:click=move |_| is_drawn.set(false)></div>
            <nav class="sidebar" id="navigation" aria-label="Main" on:click=follow>
                {nav::organisation()}
                <nav::Navigation />
                <nav::UserMenu />
            </nav>
            <main id="main" tabindex="-1" inert=move || is_drawn.get()>
                <offline::OfflineBanner />
                {children()}
            </main>
            <expired::ExpiredDialog />
            <LeaveDialog unsaved />
        </div>
    }
}
