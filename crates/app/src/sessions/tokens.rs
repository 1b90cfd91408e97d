//! Access and refresh tokens.
//!
//! An access token is a JWT: HS256 and nothing else, with an expiry that must be there. A refresh token is
//! `organisation ‖ session ‖ secret ‖ seal`: the seal proves that we made it, so a genuine token that is out of date is
//! told from a guess; the next secret follows from this one, so that two tabs that refresh at once get the same successor.

use allowance_values::{OrganisationId, PersonId, SessionId, Timestamp};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, Mac};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use uuid::Uuid;

use crate::error::{Error, Result};

/// An access token lasts so long, in seconds.
pub(crate) const ACCESS_SECONDS: u32 = 600;

#[derive(serde::Serialize, serde::Deserialize)]
struct Claims {
    sub: PersonIdText,
    org: Uuid,
    sid: Uuid,
    iat: i64,
    exp: i64,
}

/// The person's id as outsiders see it; informative, the session decides.
type PersonIdText = String;

/// Makes and reads tokens.
pub(crate) struct Tokens {
    encoding: EncodingKey,
    decoding: DecodingKey,
    validation: Validation,
    refresh_key: [u8; 32],
}

impl std::fmt::Debug for Tokens {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Tokens").finish_non_exhaustive()
    }
}

impl Tokens {
    pub(crate) fn new(secret: &str) -> Self {
        let access_key = seal(secret.as_bytes(), &[b"access token"]);
        let mut validation = Validation::new(Algorithm::HS256);
        validation.set_required_spec_claims(&["exp"]);
        // Compared with the store's clock below: one clock for everything.
        validation.validate_exp = false;
        validation.validate_aud = false;
        Self {
            encoding: EncodingKey::from_secret(&access_key),
            decoding: DecodingKey::from_secret(&access_key),
            validation,
            refresh_key: seal(secret.as_bytes(), &[b"refresh token"]),
        }
    }

    /// An access token for a session.
    pub(crate) fn access(
        &self,
        organisation: OrganisationId,
        session: SessionId,
        person: PersonId,
        now: Timestamp,
    ) -> Result<String> {
        let iat = now.micros().div_euclid(1_000_000);
        let claims = Claims {
            sub: person.to_string(),
            org: organisation.uuid(),
            sid: session.uuid(),
            iat,
            exp: iat.saturating_add(i64::from(ACCESS_SECONDS)),
        };
        jsonwebtoken::encode(&Header::new(Algorithm::HS256), &claims, &self.encoding)
            .map_err(|error| Error::Internal(error.to_string()))
    }

    /// The session an access token names; nothing for a token that is wrong or has expired.
    pub(crate) fn read_access(&self, token: &str, now: Timestamp) -> Option<(OrganisationId, SessionId)> {
        let claims = jsonwebtoken::decode::<Claims>(token, &self.decoding, &self.validation)
            .ok()?
            .claims;
        let is_fresh = now.micros().div_euclid(1_000_000) < claims.exp;
        is_fresh.then(|| (OrganisationId::new(claims.org), SessionId::new(claims.sid)))
    }

    /// The first refresh token of a session.
    pub(crate) fn first_refresh(&self, organisation: OrganisationId, session: SessionId) -> RefreshToken {
        use rand::RngCore;
        let mut secret = [0_u8; 32];
        rand::rng().fill_bytes(&mut secret);
        RefreshToken {
            organisation,
            session,
            secret,
        }
    }

    /// The successor of a refresh token: always the same one.
    pub(crate) fn next_refresh(&self, token: &RefreshToken) -> RefreshToken {
        let secret = seal(
            &self.refresh_key,
            &[b"next", token.session.uuid().as_bytes(), &token.secret],
        );
        RefreshToken { secret, ..*token }
    }

