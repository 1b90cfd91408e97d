//! Metering over HTTP: single events, holds and batches of a platform with a key, every balance enforced (`block`), beside
//! the plain way and beside the server's own empty POST, in turns.
//!
//! The client, the server and the database share the machine: each rate says how much of a processor each took.

mod connection;
mod cpu;
mod load;
mod plain;

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use allowance_domain::allocations::{Command, MemberEdit};
use allowance_store::Store;
use allowance_store::testing::{
    create_group, create_people, create_postgres_database, drop_postgres_database,
};
use allowance_values::{Credits, GrantId, OrganisationId};
use serde_json::{Map, Value, json};

use crate::cycles::post;
use crate::line;
use crate::subject::Subject;
use connection::Target;
use cpu::Cpu;
use load::{Crowd, Outcome, Question, closed, open};
use plain::{PgBench, sqlite_per_second};

/// How many people share the events.
const PEOPLE: usize = 1_000;
/// Connections of single events.
const CONNECTIONS: [usize; 3] = [8, 64, 256];
/// Things that are compared take turns so often.
const ROUNDS: usize = 2;
const TURN: Duration = Duration::from_secs(4);
const OPEN: Duration = Duration::from_secs(10);
/// What each event burns, in micro-credits, and what everybody has.
const BURNS: u64 = 1_000;
const MONTHLY: i64 = 1_000_000 * 1_000_000;

/// Bodies that are refused before anything is asked of the database; the quicker one is what the server's own POST costs.
const EMPTY: [&str; 2] = ["[{}]", "[]"];

struct Stage {
    subject: Subject,
    target: Target,
    crowd: Crowd,
    cpu: Cpu,
    postgres: Option<(PgBench, String, String)>,
}

pub(crate) async fn all(binary: &Path, postgres: Option<&str>) -> Value {
    let stage = Stage::prepare(binary, postgres).await;
    let mut results = Map::new();
    let mut best = 0;
    for connections in CONNECTIONS {
        let single = stage.singles(&mut results, connections).await;
        best = best.max(single);
    }
    stage.others(&mut results).await;
    stage.half_of(&mut results, best / 2).await;
    let loaded = stage.subject.resident_mb();
    line(
        &mut results,
        "memory after that",
        &json!(loaded),
        &format!("{loaded} MB"),
    );
    stage.end(&mut results).await;
    Value::Object(results)
}

/// One question of one server, for a while.
pub(crate) async fn one(binary: &Path, postgres: Option<&str>, question: &str, connections: &str) {
    let question = match question {
        "events" => Question::Event { is_hot: false },
        "hot" => Question::Event { is_hot: true },
        "holds" => Question::HoldAndCapture,
        "batches" => Question::Batch(500),
        "empty" => Question::Empty(EMPTY[0]),
        _ => panic!("events, hot, holds, batches or empty"),
    };
    let connections: usize = connections.parse().expect("a number of connections");
    let stage = Stage::prepare(binary, postgres).await;
    println!("process {}", stage.subject.process());
    let mut results = Map::new();
    for _ in 0..ROUNDS {
        let outcome = stage.load(question, connections).await;
        report(&mut results, "it", &outcome, &[]);
        println!("  {} MB", stage.subject.resident_mb());
    }
    stage.end(&mut results).await;
}

