//! The table: one tab stop, the cursor by `aria-activedescendant`, one listener for all cells, and of many lines only
//! those in and near the view.
//!
//! While the members of the open group are in view, its row and their heading stay in sight above them.

use allowance_grid::{Column, Layout, Line, Row};
use leptos::ev::{ClipboardEvent, Event, FocusEvent, resize};
use leptos::prelude::*;
use leptos::task::{spawn_local, tick};
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlInputElement, ScrollIntoViewOptions, ScrollLogicalPosition};

use super::heading::{self, Table};
use super::sheet::{DENSITY, Sheet, cell_id};
use super::{clip, columns, keyboard, members, mouse, rows};

/// So many lines are drawn as they are.
const ALL_DRAWN: usize = 60;
/// Lines drawn above and below the view.
const AROUND: usize = 8;
/// The view moves on by so many lines at once.
const STEP: usize = 4;
/// The height of a row before one was measured.
const ROW_HEIGHT: i32 = 40;

/// What is drawn below each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Piece {
    Line(Line),
    /// Room for the lines above.
    Above,
    /// Room for the lines below.
    Below,
}

/// Which lines are drawn, and how many are left out on either side.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Drawn {
    pieces: Vec<Piece>,
    above: usize,
    below: usize,
}

impl Drawn {
    fn of(layout: &Layout, (first, end): (usize, usize)) -> Self {
        let lines = layout.lines();
        let (first, end) = if lines <= ALL_DRAWN {
            (0, lines)
        } else {
            (first.min(lines), end.min(lines))
        };
        let mut pieces: Vec<Piece> = pinned(layout, first).into_iter().map(Piece::Line).collect();
        let above = first.saturating_sub(pieces.len());
        if above > 0 {
            pieces.push(Piece::Above);
        }
        pieces.extend((first..end).filter_map(|line| layout.line_at(line).map(Piece::Line)));
        let below = lines.saturating_sub(end);
        if below > 0 {
            pieces.push(Piece::Below);
        }
        Self { pieces, above, below }
    }
}

/// The open group's row and its members' heading, when they are above the lines drawn and members are among these.
fn pinned(layout: &Layout, first: usize) -> Vec<Line> {
    let Some((heading, foot)) = layout.member_lines() else {
        return Vec::new();
    };
    let above = |line: &usize| *line < first && first <= foot;
    let lines = [heading.saturating_sub(1), heading].into_iter().filter(above);
    let pinned = lines.filter_map(|line| layout.line_at(line));
    pinned
        .filter(|line| !matches!(line, Line::Row(Row::Member(..)) | Line::Foot(_)))
        .collect()
}

