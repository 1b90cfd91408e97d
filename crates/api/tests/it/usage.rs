//! What an event counts against: the rate and the group of the time it happened.

use allowance_api_types::problem::ErrorCode;
use serde_json::{Value, json};

use crate::metering::Metered;
use crate::support::{PASSWORD, Server, everywhere, somewhere_empty};

impl Metered {
    /// Reports a use of the member.
    pub async fn report(&self, event: Value) -> Value {
        self.platform.post("/usage-events", event).await.json(201)
    }

    /// Puts the member under another group.
    async fn move_member(&self, group: &str) {
        let path = format!("/people/{}/group", self.world.member.id);
        let body = json!({"group_id": group, "when_short": "bring_credits"});
        self.world
            .admin
            .write("PUT", &path, &[], body)
            .await
            .expect_status(200);
    }

    /// The groups' figures by name, without what differs between two organisations.
    async fn groups(&self) -> Vec<Value> {
        let path = format!("/credit-types/{}/groups", self.world.credit_type);
        let rows = self.world.admin.get(&path).await.json(200);
        let figures = |row: &Value| {
            let mut row = row.clone();
            for name in ["id", "etag"] {
                row.as_object_mut().unwrap().remove(name);
            }
            row
        };
        rows["items"].as_array().unwrap().iter().map(figures).collect()
    }
}

/// The instant of now, as the server writes it.
fn now(server: &Server) -> String {
    server.app.store.now().to_string()
}

fn at(event: Value, happened_at: &str) -> Value {
    let mut event = event;
    event["happened_at"] = json!(happened_at);
    event
}

/// A member who may spend a hundred, and the instant before anything happens to them.
async fn begun(server: &Server) -> (Metered, String) {
    let metered = Metered::new(server, "block", "100").await;
    server.pass_seconds(60);
    let then = now(server);
    server.pass_seconds(60);
    (metered, then)
}

#[test]
fn an_event_takes_the_rate_of_the_time_it_happened() {
    somewhere_empty(async |server| {
        let (metered, then) = begun(&server).await;
        metered
            .settings(json!({"rate_side": "factor", "rate": "10"}))
            .await;
        server.pass_seconds(60);
        let between = now(&server);
        server.pass_seconds(60);
        metered
            .settings(json!({"rate_side": "value", "rate": "0.5"}))
            .await;
        let cases = [
            ("a", then.as_str(), "2"),
            ("b", between.as_str(), "0.2"),
            ("c", "", "0.04"),
        ];
        for (id, happened_at, amount) in cases {
            let event = metered.cost(id, "0.02");
            let event = if happened_at.is_empty() {
                event
            } else {
                at(event, happened_at)
            };
            let view = metered.report(event).await;
            assert_eq!(
                (&view["amount"], &view["is_late"]),
                (&json!(amount), &json!(false)),
                "{id}"
            );
        }
        // Of a cycle that has ended, the rate of now.
        let late = metered
            .report(at(metered.cost("late", "0.02"), "2020-01-01T00:00:00Z"))
            .await;
        assert_eq!(
            (&late["amount"], &late["is_late"]),
            (&json!("0.04"), &json!(true))
        );
        // All in one batch it is the same.
        let batch = json!([
            at(metered.cost("d", "0.02"), &between),
            at(metered.cost("e", "0.02"), &then),
            metered.cost("f", "0.02"),
        ]);
        let results = metered.platform.post("/usage-events", batch).await.json(200);
        let amounts: Vec<&Value> = results["results"]
            .as_array()
            .unwrap()
            .iter()
            .map(|result| &result["event"]["amount"])
            .collect();
        assert_eq!(amounts, ["0.2", "2", "0.04"]);
        metered.assert_proven().await;
    });
}

#[test]
fn an_event_from_before_a_move_counts_in_the_group_of_then() {
    somewhere_empty(async |server| {
        let (timely, _) = begun(&server).await;
        let (later, then) = begun(&server).await;
        timely.report(timely.event("1", "7.5")).await;
        server.pass_seconds(1);
        for metered in [&timely, &later] {
            metered.move_member(&metered.world.default_group).await;
            metered.report(metered.event("2", "1")).await;
        }
        server.pass_seconds(60);
        later.report(at(later.event("1", "7.5"), &then)).await;
        assert_eq!(later.groups().await, timely.groups().await);
        for metered in [&timely, &later] {
            let groups = metered.groups().await;
            let used: Vec<&Value> = groups.iter().map(|group| &group["used"]).collect();
            assert_eq!(used, ["1", "7.5"], "{groups:?}");
            metered.assert_proven().await;
        }
        // Beyond what the person has left, it is refused as any other: they moved, and have the same.
        let refused = at(later.event("3", "92"), &then);
        let refused = later.platform.post("/usage-events", refused).await;
        assert_eq!(refused.json(409)["over_by"], "0.5");
        // And a late one counts where the person is now.
        later
            .report(at(later.event("4", "1"), "2020-01-01T00:00:00Z"))
            .await;
        assert_eq!(later.groups().await[0]["used"], "2");
        later.assert_proven().await;
    });
}

