//! Platforms' keys: made, shown once, listed, revoked; and who is behind one.
//!
//! A key is `alw_` and then organisation ‖ id ‖ secret, so that it is found without a search and recognised in a leak. What
//! was found good is remembered with the organisation's epoch; a posting compares it with the head's, so a key that was
//! revoked is dead at once on every instance although a posting costs no look-up.

mod ring;

use allowance_domain::authz::{Action, KeyScope, Permit};
use allowance_store::{ApiKeyRow, AuditRecord, Done, KnownKey, NewApiKey, Tx};
use allowance_values::{ApiKeyId, OrganisationId, Timestamp};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rand::RngCore;
use subtle::ConstantTimeEq;
use uuid::Uuid;

use crate::context::{App, Caller};
use crate::error::{Error, FieldError, Result};
use crate::metering::Meter;
use crate::sessions::token_hash;

pub(crate) use ring::KeyRing;

/// What every key begins with.
const PREFIX: &str = "alw_";
/// How much of a key's end is shown.
const HINT: usize = 4;

/// A key to make.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CreateApiKey {
    /// What it is for.
    pub name: String,
    /// What it may be used for.
    pub scopes: Vec<KeyScope>,
    /// When it ends by itself.
    pub expires_at: Option<Timestamp>,
}

/// A key that was made; its text is never seen again.
#[derive(Clone)]
pub struct MadeApiKey {
    /// The key's row.
    pub row: ApiKeyRow,
    /// The key itself.
    pub text: String,
}

impl std::fmt::Debug for MadeApiKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("MadeApiKey")
            .field("row", &self.row)
            .finish_non_exhaustive()
    }
}

/// What a key's text says.
struct KeyText {
    organisation: OrganisationId,
    id: ApiKeyId,
    secret: [u8; 32],
}

impl KeyText {
    /// Whether a bearer token claims to be a key.
    fn is_one(token: &str) -> bool {
        token.starts_with(PREFIX)
    }

    fn write(&self) -> String {
        let mut bytes = Vec::with_capacity(64);
        bytes.extend_from_slice(self.organisation.uuid().as_bytes());
        bytes.extend_from_slice(self.id.uuid().as_bytes());
        bytes.extend_from_slice(&self.secret);
        format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(bytes))
    }

    fn read(token: &str) -> Option<Self> {
        let bytes = URL_SAFE_NO_PAD.decode(token.strip_prefix(PREFIX)?).ok()?;
        let (organisation, rest) = bytes.split_at_checked(16)?;
        let (id, secret) = rest.split_at_checked(16)?;
        Some(Self {
            organisation: OrganisationId::new(Uuid::from_slice(organisation).ok()?),
            id: ApiKeyId::new(Uuid::from_slice(id).ok()?),
            secret: secret.try_into().ok()?,
        })
    }
}

fn audited(row: &ApiKeyRow) -> serde_json::Value {
    let scopes: Vec<&str> = row.scopes.iter().map(|scope| scope.as_str()).collect();
    serde_json::json!({
        "name": row.name,
        "scopes": scopes,
        "expires_at": row.expires_at.map(|at| at.to_string()),
        "revoked_at": row.revoked_at.map(|at| at.to_string()),
    })
}

/// Makes a key.
///
/// # Errors
/// [`Error::Forbidden`]; [`Error::Fields`] for an expiry in the past or a scope named twice.
pub async fn create_api_key(mut tx: Tx, caller: &Caller, new: &CreateApiKey) -> Result<Done<MadeApiKey>> {
    Permit::for_organisation(&caller.actor, Action::CreateApiKey)?;
    let mut scopes = new.scopes.clone();
    scopes.sort_unstable();
    scopes.dedup();
    if scopes.is_empty() || scopes.len() != new.scopes.len() {
        return Err(Error::Fields(vec![FieldError::invalid(
            "/scopes",
            "Name each scope once, and at least one.",
        )]));
    }
    if new.expires_at.is_some_and(|end| end <= tx.at()) {
        return Err(Error::Fields(vec![FieldError::invalid(
            "/expires_at",
            "Choose an instant in the future.",
        )]));
    }
    let mut secret = [0_u8; 32];
    rand::rng().fill_bytes(&mut secret);
    let text = KeyText {
        organisation: tx.organisation(),
        id: ApiKeyId::new(tx.new_id()),
        secret,
    };
    let written = text.write();
    let hint = written.chars().skip(written.len().saturating_sub(HINT)).collect();
    let row = ApiKeyRow {
        id: text.id,
        name: new.name.clone(),
        hint,
        scopes,
        created_at: tx.at(),
        created_by: caller.actor.person,
        expires_at: new.expires_at,
        revoked_at: None,
        last_used_at: None,
    };
    tx.insert_key(NewApiKey {
        id: row.id,
        name: row.name.clone(),
        hint: row.hint.clone(),
        secret_hash: token_hash(&secret),
        scopes: row.scopes.clone(),
        expires_at: row.expires_at,
        created_by: row.created_by,
    })
    .await?;
    tx.audit(AuditRecord {
        action: Action::CreateApiKey.name(),
        target: row.id.to_string(),
        before: None,
        after: Some(audited(&row)),
    });
    Ok(tx.done(MadeApiKey { row, text: written }))
}

