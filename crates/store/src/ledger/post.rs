//! The one door. Commands are decided in memory, in order; then everything is written at once.

use std::panic::{AssertUnwindSafe, catch_unwind};

use allowance_domain::allocations::{BulkMode, Command, Outcome, Refusal, decide};

use super::load::OpenBook;
use crate::error::StoreError;
use crate::tx::Tx;

/// What a command met: an outcome, or a refusal that changed nothing.
pub type Decided = Result<Outcome, Refusal>;

impl Tx {
    /// Decides the commands in order on a loaded book and writes the effects. In [`BulkMode::AllOrNothing`] the first
    /// refusal ends it and nothing is written; in [`BulkMode::PerItem`] a refusal is an answer among others.
    ///
    /// # Errors
    /// The store's own error; [`StoreError::Corrupt`] when a command breaks the domain, whose batch is then undone.
    pub async fn post(
        &mut self,
        open: &mut OpenBook,
        commands: &[Command],
        mode: BulkMode,
    ) -> Result<Vec<Decided>, StoreError> {
        let at = self.at();
        let mut answers = Vec::with_capacity(commands.len());
        let mut movements = Vec::new();
        for command in commands {
            // A command that breaks the domain ends the batch before anything was written.
            let decided = catch_unwind(AssertUnwindSafe(|| decide(&mut open.book, command, at)))
                .map_err(|_| StoreError::Corrupt("ledger"))?;
            if mode == BulkMode::AllOrNothing
                && let Err(refusal) = decided
            {
                open.book = open.stored.clone();
                answers.push(Err(refusal));
                return Ok(answers);
            }
            if let Ok(outcome) = &decided {
                movements.extend(outcome.movements.iter().copied());
            }
            answers.push(decided);
        }
        self.write_back(open, movements).await?;
        Ok(answers)
    }
}
