//! Cost tracking and threshold alerts: every figure is the sum of the events behind it, whatever is rolled up.

use std::collections::BTreeMap;

use allowance_api_types::problem::ErrorCode;
use allowance_values::{CostTotal, Credits, OrganisationId};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::metering::Metered;
use crate::support::{Client, PASSWORD, Server, everywhere, somewhere_empty};

const BY: [&str; 7] = ["day", "group", "person", "provider", "model", "operation", "tag"];

/// A metered world with what cost tracking shows of it.
struct Tracked {
    metered: Metered,
    organisation: OrganisationId,
    server: Server,
    base: String,
}

/// Credits in micro-units, cost in nano-units, events.
type Sum = (i128, i128, i128);

fn sum_of(figures: &Value) -> Sum {
    let credits: Credits = figures["credits"].as_str().unwrap().parse().unwrap();
    let cost: CostTotal = figures["cost"].as_str().unwrap().parse().unwrap();
    (
        i128::from(credits.micros()),
        cost.nanos(),
        i128::from(figures["events"].as_i64().unwrap()),
    )
}

fn plus(a: Sum, b: Sum) -> Sum {
    (a.0 + b.0, a.1 + b.1, a.2 + b.2)
}

impl Tracked {
    async fn new(server: &Server, enforcement: &str) -> Self {
        let metered = Metered::new(server, enforcement, "1000").await;
        let me = metered.world.admin.get("/me").await.json(200);
        let organisation = me["organisation"]["id"].as_str().unwrap().parse().unwrap();
        let base = format!("/credit-types/{}", metered.world.credit_type);
        Self {
            metered,
            organisation,
            server: server.clone(),
            base,
        }
    }

    fn admin(&self) -> &Client {
        &self.metered.world.admin
    }

    async fn costs(&self, query: &str) -> Value {
        self.admin()
            .get(&format!("{}/costs?{query}", self.base))
            .await
            .json(200)
    }

    /// All rows of all pages.
    async fn rows(&self, query: &str) -> Vec<Value> {
        let mut rows = Vec::new();
        let mut cursor = String::new();
        loop {
            let page = self.costs(&format!("{query}&limit=3{cursor}")).await;
            rows.extend(page["rows"].as_array().unwrap().iter().cloned());
            match page["next_cursor"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => return rows,
            }
        }
    }

    /// All events of all pages.
    async fn events(&self, query: &str) -> Vec<Value> {
        let mut events = Vec::new();
        let mut cursor = String::new();
        loop {
            let path = format!("{}/costs/events?{query}&limit=7{cursor}", self.base);
            let page = self.admin().get(&path).await.json(200);
            events.extend(page["items"].as_array().unwrap().iter().cloned());
            match page["next_cursor"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => return events,
            }
        }
    }

    async fn roll_up(&self) {
        self.server
            .app
            .store
            .roll_up(self.organisation, 1_000)
            .await
            .unwrap();
    }

    async fn count(&self, event: Value) -> Value {
        self.metered.platform.post("/usage-events", event).await.json(201)
    }

    /// The rows of every dimension are the sums of the events one by one, in both countings.
    async fn assert_adds_up(&self, period: &str, what: &str) {
        for days in ["happened", "counted"] {
            let query = format!("{period}&days={days}");
            let events = self.events(&query).await;
            let whole = events
                .iter()
                .fold((0, 0, 0), |sum, event| plus(sum, of_event(event)));
            for by in BY {
                let mut expected: BTreeMap<Option<String>, Sum> = BTreeMap::new();
                for event in &events {
                    for key in keys_of(event, by, days) {
                        let sum = expected.entry(key).or_default();
                        *sum = plus(*sum, of_event(event));
                    }
                }
                let rows = self.rows(&format!("{query}&by={by}")).await;
                let found: BTreeMap<Option<String>, Sum> = rows
                    .iter()
                    .map(|row| (row["key"].as_str().map(str::to_owned), sum_of(&row["figures"])))
                    .collect();
                assert_eq!(found.len(), rows.len(), "{what}: a key stands twice");
                assert_eq!(found, expected, "{what}: {days} by {by}");
                let page = self.costs(&format!("{query}&by={by}")).await;
                assert_eq!(sum_of(&page["total"]), whole, "{what}: {days} by {by}");
                assert_difference(&page, days, what);
            }
        }
    }
}

/// happened − charged_later − charged_sooner + from_earlier + from_later = counted.
fn assert_difference(page: &Value, days: &str, what: &str) {
    let part = |name: &str| sum_of(&page["difference"][name]);
    let minus = |sum: Sum| (-sum.0, -sum.1, -sum.2);
    let counted = [
        part("happened"),
        minus(part("charged_later")),
        minus(part("charged_sooner")),
        part("from_earlier"),
        part("from_later"),
    ]
    .into_iter()
    .fold((0, 0, 0), plus);
    assert_eq!(counted, part("counted"), "{what}: {page}");
    assert_eq!(part(days), sum_of(&page["total"]), "{what}");
}

/// An event counts once; a hold's further entries come without a cost and are no events of their own.
fn of_event(event: &Value) -> Sum {
    let credits: Credits = event["credits"].as_str().unwrap().parse().unwrap();
    let cost: CostTotal = event["cost"].as_str().unwrap_or("0").parse().unwrap();
    (
        i128::from(credits.micros()),
        cost.nanos(),
        i128::from(event["is_further"] != true),
    )
}

