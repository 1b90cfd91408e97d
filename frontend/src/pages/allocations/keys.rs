//! What the keys do, for whoever asks with `?`.

use leptos::prelude::*;

const GROUPS: [(&str, &[(&str, &str)]); 5] = [
    (
        "Move",
        &[
            ("Arrows", "To the next cell"),
            ("Home · End", "To the start or end of the row"),
            ("Ctrl + ↑ · ↓", "To the first or last member, then of the grid"),
            ("Ctrl + Home · End", "To the first or last cell"),
            ("PgUp · PgDn", "Ten rows up or down"),
            ("/", "To the search"),
        ],
    ),
    (
        "Select",
        &[
            (
                "Shift + any of these",
                "Selects as it moves, also beyond the page",
            ),
            ("Ctrl + A", "All members of the view, then the whole grid"),
            (
                "Shift + Space · Ctrl + Space",
                "The row · the column of all members",
            ),
            ("Enter · Tab", "From cell to cell inside the selection"),
            ("Esc", "One cell again"),
        ],
    ),
    (
        "Edit",
        &[
            ("Enter · F2", "Edits the cell; typing replaces it"),
            ("=100*12 · +10% · /2", "Works out, from what is in the cell"),
            ("Enter · Tab", "Keeps it and goes down · right"),
            ("Ctrl + Enter", "Types it into everything that is selected"),
            ("Esc", "Leaves it as it was"),
            ("Delete", "Empties the selection"),
        ],
    ),
    (
        "Copy and fill",
        &[
            (
                "Ctrl + C · X · V",
                "Copy, cut and paste, also from and to a spreadsheet",
            ),
            ("Ctrl + D · R", "Fill down · right"),
            ("Ctrl + Z · Y", "Undo · do again, also after a save"),
            ("Ctrl + S", "Save all"),
        ],
    ),
    (
        "Look",
        &[
            ("Alt + Enter", "How a figure adds up"),
            ("Alt + Shift + ↑ · ↓", "Sort by the column, upwards or downwards"),
            ("Alt + Shift + ← · →", "Make the column narrower or wider"),
            ("?", "These keys"),
        ],
    ),
];

/// All keys of the grid.
pub(super) fn list() -> AnyView {
    let group = |(title, keys): (&'static str, &'static [(&'static str, &'static str)])| {
        let key = |(key, what): &(&'static str, &'static str)| {
            view! { <div><dt><kbd>{*key}</kbd></dt><dd>{*what}</dd></div> }
        };
        view! {
            <section>
                <h3>{title}</h3>
                <dl class="keys">{keys.iter().map(key).collect_view()}</dl>
            </section>
        }
    };
    view! {
        <div class="key-groups">{GROUPS.map(group).into_iter().collect_view()}</div>
        <p class="hint">"On a Mac, Ctrl is ⌘."</p>
    }
    .into_any()
}
