//! Usage that is kept aside because nobody is known by the name it came under, or because it came under none, until somebody
//! says whose it is.
//!
//! An event is either here or counted. Once it is counted its row goes; once it is discarded its row stays, so that a
//! repetition is told.

use std::collections::HashMap;

use allowance_domain::metering::{MeteredAmount, PersonName, PersonNameKind};
use allowance_values::{ApiKeyId, Cost, CreditTypeId, Credits, Currency, Money, PersonId, Timestamp};
use sea_orm::sea_query::{Condition, Expr};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, Set};
use uuid::Uuid;

use crate::entities::kept_usage;
use crate::error::StoreError;
use crate::tx::Tx;

pub(super) const BROKEN: StoreError = StoreError::Corrupt("kept_usage");
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

impl Tx {
    pub(super) fn own_kept(&self) -> Condition {
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
}