/// Revokes a key: from now on nobody gets in by it, on any instance.
///
/// # Errors
/// [`Error::NotFound`], [`Error::Forbidden`].
pub async fn revoke_api_key(mut tx: Tx, caller: &Caller, id: ApiKeyId) -> Result<Done<ApiKeyRow>> {
    Permit::for_organisation(&caller.actor, Action::RevokeApiKey)?;
    let before = tx.get_key(id).await?.ok_or(Error::NotFound)?;
    tx.revoke_key(id).await?;
    let row = ApiKeyRow {
        revoked_at: before.revoked_at.or(Some(tx.at())),
        ..before.clone()
    };
    tx.audit(AuditRecord {
        action: Action::RevokeApiKey.name(),
        target: id.to_string(),
        before: Some(audited(&before)),
        after: Some(audited(&row)),
    });
    Ok(tx.done(row))
}

/// Keys, newest first, those that have ended too.
///
/// # Errors
/// The store's.
pub async fn list_api_keys(
    app: &App,
    caller: &Caller,
    before: Option<ApiKeyId>,
    limit: u64,
) -> Result<Vec<ApiKeyRow>> {
    Ok(app
        .store
        .list_keys(caller.actor.organisation, before, limit)
        .await?)
}

impl App {
    /// Whether a bearer token is to be taken for a key.
    #[must_use]
    pub fn is_key(token: &str) -> bool {
        KeyText::is_one(token)
    }

    /// Who is behind a key that was found good a moment ago, without a look-up.
    #[must_use]
    pub fn remembered_key(&self, token: &str) -> Option<KnownKey> {
        let text = KeyText::read(token)?;
        self.keys
            .get(text.id, &token_hash(&text.secret), self.store.now())
    }

    /// Who is behind a key; nobody when it is wrong, was revoked or has expired.
    ///
    /// What was found good before is answered from memory: whoever changes something by it compares its epoch with the
    /// head's, and whoever only reads asks [`App::confirm`].
    ///
    /// # Errors
    /// The store's.
    pub async fn identify_key(&self, token: &str) -> Result<Option<KnownKey>> {
        let Some(text) = KeyText::read(token) else {
            return Ok(None);
        };
        let hash = token_hash(&text.secret);
        if let Some(known) = self.keys.get(text.id, &hash, self.store.now()) {
            return Ok(Some(known));
        }
        let is_secret = |stored: &[u8]| bool::from(stored.ct_eq(&hash));
        let found = self.store.find_key(text.organisation, text.id, is_secret).await?;
        if let Some(known) = &found {
            self.keys.put(hash.clone(), known.clone());
        }
        Ok(found)
    }

    /// Whether a caller who was answered from memory still stands. A person was read with the request itself.
    ///
    /// # Errors
    /// [`Error::Unauthenticated`] when the key was revoked meanwhile.
    pub async fn confirm(&self, meter: &Meter) -> Result<()> {
        let Meter::Key(KnownKey { actor: key, .. }) = meter else {
            return Ok(());
        };
        // The secret was compared when the key was remembered.
        match self.store.find_key(key.organisation, key.id, |_| true).await? {
            Some(_) => Ok(()),
            None => {
                self.keys.forget(key.id);
                Err(Error::Unauthenticated)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_says_what_it_is_and_nothing_else_reads_as_one() {
        let text = KeyText {
            organisation: OrganisationId::new(Uuid::from_u128(1)),
            id: ApiKeyId::new(Uuid::from_u128(2)),
            secret: [7; 32],
        };
        let written = text.write();
        assert!(written.starts_with("alw_") && KeyText::is_one(&written));
        let read = KeyText::read(&written).unwrap();
        assert_eq!(
            (read.organisation, read.id, read.secret),
            (text.organisation, text.id, text.secret)
        );
        let (bare, longer) = (written.replace("alw_", ""), format!("{written}AA"));
        let shorter: String = written.chars().take(80).collect();
        for wrong in ["", "alw_", "alw_AAAA", &bare, &longer, &shorter] {
            assert!(KeyText::read(wrong).is_none(), "{wrong}");
        }
    }
}
