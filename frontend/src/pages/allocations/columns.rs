//! How wide the columns are: as the page lays them out until somebody changes one; then each as wide as was said, in the
//! address, and kept in this browser.

use allowance_grid::Column;
use leptos::ev::{mousemove, mouseup};
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::HtmlElement;

use super::super::list_url::ListUrl;
use super::sheet::{COLUMNS, Sheet};
use crate::browser;

/// Where widths are kept.
const KEY: &str = "allowance-grid-columns";
const NARROWEST: i32 = 56;
const WIDEST: i32 = 900;
/// The last column takes what is left, but never less.
const LAST: i32 = 130;
/// Columns with a width of their own: all but the last.
const COUNT: usize = 8;

/// The widths in the address, else those kept in this browser; none when nobody changed any.
pub(super) fn of(url: ListUrl) -> Vec<i32> {
    let text = url
        .get(COLUMNS)
        .or_else(|| browser::kept(KEY))
        .unwrap_or_default();
    let widths: Vec<i32> = text.split('-').filter_map(|width| width.parse().ok()).collect();
    let is_whole = widths.len() == COUNT && widths.iter().all(|width| (NARROWEST..=WIDEST).contains(width));
    if is_whole { widths } else { Vec::new() }
}

/// The style of a column's heading; nothing as long as the page lays it out.
pub(super) fn width(sheet: Sheet, column: Column) -> String {
    let place = usize::from(column.slot().saturating_sub(1));
    let width = sheet.widths.with(|widths| widths.get(place).copied());
    match width {
        Some(width) => format!("{width}px"),
        None if column == Column::Actions && sheet.widths.with(|widths| !widths.is_empty()) => {
            "auto".to_owned()
        }
        None => String::new(),
    }
}

/// The style of the whole table.
pub(super) fn whole_width(sheet: Sheet) -> String {
    sheet.widths.with(|widths| {
        let sum = widths.iter().fold(LAST, |sum, width| sum.saturating_add(*width));
        if widths.is_empty() {
            String::new()
        } else {
            format!("{sum}px")
        }
    })
}

/// By which a column is made wider; a double click fits it. The keyboard has Alt + Shift + arrows for it.
pub(super) fn grip(column: Column) -> AnyView {
    view! { <span class="grip" data-slot=column.slot().to_string() aria-hidden="true"></span> }.into_any()
}

/// As wide as they are drawn now, where nobody changed any yet.
fn measured(sheet: Sheet) -> Vec<i32> {
    let widths = sheet.widths.get_untracked();
    if !widths.is_empty() {
        return widths;
    }
    let measured = (1..=COUNT).filter_map(|slot| Some(head(sheet, slot)?.offset_width()));
    measured.map(within).collect()
}

fn within(width: i32) -> i32 {
    width.clamp(NARROWEST, WIDEST)
}

fn head(sheet: Sheet, slot: usize) -> Option<HtmlElement> {
    let table = sheet.node.get_untracked()?;
    let head = table.query_selector(&format!("thead [aria-colindex=\"{slot}\"]"));
    head.ok()??.dyn_into().ok()
}

fn set(sheet: Sheet, slot: u8, width: i32) -> Option<()> {
    let mut widths = measured(sheet);
    *widths.get_mut(usize::from(slot.checked_sub(1)?))? = within(width);
    sheet.widths.set(widths);
    Some(())
}

fn get(sheet: Sheet, slot: u8) -> Option<i32> {
    measured(sheet).get(usize::from(slot.checked_sub(1)?)).copied()
}

/// Notes the widths in the address and in this browser.
fn keep(sheet: Sheet) {
    let widths: Vec<String> = sheet
        .widths
        .with_untracked(|widths| widths.iter().map(i32::to_string).collect());
    let text = widths.join("-");
    browser::keep(KEY, &text);
    sheet.url.note(COLUMNS, Some(text));
}

pub(super) fn widen(sheet: Sheet, slot: u8, by: i32) {
    if let Some(width) = get(sheet, slot)
        && set(sheet, slot, width.saturating_add(by)).is_some()
    {
        keep(sheet);
        let width = get(sheet, slot).unwrap_or(width);
        sheet.heard.set(format!("{width} pixels wide"));
    }
}

/// Follows the pointer until it is let go, which may have been before this was fetched.
pub(super) fn drag(sheet: Sheet, slot: u8, from: i32) {
    let Some(width) = get(sheet, slot) else { return };
    let handles = StoredValue::new_local(Vec::<WindowListenerHandle>::new());
    let end = move || {
        for handle in handles.try_update_value(std::mem::take).unwrap_or_default() {
            handle.remove();
        }
        if get(sheet, slot) != Some(width) {
            keep(sheet);
        }
    };
    let moves = window_event_listener(mousemove, move |event| {
        if event.buttons() == 0 {
            return end();
        }
        let by = event.client_x().saturating_sub(from);
        let _is_set = set(sheet, slot, width.saturating_add(by));
    });
    let ends = window_event_listener(mouseup, move |_| end());
    handles.set_value(vec![moves, ends]);
}

/// As the page lays them out.
pub(super) fn reset(sheet: Sheet) {
    browser::keep(KEY, "");
    sheet.url.note(COLUMNS, None);
    sheet.widths.set(Vec::new());
}

/// For a moment every column is as wide as what stands in it. The names of members reach over two columns.
pub(super) fn fit(sheet: Sheet, slot: u8) {
    let before = measured(sheet);
    let Some(table) = sheet.node.get_untracked() else {
        return;
    };
    let drawn = |slot: u8| head(sheet, usize::from(slot)).map_or(0, |head| head.offset_width());
    let _is_set = table.class_list().add_1("fit");
    let mut width = drawn(slot);
    if slot == Column::Name.slot() {
        let beside = before.get(usize::from(slot)).copied().unwrap_or(0);
        let both = width.saturating_add(drawn(slot.saturating_add(1)));
        width = width.max(both.saturating_sub(beside));
    }
    let _is_set = table.class_list().remove_1("fit");
    if set(sheet, slot, width).is_some() {
        keep(sheet);
    }
}
