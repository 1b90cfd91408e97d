//! The live stream: it says where something changed, resumes with what was missed, and crosses instances.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::process::Command;
use std::time::Duration;

use allowance_api_types::problem::ErrorCode;
use serde_json::{Value, json};

use crate::costs::Tracked;
use crate::crash::{call, get, sign_in};
use crate::program::{create_admin, database, started, stop};
use crate::support::{Client, PASSWORD, World, everywhere, postgres_database};

/// An open stream.
struct Listener {
    response: reqwest::Response,
    text: String,
}

/// An event: its position and the areas it names.
#[derive(Debug)]
struct Event {
    id: i64,
    areas: Vec<String>,
}

fn event_of(block: &str) -> Option<Event> {
    let line = |name: &str| block.lines().find_map(|line| line.strip_prefix(name));
    let data: Value = serde_json::from_str(line("data: ")?).expect("JSON");
    let areas = data["areas"].as_array().expect("areas");
    Some(Event {
        id: line("id: ")?.parse().expect("a position"),
        areas: areas
            .iter()
            .map(|area| area.as_str().unwrap().to_owned())
            .collect(),
    })
}

impl Listener {
    async fn open(client: &Client, last_seen: Option<i64>) -> Self {
        let mut request = reqwest::Client::new()
            .get(format!("{}/api/v1/live", client.base))
            .header("accept-encoding", "gzip, br")
            .bearer_auth(client.token.as_deref().expect("a token"));
        if let Some(position) = last_seen {
            request = request.header("last-event-id", position);
        }
        let response = request.send().await.expect("the server answers");
        assert_eq!(response.status(), 200);
        Self {
            response,
            text: String::new(),
        }
    }

    /// The next event; nothing when the stream has ended.
    async fn next(&mut self) -> Option<Event> {
        loop {
            if let Some((block, rest)) = self.text.clone().split_once("\n\n") {
                rest.clone_into(&mut self.text);
                if let Some(event) = event_of(block) {
                    return Some(event);
                }
                continue;
            }
            let chunk = self.response.chunk().await.expect("no broken stream")?;
            self.text.push_str(std::str::from_utf8(&chunk).expect("text"));
        }
    }

    /// Events up to one that names the area.
    async fn until(&mut self, area: &str) -> Event {
        loop {
            let event = self.next().await.expect("the stream goes on");
            if event.areas.iter().any(|name| name == area) {
                return event;
            }
        }
    }
}

async fn new_group(admin: &Client) {
    let name = uuid::Uuid::now_v7().to_string();
    admin.post("/groups", json!({"name": name})).await.json(201);
}

async fn charge(world: &World) {
    let body = json!({"person_id": world.member.id, "amount": "1", "note": "Course"});
    let path = format!("/credit-types/{}/charges", world.credit_type);
    world.admin.post(&path, body).await.json(201);
}

#[test]
fn a_stream_names_what_changed_and_resumes_with_what_was_missed() {
    everywhere(async |server| {
        let world = World::new(&server).await;
        let mut listener = Listener::open(&world.member, None).await;
        let start = listener.next().await.unwrap();
        assert!(start.areas.is_empty(), "nothing has changed since now: {start:?}");

        charge(&world).await;
        let charged = listener.until("allocations").await;
        assert!(charged.id > start.id && !charged.areas.contains(&"groups".to_owned()));
        drop(listener);

        new_group(&world.admin).await;
        let mut back = Listener::open(&world.member, Some(charged.id)).await;
        let missed = back.next().await.unwrap();
        assert_eq!(missed.areas, ["groups"], "what was missed and nothing else");
        let mut further = Listener::open(&world.member, Some(start.id)).await;
        assert_eq!(further.next().await.unwrap().areas, ["allocations", "groups"]);
    });
}

/// Where the organisation stands, as a page learns it before it reads anything else.
async fn position(client: &Client) -> i64 {
    let me = client.get("/me").await.json(200);
    me["position"].as_i64().expect("a position")
}

