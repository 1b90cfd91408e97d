//! Where pasted, filled and typed text lands: cells by address, loaded or not. What of it may be edited is for the caller.

use crate::cell::{Cell, Row};
use crate::clipboard::Block;
use crate::layout::Layout;
use crate::selection::Area;

/// Most cells one paste or fill may change: what one save can carry.
pub const MOST_CELLS: usize = 5_000;

/// A cell and the text it is given.
pub type Target = (Cell, String);

/// Why nothing was pasted or filled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PasteError {
    /// The block is wider than what is to the right.
    #[error("Nothing was pasted: it has {columns} columns, and from here there are only {left}.")]
    TooFewColumns {
        /// Columns of the block.
        columns: usize,
        /// Columns from the cursor on.
        left: usize,
    },
    /// More cells than one step may change.
    #[error("That is more than {MOST_CELLS} cells at once. Use the bulk actions for so many.")]
    TooMany,
}

/// What a paste comes to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Pasted {
    /// The cells it lands in.
    pub targets: Vec<Target>,
    /// Rows of the block for which there is no row any more.
    pub left_out: usize,
}

/// How many rows a block takes: those of the selection when it fits into it several times.
#[must_use]
pub fn height(area: Area, block: &Block) -> usize {
    repeated(block.height(), area.height())
}

/// Pastes a block over a selection: one value, or one whose size fits several times, fills it all; any other block is laid
/// down from the upper left corner, also beyond the selection, on to the last member of the view. Blank cells change
/// nothing but a cap, where blank is none.
///
/// # Errors
/// [`PasteError`] when the block does not fit: then nothing is to be changed.
pub fn paste(layout: &Layout, area: Area, block: &Block) -> Result<Pasted, PasteError> {
    let Some(first) = layout.row_at(area.first_row) else {
        return Ok(Pasted::default());
    };
    let is_from_here = |slot: u8| slot >= area.first_slot;
    let slots: Vec<u8> = layout
        .columns(first)
        .iter()
        .map(|column| column.slot())
        .filter(|slot| is_from_here(*slot))
        .collect();
    let within = slots.iter().filter(|slot| **slot <= area.last_slot).count();
    let width = repeated(block.width(), within);
    if width > slots.len() {
        return Err(PasteError::TooFewColumns {
            columns: width,
            left: slots.len(),
        });
    }
    let end = layout.end_from(first).max(area.last_row.saturating_add(1));
    let mut pasted = Pasted::default();
    let rows = block.rows().iter().cycle().take(height(area, block));
    for (texts, place) in rows.zip(area.first_row..) {
        let row = if place < end { layout.row_at(place) } else { None };
        let Some(row) = row else {
            let says_something = texts.iter().any(|text| !text.trim().is_empty());
            pasted.left_out = pasted.left_out.saturating_add(usize::from(says_something));
            continue;
        };
        for (text, slot) in texts.iter().cycle().take(width).zip(&slots) {
            if let Some(cell) = layout.cell_in(row, *slot)
                && !(text.trim().is_empty() && cell.column != crate::Column::Cap)
            {
                pasted.targets.push((cell, text.clone()));
                bounded(&pasted.targets)?;
            }
        }
    }
    Ok(pasted)
}

/// As far as a selection goes when the block fits into it several times; else the block's own size.
fn repeated(block: usize, selected: usize) -> usize {
    match selected.checked_rem(block) {
        Some(0) => selected,
        _ => block,
    }
}

/// Ctrl + D: each column's first row downwards; in one row, the row above.
///
/// # Errors
/// [`PasteError::TooMany`].
pub fn fill_down(
    layout: &Layout,
    area: Area,
    says: &dyn Fn(Cell) -> Option<String>,
) -> Result<Vec<Target>, PasteError> {
    let (source, first) = if area.height() > 1 {
        (area.first_row, area.first_row.saturating_add(1))
    } else {
        match area.first_row.checked_sub(1) {
            Some(above) => (above, area.first_row),
            None => return Ok(Vec::new()),
        }
    };
    let Some(source) = layout.row_at(source) else {
        return Ok(Vec::new());
    };
    let mut targets = Vec::new();
    for place in first..=area.last_row {
        let Some(row) = layout.row_at(place) else { break };
        for cell in area.cells_of(layout, row) {
            let text = layout.cell_in(source, cell.column.slot()).and_then(says);
            targets.extend(text.map(|text| (cell, text)));
            bounded(&targets)?;
        }
    }
    Ok(targets)
}

/// Ctrl + R: each row's first column to the right; in one column, the column to the left.
///
/// # Errors
/// [`PasteError::TooMany`].
pub fn fill_right(
    layout: &Layout,
    area: Area,
    says: &dyn Fn(Cell) -> Option<String>,
) -> Result<Vec<Target>, PasteError> {
    let mut targets = Vec::new();
    for row in area.rows(layout) {
        let mut cells: Vec<Cell> = area.cells_of(layout, row).collect();
        if let ([only], Some(before)) = (&*cells, before(layout, row, area.first_slot)) {
            cells = vec![before, *only];
        }
        let Some((first, others)) = cells.split_first() else {
            continue;
        };
        if let Some(text) = says(*first) {
            targets.extend(others.iter().map(|cell| (*cell, text.clone())));
            bounded(&targets)?;
        }
    }
    Ok(targets)
}

/// The fill handle: the selection's rows repeated up or down to a place.
///
/// # Errors
/// [`PasteError::TooMany`].
pub fn fill_to(
    layout: &Layout,
    area: Area,
    place: usize,
    says: &dyn Fn(Cell) -> Option<String>,
) -> Result<Vec<Target>, PasteError> {
    let mut targets = Vec::new();
    let filled: Vec<usize> = if place > area.last_row {
        (area.last_row.saturating_add(1)..=place).collect()
    } else {
        (place..area.first_row).rev().collect()
    };
    let down = area.first_row..=area.last_row;
    let sources: Vec<usize> = if place > area.last_row {
        down.collect()
    } else {
        down.rev().collect()
    };
    for (place, source) in filled.into_iter().zip(sources.iter().cycle()) {
        let (Some(row), Some(source)) = (layout.row_at(place), layout.row_at(*source)) else {
            break;
        };
        for cell in area.cells_of(layout, row) {
            let text = layout.cell_in(source, cell.column.slot()).and_then(says);
            targets.extend(text.map(|text| (cell, text)));
            bounded(&targets)?;
        }
    }
    Ok(targets)
}

fn bounded(targets: &[Target]) -> Result<(), PasteError> {
    if targets.len() > MOST_CELLS {
        Err(PasteError::TooMany)
    } else {
        Ok(())
    }
}

fn before(layout: &Layout, row: Row, slot: u8) -> Option<Cell> {
    let column = layout.columns(row).iter().rfind(|column| column.slot() < slot);
    column.map(|column| Cell::new(row, *column))
}

#[cfg(test)]
#[path = "paste_tests.rs"]
mod tests;
