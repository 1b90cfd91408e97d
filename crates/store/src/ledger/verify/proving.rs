//! The proof as a job: in steps, from where the last one ended, with what was proven kept. One at a time, by a lease on
//! the organisation's row; whoever loses the lease keeps nothing.
//!
//! The kept sums are the proof's own roll-up of the entries. Posting never reads or writes them.

use std::collections::BTreeMap;

use allowance_values::{OrganisationId, Timestamp};
use sea_orm::sea_query::{Expr, ExprTrait, OnConflict};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DatabaseTransaction, EntityTrait, FromQueryResult, QueryFilter, Set,
    Statement, TransactionTrait,
};
use uuid::Uuid;

use super::chain::Mark;
use super::sums::ByCycle;
use super::{Finding, Proof};
use crate::connect::{Store, immediate};
use crate::entities::{books_member_sum, books_proof, books_sum};
use crate::error::StoreError;

/// Entries per step, rounded up to a whole batch.
const STEP: u64 = 20_000;
/// Rows per statement.
const ROWS: usize = 3_000;
/// How long a step may take before another instance may begin.
const LEASE_SECONDS: i64 = 300;
/// Books that changed are proven after this time, those that did not after the longer one.
const CHANGED_SECONDS: i64 = 60;
const UNCHANGED_SECONDS: i64 = 3_600;
/// After this time the proof begins again at the first entry.
const FULL_SECONDS: i64 = 86_400;

/// The last proof that was kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LastProof {
    /// When.
    pub at: Timestamp,
    /// Position up to which it went.
    pub seq: i64,
    /// What was wrong first; nothing when the books are proven.
    pub finding: Option<Finding>,
}

/// Whose books are to be proven, and whether from the first entry.
#[derive(FromQueryResult)]
struct DueRow {
    organisation_id: Uuid,
    begun_at: Option<i64>,
}

/// What a step did.
enum Step {
    /// There is more to read.
    Further(u64),
    /// The ledger was read to its end and compared.
    Ended(Proof),
    /// Another instance has taken over.
    Lost,
}

impl Store {
    /// Organisations whose books are due to be proven, and whether from the first entry.
    ///
    /// # Errors
    /// The store's own error.
    pub async fn list_due_books(&self, limit: u64) -> Result<Vec<(OrganisationId, bool)>, StoreError> {
        let now = self.now();
        let sql = "SELECT head.organisation_id, proof.begun_at FROM ledger_head head
            LEFT JOIN books_proof proof ON proof.organisation_id = head.organisation_id
            WHERE proof.organisation_id IS NULL OR (proof.leased_until <= $1 AND (proof.proven_at IS NULL
                OR proof.proven_at <= $2 OR (proof.proven_at <= $3 AND proof.proven_seq <> head.seq)))
            ORDER BY proof.proven_at LIMIT $4";
        let ago = |seconds: i64| now.plus_seconds(-seconds).micros();
        let values = [
            now.micros().into(),
            ago(UNCHANGED_SECONDS).into(),
            ago(CHANGED_SECONDS).into(),
            i64::try_from(limit).unwrap_or(i64::MAX).into(),
        ];
        let statement = Statement::from_sql_and_values(self.backend(), sql, values);
        let rows = DueRow::find_by_statement(statement).all(self.read()).await?;
        let due = |row: DueRow| {
            let is_full = row.begun_at.is_none_or(|begun| begun <= ago(FULL_SECONDS));
            (OrganisationId::new(row.organisation_id), is_full)
        };
        Ok(rows.into_iter().map(due).collect())
    }

    /// The last proof of an organisation's books; nothing before the first.
    ///
    /// # Errors
    /// The store's own error.
    pub async fn last_proof(&self, organisation: OrganisationId) -> Result<Option<LastProof>, StoreError> {
        let row = books_proof::Entity::find_by_id(organisation.uuid())
            .one(self.read())
            .await?;
        Ok(row.and_then(|row| {
            Some(LastProof {
                at: Timestamp::from_micros(row.proven_at?),
                seq: row.proven_seq,
                finding: row.finding.map(Finding),
            })
        }))
    }

