//! The table: one tab stop, the cursor by `aria-activedescendant`, the rows of groups and, below the open one, members.

use allowance_grid::Column;
use allowance_values::GroupId;
use leptos::prelude::*;
use web_sys::{ScrollIntoViewOptions, ScrollLogicalPosition};

use super::sheet::{Sheet, cell_id};
use super::{keyboard, rows};

/// The grid.
pub(super) fn grid(sheet: Sheet) -> AnyView {
    let ids = Memo::new(move |_| -> Vec<GroupId> {
        sheet.rows.with(|rows| {
            rows.iter()
                .flat_map(|rows| &rows.items)
                .map(|row| row.id)
                .collect()
        })
    });
    let here = Memo::new(move |_| sheet.cursor.get().map(cell_id));
    let row_count = move || {
        sheet
            .layout
            .with(|layout| layout.row_count())
            .map_or_else(|| "-1".to_owned(), |count| count.to_string())
    };
    keyboard::slash_searches();
    keep_in_view(here);
    view! {
        <div class="card grid-card">
            <div class="grid-scroll">
                <table
                    node_ref=sheet.node
                    class="grid"
                    role="grid"
                    tabindex="0"
                    aria-label="Allocations"
                    aria-describedby="grid-help"
                    aria-rowcount=row_count
                    aria-colcount=Column::SLOTS.to_string()
                    aria-activedescendant=move || here.get()
                    on:keydown=move |event| keyboard::navigate(sheet, &event)
                >
                    <thead>
                        <tr role="row" aria-rowindex="1">
                            {Column::OF_GROUPS.iter().map(|column| heading(*column)).collect_view()}
                        </tr>
                    </thead>
                    <tbody>
                        <For each=move || ids.get() key=|id| *id let:id>
                            {rows::group(sheet, id)}
                        </For>
                    </tbody>
                </table>
            </div>
        </div>
        <p class="hint grid-help" id="grid-help">
            "Arrow keys move · Enter or F2 edits · Esc cancels · Tab goes on · Ctrl + S saves all · ? shows how a figure adds up"
        </p>
    }
    .into_any()
}

fn heading(column: Column) -> AnyView {
    let label = if column == Column::Name {
        "Group"
    } else {
        column.label()
    };
    view! {
        <th role="columnheader" scope="col" aria-colindex=column.slot().to_string() class:first=column == Column::Name>
            {label}
        </th>
    }
    .into_any()
}

/// Scrolls no more than is needed for the cursor's cell to be seen.
fn keep_in_view(here: Memo<Option<String>>) {
    Effect::new(move |before: Option<Option<String>>| {
        let id = here.get();
        // Not for where the cursor starts.
        let element = before
            .flatten()
            .and(id.as_deref())
            .and_then(|id| document().get_element_by_id(id));
        if let Some(element) = element {
            let options = ScrollIntoViewOptions::new();
            options.set_block(ScrollLogicalPosition::Nearest);
            options.set_inline(ScrollLogicalPosition::Nearest);
            element.scroll_into_view_with_scroll_into_view_options(&options);
        }
        id
    });
}
