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
    /// The block is higher than what is below.
    #[error("Nothing was pasted: it has {rows} rows, and from here there are only {left}.")]
    TooFewRows {
        /// Rows of the block.
        rows: usize,
        /// Rows from the cursor on.
        left: usize,
    },
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

/// Pastes a block over a selection: one value, or one whose size fits several times, fills it all; any other block is laid
/// down from the upper left corner, also beyond the selection. Blank cells change nothing but a cap, where blank is none.
///
/// # Errors
/// [`PasteError`] when the block does not fit: then nothing is to be changed.
pub fn paste(layout: &Layout, area: Area, block: &Block) -> Result<Vec<Target>, PasteError> {
    let Some(first) = layout.row_at(area.first_row) else {
        return Ok(Vec::new());
    };
    let is_from_here = |slot: u8| slot >= area.first_slot;
    let slots: Vec<u8> = layout
        .columns(first)
        .iter()
        .map(|column| column.slot())
        .filter(|slot| is_from_here(*slot))
        .collect();
    let within = slots.iter().filter(|slot| **slot <= area.last_slot).count();
    let (height, width) = (
        repeated(block.height(), area.height()),
        repeated(block.width(), within),
    );
    let left = layout.len().saturating_sub(area.first_row);
    if height > left {
        return Err(PasteError::TooFewRows { rows: height, left });
    }
    if width > slots.len() {
        return Err(PasteError::TooFewColumns {
            columns: width,
            left: slots.len(),
        });
    }
    let rows = block.rows().iter().cycle().take(height).zip(area.first_row..);
    let mut targets = Vec::new();
    for (texts, place) in rows {
        let Some(row) = layout.row_at(place) else { break };
        for (text, slot) in texts.iter().cycle().take(width).zip(&slots) {
            if let Some(cell) = cell_in(layout, row, *slot)
                && !(text.trim().is_empty() && cell.column != crate::Column::Cap)
            {
                targets.push((cell, text.clone()));
                bounded(&targets)?;
            }
        }
    }
    Ok(targets)
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
            let text = cell_in(layout, source, cell.column.slot()).and_then(says);
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
            let text = cell_in(layout, source, cell.column.slot()).and_then(says);
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

fn cell_in(layout: &Layout, row: Row, slot: u8) -> Option<Cell> {
    let column = layout.columns(row).iter().find(|column| column.slot() == slot);
    column.map(|column| Cell::new(row, *column))
}

fn before(layout: &Layout, row: Row, slot: u8) -> Option<Cell> {
    let column = layout.columns(row).iter().rfind(|column| column.slot() < slot);
    column.map(|column| Cell::new(row, *column))
}

#[cfg(test)]
#[path = "paste_tests.rs"]
mod tests;