    /// As it goes into the cookie.
    pub(crate) fn write_refresh(&self, token: &RefreshToken) -> String {
        let mut bytes = Vec::with_capacity(96);
        bytes.extend_from_slice(token.organisation.uuid().as_bytes());
        bytes.extend_from_slice(token.session.uuid().as_bytes());
        bytes.extend_from_slice(&token.secret);
        bytes.extend_from_slice(&seal(&self.refresh_key, &[b"seal", &bytes]));
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// A refresh token that we made; nothing for anything else.
    pub(crate) fn read_refresh(&self, text: &str) -> Option<RefreshToken> {
        let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
        let (body, sealed) = bytes.split_at_checked(64)?;
        let is_ours = bool::from(seal(&self.refresh_key, &[b"seal", body]).as_slice().ct_eq(sealed));
        let (organisation, rest) = body.split_at_checked(16)?;
        let (session, secret) = rest.split_at_checked(16)?;
        let token = RefreshToken {
            organisation: OrganisationId::new(Uuid::from_slice(organisation).ok()?),
            session: SessionId::new(Uuid::from_slice(session).ok()?),
            secret: secret.try_into().ok()?,
        };
        is_ours.then_some(token)
    }
}

/// A refresh token.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct RefreshToken {
    pub(crate) organisation: OrganisationId,
    pub(crate) session: SessionId,
    secret: [u8; 32],
}

impl RefreshToken {
    /// What the database keeps of it.
    pub(crate) fn hash(&self) -> Vec<u8> {
        token_hash(&self.secret)
    }
}

/// What the database keeps of a token.
pub(crate) fn token_hash(token: &[u8]) -> Vec<u8> {
    Sha256::digest(token).to_vec()
}

fn seal(key: &[u8], parts: &[&[u8]]) -> [u8; 32] {
    // HMAC takes keys of any length; were it to refuse, no seal would ever match.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key) else {
        return [0; 32];
    };
    for part in parts {
        mac.update(&u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids() -> (OrganisationId, SessionId, PersonId) {
        let id = |n| Uuid::from_u128(n);
        (
            OrganisationId::new(id(1)),
            SessionId::new(id(2)),
            PersonId::new(id(3)),
        )
    }

    const NOW: Timestamp = Timestamp::from_micros(1_700_000_000_000_000);

    #[test]
    fn an_access_token_is_good_until_it_expires_and_with_its_own_key_only() {
        let (organisation, session, person) = ids();
        let tokens = Tokens::new("one secret of at least 32 characters");
        let token = tokens.access(organisation, session, person, NOW).unwrap();
        assert_eq!(tokens.read_access(&token, NOW), Some((organisation, session)));
        assert_eq!(tokens.read_access(&token, NOW.plus_seconds(600)), None);
        assert_eq!(
            Tokens::new("another secret of 32 characters!!").read_access(&token, NOW),
            None
        );
    }

    #[test]
    fn other_algorithms_and_missing_expiry_are_refused() {
        let tokens = Tokens::new("one secret of at least 32 characters");
        let b64 = |text: &str| URL_SAFE_NO_PAD.encode(text);
        let id = Uuid::from_u128(1);
        let claims = format!(r#"{{"sub":"x","org":"{id}","sid":"{id}","iat":1,"exp":99999999999}}"#);
        let none = format!("{}.{}.", b64(r#"{"alg":"none","typ":"JWT"}"#), b64(&claims));
        assert_eq!(tokens.read_access(&none, NOW), None);
        let claims: Claims = serde_json::from_str(&claims).unwrap();
        let wide = jsonwebtoken::encode(&Header::new(Algorithm::HS512), &claims, &tokens.encoding).unwrap();
        assert_eq!(tokens.read_access(&wide, NOW), None);
        let endless = serde_json::json!({"sub": "x", "org": id, "sid": id, "iat": 1});
        let endless =
            jsonwebtoken::encode(&Header::new(Algorithm::HS256), &endless, &tokens.encoding).unwrap();
        assert_eq!(tokens.read_access(&endless, NOW), None);
    }

    #[test]
    fn a_refresh_token_survives_the_cookie_and_nothing_else_does() {
        let (organisation, session, _) = ids();
        let tokens = Tokens::new("one secret of at least 32 characters");
        let first = tokens.first_refresh(organisation, session);
        let text = tokens.write_refresh(&first);
        assert!(tokens.read_refresh(&text) == Some(first));
        let mut bytes = URL_SAFE_NO_PAD.decode(&text).unwrap();
        for place in 0..bytes.len() {
            bytes[place] ^= 1;
            assert!(
                tokens.read_refresh(&URL_SAFE_NO_PAD.encode(&bytes)).is_none(),
                "byte {place}"
            );
            bytes[place] ^= 1;
        }
        assert!(tokens.next_refresh(&first) == tokens.next_refresh(&first));
        assert!(tokens.next_refresh(&first).hash() != first.hash());
    }
}
