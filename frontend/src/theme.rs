//! Light, dark or as the system says. The choice lies in localStorage; index.html applies it before the first paint.

use leptos::prelude::*;
use wasm_bindgen::JsCast;
use wasm_bindgen::closure::Closure;

const KEY: &str = "allowance-theme";

/// What the reader chose.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Theme {
    /// As the operating system says, also when it changes its mind.
    System,
    Light,
    Dark,
}

impl Theme {
    pub const ALL: [Self; 3] = [Self::System, Self::Light, Self::Dark];

    pub const fn label(self) -> &'static str {
        match self {
            Self::System => "System",
            Self::Light => "Light",
            Self::Dark => "Dark",
        }
    }

    const fn word(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }

    fn stored() -> Self {
        let word = storage()
            .and_then(|storage| storage.get_item(KEY).ok().flatten())
            .unwrap_or_default();
        Self::ALL
            .into_iter()
            .find(|theme| theme.word() == word)
            .unwrap_or(Self::System)
    }

    /// Shows and remembers the choice.
    pub fn choose(self, choice: RwSignal<Self>) {
        if let Some(storage) = storage() {
            let _is_stored = storage.set_item(KEY, self.word());
        }
        self.apply();
        choice.set(self);
    }

    fn apply(self) {
        let is_dark = match self {
            Self::System => prefers_dark().is_some_and(|query| query.matches()),
            Self::Light => false,
            Self::Dark => true,
        };
        if let Some(root) = document().document_element() {
            let _is_set = root.set_attribute("data-theme", if is_dark { "dark" } else { "light" });
        }
    }
}

/// Applies the stored choice and follows the system from then on. Provides the choice as a context.
pub fn start() {
    let choice = RwSignal::new(Theme::stored());
    provide_context(choice);
    choice.get_untracked().apply();
    if let Some(query) = prefers_dark() {
        let follow = Closure::<dyn Fn()>::new(move || choice.get_untracked().apply());
        let _is_heard = query.add_event_listener_with_callback("change", follow.as_ref().unchecked_ref());
        // Lives as long as the page.
        follow.forget();
    }
}

fn prefers_dark() -> Option<web_sys::MediaQueryList> {
    window()
        .match_media("(prefers-color-scheme: dark)")
        .ok()
        .flatten()
}

fn storage() -> Option<web_sys::Storage> {
    window().local_storage().ok().flatten()
}
