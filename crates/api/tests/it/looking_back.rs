//! `as_of`: what was on the pages at a moment is found again later, whatever happened since; nothing of it can be edited.

use allowance_api_types::problem::ErrorCode;
use allowance_values::Timestamp;
use serde_json::{Value, json};

use crate::support::{Client, Server, World, everywhere, somewhere_empty};

/// What the pages show that does not depend on who may edit.
#[derive(Debug, PartialEq)]
struct Pages {
    overview: Value,
    groups: Value,
    members: Value,
}

fn without(mut view: Value, fields: &[&str]) -> Value {
    if let Some(all) = view.as_object_mut() {
        for field in fields {
            all.remove(*field);
        }
    }
    view
}

async fn look(who: &Client, world: &World, group: &str, query: &str) -> Pages {
    let ct = &world.credit_type;
    let rows = |page: &Value| {
        let rows = page["items"].as_array().unwrap().iter().cloned();
        Value::from_iter(rows.map(|row| without(row, &["editable"])))
    };
    let overview = who
        .get(&format!("/credit-types/{ct}/overview?{query}"))
        .await
        .json(200);
    let groups = who
        .get(&format!("/credit-types/{ct}/groups?{query}"))
        .await
        .json(200);
    let path = format!("/credit-types/{ct}/groups/{group}/members?sort=used_descending&{query}");
    let members = who.get(&path).await.json(200);
    Pages {
        // Whether a reset could be undone then is no figure.
        overview: without(overview, &["credit_type", "forecast"]),
        groups: rows(&groups),
        members: rows(&members),
    }
}

fn now(server: &Server) -> Timestamp {
    server.app.store.now()
}

async fn set_group(world: &World, cells: Value) {
    let path = format!("/credit-types/{}/groups", world.credit_type);
    let rows = world.admin.get(&path).await.json(200);
    let rows = rows["items"].as_array().unwrap();
    let row = rows.iter().find(|row| row["id"] == world.owned_group).unwrap();
    let etag = row["etag"].as_str().unwrap();
    world
        .admin
        .edit("PATCH", &format!("{path}/{}", world.owned_group), etag, cells)
        .await
        .expect_status(200);
}

async fn grant(world: &World, amount: &str) {
    let path = format!(
        "/credit-types/{}/members/{}/grants",
        world.credit_type, world.member.id
    );
    let body = json!({"amount": amount, "reason": "Pilot", "expiry": "never"});
    world.admin.post(&path, body).await.expect_status(201);
}

async fn charge(world: &World, amount: &str) {
    let path = format!("/credit-types/{}/charges", world.credit_type);
    let body = json!({"person_id": world.member.id, "amount": amount, "note": "Workshop"});
    world.admin.post(&path, body).await.expect_status(201);
}

#[test]
fn the_pages_of_a_moment_are_found_again() {
    somewhere_empty(async |server| {
        let world = World::new(&server).await;
        let mut seen = Vec::new();
        let group = world.owned_group.clone();
        for step in 0..6 {
            server.pass_seconds(60);
            match step {
                0 => set_group(&world, json!({"monthly": "500", "auto_approve_reserve": "50"})).await,
                1 => grant(&world, "100").await,
                2 => charge(&world, "130.5").await,
                3 => {
                    let path = format!("/credit-types/{}/credit-requests", world.credit_type);
                    let ask = json!({"amount": "40", "term": "this_cycle", "reason": "More"});
                    let asked = world.member.post(&path, ask).await.json(201);
                    assert_eq!(asked["status"], "auto_approved");
                }
                4 => {
                    let path = format!("/people/{}/group", world.member.id);
                    let to = json!({"group_id": world.default_group, "when_short": "bring_credits"});
                    world.admin.write("PUT", &path, &[], to).await.expect_status(200);
                }
                _ => charge(&world, "1").await,
            }
            seen.push((now(&server), look(&world.admin, &world, &group, "").await));
        }
        server.pass_seconds(60);
        for (at, pages) in &seen {
            let then = look(&world.admin, &world, &group, &format!("as_of={at}")).await;
            assert_eq!(&then, pages, "{at}");
        }
        // Whoever has left the group since is still there, and nothing can be edited.
        let ct = &world.credit_type;
        let at = seen[3].0;
        let path = format!("/credit-types/{ct}/groups/{group}/members?as_of={at}");
        let page = world.owner.get(&path).await.json(200);
        let member = page["items"].as_array().unwrap().iter();
        let mut member = member.filter(|row| row["person"]["id"] == world.member.id.as_str());
        assert_eq!(member.next().unwrap()["editable"], json!([]));
        let one = format!("{path}&limit=1");
        let first = world.owner.get(&one).await.json(200);
        let cursor = first["next_cursor"].as_str().unwrap();
        let second = world.owner.get(&format!("{one}&cursor={cursor}")).await.json(200);
        assert_ne!(
            first["items"][0]["person"]["id"],
            second["items"][0]["person"]["id"]
        );
        assert!(second["next_cursor"].is_null());
    });
}

