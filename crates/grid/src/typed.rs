//! What was typed into the cells of one row. They are few, so a sorted list holds them.

use allowance_values::Credits;
use serde::{Deserialize, Serialize};

use crate::cell::Column;

/// A cell's text, and what stood there when its editing began.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Typed {
    pub(crate) text: String,
    pub(crate) was: Option<Credits>,
}

/// By column, each once, in order.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct TypedCells(Vec<(Column, Typed)>);

impl TypedCells {
    pub(crate) const fn len(&self) -> usize {
        self.0.len()
    }

    pub(crate) const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (Column, &Typed)> {
        self.0.iter().map(|(column, typed)| (*column, typed))
    }

    pub(crate) fn get(&self, column: Column) -> Option<&Typed> {
        self.iter()
            .find(|(known, _)| *known == column)
            .map(|(_, typed)| typed)
    }

    pub(crate) fn get_mut(&mut self, column: Column) -> Option<&mut Typed> {
        let mut cells = self.0.iter_mut();
        cells.find(|(known, _)| *known == column).map(|(_, typed)| typed)
    }

    pub(crate) fn insert(&mut self, column: Column, typed: Typed) {
        match self.get_mut(column) {
            Some(known) => *known = typed,
            None => {
                let at = self.0.iter().take_while(|(known, _)| *known < column).count();
                self.0.insert(at, (column, typed));
            }
        }
    }

    pub(crate) fn remove(&mut self, column: Column) {
        self.0.retain(|(known, _)| *known != column);
    }

    pub(crate) fn retain(&mut self, mut stays: impl FnMut(Column, &mut Typed) -> bool) {
        self.0.retain_mut(|(column, typed)| stays(*column, typed));
    }
}
