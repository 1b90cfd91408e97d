//! Cost tracking over a million events: how fast they roll up, and how quick a month is to read, by day, model and person.
//!
//! Measured at the store, in one process. The events are written by statements of the database alone; what is read of them
//! is what the API answers.

use std::time::{Duration, Instant};

use allowance_app::App;
use allowance_store::testing::{
    create_group, create_people, create_postgres_database, drop_postgres_database, execute,
};
use allowance_store::{
    CostBy, CostDays, CostEventStart, CostFilter, CostOrder, CostPeriod, CostQuery, CostViewer, Store,
    StoreOptions,
};
use allowance_values::{CreditTypeId, Day, GroupId, OrganisationId, PersonId};
use serde_json::{Map, Value, json};

use crate::line;
use crate::subject::organisation;

const EVENTS: i64 = 1_000_000;
const PEOPLE: usize = 1_000;
const MODELS: i64 = 12;
const DAYS: i64 = 30;
/// Every so manieth event is of a model that hardly anybody uses.
const RARELY: i64 = 9_973;
/// What is not rolled up yet, in the last measurement.
const TAIL: i64 = 10_000;
/// Each reading so often; the median counts.
const ROUNDS: usize = 7;

pub(crate) async fn all(postgres: Option<&str>, results: &mut Map<String, Value>) {
    let name = format!("allowance_bench_{}", uuid::Uuid::now_v7().simple());
    let file = std::env::temp_dir().join(format!("{name}.db"));
    let url = match postgres {
        None => format!("sqlite://{}", file.display()),
        Some(server) => {
            create_postgres_database(server, &name).await;
            let (base, _) = server.rsplit_once('/').expect("a URL with a database");
            format!("{base}/{name}")
        }
    };
    let store = Store::connect(&url, StoreOptions::default())
        .await
        .expect("a database");
    store.migrate().await.expect("a schema");
    let app = App::new(store.clone(), None).await.expect("an application");
    app.create_organisation(&organisation())
        .await
        .expect("an organisation");
    let (id, _) = store.list_organisations().await.expect("it").remove(0);
    let credit_type = store.list_credit_types(id).await.expect("types")[0].terms.id;
    let group = create_group(&store, id, "Users").await;
    let people = create_people(&store, id, group, PEOPLE).await;
    let filler = Filler {
        store: &store,
        place: (id, credit_type, group),
        person: people[0],
        is_postgres: postgres.is_some(),
    };
    filler.fill(0, EVENTS).await;
    measure(&filler, results).await;
    drop(app);
    store.close().await;
    match postgres {
        None => {
            for suffix in ["", "-wal", "-shm"] {
                drop(std::fs::remove_file(format!("{}{suffix}", file.display())));
            }
        }
        Some(server) => drop_postgres_database(server, &name).await,
    }
}

/// Writes events past everything: their rows, their entries and the head.
struct Filler<'s> {
    store: &'s Store,
    place: (OrganisationId, CreditTypeId, GroupId),
    person: PersonId,
    is_postgres: bool,
}