impl Stage {
    async fn prepare(binary: &Path, postgres: Option<&str>) -> Self {
        let (subject, people) = Subject::prepare(binary, postgres, people_with_credits).await;
        let path = format!("/credit-types/{}", subject.credit_type);
        let terms = subject.get(&path).await;
        let etag = terms["etag"].as_str().unwrap_or_default();
        subject.edit(&path, etag, &json!({"enforcement": "block"})).await;
        let body = json!({"name": "Bench", "scopes": ["usage:write", "holds:write"]});
        let made = subject.write(reqwest::Method::POST, "/api-keys", &body).await;
        let key = made["secret"].as_str().expect("a key");
        let (_, address) = subject.base.split_once("://").expect("an address");
        let address = address.trim_end_matches("/api/v1");
        let head =
            format!("host: {address}\r\nauthorization: Bearer {key}\r\ncontent-type: application/json\r\n");
        let target = Target {
            address: address.parse().expect("an address"),
            head: head.into(),
        };
        let mut cluster = None;
        if let Some(server) = postgres {
            let name = format!("allowance_plain_{}", uuid::Uuid::now_v7().simple());
            create_postgres_database(server, &name).await;
            let (base, _) = server.rsplit_once('/').expect("a URL with a database");
            cluster = Some((
                PgBench::prepare(&format!("{base}/{name}")),
                server.to_owned(),
                name,
            ));
        }
        Self {
            cpu: Cpu::watch(
                subject.process(),
                cluster.as_ref().map(|(bench, ..)| bench.port()),
            ),
            subject,
            target,
            crowd: Crowd {
                people: people.into(),
                made: Arc::new(AtomicU64::new(0)),
            },
            postgres: cluster,
        }
    }

    /// Single events over so many connections, and what they are compared with. Answers events a second.
    async fn singles(&self, results: &mut Map<String, Value>, connections: usize) -> u64 {
        let questions = [
            Question::Event { is_hot: false },
            Question::Event { is_hot: true },
            Question::Empty(EMPTY[0]),
            Question::Empty(EMPTY[1]),
        ];
        let mut outcomes: [Option<Outcome>; 4] = [const { None }; 4];
        let (mut plain, mut plain_hot) = (0, 0);
        for _ in 0..ROUNDS {
            let [spread, hot] = self.plain(connections).await;
            (plain, plain_hot) = (plain + spread, plain_hot + hot);
            for (question, outcome) in questions.into_iter().zip(&mut outcomes) {
                let now = self.load(question, connections).await;
                *outcome = Some(match outcome.take() {
                    Some(before) => before.and(now),
                    None => now,
                });
            }
        }
        let rounds = u64::try_from(ROUNDS).expect("a number");
        let (plain, plain_hot) = (plain / rounds, plain_hot / rounds);
        let [spread, hot, empty, other] = outcomes.map(|outcome| outcome.expect("a measurement"));
        let empty = if other.per_second() > empty.per_second() {
            other
        } else {
            empty
        };
        println!("  at {connections} connections");
        let named = |name: &str| format!("{connections}: {name}");
        for (name, value) in [("plain", plain), ("plain, one hot member", plain_hot)] {
            line(
                results,
                &named(name),
                &json!({"per_second": value}),
                &format!("{value}/s"),
            );
        }
        report(results, &named("own empty POST"), &empty, &[]);
        let own = empty.per_second();
        let of = |other: u64, what: &'static str| (what, other);
        report(
            results,
            &named("events"),
            &spread,
            &[of(plain, "plain"), of(own, "own empty POST")],
        );
        report(
            results,
            &named("events, one hot member"),
            &hot,
            &[of(plain_hot, "plain hot"), of(spread.per_second(), "spread")],
        );
        spread.per_second()
    }

    async fn others(&self, results: &mut Map<String, Value>) {
        println!("  others");
        for connections in [64, 256] {
            let pairs = self.load(Question::HoldAndCapture, connections).await;
            report(results, &format!("{connections}: hold and capture"), &pairs, &[]);
        }
        for connections in [2, 8, 32] {
            let batches = self.load(Question::Batch(500), connections).await;
            report(
                results,
                &format!("{connections}: batches of 500, events"),
                &batches,
                &[],
            );
        }
    }

    /// An open load at half of what was reached.
    async fn half_of(&self, results: &mut Map<String, Value>, per_second: u64) {
        let (target, crowd, cpu) = (self.target.clone(), self.crowd.clone(), self.cpu.clone());
        let question = Question::Event { is_hot: false };
        let outcome =
            apart(async move { open(&target, &crowd, &cpu, question, 256, (per_second, OPEN)).await }).await;
        report(results, "open load at half of saturation", &outcome, &[]);
    }

    async fn load(&self, question: Question, connections: usize) -> Outcome {
        let (target, crowd, cpu) = (self.target.clone(), self.crowd.clone(), self.cpu.clone());
        apart(async move { closed(&target, &crowd, &cpu, question, connections, TURN).await }).await
    }

