//! The fold of facts into sums. One fold for the job that rolls up and for whoever reads what is not rolled up yet.

use std::collections::BTreeMap;

use allowance_values::OrganisationId;
use sea_orm::{ConnectionTrait, Statement};
use serde_json::{Value, json};
use uuid::Uuid;

use super::calendar::{Calendar, Place};
use super::facts::{FactRow, Mark, read_facts};
use super::label::{Detail, Label};
use crate::error::StoreError;

/// What sums are told apart by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Grain {
    pub(super) credit_type: Uuid,
    pub(super) happened_day: i32,
    pub(super) counted_day: i32,
    pub(super) happened_cycle: i64,
    pub(super) cycle: i64,
    pub(super) group: Uuid,
    pub(super) person: Uuid,
    label: Uuid,
}

/// A sum, in wider arithmetic.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Sum {
    label: Label,
    pub(super) credits: i128,
    cost: i128,
    pub(super) events: i64,
}

impl Sum {
    fn add(&mut self, credits: i128, cost: i128, events: i64) {
        self.credits = self.credits.saturating_add(credits);
        self.cost = self.cost.saturating_add(cost);
        self.events = self.events.saturating_add(events);
    }
}

/// Facts, added up.
#[derive(Debug, Default)]
pub(super) struct Fold {
    pub(super) sums: BTreeMap<Grain, Sum>,
    /// How many events went in.
    pub(super) events: i64,
}

/// The low half of a number in two halves.
const LOW: i128 = 0xffff_ffff;

/// A number in two halves.
fn halves(number: i128) -> Result<(i64, i64), StoreError> {
    let out = |_| StoreError::Corrupt("cost_sum");
    Ok((
        i64::try_from(number >> 32).map_err(out)?,
        i64::try_from(number & LOW).map_err(out)?,
    ))
}

impl Fold {
    /// The same sums, told apart by no more than a question is about: fewer rows, the same answer.
    pub(super) fn coarse(self, detail: Detail) -> Self {
        let mut coarse = Self {
            events: self.events,
            ..Self::default()
        };
        for (grain, sum) in self.sums {
            let label = sum.label.coarse(detail);
            let keep = |is_kept: bool, id: Uuid| if is_kept { id } else { Uuid::nil() };
            let grain = Grain {
                group: keep(detail.group, grain.group),
                person: keep(detail.person, grain.person),
                label: label.id(),
                ..grain
            };
            let into = coarse.sums.entry(grain).or_insert(Sum {
                label,
                credits: 0,
                cost: 0,
                events: 0,
            });
            into.add(sum.credits, sum.cost, sum.events);
        }
        coarse
    }

    /// The rows as one JSON text, which [`from_json`] reads.
    pub(super) fn to_json(&self) -> Result<String, StoreError> {
        let mut rows = Vec::with_capacity(self.sums.len());
        for (grain, sum) in &self.sums {
            let Grain {
                credit_type,
                happened_day,
                counted_day,
                happened_cycle,
                cycle,
                group,
                person,
                label,
            } = grain;
            let (credits_high, credits_low) = halves(sum.credits)?;
            let (cost_high, cost_low) = halves(sum.cost)?;
            let Label {
                provider,
                model,
                operation,
                tags,
            } = &sum.label;
            rows.push(json!([
                credit_type.simple().to_string(),
                happened_day,
                counted_day,
                happened_cycle,
                cycle,
                group.simple().to_string(),
                person.simple().to_string(),
                label.simple().to_string(),
                provider,
                model,
                operation,
                tags,
                credits_high,
                credits_low,
                cost_high,
                cost_low,
                sum.events,
            ]));
        }
        Ok(Value::from(rows).to_string())
    }
}

/// The columns of a sum, in the order of the JSON rows.
pub(super) const COLUMNS: &str = "credit_type_id, happened_day, counted_day, happened_cycle, cycle_number, group_id, \
    person_id, label, provider, model, operation, tags, credits_high, credits_low, cost_high, cost_low, events";

