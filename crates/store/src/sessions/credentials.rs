//! Passwords, as hashes.

use allowance_values::{OrganisationId, PersonId};
use sea_orm::sea_query::OnConflict;
use sea_orm::{EntityTrait, FromQueryResult, Set, Statement};
use uuid::Uuid;

use crate::connect::Store;
use crate::entities::credential;
use crate::error::StoreError;
use crate::tx::Tx;

/// A person who can sign in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Credential {
    /// Where.
    pub organisation: OrganisationId,
    /// Who.
    pub person: PersonId,
    /// The password's hash in PHC format.
    pub password_hash: String,
}

#[derive(FromQueryResult)]
struct Row {
    organisation_id: Uuid,
    person_id: Uuid,
    password_hash: String,
}

impl Store {
    /// Active people with this address who have a password, in any organisation; a few at most.
    ///
    /// # Errors
    /// The store's own error.
    pub async fn find_credentials(&self, email_key: &str) -> Result<Vec<Credential>, StoreError> {
        let sql = "SELECT c.organisation_id, c.person_id, c.password_hash \
                   FROM person p JOIN credential c ON c.organisation_id = p.organisation_id AND c.person_id = p.id \
                   WHERE p.email_key = $1 AND p.status = 'active' ORDER BY p.created_at LIMIT 4";
        let statement = Statement::from_sql_and_values(self.backend(), sql, [email_key.into()]);
        let rows = Row::find_by_statement(statement).all(self.read()).await?;
        Ok(rows
            .into_iter()
            .map(
                |Row {
                     organisation_id,
                     person_id,
                     password_hash,
                 }| Credential {
                    organisation: OrganisationId::new(organisation_id),
                    person: PersonId::new(person_id),
                    password_hash,
                },
            )
            .collect())
    }
}

impl Tx {
    /// Sets a person's password.
    ///
    /// # Errors
    /// The store's own error.
    pub async fn set_password(&self, person: PersonId, password_hash: String) -> Result<(), StoreError> {
        let row = credential::ActiveModel {
            organisation_id: Set(self.organisation().uuid()),
            person_id: Set(person.uuid()),
            password_hash: Set(password_hash),
            changed_at: Set(self.at().micros()),
        };
        let key = [credential::Column::OrganisationId, credential::Column::PersonId];
        let values = [credential::Column::PasswordHash, credential::Column::ChangedAt];
        credential::Entity::insert(row)
            .on_conflict(OnConflict::columns(key).update_columns(values).to_owned())
            .exec_without_returning(self.connection())
            .await?;
        Ok(())
    }
}
