//! The queue: one lane per organisation, bounded, and one worker per lane that posts whatever waits in one commit.
//!
//! A lane posts what waits together ([`lane`](super::lane)). A batch is not a fate: if the database refuses it, its commands
//! run again one by one and the guilty one fails alone. If the connection is lost, the batch is run again for a while: what
//! was committed all the same is found by its keys and answered as it was. A caller who hangs up cancels nothing. A server
//! that stops answers what waits first: its requests wait for it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use allowance_store::{Origin, Store, StoreError, Tx};
use allowance_values::{ApiKeyId, OrganisationId};
use tokio::runtime::Handle;
use tokio::sync::{Semaphore, mpsc, oneshot};

use super::batch;
use super::commands::{Command, PlaceHold, UsageEvent};
use super::lane::{Company, Job, Worker};
use super::memory::Memory;
use super::{Answer, Meter};
use crate::api_keys::KeyRing;
use crate::error::{Error, Result};

/// So many commands of an organisation wait at most.
const ROOM: usize = 20_000;
/// For so long a batch is tried again when the database does not answer.
const PATIENCE: Duration = Duration::from_millis(1_500);
/// The rest between two tries.
const PAUSE: Duration = Duration::from_millis(50);

/// One command with who gives it.
pub(super) struct Posting {
    pub(super) command: Command,
    /// Of commands that carry an id of their own: what a repetition must repeat.
    pub(super) digest: Vec<u8>,
    pub(super) meter: Arc<Meter>,
    pub(super) request_id: Arc<str>,
}

impl Posting {
    pub(super) fn new(command: Command, meter: Arc<Meter>, request_id: Arc<str>) -> Self {
        // Prepared here, before any head is taken.
        let digest = match &command {
            Command::Use(event) => UsageEvent::digest(event),
            Command::Hold(hold) => PlaceHold::digest(hold),
            Command::CountMatched(_) | Command::Capture(_) | Command::Release(_) => Vec::new(),
        };
        Self {
            command,
            digest,
            meter,
            request_id,
        }
    }

    /// The key it came by.
    pub(super) fn key(&self) -> Option<ApiKeyId> {
        match &*self.meter {
            Meter::Key(key) => Some(key.actor.id),
            Meter::Person(_) | Meter::System(_) => None,
        }
    }
}

#[derive(Clone)]
struct Lane {
    jobs: mpsc::UnboundedSender<Job>,
    room: Arc<Semaphore>,
    company: Arc<Company>,
}

/// What a worker needs.
#[derive(Debug, Clone)]
pub(super) struct Poster {
    pub(super) store: Store,
    pub(super) keys: KeyRing,
}

/// The lanes of a process.
#[derive(Clone)]
pub(crate) struct Queue {
    poster: Poster,
    /// Where workers run: whoever asks may be on a runtime of its own.
    runtime: Handle,
    lanes: Arc<Mutex<HashMap<OrganisationId, Lane>>>,
}

impl std::fmt::Debug for Queue {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Queue").finish_non_exhaustive()
    }
}

impl Queue {
    pub(crate) fn new(store: Store, keys: KeyRing) -> Self {
        Self {
            poster: Poster { store, keys },
            runtime: Handle::current(),
            lanes: Arc::default(),
        }
    }

    /// Has commands posted and waits for their answers.
    pub(super) async fn post(
        &self,
        meter: Meter,
        request_id: Arc<str>,
        commands: Vec<Command>,
    ) -> Result<Vec<Answer>> {
        if commands.is_empty() {
            return Ok(Vec::new());
        }
        let organisation = meter.organisation();
        let meter = Arc::new(meter);
        let postings: Vec<Posting> = commands
            .into_iter()
            .map(|command| Posting::new(command, meter.clone(), request_id.clone()))
            .collect();
        let lane = self.lane(organisation);
        let size = u32::try_from(postings.len()).map_err(|_| Error::Overloaded)?;
        let room = lane
            .room
            .try_acquire_many_owned(size)
            .map_err(|_| Error::Overloaded)?;
        let (answer, answered) = oneshot::channel();
        let count = postings.len();
        let job = Job {
            postings,
            answer,
            room,
        };
        let lost = || Error::Internal("a posting worker ended".to_owned());
        lane.company.come(count);
        lane.jobs.send(job).map_err(|_| lost())?;
        answered.await.map_err(|_| lost())
    }

