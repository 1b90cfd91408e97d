//! The roll-up: a job that moves the mark step by step, adds what it passes to the sums and raises the alerts that follow
//! from it. One instance at a time by a lease on the organisation's row, and each step in one transaction that moves the
//! mark from where it stood: whoever lost the lease, or was killed, has added nothing.

use allowance_values::OrganisationId;
use sea_orm::{ConnectionTrait, DatabaseTransaction, FromQueryResult, Statement, TransactionTrait};
use uuid::Uuid;

use super::facts::{Mark, snapshot_of_facts};
use super::fold::{COLUMNS, Fold, from_json};
use crate::connect::{Store, immediate};
use crate::error::StoreError;
use crate::live::tell_of_alerts;
use crate::tx::read_head;

/// How long a step may take before another instance may begin.
const LEASE_SECONDS: i64 = 60;

/// What a round of the roll-up did for an organisation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct RolledUp {
    /// How many events were added.
    pub events: i64,
    /// How many alerts were raised.
    pub alerts: u64,
}

#[derive(FromQueryResult)]
struct MarkRow {
    seq: i64,
    position: i64,
}

/// Where the roll-up of an organisation stands.
pub(super) async fn rolled_up<C: ConnectionTrait>(
    connection: &C,
    organisation: OrganisationId,
) -> Result<Mark, StoreError> {
    let sql = "SELECT seq, position FROM cost_rollup WHERE organisation_id = $1";
    let values = [organisation.uuid().into()];
    let statement = Statement::from_sql_and_values(connection.get_database_backend(), sql, values);
    let row = MarkRow::find_by_statement(statement).one(connection).await?;
    Ok(row.map_or(Mark::START, |MarkRow { seq, position }| Mark { seq, position }))
}

/// Where the facts of an organisation end.
pub(super) async fn end_of<C: ConnectionTrait>(
    connection: &C,
    organisation: OrganisationId,
) -> Result<Mark, StoreError> {
    let head = read_head(connection, organisation, false).await?;
    let head = head.ok_or(StoreError::Corrupt("ledger_head"))?;
    Ok(Mark {
        seq: head.seq,
        position: head.positions.position,
    })
}

impl Store {
    /// Organisations whose facts are not all rolled up, and at which nobody is.
    ///
    /// # Errors
    /// The store's own error.
    pub async fn list_due_rollups(&self, limit: u64) -> Result<Vec<OrganisationId>, StoreError> {
        let sql = "SELECT head.organisation_id FROM ledger_head head
            LEFT JOIN cost_rollup mark ON mark.organisation_id = head.organisation_id
            WHERE mark.organisation_id IS NULL
                OR (mark.leased_until <= $1 AND (mark.seq <> head.seq OR mark.position <> head.position))
            LIMIT $2";
        let values = [
            self.now().micros().into(),
            i64::try_from(limit).unwrap_or(i64::MAX).into(),
        ];
        let statement = Statement::from_sql_and_values(self.backend(), sql, values);
        let rows = self.read().query_all_raw(statement).await?;
        let id = |row: sea_orm::QueryResult| Ok(OrganisationId::new(row.try_get_by_index::<Uuid>(0)?));
        rows.into_iter().map(id).collect()
    }

    /// Rolls up what an organisation's facts have come to, at most so many steps, and raises alerts. Nothing when another
    /// instance is at it.
    ///
    /// # Errors
    /// The store's own error.
    pub async fn roll_up(
        &self,
        organisation: OrganisationId,
        most_steps: u32,
    ) -> Result<Option<RolledUp>, StoreError> {
        let holder = self.new_id();
        if !self.lease_rollup(organisation, holder).await? {
            return Ok(None);
        }
        let mut done = RolledUp::default();
        for _ in 0..most_steps {
            match self.roll_up_step(organisation, holder).await? {
                Some((step, is_whole)) => {
                    done.events = done.events.saturating_add(step.events);
                    done.alerts = done.alerts.saturating_add(step.alerts);
                    if is_whole {
                        break;
                    }
                }
                None => return Ok(None),
            }
        }
        let sql = "UPDATE cost_rollup SET leased_by = NULL, leased_until = 0
            WHERE organisation_id = $1 AND leased_by = $2";
        let values = [organisation.uuid().into(), holder.into()];
        self.writer()
            .execute_raw(Statement::from_sql_and_values(self.backend(), sql, values))
            .await?;
        Ok(Some(done))
    }

