//! Whom an event names: by id, address or employee number, or by a name that stands for somebody.

use std::collections::{BTreeSet, HashMap};

use allowance_domain::metering::PersonNameKind;
use allowance_values::{OrganisationId, PersonId};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QuerySelect};
use uuid::Uuid;

use super::unmatched::SourcedName;
use crate::connect::Store;
use crate::entities::person;
use crate::error::StoreError;
use crate::ledger::CHUNK;
use crate::tx::Tx;

/// The names to look up.
#[derive(Debug, Clone, Default)]
pub struct PersonKeys {
    /// Keys of addresses, as the application makes them.
    pub emails: BTreeSet<String>,
    /// Employee numbers.
    pub numbers: BTreeSet<String>,
    /// All of them with who uses them: where nobody is known by a name, it may stand for somebody.
    pub sourced: BTreeSet<SourcedName>,
}

/// Whom the names mean.
#[derive(Debug, Clone, Default)]
pub struct PersonNames {
    /// By the key of the address.
    pub by_email: HashMap<String, PersonId>,
    /// By employee number; nobody where two people have it.
    pub by_number: HashMap<String, Option<PersonId>>,
    /// By a name of a source that stands for them, where nobody is known by it.
    pub by_alias: HashMap<SourcedName, PersonId>,
}

impl PersonNames {
    /// Whoever is known by a name itself.
    fn known_by(&self, name: &SourcedName) -> Option<PersonId> {
        match name.kind {
            PersonNameKind::PersonId => name.key.parse().ok(),
            PersonNameKind::Email => self.by_email.get(&name.key).copied(),
            PersonNameKind::ExternalId => self.by_number.get(&name.key).copied().flatten(),
            PersonNameKind::Nobody => None,
        }
    }
}

async fn find<C: ConnectionTrait>(
    connection: &C,
    organisation: OrganisationId,
    keys: &PersonKeys,
) -> Result<PersonNames, StoreError> {
    let mut names = PersonNames::default();
    let emails: Vec<&String> = keys.emails.iter().collect();
    for (key, id) in people_where(connection, organisation, person::Column::EmailKey, &emails).await? {
        names.by_email.insert(key, id);
    }
    let numbers: Vec<&String> = keys.numbers.iter().collect();
    for (number, id) in
        people_where(connection, organisation, person::Column::EmployeeNumber, &numbers).await?
    {
        names
            .by_number
            .entry(number)
            .and_modify(|found| *found = None)
            .or_insert(Some(id));
    }
    let unknown = keys.sourced.iter().filter(|name| names.known_by(name).is_none());
    let unknown: Vec<&SourcedName> = unknown.collect();
    if !unknown.is_empty() {
        names.by_alias = super::aliases::find(connection, organisation, &unknown).await?;
    }
    Ok(names)
}

async fn people_where<C: ConnectionTrait>(
    connection: &C,
    organisation: OrganisationId,
    column: person::Column,
    values: &[&String],
) -> Result<Vec<(String, PersonId)>, StoreError> {
    let mut found = Vec::new();
    for values in values.chunks(CHUNK) {
        let rows: Vec<(String, Uuid)> = person::Entity::find()
            .select_only()
            .column(column)
            .column(person::Column::Id)
            .filter(person::Column::OrganisationId.eq(organisation.uuid()))
            .filter(column.is_in(values.iter().map(|value| value.as_str())))
            .into_tuple()
            .all(connection)
            .await?;
        found.extend(rows.into_iter().map(|(key, id)| (key, PersonId::new(id))));
    }
    Ok(found)
}

impl Store {
    /// Whoever is meant by each of these names; an id is taken at its word.
    ///
    /// # Errors
    /// The store's own error.
    pub async fn find_named(
        &self,
        organisation: OrganisationId,
        names: &[SourcedName],
    ) -> Result<Vec<Option<PersonId>>, StoreError> {
        let mut keys = PersonKeys::default();
        for name in names {
            match name.kind {
                PersonNameKind::PersonId | PersonNameKind::Nobody => {}
                PersonNameKind::Email => {
                    keys.emails.insert(name.key.clone());
                }
                PersonNameKind::ExternalId => {
                    keys.numbers.insert(name.key.clone());
                }
            }
            keys.sourced.insert(name.clone());
        }
        let known = find(self.read(), organisation, &keys).await?;
        let person = |name: &SourcedName| known.known_by(name).or_else(|| known.by_alias.get(name).copied());
        Ok(names.iter().map(person).collect())
    }
}

impl Tx {
    /// Looks people up by address and employee number.
    ///
    /// # Errors
    /// The store's own error.
    pub async fn find_people_named(&self, keys: &PersonKeys) -> Result<PersonNames, StoreError> {
        find(self.connection(), self.organisation(), keys).await
    }
}