#[test]
fn an_event_of_a_group_that_was_deleted_counts_there_and_the_books_prove_themselves() {
    somewhere_empty(async |server| {
        let (timely, _) = begun(&server).await;
        let (later, then) = begun(&server).await;
        timely.report(timely.event("1", "7.5")).await;
        server.pass_seconds(1);
        for metered in [&timely, &later] {
            let path = format!("/groups/{}", metered.world.owned_group);
            metered.world.admin.delete(&path).await.expect_status(204);
        }
        later.report(at(later.event("1", "7.5"), &then)).await;
        assert_eq!(later.groups().await, timely.groups().await);
        for metered in [&timely, &later] {
            let world = &metered.world;
            let path = format!(
                "/credit-types/{}/groups/{}/members",
                world.credit_type, world.default_group
            );
            let rows = world.admin.get(&path).await.json(200);
            let mut rows = rows["items"].as_array().unwrap().iter();
            let row = rows.find(|row| row["person"]["id"] == world.member.id).unwrap();
            assert_eq!((&row["used"], &row["remaining"]), (&json!("7.5"), &json!("92.5")));
        }
        later.assert_proven().await;
    });
}

impl Metered {
    /// Sets how usage is counted.
    pub async fn count_usage(&self, settings: Value) -> Value {
        let admin = &self.world.admin;
        let etag = admin.get("/usage-settings").await.json(200)["etag"].clone();
        let edited = admin.edit("PUT", "/usage-settings", etag.as_str().unwrap(), settings);
        edited.await.json(200)
    }

    /// A second credit type, with a limit and no allocations.
    pub async fn second_credit_type(&self) -> String {
        let new = json!({
            "name": "Courses", "decimals": 2, "cadence": "calendar_year", "limit": "500", "rate_side": "factor",
            "rate": "1", "enforcement": "warn", "distribution": "individual",
        });
        let made = self.world.admin.post("/credit-types", new).await.json(201);
        made["id"].as_str().unwrap().to_owned()
    }

    /// Lets the admin in again whose session has ended.
    pub async fn sign_in_again(&mut self, server: &Server) {
        let email = self.world.admin.email.parse().unwrap();
        let signed_in = server
            .app
            .sign_in(&email, PASSWORD.to_owned(), "later", "r".to_owned());
        self.world.admin = self
            .world
            .admin
            .with_token(&signed_in.await.unwrap().access_token);
    }

    async fn unmatched(&self) -> Vec<Value> {
        let page = self.world.finance.get("/unmatched-usage").await.json(200);
        page["items"].as_array().unwrap().clone()
    }
}

/// A use by somebody nobody knows.
fn unknown(id: &str, email: &str, cost: &str) -> Value {
    json!({"source": "gateway", "id": id, "email": email, "cost": {"amount": cost, "currency": "EUR"}})
}

fn with(event: Value, fields: &Value) -> Value {
    let mut event = event;
    for (name, value) in fields.as_object().unwrap() {
        event[name] = value.clone();
    }
    event
}

