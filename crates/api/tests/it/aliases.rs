//! Usage of people who are not known: matched on trial first, remembered from then on, also where nobody is named at all.

use allowance_api_types::problem::ErrorCode;
use serde_json::{Value, json};

use crate::metering::Metered;
use crate::support::{Server, everywhere};

impl Metered {
    /// A world that keeps usage of people who are not known.
    async fn keeping(server: &Server) -> Self {
        let metered = Self::new(server, "block", "10").await;
        metered.count_usage(json!({"unknown_people": "keep"})).await;
        metered
    }

    /// Reports events, one in a batch, and gives the results.
    async fn report_all(&self, events: Value) -> Value {
        self.platform.post("/usage-events", events).await.json(200)
    }

    async fn aside(&self) -> Vec<Value> {
        let page = self.world.admin.get("/unmatched-usage").await.json(200);
        page["items"].as_array().unwrap().clone()
    }

    async fn aliases(&self) -> Vec<Value> {
        let page = self.world.auditor.get("/usage-aliases").await.json(200);
        page["items"].as_array().unwrap().clone()
    }

    /// Says whose a name is.
    async fn assign(&self, query: &str, name: Value) -> Value {
        let mut found = name;
        found["person_id"] = json!(self.world.member.id);
        let path = format!("/unmatched-usage/match{query}");
        let body = json!({"matches": [found]});
        self.world.finance.post(&path, body).await.json(200)["results"][0].clone()
    }
}

fn by_number(source: &str, id: &str, number: &str) -> Value {
    json!({"source": source, "id": id, "external_id": number, "amount": "1"})
}

#[test]
fn a_name_that_is_remembered_counts_at_once_where_its_source_uses_it() {
    everywhere(async |server| {
        let metered = Metered::keeping(&server).await;
        let world = &metered.world;
        let events = json!([by_number("gateway", "1", "bot"), by_number("other", "1", "bot")]);
        assert_eq!(metered.report_all(events).await["kept"], 2);
        let aside = metered.aside().await;
        let shown: Vec<_> = aside.iter().map(|row| (&row["name"], &row["source"])).collect();
        assert_eq!(
            shown,
            [
                (&json!("bot"), &json!("gateway")),
                (&json!("bot"), &json!("other")),
            ],
            "each source has its own names"
        );

        let bot = json!({"kind": "external_id", "name": "bot", "source": "gateway", "remember": true});
        assert_eq!(metered.assign("", bot.clone()).await["events"], 1);
        assert_eq!(metered.figures().await[0], "1");
        let aliases = metered.aliases().await;
        assert_eq!(aliases.len(), 1);
        assert_eq!(
            (&aliases[0]["name"], &aliases[0]["source"], &aliases[0]["kind"]),
            (&json!("bot"), &json!("gateway"), &json!("external_id"))
        );
        assert_eq!(aliases[0]["person"]["id"], world.member.id);
        assert_eq!(aliases[0]["made_by"]["id"], world.finance.id);

        // Looked up, remembered by the lane, in one batch with others; another source's is not theirs. A hold too.
        for id in ["2", "3"] {
            let view = metered
                .platform
                .post("/usage-events", by_number("gateway", id, "bot"))
                .await
                .json(201);
            assert_eq!(view["person_id"], world.member.id);
        }
        let mixed = json!([
            by_number("gateway", "4", "bot"),
            by_number("other", "2", "bot"),
            metered.event("5", "1")
        ]);
        let results = metered.report_all(mixed).await;
        assert_eq!(
            (&results["recorded"], &results["kept"]),
            (&json!(2), &json!(1)),
            "{results}"
        );
        let hold = by_number("gateway", "h", "bot");
        metered.platform.post("/holds", hold).await.json(201);
        assert_eq!(metered.figures().await, ["5", "1", "4"]);

        // Who is known by the number itself comes first; once they are not, the name stands for the other again.
        let path = format!("/people/{}", world.owner.id);
        let person = world.admin.get(&path).await.json(200);
        let numbered = json!({"employee_number": "bot"});
        world
            .admin
            .edit("PATCH", &path, person["etag"].as_str().unwrap(), numbered)
            .await
            .expect_status(200);
        let theirs = metered
            .platform
            .post("/usage-events", by_number("gateway", "6", "bot"))
            .await;
        assert_ne!(
            theirs.json(409)["code"],
            "unknown_person",
            "the owner has nothing to spend"
        );

        // Said anew it is another's; taken back it is nobody's again.
        let again = metered.assign("", bot).await;
        assert_eq!(again["events"], 0);
        let alias = metered.aliases().await.remove(0);
        assert_ne!(alias["id"], aliases[0]["id"]);
        let path = format!("/usage-aliases/{}", alias["id"].as_str().unwrap());
        world.auditor.delete(&path).await.expect_status(403);
        world.other_org.delete(&path).await.expect_status(404);
        world.finance.delete(&path).await.expect_status(204);
        world.finance.delete(&path).await.expect_status(404);
        assert!(metered.aliases().await.is_empty());
        metered.assert_proven().await;
    });
}

