//! Signing in and out, refreshing, and who is behind an access token.

use allowance_domain::authz::Actor;
use allowance_domain::people::email_key;
use allowance_store::{AuditRecord, Done, Me, NewSession, Organisation, Origin, Session, Tx};
use allowance_values::{Email, PersonId, SessionId, Timestamp};

use super::tokens::{ACCESS_SECONDS, RefreshToken};
use crate::context::{App, Caller};
use crate::error::{Error, Result};

/// A session that is not refreshed ends after so many seconds.
const IDLE_SECONDS: i64 = 14 * 86_400;
/// A session ends after so many seconds, refreshed or not.
const LONGEST_SECONDS: i64 = 90 * 86_400;
/// The token just exchanged stays good for so long: two tabs refresh at once.
const GRACE_SECONDS: i64 = 30;

/// What somebody who signs in gets.
#[derive(Clone)]
pub struct SignedIn {
    /// The short token for every request.
    pub access_token: String,
    /// Seconds until it expires.
    pub expires_in: u32,
    /// The long token for the cookie.
    pub refresh_token: String,
    /// Seconds until that expires.
    pub refresh_expires_in: i64,
}

impl std::fmt::Debug for SignedIn {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SignedIn")
            .field("expires_in", &self.expires_in)
            .finish_non_exhaustive()
    }
}

/// The viewer, as they see themselves.
#[derive(Debug, Clone)]
pub struct MyView {
    /// What permissions depend on.
    pub actor: Actor,
    /// Name and address.
    pub me: Me,
    /// Where.
    pub organisation: Organisation,
    /// The organisation's last change.
    pub position: i64,
}

impl App {
    /// Signs in. `address` is where the request comes from.
    ///
    /// # Errors
    /// [`Error::WrongCredentials`], the same whether the address or the password is wrong; [`Error::RateLimited`].
    pub async fn sign_in(
        &self,
        email: &Email,
        password: String,
        address: &str,
        request_id: String,
    ) -> Result<SignedIn> {
        let account = email_key(email);
        self.desk.throttle.count(&account, address)?;
        let known = self.store.find_credentials(&account).await?;
        let hashes = known
            .iter()
            .map(|credential| credential.password_hash.clone())
            .collect();
        let found = self.desk.passwords.find_match(password, hashes).await?;
        let credential = found
            .and_then(|index| known.get(index))
            .ok_or(Error::WrongCredentials)?;
        let person = credential.person;
        let origin = Origin {
            organisation: credential.organisation,
            actor: Some(person),
            request_id: Some(request_id),
        };
        self.store
            .transact(&origin, |tx| self.begin_session_as(tx, "sign_in", person))
            .await
    }

    async fn begin_session_as(
        &self,
        mut tx: Tx,
        action: &'static str,
        person: PersonId,
    ) -> Result<Done<SignedIn>> {
        let signed_in = self.begin_session(&tx, person).await?;
        let target = person.to_string();
        tx.audit(AuditRecord {
            action,
            target,
            before: None,
            after: None,
        });
        Ok(tx.done(signed_in))
    }

    /// Begins a session within a change.
    pub(crate) async fn begin_session(&self, tx: &Tx, person: PersonId) -> Result<SignedIn> {
        let (organisation, id) = (tx.organisation(), SessionId::new(tx.new_id()));
        let refresh = self.desk.tokens.first_refresh(organisation, id);
        let expires_at = tx.at().plus_seconds(IDLE_SECONDS);
        tx.insert_session(NewSession {
            id,
            person,
            refresh_hash: refresh.hash(),
            expires_at,
        })
        .await?;
        self.signed_in(&refresh, person, expires_at)
    }

    fn signed_in(&self, refresh: &RefreshToken, person: PersonId, expires_at: Timestamp) -> Result<SignedIn> {
        let now = self.store.now();
        let seconds = expires_at
            .micros()
            .saturating_sub(now.micros())
            .div_euclid(1_000_000);
        Ok(SignedIn {
            access_token: self
                .desk
                .tokens
                .access(refresh.organisation, refresh.session, person, now)?,
            expires_in: ACCESS_SECONDS,
            refresh_token: self.desk.tokens.write_refresh(refresh),
            refresh_expires_in: seconds.max(0),
        })
    }

