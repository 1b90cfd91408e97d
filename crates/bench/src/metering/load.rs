//! The load: workers, each with a connection of its own, in one thread. Closed: each asks again as soon as it was
//! answered. Open: requests are due at fixed instants, and a late answer does not move the next one; latency is counted
//! from when a request was due, so a stall weighs as much as its victims would say.

use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use tokio::task::JoinSet;

use super::connection::{Connection, Target};
use super::cpu::{Cpu, Spent};

/// How long a closed load runs before it is counted.
const WARM: Duration = Duration::from_millis(700);

/// What a worker asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Question {
    /// What is refused before the database is asked: the server's own cost of a POST with JSON in and out.
    Empty(&'static str),
    /// One event; each of a thousand people in turn, or one for all.
    Event { is_hot: bool },
    /// A hold, then its capture.
    HoldAndCapture,
    /// So many events at once.
    Batch(u64),
}

/// Whom events name.
#[derive(Debug, Clone)]
pub(crate) struct Crowd {
    pub(crate) people: Arc<[String]>,
    /// How many events were made so far, in all loads: the next one's id.
    pub(crate) made: Arc<AtomicU64>,
}

/// What a load came to.
#[derive(Debug, Clone)]
pub(crate) struct Outcome {
    /// Events, or questions where they are none.
    pub(crate) count: u64,
    pub(crate) took: Duration,
    pub(crate) spent: Spent,
    /// Microseconds, sorted.
    pub(crate) latencies: Vec<u64>,
}

impl Outcome {
    pub(crate) fn per_second(&self) -> u64 {
        let micros = u64::try_from(self.took.as_micros()).unwrap_or(u64::MAX).max(1);
        self.count.saturating_mul(1_000_000) / micros
    }

    /// So many of a thousand were answered within this.
    pub(crate) fn within(&self, thousandths: usize) -> Duration {
        let last = self.latencies.len().saturating_sub(1);
        let place = (self.latencies.len() * thousandths / 1_000).min(last);
        Duration::from_micros(self.latencies.get(place).copied().unwrap_or_default())
    }

    /// Two loads of the same kind as one.
    pub(crate) fn and(mut self, other: Self) -> Self {
        self.count += other.count;
        self.took += other.took;
        self.spent = self.spent.and(other.spent);
        self.latencies.extend(other.latencies);
        self.latencies.sort_unstable();
        self
    }
}

struct Worker {
    connection: Connection,
    question: Question,
    crowd: Crowd,
    body: Vec<u8>,
}

impl Worker {
    /// Asks once; how many events that were.
    async fn ask(&mut self) -> u64 {
        self.body.clear();
        match self.question {
            Question::Empty(body) => {
                let reply = self
                    .connection
                    .post("/api/v1/usage-events", body.as_bytes())
                    .await;
                assert!(matches!(reply.status, 200 | 422), "{}", reply.status);
                1
            }
            Question::Event { is_hot } => {
                self.event(is_hot);
                let reply = self.connection.post("/api/v1/usage-events", &self.body).await;
                self.expect(&reply, 201);
                1
            }
            Question::HoldAndCapture => {
                self.event(false);
                let reply = self.connection.post("/api/v1/holds", &self.body).await;
                self.expect(&reply, 201);
                let body = std::str::from_utf8(self.connection.body(&reply)).expect("JSON");
                let (_, rest) = body.split_once("\"hold_id\":\"").expect("a hold's id");
                let (id, _) = rest.split_once('"').expect("its end");
                let path = format!("/api/v1/holds/{id}/capture");
                let reply = self.connection.post(&path, b"{}").await;
                self.expect(&reply, 200);
                1
            }
            Question::Batch(size) => {
                for number in 0..size {
                    self.body.push(if number == 0 { b'[' } else { b',' });
                    self.event(false);
                }
                self.body.push(b']');
                let reply = self.connection.post("/api/v1/usage-events", &self.body).await;
                self.expect(&reply, 200);
                let text = String::from_utf8_lossy(self.connection.body(&reply)).into_owned();
                assert!(text.contains(&format!("\"recorded\":{size}")), "{text:.500}");
                size
            }
        }
    }

