//! Cycles as they are read: the open one, those before it, those that are due, and which may still reopen.

use allowance_values::{CreditTypeId, Credits, CycleId, OrganisationId, Timestamp};
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use crate::connect::Store;
use crate::entities::{cycle, organisation};
use crate::error::StoreError;
use crate::ledger::{open_cycle_row, word_enum};
use crate::tx::Tx;

/// Why a cycle was opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CycleReason {
    /// It was time.
    Schedule,
    /// The cadence was changed.
    CadenceChange,
    /// Somebody reset it.
    ManualReset,
}

word_enum!(reason_words, CycleReason, "cycle", {
    Schedule = "schedule", CadenceChange = "cadence_change", ManualReset = "manual_reset",
});

/// A cycle with its figures.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CycleRow {
    /// The id.
    pub id: CycleId,
    /// Its number.
    pub number: i64,
    /// When it began.
    pub starts_at: Timestamp,
    /// When it ends or ended.
    pub ends_at: Timestamp,
    /// Why it was opened.
    pub opened_by: CycleReason,
    /// Whether it is the open one.
    pub is_open: bool,
    /// The organisation's credits in it.
    pub limit: Credits,
    /// What was consumed in it.
    pub used: Credits,
    /// What came into it already paid for.
    pub carried: Credits,
    /// Until when the reset that opened it can be undone; only of the open cycle.
    pub undo_until: Option<Timestamp>,
    /// Whether it was ended by hand and may still reopen.
    pub is_provisional: bool,
}

pub(crate) fn from_row(row: &cycle::Model) -> Result<CycleRow, StoreError> {
    Ok(CycleRow {
        id: CycleId::new(row.id),
        number: row.number,
        starts_at: Timestamp::from_micros(row.starts_at),
        ends_at: Timestamp::from_micros(row.ends_at),
        opened_by: reason_words::from_word(&row.opened_by)?,
        is_open: row.is_open,
        limit: Credits::from_micros(row.limit_micros),
        used: Credits::from_micros(row.used),
        carried: Credits::from_micros(row.carried),
        undo_until: None,
        is_provisional: false,
    })
}

/// For how many hours a reset can be undone; asked only when a reset opened the cycle.
pub(crate) async fn undo_hours<C: ConnectionTrait>(
    connection: &C,
    organisation: OrganisationId,
    open: &cycle::Model,
) -> Result<i64, StoreError> {
    if open.opened_by != reason_words::word(CycleReason::ManualReset) {
        return Ok(0);
    }
    let hours: Option<i32> = organisation::Entity::find_by_id(organisation.uuid())
        .select_only()
        .column(organisation::Column::UndoHours)
        .into_tuple()
        .one(connection)
        .await?;
    hours.map(i64::from).ok_or(StoreError::Corrupt("organisation"))
}

/// Until when the reset that opened a cycle can be undone while no later cycle has opened; nothing when none opened it.
pub(crate) fn undo_until(row: &cycle::Model, hours: i64) -> Option<Timestamp> {
    (row.opened_by == reason_words::word(CycleReason::ManualReset))
        .then(|| Timestamp::from_micros(row.starts_at).plus_seconds(hours.saturating_mul(3_600)))
}

/// The cycle before one, if there is one.
pub(crate) async fn cycle_before<C: ConnectionTrait>(
    connection: &C,
    row: &cycle::Model,
) -> Result<Option<cycle::Model>, StoreError> {
    Ok(cycle::Entity::find()
        .filter(cycle::Column::OrganisationId.eq(row.organisation_id))
        .filter(cycle::Column::CreditTypeId.eq(row.credit_type_id))
        .filter(cycle::Column::StretchOf.is_null())
        .filter(cycle::Column::Number.gt(0))
        .filter(cycle::Column::Number.lt(row.number))
        .order_by_desc(cycle::Column::Number)
        .one(connection)
        .await?)
}

async fn open_cycle_at<C: ConnectionTrait>(
    connection: &C,
    organisation: OrganisationId,
    credit_type: CreditTypeId,
    at: Timestamp,
) -> Result<CycleRow, StoreError> {
    let row = open_cycle_row(connection, organisation, credit_type).await?;
    let hours = undo_hours(connection, organisation, &row).await?;
    let mut open = from_row(&row)?;
    open.undo_until = undo_until(&row, hours).filter(|until| at < *until && at < open.ends_at);
    Ok(open)
}

impl Store {
    /// The open cycle of a credit type.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] when there is none, or the store's own error.
    pub async fn open_cycle_of(
        &self,
        organisation: OrganisationId,
        credit_type: CreditTypeId,
    ) -> Result<CycleRow, StoreError> {
        open_cycle_at(self.read(), organisation, credit_type, self.now()).await
    }

