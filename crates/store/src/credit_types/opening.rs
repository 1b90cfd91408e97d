//! Opening cycles: the first and the next. Costs by groups, not by people.

use allowance_domain::credit_types::Terms;
use allowance_domain::ledger::{CycleSpan, OpenCycle, OpenedGroup, open_cycle};
use allowance_values::{CreditTypeId, Credits};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QuerySelect, Set};

use super::cycles::{CycleReason, reason_words};
use crate::entities::{cycle, reset_group};
use crate::error::StoreError;
use crate::ledger::{Groups, OpenBook, load, words};
use crate::tx::Tx;

/// Groups per statement.
const ROWS: usize = 3_000;

impl Tx {
    /// Opens the first cycle of a new credit type.
    ///
    /// # Errors
    /// The store's own error.
    pub async fn open_first_cycle(
        &mut self,
        credit_type: CreditTypeId,
        span: CycleSpan,
    ) -> Result<(), StoreError> {
        // A cycle of no length stands before the first, so that opening is the same function always.
        let before = CycleSpan {
            starts_at: span.starts_at.plus_micros(-1),
            ends_at: span.starts_at,
        };
        self.insert_cycle(credit_type, 0, before, CycleReason::Schedule, Credits::ZERO)
            .await?;
        self.open_next_cycle(credit_type, span, CycleReason::Schedule)
            .await
    }

    /// Closes the open cycle, on its planned end or earlier by hand, and opens the next.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] when the credit type has no cycle, or the store's own error.
    pub async fn open_next_cycle(
        &mut self,
        credit_type: CreditTypeId,
        span: CycleSpan,
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
        self.close_cycle(&open, span).await?;
        let next = OpenCycle {
            number: self.next_cycle_number(credit_type).await?,
            span,
            may_be_undone: reason == CycleReason::ManualReset,
        };
        let movements = open_cycle(&mut open.book, next).map_err(|refusal| {
            tracing::error!(%refusal, "a cycle could not be opened");
            StoreError::Corrupt("group_cycle")
        })?;
        let limit = open.book.cycle.figures.limit;
        self.insert_cycle(credit_type, next.number, span, reason, limit)
            .await?;
        if next.may_be_undone {
            self.keep_opening(&open).await?;
        }
        self.write_back(&mut open, movements).await
    }

    /// The terms in force at its end go with the cycle: whoever is brought forward later crosses by them.
    async fn close_cycle(&self, open: &OpenBook, next: CycleSpan) -> Result<(), StoreError> {
        let Terms {
            id,
            rollover,
            distribution,
            ..
        } = open.book.terms;
        let planned = open.book.cycle.ends_at;
        let closed = cycle::ActiveModel {
            organisation_id: Set(self.organisation().uuid()),
            credit_type_id: Set(id.uuid()),
            number: Set(open.book.cycle.number),
            ends_at: Set(next.starts_at.min(planned).micros()),
            planned_end: Set(Some(planned.micros())),
            is_open: Set(false),
            rollover_percent: Set(Some(i32::from(rollover.percent))),
            rollover_cap: Set(rollover.cap.map(Credits::micros)),
            rollover_cycles: Set(Some(i32::try_from(rollover.cycles).unwrap_or(i32::MAX))),
            distribution: Set(Some(words::distribution::word(distribution).to_owned())),
            ..Default::default()
        };
        cycle::Entity::update(closed).exec(self.connection()).await?;
        Ok(())
    }

    /// Numbers only rise, also past those of cycles that became stretches of others.
    async fn next_cycle_number(&self, credit_type: CreditTypeId) -> Result<i64, StoreError> {
        let highest: Option<Option<i64>> = cycle::Entity::find()
            .select_only()
            .column_as(cycle::Column::Number.max(), "number")
            .filter(cycle::Column::OrganisationId.eq(self.organisation().uuid()))
            .filter(cycle::Column::CreditTypeId.eq(credit_type.uuid()))
            .into_tuple()
            .one(self.connection())
            .await?;
        let highest = highest.flatten().ok_or(StoreError::Corrupt("cycle"))?;
        Ok(highest.saturating_add(1))
    }

    async fn insert_cycle(
        &self,
        credit_type: CreditTypeId,
        number: i64,
        span: CycleSpan,
        reason: CycleReason,
        limit: Credits,
    ) -> Result<(), StoreError> {
        let row = cycle::ActiveModel {
            organisation_id: Set(self.organisation().uuid()),
            credit_type_id: Set(credit_type.uuid()),
            number: Set(number),
            id: Set(self.new_id()),
            starts_at: Set(span.starts_at.micros()),
            ends_at: Set(span.ends_at.micros()),
            opened_by: Set(reason_words::word(reason).to_owned()),
            is_open: Set(true),
            limit_micros: Set(limit.micros()),
            opened_limit: Set(Some(limit.micros())),
            opened_seq: Set(Some(self.head().seq.saturating_add(1))),
            carried: Set(0),
            used: Set(0),
            held: Set(0),
            allocated: Set(0),
            time_zone: Set(self.get_organisation().await?.time_zone),
            ..Default::default()
        };
        cycle::Entity::insert(row)
            .exec_without_returning(self.connection())
            .await?;
        Ok(())
    }

    /// Keeps what a reset gave the groups, so that undoing it takes back just that.
    async fn keep_opening(&self, open: &OpenBook) -> Result<(), StoreError> {
        let rows: Vec<reset_group::ActiveModel> = open
            .book
            .groups
            .iter()
            .map(|(group, state)| {
                let OpenedGroup {
                    monthly,
                    reserve,
                    distributed,
                    carried,
                } = OpenedGroup::of(&state.figures);
                reset_group::ActiveModel {
                    organisation_id: Set(self.organisation().uuid()),
                    credit_type_id: Set(open.book.terms.id.uuid()),
                    cycle_number: Set(open.book.cycle.number),
                    group_id: Set(group.uuid()),
                    monthly: Set(monthly.micros()),
                    reserve: Set(reserve.micros()),
                    distributed: Set(distributed.micros()),
                    carried: Set(carried.micros()),
                }
            })
            .collect();
        for rows in rows.chunks(ROWS) {
            reset_group::Entity::insert_many(rows.iter().cloned())
                .exec_without_returning(self.connection())
                .await?;
        }
        Ok(())
    }
}