#[test]
fn a_stream_taken_up_where_me_was_read_tells_what_changed_since_and_nothing_of_before() {
    everywhere(async |server| {
        let world = World::new(&server).await;
        new_group(&world.admin).await;
        let before = position(&world.member).await;
        let mut listener = Listener::open(&world.member, Some(before)).await;
        let first = listener.next().await.unwrap();
        assert_eq!(first.id, before);
        assert!(
            first.areas.is_empty(),
            "what was there already is no news: {first:?}"
        );
        drop(listener);

        // A change between the page's first read and its stream, which a stream opened without a position would not tell.
        charge(&world).await;
        let mut late = Listener::open(&world.member, None).await;
        assert!(late.next().await.unwrap().areas.is_empty());
        let mut listener = Listener::open(&world.member, Some(before)).await;
        let missed = listener.next().await.unwrap();
        assert_eq!(
            (missed.id, missed.areas),
            (before + 1, vec!["allocations".to_owned()])
        );

        // And goes on from there: the position that is read now is the one that was told last.
        assert_eq!(position(&world.member).await, before + 1);
        new_group(&world.admin).await;
        let next = listener.next().await.unwrap();
        assert_eq!((next.id, next.areas), (before + 2, vec!["groups".to_owned()]));
    });
}

#[test]
fn a_change_is_told_wherever_it_comes_between_the_first_read_and_the_stream() {
    everywhere(async |server| {
        let world = World::new(&server).await;
        for round in 0..20_u32 {
            let before = position(&world.member).await;
            let admin = world.admin.clone();
            let change = tokio::spawn(async move { new_group(&admin).await });
            for _ in 0..round % 5 {
                tokio::task::yield_now().await;
            }
            let mut listener = Listener::open(&world.member, Some(before)).await;
            assert_eq!(listener.until("groups").await.id, before + 1);
            change.await.unwrap();
        }
    });
}

#[test]
fn an_alert_is_told_when_it_is_raised_and_those_who_remember_the_head_go_on() {
    everywhere(async |server| {
        // The member has 1000.
        let tracked = Tracked::new(&server, "track").await;
        tracked.count(tracked.metered.event("half", "500")).await;
        let mut listener = Listener::open(tracked.admin(), None).await;
        let start = listener.next().await.unwrap();
        tracked.roll_up().await;
        let raised = listener.until("alerts").await;
        assert_eq!(raised.areas, ["alerts"], "and nothing else changed");
        assert!(raised.id > start.id);
        // Nothing new is crossed: nothing is told of alerts.
        tracked.count(tracked.metered.event("little", "1")).await;
        tracked.roll_up().await;
        tracked.count(tracked.metered.event("much", "300")).await;
        let mut back = Listener::open(tracked.admin(), Some(raised.id)).await;
        assert_eq!(back.next().await.unwrap().areas, ["allocations"]);
        tracked.roll_up().await;
        assert_eq!(back.until("alerts").await.areas, ["alerts"]);
        tracked.count(tracked.metered.event("after", "1")).await;
        tracked.assert_adds_up("", "with alerts told in between").await;
    });
}

#[test]
fn another_organisations_changes_are_not_told() {
    everywhere(async |server| {
        let (world, other) = (World::new(&server).await, World::new(&server).await);
        let mut listener = Listener::open(&world.admin, None).await;
        let start = listener.next().await.unwrap();
        new_group(&other.admin).await;
        charge(&world).await;
        let event = listener.next().await.unwrap();
        assert_eq!(
            (event.id, event.areas),
            (start.id + 1, vec!["allocations".to_owned()])
        );
    });
}

#[test]
fn a_refusal_and_a_replay_tell_nothing() {
    everywhere(async |server| {
        let world = World::new(&server).await;
        let name = uuid::Uuid::now_v7().to_string();
        let make = async || {
            let headers = [("idempotency-key", name.as_str())];
            world
                .admin
                .write("POST", "/groups", &headers, json!({"name": name}))
                .await
        };
        make().await.json(201);
        let mut listener = Listener::open(&world.admin, None).await;
        let start = listener.next().await.unwrap();
        make().await.json(201);
        let again = world.admin.post("/groups", json!({"name": name})).await;
        again.refusal(ErrorCode::NameTaken);
        charge(&world).await;
        assert_eq!(listener.next().await.unwrap().id, start.id + 1);
    });
}

