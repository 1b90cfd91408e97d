//! Who is still to be brought forward into the open cycle, for the job and for the overview.

use allowance_values::{CreditTypeId, OrganisationId, PersonId};
use sea_orm::{DbBackend, FromQueryResult, Statement};
use uuid::Uuid;

use crate::connect::Store;
use crate::error::StoreError;
use crate::tx::Tx;

#[derive(FromQueryResult)]
struct PersonRow {
    person_id: Uuid,
}

#[derive(FromQueryResult)]
struct TypeRow {
    organisation_id: Uuid,
    credit_type_id: Uuid,
}

#[derive(FromQueryResult)]
struct CountRow {
    people: i64,
}

/// Rows of a credit type's earlier cycles that no later one has taken up; the index of those to settle serves it.
const WAITING: &str =
    "FROM member_cycle WHERE organisation_id = $1 AND credit_type_id = $2 AND NOT is_settled
    AND cycle_number < (SELECT number FROM cycle
        WHERE cycle.organisation_id = $1 AND cycle.credit_type_id = $2 AND cycle.is_open)";

impl Store {
    /// Credit types with people to bring forward. Where the open cycle was opened by a reset that can still be undone,
    /// nobody is: they would only have to be brought back.
    ///
    /// # Errors
    /// The store's own error.
    pub async fn list_settling(&self, limit: u64) -> Result<Vec<(OrganisationId, CreditTypeId)>, StoreError> {
        let sql = format!(
            "SELECT c.organisation_id, c.credit_type_id FROM cycle c
             JOIN organisation o ON o.id = c.organisation_id
             WHERE c.is_open
             AND NOT (c.opened_by = 'manual_reset'
                AND c.starts_at + CAST(o.undo_hours AS BIGINT) * 3600000000 > $1)
             AND EXISTS (SELECT 1 FROM member_cycle mc WHERE mc.organisation_id = c.organisation_id
                AND mc.credit_type_id = c.credit_type_id AND NOT mc.is_settled AND mc.cycle_number < c.number)
             LIMIT {limit}"
        );
        let statement = Statement::from_sql_and_values(self.backend(), sql, [self.now().micros().into()]);
        let rows = TypeRow::find_by_statement(statement).all(self.read()).await?;
        let ids = |row: TypeRow| {
            (
                OrganisationId::new(row.organisation_id),
                CreditTypeId::new(row.credit_type_id),
            )
        };
        Ok(rows.into_iter().map(ids).collect())
    }

    /// How many people are still to be brought forward into the open cycle.
    ///
    /// # Errors
    /// The store's own error.
    pub async fn count_to_settle(
        &self,
        organisation: OrganisationId,
        credit_type: CreditTypeId,
    ) -> Result<u64, StoreError> {
        let sql = format!("SELECT CAST(COUNT(*) AS BIGINT) AS people {WAITING}");
        let statement = statement(self.backend(), sql, organisation, credit_type);
        let row = CountRow::find_by_statement(statement).one(self.read()).await?;
        Ok(row.map_or(0, |row| u64::try_from(row.people).unwrap_or(0)))
    }

    /// Removes saved answers that are older than seven days, what was kept of resets that another cycle has followed (but
    /// not how people stood when they left a cycle that a stretch lies in: looking back asks for it), and moves that nobody has to look at any more.
    ///
    /// # Errors
    /// The store's own error.
    pub async fn sweep(&self) -> Result<u64, StoreError> {
        use sea_orm::ConnectionTrait;
        const KEPT: &[&str] = &["reset_group", "reset_member", "reset_lot", "reset_hold"];
        let before = self.now().plus_seconds(-7 * 86_400).micros();
        let old = "DELETE FROM idempotency_key WHERE created_at < $1";
        let old = Statement::from_sql_and_values(self.backend(), old, [before.into()]);
        let mut removed = self.writer().execute_raw(old).await?.rows_affected();
        removed = removed.saturating_add(self.sweep_short_moves().await?);
        for table in KEPT {
            let sql = format!(
                "DELETE FROM {table} WHERE EXISTS (SELECT 1 FROM cycle
                 WHERE cycle.organisation_id = {table}.organisation_id
                 AND cycle.credit_type_id = {table}.credit_type_id
                 AND cycle.is_open AND cycle.opened_by <> 'manual_reset' AND cycle.number > {table}.cycle_number + 1)
                 AND NOT EXISTS (SELECT 1 FROM cycle stretch
                 WHERE stretch.organisation_id = {table}.organisation_id
                 AND stretch.credit_type_id = {table}.credit_type_id AND stretch.stretch_of = {table}.cycle_number)"
            );
            removed = removed.saturating_add(self.writer().execute_unprepared(&sql).await?.rows_affected());
        }
        Ok(removed)
    }
}

impl Tx {
    /// People to bring forward, read under the head: whoever another instance has brought forward is not among them.
    ///
    /// # Errors
    /// The store's own error.
    pub async fn list_to_settle(
        &self,
        credit_type: CreditTypeId,
        limit: u64,
    ) -> Result<Vec<PersonId>, StoreError> {
        let sql = format!("SELECT DISTINCT person_id {WAITING} LIMIT {limit}");
        let statement = statement(self.backend(), sql, self.organisation(), credit_type);
        let rows = PersonRow::find_by_statement(statement)
            .all(self.connection())
            .await?;
        Ok(rows.into_iter().map(|row| PersonId::new(row.person_id)).collect())
    }
}

fn statement(
    backend: DbBackend,
    sql: String,
    organisation: OrganisationId,
    credit_type: CreditTypeId,
) -> Statement {
    let values = [organisation.uuid().into(), credit_type.uuid().into()];
    Statement::from_sql_and_values(backend, sql, values)
}
