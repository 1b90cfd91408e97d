//! Threshold alerts, and the job behind them: once per threshold, cycle and subject, whoever does it and whatever is killed.

use serde_json::{Value, json};
use uuid::Uuid;

use crate::costs::{Tracked, text};
use crate::support::{Client, everywhere, somewhere_empty};

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
        assert!(tracked.of_member().await.is_empty());
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
            .get(&format!("{}/changes", tracked.base))
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
            "INSERT INTO cost_rollup (organisation_id, seq, position, leased_until) SELECT id, 0, -1, {now} FROM organisation WHERE TRUE
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
        let due = server.app.store.list_due_rollups(9).await.unwrap();
        assert!(!due.contains(&tracked.organisation));
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
