//! What people read beside an entry: ids of cycles, reasons of grants, notes of charges.

use std::collections::BTreeMap;

use allowance_values::{CreditTypeId, CycleId, GrantId, OrganisationId, PersonId};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QuerySelect};
use uuid::Uuid;

use super::load::CHUNK;
use crate::connect::Store;
use crate::entities::{charge, cycle, lot};
use crate::error::StoreError;
use crate::tx::Tx;

impl Store {
    /// Reasons of grants and notes of charges, by id.
    ///
    /// # Errors
    /// The store's own error.
    pub async fn notes(
        &self,
        organisation: OrganisationId,
        subjects: &[Uuid],
    ) -> Result<BTreeMap<Uuid, String>, StoreError> {
        let mut notes = BTreeMap::new();
        for ids in subjects.chunks(CHUNK) {
            let reasons: Vec<(Uuid, Option<String>)> = lot::Entity::find()
                .select_only()
                .column(lot::Column::Id)
                .column(lot::Column::Reason)
                .filter(lot::Column::OrganisationId.eq(organisation.uuid()))
                .filter(lot::Column::Id.is_in(ids.iter().copied()))
                .into_tuple()
                .all(self.read())
                .await?;
            notes.extend(reasons.into_iter().filter_map(|(id, reason)| Some((id, reason?))));
            let of_charges: Vec<(Uuid, String)> = charge::Entity::find()
                .select_only()
                .column(charge::Column::Id)
                .column(charge::Column::Note)
                .filter(charge::Column::OrganisationId.eq(organisation.uuid()))
                .filter(charge::Column::Id.is_in(ids.iter().copied()))
                .into_tuple()
                .all(self.read())
                .await?;
            notes.extend(of_charges);
        }
        Ok(notes)
    }

    /// Ids of cycles by credit type and number.
    ///
    /// # Errors
    /// The store's own error.
    pub async fn cycle_ids(
        &self,
        organisation: OrganisationId,
        cycles: &[(CreditTypeId, i64)],
    ) -> Result<BTreeMap<(CreditTypeId, i64), CycleId>, StoreError> {
        let mut types: Vec<Uuid> = cycles.iter().map(|(credit_type, _)| credit_type.uuid()).collect();
        let mut numbers: Vec<i64> = cycles.iter().map(|(_, number)| *number).collect();
        numbers.sort_unstable();
        numbers.dedup();
        types.sort_unstable();
        types.dedup();
        let rows: Vec<(Uuid, i64, Uuid)> = cycle::Entity::find()
            .select_only()
            .column(cycle::Column::CreditTypeId)
            .column(cycle::Column::Number)
            .column(cycle::Column::Id)
            .filter(cycle::Column::OrganisationId.eq(organisation.uuid()))
            .filter(cycle::Column::CreditTypeId.is_in(types))
            .filter(cycle::Column::Number.is_in(numbers))
            .into_tuple()
            .all(self.read())
            .await?;
        let by_number =
            |(credit_type, number, id)| ((CreditTypeId::new(credit_type), number), CycleId::new(id));
        Ok(rows.into_iter().map(by_number).collect())
    }

    /// People of all organisations with a dated lot that lapses by now: what the scheduler has to settle.
    ///
    /// # Errors
    /// The store's own error.
    pub async fn list_due_lots(
        &self,
        limit: u64,
    ) -> Result<Vec<(OrganisationId, CreditTypeId, PersonId)>, StoreError> {
        let rows: Vec<(Uuid, Uuid, Uuid)> = lot::Entity::find()
            .select_only()
            .column(lot::Column::OrganisationId)
            .column(lot::Column::CreditTypeId)
            .column(lot::Column::PersonId)
            .filter(lot::Column::IsOpen.eq(true))
            .filter(lot::Column::ExpiresAt.lte(self.now().micros()))
            .limit(limit)
            .into_tuple()
            .all(self.read())
            .await?;
        let ids = |(organisation, credit_type, person)| {
            (
                OrganisationId::new(organisation),
                CreditTypeId::new(credit_type),
                PersonId::new(person),
            )
        };
        Ok(rows.into_iter().map(ids).collect())
    }

    /// The number of the cycle with this id.
    ///
    /// # Errors
    /// The store's own error.
    pub async fn cycle_number(
        &self,
        organisation: OrganisationId,
        id: CycleId,
    ) -> Result<Option<i64>, StoreError> {
        let row = cycle::Entity::find()
            .filter(cycle::Column::OrganisationId.eq(organisation.uuid()))
            .filter(cycle::Column::Id.eq(id.uuid()))
            .one(self.read())
            .await?;
        Ok(row.map(|row| row.number))
    }
}

impl Tx {
    /// Of which credits and whose a grant is.
    ///
    /// # Errors
    /// The store's own error.
    pub async fn find_grant(&self, id: GrantId) -> Result<Option<(CreditTypeId, PersonId)>, StoreError> {
        let row = lot::Entity::find_by_id((self.organisation().uuid(), id.uuid()))
            .one(self.connection())
            .await?;
        Ok(row.filter(|row| row.origin == "grant").map(|row| {
            (
                CreditTypeId::new(row.credit_type_id),
                PersonId::new(row.person_id),
            )
        }))
    }
}
