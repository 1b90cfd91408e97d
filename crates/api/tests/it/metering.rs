//! Usage events and holds: counted once, exactly, never beyond what `block` allows.

use allowance_api_types::problem::ErrorCode;
use serde_json::{Value, json};

use crate::api_keys::key;
use crate::support::{Client, Server, World, everywhere, somewhere_empty};

/// A world with a platform, whose member has an allocation.
pub struct Metered {
    pub world: World,
    pub platform: Client,
}

impl Metered {
    pub async fn new(server: &Server, enforcement: &str, monthly: &str) -> Self {
        let world = World::new(server).await;
        Self::of(world, enforcement, monthly).await
    }

    /// The same in a world of the test's own.
    pub async fn of(world: World, enforcement: &str, monthly: &str) -> Self {
        let scopes = ["usage:write", "holds:write", "read"];
        let (_, platform) = key(&world.admin, &scopes).await;
        let metered = Self { world, platform };
        metered.settings(json!({"enforcement": enforcement})).await;
        metered.allocate(monthly).await;
        metered
    }

    /// Edits the credit type.
    pub async fn settings(&self, body: Value) {
        let admin = &self.world.admin;
        let path = format!("/credit-types/{}", self.world.credit_type);
        let view = admin.get(&path).await.json(200);
        admin
            .edit("PATCH", &path, view["etag"].as_str().unwrap(), body)
            .await
            .expect_status(200);
    }

    /// Gives the member's group plenty and the member so much.
    async fn allocate(&self, monthly: &str) {
        let world = &self.world;
        let groups = format!("/credit-types/{}/groups", world.credit_type);
        let rows = world.admin.get(&groups).await.json(200);
        let row = rows["items"]
            .as_array()
            .unwrap()
            .iter()
            .find(|row| row["id"] == world.owned_group)
            .unwrap();
        let path = format!("{groups}/{}", world.owned_group);
        let plenty = json!({"monthly": "50000"});
        world
            .admin
            .edit("PATCH", &path, row["etag"].as_str().unwrap(), plenty)
            .await
            .expect_status(200);
        let row = self.member().await;
        let path = format!("/credit-types/{}/members/{}", world.credit_type, world.member.id);
        world
            .admin
            .edit(
                "PATCH",
                &path,
                row["etag"].as_str().unwrap(),
                json!({"monthly": monthly}),
            )
            .await
            .expect_status(200);
    }

    /// The member's row in the grid.
    pub async fn member(&self) -> Value {
        let world = &self.world;
        let path = format!(
            "/credit-types/{}/groups/{}/members",
            world.credit_type, world.owned_group
        );
        let rows = world.admin.get(&path).await.json(200);
        let items = rows["items"].as_array().unwrap();
        items
            .iter()
            .find(|row| row["person"]["id"] == world.member.id)
            .unwrap()
            .clone()
    }

    /// Used, Held and Remaining of the member.
    pub async fn figures(&self) -> [String; 3] {
        let row = self.member().await;
        ["used", "held", "remaining"].map(|name| row[name].as_str().unwrap().to_owned())
    }

    pub async fn assert_proven(&self) {
        let books = self.world.admin.get("/books").await.json(200);
        assert_eq!(books["findings"], json!([]), "{books}");
    }

    /// An event of the member.
    pub fn event(&self, id: &str, amount: &str) -> Value {
        json!({"source": "gateway", "id": id, "person_id": self.world.member.id, "amount": amount})
    }

    pub fn cost(&self, id: &str, cost: &str) -> Value {
        json!({
            "source": "gateway", "id": id, "person_id": self.world.member.id,
            "cost": {"amount": cost, "currency": "EUR"},
        })
    }

    fn hold(&self, id: &str, amount: &str) -> Value {
        self.event(id, amount)
    }

    /// Posts a body that is no `Value`: numbers exactly as they are written.
    pub async fn post_text(&self, text: &str) -> crate::support::Reply {
        let body = Some(("application/json", text.as_bytes().to_vec()));
        self.platform
            .send("POST", "/api/v1/usage-events", &[], body)
            .await
    }
}

