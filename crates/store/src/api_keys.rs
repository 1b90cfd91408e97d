//! Platforms' keys. A secret lies here only as a hash.

use allowance_domain::authz::{KeyActor, KeyScope};
use allowance_values::{ApiKeyId, OrganisationId, PersonId, Timestamp};
use sea_orm::sea_query::Expr;
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, Set,
};

use crate::connect::Store;
use crate::entities::api_key;
use crate::error::StoreError;
use crate::tx::{Tx, read_head};

/// The last use is written down at most so often, in microseconds.
const USE_STEP: i64 = 60_000_000;

/// A key to keep.
#[derive(Debug, Clone)]
pub struct NewApiKey {
    /// Its id.
    pub id: ApiKeyId,
    /// What it is for.
    pub name: String,
    /// The end of the key, to recognise it by.
    pub hint: String,
    /// The hash of its secret.
    pub secret_hash: Vec<u8>,
    /// What it may be used for.
    pub scopes: Vec<KeyScope>,
    /// When it ends by itself.
    pub expires_at: Option<Timestamp>,
    /// Who makes it.
    pub created_by: PersonId,
}

/// A key as it is read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiKeyRow {
    /// Its id.
    pub id: ApiKeyId,
    /// What it is for.
    pub name: String,
    /// The end of the key.
    pub hint: String,
    /// What it may be used for.
    pub scopes: Vec<KeyScope>,
    /// When it was made.
    pub created_at: Timestamp,
    /// By whom.
    pub created_by: PersonId,
    /// When it ends by itself.
    pub expires_at: Option<Timestamp>,
    /// When it was revoked.
    pub revoked_at: Option<Timestamp>,
    /// When it was last used, to the minute.
    pub last_used_at: Option<Timestamp>,
}

/// A key that was found good, and when that was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownKey {
    /// What it may do.
    pub actor: KeyActor,
    /// When it ends by itself.
    pub expires_at: Option<Timestamp>,
    /// The organisation's epoch at which it was found good: under a later one it must be looked up again.
    pub epoch: i64,
}

impl KnownKey {
    /// Whether its time is over.
    #[must_use]
    pub fn has_expired(&self, at: Timestamp) -> bool {
        self.expires_at.is_some_and(|end| end <= at)
    }
}

fn from_row(row: api_key::Model) -> Result<ApiKeyRow, StoreError> {
    let api_key::Model {
        organisation_id: _,
        id,
        name,
        hint,
        secret_hash: _,
        scopes,
        created_at,
        created_by,
        expires_at,
        revoked_at,
        last_used_at,
    } = row;
    let scopes = scopes.split(' ').map(KeyScope::parse).collect::<Option<Vec<_>>>();
    Ok(ApiKeyRow {
        id: ApiKeyId::new(id),
        name,
        hint,
        scopes: scopes.ok_or(StoreError::Corrupt("api_key"))?,
        created_at: Timestamp::from_micros(created_at),
        created_by: PersonId::new(created_by),
        expires_at: expires_at.map(Timestamp::from_micros),
        revoked_at: revoked_at.map(Timestamp::from_micros),
        last_used_at: last_used_at.map(Timestamp::from_micros),
    })
}

impl ApiKeyRow {
    fn known(self, organisation: OrganisationId, epoch: i64, at: Timestamp) -> Option<KnownKey> {
        let known = KnownKey {
            actor: KeyActor {
                id: self.id,
                organisation,
                scopes: self.scopes,
            },
            expires_at: self.expires_at,
            epoch,
        };
        (self.revoked_at.is_none() && !known.has_expired(at)).then_some(known)
    }
}

async fn find<C: ConnectionTrait>(
    connection: &C,
    organisation: OrganisationId,
    id: ApiKeyId,
) -> Result<Option<api_key::Model>, StoreError> {
    Ok(api_key::Entity::find_by_id((organisation.uuid(), id.uuid()))
        .one(connection)
        .await?)
}

impl Store {
    /// The key with this id and this secret, while it stands.
    ///
    /// # Errors
    /// The store's own error.
    pub async fn find_key(
        &self,
        organisation: OrganisationId,
        id: ApiKeyId,
        is_secret: impl Fn(&[u8]) -> bool + Send,
    ) -> Result<Option<KnownKey>, StoreError> {
        // The epoch first: what is read after it can only be newer, never taken for newer than it is.
        let Some(head) = read_head(self.read(), organisation, false).await? else {
            return Ok(None);
        };
        let Some(row) = find(self.read(), organisation, id).await? else {
            return Ok(None);
        };
        if !is_secret(&row.secret_hash) {
            return Ok(None);
        }
        Ok(from_row(row)?.known(organisation, head.epoch, self.now()))
    }