#[test]
fn a_match_is_tried_first_and_leaves_no_trace() {
    everywhere(async |server| {
        let metered = Metered::keeping(&server).await;
        let late = json!({
            "source": "gateway", "id": "late", "email": "who@example.org", "happened_at": "2020-01-01T00:00:00Z",
            "cost": {"amount": "0.05", "currency": "EUR"},
        });
        let mail = |id: &str, amount: &str| json!({"source": "gateway", "id": id, "email": "who@example.org", "amount": amount});
        let events = json!([mail("1", "4"), mail("2", "8"), late]);
        assert_eq!(metered.report_all(events).await["kept"], 3);
        let courses = metered.second_credit_type().await;
        let mut gone = mail("gone", "1");
        gone["credit_type_id"] = json!(courses);
        assert_eq!(metered.report_all(json!([gone])).await["kept"], 1);
        let archive = format!("/credit-types/{courses}");
        let view = metered.world.admin.get(&archive).await.json(200);
        metered
            .world
            .admin
            .edit(
                "POST",
                &format!("{archive}/archive"),
                view["etag"].as_str().unwrap(),
                json!({}),
            )
            .await
            .expect_status(200);

        let who = json!({"kind": "email", "name": "Who@example.org", "remember": true});
        let trial = metered.assign("?dry_run=true", who.clone()).await;
        assert_eq!(trial["events"], 4, "{trial}");
        let (tried, counted) = (&trial["trial"]["tried"], &trial["trial"]["counted"]);
        assert_eq!(tried, 4, "{trial}");
        assert_eq!(counted.as_array().unwrap().len(), 1, "{trial}");
        // 4 + 8 + 5 of the 10 there are.
        assert_eq!(
            (&counted[0]["events"], &counted[0]["late"], &counted[0]["credits"]),
            (&json!(3), &json!(1), &json!("17")),
            "{trial}"
        );
        assert_eq!(counted[0]["over_by"], "7", "{trial}");
        assert_eq!(
            trial["trial"]["refused"],
            json!([{"problem": "credit_type_archived", "events": 1}])
        );
        assert_eq!(metered.figures().await, ["0", "0", "10"]);
        assert!(metered.aliases().await.is_empty());
        assert_eq!(metered.aside().await[0]["events"], 4);

        let done = metered.assign("", who).await;
        assert_eq!((&done["events"], &done["trial"]), (&json!(4), &Value::Null));
        assert_eq!(metered.figures().await, ["17", "0", "-7"], "as it was tried");
        let left = metered.aside().await;
        assert_eq!(
            (&left[0]["events"], &left[0]["problem"]),
            (&json!(1), &json!("credit_type_archived"))
        );
        metered.assert_proven().await;
    });
}

#[test]
fn what_names_nobody_is_kept_aside_where_unknown_people_are() {
    everywhere(async |server| {
        let metered = Metered::new(&server, "track", "10").await;
        let nobody = |id: &str| json!({"source": "gateway", "id": id, "amount": "2"});
        let refused = metered.platform.post("/usage-events", nobody("1")).await;
        let refused = refused.refusal(ErrorCode::InvalidFields);
        assert_eq!(refused.fields[0].pointer, "/person_id");
        metered.count_usage(json!({"unknown_people": "keep"})).await;
        let kept = metered
            .platform
            .post("/usage-events", nobody("1"))
            .await
            .json(202);
        assert_eq!(kept["is_replay"], false);
        assert_eq!(
            metered
                .platform
                .post("/usage-events", nobody("1"))
                .await
                .json(202)["is_replay"],
            true
        );
        let elsewhere = json!({"source": "other", "id": "1", "amount": "3"});
        assert_eq!(
            metered.report_all(json!([nobody("2"), elsewhere])).await["kept"],
            2
        );
        // A hold asks for somebody, and nobody is nobody.
        let hold = metered.platform.post("/holds", nobody("h")).await;
        hold.refusal(ErrorCode::InvalidFields);

        let aside = metered.aside().await;
        let shown: Vec<_> = aside
            .iter()
            .map(|row| (&row["kind"], &row["name"], &row["source"], &row["events"]))
            .collect();
        let (none, kind) = (json!(""), json!("nobody"));
        assert_eq!(
            shown,
            [
                (&kind, &none, &json!("gateway"), &json!(2)),
                (&kind, &none, &json!("other"), &json!(1)),
            ]
        );
        let named = json!({"kind": "nobody", "name": "somebody", "person_id": metered.world.member.id});
        let problem = metered
            .world
            .finance
            .post("/unmatched-usage/match", json!({"matches": [named]}))
            .await
            .json(422);
        assert_eq!(problem["fields"][0]["pointer"], "/matches/0/name");
        let theirs = json!({"kind": "nobody", "source": "gateway", "remember": true});
        assert_eq!(metered.assign("", theirs).await["events"], 2);
        metered
            .platform
            .post("/usage-events", nobody("3"))
            .await
            .json(201);
        assert_eq!(metered.figures().await[0], "6");
        let away =
            json!({"names": [{"kind": "nobody", "source": "other"}], "reason": "Tests of the gateway"});
        let away = metered.world.admin.post("/unmatched-usage/discard", away).await;
        assert_eq!(away.json(200)["discarded"], 1);
        assert!(metered.aside().await.is_empty());
        metered.assert_proven().await;
    });
}