#[test]
fn usage_counts_against_the_credit_type_of_the_first_rule_that_fits() {
    everywhere(async |server| {
        let metered = Metered::new(&server, "warn", "100").await;
        let (first, second) = (
            metered.world.credit_type.clone(),
            metered.second_credit_type().await,
        );
        let settings = json!({
            "credit_type_id": first,
            "unknown_people": "refuse",
            "rules": [
                {"provider": "Udemy", "credit_type_id": second},
                {"model": "course-*", "tag": "Learning", "credit_type_id": second},
            ],
        });
        let view = metered.count_usage(settings.clone()).await;
        assert_eq!(
            view["rules"],
            json!([
                {"provider": "Udemy", "model": null, "tag": null, "credit_type_id": second},
                {"provider": null, "model": "course-*", "tag": "Learning", "credit_type_id": second},
            ])
        );
        let cases = [
            (json!({}), &first),
            (json!({"provider": "UDEMY"}), &second),
            (json!({"model": "COURSE-7"}), &first),
            (json!({"model": "COURSE-7", "tags": ["x", "learning"]}), &second),
            (json!({"provider": "udemy", "credit_type_id": first}), &first),
        ];
        for (index, (fields, expected)) in cases.into_iter().enumerate() {
            let event = with(metered.event(&index.to_string(), "1"), &fields);
            let view = metered.report(event).await;
            assert_eq!(view["credit_type_id"], **expected, "{index}");
        }
        // A repetition is answered as it was counted, whatever the rules say by now.
        metered
            .count_usage(json!({"credit_type_id": second, "unknown_people": "refuse"}))
            .await;
        let again = metered.report(metered.event("0", "1")).await;
        assert_eq!(
            (&again["credit_type_id"], &again["is_replay"]),
            (&json!(first), &json!(true))
        );
        let hold = metered
            .platform
            .post("/holds", metered.event("h", "1"))
            .await
            .json(201);
        assert_eq!(hold["credit_type_id"], second);
        metered.assert_proven().await;
    });
}

#[test]
fn settings_of_usage_are_for_admins_checked_and_edited_once() {
    everywhere(async |server| {
        let metered = Metered::new(&server, "warn", "100").await;
        let world = &metered.world;
        let etag = world.auditor.get("/usage-settings").await.json(200)["etag"].clone();
        let etag = etag.as_str().unwrap();
        let theirs = world.other_org.get("/credit-types").await.json(200)["items"][0]["id"].clone();
        let put = async |body: Value| world.admin.edit("PUT", "/usage-settings", etag, body).await;
        let one = &world.credit_type;
        for (body, pointer) in [
            (
                json!({"unknown_people": "keep", "credit_type_id": theirs}),
                "/credit_type_id",
            ),
            (
                json!({"unknown_people": "keep", "rules": [{"credit_type_id": one}]}),
                "/rules/0",
            ),
            (
                json!({"unknown_people": "keep", "rules": [{"tag": " ", "credit_type_id": one}]}),
                "/rules/0/tag",
            ),
            (
                json!({"unknown_people": "keep", "rules": [{"model": "a\u{0}", "credit_type_id": one}]}),
                "/rules/0/model",
            ),
            (
                json!({"unknown_people": "keep", "rules": [{"provider": "x", "credit_type_id": theirs}]}),
                "/rules/0/credit_type_id",
            ),
        ] {
            let problem = put(body.clone()).await.json(422);
            assert_eq!(problem["fields"][0]["pointer"], pointer, "{body}: {problem}");
        }
        let many: Vec<Value> = (0..101)
            .map(|n| json!({"tag": n.to_string(), "credit_type_id": one}))
            .collect();
        put(json!({"unknown_people": "keep", "rules": many}))
            .await
            .expect_status(422);
        put(json!({"unknown_people": "perhaps"})).await.expect_status(422);
        put(json!({"unknown_people": "keep"})).await.expect_status(200);
        put(json!({"unknown_people": "refuse"}))
            .await
            .refusal(ErrorCode::PreconditionFailed);
        let bare = world
            .admin
            .write("PUT", "/usage-settings", &[], json!({"unknown_people": "keep"}))
            .await;
        bare.refusal(ErrorCode::PreconditionRequired);
        world
            .finance
            .edit("PUT", "/usage-settings", etag, json!({"unknown_people": "keep"}))
            .await
            .expect_status(403);
        let theirs = world.other_org.get("/usage-settings").await.json(200);
        assert_eq!(theirs["unknown_people"], "refuse");
    });
}

