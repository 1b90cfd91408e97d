//! Figures of costs, and what their rows are for.

use std::collections::BTreeMap;

use allowance_values::{CostTotal, Day, GroupId, PersonId};
use sea_orm::QueryResult;

use super::select::{CostDays, Select};
use crate::error::StoreError;

/// What costs are told apart by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CostBy {
    /// The day.
    Day,
    /// The group.
    Group,
    /// The person.
    Person,
    /// The provider.
    Provider,
    /// The model.
    Model,
    /// The operation.
    Operation,
    /// Each tag.
    Tag,
}

/// What a row is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CostKey {
    /// A day.
    Day(Day),
    /// A group.
    Group(GroupId),
    /// A person.
    Person(PersonId),
    /// A provider, model, operation or tag; empty for what has none.
    Text(String),
}

/// Credits, cost and events, in sums that fit whatever was counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct CostFigures {
    /// Micro-credits.
    pub credits: i128,
    /// Cost.
    pub cost: CostTotal,
    /// How many.
    pub events: i64,
}

impl CostFigures {
    pub(super) fn read(row: &QueryResult, prefix: &str) -> Result<Self, StoreError> {
        let number = |name: &str| row.try_get::<i64>(prefix, name);
        let whole = |high: i64, low: i64| {
            i128::from(high)
                .saturating_mul(1 << 32)
                .saturating_add(low.into())
        };
        Ok(Self {
            credits: whole(number("_credits_high")?, number("_credits_low")?),
            cost: CostTotal::from_nanos(whole(number("_cost_high")?, number("_cost_low")?)),
            events: number("_events")?,
        })
    }

    /// The sum less some and more others.
    pub(super) fn changed(self, less: &[Self], more: &[Self]) -> Self {
        let mut changed = self;
        for (others, sign) in [(less, -1), (more, 1)] {
            for Self {
                credits,
                cost,
                events,
            } in others
            {
                changed.credits += i128::from(sign) * credits;
                changed.cost = CostTotal::from_nanos(changed.cost.nanos() + i128::from(sign) * cost.nanos());
                changed.events += sign * events;
            }
        }
        changed
    }
}

/// Where a page of rows starts: after this one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CostStart {
    /// What the row is ordered by, in two halves.
    pub rank: (i64, i64),
    /// What the row is for.
    pub key: CostKey,
}

/// One row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CostRow {
    /// What it is for.
    pub key: CostKey,
    /// The name of the group or person.
    pub label: Option<String>,
    /// Of the period.
    pub now: CostFigures,
    /// Of the period before.
    pub before: CostFigures,
    /// What it is ordered by, in two halves.
    pub rank: (i64, i64),
}

/// Sums of everything that meets the filter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct CostTotals {
    /// Happened in the period.
    pub happened: CostFigures,
    /// Charged to the period.
    pub counted: CostFigures,
    /// Of the period before.
    pub before: CostFigures,
    /// Happened in the period, charged after it.
    pub charged_later: CostFigures,
    /// Happened in the period, charged before it.
    pub charged_sooner: CostFigures,
    /// Charged to the period, happened before it.
    pub from_earlier: CostFigures,
    /// Charged to the period, happened after it.
    pub from_later: CostFigures,
}

/// How figures were made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct CostPosition {
    /// Position in the ledger.
    pub as_of: i64,
    /// Position up to which it came from the roll-up.
    pub rolled_up: i64,
    /// Events that were added.
    pub added: i64,
}

/// Rows with what belongs to them, from one snapshot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CostPage {
    /// The rows.
    pub rows: Vec<CostRow>,
    /// Of all rows.
    pub totals: CostTotals,
    /// How the figures were made.
    pub position: CostPosition,
}

/// Days in layers, from one snapshot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layers {
    /// What the layers are for, the largest first, with the name of the group or person.
    pub keys: Vec<(CostKey, Option<String>)>,
    /// By day and layer; what is in no layer stands in the one after the last.
    pub sums: BTreeMap<(Day, usize), CostFigures>,
    /// How the figures were made.
    pub position: CostPosition,
}

/// The join and the expression by which sums are told apart.
pub(super) fn key_of(by: CostBy, days: CostDays, select: &Select) -> (&'static str, String) {
    let column = match by {
        CostBy::Day => days.day(),
        CostBy::Group => "group_id",
        CostBy::Person => "person_id",
        CostBy::Provider => "provider",
        CostBy::Model => "model",
        CostBy::Operation => "operation",
        CostBy::Tag => {
            let (join, key) = select.tags();
            return (join, key.to_owned());
        }
    };
    ("", column.to_owned())
}

/// The place of a key among the values.
pub(super) fn bind_key(select: &mut Select, key: &CostKey) -> String {
    match key {
        CostKey::Day(day) => select.clause.bind(day.number()),
        CostKey::Group(group) => select.clause.bind(group.uuid()),
        CostKey::Person(person) => select.clause.bind(person.uuid()),
        CostKey::Text(text) => select.clause.bind(text.as_str()),
    }
}

/// The key of a row.
pub(super) fn read_key(by: CostBy, row: &QueryResult) -> Result<CostKey, StoreError> {
    Ok(match by {
        CostBy::Day => {
            let day = Day::from_number(row.try_get("", "key")?);
            CostKey::Day(day.ok_or(StoreError::Corrupt("cost_sum"))?)
        }
        CostBy::Group => CostKey::Group(GroupId::new(row.try_get("", "key")?)),
        CostBy::Person => CostKey::Person(PersonId::new(row.try_get("", "key")?)),
        CostBy::Provider | CostBy::Model | CostBy::Operation | CostBy::Tag => {
            CostKey::Text(row.try_get("", "key")?)
        }
    })
}
