//! Exports of many pages are of one snapshot: what is counted while somebody reads them changes none of what they get.

use std::collections::BTreeSet;

use allowance_store::{CostBy, CostDays, CostFilter, CostOrder, CostPeriod, CostQuery, CostViewer};
use allowance_values::{CostTotal, Credits};
use serde_json::{Value, json};

use crate::costs::{Tracked, text};
use crate::support::everywhere;

impl Tracked {
    async fn set_factor(&self, factor: &str) {
        let view = self.admin().get(&self.base).await.json(200);
        let rate = json!({"rate_side": "factor", "rate": factor});
        self.admin()
            .edit("PATCH", &self.base, text(&view, "etag"), rate)
            .await
            .expect_status(200);
    }

    /// Counts so many events of a model for every second person, in batches.
    async fn count_many(&self, name: &str, count: usize) {
        let people = [&self.metered.world.member.id, &self.metered.world.owner.id];
        let event = |number: usize| {
            let mut event = self.metered.cost(&format!("{name} {number}"), "0.01");
            event["person_id"] = json!(people[number % 2]);
            event["model"] = json!(format!("model {}", number % 7));
            event["tags"] = json!([format!("team {}", number % 3)]);
            event
        };
        let events: Vec<Value> = (0..count).map(event).collect();
        for events in events.chunks(500) {
            let answer = self.metered.platform.post("/usage-events", json!(events)).await;
            assert_eq!(answer.json(200)["recorded"], events.len());
        }
    }
}

fn ids<'e>(events: impl IntoIterator<Item = &'e Value>) -> Vec<String> {
    let id = |event: &Value| text(event, "source_id").to_owned();
    events.into_iter().map(id).collect()
}

#[test]
fn pages_of_events_are_those_that_were_counted_when_the_first_was_read() {
    everywhere(async |server| {
        let tracked = Tracked::new(&server, "track").await;
        tracked.count_many("burnt", 30).await;
        tracked.roll_up().await;
        tracked.set_factor("0").await;
        tracked.count_many("free", 30).await;
        for filter in ["", "&model=model%203", "&tag=team%201", "&days=counted"] {
            let whole = format!("{}/costs/events?limit=1000{filter}", tracked.base);
            let whole = tracked.admin().get(&whole).await.json(200);
            let whole = ids(whole["items"].as_array().unwrap());
            let mut found = Vec::new();
            let mut cursor = String::new();
            for round in 0.. {
                let path = format!("{}/costs/events?limit=4{filter}{cursor}", tracked.base);
                let page = tracked.admin().get(&path).await.json(200);
                found.extend(ids(page["items"].as_array().unwrap()));
                let Some(next) = page["next_cursor"].as_str() else {
                    break;
                };
                cursor = format!("&cursor={next}");
                // Of both kinds, and rolled up now and then.
                if round < 4 {
                    tracked.set_factor(if round % 2 == 0 { "100" } else { "0" }).await;
                    tracked.count_many(&format!("{filter} {round}"), 21).await;
                }
                if round == 2 {
                    tracked.roll_up().await;
                }
            }
            let once: BTreeSet<&String> = found.iter().collect();
            assert_eq!(once.len(), found.len(), "{filter}: an event stands twice");
            assert_eq!(found, whole, "{filter}");
        }
    });
}

#[test]
fn a_download_that_is_read_slowly_holds_what_was_counted_when_it_began() {
    everywhere(async |server| {
        let tracked = Tracked::new(&server, "track").await;
        tracked.count_many("before", 2_600).await;
        let total = tracked.costs("days=counted").await["total"].clone();
        let mut response = reqwest::Client::new()
            .get(format!(
                "{}/api/v1{}/costs/events.csv",
                tracked.admin().base,
                tracked.base
            ))
            .bearer_auth(tracked.admin().token.as_deref().unwrap())
            .send()
            .await
            .unwrap();
        assert_eq!(response.status(), 200);
        let mut file = Vec::new();
        let mut round = 0;
        while let Some(chunk) = response.chunk().await.unwrap() {
            file.extend_from_slice(&chunk);
            if round < 5 {
                tracked.count_many(&format!("meanwhile {round}"), 3).await;
                tracked.roll_up().await;
                round += 1;
            }
        }
        let file = String::from_utf8(file).unwrap();
        let mut lines = file.lines().map(|line| line.split(',').collect::<Vec<&str>>());
        let head = lines.next().unwrap();
        let place = |name: &str| head.iter().position(|column| *column == name).unwrap();
        let (id, credits, cost) = (place("source_id"), place("credits"), place("cost"));
        let mut found = BTreeSet::new();
        let (mut micros, mut nanos) = (0, 0);
        for line in lines {
            assert_eq!(line.len(), head.len(), "{line:?}");
            assert!(line[id].starts_with("before"), "{line:?}");
            assert!(found.insert(line[id].to_owned()), "{} stands twice", line[id]);
            micros += line[credits].parse::<Credits>().unwrap().micros();
            nanos += line[cost].parse::<CostTotal>().unwrap().nanos();
        }
        assert_eq!(found.len(), 2_600);
        assert_eq!(Credits::from_micros(micros).to_string(), text(&total, "credits"));
        assert_eq!(CostTotal::from_nanos(nanos).to_string(), text(&total, "cost"));
    });
}

#[test]
fn rows_for_a_file_are_of_one_snapshot() {
    everywhere(async |server| {
        let tracked = Tracked::new(&server, "track").await;
        tracked.count_many("before", 40).await;
        tracked.roll_up().await;
        tracked.count_many("tail", 11).await;
        let store = &server.app.store;
        let credit_type = store.list_credit_types(tracked.organisation).await.unwrap()[0]
            .terms
            .id;
        let query = CostQuery {
            organisation: tracked.organisation,
            credit_type,
            viewer: CostViewer::Everything,
            filter: CostFilter::default(),
            days: CostDays::Counted,
            period: CostPeriod::default(),
            previous: None,
        };
        let what = (CostBy::Model, CostOrder::Credits);
        let whole = store.costs(&query, what, None, 100).await.unwrap();
        let mut pages = store.cost_pages(&query, what).await.unwrap();
        let mut rows = Vec::new();
        loop {
            let page = pages.next(2).await.unwrap();
            if page.is_empty() {
                break;
            }
            rows.extend(page);
            // More of those that come last: without a snapshot they would move up among those that were read.
            tracked
                .count_many(&format!("meanwhile {}", rows.len()), 7 * 9)
                .await;
            tracked.roll_up().await;
        }
        assert_eq!(rows, whole.rows);
        let events: i64 = rows.iter().map(|row| row.now.events).sum();
        assert_eq!((events, whole.totals.counted.events), (51, 51));
    });
}
