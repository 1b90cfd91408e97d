//! Cycles as cost tracking sees them: with their stretches, and the zone they keep their days by.

use allowance_values::{CreditTypeId, CycleId, OrganisationId, Timestamp};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use crate::connect::Store;
use crate::entities::cycle;
use crate::error::StoreError;

/// A cycle with its stretches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CostCycle {
    /// The id.
    pub id: CycleId,
    /// When it began.
    pub starts_at: Timestamp,
    /// When it ends or ended.
    pub ends_at: Timestamp,
    /// The zone of its days.
    pub time_zone: String,
    /// Its number, and those of its stretches.
    pub numbers: Vec<i64>,
}

impl Store {
    /// A cycle of a credit type; nothing when it is none, or only a stretch.
    ///
    /// # Errors
    /// The store's own error.
    pub async fn cost_cycle(
        &self,
        organisation: OrganisationId,
        credit_type: CreditTypeId,
        id: CycleId,
    ) -> Result<Option<CostCycle>, StoreError> {
        let found = cycles_of(organisation, credit_type).filter(cycle::Column::Id.eq(id.uuid()));
        self.with_stretches(found.one(self.read()).await?).await
    }

    /// The cycle before another one; nothing before the first.
    ///
    /// # Errors
    /// The store's own error.
    pub async fn cost_cycle_before(
        &self,
        organisation: OrganisationId,
        credit_type: CreditTypeId,
        later: &CostCycle,
    ) -> Result<Option<CostCycle>, StoreError> {
        let number = later.numbers.first().copied().unwrap_or_default();
        let found = cycles_of(organisation, credit_type)
            .filter(cycle::Column::Number.lt(number))
            .order_by_desc(cycle::Column::Number);
        self.with_stretches(found.one(self.read()).await?).await
    }

    async fn with_stretches(&self, found: Option<cycle::Model>) -> Result<Option<CostCycle>, StoreError> {
        let Some(row) = found else { return Ok(None) };
        let stretches: Vec<i64> = cycle::Entity::find()
            .select_only()
            .column(cycle::Column::Number)
            .filter(cycle::Column::OrganisationId.eq(row.organisation_id))
            .filter(cycle::Column::CreditTypeId.eq(row.credit_type_id))
            .filter(cycle::Column::StretchOf.eq(row.number))
            .into_tuple()
            .all(self.read())
            .await?;
        let mut numbers = vec![row.number];
        numbers.extend(stretches);
        Ok(Some(CostCycle {
            id: CycleId::new(row.id),
            starts_at: Timestamp::from_micros(row.starts_at),
            ends_at: Timestamp::from_micros(row.ends_at),
            time_zone: row.time_zone,
            numbers,
        }))
    }
}

/// The cycles of a credit type that are no stretches of others.
fn cycles_of(organisation: OrganisationId, credit_type: CreditTypeId) -> sea_orm::Select<cycle::Entity> {
    cycle::Entity::find()
        .filter(cycle::Column::OrganisationId.eq(organisation.uuid()))
        .filter(cycle::Column::CreditTypeId.eq(credit_type.uuid()))
        .filter(cycle::Column::StretchOf.is_null())
        .filter(cycle::Column::Number.gt(0))
}
