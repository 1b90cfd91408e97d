//! Kept usage by the name and source it came under: listing it, and saying whose it is or that it is nobody's.

use allowance_domain::metering::{PersonName, PersonNameKind};
use allowance_values::{Cost, Credits, OrganisationId, PersonId, Timestamp};
use sea_orm::sea_query::Condition;
use sea_orm::{
    ColumnTrait, EntityTrait, FromQueryResult, QueryFilter, QueryOrder, QuerySelect, Set, Statement,
};
use uuid::Uuid;

use super::kept::BROKEN;
use crate::clause::Clause;
use crate::connect::Store;
use crate::entities::kept_usage;
use crate::error::StoreError;
use crate::tx::Tx;

/// A name that usage of a source came under.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SourcedName {
    /// By what the person was named.
    pub kind: PersonNameKind,
    /// The name, as names are compared.
    pub key: String,
    /// Who reported it.
    pub source: String,
}

/// What one source reported under one name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnmatchedRow {
    /// Who reported it.
    pub source: String,
    /// The name.
    pub name: PersonName,
    /// How many events.
    pub events: u64,
    /// What those with a cost cost together in the organisation's currency, where one has one; no more than a cost can be.
    pub cost: Option<Cost>,
    /// Credits of those that came as credits.
    pub amount: Credits,
    /// When the first happened.
    pub first_at: Timestamp,
    /// When the last happened.
    pub last_at: Timestamp,
    /// Why counting failed the last time: the code of a problem.
    pub refusal: Option<String>,
}

/// The sum of a column that is never negative, in two halves, because the sum of large ones fits no BIGINT.
fn halves(column: &str, name: &str) -> String {
    format!(
        "CAST(SUM({column} >> 32) AS BIGINT) AS {name}_high, CAST(SUM({column} & 4294967295) AS BIGINT) AS {name}_low"
    )
}

/// Such a sum, no more than fits.
fn whole(high: Option<i64>, low: Option<i64>) -> Option<i64> {
    let sum = i128::from(high?)
        .saturating_mul(1 << 32)
        .saturating_add(i128::from(low?));
    Some(i64::try_from(sum).unwrap_or(i64::MAX))
}

#[derive(FromQueryResult)]
struct GroupRow {
    name_kind: String,
    name_key: String,
    name: String,
    source: String,
    events: i64,
    cost_nanos_high: Option<i64>,
    cost_nanos_low: Option<i64>,
    amount_high: Option<i64>,
    amount_low: Option<i64>,
    first_at: i64,
    last_at: i64,
    refusal: Option<String>,
}

impl Store {
    /// The names that usage is kept under, by source, in order, behind one of them.
    ///
    /// # Errors
    /// The store's own error.
    pub async fn list_unmatched(
        &self,
        organisation: OrganisationId,
        after: Option<&SourcedName>,
        limit: u64,
    ) -> Result<Vec<UnmatchedRow>, StoreError> {
        let mut clause = Clause::new(
            "organisation_id = $1 AND discarded_at IS NULL AND person_id IS NULL",
            vec![organisation.uuid().into()],
        );
        if let Some(SourcedName { kind, key, source }) = after {
            let (kind, key) = (clause.bind(kind.as_str()), clause.bind(key.as_str()));
            let source = clause.bind(source.as_str());
            clause.and(&format!(
                "(name_kind > {kind} OR (name_kind = {kind} AND (name_key > {key}
                    OR (name_key = {key} AND source > {source}))))"
            ));
        }
        let Clause { text, values } = clause;
        let sql = format!(
            "SELECT name_kind, name_key, source, MIN(name) AS name, COUNT(*) AS events, {}, {},
                MIN(happened_at) AS first_at, MAX(happened_at) AS last_at, MAX(refusal) AS refusal
             FROM kept_usage WHERE {text}
             GROUP BY name_kind, name_key, source ORDER BY name_kind, name_key, source LIMIT {limit}",
            halves("COALESCE(converted_nanos, cost_nanos)", "cost_nanos"),
            halves("amount", "amount"),
        );
        let statement = Statement::from_sql_and_values(self.backend(), sql, values);
        let rows = GroupRow::find_by_statement(statement).all(self.read()).await?;
        let row = |row: GroupRow| {
            let cost = whole(row.cost_nanos_high, row.cost_nanos_low).map(Cost::from_nanos);
            Ok(UnmatchedRow {
                source: row.source,
                name: PersonName {
                    kind: PersonNameKind::parse(&row.name_kind).ok_or(BROKEN)?,
                    key: row.name_key,
                    text: row.name,
                },
                events: u64::try_from(row.events).map_err(|_| BROKEN)?,
                cost: cost.map(|cost| cost.ok_or(BROKEN)).transpose()?,
                amount: Credits::from_micros(whole(row.amount_high, row.amount_low).unwrap_or(0)),
                first_at: Timestamp::from_micros(row.first_at),
                last_at: Timestamp::from_micros(row.last_at),
                refusal: row.refusal,
            })
        };
        rows.into_iter().map(row).collect()
    }

    /// How many events wait for a person, and since when the first of them does.
    ///
    /// # Errors
    /// The store's own error.
    pub async fn count_unmatched(
        &self,
        organisation: OrganisationId,
    ) -> Result<Option<(u64, Timestamp)>, StoreError> {
        #[derive(FromQueryResult)]
        struct CountRow {
            events: i64,
            since: Option<i64>,
        }
        let sql = "SELECT COUNT(*) AS events, MIN(kept_at) AS since FROM kept_usage
            WHERE organisation_id = $1 AND discarded_at IS NULL AND person_id IS NULL";
        let values = [organisation.uuid().into()];
        let statement = Statement::from_sql_and_values(self.backend(), sql, values);
        let row = CountRow::find_by_statement(statement).one(self.read()).await?;
        Ok(row.and_then(|row| {
            let since = Timestamp::from_micros(row.since?);
            Some((u64::try_from(row.events).unwrap_or(0), since))
        }))
    }

    /// Events whose person was said and that are not counted yet, of all organisations or of one: whose, source and id.
    ///
    /// # Errors
    /// The store's own error.
    pub async fn list_matched(
        &self,
        organisation: Option<OrganisationId>,
        limit: u64,
    ) -> Result<Vec<(OrganisationId, String, String)>, StoreError> {
        let mut query = kept_usage::Entity::find()
            .select_only()
            .column(kept_usage::Column::OrganisationId)
            .column(kept_usage::Column::Source)
            .column(kept_usage::Column::EventId)
            .filter(kept_usage::Column::PersonId.is_not_null());
        if let Some(organisation) = organisation {
            query = query.filter(kept_usage::Column::OrganisationId.eq(organisation.uuid()));
        }
        let rows: Vec<(Uuid, String, String)> = query
            .order_by_asc(kept_usage::Column::OrganisationId)
            .limit(limit)
            .into_tuple()
            .all(self.read())
            .await?;
        let whose = |(organisation, source, id)| (OrganisationId::new(organisation), source, id);
        Ok(rows.into_iter().map(whose).collect())
    }
}

