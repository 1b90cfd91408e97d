//! A person's row, and what a page shows beside it.

use std::collections::{HashMap, HashSet};

use allowance_domain::authz::{PersonFacts, Role};
use allowance_domain::people::{PersonStatus, Profile};
use allowance_values::{Email, GroupId, OrganisationId, PersonId, Timestamp};
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, FromQueryResult, QueryFilter, QuerySelect, Statement,
};
use uuid::Uuid;

use crate::connect::Store;
use crate::entities::{allocation_group, credential, person};
use crate::error::StoreError;
use crate::tx::Tx;

const BROKEN: StoreError = StoreError::Corrupt("person");

/// A person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PersonRow {
    /// Who.
    pub id: PersonId,
    /// What HR says about them.
    pub profile: Profile,
    /// Whom they report to.
    pub manager: Option<PersonId>,
    /// Where they stand.
    pub status: PersonStatus,
    /// What they may do.
    pub role: Role,
    /// The group they are in.
    pub group: GroupId,
    /// Rises with every edit.
    pub version: i64,
    /// When they were added.
    pub created_at: Timestamp,
}

impl PersonRow {
    /// What a permit needs.
    #[must_use]
    pub const fn facts(&self) -> PersonFacts {
        PersonFacts {
            id: self.id,
            manager: self.manager,
            group: self.group,
        }
    }
}

/// A person with the names behind the ids.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PersonCard {
    /// The person.
    pub row: PersonRow,
    /// Their manager's name and address.
    pub manager: Option<(String, Email)>,
    /// Their group's name.
    pub group_name: String,
    /// Whether they have a password.
    pub can_sign_in: bool,
}

impl TryFrom<person::Model> for PersonRow {
    type Error = StoreError;

    fn try_from(row: person::Model) -> Result<Self, StoreError> {
        let person::Model {
            organisation_id: _,
            id,
            email,
            email_key: _,
            display_name,
            name_key: _,
            title,
            department,
            division,
            location,
            employee_number,
            manager_id,
            hired_on,
            status,
            role,
            group_id,
            version,
            created_at,
        } = row;
        let profile = Profile {
            email: email.parse().map_err(|_| BROKEN)?,
            display_name,
            title,
            department,
            division,
            location,
            employee_number,
            hired_on: hired_on.map(|day| day.parse()).transpose().map_err(|_| BROKEN)?,
        };
        Ok(Self {
            id: PersonId::new(id),
            profile,
            manager: manager_id.map(PersonId::new),
            status: PersonStatus::parse(&status).ok_or(BROKEN)?,
            role: Role::parse(&role).ok_or(BROKEN)?,
            group: GroupId::new(group_id),
            version,
            created_at: Timestamp::from_micros(created_at),
        })
    }
}

async fn find<C: ConnectionTrait>(
    connection: &C,
    organisation: OrganisationId,
    id: PersonId,
) -> Result<Option<PersonRow>, StoreError> {
    let row = person::Entity::find_by_id((organisation.uuid(), id.uuid()))
        .one(connection)
        .await?;
    row.map(PersonRow::try_from).transpose()
}

