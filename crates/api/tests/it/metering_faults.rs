//! Metering when something fails around it: a full queue, a row the database refuses, answers that are lost after the
//! commit, a database that is killed.

use std::future::poll_fn;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::Poll;
use std::time::{Duration, Instant};

use allowance_app::metering::{Command, Meter, MeteredAmount, PersonKey, UsageEvent};
use allowance_store::testing::execute;
use allowance_store::{Origin, StoreError};
use allowance_values::{Credits, OrganisationId};
use serde_json::{Value, json};
use tokio::sync::Notify;

use crate::crash::call_once;
use crate::metering::Metered;
use crate::metering_crash::Platform;
use crate::program::{create_admin, run, stop};
use crate::support::{Cluster, PASSWORD, Server, Wire, postgres_database, somewhere_empty};

/// Does something while somebody else holds the organisation's head, so that everything that posts waits.
async fn while_the_head_is_held<T>(server: &Server, work: impl AsyncFnOnce() -> T) -> T {
    let (organisation, _): (OrganisationId, String) =
        server.app.store.list_organisations().await.unwrap().remove(0);
    let (held, free) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let holder = {
        let (store, held, free) = (server.app.store.clone(), held.clone(), free.clone());
        tokio::spawn(async move {
            store
                .transact(&Origin::system(organisation), |tx| {
                    let (held, free) = (held.clone(), free.clone());
                    async move {
                        held.notify_one();
                        free.notified().await;
                        Ok::<_, StoreError>(tx.done(()))
                    }
                })
                .await
        })
    };
    held.notified().await;
    let done = work().await;
    free.notify_one();
    holder.await.unwrap().unwrap();
    done
}

#[test]
fn a_full_queue_says_when_to_come_back_and_loses_nothing() {
    somewhere_empty(async |server| {
        let metered = Metered::new(&server, "track", "100").await;
        let key = metered.platform.token.clone().unwrap();
        let meter = Meter::Key(
            server
                .app
                .identify_key(&key)
                .await
                .unwrap()
                .expect("a key that stands"),
        );
        let event = |id: usize| {
            Command::Use(Box::new(UsageEvent {
                source: "full".to_owned(),
                id: id.to_string(),
                happened_at: None,
                credit_type: None,
                person: PersonKey::Id(metered.world.member.id.parse().unwrap()),
                amount: MeteredAmount::Credits(Credits::from_micros(1_000_000)),
                on_insufficient: None,
                provider: None,
                model: None,
                operation: None,
                tags: Vec::new(),
                metadata: None,
            }))
        };
        let batch =
            |batch: usize| -> Vec<Command> { (0..500).map(|number| event(batch * 500 + number)).collect() };
        let waiting = while_the_head_is_held(&server, async || {
            let mut waiting = Vec::new();
            for number in 0..40 {
                let (app, meter, commands) = (server.app.clone(), meter.clone(), batch(number));
                let mut posting = Box::pin(async move { app.meter(meter, "full", commands).await });
                // It has its room as soon as it has run at all.
                let waits = poll_fn(|context| Poll::Ready(posting.as_mut().poll(context).is_pending()));
                assert!(waits.await);
                waiting.push(tokio::spawn(posting));
            }
            let refused = metered.platform.post("/holds", metered.event("hold", "1")).await;
            refused.expect_status(503);
            assert_eq!(refused.header("retry-after"), Some("1"));
            waiting
        })
        .await;
        for (number, answers) in waiting.into_iter().enumerate() {
            let mut answers = answers.await.unwrap().unwrap();
            // Where the machine was too slow for the database's patience that was said too, and one comes back.
            for _ in 0..5 {
                assert_eq!(answers.len(), 500);
                if answers.iter().all(Result::is_ok) {
                    break;
                }
                answers = server
                    .app
                    .meter(meter.clone(), "again", batch(number))
                    .await
                    .unwrap();
            }
            let failed = answers.into_iter().find_map(Result::err);
            assert!(failed.is_none(), "{failed:?}");
        }
        metered
            .platform
            .post("/usage-events", metered.event("after", "1"))
            .await
            .expect_status(201);
        assert_eq!(metered.figures().await[0], "20001");
        metered.assert_proven().await;
    });
}

#[test]
fn of_a_batch_that_the_database_refuses_only_the_guilty_one_fails() {
    somewhere_empty(async |server| {
        let metered = Metered::new(&server, "block", "100").await;
        let is_file = server.database_bytes().is_some();
        let refuse = if is_file {
            "CREATE TRIGGER poison BEFORE INSERT ON usage_event WHEN NEW.event_id = 'poison'
             BEGIN SELECT RAISE(ABORT, 'poison'); END"
        } else {
            "ALTER TABLE usage_event ADD CONSTRAINT poison CHECK (event_id <> 'poison')"
        };
        execute(&server.app.store, refuse).await.unwrap();
        // Together in one request, and again.
        let batch = ["1", "2", "poison", "3"].map(|id| metered.event(id, "1"));
        for (counted, replayed) in [(3, 0), (0, 3)] {
            let answer = metered
                .platform
                .post("/usage-events", json!(batch))
                .await
                .json(200);
            assert_eq!(
                (&answer["recorded"], &answer["replayed"], &answer["refused"]),
                (&json!(counted), &json!(replayed), &json!(1)),
                "{answer}"
            );
            assert_eq!(answer["results"][2]["problem"]["status"], 500, "{answer}");
        }
        // In requests of their own that share a commit, from what the lane remembers.
        let asked = while_the_head_is_held(&server, async || {
            let mut asked = Vec::new();
            for number in 0..12 {
                let id = if number == 5 {
                    "poison".to_owned()
                } else {
                    format!("one {number}")
                };
                let (platform, event) = (metered.platform.clone(), metered.event(&id, "1"));
                asked.push(tokio::spawn(async move {
                    platform.post("/usage-events", event).await.status
                }));
            }
            tokio::time::sleep(Duration::from_millis(200)).await;
            asked
        })
        .await;
        for (number, status) in asked.into_iter().enumerate() {
            assert_eq!(
                status.await.unwrap(),
                if number == 5 { 500 } else { 201 },
                "{number}"
            );
        }
        assert_eq!(metered.figures().await[0], "14");
        metered.assert_proven().await;
    });
}

