//! Cycles as rows: opening the first and the next, and reading them.

use allowance_domain::allocations::Refusal;
use allowance_domain::ledger::{OpenCycle, open_cycle};
use allowance_values::{CreditTypeId, Credits, CycleId, OrganisationId, Timestamp};
use sea_orm::sea_query::ExprTrait;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, Set};

use crate::connect::Store;
use crate::entities::cycle;
use crate::error::StoreError;
use crate::ledger::{Groups, OpenBook, load, word_enum};
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
}

#[expect(
    clippy::needless_pass_by_value,
    reason = "rows are turned over by value everywhere"
)]
fn from_row(row: cycle::Model) -> Result<CycleRow, StoreError> {
    Ok(CycleRow {
        id: CycleId::new(row.id),
        number: row.number,
        starts_at: Timestamp::from_micros(row.starts_at),
        ends_at: Timestamp::from_micros(row.ends_at),
        opened_by: reason_words::from_word(&row.opened_by)?,
        is_open: row.is_open,
        limit: Credits::from_micros(row.limit_micros),
        used: Credits::from_micros(row.used),
    })
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
        from_row(crate::ledger::open_cycle_row(self.read(), organisation, credit_type).await?)
    }

    /// Cycles of a credit type, newest first, older than `before`.
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
            .filter(cycle::Column::Number.gt(0));
        if let Some(before) = before {
            query = query.filter(cycle::Column::Number.lt(before));
        }
        let rows = query
            .order_by_desc(cycle::Column::Number)
            .limit(limit)
            .all(self.read())
            .await?;
        rows.into_iter().map(from_row).collect()
    }

    /// Open cycles of all organisations that have ended by now: what the scheduler has to open anew.
    ///
    /// # Errors
    /// The store's own error.
    pub async fn list_due_cycles(
        &self,
        limit: u64,
    ) -> Result<Vec<(OrganisationId, CreditTypeId)>, StoreError> {
        let rows: Vec<(uuid::Uuid, uuid::Uuid)> = cycle::Entity::find()
            .select_only()
            .column(cycle::Column::OrganisationId)
            .column(cycle::Column::CreditTypeId)
            .filter(cycle::Column::IsOpen.eq(true))
            .filter(cycle::Column::EndsAt.lte(self.now().micros()))
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
        from_row(crate::ledger::open_cycle_row(self.connection(), self.organisation(), credit_type).await?)
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

    /// Opens the first cycle of a new credit type.
    ///
    /// # Errors
    /// The store's own error.
    pub async fn open_first_cycle(
        &mut self,
        credit_type: CreditTypeId,
        next: OpenCycle,
    ) -> Result<(), StoreError> {
        // A cycle of no length stands before the first, so that opening is the same function always.
        let before = cycle::ActiveModel {
            organisation_id: Set(self.organisation().uuid()),
            credit_type_id: Set(credit_type.uuid()),
            number: Set(0),
            id: Set(self.new_id()),
            starts_at: Set(next.starts_at.micros().saturating_sub(1)),
            ends_at: Set(next.starts_at.micros()),
            opened_by: Set(reason_words::word(CycleReason::Schedule).to_owned()),
            is_open: Set(true),
            limit_micros: Set(0),
            carried: Set(0),
            used: Set(0),
            held: Set(0),
            allocated: Set(0),
        };
        cycle::Entity::insert(before)
            .exec_without_returning(self.connection())
            .await?;
        self.open_next_cycle(credit_type, next, CycleReason::Schedule)
            .await
    }

    /// Closes the open cycle and opens the next. Costs by groups, not by people.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] when the credit type has no cycle, or the store's own error.
    pub async fn open_next_cycle(
        &mut self,
        credit_type: CreditTypeId,
        next: OpenCycle,
        reason: CycleReason,
    ) -> Result<(), StoreError> {
        let mut open: OpenBook = load(
            self.connection(),
            self.organisation(),
            credit_type,
            &[],
            Groups::All,
        )
        .await?
        .ok_or(StoreError::Corrupt("credit_type"))?;
        let closed = cycle::ActiveModel {
            organisation_id: Set(self.organisation().uuid()),
            credit_type_id: Set(credit_type.uuid()),
            number: Set(open.book.cycle.number),
            ends_at: Set(next.starts_at.min(open.book.cycle.ends_at).micros()),
            is_open: Set(false),
            ..Default::default()
        };
        cycle::Entity::update(closed).exec(self.connection()).await?;
        let movements = open_cycle(&mut open.book, next).map_err(|refusal: Refusal| {
            tracing::error!(%refusal, "a cycle could not be opened");
            StoreError::Corrupt("group_cycle")
        })?;
        let row = cycle::ActiveModel {
            organisation_id: Set(self.organisation().uuid()),
            credit_type_id: Set(credit_type.uuid()),
            number: Set(open.book.cycle.number),
            id: Set(self.new_id()),
            starts_at: Set(next.starts_at.micros()),
            ends_at: Set(next.ends_at.micros()),
            opened_by: Set(reason_words::word(reason).to_owned()),
            is_open: Set(true),
            limit_micros: Set(open.book.cycle.figures.limit.micros()),
            carried: Set(0),
            used: Set(0),
            held: Set(0),
            allocated: Set(0),
        };
        cycle::Entity::insert(row)
            .exec_without_returning(self.connection())
            .await?;
        self.write_back(&mut open, movements).await
    }
}
