//! The one door. Commands are decided in memory, in order; then everything is written at once.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use allowance_domain::allocations::{BulkMode, Command, Outcome, Refusal, decide};
use allowance_domain::ledger::Movement;
use allowance_values::Timestamp;

use super::load::OpenBook;
use crate::error::StoreError;
use crate::tx::Tx;

/// What a command met: an outcome, or a refusal that changed nothing.
pub type Decided = Result<Outcome, Refusal>;

/// A movement with the request that caused it.
#[derive(Debug, Clone)]
pub(crate) struct Caused {
    pub(crate) movement: Movement,
    pub(crate) request_id: Option<Arc<str>>,
}

impl OpenBook {
    /// Decides a command on the book. What it moves waits for [`Tx::write`].
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] when the command breaks the domain: the book is not to be used any more.
    pub fn decide(
        &mut self,
        command: &Command,
        at: Timestamp,
        request_id: Option<&Arc<str>>,
    ) -> Result<Decided, StoreError> {
        let decided = catch_unwind(AssertUnwindSafe(|| decide(&mut self.book, command, at)))
            .map_err(|_| StoreError::Corrupt("ledger"))?;
        if let Ok(outcome) = &decided {
            self.pending
                .extend(outcome.movements.iter().map(|movement| Caused {
                    movement: *movement,
                    request_id: request_id.cloned(),
                }));
        }
        Ok(decided)
    }

    /// Forgets what was decided and not written.
    fn put_back(&mut self) {
        self.book = self.stored.clone();
        self.pending.clear();
    }
}

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
        let request_id = self.origin().request_id.as_deref().map(Arc::from);
        let mut answers = Vec::with_capacity(commands.len());
        for command in commands {
            let decided = open.decide(command, at, request_id.as_ref())?;
            if mode == BulkMode::AllOrNothing
                && let Err(refusal) = decided
            {
                open.put_back();
                answers.push(Err(refusal));
                return Ok(answers);
            }
            answers.push(decided);
        }
        self.write(open).await?;
        Ok(answers)
    }
}