fn keys_of(event: &Value, by: &str, days: &str) -> Vec<Option<String>> {
    let text = |value: &Value| value.as_str().map(str::to_owned);
    match by {
        "day" => vec![text(&event[format!("{days}_on")])],
        "group" => vec![text(&event["group"]["id"])],
        "person" => vec![text(&event["person"]["id"])],
        "tag" => {
            let tags = event["tags"].as_array().unwrap();
            if tags.is_empty() {
                vec![None]
            } else {
                tags.iter().map(text).collect()
            }
        }
        by => vec![text(&event[by])],
    }
}

/// The same numbers every time.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % sides
    }

    fn of<'a>(&mut self, words: &[&'a str]) -> &'a str {
        words[usize::try_from(self.roll(words.len().try_into().unwrap())).unwrap()]
    }
}

const EVER: &str = "from=2020-01-01&to=2035-12-31";

/// A random history: usage late and early, with and without credits, charges and their reversals, holds, resets, zones.
struct History {
    tracked: Tracked,
    dice: Dice,
    number: u32,
    charges: Vec<String>,
}

impl History {
    /// A new sign-in: the clock outruns sessions.
    async fn renew(&mut self) {
        let world = &mut self.tracked.metered.world;
        let email = world.admin.email.parse().unwrap();
        let again = self
            .tracked
            .server
            .app
            .sign_in(
                &email,
                PASSWORD.to_owned(),
                &format!("renewal {}", self.number),
                "r".to_owned(),
            )
            .await
            .unwrap();
        world.admin = world.admin.with_token(&again.access_token);
    }

    fn person(&mut self) -> String {
        let world = &self.tracked.metered.world;
        let ids = [&world.member.id, &world.owner.id, &world.finance.id];
        ids[usize::try_from(self.dice.roll(3)).unwrap()].clone()
    }

    fn event(&mut self) -> Value {
        self.number += 1;
        let now = self.tracked.server.app.store.now();
        let away = match self.dice.roll(4) {
            0 => -i64::try_from(self.dice.roll(45 * 86_400)).unwrap(),
            1 => -i64::try_from(self.dice.roll(86_400)).unwrap(),
            2 => i64::try_from(self.dice.roll(290)).unwrap(),
            _ => 0,
        };
        let tags = [
            json!(["a"]),
            json!(["b", "a"]),
            json!(["a", "b", "b"]),
            json!([]),
            json!(["=x \"y\"", "ü"]),
        ][usize::try_from(self.dice.roll(5)).unwrap()]
        .clone();
        let mut event = json!({
            "source": "history", "id": self.number.to_string(), "person_id": self.person(),
            "happened_at": now.plus_seconds(away).to_string(), "on_insufficient": "record",
            "tags": tags,
        });
        for (field, words) in [
            ("provider", ["openai", "anthropic", ""]),
            ("model", ["gpt-5", "claude", "größte\u{202e}"]),
            ("operation", ["chat", "", "=embed"]),
        ] {
            if self.dice.roll(4) > 0 {
                event[field] = json!(self.dice.of(&words));
            }
        }
        if self.dice.roll(3) == 0 {
            event["amount"] = json!(self.dice.of(&["0.000001", "3", "2.5"]));
        } else {
            let cost = self.dice.of(&["0.000000001", "0.0187225", "1.23", "0.5"]);
            event["cost"] = json!({"amount": cost, "currency": "EUR"});
        }
        event
    }

    async fn settings(&self, body: Value) {
        let view = self.tracked.admin().get(&self.tracked.base).await.json(200);
        let etag = view["etag"].as_str().unwrap();
        self.tracked
            .admin()
            .edit("PATCH", &self.tracked.base, etag, body)
            .await
            .expect_status(200);
    }

    /// A command without a body that may be refused.
    async fn command(&self, name: &str) {
        let base = &self.tracked.base;
        let view = self.tracked.admin().get(base).await.json(200);
        let key = Uuid::now_v7().to_string();
        let headers = [
            ("if-match", view["etag"].as_str().unwrap()),
            ("idempotency-key", key.as_str()),
        ];
        let path = format!("/api/v1{base}/{name}");
        let reply = self.tracked.admin().send("POST", &path, &headers, None).await;
        assert!(reply.status < 500, "{}", reply.body);
    }

    async fn step(&mut self) {
        let platform = self.tracked.metered.platform.clone();
        match self.dice.roll(14) {
            0..=4 => {
                let event = self.event();
                self.tracked.count(event).await;
            }
            5 => {
                let batch: Vec<Value> = (0..20).map(|_| self.event()).collect();
                let answer = platform.post("/usage-events", json!(batch)).await.json(200);
                assert_eq!(answer["recorded"], 20, "{answer}");
            }
            6 => {
                let rate = self.dice.of(&["0", "100", "33.333333333"]);
                self.settings(json!({"rate_side": "factor", "rate": rate})).await;
            }
            7 => {
                let mut charge = json!({"person_id": self.person(), "note": "by hand"});
                if self.dice.roll(2) == 0 {
                    charge["amount"] = json!("7.5");
                } else {
                    charge["cost"] = json!({"amount": "0.123456789", "currency": "EUR"});
                }
                let path = format!("{}/charges", self.tracked.base);
                let reply = self.tracked.admin().post(&path, charge).await;
                if reply.status == 201 {
                    self.charges
                        .push(reply.json(201)["id"].as_str().unwrap().to_owned());
                }
            }
            8 => {
                if let Some(charge) = self.charges.pop() {
                    let path = format!("/charges/{charge}/reverse");
                    self.tracked
                        .admin()
                        .post(&path, json!({"note": "back"}))
                        .await
                        .expect_status(200);
                }
            }
            9 => {
                self.number += 1;
                let hold = json!({
                    "source": "history", "id": format!("h{}", self.number), "person_id": self.person(),
                    "amount": "4", "tolerance": "2", "expires_in": 600,
                });
                let hold = platform.post("/holds", hold).await.json(201);
                let path = format!("/holds/{}/capture", hold["hold_id"].as_str().unwrap());
                let body = match self.dice.roll(3) {
                    0 => json!({}),
                    1 => json!({"amount": "5.5"}),
                    _ => json!({"cost": {"amount": "0.05", "currency": "EUR"}}),
                };
                let reply = platform.post(&path, body).await;
                assert!(reply.status < 500, "{}", reply.body);
            }
            10 => self.command("reset").await,
            11 => self.command("undo-reset").await,
            12 => {
                let days = i64::try_from(self.dice.roll(9)).unwrap();
                self.tracked.server.pass_seconds(days * 86_400 + 7_321);
                self.renew().await;
            }
            _ => {
                let organisation = self.tracked.admin().get("/organisation").await.json(200);
                let zone = self
                    .dice
                    .of(&["Pacific/Kiritimati", "Europe/Berlin", "America/New_York"]);
                let etag = organisation["etag"].as_str().unwrap();
                let zone = json!({"time_zone": zone});
                self.tracked
                    .admin()
                    .edit("PATCH", "/organisation", etag, zone)
                    .await
                    .expect_status(200);
            }
        }
    }

