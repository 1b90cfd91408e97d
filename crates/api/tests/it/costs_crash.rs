//! The roll-up of costs through kill -9: wherever the server dies, costs are what is rolled up and the events after the
//! mark, to the last digit, and nothing is rolled up twice or never.

use std::collections::BTreeMap;
use std::process::Command;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use allowance_store::{Clock, SystemClock};
use allowance_values::{CostTotal, Credits, Timestamp};
use serde_json::{Value, json};

use crate::crash::{Over, call, get, sign_in};
use crate::cycles_crash::Raw;
use crate::metering_crash::Platform;
use crate::program::{database, run, started, stop};
use crate::support::postgres_database;

/// Events in a batch.
const BATCH: usize = 50;
/// So often the server must have died while it rolled up.
const KILLS: usize = 4;
const MODELS: [&str; 3] = ["small", "größer", "=large"];
const EVER: &str = "from=2020-01-01&to=2035-12-31";

/// Credits in micro-units, cost in nano-units, events.
type Sum = (i128, i128, i128);

fn plus(a: Sum, b: Sum) -> Sum {
    (a.0 + b.0, a.1 + b.1, a.2 + b.2)
}

fn sum_of(figures: &Value) -> Sum {
    let credits: Credits = figures["credits"].as_str().unwrap().parse().unwrap();
    let cost: CostTotal = figures["cost"].as_str().unwrap().parse().unwrap();
    let events = figures["events"].as_i64().unwrap();
    (credits.micros().into(), cost.nanos(), events.into())
}

fn model(number: usize) -> &'static str {
    MODELS[number % MODELS.len()]
}

/// In nano-units.
fn cost_of(number: usize) -> usize {
    number * 1_237 % 999_983 + 1
}

/// A server whose roll-up is killed, and what was reported to it.
struct Tracked {
    database: String,
    raw: Raw,
    platform: Platform,
    token: String,
    began: Timestamp,
    next: AtomicUsize,
    /// What each batch that was acknowledged came to, by model.
    counted: Mutex<BTreeMap<usize, BTreeMap<&'static str, Sum>>>,
}

impl Tracked {
    fn new(database: &str) -> Self {
        let platform = Platform::new(database);
        Self {
            database: database.to_owned(),
            raw: Raw::open(database),
            token: sign_in(&platform.address),
            platform,
            began: SystemClock.now(),
            next: AtomicUsize::new(0),
            counted: Mutex::default(),
        }
    }

    /// The event of a number: of three, one names credits and two a cost, to the ninth digit; one in five happened days
    /// ago.
    fn event(&self, number: usize) -> Value {
        let days = if number.is_multiple_of(5) { number % 17 } else { 0 };
        let happened_at = self.began.plus_seconds(-86_400 * i64::try_from(days).unwrap());
        let mut event = json!({
            "source": "roll-up", "id": number.to_string(), "person_id": self.platform.person,
            "provider": format!("provider {}", number % 2), "model": model(number), "operation": format!("op {}", number % 4),
            "tags": [format!("tag {}", number % 3)], "happened_at": happened_at.to_string(),
            "on_insufficient": "record",
        });
        if number.is_multiple_of(3) {
            event["amount"] = json!(format!("0.{:06}", number % 1_000 + 1));
        } else {
            event["cost"] = json!({"amount": format!("0.{:09}", cost_of(number)), "currency": "USD"});
        }
        event
    }

    /// Reports a batch; nothing when the server is gone. Asked again it is the same.
    fn report(&self, batch: usize) -> Option<()> {
        let numbers = batch * BATCH..(batch + 1) * BATCH;
        let events: Vec<Value> = numbers.clone().map(|number| self.event(number)).collect();
        let request = "POST /api/v1/usage-events";
        let answer = call(
            &self.platform.address,
            request,
            &self.platform.key,
            &json!(events),
        );
        let (status, _, view) = answer?;
        assert_eq!((status, &view["refused"]), (200, &json!(0)), "{view}");
        let mut sums = BTreeMap::<_, Sum>::new();
        for (number, result) in numbers.zip(view["results"].as_array().unwrap()) {
            let amount: Credits = result["event"]["amount"].as_str().unwrap().parse().unwrap();
            let cost = if number.is_multiple_of(3) {
                0
            } else {
                cost_of(number)
            };
            let sum = sums.entry(model(number)).or_default();
            *sum = plus(*sum, (amount.micros().into(), cost.try_into().unwrap(), 1));
        }
        self.counted.lock().unwrap().insert(batch, sums);
        Some(())
    }

