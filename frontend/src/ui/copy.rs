//! Text to take along: shown, and copied by a button, over plain http too.

use leptos::html;
use leptos::prelude::*;

use super::{Button, Glyph};
use crate::browser;

/// A line in a field of its own.
pub fn copy_line(label: &'static str, text: String) -> AnyView {
    let node = NodeRef::<html::Input>::new();
    let copy = move || {
        node.get_untracked()
            .is_some_and(|input| browser::copy_from(&input))
    };
    view! {
        <div class="line">
            <input node_ref=node class="input" readonly aria-label=label prop:value=text />
            {copy_button(label, copy)}
        </div>
    }
    .into_any()
}

/// Several lines as they are, like a command.
pub fn copy_block(label: &'static str, text: String) -> AnyView {
    let node = NodeRef::<html::Code>::new();
    let copy = move || {
        node.get_untracked()
            .is_some_and(|code| browser::copy_shown(&code))
    };
    view! {
        <div class="copy-block">
            <pre class="scroll" tabindex="0" role="region" aria-label=label><code node_ref=node>{text}</code></pre>
            {copy_button(label, copy)}
        </div>
    }
    .into_any()
}

fn copy_button(label: &'static str, copy: impl Fn() -> bool + Send + Sync + 'static) -> AnyView {
    let is_copied = RwSignal::new(false);
    view! {
        <Button glyph=Glyph::Copy on_press=move || is_copied.set(copy())>
            {move || if is_copied.get() { "Copied" } else { "Copy" }}<span class="sr">" " {label}</span>
        </Button>
    }
    .into_any()
}
