//! What happened: banners in the page, toasts over it, badges in a row.

use leptos::prelude::*;
use leptos::task::spawn_local;

use super::{Glyph, IconButton, icon};

/// What a notice is about, by colour and icon; the words say it too.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Tone {
    #[default]
    Neutral,
    Good,
    Info,
    Warn,
    Bad,
}

impl Tone {
    const fn class(self) -> &'static str {
        match self {
            Self::Neutral => "neutral",
            Self::Good => "good",
            Self::Info => "info",
            Self::Warn => "warn",
            Self::Bad => "bad",
        }
    }

    const fn glyph(self) -> Glyph {
        match self {
            Self::Good => Glyph::Check,
            Self::Neutral | Self::Info | Self::Warn | Self::Bad => Glyph::Warning,
        }
    }
}

/// A line across the page. It is announced politely; a refusal at once.
#[component]
pub fn Banner(
    #[prop(optional)] tone: Tone,
    #[prop(optional, into)] on_close: Option<Callback<()>>,
    children: Children,
) -> impl IntoView {
    view! {
        <div class=format!("banner {}", tone.class()) role=if tone == Tone::Bad { "alert" } else { "status" }>
            {icon(tone.glyph())}
            <div class="banner-text">{children()}</div>
            {on_close.map(|on_close| view! { <IconButton label="Dismiss" glyph=Glyph::Close on_press=on_close /> })}
        </div>
    }
}

/// A state in a word or two.
#[component]
pub fn Badge(#[prop(optional)] tone: Tone, children: Children) -> impl IntoView {
    view! { <span class=format!("badge {}", tone.class())>{children()}</span> }
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct ToastLine {
    id: u32,
    tone: Tone,
    text: String,
}

/// The toasts that are shown, as a context.
#[derive(Debug, Clone, Copy)]
pub struct Toasts {
    lines: RwSignal<Vec<ToastLine>>,
    next: StoredValue<u32>,
}

impl Toasts {
    const SECONDS: u32 = 6;

    /// Provides the toasts.
    pub fn start() {
        provide_context(Self {
            lines: RwSignal::default(),
            next: StoredValue::new(0),
        });
    }

    /// Shows a line for a few seconds.
    pub fn show(self, tone: Tone, text: impl Into<String>) {
        self.next.update_value(|id| *id = id.wrapping_add(1));
        let id = self.next.get_value();
        self.lines.update(|lines| {
            lines.push(ToastLine {
                id,
                tone,
                text: text.into(),
            })
        });
        spawn_local(async move {
            gloo_timers::future::TimeoutFuture::new(Self::SECONDS.saturating_mul(1_000)).await;
            self.hide(id);
        });
    }

    fn hide(self, id: u32) {
        let _gone = self.lines.try_update(|lines| lines.retain(|line| line.id != id));
    }
}

/// Where toasts appear: a polite live region that is always there.
pub fn toast_live() -> AnyView {
    let toasts: Toasts = expect_context();
    view! {
        <div class="toasts" role="status" aria-live="polite">
            <For each=move || toasts.lines.get() key=|line| line.id let:line>
                <div class=format!("toast {}", line.tone.class())>
                    {icon(line.tone.glyph())}
                    <span>{line.text}</span>
                    <IconButton label="Dismiss" glyph=Glyph::Close on_press=move || toasts.hide(line.id) />
                </div>
            </For>
        </div>
    }
    .into_any()
}
