//! Cycles open lazily, by whoever comes first after the boundary, and by the scheduler.

use std::time::Duration;

use allowance_domain::allocations::{BulkMode, Command};
use allowance_domain::cycles::{TimeZone, boundary_after, next_boundary};
use allowance_domain::ledger::CycleSpan;
use allowance_store::{CreditTypeRow, CycleReason, CycleRow, OpenBook, Origin, Tx};
use allowance_values::{CreditTypeId, GroupId, OrganisationId, PersonId, Timestamp};

use crate::context::App;
use crate::error::{Error, Result};

/// How many due credit types one round of the scheduler takes.
const ROUND: u64 = 200;
/// How many people one batch brings forward, and how many batches one round takes.
const SETTLING_BATCH: u64 = 500;
const SETTLING_BATCHES: usize = 20;
/// How often the scheduler sweeps.
const SWEEP_SECONDS: i64 = 3_600;
/// How long the scheduler rests between rounds.
const PAUSE: Duration = Duration::from_secs(5);

/// The organisation's zone, which was checked when it was set.
pub(crate) fn zone_of(name: &str) -> Result<TimeZone> {
    name.parse()
        .map_err(|_| Error::Internal(format!("the organisation's time zone {name:?} is none")))
}

/// Opens the cycles that are due, one row each, also after a long downtime. Those of an archived credit type rest.
pub(crate) async fn catch_up(tx: &mut Tx, credit_type: CreditTypeId) -> Result<CycleRow> {
    let mut open = tx.open_cycle_of(credit_type).await?;
    if open.ends_at > tx.at() {
        return Ok(open);
    }
    let row = tx.find_credit_type(credit_type).await?.ok_or(Error::NotFound)?;
    if row.archived_at.is_some() {
        return Ok(open);
    }
    let zone = zone_of(&tx.get_organisation().await?.time_zone)?;
    let anchor = tx.cycle_anchor(credit_type).await?;
    while open.ends_at <= tx.at() {
        let starts_at = open.ends_at;
        let ends_at = boundary_after(row.cadence, &zone, anchor, starts_at);
        tx.open_next_cycle(
            credit_type,
            CycleSpan { starts_at, ends_at },
            CycleReason::Schedule,
        )
        .await?;
        open = tx.open_cycle_of(credit_type).await?;
    }
    Ok(open)
}

/// Ends the open cycle by hand and opens a fresh one at once. It begins after the one it ends, be it by a microsecond.
pub(crate) async fn open_fresh_cycle(tx: &mut Tx, row: &CreditTypeRow, reason: CycleReason) -> Result<()> {
    let id = row.terms.id;
    let ended = tx.open_cycle_of(id).await?;
    let starts_at = tx.at().max(ended.starts_at.plus_micros(1));
    let zone = zone_of(&tx.get_organisation().await?.time_zone)?;
    let ends_at = next_boundary(row.cadence, &zone, starts_at);
    Ok(tx
        .open_next_cycle(id, CycleSpan { starts_at, ends_at }, reason)
        .await?)
}

/// The book of a credit type in the cycle of now, with these people and groups, for a change somebody asks for.
pub(crate) async fn open_current_book(
    tx: &mut Tx,
    credit_type: CreditTypeId,
    people: &[PersonId],
    groups: &[GroupId],
) -> Result<OpenBook> {
    let row = tx.find_credit_type(credit_type).await?.ok_or(Error::NotFound)?;
    if row.archived_at.is_some() {
        return Err(Error::CreditTypeArchived);
    }
    open_book_of(tx, credit_type, people, groups).await
}

/// The same for what concerns archived credit types too: people move, leave and are brought forward in all of them.
pub(crate) async fn open_book_of(
    tx: &mut Tx,
    credit_type: CreditTypeId,
    people: &[PersonId],
    groups: &[GroupId],
) -> Result<OpenBook> {
    catch_up(tx, credit_type).await?;
    tx.open_book(credit_type, people, groups)
        .await?
        .ok_or(Error::NotFound)
}

/// The books of all credit types in their cycles of now. They are opened before any is posted to, because the first
/// posting of a move already changes which group the others would find.
pub(crate) async fn open_all_books(
    tx: &mut Tx,
    people: &[PersonId],
    groups: &[GroupId],
) -> Result<Vec<OpenBook>> {
    let mut books = Vec::new();
    for credit_type in tx.list_credit_types().await? {
        books.push(open_book_of(tx, credit_type.terms.id, people, groups).await?);
    }
    Ok(books)
}

