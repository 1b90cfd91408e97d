//! What a batch of platforms' commands writes: all rows together, in a transaction that holds the head; or, where everything
//! it was decided on was known before, in one go that happens only if the head has not moved on.

use std::sync::Arc;

use sea_orm::{ConnectionTrait, DbBackend, Statement, TransactionTrait};

use super::{HoldRow, UsageRow};
use crate::connect::{Store, immediate};
use crate::error::StoreError;
use crate::ledger::{OpenBook, Pen, Rest};
use crate::pages::{Gate, Pages};
use crate::tx::{Head, Tx};
use allowance_domain::metering::CostAtRate;
use allowance_values::{CreditTypeId, HoldId};

/// What was decided.
#[derive(Debug, Default)]
pub struct Batch<'b> {
    /// Holds that were placed, as they stand by now.
    pub holds: Vec<HoldRow>,
    /// What holds cost that were consumed by a cost.
    pub captures: Vec<(HoldId, CostAtRate)>,
    /// Books with what was decided on them.
    pub books: Vec<&'b mut OpenBook>,
    /// Events that were counted.
    pub usage: Vec<Arc<UsageRow>>,
}

impl Pen {
    fn write_batch(
        &mut self,
        batch: Batch<'_>,
        pages: &mut Pages,
    ) -> Result<Vec<(CreditTypeId, Rest)>, StoreError> {
        let Batch {
            holds,
            captures,
            books,
            usage,
        } = batch;
        let mut rests = Vec::new();
        self.write_new_holds(holds, pages)?;
        for open in books {
            rests.push((open.book.terms.id, self.write(open, pages)?));
        }
        self.write_usage(&usage, pages)?;
        self.write_capture_costs(captures, pages)?;
        Ok(rests)
    }
}

impl Tx {
    /// Writes a batch. Its books count as stored afterwards.
    ///
    /// # Errors
    /// The store's own error.
    pub async fn write_batch(&mut self, batch: Batch<'_>) -> Result<(), StoreError> {
        let mut pages = Pages::default();
        let rests = self.pen.write_batch(batch, &mut pages)?;
        pages.send(self.connection()).await?;
        for (credit_type, rest) in rests {
            self.write_rest(credit_type, rest).await?;
        }
        Ok(())
    }
}

impl Store {
    /// Writes a batch that was decided on what was known at the pen's head, in one transaction and without asking anything
    /// first. The head as it is then; nothing when it has moved on meanwhile, or when the batch needs to hold it: nothing
    /// was written then.
    ///
    /// # Errors
    /// The store's own error; nothing was written, unless the database was lost on the way.
    pub async fn append(&self, mut pen: Pen, batch: Batch<'_>) -> Result<Option<Head>, StoreError> {
        let mut pages = Pages::default();
        let rests = pen.write_batch(batch, &mut pages)?;
        if rests.iter().any(|(_, rest)| !rest.is_empty()) {
            return Ok(None);
        }
        if pages.is_empty() {
            // Only refusals and repetitions: they hold if the head still stands there.
            let head = self.head(pen.organisation()).await?;
            return Ok((head == pen.head).then_some(head));
        }
        let gate = pen.move_head();
        let is_written = match self.backend() {
            DbBackend::Postgres => pages.send_through(&self.writer, gate).await?,
            _ => self.append_held(pages, gate).await?,
        };
        Ok(is_written.then_some(pen.head))
    }

    /// On SQLite: there is one writer, and nothing is on the way to it.
    async fn append_held(&self, pages: Pages, Gate { sql, values }: Gate) -> Result<bool, StoreError> {
        let tx = self.writer.begin_with_options(immediate()).await?;
        let gate = Statement::from_sql_and_values(self.backend(), sql, values);
        if tx.execute_raw(gate).await?.rows_affected() != 1 {
            tx.rollback().await?;
            return Ok(false);
        }
        pages.send(&tx).await?;
        tx.commit().await?;
        Ok(true)
    }
}