/// A statement that reads rows of sums out of the JSON text bound at `place`.
pub(super) fn from_json(backend: sea_orm::DbBackend, place: &str) -> String {
    let is_postgres = backend == sea_orm::DbBackend::Postgres;
    let columns = COLUMNS.split(", ").enumerate().map(|(index, name)| {
        let value = format!("value->>{index}");
        let typed = match index {
            0 | 5 | 6 | 7 if is_postgres => format!("CAST({value} AS UUID)"),
            0 | 5 | 6 | 7 => format!("unhex({value})"),
            1 | 2 => format!("CAST({value} AS INTEGER)"),
            8..=11 => value,
            _ => format!("CAST({value} AS BIGINT)"),
        };
        format!("{typed} AS {name}")
    });
    let columns: Vec<String> = columns.collect();
    let rows = if is_postgres {
        format!("jsonb_array_elements(CAST({place} AS JSONB)) AS fact(value)")
    } else {
        format!("json_each({place}) AS fact")
    };
    format!("SELECT {} FROM {rows}", columns.join(", "))
}

/// Facts in one step of a fold, about so many.
const STEP: u64 = 10_000;

/// Where a step ends that begins at a mark: at most so many entries and unburnt events on, and never beyond the end.
async fn step_end<C: ConnectionTrait>(
    connection: &C,
    organisation: OrganisationId,
    after: Mark,
    end: Mark,
) -> Result<Mark, StoreError> {
    let step = i64::try_from(STEP).unwrap_or(i64::MAX);
    let sql = "SELECT position FROM usage_event WHERE organisation_id = $1 AND amount = 0 AND position > $2
        ORDER BY position LIMIT 1 OFFSET $3";
    let values = [organisation.uuid().into(), after.position.into(), step.into()];
    let statement = Statement::from_sql_and_values(connection.get_database_backend(), sql, values);
    let position = match connection.query_one_raw(statement).await? {
        Some(row) => row.try_get_by_index(0)?,
        None => end.position,
    };
    Ok(Mark {
        seq: after.seq.saturating_add(step).min(end.seq),
        position: end.position.min(position),
    })
}

impl Fold {
    /// Folds the facts after one mark, up to another, of one credit type or of all, and says where it got to: to the end,
    /// or only so far as one step goes.
    pub(super) async fn step<C: ConnectionTrait>(
        &mut self,
        connection: &C,
        organisation: OrganisationId,
        credit_type: Option<Uuid>,
        (after, end): (Mark, Mark),
    ) -> Result<Mark, StoreError> {
        let up_to = step_end(connection, organisation, after, end).await?;
        let rows = read_facts(connection, organisation, credit_type, (after, up_to)).await?;
        if rows.is_empty() {
            return Ok(up_to);
        }
        let calendar = Calendar::load(connection, organisation).await?;
        for row in rows {
            self.add(row, &calendar)?;
        }
        Ok(up_to)
    }

    fn add(&mut self, mut row: FactRow, calendar: &Calendar) -> Result<(), StoreError> {
        let Place {
            happened_day,
            happened_cycle,
            counted_day,
        } = calendar.place(&row)?;
        let label = Label::of(&mut row);
        let grain = Grain {
            credit_type: row.credit_type_id,
            happened_day,
            counted_day,
            happened_cycle,
            cycle: row.cycle_number,
            group: row.group_id,
            person: row.person_id,
            label: label.id(),
        };
        let sum = self.sums.entry(grain).or_insert(Sum {
            label,
            credits: 0,
            cost: 0,
            events: 0,
        });
        sum.add(row.credits.into(), row.cost.unwrap_or(0).into(), row.events);
        self.events = self.events.saturating_add(row.events);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn halves_make_the_number_again_below_zero_too() {
        for number in [
            0,
            1,
            -1,
            i128::from(i64::MAX) * 3,
            i128::from(i64::MIN) * 3,
            1 << 32,
            -(1 << 32),
        ] {
            let (high, low) = halves(number).unwrap();
            assert_eq!(i128::from(high) * (1 << 32) + i128::from(low), number);
            assert!((0..1 << 32).contains(&low));
        }
        assert!(halves(i128::MAX).is_err());
    }
}