#[test]
fn an_event_is_counted_once_and_answered_as_it_was() {
    everywhere(async |server| {
        let metered = Metered::new(&server, "block", "100").await;
        let event = metered.event("1", "2.5");
        let first = metered.platform.post("/usage-events", event.clone()).await;
        assert_eq!(first.header("idempotent-replayed"), None);
        let first = first.json(201);
        assert_eq!(
            (&first["amount"], &first["is_replay"]),
            (&json!("2.5"), &json!(false))
        );
        let again = metered.platform.post("/usage-events", event.clone()).await;
        assert_eq!(again.header("idempotent-replayed"), Some("true"));
        let mut again = again.json(201);
        assert_eq!(again["is_replay"], true);
        again["is_replay"] = json!(false);
        assert_eq!(again, first);
        for other in [
            metered.event("1", "2.6"),
            json!({"source": "gateway", "id": "1", "email": metered.world.member.email, "amount": "2.5"}),
            json!({"source": "gateway", "id": "1", "person_id": metered.world.member.id, "amount": "2.5", "model": "m"}),
        ] {
            metered
                .platform
                .post("/usage-events", other)
                .await
                .refusal(ErrorCode::EventReused);
        }
        // Another source may use the same id.
        let other =
            json!({"source": "batch", "id": "1", "person_id": metered.world.member.id, "amount": "1"});
        metered
            .platform
            .post("/usage-events", other)
            .await
            .expect_status(201);
        assert_eq!(metered.figures().await, ["3.5", "0", "96.5"]);
        metered.assert_proven().await;
    });
}

#[test]
fn a_cost_is_read_exactly_and_becomes_credits_once() {
    everywhere(async |server| {
        // The factor of the world's credit type is 100.
        let metered = Metered::new(&server, "block", "1000").await;
        let person = &metered.world.member.id;
        for (id, number, cost, amount) in [
            ("a", "4.9999999999999996e-05", "0.00005", "0.005"),
            ("b", "\"4.9999999999999996e-05\"", "0.00005", "0.005"),
            ("c", "0.000000001234", "0.000000001", "0"),
            ("d", "1.5e-9", "0.000000002", "0"),
            ("e", "0.018722500000000001", "0.0187225", "1.87225"),
            ("f", "1E-1", "0.1", "10"),
            ("g", "2", "2", "200"),
        ] {
            let text = format!(
                r#"{{"source":"exact","id":"{id}","person_id":"{person}","cost":{{"amount":{number},"currency":"EUR"}}}}"#
            );
            let view = metered.post_text(&text).await.json(201);
            assert_eq!(
                (&view["cost"]["amount"], &view["amount"]),
                (&json!(cost), &json!(amount)),
                "{number}"
            );
        }
        assert_eq!(metered.figures().await[0], "211.88225");
        for number in [
            "-1",
            "1e400",
            "\"\"",
            "\"1,5\"",
            "null",
            "true",
            "[]",
            "9300000000",
            "\"NaN\"",
        ] {
            let text = format!(
                r#"{{"source":"exact","id":"z","person_id":"{person}","cost":{{"amount":{number},"currency":"EUR"}}}}"#
            );
            let reply = metered.post_text(&text).await;
            // What no JSON number can say is no JSON.
            let expected = if number == "1e400" { 400 } else { 422 };
            assert_eq!(reply.status, expected, "{number}: {}", reply.body);
        }
        let dollars = json!({
            "source": "exact", "id": "usd", "person_id": person, "cost": {"amount": "1", "currency": "USD"},
        });
        metered
            .platform
            .post("/usage-events", dollars)
            .await
            .refusal(ErrorCode::CurrencyMismatch);
        metered.assert_proven().await;
    });
}

#[test]
fn while_the_factor_is_zero_use_is_recorded_and_burns_nothing() {
    everywhere(async |server| {
        let metered = Metered::new(&server, "block", "10").await;
        metered
            .settings(json!({"rate_side": "factor", "rate": "0"}))
            .await;
        let view = metered
            .platform
            .post("/usage-events", metered.cost("1", "5"))
            .await
            .json(201);
        assert_eq!(view["amount"], "0");
        metered
            .settings(json!({"rate_side": "factor", "rate": "1"}))
            .await;
        // What was recorded keeps its factor; later events have the new one.
        let again = metered
            .platform
            .post("/usage-events", metered.cost("1", "5"))
            .await;
        assert_eq!(again.json(201)["amount"], "0");
        let view = metered
            .platform
            .post("/usage-events", metered.cost("2", "5"))
            .await
            .json(201);
        assert_eq!(view["amount"], "5");
        assert_eq!(metered.figures().await, ["5", "0", "5"]);
    });
}

