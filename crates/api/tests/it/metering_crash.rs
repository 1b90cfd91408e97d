//! Metering through kill -9 and a stop under load, and by three processes on one database: what was acknowledged is there, everything counts once.

use std::process::Child;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::{Value, json};

use crate::crash::{call, get, sign_in, wait_for};
use crate::program::{create_admin, database, run, started, stop};
use crate::support::{PASSWORD, postgres_database};

/// A running program whose database has an admin, and a platform's key.
pub struct Platform {
    pub child: Child,
    pub address: String,
    pub person: String,
    pub credit_type: String,
    /// The header of the platform's key.
    pub key: String,
}

impl Platform {
    pub fn new(database: &str) -> Self {
        assert!(create_admin(database, &format!("{PASSWORD}\n")).status.success());
        Self::of(database)
    }

    /// On a database that has an admin.
    pub fn of(database: &str) -> Self {
        let (child, address, _) = started(database, &[]);
        let token = sign_in(&address);
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let body = json!({"name": "Gateway", "scopes": ["usage:write", "holds:write", "read"]});
        let (status, _, made) = call(&address, "POST /api/v1/api-keys", &token, &body).expect("an answer");
        assert_eq!(status, 201, "{made}");
        Self {
            person: text(&get(&address, &token, "/me")["id"]),
            credit_type: text(&get(&address, &token, "/credit-types")["items"][0]["id"]),
            key: format!("authorization: Bearer {}\r\n", text(&made["secret"])),
            child,
            address,
        }
    }

    /// From now on nobody spends beyond what they have, and the person has this much, as the group and the organisation do.
    pub fn block_at(&self, amount: &str) {
        let token = sign_in(&self.address);
        let edit = |path: &str, row: &Value, body: Value| {
            let headers = format!("{token}if-match: \"{}\"\r\n", row["etag"].as_str().unwrap());
            let request = format!("PATCH /api/v1{path}");
            let (status, _, view) = call(&self.address, &request, &headers, &body).unwrap();
            assert_eq!(status, 200, "{view}");
        };
        let path = format!("/credit-types/{}", self.credit_type);
        let terms = json!({"enforcement": "block", "limit": amount});
        edit(&path, &get(&self.address, &token, &path), terms);
        let groups = get(&self.address, &token, &format!("{path}/groups"));
        let group = &groups["items"][0];
        let group_path = format!("{path}/groups/{}", group["id"].as_str().unwrap());
        edit(&group_path, group, json!({"monthly": amount}));
        // The only admin sets their own allocation.
        let members = get(&self.address, &token, &format!("{group_path}/members"));
        let member_path = format!("{path}/members/{}", self.person);
        edit(&member_path, &members["items"][0], json!({"monthly": amount}));
    }

    /// Reports one credit under an id of its own; the odd ones by a hold that is captured.
    pub fn report(&self, address: &str, number: usize) -> Option<Value> {
        let body = json!({
            "source": "crash", "id": number.to_string(), "person_id": self.person, "amount": "1",
        });
        if number.is_multiple_of(2) {
            let (status, _, view) = call(address, "POST /api/v1/usage-events", &self.key, &body)?;
            assert_eq!(status, 201, "{view}");
            return Some(view["usage_event_id"].clone());
        }
        let (status, _, hold) = call(address, "POST /api/v1/holds", &self.key, &body)?;
        assert_eq!(status, 201, "{hold}");
        let path = format!("POST /api/v1/holds/{}/capture", hold["hold_id"].as_str().unwrap());
        let (status, _, view) = call(address, &path, &self.key, &json!({}))?;
        assert_eq!(status, 200, "{view}");
        Some(view["hold_id"].clone())
    }

    /// What was used, and the holds that are open.
    pub fn figures(&self, address: &str) -> (Value, Value) {
        let token = sign_in(address);
        let path = format!("/credit-types/{}/overview", self.credit_type);
        let used = get(address, &token, &path)["cycle"]["used"].clone();
        (used, get(address, &token, "/holds?state=open")["items"].clone())
    }
}

