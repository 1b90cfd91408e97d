//! Undo and redo: what each cell said before and after a step, by address and as text.
//!
//! A step knows nothing of saves, filters or order. Undone after a save, a cell is given its former text like any other
//! edit: a new draft, saved under the same rules.

use crate::cell::Cell;

/// How many steps can be undone.
const STEPS: usize = 50;

/// What a step did to a cell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// The cell.
    pub cell: Cell,
    /// What it said before.
    pub before: String,
    /// What it said after.
    pub after: String,
}

/// What one act did: a commit of the editor, a paste, a fill, a discard.
pub type Step = Vec<Change>;

/// The steps that can be undone, and those that were.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct History {
    done: Vec<Step>,
    undone: Vec<Step>,
}

impl History {
    /// Notes a step. What was undone before it cannot be done again.
    pub fn push(&mut self, mut step: Step) {
        step.retain(|change| change.before != change.after);
        if step.is_empty() {
            return;
        }
        self.undone.clear();
        self.done.push(step);
        let over = self.done.len().saturating_sub(STEPS);
        self.done.drain(..over);
    }

    /// Takes a step back: what its cells are to say again.
    pub fn undo(&mut self) -> Option<Vec<(Cell, String)>> {
        let step = self.done.pop()?;
        let texts = step.iter().map(|change| (change.cell, change.before.clone()));
        let texts = texts.collect();
        self.undone.push(step);
        Some(texts)
    }

    /// Does the step undone last again.
    pub fn redo(&mut self) -> Option<Vec<(Cell, String)>> {
        let step = self.undone.pop()?;
        let texts = step.iter().map(|change| (change.cell, change.after.clone()));
        let texts = texts.collect();
        self.done.push(step);
        Some(texts)
    }

    /// Whether there is something to undo.
    #[must_use]
    pub const fn can_undo(&self) -> bool {
        !self.done.is_empty()
    }

    /// Whether there is something to do again.
    #[must_use]
    pub const fn can_redo(&self) -> bool {
        !self.undone.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use allowance_values::{GroupId, PersonId};
    use proptest::prelude::*;
    use uuid::Uuid;

    use super::*;
    use crate::cell::{Column, Row};

    fn cell(person: u128) -> Cell {
        let group = GroupId::new(Uuid::from_u128(1));
        Cell::new(
            Row::Member(group, PersonId::new(Uuid::from_u128(person))),
            Column::Monthly,
        )
    }

    type State = BTreeMap<Cell, String>;

    fn put(state: &mut State, texts: Vec<(Cell, String)>) {
        state.extend(texts);
    }

    proptest! {
        /// Steps of many cells, undone and redone at random, against a plain list of states.
        #[test]
        fn undo_and_redo_walk_the_states(acts in prop::collection::vec((0_u8..5, 0_u128..6, 0_u32..9), 0..200)) {
            let mut history = History::default();
            let mut state: State = (0..9).map(|person| (cell(person), String::new())).collect();
            let mut past = vec![state.clone()];
            let mut at = 0;
            for (act, person, value) in acts {
                match act {
                    0 => if let Some(texts) = history.undo() {
                        put(&mut state, texts);
                        at -= 1;
                    },
                    1 => if let Some(texts) = history.redo() {
                        put(&mut state, texts);
                        at += 1;
                    },
                    _ => {
                        let cells = (person..person + 3).map(cell);
                        let step: Step = cells.map(|cell| Change {
                            cell,
                            before: state[&cell].clone(),
                            after: value.to_string(),
                        }).collect();
                        put(&mut state, step.iter().map(|change| (change.cell, change.after.clone())).collect());
                        let is_change = step.iter().any(|change| change.before != change.after);
                        history.push(step);
                        if is_change {
                            past.truncate(at + 1);
                            past.push(state.clone());
                            at += 1;
                        }
                    }
                }
                prop_assert_eq!(&state, &past[at]);
                prop_assert_eq!(history.can_redo(), at + 1 < past.len());
            }
            let mut undone = 0;
            while history.undo().is_some() {
                undone += 1;
            }
            prop_assert!(undone <= STEPS);
        }
    }

    #[test]
    fn the_last_fifty_steps_can_be_undone() {
        let mut history = History::default();
        for value in 0..80 {
            history.push(vec![Change {
                cell: cell(1),
                before: value.to_string(),
                after: (value + 1).to_string(),
            }]);
        }
        let undone: Vec<_> = std::iter::from_fn(|| history.undo()).collect();
        assert_eq!(undone.len(), STEPS);
        assert_eq!(undone.last().unwrap(), &vec![(cell(1), "30".to_owned())]);
        history.push(Vec::new());
        assert!(history.can_redo(), "nothing done is no step");
    }
}
