//! One balance under concurrent callers, judged from outside: is there an order of all calls, each between its beginning
//! and its end, in which a single caller would have got the same answers? The check is a search over such orders; it
//! rejects a variant of the same server that is broken on purpose.

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use serde_json::{Value, json};
use tokio::sync::Barrier;

use crate::metering::Metered;
use crate::support::{Client, everywhere};

/// A call on the balance, with what it was answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Call {
    /// Takes so much for good, or for a hold.
    Granted(i64),
    /// Would have taken so much, and was told by how much that is too much.
    Refused { amount: i64, over_by: i64 },
    /// Gives so much back.
    Returned(i64),
}

impl Call {
    /// The balance after it; nothing when a single caller would have been answered otherwise.
    fn apply(self, balance: i64) -> Option<i64> {
        match self {
            Self::Granted(amount) => (amount <= balance).then_some(balance - amount),
            Self::Refused { amount, over_by } => (amount - balance.max(0) == over_by).then_some(balance),
            Self::Returned(amount) => Some(balance + amount),
        }
    }
}

/// A call with the instants at which it began and ended.
#[derive(Debug, Clone, Copy)]
struct Event {
    call: Call,
    began: u64,
    ended: u64,
}

/// Whether there is an order that explains the history. Which calls are done decides the balance, so a set that was seen
/// before need not be looked into again.
fn is_linearizable(balance: i64, history: &[Event]) -> bool {
    assert!(history.len() <= 128, "a set of calls is one number");
    let all = history
        .iter()
        .enumerate()
        .fold(0_u128, |set, (place, _)| set | (1 << place));
    let mut seen = HashSet::new();
    let mut open = vec![(0_u128, balance)];
    while let Some((done, balance)) = open.pop() {
        if done == all {
            return true;
        }
        let missing = |place: usize| done & (1 << place) == 0;
        // Whatever ended before another began comes before it.
        let first_end = history.iter().enumerate().filter(|(place, _)| missing(*place));
        let first_end = first_end.map(|(_, event)| event.ended).min().unwrap_or(u64::MAX);
        for (place, event) in history.iter().enumerate() {
            if missing(place)
                && event.began <= first_end
                && let Some(balance) = event.call.apply(balance)
                && seen.insert(done | (1 << place))
            {
                open.push((done | (1 << place), balance));
            }
        }
    }
    false
}

#[test]
fn the_check_tells_right_from_wrong() {
    let event = |call, began, ended| Event { call, began, ended };
    let refused = |amount, over_by| Call::Refused { amount, over_by };
    // One after the other.
    assert!(is_linearizable(
        5,
        &[event(Call::Granted(3), 0, 1), event(refused(3, 1), 2, 3)]
    ));
    assert!(!is_linearizable(
        5,
        &[event(refused(3, 1), 0, 1), event(Call::Granted(3), 2, 3)]
    ));
    // At the same time, either may have been first.
    assert!(is_linearizable(
        5,
        &[event(refused(3, 1), 0, 3), event(Call::Granted(3), 1, 2)]
    ));
    // Both granted: more than there is.
    assert!(!is_linearizable(
        5,
        &[event(Call::Granted(3), 0, 3), event(Call::Granted(3), 1, 2)]
    ));
    // A refusal that names another balance than any there was.
    assert!(!is_linearizable(
        5,
        &[event(refused(8, 2), 0, 3), event(Call::Granted(3), 1, 2)]
    ));
    assert!(is_linearizable(
        5,
        &[
            event(Call::Granted(4), 0, 1),
            event(Call::Returned(4), 2, 9),
            event(refused(3, 2), 3, 4),
            event(Call::Granted(3), 5, 6),
        ]
    ));
    // A lost update: after the return nobody may still be told of the old balance.
    assert!(!is_linearizable(
        5,
        &[
            event(Call::Granted(4), 0, 1),
            event(Call::Returned(4), 2, 3),
            event(refused(6, 5), 4, 5),
        ]
    ));
}

/// Instants in the order in which they were taken.
#[derive(Clone, Default)]
struct Watch(Arc<AtomicU64>);

