//! Adding and changing people, in batches.

use std::collections::HashMap;

use allowance_domain::authz::Role;
use allowance_domain::people::{PersonStatus, Profile, email_key, name_key, tokens};
use allowance_values::{GroupId, OrganisationId, PersonId, Timestamp};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, Set, Statement, Value};

use super::records::{CHUNK, Kind, hex, source};
use crate::entities::{person, person_token};
use crate::error::StoreError;
use crate::groups::count_members;
use crate::tx::Tx;

/// Somebody to add, active, with a new id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewPerson {
    /// The id.
    pub id: PersonId,
    /// What HR says about them.
    pub profile: Profile,
    /// Whom they report to: somebody who is there, or stands earlier in the batch.
    pub manager: Option<PersonId>,
    /// What they may do.
    pub role: Role,
    /// The group they join.
    pub group: GroupId,
}

/// What HR now says about somebody who is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PersonUpdate {
    /// Who.
    pub id: PersonId,
    /// What HR says about them.
    pub profile: Profile,
    /// Whom they report to.
    pub manager: Option<PersonId>,
}

const COLUMNS: [(&str, Kind); 12] = [
    ("id", Kind::Uuid),
    ("email", Kind::Text),
    ("email_key", Kind::Text),
    ("display_name", Kind::Text),
    ("name_key", Kind::Text),
    ("title", Kind::Text),
    ("department", Kind::Text),
    ("division", Kind::Text),
    ("location", Kind::Text),
    ("employee_number", Kind::Text),
    ("manager_id", Kind::Uuid),
    ("hired_on", Kind::Text),
];

fn record(id: PersonId, profile: &Profile, manager: Option<PersonId>) -> serde_json::Value {
    let Profile {
        email,
        display_name,
        title,
        department,
        division,
        location,
        employee_number,
        hired_on,
    } = profile;
    serde_json::json!({
        "id": hex(id.uuid()),
        "email": email.as_str(),
        "email_key": email_key(email),
        "display_name": display_name,
        "name_key": name_key(display_name),
        "title": title,
        "department": department,
        "division": division,
        "location": location,
        "employee_number": employee_number,
        "manager_id": manager.map(|id| hex(id.uuid())),
        "hired_on": hired_on.map(|day| day.to_string()),
    })
}

async fn insert<C: ConnectionTrait>(
    connection: &C,
    organisation: OrganisationId,
    at: Timestamp,
    people: &[NewPerson],
) -> Result<(), StoreError> {
    let names = COLUMNS.map(|(name, _)| name);
    let backend = connection.get_database_backend();
    let mut columns = COLUMNS.to_vec();
    columns.extend([("role", Kind::Text), ("group_id", Kind::Uuid)]);
    let sql = format!(
        "INSERT INTO person (organisation_id, status, version, created_at, role, group_id, {})
         SELECT $2, '{}', 1, $3, v.role, v.group_id, {} FROM {}",
        names.join(", "),
        PersonStatus::Active.as_str(),
        names.map(|name| format!("v.{name}")).join(", "),
        source(backend, &columns),
    );
    let joins = format!(
        "INSERT INTO membership_change (organisation_id, person_id, version, at, group_id)
         SELECT $2, v.id, 1, $3, v.group_id FROM {}",
        source(backend, &[("id", Kind::Uuid), ("group_id", Kind::Uuid)]),
    );
    for chunk in people.chunks(CHUNK) {
        let records = chunk.iter().map(
            |NewPerson {
                 id,
                 profile,
                 manager,
                 role,
                 group,
             }| {
                let mut record = record(*id, profile, *manager);
                if let Some(fields) = record.as_object_mut() {
                    fields.insert("role".to_owned(), role.as_str().into());
                    fields.insert("group_id".to_owned(), hex(group.uuid()).into());
                }
                record
            },
        );
        let json = serde_json::Value::Array(records.collect()).to_string();
        let values: [Value; 3] = [json.into(), organisation.uuid().into(), at.micros().into()];
        for sql in [&sql, &joins] {
            connection
                .execute_raw(Statement::from_sql_and_values(backend, sql, values.clone()))
                .await?;
        }
    }
    let words = people.iter().map(|new| (new.id, &new.profile));
    insert_tokens(connection, organisation, words).await?;
    let mut joined: HashMap<GroupId, i64> = HashMap::new();
    for new in people {
        let count = joined.entry(new.group).or_default();
        *count = count.saturating_add(1);
    }
    for (group, count) in joined {
        count_members(connection, organisation, group, count).await?;
    }
    Ok(())
}