impl Filler<'_> {
    fn id(&self, id: uuid::Uuid) -> String {
        if self.is_postgres {
            format!("'{id}'::uuid")
        } else {
            format!("X'{}'", id.simple())
        }
    }

    /// Events of these numbers, spread over the days before now.
    async fn fill(&self, from: i64, count: i64) {
        let (organisation, credit_type, group) = self.place;
        let (organisation, credit_type) = (self.id(organisation.uuid()), self.id(credit_type.uuid()));
        let group = self.id(group.uuid());
        let begin = self.store.now().plus_seconds(-DAYS * 86_400).micros();
        let step = DAYS * 86_400 * 1_000_000 / EVENTS;
        let (from, to) = (from + 1, from + count);
        let (numbers, id, digest) = if self.is_postgres {
            (
                format!("n(i) AS (SELECT generate_series({from}::bigint, {to}::bigint))"),
                "CAST(lpad(to_hex(i), 32, '0') AS uuid)",
                "''::bytea",
            )
        } else {
            (
                format!("n(i) AS (SELECT {from} UNION ALL SELECT i + 1 FROM n WHERE i < {to})"),
                "unhex(printf('%032x', i))",
                "X''",
            )
        };
        // Each event's number says who used what, and when.
        let source = format!(
            "WITH RECURSIVE {numbers},
             who AS (SELECT id, ROW_NUMBER() OVER (ORDER BY id) - 1 AS place FROM person
                WHERE organisation_id = {organisation} AND group_id = {group}),
             used AS (SELECT i, {id} AS id, who.id AS person, (i / {PEOPLE}) % {MODELS} AS model,
                {begin} + CASE WHEN i > {EVENTS} THEN {EVENTS} ELSE i END * {step} AS at, (i % 97 + 1) AS size,
                (SELECT number FROM cycle WHERE organisation_id = {organisation} AND credit_type_id = {credit_type}
                    AND is_open) AS cycle
                FROM n JOIN who ON who.place = i % {PEOPLE})"
        );
        let first = format!("(SELECT seq FROM ledger_head WHERE organisation_id = {organisation})");
        for sql in [
            format!(
                "UPDATE cycle SET starts_at = {begin} - 1000000 WHERE organisation_id = {organisation} AND number = 1
                 AND starts_at > {begin}"
            ),
            format!(
                "INSERT INTO usage_event (organisation_id, source, event_id, id, digest, credit_type_id, person_id, group_id,
                    cycle_number, happened_at, recorded_at, is_late, cost_nanos, currency, amount, over_by, provider, model,
                    operation, tags, position)
                 {source} SELECT {organisation}, 'bench', CAST(i AS TEXT), id, {digest}, {credit_type}, person, {group},
                    cycle, at, at, FALSE, size * 1000, 'EUR', size * 100, 0, 'provider ' || model % 3,
                    CASE WHEN i % {RARELY} = 0 THEN 'rare' ELSE 'model ' || model END,
                    'chat', '[\"team ' || i % 5 || '\"]', 0 FROM used"
            ),
            format!(
                "INSERT INTO ledger_entry (organisation_id, seq, at, kind, credit_type_id, cycle_number, from_kind, from_group,
                    to_kind, to_group, person_id, amount, subject_id)
                 {source} SELECT {organisation}, {first} + i - {from} + 1, at, 'usage', {credit_type}, cycle, 'member',
                    {group}, 'spent', {group}, person, size * 100, id FROM used"
            ),
            format!(
                "INSERT INTO ledger_batch (organisation_id, first_seq, last_seq, at, hash)
                 {source} SELECT {organisation}, {first} + i - {from} - 998, {first} + i - {from} + 1, at, {digest} FROM used
                 WHERE i % 1000 = 0"
            ),
            format!("UPDATE ledger_head SET seq = seq + {count} WHERE organisation_id = {organisation}"),
            "ANALYZE".to_owned(),
        ] {
            execute(self.store, &sql).await.expect("events by the million");
        }
    }
}

async fn measure(filler: &Filler<'_>, results: &mut Map<String, Value>) {
    let Filler { store, place, .. } = filler;
    let organisation = place.0;
    let begun = Instant::now();
    let done = store.roll_up(organisation, u32::MAX).await.expect("a roll-up");
    let took = begun.elapsed();
    let events = done.expect("nobody else is at it").events;
    assert_eq!(events, EVENTS, "every event is rolled up");
    let per_second = i64::try_from(took.as_millis()).map_or(0, |millis| events * 1_000 / millis.max(1));
    let words = format!("{per_second} events/s ({events} in {} ms)", took.as_millis());
    line(
        results,
        "roll up",
        &json!({"events_per_second": per_second}),
        &words,
    );
    read(filler, results, "").await;
    filler.fill(EVENTS, TAIL).await;
    read(filler, results, &format!(", {TAIL} not rolled up")).await;
}

