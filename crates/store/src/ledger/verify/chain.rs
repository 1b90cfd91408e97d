//! The entries themselves: positions without gaps, time that never runs backwards, every link of the chain. They are read
//! in pages and added up as they pass, so that neither a long ledger nor a large batch is ever held.

use std::collections::VecDeque;

use sea_orm::{ColumnTrait, DatabaseTransaction, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use uuid::Uuid;

use super::sums::ByCycle;
use super::{PAGE, Prover};
use crate::entities::{ledger_batch, ledger_entry, ledger_head};
use crate::error::StoreError;
use crate::ledger::chain::{Link, genesis};

/// Where reading stands, always at the end of a batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Mark {
    /// Position of the last entry.
    pub(super) seq: i64,
    /// The chain's link there.
    pub(super) hash: Vec<u8>,
    /// The instant of that entry.
    pub(super) at: i64,
}

impl Mark {
    /// Before the first entry.
    pub(super) fn start() -> Self {
        Self {
            seq: 0,
            hash: genesis(),
            at: 0,
        }
    }
}

/// What was read from one mark to another.
pub(super) struct Reading {
    pub(super) end: Mark,
    pub(super) entries: u64,
    pub(super) sums: ByCycle,
    /// Whether the ledger ends there.
    pub(super) is_whole: bool,
}

/// Entries in order, fetched in pages.
struct Entries<'t> {
    tx: &'t DatabaseTransaction,
    organisation: Uuid,
    page: VecDeque<ledger_entry::Model>,
    after: i64,
}

impl Entries<'_> {
    /// The next entry up to a position.
    async fn next(&mut self, up_to: i64) -> Result<Option<ledger_entry::Model>, StoreError> {
        if self.page.is_empty() {
            let page = ledger_entry::Entity::find()
                .filter(ledger_entry::Column::OrganisationId.eq(self.organisation))
                .filter(ledger_entry::Column::Seq.gt(self.after))
                .order_by_asc(ledger_entry::Column::Seq)
                .limit(PAGE)
                .all(self.tx)
                .await?;
            self.after = page.last().map_or(self.after, |last| last.seq);
            self.page = page.into();
        }
        let is_next = self.page.front().is_some_and(|entry| entry.seq <= up_to);
        Ok(if is_next { self.page.pop_front() } else { None })
    }
}

impl Prover {
    /// Reads batch by batch from a mark on, at least so many entries or to the end, checks positions, order of time and
    /// every link, and adds up the accounts.
    pub(super) async fn read_chain(
        &mut self,
        head: &ledger_head::Model,
        from: Mark,
        at_least: u64,
    ) -> Result<Reading, StoreError> {
        self.check_mark(&from).await?;
        let mut entries = Entries {
            tx: &self.tx,
            organisation: self.organisation.uuid(),
            page: VecDeque::new(),
            after: from.seq,
        };
        let mut reading = Reading {
            end: from,
            entries: 0,
            sums: ByCycle::new(),
            is_whole: false,
        };
        let mut findings = Vec::new();
        let mut chain_is_whole = true;
        while !reading.is_whole && reading.entries < at_least {
            let batches = ledger_batch::Entity::find()
                .filter(ledger_batch::Column::OrganisationId.eq(self.organisation.uuid()))
                .filter(ledger_batch::Column::LastSeq.gt(reading.end.seq))
                .order_by_asc(ledger_batch::Column::LastSeq)
                .limit(PAGE / 50)
                .all(&self.tx)
                .await?;
            reading.is_whole = batches.is_empty();
            for batch in batches {
                let mut link = Link::after(&reading.end.hash);
                while let Some(entry) = entries.next(batch.last_seq).await? {
                    let Mark { seq, at, .. } = &mut reading.end;
                    let mut find = |what: &str| findings.push(format!("ledger entry {}: {what}", entry.seq));
                    if entry.seq != seq.saturating_add(1) {
                        find("the one before it is missing");
                    }
                    if entry.at < *at {
                        find("its time runs backwards");
                    }
                    if entry.amount <= 0 {
                        find("its amount is not above zero");
                    }
                    (*seq, *at) = (entry.seq, entry.at);
                    reading.entries = reading.entries.saturating_add(1);
                    link.add(&entry);
                    let cycle = (entry.credit_type_id, entry.cycle_number);
                    reading.sums.entry(cycle).or_default().add(&entry);
                }
                if reading.end.seq != batch.last_seq {
                    findings.push(format!(
                        "ledger entries up to {}: some are missing",
                        batch.last_seq
                    ));
                    reading.end.seq = batch.last_seq;
                }
                if chain_is_whole && link.finish() != batch.hash {
                    chain_is_whole = false;
                    findings.push(format!(
                        "hash chain: the first broken link is the batch of entries {} to {}",
                        batch.first_seq, batch.last_seq
                    ));
                }
                reading.end.hash = batch.hash;
            }
        }
        for finding in findings {
            self.find(finding);
        }
        if reading.is_whole {
            self.check_end(head, &reading.end);
        }
        Ok(reading)
    }

    /// Whether the chain still passes through where an earlier proof ended.
    async fn check_mark(&mut self, mark: &Mark) -> Result<(), StoreError> {
        if mark.seq == 0 {
            return Ok(());
        }
        let batch = ledger_batch::Entity::find_by_id((self.organisation.uuid(), mark.seq))
            .one(&self.tx)
            .await?;
        if batch.is_none_or(|batch| batch.hash != mark.hash) {
            self.find(format!(
                "hash chain: at entry {} it is not the chain that was proven before",
                mark.seq
            ));
        }
        Ok(())
    }

    fn check_end(&mut self, head: &ledger_head::Model, end: &Mark) {
        if end.seq != head.seq {
            self.find(format!(
                "ledger head: stands at {}, the entries end at {}",
                head.seq, end.seq
            ));
        }
        if end.hash != head.hash {
            self.find("ledger head: its hash is not the chain's last link".to_owned());
        }
    }
}
