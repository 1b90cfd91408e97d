//! Moves that took only what fitted. Nobody closes such a row: it is settled once somebody allocates to the person
//! again, or the person moves on or leaves, and the sweep removes it then.

use allowance_values::{CreditTypeId, Credits, GroupId, OrganisationId, PersonId, Timestamp};
use sea_orm::sea_query::OnConflict;
use sea_orm::{ConnectionTrait, EntityTrait, FromQueryResult, Set, Statement};
use uuid::Uuid;

use crate::connect::Store;
use crate::entities::short_move;
use crate::error::StoreError;
use crate::tx::Tx;

/// Rows per statement.
const ROWS: usize = 4_000;

/// What of somebody's credits a move left behind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ShortMove {
    /// Who moved.
    pub person: PersonId,
    /// Where to.
    pub group: GroupId,
    /// What the group could not fund.
    pub missing: Credits,
    /// When.
    pub at: Timestamp,
}

#[derive(FromQueryResult)]
struct ShortMoveRow {
    person_id: Uuid,
    group_id: Uuid,
    missing: i64,
    at: i64,
}

#[derive(FromQueryResult)]
struct CountRow {
    rows: i64,
}

/// Whether a row still says something: its person is here, where they moved to, and nobody has allocated to them since.
const OPEN: &str = "EXISTS (SELECT 1 FROM person p WHERE p.organisation_id = short_move.organisation_id
        AND p.id = short_move.person_id AND p.group_id = short_move.group_id AND p.status <> 'left')
    AND NOT EXISTS (SELECT 1 FROM ledger_entry e WHERE e.organisation_id = short_move.organisation_id
        AND e.credit_type_id = short_move.credit_type_id AND e.person_id = short_move.person_id
        AND e.seq > short_move.seq AND e.kind IN ('monthly', 'grant'))";

impl Store {
    /// Moves that left something behind which nobody has made up for, the latest first, and how many there are.
    ///
    /// # Errors
    /// The store's own error.
    pub async fn list_short_moves(
        &self,
        organisation: OrganisationId,
        credit_type: CreditTypeId,
        limit: u64,
    ) -> Result<(Vec<ShortMove>, u64), StoreError> {
        let of_type =
            format!("FROM short_move WHERE organisation_id = $1 AND credit_type_id = $2 AND {OPEN}");
        let values: [sea_orm::Value; 2] = [organisation.uuid().into(), credit_type.uuid().into()];
        let count = format!("SELECT CAST(COUNT(*) AS BIGINT) AS rows {of_type}");
        let count = Statement::from_sql_and_values(self.backend(), count, values.clone());
        let count = CountRow::find_by_statement(count).one(self.read()).await?;
        let rows = format!(
            "SELECT person_id, group_id, missing, at {of_type} ORDER BY at DESC, person_id LIMIT {limit}"
        );
        let rows = Statement::from_sql_and_values(self.backend(), rows, values);
        let rows = ShortMoveRow::find_by_statement(rows).all(self.read()).await?;
        let row = |row: ShortMoveRow| ShortMove {
            person: PersonId::new(row.person_id),
            group: GroupId::new(row.group_id),
            missing: Credits::from_micros(row.missing),
            at: Timestamp::from_micros(row.at),
        };
        let count = count.map_or(0, |row| u64::try_from(row.rows).unwrap_or(0));
        Ok((rows.into_iter().map(row).collect(), count))
    }

    /// Removes rows that say nothing any more.
    pub(crate) async fn sweep_short_moves(&self) -> Result<u64, StoreError> {
        let sql = format!("DELETE FROM short_move WHERE NOT ({OPEN})");
        Ok(self.writer().execute_unprepared(&sql).await?.rows_affected())
    }
}

impl Tx {
    /// Writes down what moves left behind, once they are posted. A later move of the same person takes the row's place.
    ///
    /// # Errors
    /// The store's own error.
    pub async fn keep_short_moves(
        &self,
        credit_type: CreditTypeId,
        moves: &[ShortMove],
    ) -> Result<(), StoreError> {
        let rows: Vec<short_move::ActiveModel> = moves
            .iter()
            .map(|short| short_move::ActiveModel {
                organisation_id: Set(self.organisation().uuid()),
                credit_type_id: Set(credit_type.uuid()),
                person_id: Set(short.person.uuid()),
                group_id: Set(short.group.uuid()),
                missing: Set(short.missing.micros()),
                at: Set(short.at.micros()),
                seq: Set(self.head().seq),
            })
            .collect();
        for rows in rows.chunks(ROWS) {
            let later = OnConflict::columns([
                short_move::Column::OrganisationId,
                short_move::Column::CreditTypeId,
                short_move::Column::PersonId,
            ])
            .update_columns([
                short_move::Column::GroupId,
                short_move::Column::Missing,
                short_move::Column::At,
                short_move::Column::Seq,
            ])
            .to_owned();
            short_move::Entity::insert_many(rows.iter().cloned())
                .on_conflict(later)
                .exec_without_returning(self.connection())
                .await?;
        }
        Ok(())
    }
}
