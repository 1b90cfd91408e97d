//! The transaction every change runs in: head first, then reads, then the decision, then writes.

use std::time::Duration;

use allowance_values::{OrganisationId, PersonId, Timestamp};
use rand::Rng;
use sea_orm::{
    ConnectionTrait, DatabaseConnection, DatabaseTransaction, DbBackend, FromQueryResult, Statement,
    TransactionTrait,
};
use uuid::Uuid;

use crate::audit::AuditRecord;
use crate::connect::{Store, immediate};
use crate::error::{StoreError, TransactError};
use crate::ledger::Pen;
use crate::live::{Positions, area_of};
use crate::pages::Gate;
use crate::sessions::Founding;

/// How often a transaction is run again when the database asks for it.
const ATTEMPTS: u32 = 6;

/// Who causes a change, in which organisation, by which request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// The tenant.
    pub organisation: OrganisationId,
    /// The person; nobody for a job.
    pub actor: Option<PersonId>,
    /// The request's id, as in the logs.
    pub request_id: Option<String>,
}

impl Origin {
    /// The system itself: a job, the scheduler, the command line.
    #[must_use]
    pub const fn system(organisation: OrganisationId) -> Self {
        Self {
            organisation,
            actor: None,
            request_id: None,
        }
    }
}

/// The organisation's head: the first lock of every change, and the position of the ledger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    /// Position of the last entry; entries are numbered without gaps in commit order.
    pub seq: i64,
    /// When the last change was recorded; never runs backwards.
    pub at: Timestamp,
    /// The hash chain's last link.
    pub hash: Vec<u8>,
    /// Rises with every change of a role, status, session or key.
    pub epoch: i64,
    /// When a rate or somebody's group last changed: what happened earlier may belong elsewhere than what happens now.
    pub terms_at: Timestamp,
    /// How many changes were committed, whatever they changed: who knows the organisation at this count knows it as it is.
    pub changes: i64,
    /// Where each area last changed.
    pub positions: Positions,
}

#[derive(FromQueryResult)]
struct HeadRow {
    seq: i64,
    at: i64,
    hash: Vec<u8>,
    epoch: i64,
    terms_at: i64,
    changes: i64,
}

/// A running change. Dropped without commit, it leaves nothing behind.
pub struct Tx {
    inner: DatabaseTransaction,
    pub(crate) pen: Pen,
    audit: Vec<AuditRecord>,
    is_rehearsal: bool,
}

impl std::fmt::Debug for Tx {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Tx")
            .field("origin", &self.pen.origin)
            .field("head", &self.pen.head)
            .finish_non_exhaustive()
    }
}

/// Work that is ready to commit.
#[must_use]
#[derive(Debug)]
pub struct Done<T> {
    tx: Tx,
    value: T,
}

impl<T> Done<T> {
    /// Opens the work again, to write one more thing into the same transaction: the answer saved under a key.
    #[must_use]
    pub fn reopen(self) -> (Tx, T) {
        (self.tx, self.value)
    }
}

impl Tx {
    const fn new(inner: DatabaseTransaction, pen: Pen) -> Self {
        Self {
            inner,
            pen,
            audit: Vec::new(),
            is_rehearsal: false,
        }
    }

    /// The tenant.
    #[must_use]
    pub const fn organisation(&self) -> OrganisationId {
        self.pen.organisation()
    }

    /// Who causes the change.
    #[must_use]
    pub const fn origin(&self) -> &Origin {
        &self.pen.origin
    }

    /// The instant of the change: the clock's, but never before the head's.
    #[must_use]
    pub const fn at(&self) -> Timestamp {
        self.pen.at
    }

    /// The head as it stands within the transaction.
    #[must_use]
    pub const fn head(&self) -> &Head {
        &self.pen.head
    }

    /// A new id; ids rise within a transaction.
    #[must_use]
    pub fn new_id(&self) -> Uuid {
        self.pen.new_id()
    }

