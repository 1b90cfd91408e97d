//! The statements that look for facts behind a figure, in either list, newest first. What a statement cannot say exactly it
//! leaves to whoever reads the rows: it finds all that meet the query, and few that do not.

use allowance_values::{Day, Timestamp};
use sea_orm::{ConnectionTrait, DatabaseTransaction, DbBackend, QueryResult, Statement};
use uuid::Uuid;

use super::calendar::Calendar;
use super::facts::{ENTRY_GROUP, EVENT_COLUMNS, IS_FACT, IS_FURTHER, Mark, entry_columns, entry_facts};
use super::select::{CostDays, CostFilter, CostPeriod, CostQuery, narrow_to};
use super::windows::{Window, days};
use crate::clause::Clause;
use crate::error::StoreError;

/// Entries of a stretch of the ledger.
pub(super) struct Entries<'q> {
    pub(super) query: &'q CostQuery,
    pub(super) calendar: &'q Calendar,
    /// The first entry.
    pub(super) from: i64,
    /// Entries before this one.
    pub(super) before: i64,
    /// Whose, where that is known.
    pub(super) people: Option<&'q [Uuid]>,
    pub(super) limit: usize,
}

impl Entries<'_> {
    pub(super) async fn read(&self, tx: &DatabaseTransaction) -> Result<Vec<QueryResult>, StoreError> {
        let Self {
            query,
            calendar,
            from,
            before,
            people,
            limit,
        } = self;
        let backend = tx.get_database_backend();
        let values = vec![query.organisation.uuid().into(), query.credit_type.uuid().into()];
        let mut clause = Clause::new("e.organisation_id = $1 AND e.credit_type_id = $2", values);
        clause.and(IS_FACT);
        let (from, before) = (clause.bind(*from), clause.bind(*before));
        clause.and(&format!("e.seq >= {from} AND e.seq < {before}"));
        let of = (ENTRY_GROUP, "e.person_id");
        narrow_to(&mut clause, &query.viewer, of);
        if let Some(people) = people {
            let places = clause.bind_all(people.iter().copied());
            clause.and(&format!("e.person_id IN ({places})"));
        }
        keep(&mut clause, &query.filter, of, backend);
        let day = match query.days {
            CostDays::Counted => "e.at",
            CostDays::Happened => "COALESCE(u.happened_at, e.at)",
        };
        lie_within(&mut clause, query, calendar, day);
        if let (CostDays::Counted, Some(cycles)) = (query.days, &query.period.cycles) {
            let places: Vec<String> = cycles.iter().map(|number| clause.bind(*number)).collect();
            clause.and(&format!("e.cycle_number IN ({})", places.join(", ")));
        }
        let sql = format!(
            "SELECT {}, e.seq AS place, e.kind, u.id AS usage_id, c.id AS charge_id, h.id AS hold_id,
                COALESCE(u.source, h.source) AS source, COALESCE(u.event_id, h.reference) AS source_id,
                COALESCE(c.note, h.note) AS note,
                CASE WHEN u.converted_nanos IS NOT NULL THEN u.cost_nanos
                    WHEN c.converted_nanos IS NOT NULL THEN c.cost_nanos
                    WHEN k.converted_nanos IS NOT NULL AND NOT {IS_FURTHER} THEN k.cost_nanos END AS reported_nanos,
                COALESCE(u.currency, c.currency, k.currency) AS currency
             FROM {} WHERE {} ORDER BY e.seq DESC LIMIT {limit}",
            entry_columns(),
            entry_facts(is_about_usage(&query.filter)),
            clause.text
        );
        let statement = Statement::from_sql_and_values(backend, sql, clause.values);
        Ok(tx.query_all_raw(statement).await?)
    }
}

/// Events that burnt nothing.
pub(super) struct Unburnt<'q> {
    pub(super) query: &'q CostQuery,
    pub(super) calendar: &'q Calendar,
    /// The first position and the last.
    pub(super) between: (i64, i64),
    /// Before this one, by position and id.
    pub(super) after: Option<(i64, Uuid)>,
    pub(super) limit: usize,
}

