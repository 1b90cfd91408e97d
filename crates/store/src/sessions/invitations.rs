//! Invitations: one-time tokens by which a person chooses a password.

use allowance_domain::authz::PersonFacts;
use allowance_values::{GroupId, OrganisationId, PersonId, Timestamp};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, Set};

use crate::connect::Store;
use crate::entities::{invitation, person};
use crate::error::StoreError;
use crate::tx::Tx;

/// An invitation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invitation {
    /// Where.
    pub organisation: OrganisationId,
    /// Whose.
    pub person: PersonId,
}

impl Store {
    /// The invitation that can still be used.
    ///
    /// # Errors
    /// The store's own error.
    pub async fn find_invitation(&self, token_hash: &[u8]) -> Result<Option<Invitation>, StoreError> {
        let row = invitation::Entity::find()
            .filter(invitation::Column::TokenHash.eq(token_hash.to_vec()))
            .filter(invitation::Column::UsedAt.is_null())
            .filter(invitation::Column::ExpiresAt.gt(self.now().micros()))
            .one(self.read())
            .await?;
        Ok(row.map(|row| Invitation {
            organisation: OrganisationId::new(row.organisation_id),
            person: PersonId::new(row.person_id),
        }))
    }
}

impl Tx {
    /// Invites a person; earlier invitations of theirs end.
    ///
    /// # Errors
    /// The store's own error.
    pub async fn insert_invitation(
        &self,
        person: PersonId,
        token_hash: Vec<u8>,
        expires_at: Timestamp,
    ) -> Result<(), StoreError> {
        invitation::Entity::delete_many()
            .filter(invitation::Column::OrganisationId.eq(self.organisation().uuid()))
            .filter(invitation::Column::PersonId.eq(person.uuid()))
            .exec(self.connection())
            .await?;
        invitation::Entity::insert(invitation::ActiveModel {
            organisation_id: Set(self.organisation().uuid()),
            token_hash: Set(token_hash),
            person_id: Set(person.uuid()),
            expires_at: Set(expires_at.micros()),
            used_at: Set(None),
        })
        .exec_without_returning(self.connection())
        .await?;
        Ok(())
    }

    /// Uses an invitation up. Whoever comes second or too late gets `false`.
    ///
    /// # Errors
    /// The store's own error.
    pub async fn use_invitation(&self, token_hash: &[u8]) -> Result<bool, StoreError> {
        let outcome = invitation::Entity::update_many()
            .set(invitation::ActiveModel {
                used_at: Set(Some(self.at().micros())),
                ..Default::default()
            })
            .filter(invitation::Column::OrganisationId.eq(self.organisation().uuid()))
            .filter(invitation::Column::TokenHash.eq(token_hash.to_vec()))
            .filter(invitation::Column::UsedAt.is_null())
            .filter(invitation::Column::ExpiresAt.gt(self.at().micros()))
            .exec(self.connection())
            .await?;
        Ok(outcome.rows_affected == 1)
    }

    /// What permits need to know of a person, with whether they are active.
    ///
    /// # Errors
    /// The store's own error.
    pub async fn find_person_facts(&self, id: PersonId) -> Result<Option<(PersonFacts, bool)>, StoreError> {
        let row = person::Entity::find_by_id((self.organisation().uuid(), id.uuid()))
            .one(self.connection())
            .await?;
        Ok(row.map(|row| {
            let manager = row.manager_id.map(PersonId::new);
            (
                PersonFacts {
                    id,
                    manager,
                    group: GroupId::new(row.group_id),
                },
                row.status == "active",
            )
        }))
    }
}