#[test]
fn each_item_of_a_batch_has_its_own_answer() {
    everywhere(async |server| {
        let metered = Metered::new(&server, "block", "10").await;
        let world = &metered.world;
        let batch = json!([
            metered.event("1", "4"),
            metered.event("1", "4"),
            metered.event("1", "5"),
            {"source": "gateway", "id": "2", "email": world.member.email.to_uppercase(), "amount": "4"},
            metered.event("3", "4"),
            {"source": "gateway", "id": "4", "email": "nobody@example.org", "amount": "1"},
            {"source": "gateway", "id": "5", "external_id": "4711", "amount": "1"},
            {"source": "gateway", "id": "6", "person_id": world.other_org.id, "amount": "1"},
            {"source": "gateway", "id": "7", "person_id": world.member.id},
            {"source": "gateway", "id": "8", "amount": "1"},
            {"source": "gateway", "id": "9", "person_id": world.member.id, "amount": "1", "prompt": "secret"},
            metered.event("10", "2"),
            {"source": "gateway", "id": "11", "person_id": world.member.id, "amount": "1",
             "credit_type_id": "crt_ffffffffffffffffffffffffffffffff"},
            "nothing",
            metered.event("12", "-1"),
            metered.event("13", "0"),
        ]);
        let view = metered
            .platform
            .post("/usage-events", batch.clone())
            .await
            .json(200);
        let codes: Vec<Value> = view["results"]
            .as_array()
            .unwrap()
            .iter()
            .map(|result| match &result["problem"] {
                Value::Null => result["event"]["is_replay"].clone(),
                problem => problem["code"].clone(),
            })
            .collect();
        assert_eq!(
            codes,
            vec![
                json!(false),
                json!(true),
                json!("event_reused"),
                json!(false),
                json!("insufficient_credits"),
                json!("unknown_person"),
                json!("unknown_person"),
                json!("unknown_person"),
                json!("invalid_fields"),
                json!("invalid_fields"),
                json!("invalid_fields"),
                json!(false),
                json!("not_found"),
                json!("invalid_fields"),
                json!("amount_out_of_range"),
                json!(false),
            ]
        );
        assert_eq!(view["results"][4]["problem"]["over_by"], "2");
        assert_eq!(
            [&view["recorded"], &view["replayed"], &view["refused"]],
            [&json!(4), &json!(1), &json!(11)]
        );
        assert_eq!(metered.figures().await, ["10", "0", "0"]);
        // The same file again, the other way round: nothing changes.
        let mut items = batch.as_array().unwrap().clone();
        items.reverse();
        let again = metered
            .platform
            .post("/usage-events", json!(items))
            .await
            .json(200);
        assert_eq!(again["recorded"], 0);
        assert_eq!(metered.figures().await, ["10", "0", "0"]);
        metered.assert_proven().await;

        for wrong in [json!([]), json!(vec![metered.event("x", "1"); 501])] {
            metered
                .platform
                .post("/usage-events", wrong)
                .await
                .refusal(ErrorCode::InvalidFields);
        }
        metered.post_text("[{]").await.refusal(ErrorCode::UnreadableBody);
        metered.post_text("").await.refusal(ErrorCode::UnreadableBody);
    });
}

#[test]
fn beyond_what_is_left_the_enforcement_or_the_wish_decides() {
    everywhere(async |server| {
        for (enforcement, wish, is_counted) in [
            ("track", None, true),
            ("warn", None, true),
            ("block", None, false),
            ("track", Some("reject"), false),
            ("warn", Some("reject"), false),
            ("block", Some("record"), true),
        ] {
            let metered = Metered::new(&server, enforcement, "10").await;
            let mut event = metered.event("1", "13");
            if let Some(wish) = wish {
                event["on_insufficient"] = json!(wish);
            }
            let reply = metered.platform.post("/usage-events", event).await;
            if is_counted {
                assert_eq!(reply.json(201)["over_by"], "3", "{enforcement} {wish:?}");
            } else {
                let problem = reply.refusal(ErrorCode::InsufficientCredits);
                assert_eq!(problem.over_by, Some("3".parse().unwrap()));
                assert_eq!(metered.figures().await, ["0", "0", "10"]);
            }
        }
    });
}

