//! Random histories: wherever the mark of the roll-up stands, figures are roll-up and tail, and agree with the ledger.

use serde_json::{Value, json};
use uuid::Uuid;

use crate::costs::{Tracked, assert_difference};
use crate::support::{PASSWORD, somewhere_empty};

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