#[test]
fn usage_of_unknown_people_is_kept_aside_and_counted_once_when_it_is_matched() {
    everywhere(async |server| {
        let metered = Metered::new(&server, "block", "10").await;
        let world = &metered.world;
        let platform = &metered.platform;
        let first = unknown("1", "Ghost@Example.org", "0.02");
        platform
            .post("/usage-events", first.clone())
            .await
            .refusal(ErrorCode::UnknownPerson);
        metered.count_usage(json!({"unknown_people": "keep"})).await;

        let kept = platform.post("/usage-events", first.clone()).await.json(202);
        assert_eq!(
            (&kept["is_replay"], &kept["is_discarded"]),
            (&json!(false), &json!(false))
        );
        let again = platform.post("/usage-events", first.clone()).await;
        assert_eq!(again.header("idempotent-replayed"), Some("true"));
        assert_eq!(again.json(202)["is_replay"], true);
        platform
            .post("/usage-events", unknown("1", "ghost@example.org", "0.03"))
            .await
            .refusal(ErrorCode::EventReused);
        let nobody = format!("per_{:032x}", 7);
        let batch = json!([
            unknown("2", "ghost@example.org", "0.000000001"),
            unknown("2", "ghost@example.org", "0.000000001"),
            {"source": "gateway", "id": "3", "external_id": "R2-D2", "amount": "2"},
            {"source": "gateway", "id": "4", "person_id": nobody, "amount": "3"},
            metered.event("5", "1"),
            {"source": "gateway", "id": "6", "email": "g@example.org", "cost": {"amount": "1", "currency": "USD"}},
            {"source": "gateway", "id": "7", "email": "g@example.org", "amount": "-1"},
        ]);
        let results = platform.post("/usage-events", batch).await.json(200);
        let counts = ["recorded", "replayed", "kept", "refused"].map(|name| results[name].as_u64().unwrap());
        assert_eq!(counts, [1, 0, 4, 2], "{results}");
        assert_eq!(results["results"][1]["kept"]["is_replay"], true);

        let rows = metered.unmatched().await;
        let shown: Vec<_> = rows
            .iter()
            .map(|row| (&row["kind"], &row["name"], &row["events"], &row["amount"]))
            .collect();
        assert_eq!(
            shown,
            [
                (
                    &json!("email"),
                    &json!("Ghost@Example.org"),
                    &json!(2),
                    &json!("0")
                ),
                (&json!("external_id"), &json!("R2-D2"), &json!(1), &json!("2")),
                (&json!("person_id"), &json!(nobody), &json!(1), &json!("3")),
            ]
        );
        assert_eq!(
            rows[0]["cost"],
            json!({"amount": "0.020000001", "currency": "EUR"})
        );
        let by_key = platform.get("/unmatched-usage?limit=1").await.json(200);
        let next = by_key["next_cursor"].as_str().unwrap();
        let rest = platform
            .get(&format!("/unmatched-usage?cursor={next}"))
            .await
            .json(200);
        assert_eq!(rest["items"].as_array().unwrap()[..], rows[1..]);
        assert_eq!(
            world.other_org.get("/unmatched-usage").await.json(200)["items"],
            json!([])
        );
        let attention = world
            .admin
            .get(&format!("/credit-types/{}/attention", world.credit_type))
            .await
            .json(200);
        let item = attention["items"]
            .as_array()
            .unwrap()
            .iter()
            .find(|item| item["kind"] == "usage_unmatched");
        assert_eq!(item.unwrap()["count"], 4, "{attention}");

        let found =
            |name: &str| json!({"matches": [{"kind": "email", "name": name, "person_id": world.member.id}]});
        world
            .owner
            .post("/unmatched-usage/match", found("ghost@example.org"))
            .await
            .expect_status(403);
        let stranger = json!({"matches": [{"kind": "email", "name": "ghost@example.org", "person_id": world.other_org.id}]});
        let problem = world
            .admin
            .post("/unmatched-usage/match", stranger)
            .await
            .json(422);
        assert_eq!(problem["fields"][0]["pointer"], "/matches/0/person_id");
        let no_name = world
            .admin
            .post("/unmatched-usage/match", found("no address"))
            .await
            .json(422);
        assert_eq!(no_name["fields"][0]["pointer"], "/matches/0/name");
        let matched = world
            .finance
            .post("/unmatched-usage/match", found("GHOST@example.org"))
            .await
            .json(200);
        assert_eq!(matched["results"][0]["events"], 2);
        let matched = world
            .finance
            .post("/unmatched-usage/match", found("ghost@example.org"))
            .await
            .json(200);
        assert_eq!(matched["results"][0]["events"], 0);
        // What happened is counted, also beyond what is left; a repetition answers the event.
        assert_eq!(metered.figures().await, ["3", "0", "7"]);
        let event = platform.post("/usage-events", first).await.json(201);
        assert_eq!(
            (&event["is_replay"], &event["amount"]),
            (&json!(true), &json!("2"))
        );
        assert_eq!(event["person_id"], world.member.id);

        let away = json!({"names": [{"kind": "external_id", "name": "R2-D2"}], "reason": "A robot"});
        world
            .auditor
            .post("/unmatched-usage/discard", away.clone())
            .await
            .expect_status(403);
        assert_eq!(
            world.admin.post("/unmatched-usage/discard", away).await.json(200)["discarded"],
            1
        );
        let robot = json!({"source": "gateway", "id": "3", "external_id": "R2-D2", "amount": "2"});
        assert_eq!(
            platform.post("/usage-events", robot).await.json(202)["is_discarded"],
            true
        );
        assert_eq!(metered.unmatched().await.len(), 1);
        metered.assert_proven().await;
    });
}