    async fn lease_rollup(&self, organisation: OrganisationId, holder: Uuid) -> Result<bool, StoreError> {
        let now = self.now();
        let start = Mark::START;
        let sql =
            "INSERT INTO cost_rollup (organisation_id, seq, position, leased_until) VALUES ($1, $2, $3, 0)
            ON CONFLICT DO NOTHING";
        let values = [
            organisation.uuid().into(),
            start.seq.into(),
            start.position.into(),
        ];
        self.writer()
            .execute_raw(Statement::from_sql_and_values(self.backend(), sql, values))
            .await?;
        let sql = "UPDATE cost_rollup SET leased_by = $2, leased_until = $3
            WHERE organisation_id = $1 AND leased_until <= $4";
        let values = [
            organisation.uuid().into(),
            holder.into(),
            now.plus_seconds(LEASE_SECONDS).micros().into(),
            now.micros().into(),
        ];
        let leased = self
            .writer()
            .execute_raw(Statement::from_sql_and_values(self.backend(), sql, values))
            .await?;
        Ok(leased.rows_affected() == 1)
    }

    /// One step: what it did, and whether there is nothing left. Nothing when the lease was lost.
    async fn roll_up_step(
        &self,
        organisation: OrganisationId,
        holder: Uuid,
    ) -> Result<Option<(RolledUp, bool)>, StoreError> {
        // Facts up to the end are committed and never change: they are read beside the transaction that adds them.
        let snapshot = snapshot_of_facts(self).await?;
        let from = rolled_up(&snapshot, organisation).await?;
        let end = end_of(&snapshot, organisation).await?;
        let mut fold = Fold::default();
        let to = fold.step(&snapshot, organisation, None, (from, end)).await?;
        let touched = super::raising::touched(&snapshot, organisation, from, to).await?;
        snapshot.rollback().await?;
        let rows = fold.to_json()?;

        let tx = self.writer().begin_with_options(immediate()).await?;
        let sql = "UPDATE cost_rollup SET seq = $3, position = $4, leased_until = $5
            WHERE organisation_id = $1 AND leased_by = $2 AND seq = $6 AND position = $7";
        let values = [
            organisation.uuid().into(),
            holder.into(),
            to.seq.into(),
            to.position.into(),
            self.now().plus_seconds(LEASE_SECONDS).micros().into(),
            from.seq.into(),
            from.position.into(),
        ];
        let moved = tx
            .execute_raw(Statement::from_sql_and_values(self.backend(), sql, values))
            .await?;
        if moved.rows_affected() != 1 {
            tx.rollback().await?;
            return Ok(None);
        }
        if !fold.sums.is_empty() {
            add(&tx, organisation, rows).await?;
        }
        let alerts = self.raise_alerts(&tx, organisation, &touched).await?;
        if alerts > 0 {
            tell_of_alerts(&tx, organisation).await?;
        }
        tx.commit().await?;
        let events = fold.events;
        Ok(Some((RolledUp { events, alerts }, to == end)))
    }
}

/// Adds folded sums to those that are kept.
async fn add(tx: &DatabaseTransaction, organisation: OrganisationId, rows: String) -> Result<(), StoreError> {
    let backend = tx.get_database_backend();
    let added: Vec<String> = ["credits_high", "credits_low", "cost_high", "cost_low", "events"]
        .iter()
        .map(|name| format!("{name} = cost_sum.{name} + excluded.{name}"))
        .collect();
    let sql = format!(
        "INSERT INTO cost_sum (organisation_id, {COLUMNS})
         SELECT {}, {COLUMNS} FROM ({}) AS folded WHERE TRUE
         ON CONFLICT (organisation_id, credit_type_id, happened_day, counted_day, happened_cycle, cycle_number, group_id,
            person_id, label) DO UPDATE SET {}",
        if backend == sea_orm::DbBackend::Postgres { "CAST($1 AS UUID)" } else { "$1" },
        from_json(backend, "$2"),
        added.join(", ")
    );
    let values = [organisation.uuid().into(), rows.into()];
    tx.execute_raw(Statement::from_sql_and_values(backend, sql, values))
        .await?;
    Ok(())
}