#[test]
fn the_future_is_refused_and_the_past_counts_late() {
    somewhere_empty(async |server| {
        let metered = Metered::new(&server, "block", "100").await;
        let now = server.app.store.now();
        let at = |id: &str, seconds: i64| {
            let mut event = metered.event(id, "1");
            event["happened_at"] = json!(now.plus_seconds(seconds).to_string());
            event
        };
        metered
            .platform
            .post("/usage-events", at("1", 301))
            .await
            .refusal(ErrorCode::InTheFuture);
        let soon = metered
            .platform
            .post("/usage-events", at("2", 299))
            .await
            .json(201);
        assert_eq!(soon["is_late"], false);
        let long_ago = metered
            .platform
            .post("/usage-events", at("3", -400 * 86_400))
            .await
            .json(201);
        assert_eq!(long_ago["is_late"], true);
        assert_ne!(long_ago["happened_at"], long_ago["recorded_at"]);
        // What happened cannot be asked about any more: it is counted, in `block` too, unless the caller is stricter.
        let mut much = at("4", -400 * 86_400);
        much["amount"] = json!("1000");
        let view = metered
            .platform
            .post("/usage-events", much.clone())
            .await
            .json(201);
        assert_eq!(view["over_by"], "902");
        much["id"] = json!("5");
        much["on_insufficient"] = json!("reject");
        metered
            .platform
            .post("/usage-events", much)
            .await
            .refusal(ErrorCode::InsufficientCredits);
        metered.assert_proven().await;
    });
}

#[test]
fn of_an_archived_credit_type_nothing_is_used_and_the_next_one_is_the_default() {
    everywhere(async |server| {
        let metered = Metered::new(&server, "block", "10").await;
        let admin = &metered.world.admin;
        let second = json!({
            "name": "Courses", "decimals": 2, "cadence": "calendar_month", "limit": "500", "rate_side": "value",
            "rate": "10", "enforcement": "track", "distribution": "individual",
        });
        let second = admin.post("/credit-types", second).await.json(201);
        let hold = metered
            .platform
            .post("/holds", metered.hold("1", "2"))
            .await
            .json(201);
        let path = format!("/credit-types/{}", metered.world.credit_type);
        let archive = async || {
            let view = admin.get(&path).await.json(200);
            let (etag, path) = (view["etag"].as_str().unwrap(), format!("{path}/archive"));
            admin
                .send(
                    "POST",
                    &format!("/api/v1{path}"),
                    &[("if-match", &format!("\"{etag}\""))],
                    None,
                )
                .await
        };
        archive().await.refusal(ErrorCode::StillInUse);
        let release = format!("/holds/{}/release", hold["hold_id"].as_str().unwrap());
        metered
            .platform
            .post(&release, json!({}))
            .await
            .expect_status(200);
        archive().await.expect_status(200);
        let event = metered.event("1", "1");
        let view = metered.platform.post("/usage-events", event).await.json(201);
        assert_eq!(view["credit_type_id"], second["id"]);
        let mut named = metered.event("2", "1");
        named["credit_type_id"] = json!(metered.world.credit_type);
        metered
            .platform
            .post("/usage-events", named)
            .await
            .refusal(ErrorCode::CreditTypeArchived);
    });
}

#[test]
fn a_hold_goes_through_a_reset_and_its_undo() {
    everywhere(async |server| {
        let metered = Metered::new(&server, "track", "10").await;
        let path = format!("/credit-types/{}", metered.world.credit_type);
        let admin = &metered.world.admin;
        let command = async |what: &str| {
            let view = admin.get(&path).await.json(200);
            let etag = format!("\"{}\"", view["etag"].as_str().unwrap());
            let key = uuid::Uuid::now_v7().to_string();
            let headers = [("if-match", etag.as_str()), ("idempotency-key", key.as_str())];
            let path = format!("/api/v1{path}/{what}");
            admin.send("POST", &path, &headers, None).await.expect_status(200);
        };
        let use_one = async |id: &str| {
            let event = metered.event(id, "1");
            metered
                .platform
                .post("/usage-events", event)
                .await
                .expect_status(201);
        };
        // The second is covered only in part: what it does not stand on stays behind when the cycle ends.
        let first = metered
            .platform
            .post("/holds", metered.hold("1", "6"))
            .await
            .json(201);
        let second = metered
            .platform
            .post("/holds", metered.hold("2", "7"))
            .await
            .json(201);
        assert_eq!(metered.figures().await, ["0", "13", "-3"]);
        command("reset").await;
        use_one("1").await;
        assert_eq!(metered.figures().await, ["1", "10", "9"]);
        metered.assert_proven().await;
        command("undo-reset").await;
        assert_eq!(metered.figures().await, ["1", "13", "-4"]);
        metered.assert_proven().await;
        let capture = |hold: &Value| format!("/holds/{}/capture", hold["hold_id"].as_str().unwrap());
        metered
            .platform
            .post(&capture(&first), json!({"amount": "2"}))
            .await
            .expect_status(200);
        metered
            .platform
            .post(&capture(&second), json!({}))
            .await
            .expect_status(200);
        assert_eq!(metered.figures().await, ["10", "0", "0"]);
        metered.assert_proven().await;
    });
}