    /// Every cycle's counted total is its Used, to the last unit, and costs are in the books' proof.
    async fn assert_cycles(&self, what: &str) {
        let cycles = self
            .tracked
            .admin()
            .get(&format!("{}/cycles", self.tracked.base))
            .await
            .json(200);
        for cycle in cycles["items"].as_array().unwrap() {
            let id = cycle["id"].as_str().unwrap();
            let page = self.tracked.costs(&format!("cycle_id={id}&days=counted")).await;
            assert_eq!(page["total"]["credits"], cycle["used"], "{what}: {cycle}");
            assert_difference(&page, "counted", what);
        }
        self.tracked.metered.assert_proven().await;
    }
}

#[test]
fn after_a_random_history_figures_are_roll_up_and_tail_wherever_the_mark_stands() {
    somewhere_empty(async |server| {
        for seed in [3, 11] {
            let tracked = Tracked::new(&server, "track").await;
            let mut history = History {
                tracked,
                dice: Dice(seed),
                number: u32::try_from(seed).unwrap() * 1_000_000,
                charges: Vec::new(),
            };
            for step in 0..70 {
                history.step().await;
                if history.dice.roll(6) == 0 {
                    history.tracked.roll_up().await;
                }
                if step % 23 == 22 {
                    let what = format!("seed {seed}, step {step}");
                    history.tracked.assert_adds_up(EVER, &what).await;
                    history.assert_cycles(&what).await;
                }
            }
            let before = history.tracked.rows(&format!("{EVER}&by=person")).await;
            history.tracked.roll_up().await;
            let page = history.tracked.costs(EVER).await;
            assert_eq!(page["position"]["added"], 0);
            assert_eq!(page["position"]["as_of"], page["position"]["rolled_up"]);
            assert_eq!(history.tracked.rows(&format!("{EVER}&by=person")).await, before);
            history.assert_cycles("all rolled up").await;
        }
    });
}

fn text<'v>(value: &'v Value, name: &str) -> &'v str {
    value[name]
        .as_str()
        .unwrap_or_else(|| panic!("{name} in {value}"))
}

#[test]
fn what_burns_nothing_has_a_cost_and_still_appears() {
    everywhere(async |server| {
        let tracked = Tracked::new(&server, "track").await;
        let rate = json!({"rate_side": "factor", "rate": "0"});
        let view = tracked.admin().get(&tracked.base).await.json(200);
        tracked
            .admin()
            .edit("PATCH", &tracked.base, text(&view, "etag"), rate)
            .await
            .expect_status(200);
        for number in 0..3 {
            let mut event = tracked
                .metered
                .cost(&format!("free {number}"), "0.10000000000000001");
            event["model"] = json!("free");
            tracked.count(event).await;
            // Rolled up between events that move no entry: none is missed, none is doubled.
            tracked.roll_up().await;
        }
        tracked.count(tracked.metered.event("plain", "5")).await;
        let page = tracked.costs("by=model&order=cost").await;
        let free = &page["rows"][0];
        assert_eq!(free["key"], "free");
        assert_eq!(
            free["figures"],
            json!({"credits": "0", "cost": "0.3", "events": 3})
        );
        let plain = &page["rows"][1];
        assert_eq!(
            (&plain["key"], &plain["figures"]["cost"]),
            (&Value::Null, &json!("0"))
        );
        assert_eq!(page["total"], json!({"credits": "5", "cost": "0.3", "events": 4}));
        let events = tracked.events("model=free").await;
        assert_eq!(events.len(), 3);
        assert!(
            events
                .iter()
                .all(|event| event["credits"] == "0" && event["cost"] == "0.1")
        );
        tracked.assert_adds_up("", "factor zero").await;
    });
}

