//! Facts, and their fold into sums. One fold for the job that rolls up and for whoever reads what is not rolled up yet.

use std::collections::BTreeMap;

use allowance_domain::cycles::{TimeZone, local_day};
use allowance_values::{OrganisationId, Timestamp};
use sea_orm::{ConnectionTrait, FromQueryResult, Statement};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::error::StoreError;

/// How far facts are rolled up, or how far they reach: the position in the ledger, and that of the organisation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Mark {
    pub(super) seq: i64,
    pub(super) position: i64,
}

impl Mark {
    /// Before the first fact. Events of before positions were counted stand at 0.
    pub(super) const START: Self = Self { seq: 0, position: -1 };
}

/// Entries that are facts, each with what it is about: the event, the charge or the captured hold. A charge that is
/// reversed when its cycle has ended gives back its cost alone: its credits come back as Carried and Used stays.
pub(super) const ENTRY_FACTS: &str = "ledger_entry e
    LEFT JOIN usage_event u ON e.kind = 'usage' AND u.organisation_id = e.organisation_id AND u.id = e.subject_id
    LEFT JOIN charge c ON e.kind IN ('charge', 'reversal', 'carry_in')
        AND c.organisation_id = e.organisation_id AND c.id = e.subject_id
    LEFT JOIN credit_hold h ON e.kind IN ('capture', 'usage') AND u.id IS NULL
        AND h.organisation_id = e.organisation_id AND h.id = e.subject_id
    LEFT JOIN capture_cost k ON k.organisation_id = h.organisation_id AND k.hold_id = h.id";
/// Which entries are facts.
pub(super) const IS_FACT: &str = "(e.to_kind = 'spent' OR e.from_kind = 'spent'
    OR (e.kind = 'carry_in' AND e.from_kind = 'carried' AND e.to_kind = 'member' AND c.id IS NOT NULL))";
/// Whether an entry is a further one of the same capture: a hold is captured once, in one batch, by up to three entries.
pub(super) const IS_FURTHER: &str = "(h.id IS NOT NULL AND EXISTS (SELECT 1 FROM ledger_entry f
    WHERE f.organisation_id = e.organisation_id AND f.credit_type_id = e.credit_type_id AND f.person_id = e.person_id
    AND f.seq < e.seq AND f.seq >= (SELECT b.first_seq FROM ledger_batch b
        WHERE b.organisation_id = e.organisation_id AND b.last_seq >= e.seq ORDER BY b.last_seq LIMIT 1)
    AND f.subject_id = e.subject_id AND f.to_kind = 'spent'))";
/// The group of an entry.
pub(super) const ENTRY_GROUP: &str = "CASE WHEN e.from_kind = 'spent' THEN e.from_group ELSE e.to_group END";

/// A fact as it is read.
#[derive(FromQueryResult)]
pub(super) struct FactRow {
    pub(super) credit_type_id: Uuid,
    pub(super) cycle_number: i64,
    pub(super) counted_at: i64,
    pub(super) happened_at: i64,
    pub(super) person_id: Uuid,
    pub(super) group_id: Uuid,
    pub(super) credits: i64,
    pub(super) cost: Option<i64>,
    pub(super) events: i64,
    pub(super) provider: Option<String>,
    pub(super) model: Option<String>,
    pub(super) operation: Option<String>,
    pub(super) tags: Option<String>,
}

/// The columns of a fact that is an entry, out of [`ENTRY_FACTS`].
pub(super) fn entry_columns() -> String {
    format!(
        "e.credit_type_id, e.cycle_number, e.at AS counted_at, COALESCE(u.happened_at, e.at) AS happened_at,
         e.person_id, {ENTRY_GROUP} AS group_id,
         CASE WHEN e.to_kind = 'spent' THEN e.amount WHEN e.from_kind = 'spent' THEN -e.amount ELSE 0 END AS credits,
         CASE WHEN e.kind IN ('reversal', 'carry_in') THEN -c.cost_nanos WHEN {IS_FURTHER} THEN NULL
            ELSE COALESCE(u.cost_nanos, c.cost_nanos, k.cost_nanos) END AS cost,
         CAST(CASE WHEN {IS_FURTHER} THEN 0 ELSE 1 END AS BIGINT) AS events,
         u.provider, u.model, u.operation, u.tags"
    )
}

/// The columns of a fact that is an event without an entry.
pub(super) const EVENT_COLUMNS: &str =
    "u.credit_type_id, u.cycle_number, u.recorded_at AS counted_at, u.happened_at,
    u.person_id, u.group_id, CAST(0 AS BIGINT) AS credits, u.cost_nanos AS cost, CAST(1 AS BIGINT) AS events,
    u.provider, u.model, u.operation, u.tags";