async fn insert_tokens<'p, C: ConnectionTrait>(
    connection: &C,
    organisation: OrganisationId,
    people: impl Iterator<Item = (PersonId, &'p Profile)>,
) -> Result<(), StoreError> {
    let mut all: Vec<(String, PersonId)> = people
        .flat_map(|(id, profile)| {
            tokens(&profile.display_name, &profile.email)
                .into_iter()
                .map(move |token| (token, id))
        })
        .collect();
    // In the key's order, so that pages of the index are filled one after the other.
    all.sort_unstable();
    let backend = connection.get_database_backend();
    let sql = format!(
        "INSERT INTO person_token (organisation_id, token, person_id) SELECT $2, v.token, v.person_id FROM {}",
        source(backend, &[("token", Kind::Text), ("person_id", Kind::Uuid)])
    );
    for chunk in all.chunks(CHUNK) {
        let records = chunk
            .iter()
            .map(|(token, id)| serde_json::json!({"token": token, "person_id": hex(id.uuid())}));
        let json = serde_json::Value::Array(records.collect()).to_string();
        let values: [Value; 2] = [json.into(), organisation.uuid().into()];
        connection
            .execute_raw(Statement::from_sql_and_values(backend, &sql, values))
            .await?;
    }
    Ok(())
}

impl Tx {
    /// Adds people; managers stand before those who report to them.
    ///
    /// # Errors
    /// The constraint `person_email_unique`, or the store's own error.
    pub async fn insert_people(&self, people: &[NewPerson]) -> Result<(), StoreError> {
        insert(self.connection(), self.organisation(), self.at(), people).await
    }

    /// Changes what HR says about people, and by which words they are found.
    ///
    /// # Errors
    /// The constraint `person_email_unique`, or the store's own error.
    pub async fn update_people(&self, people: &[PersonUpdate]) -> Result<(), StoreError> {
        let connection = self.connection();
        let backend = connection.get_database_backend();
        let changed = COLUMNS.iter().filter(|(name, _)| *name != "id");
        let changed: Vec<String> = changed.map(|(name, _)| format!("{name} = v.{name}")).collect();
        let sql = format!(
            "UPDATE person SET version = version + 1, {} FROM {} WHERE person.organisation_id = $2 AND person.id = v.id",
            changed.join(", "),
            source(backend, &COLUMNS),
        );
        for chunk in people.chunks(CHUNK) {
            let records = chunk
                .iter()
                .map(|PersonUpdate { id, profile, manager }| record(*id, profile, *manager));
            let json = serde_json::Value::Array(records.collect()).to_string();
            let values: [Value; 2] = [json.into(), self.organisation().uuid().into()];
            let outcome = connection
                .execute_raw(Statement::from_sql_and_values(backend, &sql, values))
                .await?;
            if usize::try_from(outcome.rows_affected()) != Ok(chunk.len()) {
                return Err(StoreError::Corrupt("person"));
            }
            person_token::Entity::delete_many()
                .filter(person_token::Column::OrganisationId.eq(self.organisation().uuid()))
                .filter(person_token::Column::PersonId.is_in(chunk.iter().map(|update| update.id.uuid())))
                .exec(connection)
                .await?;
        }
        let words = people.iter().map(|update| (update.id, &update.profile));
        insert_tokens(connection, self.organisation(), words).await
    }

    /// Gives a person another role.
    ///
    /// # Errors
    /// The store's own error.
    pub async fn set_role(&mut self, person: PersonId, version: i64, role: Role) -> Result<(), StoreError> {
        let role = Set(role.as_str().to_owned());
        self.change_standing(
            person,
            version,
            person::ActiveModel {
                role,
                ..Default::default()
            },
        )
        .await
    }

    /// Suspends or reinstates a person.
    ///
    /// # Errors
    /// The store's own error.
    pub async fn set_status(
        &mut self,
        person: PersonId,
        version: i64,
        status: PersonStatus,
    ) -> Result<(), StoreError> {
        let status = Set(status.as_str().to_owned());
        self.change_standing(
            person,
            version,
            person::ActiveModel {
                status,
                ..Default::default()
            },
        )
        .await
    }

    /// Whatever permissions depend on raises the epoch, so that it holds from the next request on.
    async fn change_standing(
        &mut self,
        person: PersonId,
        version: i64,
        change: person::ActiveModel,
    ) -> Result<(), StoreError> {
        let model = person::ActiveModel {
            organisation_id: Set(self.organisation().uuid()),
            id: Set(person.uuid()),
            version: Set(version.saturating_add(1)),
            ..change
        };
        person::Entity::update(model).exec(self.connection()).await?;
        self.raise_epoch();
        Ok(())
    }
}