    /// Proves an organisation's books in steps and keeps what was proven: from where the last proof ended, or from the
    /// first entry. Nothing when another instance is at it.
    ///
    /// # Errors
    /// The store's own error. What is wrong with the books is no error but a finding.
    pub async fn prove_books(
        &self,
        organisation: OrganisationId,
        is_full: bool,
    ) -> Result<Option<Proof>, StoreError> {
        let holder = self.new_id();
        if !self.lease_books(organisation, holder).await? {
            return Ok(None);
        }
        if is_full && !self.forget_proof(organisation, holder).await? {
            return Ok(None);
        }
        let mut entries = 0_u64;
        loop {
            match self.prove_step(organisation, holder).await? {
                Step::Further(read) => entries = entries.saturating_add(read),
                Step::Lost => return Ok(None),
                Step::Ended(proof) => {
                    let entries = entries.saturating_add(proof.entries);
                    let proof = Proof { entries, ..proof };
                    self.keep_outcome(organisation, holder, &proof).await?;
                    return Ok(Some(proof));
                }
            }
        }
    }

    async fn lease_books(&self, organisation: OrganisationId, holder: Uuid) -> Result<bool, StoreError> {
        let now = self.now();
        let Mark { seq, hash, at } = Mark::start();
        let first = books_proof::ActiveModel {
            organisation_id: Set(organisation.uuid()),
            seq: Set(seq),
            hash: Set(hash),
            at: Set(at),
            begun_at: Set(now.micros()),
            proven_at: Set(None),
            proven_seq: Set(0),
            finding: Set(None),
            leased_by: Set(None),
            leased_until: Set(0),
        };
        let keep = OnConflict::column(books_proof::Column::OrganisationId)
            .do_nothing()
            .to_owned();
        books_proof::Entity::insert(first)
            .on_conflict(keep)
            .exec_without_returning(self.writer())
            .await?;
        let leased = books_proof::Entity::update_many()
            .col_expr(books_proof::Column::LeasedBy, Expr::value(holder))
            .col_expr(
                books_proof::Column::LeasedUntil,
                Expr::value(now.plus_seconds(LEASE_SECONDS).micros()),
            )
            .filter(books_proof::Column::OrganisationId.eq(organisation.uuid()))
            .filter(books_proof::Column::LeasedUntil.lte(now.micros()))
            .exec(self.writer())
            .await?;
        Ok(leased.rows_affected == 1)
    }

    /// Moves the mark, if the lease is still held, in a transaction that then keeps the sums.
    async fn move_mark(
        &self,
        (organisation, holder): (OrganisationId, Uuid),
        mark: Mark,
        begun_at: Option<Timestamp>,
    ) -> Result<Option<DatabaseTransaction>, StoreError> {
        let tx = self.writer().begin_with_options(immediate()).await?;
        let until = self.now().plus_seconds(LEASE_SECONDS).micros();
        let mut update = books_proof::Entity::update_many()
            .col_expr(books_proof::Column::Seq, Expr::value(mark.seq))
            .col_expr(books_proof::Column::Hash, Expr::value(mark.hash))
            .col_expr(books_proof::Column::At, Expr::value(mark.at))
            .col_expr(books_proof::Column::LeasedUntil, Expr::value(until))
            .filter(books_proof::Column::OrganisationId.eq(organisation.uuid()))
            .filter(books_proof::Column::LeasedBy.eq(holder));
        if let Some(begun_at) = begun_at {
            update = update.col_expr(books_proof::Column::BegunAt, Expr::value(begun_at.micros()));
        }
        if update.exec(&tx).await?.rows_affected == 1 {
            return Ok(Some(tx));
        }
        tx.rollback().await?;
        Ok(None)
    }

    /// Begins again at the first entry.
    async fn forget_proof(&self, organisation: OrganisationId, holder: Uuid) -> Result<bool, StoreError> {
        let lease = (organisation, holder);
        let Some(tx) = self.move_mark(lease, Mark::start(), Some(self.now())).await? else {
            return Ok(false);
        };
        books_sum::Entity::delete_many()
            .filter(books_sum::Column::OrganisationId.eq(organisation.uuid()))
            .exec(&tx)
            .await?;
        books_member_sum::Entity::delete_many()
            .filter(books_member_sum::Column::OrganisationId.eq(organisation.uuid()))
            .exec(&tx)
            .await?;
        tx.commit().await?;
        Ok(true)
    }