#[test]
fn a_late_event_is_told_apart_from_what_was_charged_on_the_day() {
    everywhere(async |server| {
        let tracked = Tracked::new(&server, "track").await;
        // 16 Nov 2023, 23:30 in UTC, is the 17th in Berlin.
        for (id, at) in [
            ("a", "2023-11-16T22:59:59.999999Z"),
            ("b", "2023-11-16T23:00:00Z"),
        ] {
            let mut event = tracked.metered.cost(id, "0.01234567");
            event["happened_at"] = json!(at);
            assert_eq!(tracked.count(event).await["is_late"], true);
        }
        tracked.count(tracked.metered.cost("now", "1")).await;
        for _ in 0..2 {
            let days = tracked.rows("from=2023-11-01&to=2023-11-30").await;
            let keys: Vec<&str> = days.iter().map(|row| text(row, "key")).collect();
            assert_eq!(keys, ["2023-11-16", "2023-11-17"]);
            let then = tracked.costs("from=2023-11-16&to=2023-11-16").await;
            assert_eq!(then["total"]["credits"], "1.234567");
            assert_eq!(then["difference"]["charged_later"]["credits"], "1.234567");
            assert_eq!(then["difference"]["counted"]["events"], 0);
            let cycle = tracked.costs("days=counted").await;
            assert_eq!(cycle["total"]["credits"], "102.469134");
            assert_eq!(cycle["difference"]["happened"]["credits"], "100");
            assert_eq!(cycle["difference"]["from_earlier"]["credits"], "2.469134");
            let used = tracked
                .admin()
                .get(&format!("{}/overview", tracked.base))
                .await
                .json(200);
            assert_eq!(used["cycle"]["used"], cycle["total"]["credits"]);
            assert_eq!(tracked.rows("days=counted&by=day").await.len(), 1);
            tracked.roll_up().await;
        }
        let late = tracked.events("from=2023-11-16&to=2023-11-17").await;
        assert_eq!(late.len(), 2);
        assert!(late.iter().all(|event| event["is_late"] == true));
    });
}

#[test]
fn days_are_local_also_when_clocks_are_set() {
    everywhere(async |server| {
        let tracked = Tracked::new(&server, "track").await;
        // In Berlin the 29 March 2026 has 23 hours, the 25 October 25.
        for (id, at) in [
            ("1", "2026-03-28T22:59:59Z"),
            ("2", "2026-03-28T23:00:00Z"),
            ("3", "2026-03-29T21:59:59Z"),
            ("4", "2026-03-29T22:00:00Z"),
            ("5", "2026-10-24T21:59:59Z"),
            ("6", "2026-10-24T22:00:00Z"),
            ("7", "2026-10-25T22:59:59Z"),
            ("8", "2026-10-25T23:00:00Z"),
        ] {
            let mut event = tracked.metered.event(id, "1");
            event["happened_at"] = json!(at);
            tracked.count(event).await;
        }
        let rows = tracked.rows("from=2026-03-01&to=2026-10-31").await;
        let days: Vec<(&str, &str)> = rows
            .iter()
            .map(|row| (text(row, "key"), text(&row["figures"], "credits")))
            .collect();
        assert_eq!(
            days,
            [
                ("2026-03-28", "1"),
                ("2026-03-29", "2"),
                ("2026-03-30", "1"),
                ("2026-10-24", "1"),
                ("2026-10-25", "2"),
                ("2026-10-26", "1"),
            ]
        );
        tracked
            .assert_adds_up("from=2026-03-29&to=2026-03-29", "a short day")
            .await;
        tracked
            .assert_adds_up("from=2026-10-25&to=2026-10-25", "a long day")
            .await;
    });
}

#[test]
fn sums_beyond_what_a_cost_can_be_are_right() {
    everywhere(async |server| {
        let tracked = Tracked::new(&server, "track").await;
        let rate = json!({"rate_side": "factor", "rate": "0"});
        let view = tracked.admin().get(&tracked.base).await.json(200);
        tracked
            .admin()
            .edit("PATCH", &tracked.base, text(&view, "etag"), rate)
            .await
            .expect_status(200);
        for number in 0..4 {
            tracked
                .count(
                    tracked
                        .metered
                        .cost(&format!("huge {number}"), "9223372036.854775807"),
                )
                .await;
            if number == 1 {
                tracked.roll_up().await;
            }
        }
        for _ in 0..2 {
            let page = tracked.costs("by=person").await;
            assert_eq!(page["total"]["cost"], "36893488147.419103228");
            assert_eq!(page["rows"][0]["figures"]["cost"], "36893488147.419103228");
            let series = tracked
                .admin()
                .get(&format!("{}/costs/series?by=person", tracked.base))
                .await
                .json(200);
            let layer = series["layers"][0]["cost"].as_array().unwrap();
            assert!(
                layer.iter().any(|cost| cost == "36893488147.419103228"),
                "{layer:?}"
            );
            tracked.roll_up().await;
        }
        let problem = tracked
            .metered
            .platform
            .post("/usage-events", tracked.metered.cost("x", "9223372037"))
            .await;
        assert_eq!(problem.status, 422, "{}", problem.body);
    });
}