/// The grid.
pub(super) fn table(sheet: Sheet) -> AnyView {
    let row_height = RwSignal::new(ROW_HEIGHT);
    let drawn = Memo::new(move |_| {
        let window = sheet.window.get();
        sheet.layout.with(|layout| Drawn::of(layout, window))
    });
    let here = Memo::new(move |_| {
        let cell = sheet.selection.get()?.cursor;
        let is_drawn = drawn.with(|drawn| drawn.pieces.contains(&Piece::Line(Line::Row(cell.row))));
        is_drawn.then(|| cell_id(cell))
    });
    let row_count = move || {
        sheet
            .layout
            .with(Layout::row_count)
            .map_or_else(|| "-1".to_owned(), |count| count.to_string())
    };
    let look_again = move || look(sheet, row_height);
    keyboard::hear_the_page(sheet);
    mouse::watch_release(sheet);
    keep_in_view(sheet, row_height);
    watch_editor(sheet, drawn);
    let resized = window_event_listener(resize, move |_| look_again());
    on_cleanup(move || resized.remove());
    // Once there is something to measure, and whenever there is more or less of it.
    crate::reactive::effect(move || {
        sheet.layout.with(Layout::lines);
        sheet.url.get(DENSITY);
        spawn_local(async move {
            tick().await;
            look_again();
        });
    });
    let piece = move |piece: Piece| match piece {
        Piece::Line(Line::Row(row)) => rows::row(sheet, row),
        Piece::Line(Line::Heading(_)) => members::heading(sheet),
        Piece::Line(Line::Foot(_)) => members::foot(sheet),
        Piece::Above => room(move || drawn.with(|drawn| drawn.above), row_height),
        Piece::Below => room(move || drawn.with(|drawn| drawn.below), row_height),
    };
    let heads: Vec<AnyView> = Column::OF_GROUPS
        .iter()
        .map(|column| heading::heading(sheet, Table::Groups, *column, column.slot(), 1))
        .collect();
    let is_dense = move || sheet.url.get(DENSITY).is_some();
    let edits = Memo::new(move |_| sheet.may_edit_any());
    view! {
        <div class="card grid-card" class:dense=is_dense>
            <div class="grid-scroll" node_ref=sheet.scroller on:scroll=move |_| look_again()>
                <table
                    node_ref=sheet.node
                    class="grid"
                    role="grid"
                    tabindex="0"
                    aria-label="Allocations"
                    aria-describedby="grid-help"
                    aria-multiselectable="true"
                    aria-rowcount=row_count
                    aria-colcount=Column::SLOTS.to_string()
                    aria-activedescendant=move || here.get()
                    on:keydown=move |event| keyboard::pressed(sheet, &event)
                    style:min-width=move || columns::whole_width(sheet)
                    on:focus=move |_| sheet.get_ready()
                    on:pointerenter=move |_| sheet.get_ready()
                    on:dblclick=move |event| mouse::clicked_twice(sheet, &event)
                    on:mousedown=move |event| mouse::pressed(sheet, &event)
                    on:mousemove=move |event| mouse::moved(sheet, &event)
                    on:click=move |event| mouse::clicked(sheet, &event)
                    on:input=move |event| typed(sheet, &event)
                    on:focusout=move |event| left(sheet, &event)
                    on:copy=move |event: ClipboardEvent| clip::copy(sheet, &event, false)
                    on:cut=move |event: ClipboardEvent| clip::copy(sheet, &event, true)
                    on:paste=move |event: ClipboardEvent| clip::paste_into(sheet, &event)
                >
                    <thead>
                        <tr role="row" aria-rowindex="1">
                            {heads}
                        </tr>
                    </thead>
                    <tbody>
                        <For each=move || drawn.get().pieces key=|piece| *piece let:shown>
                            {piece(shown)}
                        </For>
                    </tbody>
                </table>
            </div>
        </div>
        <p class="hint grid-help" id="grid-help">{move || help(edits.get())}</p>
    }
    .into_any()
}

/// The keys that are worth knowing first.
const fn help(edits: bool) -> &'static str {
    if edits {
        "Arrow keys move, with Shift they select · type, Enter or F2 edits · =100*12, +10% and /2 work out · \
         Ctrl + C, V, X, D, R, Z as in a spreadsheet · Ctrl + S saves all · ? shows all keys"
    } else {
        "Arrow keys move, with Shift they select · Ctrl + C copies · ? shows all keys"
    }
}

/// Room for lines that are not drawn.
fn room(lines: impl Fn() -> usize + Send + 'static, row_height: RwSignal<i32>) -> AnyView {
    let height = move || {
        let lines = i64::try_from(lines()).unwrap_or(i64::MAX);
        format!("{}px", lines.saturating_mul(i64::from(row_height.get())))
    };
    view! {
        <tr role="presentation" aria-hidden="true" class="room">
            <td role="presentation" colspan=Column::SLOTS.to_string() style:height=height></td>
        </tr>
    }
    .into_any()
}