    /// What commands would be answered: posted beside the lane and rolled back.
    pub(super) async fn rehearse(
        &self,
        meter: Meter,
        request_id: Arc<str>,
        commands: Vec<Command>,
    ) -> Result<Vec<Answer>> {
        let origin = Origin::system(meter.organisation());
        let meter = Arc::new(meter);
        let posting = |command| Posting::new(command, meter.clone(), request_id.clone());
        let postings: Vec<Posting> = commands.into_iter().map(posting).collect();
        let postings: Vec<&Posting> = postings.iter().collect();
        let rehearse = |mut tx: Tx| {
            tx.rehearse();
            batch::post(&self.poster, tx, &postings)
        };
        let posted = self.poster.store.transact(&origin, rehearse).await?;
        Ok(posted.answers)
    }

    /// The organisation's lane, made where there is none or its worker ended.
    fn lane(&self, organisation: OrganisationId) -> Lane {
        let mut lanes = self.lanes.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(lane) = lanes.get(&organisation)
            && !lane.jobs.is_closed()
        {
            return lane.clone();
        }
        let (jobs, waiting) = mpsc::unbounded_channel();
        let lane = Lane {
            jobs,
            room: Arc::new(Semaphore::new(ROOM)),
            company: Arc::new(Company::new()),
        };
        let worker = Worker {
            poster: self.poster.clone(),
            organisation,
            memory: Memory::default(),
            waiting,
            company: lane.company.clone(),
        };
        self.runtime.spawn(worker.work());
        lanes.insert(organisation, lane.clone());
        lane
    }
}

impl Poster {
    /// Posts under the head.
    pub(super) async fn post(
        &self,
        organisation: OrganisationId,
        memory: &mut Memory,
        postings: &[&Posting],
    ) -> Vec<Answer> {
        let error = match self.commit(organisation, memory, postings).await {
            Ok(answers) => return answers,
            Err(error) => error,
        };
        if is_out_of_reach(&error) || postings.len() == 1 {
            return postings.iter().map(|_| Err(error.clone())).collect();
        }
        tracing::warn!(%error, size = postings.len(), "a batch was refused; its commands run one by one");
        let mut answers = Vec::with_capacity(postings.len());
        for posting in postings {
            let one = self
                .commit(organisation, memory, std::slice::from_ref(posting))
                .await;
            answers.push(match one {
                Ok(mut answers) => answers
                    .pop()
                    .unwrap_or_else(|| Err(Error::Internal("a command got no answer".to_owned()))),
                Err(error) => Err(error),
            });
        }
        answers
    }

    /// One batch, one transaction; again for a while when the database does not answer.
    async fn commit(
        &self,
        organisation: OrganisationId,
        memory: &mut Memory,
        postings: &[&Posting],
    ) -> Result<Vec<Answer>> {
        let origin = Origin::system(organisation);
        let started = Instant::now();
        loop {
            let outcome = self
                .store
                .transact_to_head(&origin, |tx| batch::post(self, tx, postings))
                .await;
            match outcome {
                Ok((posted, head)) => return Ok(memory.keep(posted, head)),
                Err(Error::Store(StoreError::Unavailable(cause))) if started.elapsed() < PATIENCE => {
                    tracing::warn!(cause, "the database did not answer a batch; it is run again");
                    tokio::time::sleep(PAUSE).await;
                }
                Err(error) => return Err(error),
            }
        }
    }
}

/// Whether the database failed, and not a command.
const fn is_out_of_reach(error: &Error) -> bool {
    matches!(
        error,
        Error::Store(StoreError::Unavailable(_) | StoreError::Busy(_))
    )
}