#[test]
fn a_charge_its_reversal_and_a_captured_hold_are_in_the_figures() {
    everywhere(async |server| {
        let tracked = Tracked::new(&server, "track").await;
        let world = &tracked.metered.world;
        let charge = json!({
            "person_id": world.member.id, "note": "=a course", "cost": {"amount": "0.3", "currency": "EUR"},
        });
        let charge = tracked
            .admin()
            .post(&format!("{}/charges", tracked.base), charge)
            .await
            .json(201);
        let hold =
            json!({"source": "g", "id": "h", "person_id": world.member.id, "amount": "10", "tolerance": "5"});
        let hold = tracked.metered.platform.post("/holds", hold).await.json(201);
        let capture = format!("/holds/{}/capture", text(&hold, "hold_id"));
        let cost = json!({"cost": {"amount": "0.12", "currency": "EUR"}});
        tracked
            .metered
            .platform
            .post(&capture, cost)
            .await
            .expect_status(200);
        let page = tracked.costs("days=counted&by=provider").await;
        assert_eq!(
            page["rows"].as_array().unwrap().len(),
            1,
            "neither has a provider"
        );
        assert_eq!(page["rows"][0]["key"], Value::Null);
        assert_eq!(
            page["total"],
            json!({"credits": "42", "cost": "0.42", "events": 2})
        );
        tracked.roll_up().await;
        let path = format!("/charges/{}/reverse", text(&charge, "id"));
        tracked
            .admin()
            .post(&path, json!({"note": "typo"}))
            .await
            .expect_status(200);
        for _ in 0..2 {
            let page = tracked.costs("days=counted").await;
            assert_eq!(
                page["total"],
                json!({"credits": "12", "cost": "0.12", "events": 3})
            );
            let used = tracked
                .admin()
                .get(&format!("{}/overview", tracked.base))
                .await
                .json(200);
            assert_eq!(used["cycle"]["used"], "12");
            tracked.roll_up().await;
        }
        let events = tracked.events("").await;
        let kinds: Vec<&str> = events.iter().map(|event| text(event, "kind")).collect();
        assert_eq!(kinds, ["reversal", "capture", "capture", "charge"], "{events:?}");
        assert_eq!(
            (&events[0]["credits"], &events[0]["cost"]),
            (&json!("-30"), &json!("-0.3"))
        );
        assert_eq!(events[0]["charge_id"], charge["id"]);
        assert_eq!(events[1]["is_further"], true);
        assert_eq!(events[2]["cost"], "0.12");
        tracked.metered.assert_proven().await;
    });
}

#[test]
fn everybody_sees_what_they_may_and_nobody_elses() {
    everywhere(async |server| {
        let tracked = Tracked::new(&server, "track").await;
        let world = &tracked.metered.world;
        for (id, person) in [("m", &world.member), ("o", &world.owner), ("f", &world.finance)] {
            let mut event = tracked.metered.event(id, "1");
            event["person_id"] = json!(person.id);
            tracked.count(event).await;
        }
        // Member and owner are in the owner's group, the member reports to the manager, finance is in Default.
        for (client, expected) in [
            (&world.admin, 3),
            (&world.finance, 3),
            (&world.auditor, 3),
            (&world.owner, 2),
            (&world.manager, 1),
            (&world.member, 1),
        ] {
            for is_rolled_up in [false, true] {
                let page = client
                    .get(&format!("{}/costs?by=person", tracked.base))
                    .await
                    .json(200);
                let what = format!("{}, {is_rolled_up}", client.name);
                assert_eq!(page["rows"].as_array().unwrap().len(), expected, "{what}");
                assert_eq!(page["total"]["events"], expected, "{what}");
                let events = client
                    .get(&format!("{}/costs/events", tracked.base))
                    .await
                    .json(200);
                assert_eq!(events["items"].as_array().unwrap().len(), expected, "{what}");
                let csv = client.get(&format!("{}/costs/events.csv", tracked.base)).await;
                csv.expect_status(200);
                assert_eq!(csv.body.lines().count(), expected + 1, "{what}");
                let csv = client.get(&format!("{}/costs.csv?by=person", tracked.base)).await;
                assert_eq!(csv.body.lines().count(), expected + 1, "{what}");
                tracked.roll_up().await;
            }
        }
        let of_finance = format!("{}/costs?person_id={}", tracked.base, world.finance.id);
        let page = world.member.get(&of_finance).await.json(200);
        assert_eq!(page["total"]["events"], 0);
        for path in [
            "costs",
            "costs/series",
            "costs.csv",
            "costs.xlsx",
            "costs/events",
            "costs/events.csv",
            "alerts",
        ] {
            let path = format!("{}/{path}", tracked.base);
            world.other_org.get(&path).await.refusal(ErrorCode::NotFound);
            world
                .anonymous
                .get(&path)
                .await
                .refusal(ErrorCode::Unauthenticated);
        }
    });
}

#[test]
fn bad_questions_are_refused_with_their_reason() {
    everywhere(async |server| {
        let tracked = Tracked::new(&server, "track").await;
        for number in 0..3 {
            let mut event = tracked.metered.event(&number.to_string(), "1");
            event["model"] = json!(number.to_string());
            tracked.count(event).await;
        }
        let get = async |query: &str| {
            tracked
                .admin()
                .get(&format!("{}/costs?{query}", tracked.base))
                .await
        };
        for (query, pointer) in [
            ("to=2026-01-01", "/from"),
            ("from=2026-02-01&to=2026-01-01", "/to"),
        ] {
            let problem = get(query).await.refusal(ErrorCode::InvalidFields);
            assert_eq!(problem.fields[0].pointer, pointer);
        }
        for query in [
            "by=colour",
            "from=2026-02-30",
            "limit=0",
            "limit=1001",
            "colour=red",
            "days=later",
        ] {
            assert!((400..500).contains(&get(query).await.status), "{query}");
        }
        get(&format!("cycle_id=cyc_{:032x}", 7))
            .await
            .refusal(ErrorCode::NotFound);
        let first = tracked.costs("by=model&limit=1").await;
        let cursor = text(&first, "next_cursor");
        let second = tracked.costs(&format!("by=model&limit=1&cursor={cursor}")).await;
        assert_eq!(second["rows"][0]["key"], "1");
        for other in [
            "by=operation",
            "by=model&days=counted",
            "by=model&order=cost",
            "by=model&tag=a",
        ] {
            get(&format!("{other}&limit=1&cursor={cursor}"))
                .await
                .refusal(ErrorCode::InvalidCursor);
        }
        let series = format!("{}/costs/series?from=2020-01-01&to=2026-01-01", tracked.base);
        let problem = tracked
            .admin()
            .get(&series)
            .await
            .refusal(ErrorCode::InvalidFields);
        assert_eq!(problem.fields[0].pointer, "/to");
        let odd = get("model=%F0%9F%92%A5%27%22%3B--&tag=%3D1&provider=&operation=x")
            .await
            .json(200);
        assert_eq!(odd["total"]["events"], 0);
        let far = get("from=-9999-01-01&to=9999-12-31").await;
        assert!(
            far.status == 200 || (400..500).contains(&far.status),
            "{}",
            far.body
        );
    });
}