/// Has many reported at once until this many are counted; each is asked again until it is answered.
fn report_all(platform: &Platform, count: usize) -> Mutex<Vec<(usize, Value)>> {
    let (next, acknowledged) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                loop {
                    let number = next.fetch_add(1, Ordering::SeqCst);
                    if number >= count {
                        break;
                    }
                    let id = platform.report(&platform.address, number).expect("an answer");
                    acknowledged.lock().unwrap().push((number, id));
                }
            });
        }
    });
    acknowledged
}

#[test]
fn what_was_committed_and_not_heard_of_counts_once() {
    let Some(database) = postgres_database() else {
        return;
    };
    assert!(create_admin(&database, &format!("{PASSWORD}\n")).status.success());
    let (wire, through) = Wire::to(&database);
    let mut platform = Platform::of(&through);
    wire.cut_every(9);
    let acknowledged = report_all(&platform, 400).into_inner().unwrap();
    wire.cut_every(0);
    let cuts = wire.cuts();
    let cut = [&cuts.commits, &cuts.batches].map(|count| count.load(Ordering::SeqCst));
    assert!(cut[0] > 0 && cut[1] > 0, "COMMITs and batches cut off: {cut:?}");
    for (number, id) in acknowledged {
        let again = platform.report(&platform.address, number).expect("an answer");
        assert_eq!(again, id, "{number} was acknowledged and is another now");
    }
    assert_eq!(platform.figures(&platform.address), (json!("400"), json!([])));
    stop(&mut platform.child);
    assert!(run(&["verify"], &database).status.success());
}

/// Sends everybody home, also when an assertion fails: a scope waits for all who work in it.
struct End<'a>(&'a AtomicBool);

impl Drop for End<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::SeqCst);
    }
}

#[test]
fn a_database_that_is_killed_is_said_to_be_gone_at_once_and_heals() {
    let Some(mut cluster) = Cluster::start() else {
        return;
    };
    let database = cluster.url();
    let mut platform = Platform::new(&database);
    let (next, is_over) = (AtomicUsize::new(0), AtomicBool::new(false));
    let (acknowledged, refused) = (Mutex::new(Vec::new()), Mutex::new(Vec::new()));
    let ask = |number: usize| {
        let body = json!({
            "source": "crash", "id": number.to_string(), "person_id": platform.person, "amount": "1",
        });
        let begun = Instant::now();
        let answer = call_once(
            &platform.address,
            "POST /api/v1/usage-events",
            &platform.key,
            &body,
        );
        let (status, head, view) = answer.expect("the server lives");
        (status, head, view, begun.elapsed())
    };
    std::thread::scope(|scope| {
        let _end = End(&is_over);
        for _ in 0..8 {
            scope.spawn(|| {
                while !is_over.load(Ordering::SeqCst) {
                    let number = next.fetch_add(1, Ordering::SeqCst);
                    let (status, head, view, took) = ask(number);
                    match status {
                        201 => acknowledged
                            .lock()
                            .unwrap()
                            .push((number, view["usage_event_id"].clone())),
                        503 => {
                            assert!(head.contains("retry-after:"), "{head}");
                            refused.lock().unwrap().push(took);
                        }
                        _ => panic!("{status}: {view}"),
                    }
                }
            });
        }
        let reached = |count: usize| {
            let deadline = Instant::now() + Duration::from_secs(60);
            while acknowledged.lock().unwrap().len() < count {
                assert!(Instant::now() < deadline, "it does not heal");
                std::thread::sleep(Duration::from_millis(5));
            }
        };
        for round in 1..=2 {
            let before = acknowledged.lock().unwrap().len();
            reached(before + 100);
            cluster.kill();
            let answered = refused.lock().unwrap().len();
            let deadline = Instant::now() + Duration::from_secs(20);
            while refused.lock().unwrap().len() < answered + 8 * round {
                assert!(Instant::now() < deadline, "nobody says that the database is gone");
                std::thread::sleep(Duration::from_millis(5));
            }
            cluster.restart();
        }
        let before = acknowledged.lock().unwrap().len();
        reached(before + 100);
    });
    // Two seconds by the server, and what a machine under load adds; waiting for a connection takes eight.
    let slowest = refused.into_inner().unwrap().into_iter().max().unwrap();
    assert!(slowest < Duration::from_secs(6), "{slowest:?}");
    for (number, id) in acknowledged.into_inner().unwrap() {
        let (status, _, view, _) = ask(number);
        assert_eq!(
            (status, &view["usage_event_id"]),
            (201, &id),
            "{number} was acknowledged"
        );
    }
    let asked = next.into_inner();
    for number in 0..asked {
        assert_eq!(ask(number).0, 201);
    }
    assert_eq!(
        platform.figures(&platform.address),
        (json!(asked.to_string()), json!([]))
    );
    stop(&mut platform.child);
    assert!(run(&["verify"], &database).status.success());
}