async fn cards<C: ConnectionTrait>(
    connection: &C,
    organisation: OrganisationId,
    rows: Vec<PersonRow>,
) -> Result<Vec<PersonCard>, StoreError> {
    let distinct = |ids: &mut dyn Iterator<Item = Uuid>| ids.collect::<HashSet<_>>();
    let managers = distinct(&mut rows.iter().filter_map(|row| row.manager).map(PersonId::uuid));
    let groups = distinct(&mut rows.iter().map(|row| row.group.uuid()));
    let people = distinct(&mut rows.iter().map(|row| row.id.uuid()));

    let managers: Vec<(Uuid, String, String)> = person::Entity::find()
        .select_only()
        .columns([
            person::Column::Id,
            person::Column::DisplayName,
            person::Column::Email,
        ])
        .filter(person::Column::OrganisationId.eq(organisation.uuid()))
        .filter(person::Column::Id.is_in(managers))
        .into_tuple()
        .all(connection)
        .await?;
    let managers: HashMap<Uuid, (String, String)> = managers
        .into_iter()
        .map(|(id, name, email)| (id, (name, email)))
        .collect();
    let groups: Vec<(Uuid, String)> = allocation_group::Entity::find()
        .select_only()
        .columns([allocation_group::Column::Id, allocation_group::Column::Name])
        .filter(allocation_group::Column::OrganisationId.eq(organisation.uuid()))
        .filter(allocation_group::Column::Id.is_in(groups))
        .into_tuple()
        .all(connection)
        .await?;
    let groups: HashMap<Uuid, String> = groups.into_iter().collect();
    let signing_in: Vec<Uuid> = credential::Entity::find()
        .select_only()
        .column(credential::Column::PersonId)
        .filter(credential::Column::OrganisationId.eq(organisation.uuid()))
        .filter(credential::Column::PersonId.is_in(people))
        .into_tuple()
        .all(connection)
        .await?;
    let signing_in: HashSet<Uuid> = signing_in.into_iter().collect();

    let card = |row: PersonRow| {
        let manager = row.manager.and_then(|id| managers.get(&id.uuid()));
        let manager = manager
            .map(|(name, email)| Ok::<_, StoreError>((name.clone(), email.parse().map_err(|_| BROKEN)?)))
            .transpose()?;
        Ok(PersonCard {
            manager,
            group_name: groups
                .get(&row.group.uuid())
                .cloned()
                .ok_or(StoreError::Corrupt("allocation_group"))?,
            can_sign_in: signing_in.contains(&row.id.uuid()),
            row,
        })
    };
    rows.into_iter().map(card).collect()
}

#[derive(FromQueryResult)]
struct LineRow {
    id: Uuid,
}

impl Store {
    /// One person.
    ///
    /// # Errors
    /// The store's own error.
    pub async fn find_person(
        &self,
        organisation: OrganisationId,
        id: PersonId,
    ) -> Result<Option<PersonRow>, StoreError> {
        find(self.read(), organisation, id).await
    }

    /// These people with the names behind their ids, in the same order.
    ///
    /// # Errors
    /// The store's own error.
    pub async fn person_cards(
        &self,
        organisation: OrganisationId,
        rows: Vec<PersonRow>,
    ) -> Result<Vec<PersonCard>, StoreError> {
        cards(self.read(), organisation, rows).await
    }
}

impl Tx {
    /// One person, read under the head.
    ///
    /// # Errors
    /// The store's own error.
    pub async fn find_person(&self, id: PersonId) -> Result<Option<PersonRow>, StoreError> {
        find(self.connection(), self.organisation(), id).await
    }

    /// One person with the names behind their ids, as this transaction leaves them.
    ///
    /// # Errors
    /// The store's own error; [`StoreError::Corrupt`] when there is no such person.
    pub async fn person_card(&self, id: PersonId) -> Result<PersonCard, StoreError> {
        let row = self.find_person(id).await?.ok_or(BROKEN)?;
        cards(self.connection(), self.organisation(), vec![row])
            .await?
            .pop()
            .ok_or(BROKEN)
    }

    /// The person, whom they report to, and so on to the top.
    ///
    /// # Errors
    /// The store's own error.
    pub async fn reporting_line(&self, from: PersonId) -> Result<Vec<PersonId>, StoreError> {
        // UNION, not UNION ALL: a line that was broken into a circle by hand still ends.
        let sql = "WITH RECURSIVE line (id, manager_id) AS (
                SELECT id, manager_id FROM person WHERE organisation_id = $1 AND id = $2
                UNION
                SELECT above.id, above.manager_id FROM line
                JOIN person above ON above.organisation_id = $1 AND above.id = line.manager_id
            ) SELECT id FROM line";
        let values = [self.organisation().uuid().into(), from.uuid().into()];
        let backend = self.connection().get_database_backend();
        let rows = LineRow::find_by_statement(Statement::from_sql_and_values(backend, sql, values))
            .all(self.connection())
            .await?;
        Ok(rows.into_iter().map(|row| PersonId::new(row.id)).collect())
    }
}
