//! Saved answers: key, effect and answer share one transaction. The head is taken before the key is looked up, so the
//! same key twice at once waits for the first and gets its answer. A refusal rolls the key back with everything else.

use allowance_values::PersonId;
use sea_orm::{EntityTrait, Set};

use crate::entities::idempotency_key;
use crate::error::StoreError;
use crate::tx::Tx;

/// A key with its scope: tenant (the transaction's), principal and route.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyScope {
    /// Whose key.
    pub principal: PersonId,
    /// The operation with its path.
    pub route: String,
    /// The key, at most 255 characters.
    pub key: String,
    /// SHA-256 of the body.
    pub body_hash: Vec<u8>,
}

/// The answer of the first time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SavedAnswer {
    /// The HTTP status.
    pub status: u16,
    /// The body.
    pub body: String,
}

/// What a key meets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Claim {
    /// Never seen: go on, then save the answer.
    New,
    /// Seen with the same body: answer this.
    Replay(SavedAnswer),
    /// Seen with another body: refuse.
    OtherBody,
}

impl Tx {
    /// Looks a key up.
    ///
    /// # Errors
    /// The store's own error.
    pub async fn claim_key(&self, scope: &KeyScope) -> Result<Claim, StoreError> {
        let KeyScope {
            principal,
            route,
            key,
            body_hash,
        } = scope;
        let id = (
            self.organisation().uuid(),
            principal.uuid(),
            route.clone(),
            key.clone(),
        );
        let Some(row) = idempotency_key::Entity::find_by_id(id)
            .one(self.connection())
            .await?
        else {
            return Ok(Claim::New);
        };
        if row.body_hash != *body_hash {
            return Ok(Claim::OtherBody);
        }
        let status = u16::try_from(row.status).map_err(|_| StoreError::Corrupt("idempotency_key"))?;
        Ok(Claim::Replay(SavedAnswer {
            status,
            body: row.response,
        }))
    }

    /// Saves the answer under the key; it commits with the effect.
    ///
    /// # Errors
    /// The store's own error.
    pub async fn save_answer(&self, scope: KeyScope, answer: &SavedAnswer) -> Result<(), StoreError> {
        let KeyScope {
            principal,
            route,
            key,
            body_hash,
        } = scope;
        idempotency_key::Entity::insert(idempotency_key::ActiveModel {
            organisation_id: Set(self.organisation().uuid()),
            principal_id: Set(principal.uuid()),
            route: Set(route),
            key: Set(key),
            body_hash: Set(body_hash),
            status: Set(i32::from(answer.status)),
            response: Set(answer.body.clone()),
            created_at: Set(self.at().micros()),
        })
        .exec_without_returning(self.connection())
        .await?;
        Ok(())
    }
}