    /// What the rows of this transaction are written with.
    #[must_use]
    pub const fn pen(&self) -> &Pen {
        &self.pen
    }

    /// Records one change for the audit log; written with the commit.
    pub fn audit(&mut self, record: AuditRecord) {
        self.audit.push(record);
    }

    /// From now on this is a rehearsal: the work runs to its end, is answered, and rolled back.
    pub const fn rehearse(&mut self) {
        self.is_rehearsal = true;
    }

    /// Marks that a role, status, session or key changed, so that cached principals are read again.
    pub const fn raise_epoch(&mut self) {
        self.pen.head.epoch = self.pen.head.epoch.saturating_add(1);
    }

    /// Marks that a rate or somebody's group changes now.
    pub(crate) const fn change_terms(&mut self) {
        self.pen.head.terms_at = self.pen.at;
    }

    /// Ends the work with a value: the only shape that commits.
    pub const fn done<T>(self, value: T) -> Done<T> {
        Done { tx: self, value }
    }

    pub(crate) fn backend(&self) -> DbBackend {
        self.inner.get_database_backend()
    }

    pub(crate) const fn connection(&self) -> &DatabaseTransaction {
        &self.inner
    }

    /// The head after the commit.
    async fn commit(mut self) -> Result<Head, StoreError> {
        if self.is_rehearsal {
            self.inner.rollback().await?;
            return Ok(self.pen.head);
        }
        self.pen.touched.extend(self.audit.iter().filter_map(area_of));
        let records = std::mem::take(&mut self.audit);
        let records = records.into_iter().map(|record| (self.new_id(), record));
        crate::audit::write(&self.inner, &self.pen.origin, self.pen.at, records.collect()).await?;
        let Gate { sql, values } = self.pen.move_head();
        let statement = Statement::from_sql_and_values(self.backend(), sql, values);
        if self.inner.execute_raw(statement).await?.rows_affected() != 1 {
            return Err(StoreError::Corrupt("ledger_head"));
        }
        self.inner.commit().await?;
        Ok(self.pen.head)
    }
}

pub(crate) async fn read_head<C: ConnectionTrait>(
    connection: &C,
    organisation: OrganisationId,
    lock: bool,
) -> Result<Option<Head>, StoreError> {
    let backend = connection.get_database_backend();
    let suffix = if lock && backend == DbBackend::Postgres {
        " FOR UPDATE"
    } else {
        ""
    };
    let sql = format!(
        "SELECT seq, at, hash, epoch, terms_at, changes, {} FROM ledger_head WHERE organisation_id = $1{suffix}",
        Positions::ALL_COLUMNS
    );
    let statement = Statement::from_sql_and_values(backend, sql, [organisation.uuid().into()]);
    let Some(row) = connection.query_one_raw(statement).await? else {
        return Ok(None);
    };
    let HeadRow {
        seq,
        at,
        hash,
        epoch,
        terms_at,
        changes,
    } = HeadRow::from_query_result(&row, "")?;
    Ok(Some(Head {
        seq,
        at: Timestamp::from_micros(at),
        hash,
        epoch,
        terms_at: Timestamp::from_micros(terms_at),
        changes,
        positions: Positions::from_query_result(&row, "")?,
    }))
}

impl Store {
    /// Runs `work` in one transaction under the organisation's head, and again from the start when the database asks for
    /// it. Work that ends in [`Tx::done`] commits; any error rolls everything back.
    ///
    /// # Errors
    /// What `work` fails with, or the store's own error.
    pub async fn transact<T, E, F, W>(&self, origin: &Origin, work: F) -> Result<T, E>
    where
        F: Fn(Tx) -> W,
        W: Future<Output = Result<Done<T>, E>>,
        E: TransactError,
    {
        let (value, _) = self.transact_to_head(origin, work).await?;
        Ok(value)
    }

