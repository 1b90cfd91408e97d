//! The facts behind a figure, one by one, those charged last first.
//!
//! Two lists are merged by the instant they were charged: entries, in the order of the ledger, and events without an
//! entry, in that of the organisation. A page starts at a place in each. Which day and which cycle a fact lies in says the
//! same function that rolls it up.

use allowance_values::{
    ChargeId, Cost, CostTotal, Credits, Day, GroupId, HoldId, Money, PersonId, Timestamp, UsageEventId,
};
use sea_orm::{ConnectionTrait, DatabaseTransaction, FromQueryResult, QueryResult, Statement};
use uuid::Uuid;

use super::calendar::{Calendar, Place};
use super::event::{CostEvent, CostEventKind, CostEventStart};
use super::facts::{
    ENTRY_FACTS, ENTRY_GROUP, EVENT_COLUMNS, FactRow, IS_FACT, IS_FURTHER, entry_columns, snapshot_of_facts,
};
use super::label::{Label, canonical};
use super::select::{CostDays, CostFilter, CostPeriod, CostQuery, narrow_to};
use super::windows::{midnight, windows};
use crate::clause::Clause;
use crate::connect::Store;
use crate::error::StoreError;

/// Days differ by so much between zones, and clocks by so much from each other; nothing lies further off.
const SLACK_SECONDS: i64 = 2 * 86_400;

/// What a fact has beside what it is summed by.
#[derive(FromQueryResult)]
struct AsideRow {
    place: i64,
    kind: String,
    usage_id: Option<Uuid>,
    charge_id: Option<Uuid>,
    hold_id: Option<Uuid>,
    source: Option<String>,
    source_id: Option<String>,
    note: Option<String>,
    reported_nanos: Option<i64>,
    currency: Option<String>,
}

/// Which of the two lists.
#[derive(Clone, Copy, PartialEq, Eq)]
enum List {
    Entries,
    Events,
}

/// A fact with its place in its list.
type Placed = (i64, Uuid, CostEvent);

impl Store {
    /// A page of the facts behind a figure, and where the next one starts; nothing when it is the last.
    ///
    /// # Errors
    /// The store's own error.
    pub async fn list_cost_events(
        &self,
        query: &CostQuery,
        after: CostEventStart,
        limit: usize,
    ) -> Result<(Vec<CostEvent>, Option<CostEventStart>), StoreError> {
        let tx = snapshot_of_facts(self).await?;
        let lister = Lister {
            calendar: Calendar::load(&tx, query.organisation).await?,
            tx,
            query,
        };
        let wanted = limit.saturating_add(1);
        let mut entries = lister.entries(after, wanted).await?.into_iter().peekable();
        let mut events = Vec::new();
        lister
            .list(List::Events, None, &mut after.clone(), wanted, &mut events)
            .await?;
        let mut events = events.into_iter().peekable();
        let Lister { tx, .. } = lister;
        tx.rollback().await?;
        let mut page = Vec::with_capacity(limit);
        let mut end = after;
        while page.len() < limit {
            let is_entry = match (entries.peek(), events.peek()) {
                (None, None) => return Ok((page, None)),
                (Some((_, _, entry)), Some((_, _, event))) => entry.counted_at >= event.counted_at,
                (entry, _) => entry.is_some(),
            };
            let next = if is_entry { entries.next() } else { events.next() };
            let Some((place, id, event)) = next else { break };
            if is_entry {
                end.entry = Some(place);
            } else {
                end.event = Some((place, id));
            }
            page.push(event);
        }
        let has_next = entries.peek().is_some() || events.peek().is_some();
        Ok((page, has_next.then_some(end)))
    }
}

struct Lister<'q> {
    tx: DatabaseTransaction,
    query: &'q CostQuery,
    calendar: Calendar,
}