impl Unburnt<'_> {
    /// Between which positions they lie, the newest first: after the mark, and on the days that the roll-up knows of. Positions
    /// and time have one order, so a few looks into the index find where a day begins.
    pub(super) async fn stretches(
        tx: &DatabaseTransaction,
        query: &CostQuery,
        calendar: &Calendar,
        (windows, end): (&[Window], Mark),
    ) -> Result<Vec<(i64, i64)>, StoreError> {
        let mark = windows.iter().find_map(|window| match window {
            Window::Tail(mark) => Some(mark.position.min(end.position)),
            Window::Days(..) | Window::Few(_) => None,
        });
        let mark = mark.unwrap_or(end.position);
        let mut stretches = vec![(mark.saturating_add(1), end.position)];
        let broken = || StoreError::Corrupt("cost_sum");
        if let Some((from, to)) = days(windows)
            && has_any(tx, query, mark).await?
        {
            let from = Day::from_number(from).ok_or_else(broken)?;
            let to = Day::from_number(to).ok_or_else(broken)?;
            let (from, to) = calendar.span(from, to);
            let first = first_since(tx, query, from, mark).await?;
            let after = first_since(tx, query, to, mark).await?;
            stretches.push((first, after.saturating_sub(1)));
        }
        stretches.retain(|(first, last)| first <= last);
        Ok(stretches)
    }

    pub(super) async fn read(&self, tx: &DatabaseTransaction) -> Result<Vec<QueryResult>, StoreError> {
        let Self {
            query,
            calendar,
            between: (first, last),
            after,
            limit,
        } = self;
        let backend = tx.get_database_backend();
        let values = vec![query.organisation.uuid().into(), query.credit_type.uuid().into()];
        let start = "u.organisation_id = $1 AND u.credit_type_id = $2 AND u.amount = 0";
        let mut clause = Clause::new(start, values);
        let last = after.map_or(*last, |(position, _)| position.min(*last));
        let (first, last) = (clause.bind(*first), clause.bind(last));
        clause.and(&format!("u.position >= {first} AND u.position <= {last}"));
        let of = ("u.group_id", "u.person_id");
        narrow_to(&mut clause, &query.viewer, of);
        keep(&mut clause, &query.filter, of, backend);
        let day = match query.days {
            CostDays::Counted => "u.recorded_at",
            CostDays::Happened => "u.happened_at",
        };
        lie_within(&mut clause, query, calendar, day);
        if let Some((position, id)) = after {
            let (position, id) = (clause.bind(*position), clause.bind(*id));
            clause.and(&format!(
                "(u.position < {position} OR (u.position = {position} AND u.id < {id}))"
            ));
        }
        let sql = format!(
            "SELECT {EVENT_COLUMNS}, u.position AS place, 'usage' AS kind, u.id AS usage_id,
                CAST(NULL AS {uuid}) AS charge_id, CAST(NULL AS {uuid}) AS hold_id, u.source,
                u.event_id AS source_id, CAST(NULL AS TEXT) AS note,
                CASE WHEN u.converted_nanos IS NOT NULL THEN u.cost_nanos END AS reported_nanos, u.currency
             FROM usage_event u WHERE {} ORDER BY u.position DESC, u.id DESC LIMIT {limit}",
            clause.text,
            uuid = if backend == DbBackend::Postgres {
                "UUID"
            } else {
                "BLOB"
            }
        );
        let statement = Statement::from_sql_and_values(backend, sql, clause.values);
        Ok(tx.query_all_raw(statement).await?)
    }
}

