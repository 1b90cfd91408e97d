//! The shell: navigation, organisation, user menu, the drawer on narrow screens, and the dialogs that can lie over any
//! page.

mod expired;
mod nav;
mod offline;

pub use nav::count_badge;

use crate::reactive::effect;
use leptos::ev::KeyboardEvent;
use leptos::prelude::*;
use leptos_router::hooks::use_location;

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
    let escape = move |event: KeyboardEvent| {
        if event.key() == "Escape" {
            is_drawn.set(false);
        }
    };
    view! {
        <div class="app" class:drawn=move || is_drawn.get() on:click=move |event| unsaved.stop(&event) on:keydown=escape>
            <a class="skip" href="#main" rel="external">"Skip to content"</a>
            <header class="topbar">
                <button
                    type="button"
                    class="icon-btn"
                    aria-label="Navigation"
                    aria-expanded=move || is_drawn.get().to_string()
                    aria-controls="navigation"
                    on:click=move |_| is_drawn.update(|drawn| *drawn = !*drawn)
                >
                    {icon(Glyph::Menu)}
                </button>
                {nav::organisation()}
            </header>
            <div class="scrim" on:click=move |_| is_drawn.set(false)></div>
            <nav class="sidebar" id="navigation" aria-label="Main">
                {nav::organisation()}
                <nav::Navigation />
                <nav::UserMenu />
            </nav>
            <main id="main" tabindex="-1">
                <offline::OfflineBanner />
                {children()}
            </main>
            <expired::ExpiredDialog />
            <LeaveDialog unsaved />
        </div>
    }
}
