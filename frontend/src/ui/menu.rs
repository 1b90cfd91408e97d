//! A menu button: arrows move, Esc and leaving close, focus goes back to the button.

use leptos::ev::{FocusEvent, KeyboardEvent};
use leptos::html;
use leptos::prelude::*;
use leptos::task::{spawn_local, tick};
use wasm_bindgen::JsCast;
use web_sys::{HtmlElement, Node};

use super::{Glyph, fresh_id, icon};

#[derive(Debug, Clone, Copy)]
struct MenuState {
    open: RwSignal<bool>,
    button: NodeRef<html::Button>,
}

impl MenuState {
    fn close(self) {
        self.open.set(false);
        if let Some(button) = self.button.get_untracked() {
            let _is_focused = button.focus();
        }
    }
}

/// A button that opens a menu of [`MenuItem`]s.
#[component]
pub fn Menu(
    /// What the button shows.
    button: AnyView,
    #[prop(into)] label: Signal<String>,
    #[prop(default = "btn")] class: &'static str,
    children: ChildrenFn,
) -> impl IntoView {
    let open = RwSignal::new(false);
    let button_node = NodeRef::<html::Button>::new();
    let list = NodeRef::<html::Div>::new();
    let id = fresh_id("menu");
    let state = MenuState {
        open,
        button: button_node,
    };
    let step = move |by: i32| {
        let Some(list) = list.get_untracked() else { return };
        move_focus(&list, by);
    };
    let show = move || {
        open.set(true);
        spawn_local(async move {
            tick().await;
            step(0);
        });
    };
    let keydown = move |event: KeyboardEvent| {
        let is_open = open.get_untracked();
        match event.key().as_str() {
            "ArrowDown" if is_open => step(1),
            "ArrowUp" if is_open => step(-1),
            "ArrowDown" => show(),
            "Home" if is_open => step(i32::MIN),
            "End" if is_open => step(i32::MAX),
            "Escape" if is_open => state.close(),
            "Tab" if is_open => return open.set(false),
            _ => return,
        }
        event.prevent_default();
        event.stop_propagation();
    };
    let focusout = move |event: FocusEvent| {
        let next = event
            .related_target()
            .and_then(|target| target.dyn_into::<Node>().ok());
        let holds = event
            .current_target()
            .and_then(|target| target.dyn_into::<Node>().ok())
            .is_some_and(|menu| menu.contains(next.as_ref()));
        if !holds {
            open.set(false);
        }
    };
    let controls = id.clone();
    view! {
        <div class="menu" on:keydown=keydown on:focusout=focusout>
            <button
                node_ref=button_node
                type="button"
                class=class
                aria-label=move || label.get()
                aria-haspopup="menu"
                aria-expanded=move || open.get().to_string()
                aria-controls=controls
                on:click=move |_| if open.get_untracked() { open.set(false) } else { show() }
            >
                {button}
            </button>
            <div id=id class="menu-list" role="menu" node_ref=list hidden=move || !open.get()>
                {move || {
                    let children = children.clone();
                    open.get().then(|| {
                        provide_context(state);
                        children()
                    })
                }}
            </div>
        </div>
    }
}

/// One thing to do in a [`Menu`].
#[component]
pub fn MenuItem(
    #[prop(optional)] glyph: Option<Glyph>,
    /// Marks the choice in force, in a menu that is a choice.
    #[prop(optional)]
    is_chosen: Option<bool>,
    #[prop(into)] on_press: Callback<()>,
    children: Children,
) -> impl IntoView {
    let state = use_context::<MenuState>();
    let press = move |_| {
        if let Some(state) = state {
            state.close();
        }
        on_press.run(());
    };
    let glyph = if is_chosen == Some(true) {
        Some(Glyph::Check)
    } else {
        glyph
    };
    view! {
        <button
            type="button"
            role=if is_chosen.is_some() { "menuitemradio" } else { "menuitem" }
            tabindex="-1"
            class="menu-item"
            aria-checked=is_chosen.map(|chosen| chosen.to_string())
            on:click=press
        >
            <span class="menu-glyph">{glyph.map(icon)}</span>
            {children()}
        </button>
    }
}

/// Moves focus among the items, around the ends; 0 goes to the first, the extremes to the first and the last.
fn move_focus(list: &HtmlElement, by: i32) {
    let Ok(items) = list.query_selector_all(".menu-item") else {
        return;
    };
    let count = i32::try_from(items.length()).unwrap_or(0);
    if count == 0 {
        return;
    }
    let active = document().active_element();
    let item = |index: i32| items.item(u32::try_from(index).unwrap_or(0));
    let current = (0..count).find(|&index| item(index).as_deref() == active.as_ref().map(AsRef::as_ref));
    let next = match (by, current) {
        (i32::MIN | 0, _) | (_, None) => 0,
        (i32::MAX, _) => count.saturating_sub(1),
        (by, Some(current)) => current.saturating_add(by).rem_euclid(count),
    };
    if let Some(element) = item(next).and_then(|node| node.dyn_into::<HtmlElement>().ok()) {
        let _is_focused = element.focus();
    }
}
