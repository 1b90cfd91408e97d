//! kill -9 in the middle of the work: what was acknowledged is there, what was not happens once when it is asked again.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::ScopedJoinHandle;
use std::time::Duration;

use serde_json::{Value, json};

use crate::program::{create_admin, database, run, started, stop};
use crate::support::{PASSWORD, postgres_database};

/// Waits until enough was done, or until nobody works any more: what went wrong is theirs to say.
pub fn wait_for<T>(workers: &[ScopedJoinHandle<'_, T>], is_enough: impl Fn() -> bool) {
    while !is_enough() && !workers.iter().all(ScopedJoinHandle::is_finished) {
        std::thread::sleep(Duration::from_millis(1));
    }
}

/// Says that it is over when it goes, also when that is because something failed: who works beside would never end.
pub struct Over<'a>(pub &'a AtomicBool);

impl Drop for Over<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::SeqCst);
    }
}

/// Status, head and body of an answer; nothing when the server is gone. One that cannot just now is asked again.
pub fn call(address: &str, request: &str, headers: &str, body: &Value) -> Option<(u16, String, Value)> {
    loop {
        let answer = call_once(address, request, headers, body)?;
        if answer.0 != 503 {
            return Some(answer);
        }
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// The same, asked once.
pub fn call_once(address: &str, request: &str, headers: &str, body: &Value) -> Option<(u16, String, Value)> {
    let body = if body.is_null() {
        String::new()
    } else {
        body.to_string()
    };
    let mut stream = TcpStream::connect(address).ok()?;
    write!(
        stream,
        "{request} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\ncontent-type: application/json\r\n{headers}\
         content-length: {}\r\n\r\n{body}",
        body.len()
    )
    .ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).ok()?;
    let (head, body) = answer.split_once("\r\n\r\n")?;
    let status = head.split(' ').nth(1)?.parse().ok()?;
    Some((status, head.to_lowercase(), serde_json::from_str(body).ok()?))
}

pub fn sign_in(address: &str) -> String {
    let who = json!({"email": "a@example.org", "password": PASSWORD});
    let (status, _, session) = call(address, "POST /api/v1/session", "", &who).expect("an answer");
    assert_eq!(status, 200);
    format!(
        "authorization: Bearer {}\r\n",
        session["access_token"].as_str().unwrap()
    )
}

/// Charges one credit under a key of its own.
fn charge(address: &str, token: &str, place: &Place, number: usize) -> Option<(u16, String, Value)> {
    let body = json!({"person_id": place.person, "amount": "1", "note": format!("Charge {number}")});
    let headers = format!("{token}idempotency-key: charge-{number}\r\n");
    call(
        address,
        &format!("POST /api/v1/credit-types/{}/charges", place.credit_type),
        &headers,
        &body,
    )
}

struct Place {
    person: String,
    credit_type: String,
}

pub fn get(address: &str, token: &str, path: &str) -> Value {
    let (status, _, body) =
        call(address, &format!("GET /api/v1{path}"), token, &Value::Null).expect("an answer");
    assert_eq!(status, 200, "{path}: {body}");
    body
}

fn crash_and_recover(database: &str) {
    assert!(create_admin(database, &format!("{PASSWORD}\n")).status.success());
    let (mut child, address, _) = started(database, &[]);
    let token = sign_in(&address);
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let place = Place {
        person: text(&get(&address, &token, "/me")["id"]),
        credit_type: text(&get(&address, &token, "/credit-types")["items"][0]["id"]),
    };
    let (next, acknowledged) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        let work = || {
            loop {
                let number = next.fetch_add(1, Ordering::SeqCst);
                let Some((status, _, view)) = charge(&address, &token, &place, number) else {
                    break;
                };
                assert_eq!(status, 201, "{view}");
                acknowledged.lock().unwrap().push((number, view));
            }
        };
        let workers: Vec<_> = (0..6).map(|_| scope.spawn(work)).collect();
        wait_for(&workers, || acknowledged.lock().unwrap().len() >= 120);
        // SIGKILL: no handler runs, nothing is flushed.
        child.kill().unwrap();
    });
    child.wait().unwrap();

    assert!(
        run(&["verify"], database).status.success(),
        "the books are proven after the crash"
    );
    let (mut child, address, _) = started(database, &[]);
    let token = sign_in(&address);
    for (number, view) in acknowledged.into_inner().unwrap() {
        let (status, head, again) = charge(&address, &token, &place, number).expect("an answer");
        assert!(
            head.contains("idempotent-replayed: true"),
            "charge {number} was acknowledged and is lost"
        );
        assert_eq!((status, again), (201, view));
    }
    // Whoever got no answer asks again under the same key.
    let asked = next.into_inner();
    for number in 0..asked {
        assert_eq!(
            charge(&address, &token, &place, number).expect("an answer").0,
            201
        );
    }
    let overview = get(
        &address,
        &token,
        &format!("/credit-types/{}/overview", place.credit_type),
    );
    assert_eq!(overview["cycle"]["used"], asked.to_string(), "each charge once");
    stop(&mut child);
    assert!(run(&["verify"], database).status.success());
}

#[test]
fn what_was_acknowledged_survives_kill_9_and_nothing_happens_twice() {
    crash_and_recover(&database());
    if let Some(database) = postgres_database() {
        crash_and_recover(&database);
    }
}