/// Sees which lines are in view.
fn look(sheet: Sheet, row_height: RwSignal<i32>) {
    let Some(Some(scroller)) = sheet.scroller.try_get_untracked() else {
        return;
    };
    let row = scroller.query_selector(".group-row, .member-row").ok().flatten();
    if let Some(height) = row.map(|row| row.client_height()).filter(|height| *height > 0)
        && row_height.get_untracked() != height
    {
        row_height.set(height);
    }
    let height = row_height.get_untracked();
    let lines = |pixels: i32| usize::try_from(pixels.checked_div(height).unwrap_or(0)).unwrap_or(0);
    let first = lines(scroller.scroll_top());
    let end = first
        .saturating_add(lines(scroller.client_height()))
        .saturating_add(AROUND);
    let stepped = |line: usize| line.saturating_sub(line.checked_rem(STEP).unwrap_or(0));
    let window = (
        stepped(first.saturating_sub(AROUND)),
        stepped(end).saturating_add(STEP),
    );
    if sheet.window.get_untracked() != window {
        sheet.window.set(window);
    }
}

/// Scrolls no more than is needed for the cursor, or the corner that Shift moves, to be seen.
fn keep_in_view(sheet: Sheet, row_height: RwSignal<i32>) {
    let corner = Memo::new(move |_| sheet.selection.get().map(|selection| selection.corner()));
    Effect::new(move |before: Option<Option<allowance_grid::Cell>>| {
        let cell = corner.get();
        // Not for where the cursor starts, nor below a pressed pointer, nor to the end of what was selected at once.
        let is_still = cell.is_some() && sheet.still.get_value() == cell;
        sheet.still.set_value(None);
        if before.flatten().is_none() || is_still || sheet.drag.get_untracked().is_some() {
            return cell;
        }
        let line = cell.and_then(|cell| sheet.layout.with_untracked(|layout| layout.line_of(cell.row)));
        if let (Some(scroller), Some(line)) = (sheet.scroller.get_untracked(), line) {
            let height = row_height.get_untracked();
            let top = i32::try_from(line).unwrap_or(i32::MAX).saturating_mul(height);
            // The heading, and what stays in sight above the members.
            let is_member = cell.is_some_and(|cell| matches!(cell.row, Row::Member(..)));
            let above = if is_member { height.saturating_mul(2) } else { 0 };
            let seen = (
                scroller.scroll_top().saturating_add(above),
                scroller.client_height(),
            );
            let bottom = top.saturating_add(height.saturating_mul(2));
            if top < seen.0 {
                scroller.set_scroll_top(top.saturating_sub(above));
            } else if bottom > scroller.scroll_top().saturating_add(seen.1) {
                scroller.set_scroll_top(bottom.saturating_sub(seen.1));
            }
            look(sheet, row_height);
        }
        spawn_local(async move {
            tick().await;
            let element = cell.and_then(|cell| document().get_element_by_id(&cell_id(cell)));
            if let Some(element) = element {
                let options = ScrollIntoViewOptions::new();
                options.set_block(ScrollLogicalPosition::Nearest);
                options.set_inline(ScrollLogicalPosition::Nearest);
                element.scroll_into_view_with_scroll_into_view_options(&options);
            }
        });
        cell
    });
}

/// An editor that scrolls out of sight is closed and keeps what was typed.
fn watch_editor(sheet: Sheet, drawn: Memo<Drawn>) {
    crate::reactive::effect(move || {
        let row = sheet
            .editing
            .with_untracked(|editing| editing.as_ref().map(|editing| editing.cell.row));
        let is_drawn = |row| drawn.with(|drawn| drawn.pieces.contains(&Piece::Line(Line::Row(row))));
        drawn.track();
        if row.is_some_and(|row| !is_drawn(row)) {
            sheet.commit();
        }
    });
}

fn editor_of(event: &Event) -> Option<HtmlInputElement> {
    let element: Element = event.target()?.dyn_into().ok()?;
    (element.class_name() == "cell-input").then(|| element.unchecked_into())
}

fn typed(sheet: Sheet, event: &Event) {
    if let Some(input) = editor_of(event) {
        sheet.no_longer_fresh();
        sheet.typed(&input.value());
    }
}

/// Leaving the editor by a click elsewhere keeps what was typed, without taking the focus back.
fn left(sheet: Sheet, event: &FocusEvent) {
    if editor_of(event).is_some() {
        sheet.commit();
    }
}