impl Lister<'_> {
    /// So many entries that meet the query, or all that are left, window by window.
    async fn entries(&self, mut after: CostEventStart, wanted: usize) -> Result<Vec<Placed>, StoreError> {
        let mut found = Vec::new();
        for window in windows(&self.tx, self.query).await? {
            let Some((first, last)) = window.bounds(&self.tx, self.query).await? else {
                continue;
            };
            if after.entry.is_some_and(|entry| entry <= first) {
                continue;
            }
            let window = Some((first, last));
            self.list(List::Entries, window, &mut after, wanted, &mut found)
                .await?;
            if found.len() >= wanted {
                break;
            }
        }
        Ok(found)
    }

    /// Facts of a list that meet the query, until there are so many or none is left.
    async fn list(
        &self,
        list: List,
        window: Option<(i64, i64)>,
        after: &mut CostEventStart,
        wanted: usize,
        found: &mut Vec<Placed>,
    ) -> Result<(), StoreError> {
        loop {
            let rows = self.read(list, window, *after, wanted).await?;
            let is_last = rows.len() < wanted;
            for row in rows {
                let (place, id, event) = self.event(&row)?;
                match list {
                    List::Entries => after.entry = Some(place),
                    List::Events => after.event = Some((place, id)),
                }
                if let Some(event) = event {
                    found.push((place, id, event));
                }
            }
            if is_last || found.len() >= wanted {
                return Ok(());
            }
        }
    }

    /// Facts of a list that may meet the query: what a statement cannot say exactly, it leaves to [`Self::event`].
    async fn read(
        &self,
        list: List,
        window: Option<(i64, i64)>,
        after: CostEventStart,
        limit: usize,
    ) -> Result<Vec<QueryResult>, StoreError> {
        let CostQuery {
            organisation,
            credit_type,
            viewer,
            filter,
            days,
            period,
            previous: _,
        } = self.query;
        let values = vec![organisation.uuid().into(), credit_type.uuid().into()];
        let (start, group, person) = match list {
            List::Entries => (
                "e.organisation_id = $1 AND e.credit_type_id = $2",
                ENTRY_GROUP,
                "e.person_id",
            ),
            List::Events => (
                "u.organisation_id = $1 AND u.credit_type_id = $2 AND u.amount = 0",
                "u.group_id",
                "u.person_id",
            ),
        };
        let mut clause = Clause::new(start, values);
        narrow_to(&mut clause, viewer, (group, person));
        keep(&mut clause, filter, (group, person));
        let sql = match list {
            List::Entries => {
                clause.and(IS_FACT);
                if let Some((first, last)) = window {
                    let (first, last) = (clause.bind(first), clause.bind(last));
                    clause.and(&format!("e.seq BETWEEN {first} AND {last}"));
                }
                if let Some(seq) = after.entry {
                    let place = clause.bind(seq);
                    clause.and(&format!("e.seq < {place}"));
                }
                format!(
                    "SELECT {}, e.seq AS place, e.kind, u.id AS usage_id, c.id AS charge_id, h.id AS hold_id,
                        COALESCE(u.source, h.source) AS source, COALESCE(u.event_id, h.reference) AS source_id,
                        COALESCE(c.note, h.note) AS note,
                        CASE WHEN u.converted_nanos IS NOT NULL THEN u.cost_nanos
                            WHEN c.converted_nanos IS NOT NULL THEN c.cost_nanos
                            WHEN k.converted_nanos IS NOT NULL AND NOT {IS_FURTHER} THEN k.cost_nanos END AS reported_nanos,
                        COALESCE(u.currency, c.currency, k.currency) AS currency
                     FROM {ENTRY_FACTS} WHERE {} ORDER BY e.seq DESC LIMIT {limit}",
                    entry_columns(),
                    clause.text
                )
            }
            List::Events => {
                if let Some((from, to)) = instants(period, *days) {
                    let from = clause.bind(from.micros());
                    clause.and(&format!("u.recorded_at >= {from}"));
                    if let Some(to) = to {
                        let to = clause.bind(to.micros());
                        clause.and(&format!("u.recorded_at <= {to}"));
                    }
                }
                if let Some((position, id)) = after.event {
                    let (position, id) = (clause.bind(position), clause.bind(id));
                    clause.and(&format!(
                        "(u.position < {position} OR (u.position = {position} AND u.id < {id}))"
                    ));
                }
                format!(
                    "SELECT {EVENT_COLUMNS}, u.position AS place, 'usage' AS kind, u.id AS usage_id,
                        CAST(NULL AS {uuid}) AS charge_id, CAST(NULL AS {uuid}) AS hold_id, u.source,
                        u.event_id AS source_id, CAST(NULL AS TEXT) AS note,
                        CASE WHEN u.converted_nanos IS NOT NULL THEN u.cost_nanos END AS reported_nanos, u.currency
                     FROM usage_event u WHERE {} ORDER BY u.position DESC, u.id DESC LIMIT {limit}",
                    clause.text,
                    uuid = if self.tx.get_database_backend() == sea_orm::DbBackend::Postgres {
                        "UUID"
                    } else {
                        "BLOB"
                    }
                )
            }
        };
        let statement = Statement::from_sql_and_values(self.tx.get_database_backend(), sql, clause.values);
        Ok(self.tx.query_all_raw(statement).await?)
    }

    /// A fact with its place, where it meets the query.
    fn event(&self, row: &QueryResult) -> Result<(i64, Uuid, Option<CostEvent>), StoreError> {
        let mut fact = FactRow::from_query_result(row, "")?;
        let AsideRow {
            place,
            kind,
            usage_id,
            charge_id,
            hold_id,
            source,
            source_id,
            note,
            reported_nanos,
            currency,
        } = AsideRow::from_query_result(row, "")?;
        let id = usage_id.unwrap_or_default();
        let Place {
            happened_day,
            happened_cycle,
            counted_day,
        } = self.calendar.place(&fact)?;
        let (day, cycle) = match self.query.days {
            CostDays::Happened => (happened_day, happened_cycle),
            CostDays::Counted => (counted_day, fact.cycle_number),
        };
        let CostPeriod { days, cycles } = &self.query.period;
        let is_within = days.is_none_or(|(from, to)| (from.number()..=to.number()).contains(&day))
            && cycles.as_ref().is_none_or(|cycles| cycles.contains(&cycle));
        let tags = canonical(fact.tags.as_deref());
        let is_tagged = match self.query.filter.tag.as_deref() {
            None => true,
            Some("") => tags.is_empty(),
            Some(tag) => tags.iter().any(|own| own == tag),
        };
        if !(is_within && is_tagged) {
            return Ok((place, id, None));
        }
        let Label {
            provider,
            model,
            operation,
            ..
        } = Label::of(&mut fact);
        let broken = || StoreError::Corrupt("ledger_entry");
        let kind = match (kind.as_str(), hold_id) {
            (_, Some(_)) => CostEventKind::Capture,
            ("charge", _) => CostEventKind::Charge,
            ("reversal" | "carry_in", _) => CostEventKind::Reversal,
            _ => CostEventKind::Usage,
        };
        let event = CostEvent {
            kind,
            usage: usage_id.map(UsageEventId::new),
            charge: charge_id.map(ChargeId::new),
            hold: hold_id.map(HoldId::new),
            source,
            source_id,
            person: PersonId::new(fact.person_id),
            group: GroupId::new(fact.group_id),
            happened_at: Timestamp::from_micros(fact.happened_at),
            happened_on: Day::from_number(happened_day).ok_or_else(broken)?,
            counted_at: Timestamp::from_micros(fact.counted_at),
            counted_on: Day::from_number(counted_day).ok_or_else(broken)?,
            cycle: fact.cycle_number,
            is_late: happened_cycle != fact.cycle_number,
            is_further: fact.events == 0,
            credits: Credits::from_micros(fact.credits),
            cost: fact.cost.map(|nanos| CostTotal::from_nanos(nanos.into())),
            provider,
            model,
            operation,
            tags,
            note,
            reported: reported(reported_nanos, currency).map_err(|()| broken())?,
        };
        Ok((place, id, Some(event)))
    }
}