#[test]
fn a_stream_ends_with_its_session_and_not_with_anothers() {
    everywhere(async |server| {
        let world = World::new(&server).await;
        let mut listener = Listener::open(&world.member, None).await;
        let mut other = Listener::open(&world.admin, None).await;
        listener.next().await.unwrap();
        other.next().await.unwrap();
        let path = format!("/people/{}/suspend", world.member.id);
        world.admin.post(&path, json!({})).await;
        while listener.next().await.is_some() {}
        assert!(other.until("people").await.id > 0, "the admin's goes on");
        world
            .member
            .get("/live")
            .await
            .refusal(ErrorCode::Unauthenticated);
        world
            .anonymous
            .get("/live")
            .await
            .refusal(ErrorCode::Unauthenticated);
    });
}

#[test]
fn a_position_from_the_future_means_everything() {
    everywhere(async |server| {
        let world = World::new(&server).await;
        charge(&world).await;
        let mut listener = Listener::open(&world.admin, Some(1_000_000)).await;
        let first = listener.next().await.unwrap();
        assert!(first.areas.len() >= 4 && first.id < 1_000_000, "{first:?}");
    });
}

fn make_group(address: &str, token: &str, name: &str) {
    let headers = format!("{token}idempotency-key: {name}\r\n");
    let answer = call(address, "POST /api/v1/groups", &headers, &json!({"name": name}));
    let (status, _, group) = answer.expect("an answer");
    assert_eq!(status, 201, "{group}");
}

/// Opens a stream by hand and gives its lines.
fn lines(address: &str, token: &str) -> impl Iterator<Item = String> + use<> {
    let mut stream = TcpStream::connect(address).unwrap();
    // A stream that never tells fails the test instead of hanging it.
    stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    write!(
        stream,
        "GET /api/v1/live HTTP/1.1\r\nhost: {address}\r\n{token}\r\n"
    )
    .unwrap();
    BufReader::new(stream).lines().map_while(Result::ok)
}

fn two_instances(database: &str) {
    assert!(create_admin(database, &format!("{PASSWORD}\n")).status.success());
    let (mut here, at_here, _) = started(database, &[]);
    let (mut there, at_there, _) = started(database, &[]);
    let token = sign_in(&at_here);
    let mut told = lines(&at_here, &token);
    assert!(told.any(|line| line.starts_with("data: ")), "the first event");
    make_group(&at_there, &token, "Elsewhere");
    let told_line = told.find(|line| line.starts_with("data: ")).expect("it is told");
    assert!(told_line.contains("groups"), "{told_line}");
    // What happens elsewhere after the first read and before the stream is told by the stream taken up at that read.
    let at = get(&at_here, &token, "/me")["position"]
        .as_i64()
        .expect("a position");
    make_group(&at_there, &token, "Meanwhile");
    let mut taken_up = lines(&at_here, &format!("{token}last-event-id: {at}\r\n"));
    let first = taken_up
        .find(|line| line.starts_with("data: "))
        .expect("the first event");
    assert!(first.contains("groups"), "{first}");
    drop(taken_up);
    stop(&mut there);
    // A stop ends the stream in an orderly way; without it the server would wait for it.
    let kill = Command::new("kill")
        .args(["-TERM", &here.id().to_string()])
        .status();
    assert!(kill.unwrap().success());
    let last: Vec<String> = told.collect();
    assert!(
        last.iter().any(|line| line == "0"),
        "the last chunk of a whole answer: {last:?}"
    );
    assert!(here.wait().unwrap().success());
}

#[test]
fn what_one_instance_writes_the_other_tells() {
    two_instances(&database());
    if let Some(database) = postgres_database() {
        two_instances(&database);
    }
}

#[test]
fn nobody_listens_so_nobody_polls() {
    let database = database();
    assert!(create_admin(&database, &format!("{PASSWORD}\n")).status.success());
    let (mut child, address, _) = started(&database, &[]);
    let token = sign_in(&address);
    for _ in 0..20 {
        let mut told = lines(&address, &token);
        assert!(told.any(|line| line.starts_with("data: ")), "each begins");
    }
    // After all have hung up, a new one is served: the poller has started again.
    let mut told = lines(&address, &token);
    assert!(told.any(|line| line.starts_with("data: ")));
    make_group(&address, &token, "Later");
    assert!(told.any(|line| line.contains("groups")));
    stop(&mut child);
}