#[test]
fn what_is_matched_by_many_at_once_is_counted_once() {
    everywhere(async |server| {
        let metered = Metered::new(&server, "block", "10").await;
        metered.count_usage(json!({"unknown_people": "keep"})).await;
        let events: Vec<Value> = (0..120)
            .map(|n| unknown(&n.to_string(), "ghost@example.org", "0.001"))
            .collect();
        let results = metered
            .platform
            .post("/usage-events", json!(events))
            .await
            .json(200);
        assert_eq!(results["kept"], 120);
        let found = json!({"matches": [
            {"kind": "email", "name": "ghost@example.org", "person_id": metered.world.member.id},
        ]});
        let matching = (0..8).map(|_| metered.world.admin.post("/unmatched-usage/match", found.clone()));
        let replaying = (0..4).map(|_| metered.platform.post("/usage-events", json!(events)));
        let (matched, replayed) = tokio::join!(
            futures_util::future::join_all(matching),
            futures_util::future::join_all(replaying)
        );
        let count: u64 = matched
            .iter()
            .map(|reply| reply.json(200)["results"][0]["events"].as_u64().unwrap())
            .sum();
        assert_eq!(count, 120);
        for reply in replayed {
            let results = reply.json(200);
            assert_eq!(
                (&results["recorded"], &results["refused"]),
                (&json!(0), &json!(0)),
                "{results}"
            );
        }
        server.app.count_matched_usage(None).await.unwrap();
        assert_eq!(metered.figures().await[0], "12");
        assert_eq!(metered.unmatched().await.len(), 0);
        metered.assert_proven().await;
    });
}

#[test]
fn kept_usage_of_a_cycle_that_ended_counts_in_the_open_one_at_the_rate_of_now() {
    somewhere_empty(async |server| {
        let (mut metered, _) = begun(&server).await;
        metered.count_usage(json!({"unknown_people": "keep"})).await;
        metered
            .platform
            .post("/usage-events", unknown("1", "ghost@example.org", "0.02"))
            .await
            .expect_status(202);
        server.pass_seconds(40 * 86_400);
        metered.sign_in_again(&server).await;
        metered
            .settings(json!({"rate_side": "factor", "rate": "10"}))
            .await;
        let found = json!({"matches": [
            {"kind": "email", "name": "ghost@example.org", "person_id": metered.world.member.id},
        ]});
        metered
            .world
            .admin
            .post("/unmatched-usage/match", found)
            .await
            .expect_status(200);
        let event = metered
            .platform
            .post("/usage-events", unknown("1", "ghost@example.org", "0.02"))
            .await
            .json(201);
        assert_eq!(
            (&event["is_late"], &event["amount"]),
            (&json!(true), &json!("0.2"))
        );
        metered.assert_proven().await;
    });
}

#[test]
fn a_hold_that_was_changed_by_hand_is_named_by_the_proof() {
    somewhere_empty(async |server| {
        let (metered, _) = begun(&server).await;
        for id in ["1", "2"] {
            let hold = metered.platform.post("/holds", metered.event(id, "3"));
            hold.await.expect_status(201);
        }
        metered.assert_proven().await;
        for (change, back) in [
            ("SET held = held - 1", "SET held = held + 1"),
            (
                "SET state = 'released', ended_at = 1",
                "SET state = 'open', ended_at = NULL",
            ),
        ] {
            let of_one = "WHERE reference = '1'";
            let execute = async |sql: &str| {
                let sql = format!("UPDATE credit_hold {sql} {of_one}");
                allowance_store::testing::execute(&server.app.store, &sql)
                    .await
                    .unwrap();
            };
            execute(change).await;
            let books = metered.world.admin.get("/books").await.json(200);
            let finding = books["findings"][0].as_str().unwrap();
            assert!(finding.contains("open holds add up to"), "{books}");
            execute(back).await;
            metered.assert_proven().await;
        }
    });
}