    fn report_next(&self) -> Option<()> {
        self.report(self.next.fetch_add(1, Ordering::SeqCst))
    }

    /// What was acknowledged, by model.
    fn expected(&self) -> BTreeMap<&'static str, Sum> {
        let mut expected = BTreeMap::<_, Sum>::new();
        for (model, sum) in self.counted.lock().unwrap().values().flatten() {
            let into = expected.entry(*model).or_default();
            *into = plus(*into, *sum);
        }
        expected
    }

    fn is_leased(&self) -> bool {
        self.raw
            .number("SELECT COUNT(*) AS number FROM cost_rollup WHERE leased_by IS NOT NULL")
            > 0
    }

    /// Kills the server some moments after a roll-up has begun, while more is reported. Gives whether it died in it.
    fn kill_in_roll_up(&mut self, moments: u64) -> bool {
        let is_over = AtomicBool::new(false);
        let pid = self.platform.child.id().to_string();
        let tracked = &*self;
        std::thread::scope(|scope| {
            scope.spawn(|| {
                while !is_over.load(Ordering::SeqCst) {
                    if tracked.report_next().is_none() {
                        break;
                    }
                }
            });
            let _over = Over(&is_over);
            let deadline = Instant::now() + Duration::from_secs(60);
            while !tracked.is_leased() {
                assert!(Instant::now() < deadline, "nothing is rolled up");
                std::thread::sleep(Duration::from_millis(1));
            }
            std::thread::sleep(Duration::from_millis(moments));
            // SIGKILL: no handler runs, nothing is flushed.
            let killed = Command::new("kill").args(["-9", &pid]).status().unwrap();
            assert!(killed.success());
        });
        self.platform.child.wait().unwrap();
        // What the database was told last it may still be doing.
        self.await_quiet();
        let is_killed_in_it = self.is_leased();
        // So long that the lease is over.
        self.raw
            .execute("UPDATE cost_rollup SET leased_until = 0 WHERE leased_by IS NOT NULL");
        is_killed_in_it
    }

    /// Waits until PostgreSQL has noticed that a client is gone.
    fn await_quiet(&self) {
        if !self.database.starts_with("postgres") {
            return;
        }
        let busy = "SELECT COUNT(*) AS number FROM pg_stat_activity WHERE datname = current_database()
            AND pid <> pg_backend_pid() AND state <> 'idle'";
        while self.raw.number(busy) > 0 {
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// Events, and what the roll-up and the facts after its mark say of them. While nobody serves.
    fn halves(&self) -> (Sum, Sum) {
        let number = |sql: &str| i128::from(self.raw.number(sql));
        let sum = |what: &str, of: &str| {
            number(&format!(
                "SELECT CAST(COALESCE(SUM({what}), 0) AS BIGINT) AS number FROM {of}"
            ))
        };
        let events = (
            sum("amount", "usage_event"),
            sum("cost_nanos", "usage_event"),
            sum("1", "usage_event"),
        );
        let rolled_up = (
            sum("credits_high", "cost_sum") * (1 << 32) + sum("credits_low", "cost_sum"),
            sum("cost_high", "cost_sum") * (1 << 32) + sum("cost_low", "cost_sum"),
            sum("events", "cost_sum"),
        );
        let tail = "usage_event u, cost_rollup mark WHERE u.amount = 0 AND u.position > mark.position
            OR u.amount > 0 AND EXISTS (SELECT 1 FROM ledger_entry e WHERE e.kind = 'usage' AND e.subject_id = u.id
                AND e.seq > mark.seq)";
        let tail = (sum("u.amount", tail), sum("u.cost_nanos", tail), sum("1", tail));
        (events, plus(rolled_up, tail))
    }

    fn restart(&mut self) {
        let (child, address, _) = started(&self.database, &[]);
        self.platform.child = child;
        self.platform.address = address;
    }

    /// What was not acknowledged is asked again; then all figures are those of what was reported, wherever the mark stands.
    fn assert_exact(&self) {
        for batch in 0..self.next.load(Ordering::SeqCst) {
            let is_counted = self.counted.lock().unwrap().contains_key(&batch);
            if !is_counted {
                self.report(batch).expect("an answer");
            }
        }
        let expected = self.expected();
        let whole = expected.values().fold(Sum::default(), |sum, one| plus(sum, *one));
        for days in ["happened", "counted"] {
            let path = format!(
                "/credit-types/{}/costs?{EVER}&days={days}&by=model",
                self.platform.credit_type
            );
            let page = get(&self.platform.address, &self.token, &path);
            assert_eq!(sum_of(&page["total"]), whole, "{page}");
            let rows = page["rows"].as_array().unwrap().iter();
            let rows = rows.map(|row| (row["key"].as_str().unwrap(), sum_of(&row["figures"])));
            assert_eq!(rows.collect::<BTreeMap<_, _>>(), expected, "{page}");
        }
    }

    /// Whether everything that was reported is rolled up.
    fn is_rolled_up(&self) -> bool {
        let sql = "SELECT COUNT(*) AS number FROM cost_rollup mark JOIN ledger_head head
            ON head.organisation_id = mark.organisation_id AND head.seq = mark.seq AND head.position = mark.position";
        self.raw.number(sql) == 1
    }

    fn await_rolled_up(&self) {
        let deadline = Instant::now() + Duration::from_secs(120);
        while !self.is_rolled_up() {
            assert!(Instant::now() < deadline, "it is never rolled up");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Has what costs burn credits from now on, so that they are entries.
    fn burn(&self) {
        let path = format!("/credit-types/{}", self.platform.credit_type);
        let view = get(&self.platform.address, &self.token, &path);
        let headers = format!(
            "{}if-match: \"{}\"\r\n",
            self.token,
            view["etag"].as_str().unwrap()
        );
        let rate = json!({"rate_side": "factor", "rate": "100"});
        let request = format!("PATCH /api/v1{path}");
        let (status, _, view) = call(&self.platform.address, &request, &headers, &rate).expect("an answer");
        assert_eq!(status, 200, "{view}");
    }
}

fn roll_up_and_die(database: &str) {
    let mut tracked = Tracked::new(database);
    let mut kills = 0;
    for round in 0_u64.. {
        assert!(round < 40, "it never died while it rolled up");
        if kills == KILLS / 2 {
            tracked.burn();
        }
        kills += usize::from(tracked.kill_in_roll_up(round * 7 % 23));
        let (events, halves) = tracked.halves();
        assert_eq!(halves, events, "round {round}");
        tracked.restart();
        tracked.assert_exact();
        if kills >= KILLS {
            break;
        }
    }
    tracked.await_rolled_up();
    tracked.assert_exact();
    stop(&mut tracked.platform.child);
    let (events, halves) = tracked.halves();
    assert_eq!(halves, events);
    let kinds = "SELECT COUNT(DISTINCT CASE WHEN amount = 0 THEN 0 WHEN cost_nanos IS NULL THEN 1 ELSE 2 END) AS number
        FROM usage_event";
    assert_eq!(
        tracked.raw.number(kinds),
        3,
        "costs that burnt nothing, credits, and costs that burnt some"
    );
    let proof = run(&["verify", "--full"], database);
    assert!(proof.status.success(), "{proof:?}");
}

#[test]
fn wherever_the_roll_up_is_killed_costs_are_what_is_rolled_up_and_what_comes_after() {
    roll_up_and_die(&database());
    if let Some(database) = postgres_database() {
        roll_up_and_die(&database);
    }
}

/// A mark that fell behind what was added: the very sums that a mark written on its own would leave after a kill.
fn forget_the_mark(database: &str) {
    let mut tracked = Tracked::new(database);
    tracked.report_next().expect("an answer");
    tracked.await_rolled_up();
    stop(&mut tracked.platform.child);
    let (events, halves) = tracked.halves();
    assert_eq!(halves, events);
    assert!(run(&["verify", "--full"], database).status.success());
    for mark in ["seq = 0", "position = -1"] {
        tracked.raw.execute(&format!("UPDATE cost_rollup SET {mark}"));
        assert_ne!(tracked.halves().1, events, "what is added twice shows: {mark}");
    }
    assert!(!run(&["verify", "--full"], database).status.success());
}

#[test]
fn a_mark_that_is_not_written_is_found_out() {
    forget_the_mark(&database());
    if let Some(database) = postgres_database() {
        forget_the_mark(&database);
    }
}
