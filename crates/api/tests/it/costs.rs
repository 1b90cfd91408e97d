//! Cost tracking: every figure is the sum of the events behind it, in both countings, for everybody who may see it.

use std::collections::BTreeMap;

use allowance_api_types::problem::ErrorCode;
use allowance_values::{CostTotal, Credits, OrganisationId};
use serde_json::{Value, json};

use crate::metering::Metered;
use crate::support::{Client, Server, everywhere};

const BY: [&str; 7] = ["day", "group", "person", "provider", "model", "operation", "tag"];

/// A metered world with what cost tracking shows of it.
pub struct Tracked {
    pub metered: Metered,
    pub organisation: OrganisationId,
    pub server: Server,
    pub base: String,
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
    pub async fn new(server: &Server, enforcement: &str) -> Self {
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

    pub fn admin(&self) -> &Client {
        &self.metered.world.admin
    }

    pub async fn costs(&self, query: &str) -> Value {
        self.admin()
            .get(&format!("{}/costs?{query}", self.base))
            .await
            .json(200)
    }

    /// All rows of all pages.
    pub async fn rows(&self, query: &str) -> Vec<Value> {
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

    pub async fn roll_up(&self) {
        self.server
            .app
            .store
            .roll_up(self.organisation, 1_000)
            .await
            .unwrap();
    }

    pub async fn count(&self, event: Value) -> Value {
        self.metered.platform.post("/usage-events", event).await.json(201)
    }

    /// The rows of every dimension are the sums of the events one by one, in both countings.
    pub async fn assert_adds_up(&self, period: &str, what: &str) {
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
pub fn assert_difference(page: &Value, days: &str, what: &str) {
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

/// A text of a view.
pub fn text<'v>(value: &'v Value, name: &str) -> &'v str {
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
