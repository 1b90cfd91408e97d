//! Usage that is kept aside because nobody is known by the name it came under, until somebody says whose it is.
//!
//! An event is either here or counted. Once it is counted its row goes; once it is discarded its row stays, so that a
//! repetition is told.

use std::collections::HashMap;

use allowance_domain::metering::{MeteredAmount, PersonName, PersonNameKind};
use allowance_values::{
    ApiKeyId, Cost, CreditTypeId, Credits, Currency, Money, OrganisationId, PersonId, Timestamp,
};
use sea_orm::sea_query::{Condition, Expr};
use sea_orm::{
    ColumnTrait, EntityTrait, FromQueryResult, QueryFilter, QueryOrder, QuerySelect, Set, Statement,
};
use uuid::Uuid;

use crate::clause::Clause;
use crate::connect::Store;
use crate::entities::kept_usage;
use crate::error::StoreError;
use crate::tx::Tx;

const BROKEN: StoreError = StoreError::Corrupt("kept_usage");
/// Rows per statement.
const ROWS: usize = 1_000;

/// An event that was kept aside, as it came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptUsageRow {
    /// Who reported it.
    pub source: String,
    /// The id the source gave it.
    pub event_id: String,
    /// SHA-256 of what was reported.
    pub digest: Vec<u8>,
    /// The name its person came under.
    pub name: PersonName,
    /// The credit type it named.
    pub credit_type: Option<CreditTypeId>,
    /// When it happened.
    pub happened_at: Timestamp,
    /// When it was kept.
    pub kept_at: Timestamp,
    /// How much.
    pub amount: MeteredAmount,
    /// What a cost in another currency came to when it was kept; what it comes to is settled when it is counted.
    pub converted: Option<Cost>,
    /// Whose service was used.
    pub provider: Option<String>,
    /// Which model or product.
    pub model: Option<String>,
    /// What was done.
    pub operation: Option<String>,
    /// Tags, as a JSON array.
    pub tags: Option<String>,
    /// Anything else, as a JSON object.
    pub metadata: Option<String>,
    /// The key it came by.
    pub api_key: Option<ApiKeyId>,
    /// The request it came by.
    pub request_id: Option<String>,
    /// Whose it is, from when that is said until it is counted.
    pub person: Option<PersonId>,
    /// Since when it counts for nobody.
    pub discarded_at: Option<Timestamp>,
}

/// What is kept under one name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnmatchedRow {
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
    events: i64,
    cost_nanos_high: Option<i64>,
    cost_nanos_low: Option<i64>,
    amount_high: Option<i64>,
    amount_low: Option<i64>,
    first_at: i64,
    last_at: i64,
    refusal: Option<String>,
}

fn from_row(row: kept_usage::Model) -> Result<KeptUsageRow, StoreError> {
    let kept_usage::Model {
        organisation_id: _,
        source,
        event_id,
        digest,
        name_kind,
        name_key,
        name,
        credit_type_id,
        happened_at,
        kept_at,
        cost_nanos,
        currency,
        converted_nanos,
        amount,
        provider,
        model,
        operation,
        tags,
        metadata,
        api_key_id,
        request_id,
        person_id,
        refusal: _,
        discarded_at,
    } = row;
    let amount = match (cost_nanos, currency, amount) {
        (Some(nanos), Some(currency), None) => {
            let amount = Cost::from_nanos(nanos).ok_or(BROKEN)?;
            let currency: Currency = currency.parse().map_err(|_| BROKEN)?;
            MeteredAmount::Cost(Money { amount, currency })
        }
        (None, None, Some(amount)) => MeteredAmount::Credits(Credits::from_micros(amount)),
        _ => return Err(BROKEN),
    };
    Ok(KeptUsageRow {
        source,
        event_id,
        digest,
        name: PersonName {
            kind: PersonNameKind::parse(&name_kind).ok_or(BROKEN)?,
            key: name_key,
            text: name,
        },
        credit_type: credit_type_id.map(CreditTypeId::new),
        happened_at: Timestamp::from_micros(happened_at),
        kept_at: Timestamp::from_micros(kept_at),
        amount,
        converted: converted_nanos
            .map(|nanos| Cost::from_nanos(nanos).ok_or(BROKEN))
            .transpose()?,
        provider,
        model,
        operation,
        tags,
        metadata,
        api_key: api_key_id.map(ApiKeyId::new),
        request_id,
        person: person_id.map(PersonId::new),
        discarded_at: discarded_at.map(Timestamp::from_micros),
    })
}