/// A cost as it was reported, where that was in another currency.
fn reported(nanos: Option<i64>, currency: Option<String>) -> Result<Option<Money>, ()> {
    let (Some(nanos), Some(currency)) = (nanos, currency) else {
        return Ok(None);
    };
    let amount = Cost::from_nanos(nanos).ok_or(())?;
    let currency = currency.parse().map_err(|_| ())?;
    Ok(Some(Money { amount, currency }))
}

/// Between which instants facts of a period were charged, generously; without an end where they may come late.
fn instants(period: &CostPeriod, days: CostDays) -> Option<(Timestamp, Option<Timestamp>)> {
    let (from, to) = period.days?;
    let from = midnight(from).plus_seconds(-SLACK_SECONDS);
    let to = midnight(to).plus_seconds(SLACK_SECONDS).plus_seconds(86_400);
    Some((from, (days == CostDays::Counted).then_some(to)))
}

/// Adds what a statement can say of the filter.
fn keep(clause: &mut Clause, filter: &CostFilter, (in_group, of_person): (&str, &str)) {
    let CostFilter {
        group,
        person,
        provider,
        model,
        operation,
        tag: _,
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
        if let Some(text) = text {
            let place = clause.bind(text.as_str());
            clause.and(&format!("COALESCE(u.{column}, '') = {place}"));
        }
    }
}
