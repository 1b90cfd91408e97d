//! Dialogs: the browser's own `<dialog>`, which traps focus, answers Esc and gives focus back where it was.

use crate::reactive::effect;
use leptos::ev::KeyboardEvent;
use leptos::html;
use leptos::prelude::*;

use super::{Banner, Glyph, IconButton, Tone, fresh_id};

/// How wide a dialog is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Width {
    #[default]
    Narrow,
    Wide,
    /// At the edge, beside the page, which stays in use; over it where it is narrow.
    Beside,
}

/// As the style sheet says.
fn has_room_beside() -> bool {
    let query = window().match_media("(min-width: 800px)");
    query.ok().flatten().is_some_and(|query| query.matches())
}

/// A modal dialog, open while `open` says so. Its content is made anew at each opening. While `shut` says so, neither
/// Esc nor the cross closes it; while `dirty` says so, they ask first.
#[component]
pub fn Dialog(
    #[prop(into)] title: Signal<String>,
    open: RwSignal<bool>,
    #[prop(optional)] width: Width,
    #[prop(optional, into)] shut: Signal<bool>,
    #[prop(optional, into)] dirty: Signal<bool>,
    children: ChildrenFn,
) -> impl IntoView {
    let node = NodeRef::<html::Dialog>::new();
    let title_id = fresh_id("dialog");
    let labelled_by = title_id.clone();
    effect(move || {
        let is_open = open.get();
        let Some(dialog) = node.get() else { return };
        if is_open && !dialog.open() {
            // Wait for the content, so that its first field and not the cross gets the focus.
            request_animation_frame(move || {
                if width == Width::Beside && has_room_beside() {
                    dialog.show();
                } else {
                    let _is_shown = dialog.show_modal();
                }
            });
        } else if !is_open && dialog.open() {
            dialog.close();
        }
    });
    let is_shown = Memo::new(move |_| open.get());
    let is_asking = RwSignal::new(false);
    let leave = move |()| {
        if !shut.get_untracked() {
            let asks = dirty.get_untracked() && !is_asking.get_untracked();
            is_asking.set(asks);
            if !asks {
                open.set(false);
            }
        }
    };
    let question = move || {
        (is_asking.get() && dirty.get()).then(|| {
            view! {
                <Banner tone=Tone::Warn>
                    "Your changes are not saved. "
                    <button type="button" class="link" on:click=move |_| is_asking.set(false)>"Keep editing"</button>
                    " or "
                    <button type="button" class="link" on:click=move |_| leave(())>"discard them"</button>
                </Banner>
            }
        })
    };
    view! {
        <dialog
            node_ref=node
            class=match width {
                Width::Narrow => "dialog",
                Width::Wide => "dialog wide",
                Width::Beside => "dialog beside",
            }
            aria-labelledby=labelled_by
            on:cancel=move |event: web_sys::Event| {
                event.prevent_default();
                leave(());
            }
            on:keydown=move |event: KeyboardEvent| {
                // The browser lets the second Esc in a row through, whatever became of the first.
                if event.key() == "Escape" {
                    event.prevent_default();
                    leave(());
                }
            }
            on:close=move |_| open.set(false)
        >
            {move || {
                let title_id = title_id.clone();
                is_shown.get().then(|| view! {
                    <h2 id=title_id>{move || title.get()}</h2>
                    <div class="dialog-body">{question}{children()}</div>
                    <IconButton label="Close" glyph=Glyph::Close on_press=Callback::new(leave) />
                })
            }}
        </dialog>
    }
}

/// The buttons at a dialog's foot.
#[component]
pub fn DialogActions(children: Children) -> impl IntoView {
    view! { <div class="dialog-actions">{children()}</div> }
}
