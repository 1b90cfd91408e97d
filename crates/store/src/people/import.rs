//! What an import of people needs to know of the organisation.

use std::collections::{HashMap, HashSet};

use allowance_domain::people::{Existing, Known};
use allowance_values::{GroupId, OrganisationId, PersonId};
use sea_orm::{ColumnTrait, Condition, ConnectionTrait, EntityTrait, QueryFilter, QuerySelect};
use uuid::Uuid;

use super::records::CHUNK;
use super::row::PersonRow;
use crate::entities::{allocation_group, person};
use crate::error::StoreError;
use crate::tx::Tx;

async fn load<C: ConnectionTrait>(
    connection: &C,
    organisation: OrganisationId,
    filter: Condition,
    into: &mut Existing,
) -> Result<(), StoreError> {
    let rows = person::Entity::find()
        .filter(person::Column::OrganisationId.eq(organisation.uuid()))
        .filter(filter)
        .all(connection)
        .await?;
    for row in rows {
        let PersonRow {
            id,
            profile,
            manager,
            group,
            ..
        } = row.try_into()?;
        into.people.push(Known {
            id,
            profile,
            manager,
            group,
        });
    }
    Ok(())
}

async fn existing<C: ConnectionTrait>(
    connection: &C,
    organisation: OrganisationId,
    email_keys: &[String],
) -> Result<Existing, StoreError> {
    let mut existing = Existing::default();
    for keys in email_keys.chunks(CHUNK) {
        let named = person::Column::EmailKey.is_in(keys.iter().map(String::as_str));
        load(
            connection,
            organisation,
            Condition::all().add(named),
            &mut existing,
        )
        .await?;
    }
    let there: HashSet<PersonId> = existing.people.iter().map(|known| known.id).collect();
    let managers: HashSet<Uuid> = existing
        .people
        .iter()
        .filter_map(|known| known.manager)
        .filter(|manager| !there.contains(manager))
        .map(PersonId::uuid)
        .collect();
    for ids in managers.into_iter().collect::<Vec<_>>().chunks(CHUNK) {
        let named = person::Column::Id.is_in(ids.iter().copied());
        load(
            connection,
            organisation,
            Condition::all().add(named),
            &mut existing,
        )
        .await?;
    }
    let lines: Vec<(Uuid, Uuid)> = person::Entity::find()
        .select_only()
        .columns([person::Column::Id, person::Column::ManagerId])
        .filter(person::Column::OrganisationId.eq(organisation.uuid()))
        .filter(person::Column::ManagerId.is_not_null())
        .into_tuple()
        .all(connection)
        .await?;
    existing.managers = lines
        .into_iter()
        .map(|(id, manager)| (PersonId::new(id), PersonId::new(manager)))
        .collect::<HashMap<_, _>>();
    let groups: Vec<(Uuid, String)> = allocation_group::Entity::find()
        .select_only()
        .columns([allocation_group::Column::Id, allocation_group::Column::Name])
        .filter(allocation_group::Column::OrganisationId.eq(organisation.uuid()))
        .filter(allocation_group::Column::IsDeleted.eq(false))
        .into_tuple()
        .all(connection)
        .await?;
    existing.groups = groups
        .into_iter()
        .map(|(id, name)| (GroupId::new(id), name))
        .collect();
    Ok(existing)
}

impl Tx {
    /// The organisation as an import of these addresses sees it, under the head.
    ///
    /// # Errors
    /// The store's own error.
    pub async fn existing_people(&self, email_keys: &[String]) -> Result<Existing, StoreError> {
        existing(self.connection(), self.organisation(), email_keys).await
    }

    /// Whether nobody is here yet but whoever founded the organisation.
    ///
    /// # Errors
    /// The store's own error.
    pub async fn is_empty_organisation(&self) -> Result<bool, StoreError> {
        let some: Vec<Uuid> = person::Entity::find()
            .select_only()
            .column(person::Column::Id)
            .filter(person::Column::OrganisationId.eq(self.organisation().uuid()))
            .limit(2)
            .into_tuple()
            .all(self.connection())
            .await?;
        Ok(some.len() < 2)
    }

    /// Whose these addresses are, by the addresses' keys, under the head.
    ///
    /// # Errors
    /// The store's own error.
    pub async fn people_by_email_key(
        &self,
        email_keys: &[String],
    ) -> Result<HashMap<String, PersonId>, StoreError> {
        let mut found = HashMap::new();
        for keys in email_keys.chunks(CHUNK) {
            let rows: Vec<(String, Uuid)> = person::Entity::find()
                .select_only()
                .columns([person::Column::EmailKey, person::Column::Id])
                .filter(person::Column::OrganisationId.eq(self.organisation().uuid()))
                .filter(person::Column::EmailKey.is_in(keys.iter().map(String::as_str)))
                .into_tuple()
                .all(self.connection())
                .await?;
            found.extend(rows.into_iter().map(|(key, id)| (key, PersonId::new(id))));
        }
        Ok(found)
    }
}