#[test]
fn prompts_and_endless_texts_have_no_place() {
    everywhere(async |server| {
        let metered = Metered::new(&server, "track", "10").await;
        let with = |field: &str, value: Value| {
            let mut event = metered.event("1", "1");
            event[field] = value;
            event
        };
        let long = "x".repeat(501);
        let many: serde_json::Map<String, Value> = (0..21).map(|n| (n.to_string(), json!("x"))).collect();
        for wrong in [
            with("messages", json!([{"role": "user", "content": "secret"}])),
            with("metadata", json!({"k": long})),
            with("metadata", json!({"x".repeat(65): "v"})),
            with("metadata", json!({"k": {"deep": 1}})),
            with("metadata", Value::Object(many)),
            with("tags", json!(vec!["t"; 21])),
            with("tags", json!(["x".repeat(101)])),
            with("model", json!("x".repeat(201))),
            with("source", json!("")),
            with("id", json!("x".repeat(256))),
            with("id", json!("a\u{0}b")),
            with("on_insufficient", json!("ignore")),
            with("happened_at", json!("yesterday")),
            with("amount", json!("0.0000001")),
            with("amount", json!(1)),
            with("cost", json!({"amount": "1", "currency": "EUR"})),
            with("email", json!(metered.world.member.email)),
        ] {
            let reply = metered.platform.post("/usage-events", wrong.clone()).await;
            assert_eq!(reply.status, 422, "{wrong}: {}", reply.body);
        }
        let good = json!({
            "source": "Ärger/مرحبا", "id": "'; DROP TABLE person; --", "person_id": metered.world.member.id,
            "amount": "1", "provider": "p", "model": "m", "operation": "chat", "tags": ["a", "ü"],
            "metadata": {"run": "a\u{0}b", "ключ": "значение"},
        });
        metered
            .platform
            .post("/usage-events", good.clone())
            .await
            .expect_status(201);
        metered
            .platform
            .post("/usage-events", good)
            .await
            .expect_status(201);
        assert_eq!(metered.figures().await[0], "1");
    });
}

#[test]
fn near_the_end_of_numbers_nothing_wraps() {
    everywhere(async |server| {
        let metered = Metered::new(&server, "track", "10").await;
        for beyond in [
            "9223372036854.775807",
            "9223372036854.775808",
            "99999999999999999999",
        ] {
            let event = metered.event("beyond", beyond);
            let reply = metered.platform.post("/usage-events", event).await;
            assert_eq!(reply.status, 422, "{beyond}: {}", reply.body);
        }
        let mut counted = 0;
        for n in 0..12 {
            let event = metered.event(&n.to_string(), "1000000000000");
            let reply = metered.platform.post("/usage-events", event).await;
            if reply.status == 201 {
                counted += 1;
            } else {
                reply.refusal(ErrorCode::AmountOutOfRange);
            }
        }
        assert_eq!(metered.figures().await[0], format!("{counted}000000000000"));
        assert!(counted < 10, "{counted}");
        metered
            .settings(json!({"rate_side": "factor", "rate": "9000000000"}))
            .await;
        let huge = metered.cost("huge", "9000000000");
        metered
            .platform
            .post("/usage-events", huge)
            .await
            .refusal(ErrorCode::AmountOutOfRange);
        metered.assert_proven().await;
    });
}

#[test]
fn sixty_four_platforms_share_a_hundred_exactly() {
    everywhere(async |server| {
        let metered = Metered::new(&server, "block", "100").await;
        let mut asked = Vec::new();
        for client in 0..64 {
            let (platform, event) = (metered.platform.clone(), metered.event(&client.to_string(), "3"));
            asked.push(tokio::spawn(async move {
                platform.post("/usage-events", event).await.status
            }));
        }
        let mut granted = 0;
        for one in asked {
            match one.await.unwrap() {
                201 => granted += 1,
                status => assert_eq!(status, 409),
            }
        }
        assert_eq!(granted, 33);
        assert_eq!(metered.figures().await, ["99", "0", "1"]);
        metered.assert_proven().await;
    });
}