/// Whether anything burnt nothing, up to a position.
async fn has_any(tx: &DatabaseTransaction, query: &CostQuery, last: i64) -> Result<bool, StoreError> {
    let sql =
        "SELECT 1 FROM usage_event WHERE organisation_id = $1 AND amount = 0 AND position <= $2 LIMIT 1";
    let values = [query.organisation.uuid().into(), last.into()];
    let statement = Statement::from_sql_and_values(tx.get_database_backend(), sql, values);
    Ok(tx.query_one_raw(statement).await?.is_some())
}

/// The least position, up to a last one, from which on unburnt events were counted at an instant or later; one beyond the
/// last when none was.
async fn first_since(
    tx: &DatabaseTransaction,
    query: &CostQuery,
    at: Timestamp,
    last: i64,
) -> Result<i64, StoreError> {
    let sql = "SELECT position, recorded_at FROM usage_event
        WHERE organisation_id = $1 AND amount = 0 AND position >= $2 ORDER BY position LIMIT 1";
    let (mut low, mut high) = (0, last.saturating_add(1));
    while low < high {
        let middle = low.midpoint(high);
        let values = [query.organisation.uuid().into(), middle.into()];
        let statement = Statement::from_sql_and_values(tx.get_database_backend(), sql, values);
        let (position, recorded_at): (i64, i64) = match tx.query_one_raw(statement).await? {
            None => (i64::MAX, i64::MAX),
            Some(row) => (row.try_get("", "position")?, row.try_get("", "recorded_at")?),
        };
        // Those of before positions were counted have one, and no order.
        if position > 0 && recorded_at < at.micros() {
            low = position.saturating_add(1);
        } else {
            high = middle;
        }
    }
    Ok(low)
}

/// Whether only usage that was reported can meet a filter.
fn is_about_usage(filter: &CostFilter) -> bool {
    let CostFilter {
        group: _,
        person: _,
        provider,
        model,
        operation,
        tag,
    } = filter;
    [provider, model, operation, tag]
        .into_iter()
        .any(|text| text.as_deref().is_some_and(|text| !text.is_empty()))
}

/// Adds that an instant lies on a day of the period, in whichever zone.
fn lie_within(clause: &mut Clause, query: &CostQuery, calendar: &Calendar, instant: &str) {
    let CostPeriod { days, cycles: _ } = &query.period;
    if let Some((from, to)) = days {
        let (from, to) = calendar.span(*from, *to);
        let (from, to) = (clause.bind(from.micros()), clause.bind(to.micros()));
        clause.and(&format!("{instant} >= {from} AND {instant} < {to}"));
    }
}

/// Adds what a statement can say of the filter.
fn keep(clause: &mut Clause, filter: &CostFilter, (in_group, of_person): (&str, &str), backend: DbBackend) {
    let CostFilter {
        group,
        person,
        provider,
        model,
        operation,
        tag,
    } = filter;
    if let Some(group) = group {
        let place = clause.bind(group.uuid());
        clause.and(&format!("{in_group} = {place}"));
    }
    if let Some(person) = person {
        let place = clause.bind(person.uuid());
        clause.and(&format!("{of_person} = {place}"));
    }
    for (column, text) in [("provider", provider), ("model", model), ("operation", operation)] {
        match text.as_deref() {
            None => {}
            Some("") => clause.and(&format!("COALESCE(u.{column}, '') = ''")),
            Some(text) => {
                let place = clause.bind(text);
                clause.and(&format!("u.{column} = {place}"));
            }
        }
    }
    match tag.as_deref() {
        None => {}
        // Tags are a JSON array of texts; one of empty texts alone has none.
        Some("") => clause.and("(u.tags IS NULL OR u.tags = '[]' OR u.tags LIKE '[\"\"%')"),
        // What stands for the character that is kept in no text is written as an escape there.
        Some(tag) if tag.contains('\u{fffd}') => {}
        Some(tag) => {
            let place = clause.bind(serde_json::Value::from(tag).to_string());
            let found = if backend == DbBackend::Postgres {
                "STRPOS"
            } else {
                "INSTR"
            };
            clause.and(&format!("{found}(u.tags, {place}) > 0"));
        }
    }
}