impl Store {
    /// The names that usage is kept under, in order, behind one of them.
    ///
    /// # Errors
    /// The store's own error.
    pub async fn list_unmatched(
        &self,
        organisation: OrganisationId,
        after: Option<&(PersonNameKind, String)>,
        limit: u64,
    ) -> Result<Vec<UnmatchedRow>, StoreError> {
        let mut clause = Clause::new(
            "organisation_id = $1 AND discarded_at IS NULL AND person_id IS NULL",
            vec![organisation.uuid().into()],
        );
        if let Some((kind, key)) = after {
            let (kind, key) = (clause.bind(kind.as_str()), clause.bind(key.as_str()));
            clause.and(&format!(
                "(name_kind > {kind} OR (name_kind = {kind} AND name_key > {key}))"
            ));
        }
        let Clause { text, values } = clause;
        let sql = format!(
            "SELECT name_kind, name_key, MIN(name) AS name, COUNT(*) AS events, {}, {},
                MIN(happened_at) AS first_at, MAX(happened_at) AS last_at, MAX(refusal) AS refusal
             FROM kept_usage WHERE {text}
             GROUP BY name_kind, name_key ORDER BY name_kind, name_key LIMIT {limit}",
            halves("COALESCE(converted_nanos, cost_nanos)", "cost_nanos"),
            halves("amount", "amount"),
        );
        let statement = Statement::from_sql_and_values(self.backend(), sql, values);
        let rows = GroupRow::find_by_statement(statement).all(self.read()).await?;
        let row = |row: GroupRow| {
            let cost = whole(row.cost_nanos_high, row.cost_nanos_low).map(Cost::from_nanos);
            Ok(UnmatchedRow {
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
    fn own_kept(&self) -> Condition {
        Condition::all().add(kept_usage::Column::OrganisationId.eq(self.organisation().uuid()))
    }

    /// Events that are kept aside, by source and id.
    ///
    /// # Errors
    /// The store's own error.
    pub async fn find_kept(
        &self,
        by_source: &HashMap<&str, Vec<&str>>,
    ) -> Result<HashMap<(String, String), KeptUsageRow>, StoreError> {
        let mut found = HashMap::new();
        for (source, ids) in by_source {
            for ids in ids.chunks(ROWS) {
                let rows = kept_usage::Entity::find()
                    .filter(self.own_kept())
                    .filter(kept_usage::Column::Source.eq(*source))
                    .filter(kept_usage::Column::EventId.is_in(ids.iter().copied()))
                    .all(self.connection())
                    .await?;
                for row in rows {
                    let row = from_row(row)?;
                    found.insert((row.source.clone(), row.event_id.clone()), row);
                }
            }
        }
        Ok(found)
    }

    /// Keeps events aside.
    ///
    /// # Errors
    /// The store's own error.
    pub async fn keep_usage(&self, rows: &[KeptUsageRow]) -> Result<(), StoreError> {
        for rows in rows.chunks(ROWS) {
            let rows = rows.iter().map(|row| self.kept_row(row.clone()));
            kept_usage::Entity::insert_many(rows)
                .exec_without_returning(self.connection())
                .await?;
        }
        Ok(())
    }

    fn kept_row(&self, row: KeptUsageRow) -> kept_usage::ActiveModel {
        let KeptUsageRow {
            source,
            event_id,
            digest,
            name,
            credit_type,
            happened_at,
            kept_at,
            amount,
            converted,
            provider,
            model,
            operation,
            tags,
            metadata,
            api_key,
            request_id,
            person,
            discarded_at,
        } = row;
        let (cost, credits) = match amount {
            MeteredAmount::Cost(cost) => (Some(cost), None),
            MeteredAmount::Credits(credits) => (None, Some(credits)),
        };
        kept_usage::ActiveModel {
            organisation_id: Set(self.organisation().uuid()),
            source: Set(source),
            event_id: Set(event_id),
            digest: Set(digest),
            name_kind: Set(name.kind.as_str().to_owned()),
            name_key: Set(name.key),
            name: Set(name.text),
            credit_type_id: Set(credit_type.map(CreditTypeId::uuid)),
            happened_at: Set(happened_at.micros()),
            kept_at: Set(kept_at.micros()),
            cost_nanos: Set(cost.map(|cost| cost.amount.nanos())),
            currency: Set(cost.map(|cost| cost.currency.to_string())),
            converted_nanos: Set(converted.map(Cost::nanos)),
            amount: Set(credits.map(Credits::micros)),
            provider: Set(provider),
            model: Set(model),
            operation: Set(operation),
            tags: Set(tags),
            metadata: Set(metadata),
            api_key_id: Set(api_key.map(ApiKeyId::uuid)),
            request_id: Set(request_id),
            person_id: Set(person.map(PersonId::uuid)),
            refusal: Set(None),
            discarded_at: Set(discarded_at.map(Timestamp::micros)),
        }
    }

    /// Lets events go that were counted.
    ///
    /// # Errors
    /// The store's own error.
    pub async fn drop_kept(&self, by_source: &HashMap<&str, Vec<&str>>) -> Result<(), StoreError> {
        for (source, ids) in by_source {
            for ids in ids.chunks(ROWS) {
                kept_usage::Entity::delete_many()
                    .filter(self.own_kept())
                    .filter(kept_usage::Column::Source.eq(*source))
                    .filter(kept_usage::Column::EventId.is_in(ids.iter().copied()))
                    .exec(self.connection())
                    .await?;
            }
        }
        Ok(())
    }

    /// Keeps an event aside again that could not be counted, with the code of why.
    ///
    /// # Errors
    /// The store's own error.
    pub async fn refuse_kept(&self, source: &str, id: &str, code: &str) -> Result<(), StoreError> {
        kept_usage::Entity::update_many()
            .col_expr(kept_usage::Column::PersonId, Expr::value(Option::<Uuid>::None))
            .col_expr(kept_usage::Column::Refusal, Expr::value(code))
            .filter(self.own_kept())
            .filter(kept_usage::Column::Source.eq(source))
            .filter(kept_usage::Column::EventId.eq(id))
            .exec(self.connection())
            .await?;
        Ok(())
    }

    /// Says whose the usage under a name is; answers how many events that is.
    ///
    /// # Errors
    /// The store's own error.
    pub async fn match_kept(&self, name: &PersonName, person: PersonId) -> Result<u64, StoreError> {
        let change = kept_usage::ActiveModel {
            person_id: Set(Some(person.uuid())),
            refusal: Set(None),
            ..Default::default()
        };
        self.change_kept(name, change).await
    }

    /// Says that the usage under a name counts for nobody; answers how many events that is.
    ///
    /// # Errors
    /// The store's own error.
    pub async fn discard_kept(&self, name: &PersonName) -> Result<u64, StoreError> {
        let change = kept_usage::ActiveModel {
            discarded_at: Set(Some(self.at().micros())),
            ..Default::default()
        };
        self.change_kept(name, change).await
    }

    async fn change_kept(
        &self,
        name: &PersonName,
        change: kept_usage::ActiveModel,
    ) -> Result<u64, StoreError> {
        let changed = kept_usage::Entity::update_many()
            .set(change)
            .filter(self.own_kept())
            .filter(kept_usage::Column::NameKind.eq(name.kind.as_str()))
            .filter(kept_usage::Column::NameKey.eq(&name.key))
            .filter(kept_usage::Column::DiscardedAt.is_null())
            .filter(kept_usage::Column::PersonId.is_null())
            .exec(self.connection())
            .await?;
        Ok(changed.rows_affected)
    }
}