impl Watch {
    fn now(&self) -> u64 {
        self.0.fetch_add(1, Ordering::SeqCst)
    }
}

/// The call that a request was, by its answer.
async fn ask(platform: &Client, path: &str, body: Value, amount: i64) -> (Call, Value) {
    let reply = platform.post(path, body).await;
    let view: Value = serde_json::from_str(&reply.body).unwrap();
    let call = match reply.status {
        201 => Call::Granted(amount),
        409 => {
            let over_by = view["over_by"].as_str().unwrap().parse().unwrap();
            Call::Refused { amount, over_by }
        }
        status => panic!("{status}: {view}"),
    };
    (call, view)
}

/// One caller: spends, holds, and gives holds back.
async fn caller(metered: Arc<Metered>, number: u64, watch: Watch) -> Vec<Event> {
    let mut events = Vec::new();
    let mut held: Vec<(String, i64)> = Vec::new();
    for round in 0..14_u64 {
        let amount = i64::try_from((number * 7 + round * 5) % 9 + 1).unwrap();
        let body = metered.event(&format!("{number}-{round}"), &amount.to_string());
        let began = watch.now();
        let call = match (round % 3, held.pop()) {
            (2, Some((hold, amount))) => {
                let path = format!("/holds/{hold}/release");
                metered.platform.post(&path, json!({})).await.expect_status(200);
                Call::Returned(amount)
            }
            (1, back) => {
                held.extend(back);
                let (call, view) = ask(&metered.platform, "/holds", body, amount).await;
                if let Some(hold) = view["hold_id"].as_str() {
                    held.push((hold.to_owned(), amount));
                }
                call
            }
            (_, back) => {
                held.extend(back);
                ask(&metered.platform, "/usage-events", body, amount).await.0
            }
        };
        let ended = watch.now();
        events.push(Event { call, began, ended });
    }
    events
}

#[test]
fn eight_callers_on_one_balance_could_have_been_one_after_the_other() {
    everywhere(async |server| {
        let metered = Arc::new(Metered::new(&server, "block", "120").await);
        let watch = Watch::default();
        let callers = (0..8).map(|number| tokio::spawn(caller(metered.clone(), number, watch.clone())));
        let mut history = Vec::new();
        for one in callers.collect::<Vec<_>>() {
            history.extend(one.await.unwrap());
        }
        let refused = history
            .iter()
            .filter(|event| matches!(event.call, Call::Refused { .. }))
            .count();
        assert!(
            refused > 0 && refused < history.len(),
            "{refused} of {}",
            history.len()
        );
        assert!(is_linearizable(120, &history), "{history:#?}");
        metered.assert_proven().await;
    });
}

/// The server broken on purpose: a caller reads what is left and, if it is enough, records.
async fn check_then_spend(
    metered: Arc<Metered>,
    number: u64,
    watch: Watch,
    both_read: Arc<Barrier>,
) -> Event {
    let began = watch.now();
    let left: i64 = metered.figures().await[2].parse().unwrap();
    both_read.wait().await;
    let call = if left >= 8 {
        let mut body = metered.event(&format!("broken-{number}"), "8");
        body["on_insufficient"] = json!("record");
        metered
            .platform
            .post("/usage-events", body)
            .await
            .expect_status(201);
        Call::Granted(8)
    } else {
        Call::Refused {
            amount: 8,
            over_by: 8 - left,
        }
    };
    let ended = watch.now();
    Event { call, began, ended }
}

#[test]
fn check_then_spend_is_found_out() {
    everywhere(async |server| {
        let metered = Arc::new(Metered::new(&server, "block", "20").await);
        let (watch, both_read) = (Watch::default(), Arc::new(Barrier::new(4)));
        let callers = (0..4).map(|number| {
            tokio::spawn(check_then_spend(
                metered.clone(),
                number,
                watch.clone(),
                both_read.clone(),
            ))
        });
        let mut history = Vec::new();
        for one in callers.collect::<Vec<_>>() {
            history.push(one.await.unwrap());
        }
        assert!(!is_linearizable(20, &history), "{history:#?}");
    });
}
