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
use allowance_values::{CreditTypeId, HoldId, OrganisationId};

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

/// A batch whose rows are made, to be written past the very head it was decided on.
pub struct Prepared {
    organisation: OrganisationId,
    pages: Pages,
    /// Nothing where there is nothing to write.
    gate: Option<Gate>,
    head: Head,
}

impl std::fmt::Debug for Prepared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Prepared")
            .field("head", &self.head)
            .finish_non_exhaustive()
    }
}

impl Prepared {
    /// The head as it will stand.
    #[must_use]
    pub const fn head(&self) -> &Head {
        &self.head
    }
}

impl Store {
    /// Makes the rows of a batch that was decided on what was known at the pen's head. Nothing when the batch needs to hold
    /// the head.
    ///
    /// # Errors
    /// When a row cannot be made.
    pub fn prepare(&self, mut pen: Pen, batch: Batch<'_>) -> Result<Option<Prepared>, StoreError> {
        let mut pages = Pages::default();
        let rests = pen.write_batch(batch, &mut pages)?;
        if rests.iter().any(|(_, rest)| !rest.is_empty()) {
            return Ok(None);
        }
        let gate = (!pages.is_empty()).then(|| pen.move_head());
        Ok(Some(Prepared {
            organisation: pen.organisation(),
            pages,
            gate,
            head: pen.head,
        }))
    }

    /// Writes a prepared batch in one transaction and without asking anything first. Whether it was written: nothing was
    /// when the head has moved on since.
    ///
    /// # Errors
    /// The store's own error; nothing was written, unless the database was lost on the way.
    pub async fn append(&self, prepared: Prepared) -> Result<bool, StoreError> {
        let Prepared {
            organisation,
            pages,
            gate,
            head,
        } = prepared;
        match (gate, self.backend()) {
            // Only refusals and repetitions: they hold if the head still stands there.
            (None, _) => Ok(self.head(organisation).await? == head),
            (Some(gate), DbBackend::Postgres) => pages.send_through(&self.appender, gate).await,
            (Some(gate), _) => self.append_held(pages, gate).await,
        }
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