#[test]
fn a_period_is_compared_with_the_one_before() {
    everywhere(async |server| {
        let tracked = Tracked::new(&server, "track").await;
        for (id, at, model) in [
            ("1", "2026-01-10T12:00:00Z", "old"),
            ("2", "2026-01-10T13:00:00Z", "both"),
            ("3", "2026-01-12T12:00:00Z", "both"),
            ("4", "2026-01-13T12:00:00Z", "new"),
        ] {
            let mut event = tracked.metered.event(id, "2");
            event["happened_at"] = json!(at);
            event["model"] = json!(model);
            tracked.count(event).await;
        }
        let query = "from=2026-01-12&to=2026-01-13&compare=previous";
        for _ in 0..2 {
            let page = tracked.costs(&format!("{query}&by=model")).await;
            assert_eq!(page["previous_period"]["from"], "2026-01-10");
            assert_eq!(page["previous_period"]["to"], "2026-01-11");
            assert_eq!(
                (&page["total"]["credits"], &page["previous_total"]["credits"]),
                (&json!("4"), &json!("4"))
            );
            let rows: Vec<(&str, &str, &str)> = page["rows"]
                .as_array()
                .unwrap()
                .iter()
                .map(|row| {
                    (
                        text(row, "key"),
                        text(&row["figures"], "credits"),
                        text(&row["previous"], "credits"),
                    )
                })
                .collect();
            assert_eq!(rows, [("both", "2", "2"), ("new", "2", "0"), ("old", "0", "2")]);
            let days = tracked.costs(&format!("{query}&by=day")).await;
            let rows: Vec<(&str, &str, &str)> = days["rows"]
                .as_array()
                .unwrap()
                .iter()
                .map(|row| {
                    (
                        text(row, "key"),
                        text(&row["figures"], "credits"),
                        text(&row["previous"], "credits"),
                    )
                })
                .collect();
            assert_eq!(rows, [("2026-01-12", "2", "4"), ("2026-01-13", "2", "0")]);
            tracked.roll_up().await;
        }
    });
}

#[test]
fn a_chart_shows_the_eight_largest_and_the_rest() {
    everywhere(async |server| {
        let tracked = Tracked::new(&server, "track").await;
        for number in 1..=11 {
            let mut event = tracked.metered.event(&number.to_string(), &number.to_string());
            event["model"] = json!(format!("m{number:02}"));
            tracked.count(event).await;
            if number == 6 {
                tracked.roll_up().await;
            }
        }
        let path = format!("{}/costs/series?by=model", tracked.base);
        let series = tracked.admin().get(&path).await.json(200);
        let layers = series["layers"].as_array().unwrap();
        assert_eq!(layers.len(), 9);
        assert_eq!(
            (&layers[0]["key"], &layers[8]["is_rest"]),
            (&json!("m11"), &json!(true))
        );
        let days = series["on"].as_array().unwrap().len();
        let mut whole = Credits::ZERO;
        for layer in layers {
            assert_eq!(layer["credits"].as_array().unwrap().len(), days);
            for credits in layer["credits"].as_array().unwrap() {
                whole = whole
                    .checked_add(credits.as_str().unwrap().parse().unwrap())
                    .unwrap();
            }
        }
        assert_eq!(whole.to_string(), "66");
        let single = tracked
            .admin()
            .get(&format!("{}/costs/series", tracked.base))
            .await
            .json(200);
        assert_eq!(single["layers"].as_array().unwrap().len(), 1);
    });
}

#[test]
fn files_hold_the_same_figures_and_no_formula() {
    everywhere(async |server| {
        let tracked = Tracked::new(&server, "track").await;
        for (id, model, amount) in [
            ("1", "=1+1", "1.5"),
            ("2", "a,\"b\"\r\nc", "123456789.123456"),
            ("3", "ü", "3"),
        ] {
            let mut event = tracked.metered.event(id, amount);
            event["model"] = json!(model);
            event["tags"] = json!(["+x", "y"]);
            tracked.count(event).await;
        }
        let csv = tracked
            .admin()
            .get(&format!("{}/costs.csv?by=model&bom=true", tracked.base))
            .await;
        csv.expect_status(200);
        assert_eq!(
            csv.header("content-disposition"),
            Some("attachment; filename=\"costs.csv\"")
        );
        assert_eq!(
            csv.body,
            "\u{feff}model,name,credits,cost,currency,events\r\n\
             \"a,\"\"b\"\"\r\nc\",,123456789.123456,0,EUR,1\r\nü,,3,0,EUR,1\r\n'=1+1,,1.5,0,EUR,1\r\n"
        );
        let events = tracked
            .admin()
            .get(&format!("{}/costs/events.csv?model=%C3%BC", tracked.base))
            .await;
        assert_eq!(events.body.lines().count(), 2, "{}", events.body);
        assert!(events.body.contains(",3,,,,ü,,'+x y,"), "{}", events.body);
        let xlsx = tracked
            .admin()
            .get(&format!("{}/costs.xlsx?by=model", tracked.base))
            .await;
        xlsx.expect_status(200);
        assert!(xlsx.body.starts_with("PK"), "a zip");
    });
}