    fn expect(&self, reply: &super::connection::Reply, status: u16) {
        if reply.status != status {
            let text = String::from_utf8_lossy(self.connection.body(reply));
            panic!("{:?} was answered {}: {text:.500}", self.question, reply.status);
        }
    }

    /// Writes the next event.
    fn event(&mut self, is_hot: bool) {
        let number = self.crowd.made.fetch_add(1, Ordering::Relaxed);
        let place = if is_hot {
            0
        } else {
            usize::try_from(number).unwrap_or_default() % self.crowd.people.len()
        };
        let person = &self.crowd.people[place];
        let written = if self.question == Question::HoldAndCapture {
            write!(
                self.body,
                r#"{{"source":"bench","id":"{number}","person_id":"{person}","amount":"0.001"}}"#
            )
        } else {
            write!(
                self.body,
                r#"{{"source":"bench","id":"{number}","person_id":"{person}","amount":"0.001","provider":"example","model":"large-1"}}"#
            )
        };
        written.expect("memory");
    }
}

async fn workers(target: &Target, crowd: &Crowd, question: Question, count: usize) -> Vec<Worker> {
    let mut workers = Vec::with_capacity(count);
    for _ in 0..count {
        workers.push(Worker {
            connection: Connection::open(target).await,
            question,
            crowd: crowd.clone(),
            body: Vec::with_capacity(256),
        });
    }
    workers
}

/// A closed load of so many connections, counted for so long.
pub(crate) async fn closed(
    target: &Target,
    crowd: &Crowd,
    cpu: &Cpu,
    question: Question,
    connections: usize,
    measured: Duration,
) -> Outcome {
    let (count, counting, stop) = (
        Arc::new(AtomicU64::new(0)),
        Arc::new(AtomicBool::new(false)),
        Arc::new(AtomicBool::new(false)),
    );
    let mut running = JoinSet::new();
    for mut worker in workers(target, crowd, question, connections).await {
        let (count, counting, stop) = (count.clone(), counting.clone(), stop.clone());
        running.spawn(async move {
            let mut latencies = Vec::new();
            while !stop.load(Ordering::Relaxed) {
                let begun = Instant::now();
                let events = worker.ask().await;
                if counting.load(Ordering::Relaxed) {
                    count.fetch_add(events, Ordering::Relaxed);
                    latencies.push(micros(begun.elapsed()));
                }
            }
            latencies
        });
    }
    tokio::time::sleep(WARM).await;
    let (begun, before) = (Instant::now(), cpu.read());
    counting.store(true, Ordering::Relaxed);
    tokio::time::sleep(measured).await;
    counting.store(false, Ordering::Relaxed);
    let (took, count) = (begun.elapsed(), count.load(Ordering::Relaxed));
    let spent = cpu.read().since(before);
    stop.store(true, Ordering::Relaxed);
    Outcome {
        count,
        took,
        spent,
        latencies: sorted(running).await,
    }
}

/// An open load: so many questions a second over so many connections, for so long.
pub(crate) async fn open(
    target: &Target,
    crowd: &Crowd,
    cpu: &Cpu,
    question: Question,
    connections: usize,
    (per_second, measured): (u64, Duration),
) -> Outcome {
    let total = per_second.max(1) * measured.as_secs();
    let next = Arc::new(AtomicU64::new(0));
    let mut running = JoinSet::new();
    let workers = workers(target, crowd, question, connections).await;
    let (begun, before) = (tokio::time::Instant::now(), cpu.read());
    for mut worker in workers {
        let next = next.clone();
        running.spawn(async move {
            let mut latencies = Vec::new();
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                if number >= total {
                    return latencies;
                }
                let due = begun + Duration::from_micros(number.saturating_mul(1_000_000) / per_second.max(1));
                tokio::time::sleep_until(due).await;
                worker.ask().await;
                latencies.push(micros(due.elapsed()));
            }
        });
    }
    let latencies = sorted(running).await;
    Outcome {
        count: total,
        took: begun.elapsed(),
        spent: cpu.read().since(before),
        latencies,
    }
}

async fn sorted(mut running: JoinSet<Vec<u64>>) -> Vec<u64> {
    let mut all = Vec::new();
    while let Some(latencies) = running.join_next().await {
        all.extend(latencies.expect("a worker that was answered"));
    }
    all.sort_unstable();
    all
}

fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}