    /// Exchanges a refresh token. The token just exchanged gives the same successor for a moment; an older one is in
    /// the wrong hands, and the session ends.
    ///
    /// # Errors
    /// [`Error::Unauthenticated`] for everything that is not good.
    pub async fn refresh_session(&self, token: &str, request_id: String) -> Result<SignedIn> {
        let token = self
            .desk
            .tokens
            .read_refresh(token)
            .ok_or(Error::Unauthenticated)?;
        let next = self.desk.tokens.next_refresh(&token);
        // The second round sees what another tab did in between.
        for _ in 0..2 {
            let session = self.store.find_session(token.organisation, token.session).await?;
            let session = session
                .filter(|session| self.is_alive(session))
                .ok_or(Error::Unauthenticated)?;
            self.store
                .find_principal(token.organisation, token.session)
                .await?
                .ok_or(Error::Unauthenticated)?;
            if session.refresh_hash == token.hash() {
                let now = self.store.now();
                let longest = session.created_at.plus_seconds(LONGEST_SECONDS);
                let expires_at = now.plus_seconds(IDLE_SECONDS).min(longest);
                if self
                    .store
                    .rotate_session(&session, next.hash(), expires_at)
                    .await?
                {
                    return self.signed_in(&next, session.person, expires_at);
                }
            } else if session.refresh_hash == next.hash() && self.is_in_grace(&session) {
                return self.signed_in(&next, session.person, session.expires_at);
            } else {
                self.end_stolen_session(&session, request_id).await?;
                return Err(Error::Unauthenticated);
            }
        }
        Err(Error::Unauthenticated)
    }

    fn is_alive(&self, session: &Session) -> bool {
        !session.is_revoked && session.expires_at > self.store.now()
    }

    fn is_in_grace(&self, session: &Session) -> bool {
        self.store.now() <= session.rotated_at.plus_seconds(GRACE_SECONDS)
    }

    async fn end_stolen_session(&self, session: &Session, request_id: String) -> Result<()> {
        tracing::warn!(session = %session.id, "a refresh token was used again; the session is ended");
        let origin = Origin {
            request_id: Some(request_id),
            ..Origin::system(session.organisation)
        };
        let (id, person) = (session.id, session.person);
        self.store
            .transact(&origin, |mut tx| async move {
                tx.revoke_session(id).await?;
                let target = person.to_string();
                tx.audit(AuditRecord {
                    action: "revoke_session",
                    target,
                    before: None,
                    after: None,
                });
                Ok(tx.done(()))
            })
            .await
    }

    /// Who is behind an access token; nobody when it is wrong, has expired, or its session has ended.
    ///
    /// # Errors
    /// The store's.
    pub async fn identify(&self, access_token: &str) -> Result<Option<(Actor, SessionId)>> {
        let Some((organisation, session)) = self.desk.tokens.read_access(access_token, self.store.now())
        else {
            return Ok(None);
        };
        let actor = self.store.find_principal(organisation, session).await?;
        Ok(actor.map(|actor| (actor, session)))
    }

    /// The viewer, as they see themselves.
    ///
    /// # Errors
    /// The store's.
    pub async fn get_me(&self, caller: &Caller) -> Result<MyView> {
        let me = self.store.get_me(&caller.actor).await?;
        let organisation = self.store.get_organisation(caller.actor.organisation).await?;
        let head = self.store.head(caller.actor.organisation).await?;
        Ok(MyView {
            actor: caller.actor.clone(),
            me,
            organisation,
            position: head.positions.position,
        })
    }
}

/// Ends the caller's session, on every instance at once.
///
/// # Errors
/// The store's.
pub async fn sign_out(mut tx: Tx, caller: &Caller) -> Result<Done<()>> {
    tx.revoke_session(caller.session).await?;
    let target = caller.actor.person.to_string();
    tx.audit(AuditRecord {
        action: "sign_out",
        target,
        before: None,
        after: None,
    });
    Ok(tx.done(()))
}

/// Ends all sessions of the caller, on every instance at once.
///
/// # Errors
/// The store's.
pub async fn sign_out_everywhere(mut tx: Tx, caller: &Caller) -> Result<Done<()>> {
    tx.revoke_sessions_of(caller.actor.person).await?;
    let target = caller.actor.person.to_string();
    tx.audit(AuditRecord {
        action: "sign_out_everywhere",
        target,
        before: None,
        after: None,
    });
    Ok(tx.done(()))
}
