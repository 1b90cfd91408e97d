//! Cycles that have ended, as far as members may still stand in them; and until when one that was ended by hand may
//! reopen. Stretches of a reopened cycle are no cycles of their own.

use allowance_domain::credit_types::{Distribution, Rollover};
use allowance_domain::ledger::ClosedCycle;
use allowance_values::{CreditTypeId, Credits, OrganisationId, Timestamp};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use super::words;
use crate::credit_types::{undo_hours, undo_until};
use crate::entities::cycle;
use crate::error::StoreError;

/// The open cycle's number, and those before it in order.
pub(crate) struct Ended {
    pub(crate) open: i64,
    pub(crate) cycles: Vec<ClosedCycle>,
}

impl Ended {
    /// The cycles from `first` on that have ended before the open one. Whether they may reopen is judged at an instant;
    /// without one it does not matter.
    pub(crate) async fn load<C: ConnectionTrait>(
        connection: &C,
        organisation: OrganisationId,
        credit_type: CreditTypeId,
        open: &cycle::Model,
        first: i64,
        at: Option<Timestamp>,
    ) -> Result<Self, StoreError> {
        let mut ended = Self {
            open: open.number,
            cycles: Vec::new(),
        };
        if first >= open.number {
            return Ok(ended);
        }
        let rows = cycle::Entity::find()
            .filter(cycle::Column::OrganisationId.eq(organisation.uuid()))
            .filter(cycle::Column::CreditTypeId.eq(credit_type.uuid()))
            .filter(cycle::Column::IsOpen.eq(false))
            .filter(cycle::Column::StretchOf.is_null())
            .filter(cycle::Column::Number.gte(first))
            .order_by_asc(cycle::Column::Number)
            .all(connection)
            .await?;
        for row in &rows {
            ended.cycles.push(closed(row)?);
        }
        let Some(at) = at else { return Ok(ended) };
        let hours = undo_hours(connection, organisation, open).await?;
        // Undoing goes backwards one reset at a time, as long as each opened the cycle after.
        let mut later = open;
        for (row, cycle) in rows.iter().zip(&mut ended.cycles).rev() {
            cycle.is_remembered = undo_until(later, hours).is_some_and(|until| at < until);
            if !cycle.is_remembered {
                break;
            }
            later = row;
        }
        let with_stretches: Vec<Option<i64>> = cycle::Entity::find()
            .select_only()
            .column(cycle::Column::StretchOf)
            .distinct()
            .filter(cycle::Column::OrganisationId.eq(organisation.uuid()))
            .filter(cycle::Column::CreditTypeId.eq(credit_type.uuid()))
            .filter(cycle::Column::StretchOf.gte(first))
            .into_tuple()
            .all(connection)
            .await?;
        for cycle in &mut ended.cycles {
            cycle.is_remembered |= with_stretches.contains(&Some(cycle.number));
        }
        Ok(ended)
    }

    /// The cycle that followed the one of this number.
    pub(crate) fn after(&self, number: i64) -> i64 {
        let later = self.cycles.iter().map(|cycle| cycle.number);
        later.filter(|later| *later > number).min().unwrap_or(self.open)
    }

    /// How credits reached members in a cycle; `now` is how they do in the open one.
    pub(crate) fn distribution(&self, number: i64, now: Distribution) -> Distribution {
        let closed = self.cycles.iter().find(|cycle| cycle.number == number);
        closed.map_or(now, |cycle| cycle.distribution)
    }
}

/// A cycle that has ended, or the stretch that a reset ended it for, by the terms that held then.
pub(super) fn closed(row: &cycle::Model) -> Result<ClosedCycle, StoreError> {
    const BROKEN: StoreError = StoreError::Corrupt("cycle");
    let percent = row
        .rollover_percent
        .and_then(|percent| u8::try_from(percent).ok());
    let cycles = row.rollover_cycles.and_then(|cycles| u32::try_from(cycles).ok());
    let distribution = row.distribution.as_deref().ok_or(BROKEN)?;
    Ok(ClosedCycle {
        number: row.number,
        ends_at: Timestamp::from_micros(row.ends_at),
        rollover: Rollover {
            percent: percent.ok_or(BROKEN)?,
            cap: row.rollover_cap.map(Credits::from_micros),
            cycles: cycles.ok_or(BROKEN)?,
        },
        distribution: words::distribution::from_word(distribution)?,
        is_remembered: false,
    })
}