    /// Cycles of a credit type, newest first, older than `before`. A stretch of a reopened cycle is none of its own.
    ///
    /// # Errors
    /// The store's own error.
    pub async fn list_cycles(
        &self,
        organisation: OrganisationId,
        credit_type: CreditTypeId,
        before: Option<i64>,
        limit: u64,
    ) -> Result<Vec<CycleRow>, StoreError> {
        let mut query = cycle::Entity::find()
            .filter(cycle::Column::OrganisationId.eq(organisation.uuid()))
            .filter(cycle::Column::CreditTypeId.eq(credit_type.uuid()))
            .filter(cycle::Column::StretchOf.is_null())
            .filter(cycle::Column::Number.gt(0));
        if let Some(before) = before {
            query = query.filter(cycle::Column::Number.lt(before));
        }
        let rows = query
            .order_by_desc(cycle::Column::Number)
            .limit(limit)
            .all(self.read())
            .await?;
        let may_reopen = self.may_reopen(organisation, credit_type).await?;
        let row = |row: cycle::Model| {
            Ok(CycleRow {
                is_provisional: may_reopen.contains(&row.number),
                ..from_row(&row)?
            })
        };
        rows.into_iter().map(row).collect()
    }

    /// The numbers of the cycles that may still reopen: backwards from the open one, as long as each reset is recent.
    async fn may_reopen(
        &self,
        organisation: OrganisationId,
        credit_type: CreditTypeId,
    ) -> Result<Vec<i64>, StoreError> {
        let now = self.now();
        let mut later = open_cycle_row(self.read(), organisation, credit_type).await?;
        let hours = undo_hours(self.read(), organisation, &later).await?;
        let mut numbers = Vec::new();
        if now >= Timestamp::from_micros(later.ends_at) {
            return Ok(numbers);
        }
        while undo_until(&later, hours).is_some_and(|until| now < until)
            && let Some(before) = cycle_before(self.read(), &later).await?
        {
            numbers.push(before.number);
            later = before;
        }
        Ok(numbers)
    }

    /// Open cycles of all organisations that have ended by now: what the scheduler has to open anew. Archived credit
    /// types rest.
    ///
    /// # Errors
    /// The store's own error.
    pub async fn list_due_cycles(
        &self,
        limit: u64,
    ) -> Result<Vec<(OrganisationId, CreditTypeId)>, StoreError> {
        const IN_USE: &str = "EXISTS (SELECT 1 FROM credit_type
            WHERE credit_type.organisation_id = cycle.organisation_id AND credit_type.id = cycle.credit_type_id
            AND credit_type.archived_at IS NULL)";
        let rows: Vec<(uuid::Uuid, uuid::Uuid)> = cycle::Entity::find()
            .select_only()
            .column(cycle::Column::OrganisationId)
            .column(cycle::Column::CreditTypeId)
            // As the index spells it.
            .filter(Expr::cust("is_open"))
            .filter(cycle::Column::EndsAt.lte(self.now().micros()))
            .filter(Expr::cust(IN_USE))
            .limit(limit)
            .into_tuple()
            .all(self.read())
            .await?;
        let ids =
            |(organisation, credit_type)| (OrganisationId::new(organisation), CreditTypeId::new(credit_type));
        Ok(rows.into_iter().map(ids).collect())
    }
}

impl Tx {
    /// The open cycle of a credit type, under the head.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] when there is none, or the store's own error.
    pub async fn open_cycle_of(&self, credit_type: CreditTypeId) -> Result<CycleRow, StoreError> {
        open_cycle_at(self.connection(), self.organisation(), credit_type, self.at()).await
    }

    /// When the run of cycles began that the open one belongs to: the latest that was not opened by the schedule, else
    /// the first of all. Cadences that keep a local time count from there.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] when there is no cycle, or the store's own error.
    pub async fn cycle_anchor(&self, credit_type: CreditTypeId) -> Result<Timestamp, StoreError> {
        let by_schedule = reason_words::word(CycleReason::Schedule);
        let starts_at: Option<i64> = cycle::Entity::find()
            .select_only()
            .column(cycle::Column::StartsAt)
            .filter(cycle::Column::OrganisationId.eq(self.organisation().uuid()))
            .filter(cycle::Column::CreditTypeId.eq(credit_type.uuid()))
            .filter(cycle::Column::StretchOf.is_null())
            .filter(
                cycle::Column::OpenedBy
                    .ne(by_schedule)
                    .or(cycle::Column::Number.eq(1)),
            )
            .order_by_desc(cycle::Column::Number)
            .limit(1)
            .into_tuple()
            .one(self.connection())
            .await?;
        starts_at
            .map(Timestamp::from_micros)
            .ok_or(StoreError::Corrupt("cycle"))
    }
}
