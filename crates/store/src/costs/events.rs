//! The facts behind a figure, one by one, those charged last first.
//!
//! Two lists are merged by the instant they were charged: entries, in the order of the ledger, and events without an
//! entry, in that of the organisation. A page starts at a place in each. Which day and which cycle a fact lies in says the
//! same function that rolls it up.

use allowance_values::{
    ChargeId, Cost, CostTotal, Credits, Day, GroupId, HoldId, Money, PersonId, Timestamp, UsageEventId,
};
use sea_orm::{DatabaseTransaction, FromQueryResult, QueryResult};
use uuid::Uuid;

use super::calendar::{Calendar, Place};
use super::event::{CostEvent, CostEventKind, CostEventStart};
use super::facts::{FactRow, Mark, snapshot_of_facts};
use super::label::{Label, canonical};
use super::rollup::end_of;
use super::select::{CostDays, CostPeriod, CostQuery};
use super::sought::{Entries, Unburnt};
use super::windows::{Window, windows};
use crate::connect::Store;
use crate::error::StoreError;

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
        let end = match after.until {
            Some((seq, position)) => Mark { seq, position },
            None => end_of(&tx, query.organisation).await?,
        };
        let lister = Lister {
            calendar: Calendar::load(&tx, query.organisation).await?,
            tx,
            query,
            end,
        };
        let wanted = limit.saturating_add(1);
        let windows = windows(&lister.tx, query, &lister.calendar).await?;
        let entries = lister.entries(&windows, after.entry, wanted).await?;
        let events = lister.unburnt(&windows, after.event, wanted).await?;
        let (mut entries, mut events) = (entries.into_iter().peekable(), events.into_iter().peekable());
        let Lister { tx, .. } = lister;
        tx.rollback().await?;
        let mut page = Vec::with_capacity(limit);
        let mut end = CostEventStart {
            until: Some((end.seq, end.position)),
            ..after
        };
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
    /// What was counted later is not listed.
    end: Mark,
}

impl Lister<'_> {
    /// So many entries that meet the query, or all that are left, window by window.
    async fn entries(
        &self,
        windows: &[Window],
        after: Option<i64>,
        wanted: usize,
    ) -> Result<Vec<Placed>, StoreError> {
        let mut found = Vec::new();
        let mut before = after.unwrap_or(i64::MAX).min(self.end.seq.saturating_add(1));
        for window in windows {
            let Some((first, last)) = window.bounds(&self.tx, self.query, &self.calendar).await? else {
                continue;
            };
            if before <= first {
                continue;
            }
            before = before.min(last.saturating_add(1));
            let people = window.people(&self.tx, self.query).await?;
            loop {
                let statement = Entries {
                    query: self.query,
                    calendar: &self.calendar,
                    from: first,
                    before,
                    people: people.as_deref(),
                    limit: wanted,
                };
                let rows = statement.read(&self.tx).await?;
                let is_last = rows.len() < wanted;
                for row in rows {
                    let (place, id, event) = self.event(&row)?;
                    before = place;
                    found.extend(event.map(|event| (place, id, event)));
                }
                if found.len() >= wanted {
                    return Ok(found);
                }
                if is_last {
                    break;
                }
            }
        }
        Ok(found)
    }

    /// So many events without an entry that meet the query, or all that are left.
    async fn unburnt(
        &self,
        windows: &[Window],
        mut after: Option<(i64, Uuid)>,
        wanted: usize,
    ) -> Result<Vec<Placed>, StoreError> {
        let mut found = Vec::new();
        let places = (windows, self.end);
        for between in Unburnt::stretches(&self.tx, self.query, &self.calendar, places).await? {
            loop {
                let statement = Unburnt {
                    query: self.query,
                    calendar: &self.calendar,
                    between,
                    after,
                    limit: wanted,
                };
                let rows = statement.read(&self.tx).await?;
                let is_last = rows.len() < wanted;
                for row in rows {
                    let (place, id, event) = self.event(&row)?;
                    after = Some((place, id));
                    found.extend(event.map(|event| (place, id, event)));
                }
                if found.len() >= wanted {
                    return Ok(found);
                }
                if is_last {
                    break;
                }
            }
        }
        Ok(found)
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