#[test]
fn sixty_four_times_the_same_event_is_one() {
    everywhere(async |server| {
        let metered = Metered::new(&server, "block", "100").await;
        let mut asked = Vec::new();
        for _ in 0..64 {
            let (platform, event) = (metered.platform.clone(), metered.event("same", "3"));
            asked.push(tokio::spawn(async move {
                platform.post("/usage-events", event).await.json(201)
            }));
        }
        let mut fresh = 0;
        for one in asked {
            fresh += i32::from(one.await.unwrap()["is_replay"] == false);
        }
        assert_eq!(fresh, 1);
        assert_eq!(metered.figures().await[0], "3");
    });
}

#[test]
fn a_hold_reserves_and_ends_once() {
    everywhere(async |server| {
        let metered = Metered::new(&server, "block", "10").await;
        let (platform, path) = (&metered.platform, |id: &Value, what: &str| {
            format!("/holds/{}/{what}", id.as_str().unwrap())
        });
        let first = platform.post("/holds", metered.hold("1", "4")).await.json(201);
        assert_eq!((&first["state"], &first["amount"]), (&json!("open"), &json!("4")));
        let second = platform.post("/holds", metered.hold("2", "5")).await.json(201);
        assert_eq!(metered.figures().await, ["0", "9", "1"]);
        let refused = platform.post("/holds", metered.hold("3", "2")).await;
        assert_eq!(
            refused.refusal(ErrorCode::InsufficientCredits).over_by,
            Some("1".parse().unwrap())
        );
        let again = platform.post("/holds", metered.hold("1", "4")).await;
        assert_eq!(again.header("idempotent-replayed"), Some("true"));
        assert_eq!(again.json(201), first);
        platform
            .post("/holds", metered.hold("1", "3"))
            .await
            .refusal(ErrorCode::EventReused);

        let capture = path(&first["hold_id"], "capture");
        platform
            .post(&capture, json!({"amount": "4.5"}))
            .await
            .refusal(ErrorCode::CaptureExceedsHold);
        let captured = platform.post(&capture, json!({"amount": "1.5"})).await.json(200);
        assert_eq!(
            (&captured["state"], &captured["captured"]),
            (&json!("captured"), &json!("1.5"))
        );
        assert_eq!(metered.figures().await, ["1.5", "5", "3.5"]);
        let again = platform.post(&capture, json!({"amount": "1.5"})).await;
        assert_eq!(again.header("idempotent-replayed"), Some("true"));
        assert_eq!(again.json(200), captured);
        platform
            .post(&capture, json!({"amount": "1"}))
            .await
            .refusal(ErrorCode::HoldEnded);
        platform
            .post(&path(&first["hold_id"], "release"), json!({}))
            .await
            .refusal(ErrorCode::HoldEnded);

        let release = path(&second["hold_id"], "release");
        let released = platform.post(&release, json!({})).await.json(200);
        assert_eq!(released["state"], "released");
        assert_eq!(platform.post(&release, json!({})).await.json(200), released);
        platform
            .post(&path(&second["hold_id"], "capture"), json!({}))
            .await
            .refusal(ErrorCode::HoldEnded);
        assert_eq!(metered.figures().await, ["1.5", "0", "8.5"]);
        // Sent once more, the first request gets its first answer, whatever became of the hold.
        let again = platform.post("/holds", metered.hold("1", "4")).await;
        assert_eq!(again.header("idempotent-replayed"), Some("true"));
        assert_eq!(again.json(201), first);

        let nowhere = json!("hld_ffffffffffffffffffffffffffffffff");
        platform
            .post(&path(&nowhere, "capture"), json!({}))
            .await
            .refusal(ErrorCode::NotFound);
        metered.assert_proven().await;
    });
}

#[test]
fn a_capture_takes_more_only_within_the_tolerance() {
    everywhere(async |server| {
        let metered = Metered::new(&server, "block", "10").await;
        let mut hold = metered.hold("1", "8");
        hold["tolerance"] = json!("3");
        let hold = metered.platform.post("/holds", hold).await.json(201);
        let capture = format!("/holds/{}/capture", hold["hold_id"].as_str().unwrap());
        let refused = metered.platform.post(&capture, json!({"amount": "11.5"})).await;
        assert_eq!(
            refused.refusal(ErrorCode::CaptureExceedsHold).over_by,
            Some("0.5".parse().unwrap())
        );
        let captured = metered
            .platform
            .post(&capture, json!({"amount": "11"}))
            .await
            .json(200);
        assert_eq!(captured["captured"], "11");
        assert_eq!(metered.figures().await, ["11", "0", "-1"]);
        let again = metered.platform.post(&capture, json!({"amount": "11"})).await;
        assert_eq!(again.header("idempotent-replayed"), Some("true"));
        metered.assert_proven().await;
    });
}