/// A month, told apart in every way.
async fn read(filler: &Filler<'_>, results: &mut Map<String, Value>, beside: &str) {
    let (organisation, credit_type, _) = filler.place;
    let store = filler.store;
    let today = Day::new(store.now().to_offset_date_time().date());
    let query = CostQuery {
        organisation,
        credit_type,
        viewer: CostViewer::Everything,
        filter: CostFilter::default(),
        days: CostDays::Happened,
        period: CostPeriod {
            days: Some((today.plus_days(-40), today.plus_days(2))),
            cycles: None,
        },
        previous: None,
    };
    for (by, name) in [
        (CostBy::Day, "day"),
        (CostBy::Model, "model"),
        (CostBy::Person, "person"),
        (CostBy::Tag, "tag"),
    ] {
        let what = (by, CostOrder::Credits);
        let times = timed(async || {
            let page = store.costs(&query, what, None, 51).await.expect("a page");
            assert!(page.totals.happened.events >= EVENTS, "all of them");
        })
        .await;
        told(results, &format!("a month by {name}{beside}"), &times);
    }
    let times = timed(async || {
        let what = (CostBy::Model, CostOrder::Credits);
        store.cost_layers(&query, what, 8).await.expect("layers");
    })
    .await;
    told(results, &format!("the chart by model{beside}"), &times);
    events(filler, results, &query, beside).await;
}

/// A page of the events behind a figure: of a day, and of the month.
async fn events(filler: &Filler<'_>, results: &mut Map<String, Value>, month: &CostQuery, beside: &str) {
    let store = filler.store;
    let today = Day::new(store.now().to_offset_date_time().date());
    let text = |text: &str| Some(text.to_owned());
    let filters = [
        (
            "a model",
            CostFilter {
                model: text("model 7"),
                ..CostFilter::default()
            },
        ),
        (
            "a rare model",
            CostFilter {
                model: text("rare"),
                ..CostFilter::default()
            },
        ),
        (
            "a provider",
            CostFilter {
                provider: text("provider 2"),
                ..CostFilter::default()
            },
        ),
        (
            "an operation",
            CostFilter {
                operation: text("chat"),
                ..CostFilter::default()
            },
        ),
        (
            "a tag",
            CostFilter {
                tag: text("team 3"),
                ..CostFilter::default()
            },
        ),
        (
            "a group",
            CostFilter {
                group: Some(filler.place.2),
                ..CostFilter::default()
            },
        ),
        (
            "a person",
            CostFilter {
                person: Some(filler.person),
                ..CostFilter::default()
            },
        ),
    ];
    for (name, filter) in filters {
        let on_a_day = CostPeriod {
            days: Some((today.plus_days(-20), today.plus_days(-20))),
            cycles: None,
        };
        for (when, days, period) in [
            ("on a day", CostDays::Counted, on_a_day),
            ("in a month", CostDays::Happened, month.period.clone()),
        ] {
            let query = CostQuery {
                filter: filter.clone(),
                period,
                days,
                ..month.clone()
            };
            let times = timed(async || {
                let start = CostEventStart::default();
                let (events, _) = store.list_cost_events(&query, start, 50).await.expect("events");
                assert!(!events.is_empty(), "some of them");
            })
            .await;
            told(results, &format!("events of {name} {when}{beside}"), &times);
        }
    }
}

async fn timed(work: impl AsyncFn()) -> Vec<Duration> {
    work().await;
    let mut times = Vec::with_capacity(ROUNDS);
    for _ in 0..ROUNDS {
        let begun = Instant::now();
        work().await;
        times.push(begun.elapsed());
    }
    times.sort_unstable();
    times
}

fn told(results: &mut Map<String, Value>, name: &str, times: &[Duration]) {
    let (median, worst) = (
        times[times.len() / 2].as_millis(),
        times[times.len() - 1].as_millis(),
    );
    let value = json!({"median_ms": u64::try_from(median).unwrap_or(u64::MAX)});
    line(
        results,
        name,
        &value,
        &format!("{median} ms (worst of {ROUNDS}: {worst} ms)"),
    );
}