    /// The same, with the head as the commit left it.
    ///
    /// # Errors
    /// What `work` fails with, or the store's own error.
    pub async fn transact_to_head<T, E, F, W>(&self, origin: &Origin, work: F) -> Result<(T, Head), E>
    where
        F: Fn(Tx) -> W,
        W: Future<Output = Result<Done<T>, E>>,
        E: TransactError,
    {
        let mut attempt = 0;
        loop {
            attempt += 1;
            let outcome = match self.begin(origin).await {
                Ok(tx) => finish(tx, &work).await,
                Err(error) => Err(E::from(error)),
            };
            match outcome {
                Err(error)
                    if attempt < ATTEMPTS && error.store_error().is_some_and(StoreError::is_retriable) =>
                {
                    pause_before(attempt).await;
                }
                other => return other,
            }
        }
    }

    /// Founds an organisation and runs `work` in the same transaction, under its new head.
    ///
    /// # Errors
    /// What `work` fails with, or the store's own error; nothing is left behind then.
    pub async fn found<T, E, F, W>(&self, founding: &Founding, work: F) -> Result<T, E>
    where
        F: Fn(Tx) -> W,
        W: Future<Output = Result<Done<T>, E>>,
        E: TransactError,
    {
        let inner = self
            .writer
            .begin_with_options(immediate())
            .await
            .map_err(StoreError::from)?;
        let at = self.clock.now();
        let organisation = OrganisationId::new(self.new_id());
        founding.write(&inner, organisation, at).await?;
        let head = Head {
            seq: 0,
            at,
            hash: vec![0; 32],
            epoch: 0,
            terms_at: Timestamp::from_micros(0),
            changes: 0,
            positions: Positions::default(),
        };
        let origin = Origin {
            request_id: founding.request_id.clone(),
            ..Origin::system(organisation)
        };
        let pen = Pen::new(origin, head, at, self.ids.clone());
        let (value, _) = finish(Tx::new(inner, pen), &work).await?;
        Ok(value)
    }

    async fn begin(&self, origin: &Origin) -> Result<Tx, StoreError> {
        let inner = self
            .writer
            .begin_with_options(immediate())
            .await
            .map_err(StoreError::from)?;
        let head = read_head(&inner, origin.organisation, true)
            .await?
            .ok_or(StoreError::Corrupt("ledger_head"))?;
        Ok(Tx::new(inner, self.pen(origin.clone(), head)))
    }

    /// A pen for a change that takes up where the head stands.
    #[must_use]
    pub fn pen(&self, origin: Origin, head: Head) -> Pen {
        Pen::new(origin, head, self.clock.now(), self.ids.clone())
    }

    /// The organisation's head as it stands, without a lock.
    ///
    /// # Errors
    /// The store's own error; [`StoreError::Corrupt`] when there is no such organisation.
    pub async fn head(&self, organisation: OrganisationId) -> Result<Head, StoreError> {
        read_head(self.read(), organisation, false)
            .await?
            .ok_or(StoreError::Corrupt("ledger_head"))
    }

    /// A new id for this instant.
    #[must_use]
    pub fn new_id(&self) -> Uuid {
        self.ids.next(self.clock.now())
    }

    pub(crate) const fn writer(&self) -> &DatabaseConnection {
        &self.writer
    }
}

/// Runs the work and commits what it did.
async fn finish<T, E, F, W>(tx: Tx, work: &F) -> Result<(T, Head), E>
where
    F: Fn(Tx) -> W,
    W: Future<Output = Result<Done<T>, E>>,
    E: TransactError,
{
    let Done { tx, value } = work(tx).await?;
    let head = tx.commit().await?;
    Ok((value, head))
}

/// Waits a little longer each time, with jitter, so that two losers do not meet again.
async fn pause_before(attempt: u32) {
    let ceiling = 5_u64.saturating_mul(2_u64.saturating_pow(attempt));
    let millis = rand::rng().random_range(1..=ceiling);
    tokio::time::sleep(Duration::from_millis(millis)).await;
}
