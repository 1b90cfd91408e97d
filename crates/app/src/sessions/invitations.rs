//! Invitations: an admin makes one, the person chooses a password with it.

use allowance_domain::authz::{Action, Permit};
use allowance_store::{AuditRecord, Done, Origin, Tx};
use allowance_values::{PersonId, Timestamp};

use super::sign_in::SignedIn;
use super::tokens::token_hash;
use super::{check_new_password, random_token};
use crate::context::{App, Caller};
use crate::error::{Error, Result};

/// An invitation is good for so many seconds.
const INVITATION_SECONDS: i64 = 7 * 86_400;

/// An invitation, shown once.
#[derive(Clone)]
pub struct Invited {
    /// The token for the link.
    pub token: String,
    /// When it ends.
    pub expires_at: Timestamp,
}

impl std::fmt::Debug for Invited {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Invited")
            .field("expires_at", &self.expires_at)
            .finish_non_exhaustive()
    }
}

/// Invites a person to sign in; an earlier invitation of theirs ends.
///
/// # Errors
/// [`Error::NotFound`], [`Error::Forbidden`]; [`Error::PersonNotActive`].
pub async fn invite_person(mut tx: Tx, caller: &Caller, id: PersonId) -> Result<Done<Invited>> {
    let (facts, is_active) = tx.find_person_facts(id).await?.ok_or(Error::NotFound)?;
    Permit::for_person(&caller.actor, Action::InvitePerson, &facts, false)?;
    if !is_active {
        return Err(Error::PersonNotActive);
    }
    let token = random_token();
    let expires_at = tx.at().plus_seconds(INVITATION_SECONDS);
    tx.insert_invitation(id, token_hash(token.as_bytes()), expires_at)
        .await?;
    let after = serde_json::json!({"expires_at": expires_at.to_string()});
    tx.audit(AuditRecord {
        action: "invite_person",
        target: id.to_string(),
        before: None,
        after: Some(after),
    });
    Ok(tx.done(Invited { token, expires_at }))
}

impl App {
    /// Chooses a password with an invitation and signs in; earlier sessions of the person end.
    ///
    /// # Errors
    /// [`Error::WrongToken`] for a token that is wrong, was used or has expired; [`Error::Fields`] for the password.
    pub async fn accept_invitation(
        &self,
        token: &str,
        password: String,
        address: &str,
        request_id: String,
    ) -> Result<SignedIn> {
        let hash = token_hash(token.as_bytes());
        self.desk.throttle.count(&hex::encode(&hash), address)?;
        check_new_password("/password", &password, None)?;
        let invitation = self
            .store
            .find_invitation(&hash)
            .await?
            .ok_or(Error::WrongToken)?;
        let password_hash = self.desk.passwords.hash(password).await?;
        let person = invitation.person;
        let origin = Origin {
            organisation: invitation.organisation,
            actor: Some(person),
            request_id: Some(request_id),
        };
        let (hash, password_hash) = (&hash, &password_hash);
        self.store
            .transact(&origin, |mut tx| async move {
                let is_active = tx
                    .find_person_facts(person)
                    .await?
                    .is_some_and(|(_, is_active)| is_active);
                if !is_active || !tx.use_invitation(hash).await? {
                    return Err(Error::WrongToken);
                }
                tx.set_password(person, password_hash.clone()).await?;
                tx.revoke_sessions_of(person).await?;
                let signed_in = self.begin_session(&tx, person).await?;
                let target = person.to_string();
                tx.audit(AuditRecord {
                    action: "accept_invitation",
                    target,
                    before: None,
                    after: None,
                });
                Ok(tx.done(signed_in))
            })
            .await
    }
}
