//! Searching and filtering a list: the box that waits for a pause, the chips that can be taken off.

use leptos::ev::Event;
use leptos::prelude::*;

use super::{Glyph, icon};
use crate::reactive::effect;

/// How long a pause in typing starts the search.
const PAUSE_MILLIS: u32 = 150;

/// A search box. `on_search` hears the text after a pause, and at once on Enter.
#[component]
pub fn SearchBox(
    #[prop(into)] label: Signal<String>,
    #[prop(into)] value: Signal<String>,
    #[prop(into)] on_search: Callback<String>,
) -> impl IntoView {
    let turn = StoredValue::new(0_u32);
    let text = RwSignal::new(untrack(|| value.get()));
    // What was heard of comes back through `value`, when more may have been typed already: that stays.
    let heard = StoredValue::new(untrack(|| value.get()));
    effect(move || {
        let value = value.get();
        if value.trim() != heard.get_value().trim() {
            heard.set_value(value.clone());
            text.set(value);
        }
    });
    let search = move |text: String| {
        heard.set_value(text.clone());
        on_search.run(text);
    };
    let typed = move |event: Event| {
        let typed = event_target_value(&event);
        text.set(typed.clone());
        turn.update_value(|turn| *turn = turn.wrapping_add(1));
        let mine = turn.get_value();
        leptos::task::spawn_local(async move {
            gloo_timers::future::TimeoutFuture::new(PAUSE_MILLIS).await;
            if turn.try_get_value() == Some(mine) {
                search(typed);
            }
        });
    };
    let entered = move |event: Event| {
        turn.update_value(|turn| *turn = turn.wrapping_add(1));
        search(event_target_value(&event));
    };
    view! {
        <div class="search" role="search">
            {icon(Glyph::Search)}
            <input
                type="search"
                autocomplete="off"
                spellcheck="false"
                aria-label=move || label.get()
                placeholder=move || format!("{}…", label.get())
                prop:value=move || text.get()
                on:input=typed
                on:change=entered
            />
        </div>
    }
}

/// A filter in force; pressing it takes it off.
#[component]
pub fn Chip(#[prop(into)] label: String, #[prop(into)] on_remove: Callback<()>) -> impl IntoView {
    view! {
        <button type="button" class="chip on" on:click=move |_| on_remove.run(())>
            {label}
            <span class="sr">" – remove this filter"</span>
            {icon(Glyph::Close)}
        </button>
    }
}