    async fn prove_step(&self, organisation: OrganisationId, holder: Uuid) -> Result<Step, StoreError> {
        let (mut prover, mark) = self.begin_proof(organisation).await?;
        let head = prover.head().await?;
        let reading = prover.read_chain(&head, mark, STEP).await?;
        let entries = reading.entries;
        if reading.is_whole {
            prover.compare_with(reading.sums.clone()).await?;
        }
        let proof = prover.end(&head, entries).await?;
        if !proof.findings.is_empty() {
            // What does not prove itself is not built upon.
            return Ok(Step::Ended(proof));
        }
        let Some(tx) = self.move_mark((organisation, holder), reading.end, None).await? else {
            return Ok(Step::Lost);
        };
        keep_sums(&tx, organisation, &reading.sums).await?;
        tx.commit().await?;
        Ok(if reading.is_whole {
            Step::Ended(proof)
        } else {
            Step::Further(entries)
        })
    }

    async fn keep_outcome(
        &self,
        organisation: OrganisationId,
        holder: Uuid,
        proof: &Proof,
    ) -> Result<(), StoreError> {
        let finding = proof.findings.first().map(|finding| finding.0.clone());
        books_proof::Entity::update_many()
            .col_expr(
                books_proof::Column::ProvenAt,
                Expr::value(Some(self.now().micros())),
            )
            .col_expr(books_proof::Column::ProvenSeq, Expr::value(proof.seq))
            .col_expr(books_proof::Column::Finding, Expr::value(finding))
            .col_expr(books_proof::Column::LeasedBy, Expr::value(None::<Uuid>))
            .col_expr(books_proof::Column::LeasedUntil, Expr::value(0_i64))
            .filter(books_proof::Column::OrganisationId.eq(organisation.uuid()))
            .filter(books_proof::Column::LeasedBy.eq(holder))
            .exec(self.writer())
            .await?;
        Ok(())
    }
}

/// Adds what was read to what was kept.
async fn keep_sums<C: ConnectionTrait>(
    connection: &C,
    organisation: OrganisationId,
    sums: &ByCycle,
) -> Result<(), StoreError> {
    let fits = |amount: i128| i64::try_from(amount).map_err(|_| StoreError::Corrupt("ledger_entry"));
    let mut accounts = Vec::new();
    let mut members: BTreeMap<_, i128> = BTreeMap::new();
    for ((credit_type, cycle), of_cycle) in sums {
        for (account, group, amount) in of_cycle.accounts() {
            accounts.push(books_sum::ActiveModel {
                organisation_id: Set(organisation.uuid()),
                credit_type_id: Set(*credit_type),
                cycle_number: Set(*cycle),
                account: Set(account.to_owned()),
                group_id: Set(group),
                amount: Set(fits(amount)?),
            });
        }
        for ((person, group), amount) in of_cycle.members.iter().filter(|(_, amount)| **amount != 0) {
            members.insert((*credit_type, *cycle, *person, *group), *amount);
        }
    }
    for rows in accounts.chunks(ROWS) {
        use books_sum::Column;
        let add = Expr::col((books_sum::Entity, Column::Amount)).add(Expr::cust("excluded.amount"));
        let conflict = OnConflict::columns([
            Column::OrganisationId,
            Column::CreditTypeId,
            Column::CycleNumber,
            Column::Account,
            Column::GroupId,
        ])
        .value(Column::Amount, add)
        .to_owned();
        books_sum::Entity::insert_many(rows.to_vec())
            .on_conflict(conflict)
            .exec_without_returning(connection)
            .await?;
    }
    let members: Vec<_> = members
        .into_iter()
        .map(|((credit_type, cycle, person, group), amount)| {
            Ok(books_member_sum::ActiveModel {
                organisation_id: Set(organisation.uuid()),
                credit_type_id: Set(credit_type),
                cycle_number: Set(cycle),
                person_id: Set(person),
                group_id: Set(group),
                amount: Set(fits(amount)?),
            })
        })
        .collect::<Result<_, StoreError>>()?;
    for rows in members.chunks(ROWS) {
        use books_member_sum::Column;
        let add = Expr::col((books_member_sum::Entity, Column::Amount)).add(Expr::cust("excluded.amount"));
        let conflict = OnConflict::columns([
            Column::OrganisationId,
            Column::CreditTypeId,
            Column::CycleNumber,
            Column::PersonId,
            Column::GroupId,
        ])
        .value(Column::Amount, add)
        .to_owned();
        books_member_sum::Entity::insert_many(rows.to_vec())
            .on_conflict(conflict)
            .exec_without_returning(connection)
            .await?;
    }
    Ok(())
}
