//! Buttons. A button that cannot be pressed now stays focusable and says so; pressing it again while busy does nothing.

use leptos::ev::MouseEvent;
use leptos::prelude::*;

use super::{Glyph, icon};

/// How loud a button is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Look {
    #[default]
    Plain,
    /// The one thing to do here.
    Primary,
    /// Without a frame.
    Quiet,
    /// Takes something away.
    Danger,
}

impl Look {
    const fn class(self) -> &'static str {
        match self {
            Self::Plain => "btn",
            Self::Primary => "btn primary",
            Self::Quiet => "btn quiet",
            Self::Danger => "btn danger",
        }
    }
}

/// A button with words. Without `on_press` it submits the form it stands in.
#[component]
pub fn Button(
    #[prop(optional)] look: Look,
    #[prop(optional)] glyph: Option<Glyph>,
    #[prop(optional, into)] busy: Signal<bool>,
    #[prop(optional, into)] disabled: Signal<bool>,
    #[prop(optional, into)] on_press: Option<Callback<()>>,
    children: Children,
) -> impl IntoView {
    let is_shut = move || busy.get() || disabled.get();
    let press = move |event: MouseEvent| {
        if is_shut() {
            event.prevent_default();
        } else if let Some(on_press) = on_press {
            on_press.run(());
        }
    };
    view! {
        <button
            type=if on_press.is_some() { "button" } else { "submit" }
            class=look.class()
            aria-disabled=move || is_shut().then_some("true")
            aria-busy=move || busy.get().then_some("true")
            on:click=press
        >
            {move || if busy.get() { Some(view! { <span class="spin" aria-hidden="true"></span> }.into_any()) } else { glyph.map(icon) }}
            {children()}
        </button>
    }
}

/// A button that is only an icon; the label is what screen readers and the tooltip say.
#[component]
pub fn IconButton(
    #[prop(into)] label: Signal<String>,
    glyph: Glyph,
    #[prop(optional, into)] busy: Signal<bool>,
    #[prop(optional, into)] disabled: Signal<bool>,
    #[prop(into)] on_press: Callback<()>,
) -> impl IntoView {
    let is_shut = move || busy.get() || disabled.get();
    view! {
        <button
            type="button"
            class="icon-btn"
            aria-label=move || label.get()
            title=move || label.get()
            aria-disabled=move || is_shut().then_some("true")
            aria-busy=move || busy.get().then_some("true")
            on:click=move |_| {
                if !untrack(is_shut) {
                    on_press.run(());
                }
            }
        >
            {icon(glyph)}
        </button>
    }
}
