//! Reading sums: roll-up and tail in one snapshot, in one statement each.

use std::collections::BTreeMap;

use allowance_values::{CreditTypeId, Day, GroupId, OrganisationId, PersonId};
use sea_orm::{ConnectionTrait, DatabaseTransaction, QueryResult, Statement};
use uuid::Uuid;

use super::facts::{Mark, snapshot_of_facts};
use super::figures::{
    CostBy, CostFigures, CostKey, CostPage, CostPosition, CostRow, CostStart, CostTotals, Layers, bind_key,
    key_of, read_key,
};
use super::fold::Fold;
use super::label::Detail;
use super::rollup::{end_of, rolled_up};
use super::select::{CostDays, CostFilter, CostOrder, CostPeriod, CostQuery, CostViewer, Select, sums};
use crate::connect::Store;
use crate::error::StoreError;
use crate::ledger::{CHUNK, holders};

/// A snapshot with what is not rolled up in it.
#[derive(Debug)]
struct Reader {
    tx: DatabaseTransaction,
    query: CostQuery,
    tail: Option<String>,
    position: CostPosition,
}

/// Rows page by page, all from one snapshot: what is counted meanwhile is on none of them. It holds a connection of the
/// database, so whoever reads it reads on without waiting for anybody.
#[derive(Debug)]
pub struct CostPages {
    reader: Reader,
    what: (CostBy, CostOrder),
    after: Option<CostStart>,
}

impl CostPages {
    /// The next rows, at most so many; none after the last.
    ///
    /// # Errors
    /// The store's own error.
    pub async fn next(&mut self, limit: u64) -> Result<Vec<CostRow>, StoreError> {
        let mut rows = self.reader.rows(self.what, self.after.as_ref(), limit).await?;
        self.reader.name(&mut rows).await?;
        if let Some(CostRow { key, rank, .. }) = rows.last() {
            self.after = Some(CostStart {
                rank: *rank,
                key: key.clone(),
            });
        }
        Ok(rows)
    }
}

impl Store {
    /// Begins to read rows of costs page by page.
    ///
    /// # Errors
    /// The store's own error.
    pub async fn cost_pages(
        &self,
        query: &CostQuery,
        what: (CostBy, CostOrder),
    ) -> Result<CostPages, StoreError> {
        Ok(CostPages {
            reader: Reader::begin(self, query, what.0).await?,
            what,
            after: None,
        })
    }

    /// How many entries and unburnt events are not rolled up, about.
    ///
    /// # Errors
    /// The store's own error.
    pub async fn cost_backlog(&self, organisation: OrganisationId) -> Result<i64, StoreError> {
        let mark = rolled_up(self.read(), organisation).await?;
        let end = end_of(self.read(), organisation).await?;
        let entries = end.seq.saturating_sub(mark.seq);
        Ok(entries.saturating_add(end.position.saturating_sub(mark.position)))
    }

    /// A page of costs, with the totals.
    ///
    /// # Errors
    /// The store's own error.
    pub async fn costs(
        &self,
        query: &CostQuery,
        (by, order): (CostBy, CostOrder),
        after: Option<&CostStart>,
        limit: u64,
    ) -> Result<CostPage, StoreError> {
        let reader = Reader::begin(self, query, by).await?;
        let mut rows = reader.rows((by, order), after, limit).await?;
        let totals = reader.totals().await?;
        reader.name(&mut rows).await?;
        let position = reader.end().await?;
        Ok(CostPage {
            rows,
            totals,
            position,
        })
    }

    /// Costs by day in at most so many layers.
    ///
    /// # Errors
    /// The store's own error.
    pub async fn cost_layers(
        &self,
        query: &CostQuery,
        (by, order): (CostBy, CostOrder),
        most: u64,
    ) -> Result<Layers, StoreError> {
        let reader = Reader::begin(self, query, by).await?;
        let mut rows = Vec::new();
        if by != CostBy::Day {
            rows = reader.rows((by, order), None, most).await?;
            reader.name(&mut rows).await?;
        }
        let keys: Vec<_> = rows.into_iter().map(|row| (row.key, row.label)).collect();
        let sums = reader.layers(by, &keys).await?;
        let position = reader.end().await?;
        Ok(Layers { keys, sums, position })
    }
}

