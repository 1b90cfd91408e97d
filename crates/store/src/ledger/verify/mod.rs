//! Proving the books: entries against the chain, balances against entries, parts against the whole. It reads with its
//! own statements and adds up by itself; it shares no SQL with posting.

mod chain;
mod compare;

use allowance_values::{Credits, OrganisationId};
use sea_orm::{AccessMode, DatabaseTransaction, EntityTrait, IsolationLevel, QueryOrder, TransactionTrait};

use crate::connect::Store;
use crate::entities::{ledger_head, organisation};
use crate::error::StoreError;

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
    findings: Vec<Finding>,
}

impl Store {
    /// Proves an organisation's books from the first entry.
    ///
    /// # Errors
    /// The store's own error. What is wrong with the books is no error but a finding.
    pub async fn verify(&self, organisation: OrganisationId) -> Result<Proof, StoreError> {
        let tx = self
            .read()
            .begin_with_config(Some(IsolationLevel::RepeatableRead), Some(AccessMode::ReadOnly))
            .await?;
        let mut prover = Prover {
            tx,
            organisation,
            findings: Vec::new(),
        };
        let head = ledger_head::Entity::find_by_id(organisation.uuid())
            .one(&prover.tx)
            .await?
            .ok_or(StoreError::Corrupt("ledger_head"))?;
        let (entries, sums) = prover.read_chain(&head).await?;
        prover.compare(&sums).await?;
        let Prover { tx, findings, .. } = prover;
        tx.rollback().await?;
        Ok(Proof {
            seq: head.seq,
            head: head.hash,
            entries,
            findings,
        })
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
