//! The pointer: one listener for the whole table finds the cell below it. A press selects, a drag selects a range, a
//! press without a drag opens the editor, and the square at the selection's corner fills.

use allowance_grid::{Cell, Column, Row};
use leptos::ev::{MouseEvent, mouseup};
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::Element;

use super::act::Act;
use super::editing::Opening;
use super::keyboard;
use super::sheet::Sheet;
use crate::browser;

/// This close to the edge a drag scrolls.
const EDGE: i32 = 28;

/// What the pressed pointer is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Drag {
    /// Selecting; whether it left the cell where it began, or extends what was selected.
    Select { has_moved: bool },
    /// Filling, to a place.
    Fill { to: usize },
}

/// The pointer is pressed in the table.
pub(super) fn pressed(sheet: Sheet, event: &MouseEvent) {
    let Some(target) = element(event) else { return };
    if event.button() != 0 || target.closest(".cell-input").ok().flatten().is_some() {
        return;
    }
    if let Some(slot) = slot_of_grip(&target) {
        event.prevent_default();
        return sheet.act(Act::Drag(slot, event.client_x()));
    }
    let Some(cell) = cell_of(sheet, &target) else {
        return;
    };
    // The table keeps the keyboard, whatever button was pressed in it.
    event.prevent_default();
    sheet.commit();
    sheet.focus();
    sheet.is_tabbing.set_value(false);
    if target.closest(".fill-handle").ok().flatten().is_some() {
        let to = sheet.range.get_untracked().map_or(0, |range| range.last_row);
        sheet.drag.set(Some(Drag::Fill { to }));
    } else if event.shift_key() {
        sheet.drag.set(Some(Drag::Select { has_moved: true }));
        sheet.reselect(|selection, _| selection.extended_to(cell));
    } else {
        sheet.drag.set(Some(Drag::Select { has_moved: false }));
        sheet.select(cell);
    }
}

/// The pointer moves over the table.
pub(super) fn moved(sheet: Sheet, event: &MouseEvent) {
    let Some(drag) = sheet.drag.get_untracked() else {
        return;
    };
    if event.buttons() == 0 {
        return sheet.drag.set(None);
    }
    scroll_at_the_edge(sheet, event.client_y());
    let Some(cell) = element(event).and_then(|target| cell_of(sheet, &target)) else {
        return;
    };
    match drag {
        Drag::Select { has_moved } => {
            let is_elsewhere = sheet
                .selection
                .with_untracked(|selection| selection.is_some_and(|selection| selection.corner() != cell));
            if is_elsewhere {
                if !has_moved {
                    sheet.drag.set(Some(Drag::Select { has_moved: true }));
                }
                sheet.reselect(|selection, _| selection.extended_to(cell));
            }
        }
        Drag::Fill { to } => {
            let place = sheet.layout.with_untracked(|layout| layout.place(cell.row));
            if let Some(place) = place.filter(|place| *place != to) {
                sheet.drag.set(Some(Drag::Fill { to: place }));
            }
        }
    }
}

/// The pointer is let go, wherever that is.
pub(super) fn watch_release(sheet: Sheet) {
    let handle = window_event_listener(mouseup, move |_| {
        let Some(drag) = sheet.drag.try_get_untracked().flatten() else {
            return;
        };
        sheet.drag.set(None);
        match drag {
            Drag::Fill { to } => sheet.act(Act::FillTo(to)),
            Drag::Select { has_moved: true } => {}
            Drag::Select { has_moved: false } => {
                if let Some(cell) = sheet.cursor() {
                    opened(sheet, cell);
                }
            }
        }
    });
    on_cleanup(move || handle.remove());
}

/// A click on a button in the table.
pub(super) fn clicked(sheet: Sheet, event: &MouseEvent) {
    let Some(target) = element(event) else { return };
    let Some(button) = target.closest("[data-act]").ok().flatten() else {
        return;
    };
    let Some(cell) = cell_of(sheet, &target) else {
        return;
    };
    match button.get_attribute("data-act").as_deref() {
        Some("save") => {
            sheet.act(Act::Save(cell.row));
            sheet.focus();
        }
        _ => keyboard::explain(sheet, cell),
    }
}

/// Two clicks on the edge of a heading.
pub(super) fn clicked_twice(sheet: Sheet, event: &MouseEvent) {
    if let Some(slot) = element(event).as_ref().and_then(slot_of_grip) {
        sheet.act(Act::Fit(slot));
    }
}

fn slot_of_grip(target: &Element) -> Option<u8> {
    target.get_attribute("data-slot")?.parse().ok()
}

/// A press without a drag.
fn opened(sheet: Sheet, cell: Cell) {
    match (cell.row, cell.column) {
        (Row::Group(group), Column::Name) => sheet.toggle(group),
        _ => sheet.edit(cell, Opening::Clicked),
    }
}

fn scroll_at_the_edge(sheet: Sheet, y: i32) {
    let Some(scroller) = sheet.scroller.get_untracked() else {
        return;
    };
    let seen = scroller.get_bounding_client_rect();
    let (top, bottom) = (browser::pixels(seen.top()), browser::pixels(seen.bottom()));
    let by = if y > bottom.saturating_sub(EDGE) {
        EDGE
    } else if y < top.saturating_add(EDGE.saturating_mul(2)) {
        EDGE.saturating_neg()
    } else {
        return;
    };
    scroller.set_scroll_top(scroller.scroll_top().saturating_add(by));
}

fn element(event: &MouseEvent) -> Option<Element> {
    event.target()?.dyn_into().ok()
}

/// The cell an element stands in.
pub(super) fn cell_of(sheet: Sheet, element: &Element) -> Option<Cell> {
    let id = element.closest("td[id]").ok()??.id();
    let (row, slot) = id.rsplit_once('-')?;
    let slot: u8 = slot.parse().ok()?;
    let row = match row.parse() {
        Ok(group) => Row::Group(group),
        Err(_) => Row::Member(sheet.open_group.get_untracked()?, row.parse().ok()?),
    };
    sheet.layout.with_untracked(|layout| {
        let column = layout.columns(row).iter().find(|column| column.slot() == slot)?;
        Some(Cell::new(row, *column))
    })
}