    /// The plain way a second: spread, and on one balance.
    async fn plain(&self, connections: usize) -> [u64; 2] {
        match &self.postgres {
            Some((bench, ..)) => tokio::task::block_in_place(|| {
                [false, true].map(|is_hot| bench.per_second(connections, is_hot, TURN))
            }),
            // One connection, one transaction after the other: whose balance it is makes no difference.
            None => [sqlite_per_second(TURN).await; 2],
        }
    }

    /// What was answered as counted is what the overview says, or none of the above is worth anything.
    async fn end(self, results: &mut Map<String, Value>) {
        let path = format!("/credit-types/{}/overview", self.subject.credit_type);
        let overview = self.subject.get(&path).await;
        let used = overview["cycle"]["used"].as_str().unwrap_or_default();
        let used: Credits = used.parse().expect("an amount");
        let made = self.crowd.made.load(std::sync::atomic::Ordering::Relaxed);
        let expected = i64::try_from(made * BURNS).expect("an amount");
        let is_exact = used.micros() == expected;
        let words = format!(
            "{made} reported, {used} credits used: {}",
            if is_exact { "exact" } else { "WRONG" }
        );
        line(
            results,
            "counted",
            &json!({"events": made, "is_exact": is_exact}),
            &words,
        );
        drop(self.subject);
        if let Some((_, server, name)) = self.postgres {
            drop_postgres_database(&server, &name).await;
        }
    }
}

/// Runs a load in a thread of its own, which is all the processor it can take.
async fn apart(work: impl Future<Output = Outcome> + Send + 'static) -> Outcome {
    let run = move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        runtime.expect("a runtime").block_on(work)
    };
    tokio::task::spawn_blocking(run).await.expect("a load that ends")
}

async fn people_with_credits(store: &Store, id: OrganisationId) -> Vec<String> {
    let credit_type = store.list_credit_types(id).await.expect("types")[0].terms.id;
    let group = create_group(store, id, "Metered").await;
    let people = create_people(store, id, group, PEOPLE).await;
    let count = i64::try_from(PEOPLE).expect("a number");
    let all = Credits::from_micros(MONTHLY * count);
    let edits = people.iter().map(|person| MemberEdit {
        person: *person,
        monthly: Some(Credits::from_micros(MONTHLY)),
        extra: None,
        cap: None,
        typed_grant: GrantId::new(store.new_id()),
    });
    for command in [
        Command::SetLimit { limit: all },
        Command::SetGroup {
            group,
            monthly: Some(all),
            extra: None,
            reserve: None,
        },
        Command::SetMembers {
            edits: edits.collect(),
        },
    ] {
        post(store, id, credit_type, &command).await;
    }
    people.iter().map(ToString::to_string).collect()
}

fn report(results: &mut Map<String, Value>, name: &str, outcome: &Outcome, beside: &[(&str, u64)]) {
    let rate = outcome.per_second();
    let mut words = format!("{rate}/s");
    let mut ratios = Map::new();
    for (what, other) in beside {
        let hundredths = rate * 100 / (*other).max(1);
        let ratio = format!("{}.{:02}", hundredths / 100, hundredths % 100);
        words.push_str(&format!("  {ratio} x {what}"));
        ratios.insert((*what).to_owned(), json!(ratio));
    }
    let [half, most, nearly_all] = [500, 990, 999].map(|thousandths| outcome.within(thousandths));
    let [client, server, database] = outcome.spent.shares(outcome.took);
    words.push_str(&format!(
        "  p50 {half:?} p99 {most:?} p99.9 {nearly_all:?}  (% of a processor: client {client}, server {server}, database {database})"
    ));
    let micros = |duration: Duration| u64::try_from(duration.as_micros()).unwrap_or(u64::MAX);
    let value = json!({
        "per_second": rate, "ratios": ratios,
        "p50_us": micros(half), "p99_us": micros(most), "p999_us": micros(nearly_all),
        "processor_percent": {"client": client, "server": server, "database": database},
    });
    line(results, name, &value, &words);
}