/// The alerts that somebody sees, as scope, subject and threshold.
async fn alerts(client: &Client, path: &str) -> Vec<(String, String, u64)> {
    let page = client.get(path).await.json(200);
    let alert = |alert: &Value| {
        let subject = match text(alert, "scope") {
            "group" => text(&alert["group"], "id"),
            "member" => text(&alert["person"], "id"),
            _ => "",
        };
        (
            text(alert, "scope").to_owned(),
            subject.to_owned(),
            alert["threshold"].as_u64().unwrap(),
        )
    };
    let mut alerts: Vec<_> = page["items"].as_array().unwrap().iter().map(alert).collect();
    alerts.sort_unstable();
    alerts
}

impl Tracked {
    fn alerts_path(&self) -> String {
        format!("{}/alerts", self.base)
    }

    /// Thresholds that the member has crossed, in any cycle.
    async fn of_member(&self) -> Vec<u64> {
        let own = format!("{}?scope=member", self.alerts_path());
        alerts(self.admin(), &own)
            .await
            .into_iter()
            .map(|(_, _, threshold)| threshold)
            .collect()
    }

    async fn command(&self, name: &str) {
        let view = self.admin().get(&self.base).await.json(200);
        let key = Uuid::now_v7().to_string();
        let headers = [
            ("if-match", text(&view, "etag")),
            ("idempotency-key", key.as_str()),
        ];
        let path = format!("/api/v1{}/{name}", self.base);
        self.admin()
            .send("POST", &path, &headers, None)
            .await
            .expect_status(200);
    }
}

#[test]
fn each_threshold_is_told_once_per_cycle_and_subject() {
    everywhere(async |server| {
        // The member has 1000, the group 50000, the organisation 100000.
        let tracked = Tracked::new(&server, "track").await;
        let world = &tracked.metered.world;
        tracked.count(tracked.metered.event("1", "499.999999")).await;
        tracked.roll_up().await;
        assert_eq!(tracked.of_member().await, [] as [u64; 0]);
        tracked.count(tracked.metered.event("2", "0.000001")).await;
        let store = &server.app.store;
        // Three at once: one has the lease, and a threshold is told once.
        let (a, b, c) = tokio::join!(
            store.roll_up(tracked.organisation, 9),
            store.roll_up(tracked.organisation, 9),
            store.roll_up(tracked.organisation, 9)
        );
        let raised: u64 = [a, b, c]
            .into_iter()
            .filter_map(|done| done.unwrap())
            .map(|done| done.alerts)
            .sum();
        assert_eq!(raised, 1);
        assert_eq!(tracked.of_member().await, [50]);
        // Down by a reversal, up again: not told twice.
        let charge = json!({"person_id": world.member.id, "amount": "400", "note": "x"});
        let charge = tracked
            .admin()
            .post(&format!("{}/charges", tracked.base), charge)
            .await
            .json(201);
        tracked.roll_up().await;
        assert_eq!(tracked.of_member().await, [50, 80]);
        let path = format!("/charges/{}/reverse", text(&charge, "id"));
        tracked
            .admin()
            .post(&path, json!({"note": "back"}))
            .await
            .expect_status(200);
        tracked.roll_up().await;
        tracked.count(tracked.metered.event("3", "24500")).await;
        tracked.roll_up().await;
        assert_eq!(tracked.of_member().await, [50, 80, 100]);
        let everything = alerts(tracked.admin(), &tracked.alerts_path()).await;
        let group = |threshold| ("group".to_owned(), world.owned_group.clone(), threshold);
        assert_eq!(everything[0], group(50), "{everything:?}");
        assert_eq!(everything.len(), 4);
        // Who sees which.
        for (client, expected) in [
            (&world.finance, 4),
            (&world.auditor, 4),
            (&world.owner, 4),
            (&world.manager, 3),
            (&world.member, 3),
        ] {
            assert_eq!(
                alerts(client, &tracked.alerts_path()).await.len(),
                expected,
                "{}",
                client.name
            );
        }
        let wallet = world.member.get("/me/wallet").await.json(200);
        let own: Vec<u64> = wallet["items"][0]["alerts"]
            .as_array()
            .unwrap()
            .iter()
            .map(|alert| alert["threshold"].as_u64().unwrap())
            .collect();
        assert_eq!(own, [100, 80, 50]);
        let attention = tracked
            .admin()
            .get(&format!("{}/attention", tracked.base))
            .await
            .json(200);
        let crossed = attention["items"]
            .as_array()
            .unwrap()
            .iter()
            .find(|item| item["kind"] == "threshold_crossed");
        let crossed = crossed.unwrap_or_else(|| panic!("{attention}"));
        assert_eq!(
            (&crossed["group_id"], &crossed["count"]),
            (&json!(world.owned_group), &json!(50))
        );
        let page = tracked
            .admin()
            .get(&format!("{}?limit=3", tracked.alerts_path()))
            .await
            .json(200);
        let rest = format!(
            "{}?limit=3&cursor={}",
            tracked.alerts_path(),
            text(&page, "next_cursor")
        );
        assert_eq!(
            tracked.admin().get(&rest).await.json(200)["items"]
                .as_array()
                .unwrap()
                .len(),
            1
        );
    });
}