#[test]
fn a_hold_by_estimated_cost_is_captured_by_cost() {
    everywhere(async |server| {
        let metered = Metered::new(&server, "block", "1000").await;
        let hold = json!({
            "source": "gateway", "id": "1", "email": metered.world.member.email,
            "estimated_cost": {"amount": "0.05", "currency": "EUR"}, "note": "A run",
        });
        let hold = metered.platform.post("/holds", hold).await.json(201);
        assert_eq!(
            (&hold["amount"], &hold["estimated_cost"]["amount"]),
            (&json!("5"), &json!("0.05"))
        );
        // A new factor is for later holds: this one is consumed by the one it was made by.
        metered
            .settings(json!({"rate_side": "factor", "rate": "1"}))
            .await;
        let capture = format!("/holds/{}/capture", hold["hold_id"].as_str().unwrap());
        let cost = json!({"cost": {"amount": 0.0187225, "currency": "EUR"}});
        let captured = metered.platform.post(&capture, cost).await.json(200);
        assert_eq!(captured["captured"], "1.87225");
        metered
            .settings(json!({"rate_side": "factor", "rate": "0"}))
            .await;
        let hold = json!({
            "source": "gateway", "id": "2", "email": metered.world.member.email,
            "estimated_cost": {"amount": "0.05", "currency": "EUR"},
        });
        metered
            .platform
            .post("/holds", hold)
            .await
            .refusal(ErrorCode::RateMissing);
    });
}

#[test]
fn a_hold_expires_and_outlives_its_cycle() {
    somewhere_empty(async |server| {
        let metered = Metered::new(&server, "block", "10").await;
        let mut short = metered.hold("1", "4");
        short["expires_in"] = json!(60);
        let short = metered.platform.post("/holds", short).await.json(201);
        let mut long = metered.hold("2", "5");
        long["expires_in"] = json!(30 * 86_400);
        let long = metered.platform.post("/holds", long).await.json(201);
        server.pass_seconds(60);
        // Before anybody has swept it, it can no longer be captured.
        let capture = |hold: &Value| format!("/holds/{}/capture", hold["hold_id"].as_str().unwrap());
        metered
            .platform
            .post(&capture(&short), json!({}))
            .await
            .refusal(ErrorCode::HoldEnded);
        assert_eq!(server.app.expire_holds().await.unwrap(), 1);
        assert_eq!(server.app.expire_holds().await.unwrap(), 0);
        assert_eq!(metered.figures().await, ["0", "5", "5"]);
        let page = metered.platform.get("/holds?state=expired").await.json(200);
        assert_eq!(page["items"][0]["hold_id"], short["hold_id"]);
        assert_eq!(page["items"].as_array().unwrap().len(), 1);

        // Into the next cycle it takes what it stands on, and is captured there.
        let admin = &metered.world.admin;
        let path = format!("/credit-types/{}", metered.world.credit_type);
        let overview = admin.get(&format!("{path}/overview")).await.json(200);
        let ends_at: allowance_values::Timestamp =
            overview["cycle"]["ends_at"].as_str().unwrap().parse().unwrap();
        let seconds = (ends_at.micros() - server.app.store.now().micros()) / 1_000_000 + 1;
        if seconds < 30 * 86_400 - 60 {
            server.pass_seconds(seconds);
            let admin = admin_again(&server, admin).await;
            let metered = Metered {
                world: World {
                    admin,
                    ..metered.world
                },
                platform: metered.platform,
            };
            let captured = metered
                .platform
                .post(&capture(&long), json!({"amount": "2"}))
                .await
                .json(200);
            assert_eq!(captured["captured"], "2");
            let row = metered.member().await;
            assert_eq!(
                [&row["used"], &row["held"], &row["carried"], &row["remaining"]],
                [&json!("2"), &json!("0"), &json!("5"), &json!("13")]
            );
            metered.assert_proven().await;
        }
    });
}

/// The admin, signed in anew: a session does not last as long as a cycle.
async fn admin_again(server: &Server, admin: &Client) -> Client {
    let email = admin.email.parse().unwrap();
    let password = crate::support::PASSWORD.to_owned();
    let signed_in = server
        .app
        .sign_in(&email, password, "again", "r".to_owned())
        .await;
    admin.with_token(&signed_in.unwrap().access_token)
}

