//! Usage events. An event is unique by source and id, for good; its row is the answer that a repetition gets.

use std::collections::HashMap;
use std::sync::Arc;

use allowance_domain::authz::Area;
use allowance_domain::metering::CostAtRate;
use allowance_values::{ApiKeyId, CreditTypeId, Credits, GroupId, PersonId, Timestamp, UsageEventId};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};

use crate::entities::usage_event;
use crate::error::StoreError;
use crate::ledger::Pen;
use crate::metering::cost::CostColumns;
use crate::pages::Pages;
use crate::tx::Tx;

/// Rows per statement: a row has 28 columns, and SQLite takes 32,766 parameters.
const ROWS: usize = 1_000;

/// An event as it was counted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UsageRow {
    /// The id we gave it.
    pub id: UsageEventId,
    /// Who reported it.
    pub source: String,
    /// The id the source gave it.
    pub event_id: String,
    /// SHA-256 of what was reported.
    pub digest: Vec<u8>,
    /// Of which credits.
    pub credit_type: CreditTypeId,
    /// Who used.
    pub person: PersonId,
    /// The group it counts to.
    pub group: GroupId,
    /// The cycle it counts in.
    pub cycle: i64,
    /// When it happened.
    pub happened_at: Timestamp,
    /// When it was counted.
    pub recorded_at: Timestamp,
    /// Whether the cycle in which it happened had ended.
    pub is_late: bool,
    /// The cost it was made from.
    pub cost: Option<CostAtRate>,
    /// How many credits it burnt.
    pub amount: Credits,
    /// By how much it went beyond what the person had left.
    pub over_by: Credits,
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
}

fn from_row(row: usage_event::Model) -> Result<UsageRow, StoreError> {
    let usage_event::Model {
        organisation_id: _,
        source,
        event_id,
        id,
        digest,
        credit_type_id,
        person_id,
        group_id,
        cycle_number,
        happened_at,
        recorded_at,
        is_late,
        cost_nanos,
        currency,
        rate_side,
        rate_nanos,
        exchange_nanos,
        converted_nanos,
        amount,
        over_by,
        provider,
        model,
        operation,
        tags,
        metadata,
        api_key_id,
        request_id,
        position: _,
    } = row;
    Ok(UsageRow {
        id: UsageEventId::new(id),
        source,
        event_id,
        digest,
        credit_type: CreditTypeId::new(credit_type_id),
        person: PersonId::new(person_id),
        group: GroupId::new(group_id),
        cycle: cycle_number,
        happened_at: Timestamp::from_micros(happened_at),
        recorded_at: Timestamp::from_micros(recorded_at),
        is_late,
        cost: CostColumns {
            cost_nanos,
            currency,
            rate_side,
            rate_nanos,
            exchange_nanos,
            converted_nanos,
        }
        .cost("usage_event")?,
        amount: Credits::from_micros(amount),
        over_by: Credits::from_micros(over_by),
        provider,
        model,
        operation,
        tags,
        metadata,
        api_key: api_key_id.map(ApiKeyId::new),
        request_id,
    })
}

impl Tx {
    /// Events that were counted before, by source and id.
    ///
    /// # Errors
    /// The store's own error.
    pub async fn find_usage(
        &self,
        by_source: &HashMap<&str, Vec<&str>>,
    ) -> Result<HashMap<(String, String), Arc<UsageRow>>, StoreError> {
        let mut found = HashMap::new();
        for (source, ids) in by_source {
            for ids in ids.chunks(ROWS) {
                let rows = usage_event::Entity::find()
                    .filter(usage_event::Column::OrganisationId.eq(self.organisation().uuid()))
                    .filter(usage_event::Column::Source.eq(*source))
                    .filter(usage_event::Column::EventId.is_in(ids.iter().copied()))
                    .all(self.connection())
                    .await?;
                for row in rows {
                    let row = from_row(row)?;
                    found.insert((row.source.clone(), row.event_id.clone()), Arc::new(row));
                }
            }
        }
        Ok(found)
    }
}

impl Pen {
    /// Events whose commands were posted. Their position is the one that this commit moves the organisation to, also when
    /// they burn nothing: whoever has read up to there has them all.
    pub(super) fn write_usage(
        &mut self,
        rows: &[Arc<UsageRow>],
        pages: &mut Pages,
    ) -> Result<(), StoreError> {
        if rows.is_empty() {
            return Ok(());
        }
        self.touch(Area::Allocations);
        pages.insert::<usage_event::Entity>(rows.iter().map(|row| self.usage_row(row)).collect())
    }

    fn usage_row(&self, row: &UsageRow) -> usage_event::Model {
        let UsageRow {
            id,
            source,
            event_id,
            digest,
            credit_type,
            person,
            group,
            cycle,
            happened_at,
            recorded_at,
            is_late,
            cost,
            amount,
            over_by,
            provider,
            model,
            operation,
            tags,
            metadata,
            api_key,
            request_id,
        } = row;
        let CostColumns {
            cost_nanos,
            currency,
            rate_side,
            rate_nanos,
            exchange_nanos,
            converted_nanos,
        } = CostColumns::of(*cost);
        usage_event::Model {
            organisation_id: self.organisation().uuid(),
            source: source.clone(),
            event_id: event_id.clone(),
            id: id.uuid(),
            digest: digest.clone(),
            credit_type_id: credit_type.uuid(),
            person_id: person.uuid(),
            group_id: group.uuid(),
            cycle_number: *cycle,
            happened_at: happened_at.micros(),
            recorded_at: recorded_at.micros(),
            is_late: *is_late,
            cost_nanos,
            currency,
            rate_side,
            rate_nanos,
            exchange_nanos,
            converted_nanos,
            amount: amount.micros(),
            over_by: over_by.micros(),
            provider: provider.clone(),
            model: model.clone(),
            operation: operation.clone(),
            tags: tags.clone(),
            metadata: metadata.clone(),
            api_key_id: api_key.map(ApiKeyId::uuid),
            request_id: request_id.clone(),
            position: self.next_position(),
        }
    }
}