impl Reader {
    async fn begin(store: &Store, query: &CostQuery, by: CostBy) -> Result<Self, StoreError> {
        let tx = snapshot_of_facts(store).await?;
        let mark = rolled_up(&tx, query.organisation).await?;
        let end = end_of(&tx, query.organisation).await?;
        let fold = fold_tail(&tx, query.organisation, query.credit_type, (mark, end)).await?;
        let added = fold.events;
        let tail = if fold.sums.is_empty() {
            None
        } else {
            Some(fold.coarse(detail(query, by)).to_json()?)
        };
        Ok(Self {
            tx,
            query: query.clone(),
            tail,
            position: CostPosition {
                as_of: end.seq,
                rolled_up: mark.seq,
                added,
            },
        })
    }

    async fn end(self) -> Result<CostPosition, StoreError> {
        self.tx.rollback().await?;
        Ok(self.position)
    }

    fn select(&self) -> Select {
        Select::new(&self.query, self.tx.get_database_backend(), self.tail.clone())
    }

    async fn all(&self, sql: String, select: Select) -> Result<Vec<QueryResult>, StoreError> {
        let backend = self.tx.get_database_backend();
        let statement = Statement::from_sql_and_values(backend, sql, select.values());
        Ok(self.tx.query_all_raw(statement).await?)
    }

    async fn rows(
        &self,
        (by, order): (CostBy, CostOrder),
        after: Option<&CostStart>,
        limit: u64,
    ) -> Result<Vec<CostRow>, StoreError> {
        let CostQuery {
            days,
            period,
            previous,
            ..
        } = &self.query;
        let mut select = self.select();
        let now = select.within(period, *days);
        let before = previous.as_ref().map(|previous| select.within(previous, *days));
        let (join, mut key) = key_of(by, *days, &select);
        if by == CostBy::Day
            && let Some(shift) = previous.as_ref().and_then(|previous| shift(period, previous))
        {
            // A day of the period before stands beside the day at the same place.
            key = format!("CASE WHEN {now} THEN {key} ELSE {key} + {shift} END");
        }
        let wanted = before
            .as_ref()
            .map_or_else(|| now.clone(), |before| format!("({now}) OR ({before})"));
        let facts = select.facts(&wanted);
        let column = match order {
            CostOrder::Credits => "now_credits",
            CostOrder::Cost => "now_cost",
        };
        let compared = before.as_ref().map(|_| now.as_str());
        let previously = before.as_deref().unwrap_or("1 = 0");
        let (after, order) = match after {
            _ if by == CostBy::Day => (
                after.map(|after| format!("key > {}", bind_key(&mut select, &after.key))),
                "key",
            ),
            Some(CostStart { rank, key }) => {
                let (high, low) = (select.clause.bind(rank.0), select.clause.bind(rank.1));
                let key = bind_key(&mut select, key);
                let after = format!(
                    "(high < {high} OR (high = {high} AND (low < {low} OR (low = {low} AND key > {key}))))"
                );
                (Some(after), "high DESC, low DESC, key")
            }
            None => (None, "high DESC, low DESC, key"),
        };
        let sql = format!(
            "{facts}, summed AS (SELECT {key} AS key, {}, {} FROM facts {join} GROUP BY 1),
             ranked AS (SELECT summed.*, {column}_high + ({column}_low >> 32) AS high, {column}_low & 4294967295 AS low
                FROM summed)
             SELECT * FROM ranked WHERE {} ORDER BY {order} LIMIT {limit}",
            sums("now", compared),
            sums("before", Some(previously)),
            after.as_deref().unwrap_or("1 = 1"),
        );
        let rows = self.all(sql, select).await?;
        let row = |row: &QueryResult| {
            Ok(CostRow {
                key: read_key(by, row)?,
                label: None,
                now: CostFigures::read(row, "now")?,
                before: CostFigures::read(row, "before")?,
                rank: (row.try_get("", "high")?, row.try_get("", "low")?),
            })
        };
        rows.iter().map(row).collect()
    }