fn crash_and_replay(database: &str) {
    let mut platform = Platform::new(database);
    let (next, acknowledged) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    for round in 1..=3 {
        std::thread::scope(|scope| {
            let work = || {
                loop {
                    let number = next.fetch_add(1, Ordering::SeqCst);
                    let Some(id) = platform.report(&platform.address, number) else {
                        break;
                    };
                    acknowledged.lock().unwrap().push((number, id));
                }
            };
            let workers: Vec<_> = (0..12).map(|_| scope.spawn(work)).collect();
            wait_for(&workers, || acknowledged.lock().unwrap().len() >= 60 * round);
            // SIGKILL: no handler runs, nothing is flushed. Once SIGTERM: what came in is answered first.
            let signal = if round == 2 { "-TERM" } else { "-9" };
            let pid = platform.child.id().to_string();
            let told = std::process::Command::new("kill").args([signal, &pid]).status();
            assert!(told.unwrap().success());
        });
        assert_eq!(platform.child.wait().unwrap().success(), round == 2);
        let (child, address, _) = started(database, &[]);
        platform.child = child;
        platform.address = address;
    }
    assert!(
        run(&["verify"], database).status.success(),
        "the books are proven after the crashes"
    );
    for (number, id) in acknowledged.into_inner().unwrap() {
        let again = platform.report(&platform.address, number).expect("an answer");
        assert_eq!(again, id, "{number} was acknowledged and is another now");
    }
    // Everything once more, from the end: what got no answer is counted now, the rest as it was.
    let asked = next.into_inner();
    for number in (0..asked).rev() {
        platform.report(&platform.address, number).expect("an answer");
    }
    assert_eq!(
        platform.figures(&platform.address),
        (json!(asked.to_string()), json!([])),
        "each once, and no hold is left"
    );
    stop(&mut platform.child);
    assert!(run(&["verify"], database).status.success());
}

#[test]
fn usage_and_holds_survive_kill_9_and_a_stop_and_count_once() {
    crash_and_replay(&database());
    if let Some(database) = postgres_database() {
        crash_and_replay(&database);
    }
}

/// Three processes, one hot member, 64 callers: the balance is shared exactly, also when one of the three is killed.
#[test]
fn three_processes_share_one_balance_exactly() {
    let Some(database) = postgres_database() else {
        return;
    };
    let mut first = Platform::new(&database);
    first.block_at("100");

    let (mut second, second_address, _) = started(&database, &[]);
    let (mut third, third_address, _) = started(&database, &[]);
    let addresses = [first.address.clone(), second_address, third_address];
    let granted = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        let ask = |number: usize| {
            let (addresses, first, granted) = (&addresses, &first, &granted);
            scope.spawn(move || {
                let body = json!({
                    "source": "three", "id": number.to_string(), "person_id": first.person, "amount": "3",
                });
                let address = &addresses[number % 3];
                if let Some((status, _, view)) = call(address, "POST /api/v1/usage-events", &first.key, &body)
                {
                    assert!(matches!(status, 201 | 409), "{view}");
                    if status == 201 {
                        granted.lock().unwrap().push(number);
                    }
                }
            })
        };
        let workers: Vec<_> = (0..64).map(ask).collect();
        wait_for(&workers, || granted.lock().unwrap().len() >= 5);
        third.kill().unwrap();
    });
    third.wait().unwrap();
    // Whoever got no answer, or was refused before others were killed, asks again where somebody answers.
    let mut counted = 0;
    for number in 0..64 {
        let body = json!({
            "source": "three", "id": number.to_string(), "person_id": first.person, "amount": "3",
        });
        let (status, _, view) = call(
            &addresses[number % 2],
            "POST /api/v1/usage-events",
            &first.key,
            &body,
        )
        .expect("an answer");
        assert!(matches!(status, 201 | 409), "{view}");
        counted += usize::from(status == 201);
        if granted.lock().unwrap().contains(&number) {
            assert_eq!(
                (status, &view["is_replay"]),
                (201, &json!(true)),
                "{number} was acknowledged"
            );
        }
    }
    assert_eq!(counted, 33);
    assert_eq!(first.figures(&addresses[1]), (json!("99"), json!([])));
    stop(&mut second);
    stop(&mut first.child);
    assert!(run(&["verify"], &database).status.success());
}
