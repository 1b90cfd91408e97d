//! Keys that were found good a moment ago, each with the epoch it was found good at.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use allowance_store::KnownKey;
use allowance_values::{ApiKeyId, Timestamp};
use subtle::ConstantTimeEq;

/// So many keys are remembered at most; then all are forgotten, and found again.
const MOST: usize = 10_000;

/// The memory, shared by all requests of a process.
#[derive(Debug, Clone, Default)]
pub(crate) struct KeyRing(Arc<RwLock<HashMap<ApiKeyId, Ringed>>>);

struct Ringed {
    secret_hash: Vec<u8>,
    known: KnownKey,
}

impl std::fmt::Debug for Ringed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Ringed")
            .field("known", &self.known)
            .finish_non_exhaustive()
    }
}

impl KeyRing {
    /// The key, if it is remembered with this secret and its time is not over.
    pub(crate) fn get(&self, id: ApiKeyId, secret_hash: &[u8], now: Timestamp) -> Option<KnownKey> {
        let keys = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let Ringed {
            secret_hash: stored,
            known,
        } = keys.get(&id)?;
        let is_good = bool::from(stored.as_slice().ct_eq(secret_hash)) && !known.has_expired(now);
        is_good.then(|| known.clone())
    }

    /// Remembers a key.
    pub(crate) fn put(&self, secret_hash: Vec<u8>, known: KnownKey) {
        let mut keys = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if keys.len() >= MOST {
            keys.clear();
        }
        keys.insert(known.actor.id, Ringed { secret_hash, known });
    }

    /// Replaces what is known of a remembered key: it was found good again under a newer epoch.
    pub(crate) fn renew(&self, known: KnownKey) {
        let mut keys = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(ringed) = keys.get_mut(&known.actor.id) {
            ringed.known = known;
        }
    }

    /// Forgets a key: it was found dead.
    pub(crate) fn forget(&self, id: ApiKeyId) {
        self.0.write().unwrap_or_else(PoisonError::into_inner).remove(&id);
    }
}
