//! The people behind rows of the ledger: name, address, and the facts a permit needs.

use std::collections::BTreeMap;

use allowance_domain::authz::{PersonFacts, Role};
use allowance_domain::people::PersonStatus;
use allowance_values::{Email, GroupId, OrganisationId, PersonId};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter};
use uuid::Uuid;

use super::load::CHUNK;
use crate::connect::Store;
use crate::entities::person;
use crate::error::StoreError;
use crate::tx::Tx;

/// A person, as rows of the ledger show them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holder {
    /// What a permit needs.
    pub facts: PersonFacts,
    /// The name.
    pub display_name: String,
    /// The address.
    pub email: Email,
    /// Where they stand.
    pub status: PersonStatus,
    /// What they may do.
    pub role: Role,
}

fn from_row(row: person::Model) -> Result<Holder, StoreError> {
    const BROKEN: StoreError = StoreError::Corrupt("person");
    Ok(Holder {
        facts: PersonFacts {
            id: PersonId::new(row.id),
            manager: row.manager_id.map(PersonId::new),
            group: GroupId::new(row.group_id),
        },
        display_name: row.display_name,
        email: row.email.parse().map_err(|_| BROKEN)?,
        status: PersonStatus::parse(&row.status).ok_or(BROKEN)?,
        role: Role::parse(&row.role).ok_or(BROKEN)?,
    })
}

pub(crate) async fn holders<C: ConnectionTrait>(
    connection: &C,
    organisation: OrganisationId,
    people: &[PersonId],
) -> Result<BTreeMap<PersonId, Holder>, StoreError> {
    let mut ids: Vec<Uuid> = people.iter().map(|person| person.uuid()).collect();
    ids.sort_unstable();
    ids.dedup();
    let mut found = BTreeMap::new();
    for ids in ids.chunks(CHUNK) {
        let rows = person::Entity::find()
            .filter(person::Column::OrganisationId.eq(organisation.uuid()))
            .filter(person::Column::Id.is_in(ids.iter().copied()))
            .all(connection)
            .await?;
        for row in rows {
            let holder = from_row(row)?;
            found.insert(holder.facts.id, holder);
        }
    }
    Ok(found)
}

async fn is_only_admin<C: ConnectionTrait>(
    connection: &C,
    organisation: OrganisationId,
    person: PersonId,
) -> Result<bool, StoreError> {
    let others = person::Entity::find()
        .filter(person::Column::OrganisationId.eq(organisation.uuid()))
        // As the index of admins spells it: a bound value would not find it.
        .filter(Expr::cust("role = 'admin'"))
        .filter(person::Column::Status.eq("active"))
        .filter(person::Column::Id.ne(person.uuid()))
        .count(connection)
        .await?;
    Ok(others == 0)
}

impl Store {
    /// These people, as far as they exist here.
    ///
    /// # Errors
    /// The store's own error.
    pub async fn holders(
        &self,
        organisation: OrganisationId,
        people: &[PersonId],
    ) -> Result<BTreeMap<PersonId, Holder>, StoreError> {
        holders(self.read(), organisation, people).await
    }

    /// Whether nobody but this person is an active admin.
    ///
    /// # Errors
    /// The store's own error.
    pub async fn is_only_admin(
        &self,
        organisation: OrganisationId,
        person: PersonId,
    ) -> Result<bool, StoreError> {
        is_only_admin(self.read(), organisation, person).await
    }
}

impl Tx {
    /// These people, as far as they exist here, under the head.
    ///
    /// # Errors
    /// The store's own error.
    pub async fn holders(&self, people: &[PersonId]) -> Result<BTreeMap<PersonId, Holder>, StoreError> {
        holders(self.connection(), self.organisation(), people).await
    }

    /// Whether nobody but this person is an active admin.
    ///
    /// # Errors
    /// The store's own error.
    pub async fn is_only_admin(&self, person: PersonId) -> Result<bool, StoreError> {
        is_only_admin(self.connection(), self.organisation(), person).await
    }
}