    /// Keys, newest first, older than the one named.
    ///
    /// # Errors
    /// The store's own error.
    pub async fn list_keys(
        &self,
        organisation: OrganisationId,
        before: Option<ApiKeyId>,
        limit: u64,
    ) -> Result<Vec<ApiKeyRow>, StoreError> {
        let mut keys = api_key::Entity::find()
            .filter(api_key::Column::OrganisationId.eq(organisation.uuid()))
            .order_by_desc(api_key::Column::Id)
            .limit(limit);
        if let Some(before) = before {
            keys = keys.filter(api_key::Column::Id.lt(before.uuid()));
        }
        keys.all(self.read()).await?.into_iter().map(from_row).collect()
    }
}

impl Tx {
    /// Keeps a key.
    ///
    /// # Errors
    /// The store's own error.
    pub async fn insert_key(&self, new: NewApiKey) -> Result<(), StoreError> {
        let NewApiKey {
            id,
            name,
            hint,
            secret_hash,
            scopes,
            expires_at,
            created_by,
        } = new;
        let words: Vec<&str> = scopes.into_iter().map(KeyScope::as_str).collect();
        api_key::Entity::insert(api_key::ActiveModel {
            organisation_id: Set(self.organisation().uuid()),
            id: Set(id.uuid()),
            name: Set(name),
            hint: Set(hint),
            secret_hash: Set(secret_hash),
            scopes: Set(words.join(" ")),
            created_at: Set(self.at().micros()),
            created_by: Set(created_by.uuid()),
            expires_at: Set(expires_at.map(Timestamp::micros)),
            revoked_at: Set(None),
            last_used_at: Set(None),
        })
        .exec_without_returning(self.connection())
        .await?;
        Ok(())
    }

    /// One key, under the head.
    ///
    /// # Errors
    /// The store's own error.
    pub async fn get_key(&self, id: ApiKeyId) -> Result<Option<ApiKeyRow>, StoreError> {
        let row = find(self.connection(), self.organisation(), id).await?;
        row.map(from_row).transpose()
    }

    /// The key as it stands under the head; nothing when it was revoked or has expired.
    ///
    /// # Errors
    /// The store's own error.
    pub async fn known_key(&self, id: ApiKeyId) -> Result<Option<KnownKey>, StoreError> {
        let row = self.get_key(id).await?;
        Ok(row.and_then(|row| row.known(self.organisation(), self.head().epoch, self.at())))
    }

    /// Revokes a key, on every instance at once. Revoked before, it stays as it is.
    ///
    /// # Errors
    /// The store's own error.
    pub async fn revoke_key(&mut self, id: ApiKeyId) -> Result<(), StoreError> {
        api_key::Entity::update_many()
            .col_expr(api_key::Column::RevokedAt, Expr::value(self.at().micros()))
            .filter(api_key::Column::OrganisationId.eq(self.organisation().uuid()))
            .filter(api_key::Column::Id.eq(id.uuid()))
            .filter(api_key::Column::RevokedAt.is_null())
            .exec(self.connection())
            .await?;
        self.raise_epoch();
        Ok(())
    }

    /// Writes down that keys were used, unless that was done a moment ago.
    ///
    /// # Errors
    /// The store's own error.
    pub async fn mark_keys_used(&self, ids: &[ApiKeyId]) -> Result<(), StoreError> {
        let at = self.at().micros();
        let due = Condition::any()
            .add(api_key::Column::LastUsedAt.is_null())
            .add(api_key::Column::LastUsedAt.lt(at.saturating_sub(USE_STEP)));
        api_key::Entity::update_many()
            .col_expr(api_key::Column::LastUsedAt, Expr::value(at))
            .filter(api_key::Column::OrganisationId.eq(self.organisation().uuid()))
            .filter(api_key::Column::Id.is_in(ids.iter().map(|id| id.uuid())))
            .filter(due)
            .exec(self.connection())
            .await?;
        Ok(())
    }
}
