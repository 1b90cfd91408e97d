//! What changes cells and saves them: in a file of its own that is fetched as soon as somebody turns to the grid, so that
//! looking at it weighs less. Whoever asks for it calls [`Sheet::act`].

use allowance_grid::{Row, Target, fill_down, fill_right};
use leptos::prelude::*;
use web_sys::DataTransfer;

use super::acts::Origin;
use super::bars;
use super::bulk;
use super::clip;
use super::columns;
use super::editing::Editing;
use super::keep;
use super::rows;
use super::sheet::Sheet;
use super::views;
use crate::parts::{self, NotLoaded, wasm_split};
use crate::ui::Tone;

/// Something to be done to cells, rows or columns.
#[derive(Debug, Clone)]
pub(super) enum Act {
    /// Takes what is typed in the editor, with every keystroke.
    Typed(Editing, String),
    /// Keeps what was typed in an editor that was closed.
    Committed(Editing),
    /// Forgets it.
    Cancelled(Editing),
    /// Saves a row.
    Save(Row),
    /// Saves all that is unsaved.
    SaveAll,
    /// Forgets all that is unsaved.
    Discard,
    /// Pastes what the clipboard holds: as text, and as HTML.
    Paste {
        plain: String,
        markup: String,
    },
    /// Copies what is selected into what the browser asks to be filled.
    CopyInto(DataTransfer, bool),
    /// Copies once everything that is selected is read.
    Copy {
        is_cut: bool,
    },
    /// Reads what is selected to its last row.
    ReadSelected,
    /// Says what the selection comes to.
    Sum,
    /// Empties the selected cells.
    Clear,
    /// Types a text into all selected cells.
    Type(String),
    FillDown,
    FillRight,
    /// Repeats the selection up or down to a place.
    FillTo(usize),
    Undo,
    Redo,
    /// Takes a save back: the cells get these texts and are saved.
    TakeBack(Vec<Target>),
    /// Takes up the edits that were kept over a reload.
    Restore(String),
    /// Keeps the edits over a reload.
    Keep,
    /// Hands the rows of the view to the reader.
    Export,
    /// Makes the column of a slot wider by so many pixels.
    Widen(u8, i32),
    /// Makes it as wide as what stands in it.
    Fit(u8),
    /// Makes it as wide as the pointer is moved from here.
    Drag(u8, i32),
}

type Done = fn(Sheet, Act);

/// What stands around the cells once somebody acts.
#[derive(Debug, Clone, Copy)]
pub(super) struct Around {
    /// How much is unsaved.
    pub(super) save_bar: fn(Sheet) -> AnyView,
    /// Why a row was not saved.
    pub(super) trouble: fn(Sheet, Row) -> AnyView,
    /// What the menus above the table offer.
    pub(super) views: fn(Sheet) -> AnyView,
    pub(super) bulk: fn(Sheet) -> AnyView,
}

#[wasm_split(acts, wasm_split_path = ::leptos::wasm_split, fallible)]
pub(super) fn around() -> Result<Around, NotLoaded> {
    Ok(Around {
        save_bar: bars::save_bar,
        trouble: rows::trouble,
        views: views::items,
        bulk: bulk::items,
    })
}

#[wasm_split(acts, wasm_split_path = ::leptos::wasm_split, fallible)]
fn acts() -> Result<Done, NotLoaded> {
    Ok(done)
}

impl Sheet {
    /// Fetches what is needed to act: somebody turned to the grid.
    pub(super) fn get_ready(self) {
        parts::with(acts(), move |done| {
            if done.is_ok() {
                let _gone = self.is_ready.try_set_value(true);
            }
        });
    }

    /// Does something, at once where that is fetched already.
    pub(super) fn act(self, act: Act) {
        parts::with(acts(), move |done| match done {
            Ok(done) => done(self, act),
            Err(_) => self.say(
                Tone::Bad,
                "This needs a part of Allowance that could not be loaded. Nothing was changed; try again.",
            ),
        });
    }
}

fn done(sheet: Sheet, act: Act) {
    match act {
        Act::Typed(editing, text) => sheet.take_typed(&editing, &text),
        Act::Committed(editing) => sheet.keep_typed(editing),
        Act::Cancelled(editing) => sheet.forget_typed(&editing),
        Act::Save(row) => sheet.save_row(row),
        Act::SaveAll => sheet.save_all(),
        Act::Discard => sheet.discard_all(),
        Act::Paste { plain, markup } => clip::paste_text(sheet, &plain, &markup),
        Act::CopyInto(data, is_cut) => clip::copy_into(sheet, &data, is_cut),
        Act::Copy { is_cut } => clip::read_and_copy(sheet, is_cut),
        Act::ReadSelected => sheet.read_selected_after_a_while(),
        Act::Sum => bars::say_sum(sheet),
        Act::Clear => sheet.clear(),
        Act::Type(text) => {
            let targets = sheet
                .selected_cells()
                .into_iter()
                .map(|cell| (cell, text.clone()));
            sheet.put(targets.collect(), Origin::Typed, "Typed into");
        }
        Act::FillDown => sheet.fill(fill_down),
        Act::FillRight => sheet.fill(fill_right),
        Act::FillTo(place) => sheet.fill_to(place),
        Act::Undo => sheet.undo(false),
        Act::Redo => sheet.undo(true),
        Act::TakeBack(targets) => sheet.take_back(targets),
        Act::Restore(text) => keep::take_up(sheet, &text),
        Act::Keep => keep::keep(sheet),
        Act::Export => sheet.export(),
        Act::Widen(slot, by) => columns::widen(sheet, slot, by),
        Act::Fit(slot) => columns::fit(sheet, slot),
        Act::Drag(slot, from) => columns::drag(sheet, slot, from),
    }
}