#[test]
fn people_see_holds_of_theirs_and_those_above_release_them() {
    everywhere(async |server| {
        let metered = Metered::new(&server, "block", "10").await;
        let world = &metered.world;
        let hold = metered
            .platform
            .post("/holds", metered.hold("1", "4"))
            .await
            .json(201);
        let own = json!({"source": "gateway", "id": "2", "person_id": world.owner.id, "amount": "0.5"});
        metered.settings(json!({"enforcement": "track"})).await;
        let own = metered.platform.post("/holds", own).await.json(201);
        for (client, count) in [
            (&world.admin, 2),
            (&world.finance, 2),
            (&world.auditor, 2),
            (&world.manager, 1),
            (&world.owner, 2),
            (&world.member, 1),
            (&world.other_org, 0),
            (&metered.platform, 2),
        ] {
            let page = client.get("/holds?state=open").await.json(200);
            assert_eq!(page["items"].as_array().unwrap().len(), count, "{}", client.name);
        }
        let person = format!("/holds?person_id={}&limit=1", world.member.id);
        let page = world.admin.get(&person).await.json(200);
        assert_eq!(page["items"][0]["hold_id"], hold["hold_id"]);
        let first = world.admin.get("/holds?limit=1").await.json(200);
        assert_eq!(first["items"][0]["hold_id"], own["hold_id"], "newest first");
        let cursor = first["next_cursor"].as_str().unwrap();
        let next = world
            .admin
            .get(&format!("/holds?limit=1&cursor={cursor}"))
            .await
            .json(200);
        assert_eq!(next["items"][0]["hold_id"], hold["hold_id"]);
        world
            .admin
            .get(&format!("/holds?limit=1&state=open&cursor={cursor}"))
            .await
            .refusal(ErrorCode::InvalidCursor);

        let path = |hold: &Value| format!("/holds/{}/release", hold["hold_id"].as_str().unwrap());
        world
            .member
            .post(&path(&hold), json!({}))
            .await
            .refusal(ErrorCode::Forbidden);
        world
            .auditor
            .post(&path(&hold), json!({}))
            .await
            .refusal(ErrorCode::Forbidden);
        world
            .other_org
            .post(&path(&hold), json!({}))
            .await
            .refusal(ErrorCode::NotFound);
        world
            .owner
            .post(&path(&own), json!({}))
            .await
            .refusal(ErrorCode::OwnAffair);
        let released = world.owner.post(&path(&hold), json!({})).await.json(200);
        assert_eq!(released["state"], "released");
        world.admin.post(&path(&own), json!({})).await.json(200);
        world.admin.post(&path(&own), json!({})).await.json(200);
        let log = world
            .admin
            .get("/audit-entries?action=release_hold")
            .await
            .json(200);
        assert_eq!(log["items"].as_array().unwrap().len(), 2, "{log}");
        metered.assert_proven().await;
    });
}

#[test]
fn capture_release_and_expiry_at_once_end_a_hold_once() {
    somewhere_empty(async |server| {
        let metered = Metered::new(&server, "block", "100").await;
        let mut holds = Vec::new();
        for n in 0..20 {
            let mut hold = metered.hold(&n.to_string(), "5");
            hold["expires_in"] = json!(60);
            let hold = metered.platform.post("/holds", hold).await.json(201);
            holds.push(hold["hold_id"].as_str().unwrap().to_owned());
        }
        assert_eq!(metered.figures().await, ["0", "100", "0"]);
        let mut racing = Vec::new();
        for (n, hold) in holds.iter().enumerate() {
            for what in ["capture", "release"] {
                let (platform, path) = (metered.platform.clone(), format!("/holds/{hold}/{what}"));
                racing.push(tokio::spawn(async move {
                    (n, what, platform.post(&path, json!({})).await.status)
                }));
            }
        }
        server.pass_seconds(60);
        let app = server.app.clone();
        let sweep = tokio::spawn(async move {
            for _ in 0..5 {
                app.expire_holds().await.unwrap();
            }
        });
        let mut captured = 0;
        for one in racing {
            let (_, what, status) = one.await.unwrap();
            captured += i32::from(what == "capture" && status == 200);
            assert!(matches!(status, 200 | 409), "{what}: {status}");
        }
        sweep.await.unwrap();
        server.app.expire_holds().await.unwrap();
        let used = (captured * 5).to_string();
        let left = (100 - captured * 5).to_string();
        assert_eq!(metered.figures().await, [used, "0".to_owned(), left]);
        let open = metered.platform.get("/holds?state=open").await.json(200);
        assert_eq!(open["items"], json!([]));
        metered.assert_proven().await;
    });
}
