//! Days and cycles of facts. A fact keeps the days of the zone that is in force in its cycle.

use std::collections::BTreeMap;

use allowance_domain::cycles::{TimeZone, local_day, local_day_start};
use allowance_values::{Day, OrganisationId, Timestamp};
use sea_orm::{ConnectionTrait, FromQueryResult, Statement};
use uuid::Uuid;

use super::facts::FactRow;
use crate::error::StoreError;

#[derive(FromQueryResult)]
struct SpanRow {
    credit_type_id: Uuid,
    number: i64,
    starts_at: i64,
    stretch_of: Option<i64>,
    time_zone: String,
}

/// The cycles of an organisation: where each begins and which zone it keeps its days by.
pub(super) struct Calendar {
    by_number: BTreeMap<(Uuid, i64), (i64, usize)>,
    /// Where the cycles begin that are no stretches of others.
    by_start: BTreeMap<(Uuid, i64), i64>,
    zones: Vec<TimeZone>,
}

impl Calendar {
    pub(super) async fn load<C: ConnectionTrait>(
        connection: &C,
        organisation: OrganisationId,
    ) -> Result<Self, StoreError> {
        let sql = "SELECT credit_type_id, number, starts_at, stretch_of, time_zone FROM cycle
            WHERE organisation_id = $1 AND number > 0";
        let values = [organisation.uuid().into()];
        let statement = Statement::from_sql_and_values(connection.get_database_backend(), sql, values);
        let mut calendar = Self {
            by_number: BTreeMap::new(),
            by_start: BTreeMap::new(),
            zones: Vec::new(),
        };
        for row in SpanRow::find_by_statement(statement).all(connection).await? {
            let zone = calendar.zone(&row.time_zone)?;
            let cycle = (row.credit_type_id, row.number);
            calendar.by_number.insert(cycle, (row.starts_at, zone));
            if row.stretch_of.is_none() {
                let start = (row.credit_type_id, row.starts_at);
                calendar.by_start.insert(start, row.number);
            }
        }
        Ok(calendar)
    }

    fn zone(&mut self, name: &str) -> Result<usize, StoreError> {
        if let Some(known) = self.zones.iter().position(|zone| zone.as_str() == name) {
            return Ok(known);
        }
        let zone = name.parse().map_err(|_| StoreError::Corrupt("cycle"))?;
        self.zones.push(zone);
        Ok(self.zones.len().saturating_sub(1))
    }

    /// Whether all cycles keep their days by one zone.
    pub(super) const fn has_one_zone(&self) -> bool {
        self.zones.len() == 1
    }

    /// From which instant to before which the days lie, in whichever of the cycles' zones.
    pub(super) fn span(&self, from: Day, to: Day) -> (Timestamp, Timestamp) {
        let starts = self.zones.iter().map(|zone| local_day_start(zone, from));
        let after = to.plus_days(1);
        let ends = self.zones.iter().map(|zone| local_day_start(zone, after));
        let utc = |day: Day| Timestamp::from_offset_date_time(day.date().midnight().assume_utc());
        (
            starts.min().unwrap_or_else(|| utc(from)),
            ends.max().unwrap_or_else(|| utc(after)),
        )
    }

    /// The day and cycle in which a fact happened, and the day to which it was charged. What happened before the first
    /// cycle happened in none: 0.
    pub(super) fn place(&self, row: &FactRow) -> Result<Place, StoreError> {
        const BROKEN: StoreError = StoreError::Corrupt("cycle");
        let cycle = (row.credit_type_id, row.cycle_number);
        let (starts_at, zone) = *self.by_number.get(&cycle).ok_or(BROKEN)?;
        let zone = self.zones.get(zone).ok_or(BROKEN)?;
        let day = |at| local_day(zone, Timestamp::from_micros(at)).number();
        let happened_cycle = if row.happened_at >= starts_at {
            row.cycle_number
        } else {
            let before = (row.credit_type_id, i64::MIN)..=(row.credit_type_id, row.happened_at);
            self.by_start
                .range(before)
                .next_back()
                .map_or(0, |(_, number)| *number)
        };
        let counted_day = day(row.counted_at);
        let happened_day = if row.happened_at == row.counted_at {
            counted_day
        } else {
            day(row.happened_at)
        };
        Ok(Place {
            happened_day,
            happened_cycle,
            counted_day,
        })
    }
}

/// When a fact happened and was charged, in days and cycles.
pub(super) struct Place {
    pub(super) happened_day: i32,
    pub(super) happened_cycle: i64,
    pub(super) counted_day: i32,
}