impl Tx {
    /// Says whose the usage under a name is, of one source or of all; answers how many events that is.
    ///
    /// # Errors
    /// The store's own error.
    pub async fn match_kept(
        &self,
        name: &PersonName,
        source: Option<&str>,
        person: PersonId,
    ) -> Result<u64, StoreError> {
        let change = kept_usage::ActiveModel {
            person_id: Set(Some(person.uuid())),
            refusal: Set(None),
            ..Default::default()
        };
        self.change_kept(name, source, change).await
    }

    /// Says that the usage under a name counts for nobody, of one source or of all; answers how many events that is.
    ///
    /// # Errors
    /// The store's own error.
    pub async fn discard_kept(&self, name: &PersonName, source: Option<&str>) -> Result<u64, StoreError> {
        let change = kept_usage::ActiveModel {
            discarded_at: Set(Some(self.at().micros())),
            ..Default::default()
        };
        self.change_kept(name, source, change).await
    }

    async fn change_kept(
        &self,
        name: &PersonName,
        source: Option<&str>,
        change: kept_usage::ActiveModel,
    ) -> Result<u64, StoreError> {
        let changed = kept_usage::Entity::update_many()
            .set(change)
            .filter(self.waiting(name, source))
            .exec(self.connection())
            .await?;
        Ok(changed.rows_affected)
    }

    /// What waits under a name.
    fn waiting(&self, name: &PersonName, source: Option<&str>) -> Condition {
        self.own_kept()
            .add(kept_usage::Column::NameKind.eq(name.kind.as_str()))
            .add(kept_usage::Column::NameKey.eq(&name.key))
            .add_option(source.map(|source| kept_usage::Column::Source.eq(source)))
            .add(kept_usage::Column::DiscardedAt.is_null())
            .add(kept_usage::Column::PersonId.is_null())
    }

    /// The sources that reported what waits under a name.
    ///
    /// # Errors
    /// The store's own error.
    pub async fn sources_of(
        &self,
        name: &PersonName,
        source: Option<&str>,
    ) -> Result<Vec<String>, StoreError> {
        Ok(kept_usage::Entity::find()
            .select_only()
            .column(kept_usage::Column::Source)
            .distinct()
            .filter(self.waiting(name, source))
            .order_by_asc(kept_usage::Column::Source)
            .into_tuple()
            .all(self.connection())
            .await?)
    }

    /// Events under a name whose person was said, the oldest first: source and id.
    ///
    /// # Errors
    /// The store's own error.
    pub async fn list_matched_of(
        &self,
        name: &PersonName,
        source: Option<&str>,
        limit: u64,
    ) -> Result<Vec<(String, String)>, StoreError> {
        Ok(kept_usage::Entity::find()
            .select_only()
            .columns([kept_usage::Column::Source, kept_usage::Column::EventId])
            .filter(self.own_kept())
            .filter(kept_usage::Column::NameKind.eq(name.kind.as_str()))
            .filter(kept_usage::Column::NameKey.eq(&name.key))
            .filter(Condition::all().add_option(source.map(|source| kept_usage::Column::Source.eq(source))))
            .filter(kept_usage::Column::PersonId.is_not_null())
            .order_by_asc(kept_usage::Column::HappenedAt)
            .limit(limit)
            .into_tuple()
            .all(self.connection())
            .await?)
    }
}