impl App {
    /// The open cycle of now, for a read: opened first when it is due.
    pub(crate) async fn current_cycle(
        &self,
        organisation: OrganisationId,
        credit_type: CreditTypeId,
    ) -> Result<CycleRow> {
        self.store
            .find_credit_type(organisation, credit_type)
            .await?
            .ok_or(Error::NotFound)?;
        let open = self.store.open_cycle_of(organisation, credit_type).await?;
        if open.ends_at > self.store.now() {
            return Ok(open);
        }
        self.open_due_cycle(organisation, credit_type).await
    }

    async fn open_due_cycle(
        &self,
        organisation: OrganisationId,
        credit_type: CreditTypeId,
    ) -> Result<CycleRow> {
        self.store
            .transact(&Origin::system(organisation), |mut tx| async move {
                let open = catch_up(&mut tx, credit_type).await?;
                Ok::<_, Error>(tx.done(open))
            })
            .await
    }

    /// Opens every cycle that is due, of all organisations. Any number of instances may do it at once: the head decides.
    ///
    /// # Errors
    /// The store's.
    pub async fn open_due_cycles(&self) -> Result<usize> {
        let due = self.store.list_due_cycles(ROUND).await?;
        for (organisation, credit_type) in &due {
            self.open_due_cycle(*organisation, *credit_type).await?;
        }
        Ok(due.len())
    }

    /// Lets dated grants lapse whose time has come, of all organisations.
    ///
    /// # Errors
    /// The store's.
    pub async fn lapse_due_grants(&self) -> Result<usize> {
        let due = self.store.list_due_lots(ROUND).await?;
        for (organisation, credit_type, person) in &due {
            let (credit_type, person) = (*credit_type, *person);
            self.store
                .transact(&Origin::system(*organisation), |mut tx| async move {
                    let mut open = open_book_of(&mut tx, credit_type, &[person], &[]).await?;
                    tx.post(&mut open, &[Command::Settle { person }], BulkMode::PerItem)
                        .await?;
                    Ok::<_, Error>(tx.done(()))
                })
                .await?;
        }
        Ok(due.len())
    }

    /// Brings people forward into the open cycles, batch by batch, of all organisations: at most so many batches, so that
    /// the scheduler gets to its other work. Any number of instances may do it at once: whom to bring forward is read under
    /// the head.
    ///
    /// # Errors
    /// The store's.
    pub async fn settle_people(&self) -> Result<usize> {
        let mut settled = 0_usize;
        for _ in 0..SETTLING_BATCHES {
            let waiting = self.store.list_settling(ROUND).await?;
            if waiting.is_empty() {
                break;
            }
            for (organisation, credit_type) in waiting {
                let batch = self
                    .store
                    .transact(&Origin::system(organisation), |mut tx| async move {
                        let people = tx.list_to_settle(credit_type, SETTLING_BATCH).await?;
                        let mut open = open_book_of(&mut tx, credit_type, &people, &[]).await?;
                        let settle = |person: &PersonId| Command::Settle { person: *person };
                        let commands: Vec<Command> = people.iter().map(settle).collect();
                        for answer in tx.post(&mut open, &commands, BulkMode::PerItem).await? {
                            answer?;
                        }
                        Ok::<_, Error>(tx.done(people.len()))
                    })
                    .await?;
                settled = settled.saturating_add(batch);
            }
        }
        Ok(settled)
    }

    /// Removes what nobody asks for any more: saved answers after a week, and what was kept for undoing a reset.
    ///
    /// # Errors
    /// The store's.
    pub async fn sweep(&self) -> Result<u64> {
        Ok(self.store.sweep().await?)
    }

    /// The scheduler: opens cycles on time, lets grants lapse, brings people forward, gives holds back whose time has run
    /// out, counts usage that was matched and sweeps, for as long as it is polled. What fails is logged and tried again;
    /// reads and writes open what is due by themselves meanwhile.
    pub async fn keep_time(self) {
        let mut last_sweep = None;
        loop {
            for round in [
                self.open_due_cycles().await,
                self.lapse_due_grants().await,
                self.settle_people().await,
                self.expire_holds().await,
                self.count_matched_usage(None).await,
            ] {
                if let Err(error) = round {
                    tracing::warn!(%error, "a round of the scheduler failed");
                }
            }
            let now = self.store.now();
            if last_sweep.is_none_or(|last: Timestamp| now >= last.plus_seconds(SWEEP_SECONDS)) {
                last_sweep = Some(now);
                if let Err(error) = self.sweep().await {
                    tracing::warn!(%error, "sweeping failed");
                }
            }
            tokio::time::sleep(PAUSE).await;
        }
    }
}
