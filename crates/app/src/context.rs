//! What every use case gets: the application, the caller, and the one way to run a change.

use allowance_domain::authz::Actor;
use allowance_store::{Claim, Done, KeyScope, Origin, SavedAnswer, Store, Tx};
use allowance_values::SessionId;

use crate::api_keys::KeyRing;
use crate::error::{Error, Result};
use crate::live::Live;
use crate::metering::Queue;
use crate::sessions::Desk;

/// The application: the store with its clock and ids. Cheap to clone.
#[derive(Debug, Clone)]
pub struct App {
    /// The database.
    pub store: Store,
    pub(crate) desk: Desk,
    /// Who listens for changes.
    pub live: Live,
    pub(crate) keys: KeyRing,
    pub(crate) queue: Queue,
}

/// Who calls, by which session and request.
#[derive(Debug, Clone)]
pub struct Caller {
    /// The signed-in person.
    pub actor: Actor,
    /// Their session.
    pub session: SessionId,
    /// The request's id, for logs and the audit log.
    pub request_id: String,
}

impl Caller {
    /// Where a change of this caller comes from.
    #[must_use]
    pub fn origin(&self) -> Origin {
        Origin {
            organisation: self.actor.organisation,
            actor: Some(self.actor.person),
            request_id: Some(self.request_id.clone()),
        }
    }
}

/// An idempotency key as the caller sent it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdempotencyKey {
    /// The key.
    pub key: String,
    /// The operation with its path.
    pub route: String,
    /// SHA-256 of the body.
    pub body_hash: Vec<u8>,
}

/// The answer to a change: fresh, or the stored one of the first time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// The change was made now.
    Fresh(SavedAnswer),
    /// It was made before, by the same key and body.
    Replay(SavedAnswer),
}

impl App {
    /// The application on an open database that is up to date. `token_secret` signs access tokens; without one, the
    /// database keeps it.
    ///
    /// # Errors
    /// The store's.
    pub async fn new(store: Store, token_secret: Option<String>) -> Result<Self> {
        let desk = Desk::open(&store, token_secret).await?;
        let live = Live::default();
        let keys = KeyRing::default();
        let queue = Queue::new(store.clone(), keys.clone());
        Ok(Self {
            store,
            desk,
            live,
            keys,
            queue,
        })
    }

    /// Whether requests can be served: the database answers.
    ///
    /// # Errors
    /// The store's.
    pub async fn is_ready(&self) -> Result<()> {
        Ok(self.store.ping().await?)
    }

    /// Runs a change in one transaction with its idempotency key, if there is one, and the answer saved under it.
    /// `render` gives the answer that is sent and saved; a refusal burns no key.
    ///
    /// # Errors
    /// What `work` answers; [`Error::KeyReused`] for a key used with another body.
    pub async fn change<T, F, W, R>(
        &self,
        caller: &Caller,
        key: Option<IdempotencyKey>,
        work: F,
        render: R,
    ) -> Result<Answer>
    where
        F: Fn(Tx) -> W,
        W: Future<Output = Result<Done<T>>>,
        R: Fn(&T) -> Result<SavedAnswer>,
    {
        let scope = key.map(
            |IdempotencyKey {
                 key,
                 route,
                 body_hash,
             }| KeyScope {
                principal: caller.actor.person,
                route,
                key,
                body_hash,
            },
        );
        let (scope, work, render) = (scope.as_ref(), &work, &render);
        self.store
            .transact(&caller.origin(), |tx| async move {
                match scope {
                    None => {}
                    Some(scope) => match tx.claim_key(scope).await? {
                        Claim::New => {}
                        Claim::Replay(answer) => return Ok(tx.done(Answer::Replay(answer))),
                        Claim::OtherBody => return Err(Error::KeyReused),
                    },
                }
                let (tx, value) = work(tx).await?.reopen();
                let answer = render(&value)?;
                if let Some(scope) = scope {
                    tx.save_answer(scope.clone(), &answer).await?;
                }
                Ok(tx.done(Answer::Fresh(answer)))
            })
            .await
    }
}