/// What was used, in the texts by which sums are told apart. What is empty is none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Label {
    pub(super) provider: String,
    pub(super) model: String,
    pub(super) operation: String,
    /// A JSON array, sorted and without repetition.
    tags: String,
}

impl Label {
    /// What a fact is told apart by.
    pub(super) fn of(row: &mut FactRow) -> Self {
        Self {
            provider: plain(row.provider.take()),
            model: plain(row.model.take()),
            operation: plain(row.operation.take()),
            tags: Value::from(canonical(row.tags.as_deref())).to_string(),
        }
    }

    /// By its content: whoever rolls up gives the same label the same id.
    fn id(&self) -> Uuid {
        let mut digest = Sha256::new();
        for text in [&self.provider, &self.model, &self.operation, &self.tags] {
            digest.update(u64::try_from(text.len()).unwrap_or(u64::MAX).to_be_bytes());
            digest.update(text.as_bytes());
        }
        let mut id = [0; 16];
        for (into, from) in id.iter_mut().zip(digest.finalize()) {
            *into = from;
        }
        Uuid::from_bytes(id)
    }
}

/// The character that PostgreSQL keeps in no text.
fn plain(text: Option<String>) -> String {
    match text {
        Some(text) if text.contains('\0') => text.replace('\0', "\u{fffd}"),
        text => text.unwrap_or_default(),
    }
}

/// Tags in one order, each once.
pub(super) fn canonical(tags: Option<&str>) -> Vec<String> {
    let Some(tags) = tags else { return Vec::new() };
    let mut tags: Vec<String> = serde_json::from_str(tags).unwrap_or_default();
    for tag in &mut tags {
        *tag = plain(Some(std::mem::take(tag)));
    }
    tags.retain(|tag| !tag.is_empty());
    tags.sort_unstable();
    tags.dedup();
    tags
}

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
        sum.credits = sum.credits.saturating_add(row.credits.into());
        sum.cost = sum.cost.saturating_add(row.cost.unwrap_or(0).into());
        sum.events = sum.events.saturating_add(row.events);
        self.events = self.events.saturating_add(row.events);
        Ok(())
    }
}

async fn read_facts<C: ConnectionTrait>(
    connection: &C,
    organisation: OrganisationId,
    credit_type: Option<Uuid>,
    (after, up_to): (Mark, Mark),
) -> Result<Vec<FactRow>, StoreError> {
    let backend = connection.get_database_backend();
    let mut values = vec![
        organisation.uuid().into(),
        after.seq.into(),
        up_to.seq.into(),
        after.position.into(),
        up_to.position.into(),
    ];
    let (mut of_entry, mut of_event) = ("", "");
    if let Some(credit_type) = credit_type {
        values.push(credit_type.into());
        (of_entry, of_event) = ("AND e.credit_type_id = $6", "AND u.credit_type_id = $6");
    }
    let sql = format!(
        "SELECT {} FROM {ENTRY_FACTS}
         WHERE e.organisation_id = $1 AND e.seq > $2 AND e.seq <= $3 {of_entry} AND {IS_FACT}
         UNION ALL
         SELECT {EVENT_COLUMNS}
         FROM usage_event u
         WHERE u.organisation_id = $1 AND u.amount = 0 AND u.position > $4 AND u.position <= $5 {of_event}",
        entry_columns()
    );
    let statement = Statement::from_sql_and_values(backend, sql, values);
    Ok(FactRow::find_by_statement(statement).all(connection).await?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn label(provider: &str, model: &str, tags: Option<&str>) -> Label {
        let text = |text: &str| Some(text.to_owned());
        Label::of(&mut FactRow {
            credit_type_id: Uuid::nil(),
            cycle_number: 1,
            counted_at: 0,
            happened_at: 0,
            person_id: Uuid::nil(),
            group_id: Uuid::nil(),
            credits: 1,
            cost: None,
            events: 1,
            provider: text(provider),
            model: text(model),
            operation: None,
            tags: tags.map(str::to_owned),
        })
    }

    #[test]
    fn labels_are_the_same_whatever_the_order_of_their_tags() {
        let tagged = |tags: &str| label("p", "", Some(tags));
        assert_eq!(tagged(r#"["b","a","b",""]"#), tagged(r#"["a","b"]"#));
        assert_eq!(tagged(r#"["b","a"]"#).id(), tagged(r#"["a","b"]"#).id());
        assert_ne!(tagged(r#"["a"]"#).id(), tagged(r#"["a,b"]"#).id());
        assert_eq!(label("", "", None).tags, "[]");
        assert_eq!(tagged(r#"["\u0000"]"#).tags, "[\"\u{fffd}\"]");
        assert_ne!(label("p", "", None).id(), label("", "p", None).id());
    }

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
