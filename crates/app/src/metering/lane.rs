//! The worker of a lane.
//!
//! While a batch is written the next one gathers, and as soon as it is as large it is decided too, so that it can be written
//! the moment the first is done; nobody waits for company.

use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::Poll;

use allowance_store::Store;
use allowance_values::OrganisationId;
use tokio::sync::{Notify, OwnedSemaphorePermit, mpsc, oneshot};

use super::Answer;
use super::memory::{Decided, Memory};
use super::queue::{Poster, Posting};
use crate::error::Result;

/// So many commands share a commit at most.
const MOST: usize = 1_000;

/// The commands of one request.
pub(super) struct Job {
    pub(super) postings: Vec<Posting>,
    pub(super) answer: oneshot::Sender<Vec<Answer>>,
    /// Its room in the lane, given back with the answer.
    pub(super) room: OwnedSemaphorePermit,
}

/// How many commands wait, for a worker who wants to hear of it only when they are many: a call for each would cost more
/// than what is called for.
pub(super) struct Company {
    waiting: AtomicUsize,
    wanted: AtomicUsize,
    call: Notify,
}

impl Company {
    pub(super) fn new() -> Self {
        Self {
            waiting: AtomicUsize::new(0),
            wanted: AtomicUsize::new(usize::MAX),
            call: Notify::new(),
        }
    }

    pub(super) fn come(&self, size: usize) {
        let before = self.waiting.fetch_add(size, Ordering::SeqCst);
        if before.saturating_add(size) >= self.wanted.load(Ordering::SeqCst) {
            self.call.notify_one();
        }
    }

    fn go(&self, size: usize) {
        self.waiting.fetch_sub(size, Ordering::SeqCst);
    }

    /// Comes back when so many wait.
    async fn of(&self, wanted: usize) {
        self.wanted.store(wanted, Ordering::SeqCst);
        while self.waiting.load(Ordering::SeqCst) < wanted {
            self.call.notified().await;
        }
    }

    fn want_none(&self) {
        self.wanted.store(usize::MAX, Ordering::SeqCst);
    }
}

/// What waits and is posted together.
struct Load(Vec<Job>);

impl Load {
    fn size(&self) -> usize {
        self.0.iter().map(|job| job.postings.len()).sum()
    }

    fn postings(&self) -> Vec<&Posting> {
        self.0.iter().flat_map(|job| &job.postings).collect()
    }

    fn answer(self, answers: Vec<Answer>) {
        let mut answers = answers.into_iter();
        for Job {
            postings,
            answer,
            room: _room,
        } in self.0
        {
            let own = answers.by_ref().take(postings.len()).collect();
            // Nobody listens any more: what was done is done.
            drop(answer.send(own));
        }
    }
}

/// A load that was decided from memory and is being written.
struct UnderWay {
    load: Load,
    answers: Vec<Answer>,
    written: Pin<Box<dyn Future<Output = Result<bool>> + Send>>,
    outcome: Option<Result<bool>>,
}

impl UnderWay {
    async fn begin(store: &Store, load: Load, decided: Decided) -> Self {
        let (answers, written) = decided.write(store.clone());
        let mut written: Pin<Box<dyn Future<Output = _> + Send>> = Box::pin(written);
        // On its way before anything else is done.
        let outcome = poll_fn(|context| {
            Poll::Ready(match written.as_mut().poll(context) {
                Poll::Ready(outcome) => Some(outcome),
                Poll::Pending => None,
            })
        })
        .await;
        Self {
            load,
            answers,
            written,
            outcome,
        }
    }

    async fn end(&mut self) {
        if self.outcome.is_none() {
            self.outcome = Some(self.written.as_mut().await);
        }
    }
}

/// The worker of a lane.
pub(super) struct Worker {
    pub(super) poster: Poster,
    pub(super) organisation: OrganisationId,
    pub(super) memory: Memory,
    pub(super) waiting: mpsc::UnboundedReceiver<Job>,
    pub(super) company: Arc<Company>,
}

impl Worker {
    /// Posts what waits, until nobody can send any more.
    pub(super) async fn work(mut self) {
        while let Some(first) = self.waiting.recv().await {
            let load = self.gather(Some(first));
            let Some(decided) = self.decide(&load) else {
                self.look_up(load).await;
                continue;
            };
            let mut under_way = Some(UnderWay::begin(&self.poster.store, load, decided).await);
            while let Some(write) = under_way {
                under_way = self.finish(write).await;
            }
        }
    }

    fn decide(&mut self, load: &Load) -> Option<Decided> {
        self.memory.decide(&self.poster.store, &load.postings())
    }

    /// Waits until a load is written, decides the one that has gathered meanwhile, and begins to write that.
    async fn finish(&mut self, mut write: UnderWay) -> Option<UnderWay> {
        let size = write.load.size();
        tokio::select! {
            biased;
            () = write.end() => {}
            () = self.company.of(size) => {}
        }
        self.company.want_none();
        let mut next = None;
        if write.outcome.is_none() {
            let load = self.gather(None);
            let decided = self.decide(&load);
            next = Some((load, decided));
            write.end().await;
        }
        let UnderWay {
            load,
            answers,
            outcome,
            written: _,
        } = write;
        match outcome {
            Some(Ok(true)) => match next {
                Some((next, Some(decided))) => {
                    let next = UnderWay::begin(&self.poster.store, next, decided).await;
                    load.answer(answers);
                    Some(next)
                }
                undecided => {
                    load.answer(answers);
                    if let Some((next, _)) = undecided {
                        self.look_up(next).await;
                    }
                    None
                }
            },
            // Somebody else has changed the organisation, a row was there before, or the database was lost on the way: what
            // was done is found by its keys. What was decided on top of it holds no more.
            outcome => {
                tracing::debug!(?outcome, "a batch could not be written from memory");
                self.memory = Memory::default();
                self.look_up(load).await;
                if let Some((next, _)) = next {
                    self.look_up(next).await;
                }
                None
            }
        }
    }

    /// Posts a load under the head.
    async fn look_up(&mut self, load: Load) {
        if load.0.is_empty() {
            return;
        }
        let answers = self
            .poster
            .post(self.organisation, &mut self.memory, &load.postings())
            .await;
        load.answer(answers);
    }

    /// What waits, as far as it shares a commit.
    fn gather(&mut self, first: Option<Job>) -> Load {
        let mut load = Load(first.into_iter().collect());
        let mut size = load.size();
        while size < MOST
            && let Ok(next) = self.waiting.try_recv()
        {
            size = size.saturating_add(next.postings.len());
            load.0.push(next);
        }
        self.company.go(size);
        load
    }
}
