//! The measurements. Things that are compared are measured in turns, so that a busy moment falls on both.

use std::time::{Duration, Instant};

use allowance_store::Store;
use allowance_store::testing::{create_group, create_people};
use allowance_values::{GroupId, OrganisationId, PersonId};
use reqwest::Method;
use serde_json::{Map, Value, json};

use crate::line;
use crate::subject::Subject;

/// Requests per measurement.
const ROUNDS: usize = 200;

/// A small and a large group, and somebody in the middle of each.
pub(crate) struct Groups {
    small: GroupId,
    large: GroupId,
    in_small: PersonId,
    in_large: PersonId,
}

impl Groups {
    pub(crate) async fn fill(store: &Store, id: OrganisationId, small: usize, large: usize) -> Self {
        let small_group = create_group(store, id, "Small").await;
        let large_group = create_group(store, id, "Large").await;
        Self {
            small: small_group,
            large: large_group,
            in_small: create_people(store, id, small_group, small).await[small / 2],
            in_large: create_people(store, id, large_group, large).await[large / 2],
        }
    }
}

pub(crate) async fn all(subject: &Subject, groups: &Groups) -> Value {
    let mut results = Map::new();
    let idle = subject.resident_mb();
    line(
        &mut results,
        "start to ready",
        &json!(micros(subject.start)),
        &format!("{:?}", subject.start),
    );
    line(&mut results, "idle memory", &json!(idle), &format!("{idle} MB"));

    let pages = |group: GroupId, search: &'static str| {
        let path = format!(
            "/credit-types/{}/groups/{group}/members?limit=25{search}",
            subject.credit_type
        );
        async move || drop(subject.get(&path).await)
    };
    compare(
        &mut results,
        "page of 25",
        pages(groups.small, ""),
        pages(groups.large, ""),
    )
    .await;
    let all_match = "&search=person";
    compare(
        &mut results,
        "search that everybody matches",
        pages(groups.small, all_match),
        pages(groups.large, all_match),
    )
    .await;
    // In the small group one of a hundred matches, in the large one 1,111 of a hundred thousand.
    let share = "&search=person77";
    compare(
        &mut results,
        "search that one in a hundred matches",
        pages(groups.small, share),
        pages(groups.large, share),
    )
    .await;
    let one = "&search=person50001";
    compare(
        &mut results,
        "search for one person",
        pages(groups.small, one),
        pages(groups.large, one),
    )
    .await;

    for group in [groups.small, groups.large] {
        let rows = subject
            .get(&format!("/credit-types/{}/groups", subject.credit_type))
            .await;
        let rows = rows["items"].as_array().cloned().unwrap_or_default();
        let row = rows
            .iter()
            .find(|row| row["id"] == group.to_string())
            .cloned()
            .unwrap_or_default();
        let path = format!("/credit-types/{}/groups/{group}", subject.credit_type);
        subject
            .edit(
                &path,
                row["etag"].as_str().unwrap_or_default(),
                &json!({"monthly": "1000"}),
            )
            .await;
    }
    let edits = |person: PersonId| {
        let path = format!("/credit-types/{}/members/{person}", subject.credit_type);
        async move || edit(subject, &path).await
    };
    compare(
        &mut results,
        "look up and edit one member",
        edits(groups.in_small),
        edits(groups.in_large),
    )
    .await;
    many(&mut results, subject, groups.large).await;
    let loaded = subject.resident_mb();
    line(
        &mut results,
        "memory after that",
        &json!(loaded),
        &format!("{loaded} MB"),
    );
    Value::Object(results)
}

