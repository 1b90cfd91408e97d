//! Proving the books: entries against the chain, balances against entries, parts against the whole. It reads with its
//! own statements and adds up by itself; it shares no SQL with posting.
//!
//! What was proven is kept ([`proving`]): how far, and what the accounts held there. The next proof reads on from there,
//! in constant memory however long the ledger is; a full one begins again at the first entry.

mod chain;
mod compare;
mod proving;
mod sums;

use allowance_values::{Credits, OrganisationId};
use sea_orm::{DatabaseTransaction, EntityTrait, QueryOrder};

use self::chain::Mark;
use self::sums::ByCycle;
use crate::connect::Store;
use crate::entities::{books_proof, ledger_head, organisation};
use crate::error::StoreError;

pub use proving::LastProof;

/// Something that is wrong, in words, naming the row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding(pub String);

/// What a proof found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proof {
    /// Position up to which the ledger was read.
    pub seq: i64,
    /// The chain's last link.
    pub head: Vec<u8>,
    /// How many entries were read.
    pub entries: u64,
    /// What is wrong; nothing when the books are proven.
    pub findings: Vec<Finding>,
}

const PAGE: u64 = 5_000;
const MOST_FINDINGS: usize = 100;

/// Everything is read from one snapshot, so that nothing moves under the proof.
struct Prover {
    tx: DatabaseTransaction,
    organisation: OrganisationId,
    /// Whether an earlier proof kept what the accounts held.
    has_kept: bool,
    findings: Vec<Finding>,
}

impl Store {
    /// Proves an organisation's books, from where the last proof ended, and keeps nothing.
    ///
    /// # Errors
    /// The store's own error. What is wrong with the books is no error but a finding.
    pub async fn verify(&self, organisation: OrganisationId) -> Result<Proof, StoreError> {
        let (mut prover, mark) = self.begin_proof(organisation).await?;
        let head = prover.head().await?;
        let reading = prover.read_chain(&head, mark, u64::MAX).await?;
        prover.compare_with(reading.sums).await?;
        prover.end(&head, reading.entries).await
    }

    /// A prover on a snapshot of now, and where the last proof ended.
    async fn begin_proof(&self, organisation: OrganisationId) -> Result<(Prover, Mark), StoreError> {
        let tx = self.snapshot().await?;
        let kept = books_proof::Entity::find_by_id(organisation.uuid())
            .one(&tx)
            .await?
            .filter(|row| row.seq > 0);
        let prover = Prover {
            tx,
            organisation,
            has_kept: kept.is_some(),
            findings: Vec::new(),
        };
        let mark = kept.map_or_else(Mark::start, |row| Mark {
            seq: row.seq,
            hash: row.hash,
            at: row.at,
        });
        Ok((prover, mark))
    }

    /// All organisations, oldest first.
    ///
    /// # Errors
    /// The store's own error.
    pub async fn list_organisations(&self) -> Result<Vec<(OrganisationId, String)>, StoreError> {
        let rows = organisation::Entity::find()
            .order_by_asc(organisation::Column::CreatedAt)
            .all(self.read())
            .await?;
        Ok(rows
            .into_iter()
            .map(|row| (OrganisationId::new(row.id), row.name))
            .collect())
    }
}

impl Prover {
    async fn head(&self) -> Result<ledger_head::Model, StoreError> {
        ledger_head::Entity::find_by_id(self.organisation.uuid())
            .one(&self.tx)
            .await?
            .ok_or(StoreError::Corrupt("ledger_head"))
    }

    /// Compares balances with what was read, together with what was kept.
    async fn compare_with(&mut self, mut sums: ByCycle) -> Result<(), StoreError> {
        if self.has_kept {
            self.join_kept(&mut sums).await?;
        }
        self.compare(&sums).await?;
        self.compare_costs(&sums).await
    }

    async fn end(self, head: &ledger_head::Model, entries: u64) -> Result<Proof, StoreError> {
        let Self { tx, findings, .. } = self;
        tx.rollback().await?;
        Ok(Proof {
            seq: head.seq,
            head: head.hash.clone(),
            entries,
            findings,
        })
    }

    fn find(&mut self, text: String) {
        if self.findings.len() < MOST_FINDINGS {
            self.findings.push(Finding(text));
        }
    }

    fn compare_amount(&mut self, what: impl Fn() -> String, stored: i64, proven: i128) {
        if i128::from(stored) != proven {
            let shown = i64::try_from(proven)
                .map_or_else(|_| proven.to_string(), |p| Credits::from_micros(p).to_string());
            self.find(format!(
                "{}: stored {}, entries say {shown}",
                what(),
                Credits::from_micros(stored)
            ));
        }
    }
}