    async fn totals(&self) -> Result<CostTotals, StoreError> {
        let CostQuery {
            days,
            period,
            previous,
            ..
        } = &self.query;
        let total = self.sum(period, *days).await?;
        let before = match previous {
            Some(previous) => self.sum(previous, *days).await?,
            None => CostFigures::default(),
        };
        // Only what was charged to another day or cycle than it happened in can lie in the period by one and not by the
        // other, and there is an index of just those.
        let mut select = self.select();
        let happened = select.within(period, CostDays::Happened);
        let counted = select.within(period, CostDays::Counted);
        let facts = select.facts(&format!(
            "(happened_day <> counted_day OR happened_cycle <> cycle_number) AND (({happened}) OR ({counted}))"
        ));
        let is_later =
            "(counted_day > happened_day OR (counted_day = happened_day AND cycle_number > happened_cycle))";
        let sql = format!(
            "{facts} SELECT {}, {}, {}, {} FROM facts",
            sums(
                "later",
                Some(&format!("({happened}) AND NOT ({counted}) AND {is_later}"))
            ),
            sums(
                "sooner",
                Some(&format!("({happened}) AND NOT ({counted}) AND NOT {is_later}"))
            ),
            sums(
                "earlier",
                Some(&format!("({counted}) AND NOT ({happened}) AND {is_later}"))
            ),
            sums(
                "ahead",
                Some(&format!("({counted}) AND NOT ({happened}) AND NOT {is_later}"))
            ),
        );
        let strays = self.all(sql, select).await?;
        let strays = strays.first().ok_or(StoreError::Corrupt("cost_sum"))?;
        let [charged_later, charged_sooner, from_earlier, from_later] = [
            CostFigures::read(strays, "later")?,
            CostFigures::read(strays, "sooner")?,
            CostFigures::read(strays, "earlier")?,
            CostFigures::read(strays, "ahead")?,
        ];
        let out = [charged_later, charged_sooner];
        let into = [from_earlier, from_later];
        let (happened, counted) = match days {
            CostDays::Happened => (total, total.changed(&out, &into)),
            CostDays::Counted => (total.changed(&into, &out), total),
        };
        Ok(CostTotals {
            happened,
            counted,
            before,
            charged_later,
            charged_sooner,
            from_earlier,
            from_later,
        })
    }

    async fn sum(&self, period: &CostPeriod, days: CostDays) -> Result<CostFigures, StoreError> {
        let mut select = self.select();
        let within = select.within(period, days);
        let sql = format!(
            "{} SELECT {} FROM facts",
            select.facts(&within),
            sums("now", None)
        );
        let rows = self.all(sql, select).await?;
        CostFigures::read(rows.first().ok_or(StoreError::Corrupt("cost_sum"))?, "now")
    }

    async fn layers(
        &self,
        by: CostBy,
        keys: &[(CostKey, Option<String>)],
    ) -> Result<BTreeMap<(Day, usize), CostFigures>, StoreError> {
        let mut select = self.select();
        let days = self.query.days;
        let within = select.within(&self.query.period, days);
        let facts = select.facts(&within);
        let (join, key) = key_of(by, days, &select);
        let mut arms = String::new();
        for (layer, (value, _)) in keys.iter().enumerate() {
            let place = bind_key(&mut select, value);
            arms.push_str(&format!(" WHEN {key} = {place} THEN {layer}"));
        }
        let layer = if arms.is_empty() {
            "0".to_owned()
        } else {
            format!("CASE{arms} ELSE {} END", keys.len())
        };
        let sql = format!(
            "{facts} SELECT {} AS day, CAST({layer} AS BIGINT) AS layer, {} FROM facts {join} GROUP BY 1, 2",
            days.day(),
            sums("now", None)
        );
        let mut layers = BTreeMap::new();
        for row in self.all(sql, select).await? {
            let broken = || StoreError::Corrupt("cost_sum");
            let day = Day::from_number(row.try_get("", "day")?).ok_or_else(broken)?;
            let layer: i64 = row.try_get("", "layer")?;
            let layer = usize::try_from(layer).map_err(|_| broken())?;
            layers.insert((day, layer), CostFigures::read(&row, "now")?);
        }
        Ok(layers)
    }

