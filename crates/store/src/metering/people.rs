//! Whom an event names: by id, address or employee number.

use std::collections::{BTreeSet, HashMap};

use allowance_values::PersonId;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QuerySelect};
use uuid::Uuid;

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
}

/// Whom the names mean.
#[derive(Debug, Clone, Default)]
pub struct PersonNames {
    /// By the key of the address.
    pub by_email: HashMap<String, PersonId>,
    /// By employee number; nobody where two people have it.
    pub by_number: HashMap<String, Option<PersonId>>,
}

impl Tx {
    /// Looks people up by address and employee number.
    ///
    /// # Errors
    /// The store's own error.
    pub async fn find_people_named(&self, keys: &PersonKeys) -> Result<PersonNames, StoreError> {
        let mut names = PersonNames::default();
        let emails: Vec<&String> = keys.emails.iter().collect();
        for (key, id) in self.people_where(person::Column::EmailKey, &emails).await? {
            names.by_email.insert(key, id);
        }
        let numbers: Vec<&String> = keys.numbers.iter().collect();
        for (number, id) in self
            .people_where(person::Column::EmployeeNumber, &numbers)
            .await?
        {
            names
                .by_number
                .entry(number)
                .and_modify(|found| *found = None)
                .or_insert(Some(id));
        }
        Ok(names)
    }

    async fn people_where(
        &self,
        column: person::Column,
        values: &[&String],
    ) -> Result<Vec<(String, PersonId)>, StoreError> {
        let mut found = Vec::new();
        for values in values.chunks(CHUNK) {
            let rows: Vec<(String, Uuid)> = person::Entity::find()
                .select_only()
                .column(column)
                .column(person::Column::Id)
                .filter(person::Column::OrganisationId.eq(self.organisation().uuid()))
                .filter(column.is_in(values.iter().map(|value| value.as_str())))
                .into_tuple()
                .all(self.connection())
                .await?;
            found.extend(rows.into_iter().map(|(key, id)| (key, PersonId::new(id))));
        }
        Ok(found)
    }
}