/// The grid's work on many rows at once, each a few times: the order of all, rows by id, thousands saved, all changed.
async fn many(results: &mut Map<String, Value>, subject: &Subject, large: GroupId) {
    let base = format!("/credit-types/{}/groups/{large}", subject.credit_type);
    let mut ids = Value::Null;
    for (name, sort) in [("by name", "name"), ("by remaining", "remaining_descending")] {
        let path = format!("{base}/member-order?sort={sort}");
        let (took, order) = often(3, async || subject.get(&path).await).await;
        let count = order["ids"].as_array().map_or(0, Vec::len);
        once(results, &format!("order of {count} {name}"), took);
        ids = order["ids"].clone();
    }
    let ids = ids.as_array().cloned().unwrap_or_default();
    let (thousand, _) = ids.split_at(ids.len().min(1_000));
    let look_up = async |ids: &[Value]| {
        let path = format!("{base}/member-rows/look-up");
        subject.write(Method::POST, &path, &json!({"ids": ids})).await["items"].clone()
    };
    let (took, _) = often(10, async || look_up(thousand).await).await;
    once(results, "look up 1,000 rows", took);

    let mut round = 0_u32;
    let (took, _) = often(3, async || {
        round = round.saturating_add(1);
        let mut items = Vec::new();
        for ids in ids.chunks(1_000).take(5) {
            let rows = look_up(ids).await;
            items.extend(rows.as_array().into_iter().flatten().map(|row| {
                json!({"person_id": row["person"]["id"], "etag": row["etag"], "extra": format!("0.0{round}")})
            }));
        }
        let body = json!({"mode": "per_item", "items": items});
        let path = format!("/credit-types/{}/members", subject.credit_type);
        subject.write(Method::PATCH, &path, &body).await
    })
    .await;
    once(results, "look up and save 5,000 rows", took);

    let mut round = 0_u32;
    let path = format!("{base}/allocate-many");
    for (name, query) in [("rehearse", "?dry_run=true"), ("change", "")] {
        let path = format!("{path}{query}");
        let (took, _) = often(1, async || {
            round = round.saturating_add(1);
            let body = json!({"change": "split_monthly", "amount": format!("80{round}")});
            subject.write(Method::POST, &path, &body).await
        })
        .await;
        once(results, &format!("{name} many: {} rows", ids.len()), took);
    }
    let (took, _) = often(1, async || subject.get("/books").await).await;
    once(results, "prove the books after that", took);
}

/// Runs work so many times: the median, and the last answer.
async fn often(times: usize, mut work: impl AsyncFnMut() -> Value) -> (Duration, Value) {
    let mut all = Vec::with_capacity(times);
    let mut last = Value::Null;
    for _ in 0..times {
        let begun = Instant::now();
        last = work().await;
        all.push(begun.elapsed());
    }
    (median(all), last)
}

fn once(results: &mut Map<String, Value>, name: &str, took: Duration) {
    line(results, name, &json!(micros(took)), &format!("{took:?}"));
}

/// Finds the row by its address, for the ETag, and saves another value.
async fn edit(subject: &Subject, path: &str) {
    let person = path.rsplit('/').next().unwrap_or_default();
    let name = subject.get(&format!("/people/{person}")).await;
    let search = name["email"]
        .as_str()
        .and_then(|email| email.split('.').next())
        .unwrap_or_default();
    let group = name["group"]["id"].as_str().unwrap_or_default();
    let page = subject
        .get(&format!(
            "/credit-types/{}/groups/{group}/members?limit=1&search={search}",
            subject.credit_type
        ))
        .await;
    let row = &page["items"][0];
    let monthly = if row["monthly"] == "1" { "2" } else { "1" };
    subject
        .edit(
            path,
            row["etag"].as_str().unwrap_or_default(),
            &json!({"monthly": monthly}),
        )
        .await;
}

async fn compare(results: &mut Map<String, Value>, name: &str, small: impl AsyncFn(), large: impl AsyncFn()) {
    let (mut of_small, mut of_large) = (Vec::with_capacity(ROUNDS), Vec::with_capacity(ROUNDS));
    for _ in 0..ROUNDS {
        of_small.push(timed(&small).await);
        of_large.push(timed(&large).await);
    }
    let (small, large) = (median(of_small), median(of_large));
    let hundredths = large.as_nanos().saturating_mul(100) / small.as_nanos().max(1);
    let ratio = format!("{}.{:02}", hundredths / 100, hundredths % 100);
    let words = format!("{ratio} x  (median {small:?} and {large:?})");
    line(
        results,
        name,
        &json!({"ratio": ratio, "small": micros(small), "large": micros(large)}),
        &words,
    );
}

async fn timed(work: &impl AsyncFn()) -> Duration {
    let begun = Instant::now();
    work().await;
    begun.elapsed()
}

fn median(mut all: Vec<Duration>) -> Duration {
    all.sort_unstable();
    all.get(all.len() / 2).copied().unwrap_or_default()
}

fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}