    /// Gives rows of groups and people their names.
    async fn name(&self, rows: &mut [CostRow]) -> Result<(), StoreError> {
        let organisation = self.query.organisation;
        let mut people: Vec<PersonId> = Vec::new();
        let mut groups: Vec<GroupId> = Vec::new();
        for row in rows.iter() {
            match row.key {
                CostKey::Person(person) => people.push(person),
                CostKey::Group(group) => groups.push(group),
                CostKey::Day(_) | CostKey::Text(_) => {}
            }
        }
        let people = holders(&self.tx, organisation, &people).await?;
        let groups = group_names(&self.tx, organisation, &groups).await?;
        for row in rows {
            row.label = match row.key {
                CostKey::Person(person) => people.get(&person).map(|person| person.display_name.clone()),
                CostKey::Group(group) => groups.get(&group).cloned(),
                CostKey::Day(_) | CostKey::Text(_) => None,
            };
        }
        Ok(())
    }
}

/// What a question is about.
fn detail(query: &CostQuery, by: CostBy) -> Detail {
    let CostFilter {
        group,
        person,
        provider,
        model,
        operation,
        tag,
    } = &query.filter;
    let is_narrow = query.viewer != CostViewer::Everything;
    Detail {
        group: is_narrow || group.is_some() || by == CostBy::Group,
        person: is_narrow || person.is_some() || by == CostBy::Person,
        provider: provider.is_some() || by == CostBy::Provider,
        model: model.is_some() || by == CostBy::Model,
        operation: operation.is_some() || by == CostBy::Operation,
        tags: tag.is_some() || by == CostBy::Tag,
    }
}

/// What is not rolled up yet of a credit type.
async fn fold_tail(
    tx: &DatabaseTransaction,
    organisation: OrganisationId,
    credit_type: CreditTypeId,
    (mut mark, end): (Mark, Mark),
) -> Result<Fold, StoreError> {
    let mut fold = Fold::default();
    while mark != end {
        mark = fold
            .step(tx, organisation, Some(credit_type.uuid()), (mark, end))
            .await?;
    }
    Ok(fold)
}

/// The names of groups, also of deleted ones.
pub(super) async fn group_names<C: ConnectionTrait>(
    connection: &C,
    organisation: OrganisationId,
    groups: &[GroupId],
) -> Result<BTreeMap<GroupId, String>, StoreError> {
    use crate::entities::allocation_group::{Column, Entity};
    use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QuerySelect};

    let mut names = BTreeMap::new();
    for groups in groups.chunks(CHUNK) {
        let rows: Vec<(Uuid, String)> = Entity::find()
            .select_only()
            .columns([Column::Id, Column::Name])
            .filter(Column::OrganisationId.eq(organisation.uuid()))
            .filter(Column::Id.is_in(groups.iter().map(|group| group.uuid())))
            .into_tuple()
            .all(connection)
            .await?;
        names.extend(rows.into_iter().map(|(id, name)| (GroupId::new(id), name)));
    }
    Ok(names)
}

/// How many days lie between the beginnings of two periods.
fn shift(period: &CostPeriod, previous: &CostPeriod) -> Option<i32> {
    let ((from, _), (before, _)) = (period.days?, previous.days?);
    from.number().checked_sub(before.number())
}
