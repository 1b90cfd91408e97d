//! What an event counts against: the rate and the group of the time it happened.

use serde_json::{Value, json};

use crate::metering::Metered;
use crate::support::{Server, somewhere_empty};

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
