//! The icons: one stroke, 16 by 16, drawn in the text's colour. Decoration only; the words stand beside them.

use leptos::prelude::*;

/// An icon's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Glyph {
    Audit,
    Books,
    Check,
    ChevronDown,
    ChevronRight,
    ChevronUp,
    Close,
    Copy,
    Costs,
    Credits,
    Download,
    Edit,
    Groups,
    Holds,
    Inbox,
    Integrations,
    Ledger,
    Menu,
    More,
    People,
    Plus,
    Redo,
    Refresh,
    Reports,
    Save,
    Search,
    SignOut,
    Trash,
    Undo,
    Upload,
    Wallet,
    Warning,
}

impl Glyph {
    const fn path(self) -> &'static str {
        match self {
            Self::Audit => "M3 2h7l3 3v9H3zM5.5 7.5h5M5.5 10.5h5",
            Self::Books => "M8 1.8 13 4v4.2c0 3-2.1 5-5 6-2.9-1-5-3-5-6V4zM5.6 8l1.7 1.7L10.5 6.4",
            Self::Inbox => "M3 3h10v10H3zM3 8.5h3l1 2h2l1-2h3",
            Self::Ledger => {
                "M3 3.5C3 2.7 3.7 2 4.5 2H13v12H4.5C3.7 14 3 13.3 3 12.5zM3 12.5c0-.8.7-1.5 1.5-1.5H13M6 5h4"
            }
            Self::Check => "M3 8.5l3.2 3.2L13 5",
            Self::ChevronDown => "M4 6l4 4 4-4",
            Self::ChevronRight => "M6 4l4 4-4 4",
            Self::ChevronUp => "M4 10l4-4 4 4",
            Self::Close => "M4 4l8 8M12 4l-8 8",
            Self::Copy => "M5.5 5.5h8v8h-8zM10.5 5.5v-3h-8v8h3",
            Self::Costs => "M2 14h12M4 11.5V8M8 11.5V3M12 11.5V5.5",
            Self::Credits => "M8 2v12M3 5.5C3 4 5 3 8 3s5 1 5 2.5S11 8 8 8 3 9 3 10.5 5 13 8 13s5-1 5-2.5",
            Self::Download => "M8 2v8M4.5 7 8 10.5 11.5 7M2.5 13.5h11",
            Self::Edit => "M10.5 2.5l3 3L6 13l-3.5.5L3 10z",
            Self::Groups => "M3 3h10v3H3zM3 10h10v3H3zM8 6v4",
            Self::Holds => "M4 2h8M4 14h8M4.8 2v2.6L8 8l3.2-3.4V2M4.8 14v-2.6L8 8l3.2 3.4V14",
            Self::Integrations => "M6 2v3M10 2v3M4 5h8v3a4 4 0 0 1-8 0zM8 12v2.5",
            Self::Menu => "M2 4h12M2 8h12M2 12h12",
            Self::More => "M3 8h.01M8 8h.01M13 8h.01",
            Self::People => {
                "M8 8.2a2.7 2.7 0 1 0 0-5.4 2.7 2.7 0 0 0 0 5.4zM2.5 14c.6-3 2.8-4.4 5.5-4.4s4.9 1.4 5.5 4.4"
            }
            Self::Plus => "M8 3v10M3 8h10",
            Self::Redo => "M11 3l3 3-3 3M14 6H6a4 4 0 0 0 0 8h3",
            Self::Undo => "M5 3 2 6l3 3M2 6h8a4 4 0 0 1 0 8H7",
            Self::Refresh => "M13 8a5 5 0 1 1-1.5-3.6M13 2v3h-3",
            Self::Reports => {
                "M6.2 2.5h3.6v3.2H6.2zM8 5.7v2.6M4 10.8V8.3h8v2.5M2.2 10.8h3.6V14H2.2zM10.2 10.8h3.6V14h-3.6z"
            }
            Self::Save => "M3 3h8l2 2v8H3zM5.5 3v3.5h4V3M5 13V9.5h6V13",
            Self::Search => "M7 11.5a4.5 4.5 0 1 0 0-9 4.5 4.5 0 0 0 0 9zM10.5 10.5 14 14",
            Self::SignOut => "M9.5 2H3v12h6.5M6.5 8H14M11 5l3 3-3 3",
            Self::Trash => "M2.5 4.5h11M6 4.5v-2h4v2M4 4.5l.6 9h6.8l.6-9M6.7 7v4M9.3 7v4",
            Self::Upload => "M8 10.5v-8M4.5 6 8 2.5 11.5 6M2.5 13.5h11",
            Self::Wallet => "M4 4h8a2 2 0 0 1 2 2v5a2 2 0 0 1-2 2H4a2 2 0 0 1-2-2V6a2 2 0 0 1 2-2zM2 7h12",
            Self::Warning => "M8 2 14.5 13.5h-13zM8 6.5v3.2M8 11.7v.1",
        }
    }
}

/// Draws an icon.
pub fn icon(glyph: Glyph) -> AnyView {
    view! {
        <svg class="icon" viewBox="0 0 16 16" aria-hidden="true" focusable="false">
            <path d=glyph.path() />
        </svg>
    }
    .into_any()
}