#[test]
fn a_reset_begins_anew_and_its_undo_tells_nothing_twice() {
    everywhere(async |server| {
        let tracked = Tracked::new(&server, "track").await;
        tracked.count(tracked.metered.event("1", "600")).await;
        tracked.roll_up().await;
        assert_eq!(tracked.of_member().await, [50]);
        tracked.command("reset").await;
        tracked.roll_up().await;
        assert_eq!(
            tracked.of_member().await,
            [50],
            "nothing is used in the new cycle"
        );
        tracked.count(tracked.metered.event("2", "510")).await;
        tracked.roll_up().await;
        assert_eq!(tracked.of_member().await, [50, 50]);
        tracked.command("undo-reset").await;
        tracked.roll_up().await;
        // 1110 of 1000 in the cycle that is open again: 80 and 100 are new, 50 was told.
        assert_eq!(tracked.of_member().await, [50, 50, 80, 100]);
        tracked.count(tracked.metered.event("3", "1")).await;
        tracked.roll_up().await;
        assert_eq!(tracked.of_member().await, [50, 50, 80, 100]);
        let view = tracked.admin().get(&tracked.base).await.json(200);
        let of_cycle = format!(
            "{}?cycle_id={}",
            tracked.alerts_path(),
            text(&view["cycle"], "id")
        );
        assert_eq!(
            alerts(tracked.admin(), &of_cycle).await.len(),
            4,
            "a stretch is the cycle"
        );
    });
}

#[test]
fn thresholds_are_a_setting_with_a_history() {
    everywhere(async |server| {
        let tracked = Tracked::new(&server, "track").await;
        let view = tracked.admin().get(&tracked.base).await.json(200);
        assert_eq!(view["alert_thresholds"], json!([50, 80, 100]));
        let etag = text(&view, "etag").to_owned();
        for wrong in [
            json!([0]),
            json!([1_001]),
            json!([5, 5]),
            json!([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]),
            json!([-1]),
        ] {
            let body = json!({"alert_thresholds": wrong});
            let reply = tracked.admin().edit("PATCH", &tracked.base, &etag, body).await;
            assert!((400..500).contains(&reply.status), "{}", reply.body);
        }
        let body = json!({"alert_thresholds": [25, 10]});
        let changed = tracked
            .admin()
            .edit("PATCH", &tracked.base, &etag, body)
            .await
            .json(200);
        assert_eq!(changed["credit_type"]["alert_thresholds"], json!([10, 25]));
        let history = tracked
            .admin()
            .get(&format!("{}/setting-changes", tracked.base))
            .await
            .json(200);
        assert_eq!(history["items"][0]["setting"], "alert_thresholds");
        assert_eq!(history["items"][0]["before"], "50 %, 80 %, 100 %");
        tracked.count(tracked.metered.event("1", "260")).await;
        tracked.roll_up().await;
        assert_eq!(tracked.of_member().await, [10, 25]);
        let view = tracked.admin().get(&tracked.base).await.json(200);
        let none = json!({"alert_thresholds": []});
        tracked
            .admin()
            .edit("PATCH", &tracked.base, text(&view, "etag"), none)
            .await
            .expect_status(200);
        tracked.count(tracked.metered.event("2", "5000")).await;
        tracked.roll_up().await;
        assert_eq!(tracked.of_member().await, [10, 25]);
    });
}

/// A roll-up that was killed between reading and adding has added nothing: whoever comes after its lease does.
#[test]
fn a_lease_that_is_not_given_back_ends_by_itself() {
    somewhere_empty(async |server| {
        let tracked = Tracked::new(&server, "track").await;
        tracked.count(tracked.metered.event("1", "600")).await;
        let now = server.app.store.now().plus_seconds(60).micros();
        let dead = format!(
            "INSERT INTO cost_rollup (organisation_id, seq, position, leased_until) SELECT id, 0, -1, {now} FROM organisation
             ON CONFLICT (organisation_id) DO UPDATE SET leased_until = {now}"
        );
        allowance_store::testing::execute(&server.app.store, &dead)
            .await
            .unwrap();
        assert_eq!(
            server.app.store.roll_up(tracked.organisation, 9).await.unwrap(),
            None
        );
        assert_eq!(tracked.costs("").await["total"]["credits"], "600");
        server.pass_seconds(61);
        let done = server
            .app
            .store
            .roll_up(tracked.organisation, 9)
            .await
            .unwrap()
            .unwrap();
        assert_eq!((done.events, done.alerts), (1, 1));
        assert_eq!(
            server
                .app
                .store
                .list_due_rollups(9)
                .await
                .unwrap()
                .contains(&tracked.organisation),
            false
        );
    });
}

#[test]
fn a_roll_up_that_was_changed_by_hand_is_found() {
    somewhere_empty(async |server| {
        let tracked = Tracked::new(&server, "track").await;
        tracked.count(tracked.metered.event("1", "600")).await;
        tracked.roll_up().await;
        tracked.metered.assert_proven().await;
        let forged = "UPDATE cost_sum SET credits_low = credits_low - 1";
        allowance_store::testing::execute(&server.app.store, forged)
            .await
            .unwrap();
        let books = tracked.admin().get("/books").await.json(200);
        let finding = books["findings"][0].as_str().unwrap_or_else(|| panic!("{books}"));
        assert!(finding.starts_with("costs, cycle 1, grp_"), "{finding}");
        assert!(
            finding.contains("tracked 599999999, entries say 600000000"),
            "{finding}"
        );
    });
}