#[test]
fn a_past_cycle_is_shown_as_it_ended() {
    somewhere_empty(async |server| {
        let world = World::new(&server).await;
        set_group(&world, json!({"monthly": "500"})).await;
        grant(&world, "100").await;
        charge(&world, "30").await;
        let ct = world.credit_type.clone();
        let last = world
            .admin
            .get(&format!("/credit-types/{ct}/overview"))
            .await
            .json(200);
        let cycles = world
            .admin
            .get(&format!("/credit-types/{ct}/cycles"))
            .await
            .json(200);
        let cycle = cycles["items"][0]["id"].as_str().unwrap().to_owned();
        server.pass_seconds(40 * 86_400);
        let (email, password) = (
            world.admin.email.parse().unwrap(),
            crate::support::PASSWORD.to_owned(),
        );
        let again = server
            .app
            .sign_in(&email, password, "later", "r".to_owned())
            .await
            .unwrap();
        let admin = world.admin.with_token(&again.access_token);
        let past = admin
            .get(&format!("/credit-types/{ct}/overview?cycle_id={cycle}"))
            .await
            .json(200);
        assert_eq!(past["groups"], last["groups"]);
        for field in ["limit", "used", "ends_at"] {
            assert_eq!(past["cycle"][field], last["cycle"][field], "{field}");
        }
        assert_eq!(
            (&past["balance"], &past["days"]),
            (&last["balance"], &last["days"])
        );
        let open = admin.get(&format!("/credit-types/{ct}/overview")).await.json(200);
        assert_ne!(open["groups"], past["groups"]);
        admin
            .get(&format!("/credit-types/{ct}/overview?as_of=2001-01-01T00:00:00Z"))
            .await
            .refusal(ErrorCode::NotFound);
    });
}

#[test]
fn what_looks_back_is_guarded_as_what_looks_at_now() {
    everywhere(async |server| {
        let world = World::new(&server).await;
        let at = now(&server);
        let (ct, group) = (&world.credit_type, &world.owned_group);
        let pages = [
            format!("/credit-types/{ct}/overview?as_of={at}"),
            format!("/credit-types/{ct}/groups?as_of={at}"),
            format!("/credit-types/{ct}/groups/{group}/members?as_of={at}"),
        ];
        for path in &pages {
            world.admin.get(path).await.expect_status(200);
            world.other_org.get(path).await.refusal(ErrorCode::NotFound);
        }
        world.owner.get(&pages[0]).await.refusal(ErrorCode::Forbidden);
        let mine = world.owner.get(&pages[1]).await.json(200);
        assert_eq!(
            mine["items"].as_array().unwrap().len(),
            1,
            "an owner sees the own group"
        );
        world.member.get(&pages[2]).await.refusal(ErrorCode::NotFound);
        let order = format!("/credit-types/{ct}/groups/{group}/member-order?as_of={at}");
        world.admin.get(&order).await.refusal(ErrorCode::InvalidQuery);
        // What is still to come is now.
        let ahead = format!("/credit-types/{ct}/groups?as_of={}", at.plus_seconds(86_400));
        let now = world.admin.get(&format!("/credit-types/{ct}/groups")).await;
        assert_eq!(world.admin.get(&ahead).await.body, now.body);
    });
}
