//! Says when the browser has no connection, and that it is back.

use leptos::ev::{offline, online};
use leptos::prelude::*;

use crate::ui::{Banner, Tone};

#[component]
pub(super) fn OfflineBanner() -> impl IntoView {
    let is_online = RwSignal::new(window().navigator().on_line());
    let went = window_event_listener(offline, move |_| is_online.set(false));
    let came = window_event_listener(online, move |_| is_online.set(true));
    on_cleanup(move || {
        went.remove();
        came.remove();
    });
    move || {
        (!is_online.get()).then(|| view! {
            <Banner tone=Tone::Warn>
                "You are offline. What you see may be old; saving works again when the connection is back."
            </Banner>
        })
    }
}
