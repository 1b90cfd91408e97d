//! Credit requests, from asking to the last word: by people, by the reserve, at once, and by those who may not.

use std::collections::BTreeMap;

use allowance_api_types::credit_requests::{CreditRequestStatus as Status, CreditRequestView};
use allowance_api_types::problem::ErrorCode;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::{Client, Reply, Server, World, everywhere, somewhere_empty};

fn requests(world: &World) -> String {
    format!("/credit-types/{}/credit-requests", world.credit_type)
}

async fn ask_as(world: &World, who: &Client, amount: &str, term: &str) -> CreditRequestView {
    let body = json!({"amount": amount, "term": term, "reason": "A pilot of the new assistant"});
    who.post(&requests(world), body).await.expect(201)
}

async fn ask(world: &World, amount: &str) -> CreditRequestView {
    ask_as(world, &world.member, amount, "this_cycle").await
}

async fn give(who: &Client, request: &CreditRequestView, command: &str, body: Value) -> Reply {
    who.post(&format!("/credit-requests/{}/{command}", request.id), body)
        .await
}

async fn view(who: &Client, request: &CreditRequestView) -> Value {
    who.get(&format!("/credit-requests/{}", request.id))
        .await
        .json(200)
}

async fn group_row(world: &World) -> Value {
    let path = format!("/credit-types/{}/groups", world.credit_type);
    let rows = world.admin.get(&path).await.json(200);
    let rows = rows["items"].as_array().unwrap();
    rows.iter()
        .find(|row| row["id"] == world.owned_group)
        .unwrap()
        .clone()
}

async fn set_group(world: &World, cells: Value) {
    let row = group_row(world).await;
    let path = format!("/credit-types/{}/groups/{}", world.credit_type, world.owned_group);
    let etag = row["etag"].as_str().unwrap();
    world
        .admin
        .edit("PATCH", &path, etag, cells)
        .await
        .expect_status(200);
}

async fn member_row(world: &World) -> Value {
    let path = format!(
        "/credit-types/{}/groups/{}/members",
        world.credit_type, world.owned_group
    );
    let rows = world.admin.get(&path).await.json(200);
    let rows = rows["items"].as_array().unwrap();
    rows.iter()
        .find(|row| row["person"]["id"] == world.member.id.as_str())
        .unwrap()
        .clone()
}

async fn set_organisation(world: &World, change: Value) {
    let settings = world.admin.get("/organisation").await.json(200);
    let etag = settings["etag"].as_str().unwrap();
    world
        .admin
        .edit("PATCH", "/organisation", etag, change)
        .await
        .expect_status(200);
}

async fn set_credit_type(world: &World, change: Value) {
    let path = format!("/credit-types/{}", world.credit_type);
    let seen = world.admin.get(&path).await.json(200);
    let etag = seen["etag"].as_str().unwrap();
    world
        .admin
        .edit("PATCH", &path, etag, change)
        .await
        .expect_status(200);
}

async fn listed(who: &Client, world: &World, query: &str) -> Vec<String> {
    let page = who.get(&format!("{}?{query}", requests(world))).await.json(200);
    let items = page["items"].as_array().unwrap();
    items
        .iter()
        .map(|item| item["id"].as_str().unwrap().to_owned())
        .collect()
}

async fn counts(who: &Client, world: &World) -> (u64, u64) {
    let path = format!("/credit-types/{}/credit-request-counts", world.credit_type);
    let counts = who.get(&path).await.json(200);
    (
        counts["to_decide"].as_u64().unwrap(),
        counts["pending"].as_u64().unwrap(),
    )
}

async fn books_hold(server: &Server, world: &World) {
    let proof = world.admin.get("/books").await.json(200);
    assert_eq!(proof["findings"], json!([]), "{proof}");
    let _ = server;
}

fn allowed(view: &Value) -> Vec<&str> {
    let commands = view["allowed_commands"].as_array().unwrap();
    commands
        .iter()
        .filter(|command| command["is_allowed"] == true)
        .map(|command| command["command"].as_str().unwrap())
        .collect()
}

fn kinds(detail: &Value) -> Vec<&str> {
    let events = detail["events"].as_array().unwrap();
    events
        .iter()
        .map(|event| event["kind"].as_str().unwrap())
        .collect()
}

#[test]
fn a_request_is_asked_questioned_answered_and_granted_by_the_groups_owner() {
    everywhere(async |server| {
        let world = World::new(&server).await;
        set_group(&world, json!({"monthly": "500"})).await;
        let request = ask(&world, "120.5").await;
        assert_eq!(request.status, Status::Pending);
        assert_eq!(request.group.id.to_string(), world.owned_group);
        let waits: Vec<_> = request
            .waits_for
            .iter()
            .map(|person| person.id.to_string())
            .collect();
        assert_eq!(waits, [world.owner.id.clone(), world.admin.id.clone()]);

        let detail = view(&world.owner, &request).await;
        assert_eq!(kinds(&detail), ["submitted", "left_to_people"]);
        assert_eq!(
            detail["events"][1]["text"],
            "The group has no auto-approve reserve."
        );
        assert_eq!(allowed(&detail["request"]), ["approve", "deny", "ask"]);
        let mine = view(&world.member, &request).await;
        assert_eq!(allowed(&mine["request"]), ["withdraw"]);

        let text = json!({"text": "Which assistant?"});
        give(&world.member, &request, "answer", text.clone())
            .await
            .refusal(ErrorCode::NothingAsked);
        let asked: CreditRequestView = give(&world.owner, &request, "ask", text).await.expect(200);
        assert_eq!(asked.status, Status::InformationRequested);
        let answer = json!({"text": "  The one for code.  "});
        let answered: CreditRequestView = give(&world.member, &request, "answer", answer).await.expect(200);
        assert_eq!(answered.status, Status::Pending);

        let yes = json!({"amount": "100", "note": "Start small"});
        let decided = give(&world.owner, &request, "approve", yes).await.json(200);
        assert_eq!(decided["request"]["status"], "approved");
        assert_eq!(decided["request"]["approved"], "100");
        assert_eq!(decided["request"]["decided_by"]["id"], world.owner.id.as_str());
        assert_eq!(decided["request"]["waits_for"], json!([]));
        let effect = &decided["effect"];
        assert_eq!(
            (&effect["remaining_before"], &effect["remaining_after"]),
            (&json!("0"), &json!("100"))
        );
        assert_eq!(
            (&effect["available_before"], &effect["available_after"]),
            (&json!("500"), &json!("400"))
        );
        assert_eq!(effect["added_from_unallocated"], "0");
        assert_eq!(member_row(&world).await["extra"], "100");
        assert_eq!(group_row(&world).await["available"], "400");

        let detail = view(&world.member, &request).await;
        let told = ["submitted", "left_to_people", "asked", "answered", "approved"];
        assert_eq!(kinds(&detail), told);
        let texts: Vec<_> = [0, 2, 3, 4].map(|n| detail["events"][n]["text"].clone()).into();
        let written = json!([
            "A pilot of the new assistant",
            "Which assistant?",
            "The one for code.",
            "Start small"
        ]);
        assert_eq!(json!(texts), written);
        let grants = format!(
            "/credit-types/{}/members/{}/grants",
            world.credit_type, world.member.id
        );
        let grants = world.admin.get(&grants).await.json(200);
        assert_eq!(grants["items"][0]["source"], "credit_request");
        assert_eq!(grants["items"][0]["made_by"]["id"], world.owner.id.as_str());
        books_hold(&server, &world).await;
    });
}

#[test]
fn for_good_raises_monthly_and_what_nobody_can_fund_is_refused_by_how_much() {
    everywhere(async |server| {
        let world = World::new(&server).await;
        set_group(&world, json!({"monthly": "100"})).await;
        let request = ask_as(&world, &world.member, "150", "for_good").await;
        let detail = view(&world.member, &request).await;
        assert_eq!(
            detail["events"][1]["text"],
            "Credits for good are never given automatically."
        );
        let refused = give(&world.owner, &request, "approve", json!({})).await;
        let problem = refused.refusal(ErrorCode::GroupExceeded);
        assert_eq!(problem.over_by.unwrap().to_string(), "50");
        let fill = json!({"add_from_unallocated": true});
        give(&world.owner, &request, "approve", fill.clone())
            .await
            .refusal(ErrorCode::Forbidden);
        let decided = give(&world.admin, &request, "approve", fill).await.json(200);
        assert_eq!(decided["effect"]["added_from_unallocated"], "50");
        assert_eq!(decided["effect"]["monthly_after"], "150");
        let row = member_row(&world).await;
        assert_eq!((&row["monthly"], &row["extra"]), (&json!("150"), &json!("0")));
        assert_eq!(group_row(&world).await["monthly"], "150");

        // More than the whole organisation has.
        let greedy = ask(&world, "200000").await;
        let refused = give(
            &world.admin,
            &greedy,
            "approve",
            json!({"add_from_unallocated": true}),
        )
        .await;
        let problem = refused.refusal(ErrorCode::LimitExceeded);
        assert_eq!(problem.over_by.unwrap().to_string(), "100150");
        assert_eq!(view(&world.admin, &greedy).await["request"]["status"], "pending");
        books_hold(&server, &world).await;
    });
}

#[test]
fn the_reserve_answers_while_it_lasts_and_says_why_it_does_not() {
    everywhere(async |server| {
        let world = World::new(&server).await;
        set_group(&world, json!({"monthly": "500", "auto_approve_reserve": "100"})).await;
        let before = group_row(&world).await;
        let first = ask(&world, "60").await;
        assert_eq!(first.status, Status::AutoApproved);
        assert_eq!(first.approved.unwrap().to_string(), "60");
        assert!(first.decided_by.is_none() && first.closed_at.is_some());
        let row = group_row(&world).await;
        assert_eq!(row["available"], before["available"]);
        assert_eq!(row["reserve_left"], "40");
        assert_eq!(row["distributed"], "60");
        assert_eq!(member_row(&world).await["extra"], "60");
        assert_eq!(
            kinds(&view(&world.member, &first).await),
            ["submitted", "auto_approved"]
        );

        let second = ask(&world, "40.01").await;
        assert_eq!(second.status, Status::Pending);
        let detail = view(&world.member, &second).await;
        assert_eq!(detail["events"][1]["text"], "The group's reserve has 40 left.");
        assert_eq!(ask(&world, "40").await.status, Status::AutoApproved);
        assert_eq!(group_row(&world).await["reserve_left"], "0");
        assert_eq!(ask(&world, "0.01").await.status, Status::Pending);
        give(&world.admin, &first, "deny", json!({}))
            .await
            .refusal(ErrorCode::RequestDecided);
        books_hold(&server, &world).await;
    });
}

#[test]
fn the_reserve_keeps_to_its_ceilings() {
    everywhere(async |server| {
        let world = World::new(&server).await;
        set_group(&world, json!({"monthly": "500", "auto_approve_reserve": "300"})).await;
        let ceilings = json!({"auto_approval": {"most_per_request": "50", "most_per_person": "80"}});
        set_credit_type(&world, ceilings).await;
        assert_eq!(ask(&world, "50.01").await.status, Status::Pending);
        assert_eq!(ask(&world, "50").await.status, Status::AutoApproved);
        let over = ask(&world, "30.01").await;
        let detail = view(&world.member, &over).await;
        assert_eq!(
            detail["events"][1]["text"],
            "The reserve gives a person at most 80 per cycle; it gave 50 in this one."
        );
        assert_eq!(ask(&world, "30").await.status, Status::AutoApproved);
        // The ceiling is one person's.
        assert_eq!(
            ask_as(&world, &world.owner, "50", "this_cycle").await.status,
            Status::AutoApproved
        );
        books_hold(&server, &world).await;
    });
}

#[test]
fn sixty_four_requests_at_once_of_three_get_exactly_what_a_reserve_of_a_hundred_has() {
    everywhere(async |server| {
        let world = World::new(&server).await;
        set_group(&world, json!({"monthly": "500", "auto_approve_reserve": "100"})).await;
        let all = (0..64).map(|_| ask(&world, "3"));
        let mut by_status = BTreeMap::new();
        for request in futures_util::future::join_all(all).await {
            *by_status.entry(request.status).or_insert(0) += 1;
        }
        let expected = BTreeMap::from([(Status::Pending, 31), (Status::AutoApproved, 33)]);
        assert_eq!(by_status, expected);
        assert_eq!(group_row(&world).await["reserve_left"], "1");
        assert_eq!(member_row(&world).await["extra"], "99");
        books_hold(&server, &world).await;
    });
}

#[test]
fn of_two_who_decide_at_once_the_second_is_told_what_the_first_did() {
    everywhere(async |server| {
        let world = World::new(&server).await;
        set_group(&world, json!({"monthly": "500"})).await;
        for _ in 0..5 {
            let request = ask(&world, "10").await;
            let (yes, no) = futures_util::future::join(
                give(&world.owner, &request, "approve", json!({})),
                give(&world.admin, &request, "deny", json!({"reason": "No"})),
            )
            .await;
            let (winner, loser, name, word) = if yes.status == 200 {
                (yes, no, "Person owner", "approved")
            } else {
                (no, yes, "Ada Admin", "denied")
            };
            assert_eq!(winner.json(200)["request"]["status"], word);
            let problem = loser.refusal(ErrorCode::RequestDecided);
            let said = format!("{name} {word} it at 20");
            assert!(problem.detail.starts_with(&said), "{}", problem.detail);
        }
    });
}

#[test]
fn a_double_click_asks_and_grants_once() {
    everywhere(async |server| {
        let world = World::new(&server).await;
        set_group(&world, json!({"monthly": "500"})).await;
        let key = Uuid::now_v7().to_string();
        let headers = [("idempotency-key", key.as_str())];
        let body = json!({"amount": "10", "term": "this_cycle", "reason": "Twice"});
        let path = requests(&world);
        let twice = (0..2).map(|_| world.member.write("POST", &path, &headers, body.clone()));
        let twice = futures_util::future::join_all(twice).await;
        assert_eq!(twice[0].body, twice[1].body);
        let request: CreditRequestView = twice[0].expect(201);
        assert_eq!(listed(&world.member, &world, "scope=own").await.len(), 1);
        let approve = format!("/credit-requests/{}/approve", request.id);
        let twice = (0..2).map(|_| world.admin.write("POST", &approve, &headers, json!({})));
        let twice = futures_util::future::join_all(twice).await;
        assert_eq!((twice[0].status, &twice[0].body), (200, &twice[1].body));
        assert_eq!(member_row(&world).await["extra"], "10");
    });
}

#[test]
fn what_was_taken_back_is_neither_granted_nor_answered() {
    everywhere(async |server| {
        let world = World::new(&server).await;
        set_group(&world, json!({"monthly": "500"})).await;
        let request = ask(&world, "10").await;
        give(&world.owner, &request, "withdraw", json!({}))
            .await
            .refusal(ErrorCode::Forbidden);
        let withdrawn: CreditRequestView = give(&world.member, &request, "withdraw", json!({}))
            .await
            .expect(200);
        assert_eq!(withdrawn.status, Status::Withdrawn);
        let text = json!({"text": "Why?"});
        for (who, command, body) in [
            (&world.owner, "approve", json!({})),
            (&world.admin, "deny", json!({})),
            (&world.owner, "ask", text.clone()),
            (&world.member, "answer", text),
            (&world.member, "withdraw", json!({})),
        ] {
            give(who, &request, command, body)
                .await
                .refusal(ErrorCode::RequestWithdrawn);
        }
        assert_eq!(counts(&world.owner, &world).await, (0, 0));
        let id = request.id.to_string();
        assert_eq!(listed(&world.admin, &world, "status=all").await, [id]);
        assert!(listed(&world.admin, &world, "status=pending").await.is_empty());
    });
}

#[test]
fn nobody_decides_their_own_request_and_the_only_admins_waits_and_says_so() {
    everywhere(async |server| {
        let world = World::new(&server).await;
        let mine = ask_as(&world, &world.admin, "10", "this_cycle").await;
        assert!(mine.waits_for.is_empty());
        let detail = view(&world.admin, &mine).await;
        let said = detail["events"][1]["text"].as_str().unwrap();
        assert!(said.contains("Nobody else can decide it yet"), "{said}");
        assert_eq!(allowed(&detail["request"]), ["withdraw"]);
        for (command, body) in [
            ("approve", json!({"add_from_unallocated": true})),
            ("deny", json!({})),
            ("ask", json!({"text": "Me?"})),
        ] {
            give(&world.admin, &mine, command, body)
                .await
                .refusal(ErrorCode::OwnAffair);
        }
        let bulk = json!({"items": [{"id": mine.id, "decision": "approve"}]});
        let answers = world
            .admin
            .post("/credit-requests/decisions", bulk)
            .await
            .json(200);
        assert_eq!(answers["items"][0]["problem"]["code"], "own_affair");

        // The owner of the group neither; the admin decides it.
        let owners = ask_as(&world, &world.owner, "10", "this_cycle").await;
        let waits: Vec<_> = owners
            .waits_for
            .iter()
            .map(|person| person.id.to_string())
            .collect();
        assert_eq!(waits, std::slice::from_ref(&world.admin.id));
        give(&world.owner, &owners, "approve", json!({}))
            .await
            .refusal(ErrorCode::OwnAffair);
        assert_eq!(counts(&world.admin, &world).await, (1, 2));
        assert_eq!(counts(&world.owner, &world).await, (0, 1));
    });
}

#[test]
fn managers_decide_where_the_organisation_lets_them() {
    everywhere(async |server| {
        let world = World::new(&server).await;
        set_group(&world, json!({"monthly": "500"})).await;
        let request = ask(&world, "10").await;
        let path = format!("/credit-requests/{}", request.id);
        world.manager.get(&path).await.refusal(ErrorCode::NotFound);
        give(&world.manager, &request, "approve", json!({}))
            .await
            .refusal(ErrorCode::NotFound);
        assert!(listed(&world.manager, &world, "").await.is_empty());
        assert_eq!(counts(&world.manager, &world).await, (0, 0));

        set_organisation(&world, json!({"managers_decide_requests": true})).await;
        let detail = view(&world.manager, &request).await;
        assert_eq!(detail["request"]["waits_for"][0]["id"], world.manager.id.as_str());
        let id = request.id.to_string();
        assert_eq!(
            listed(&world.manager, &world, "scope=to_decide").await,
            std::slice::from_ref(&id)
        );
        assert_eq!(counts(&world.manager, &world).await, (1, 1));
        give(
            &world.manager,
            &request,
            "approve",
            json!({"add_from_unallocated": true}),
        )
        .await
        .refusal(ErrorCode::Forbidden);
        let decided = give(&world.manager, &request, "approve", json!({}))
            .await
            .json(200);
        assert_eq!(decided["request"]["decided_by"]["id"], world.manager.id.as_str());

        // Whoever decided keeps reading it, nothing more.
        set_organisation(&world, json!({"managers_decide_requests": false})).await;
        assert_eq!(listed(&world.manager, &world, "scope=visible").await, [id]);
        let other = ask(&world, "5").await;
        let path = format!("/credit-requests/{}", other.id);
        world.manager.get(&path).await.refusal(ErrorCode::NotFound);
        assert_eq!(allowed(&view(&world.manager, &request).await["request"]), [""; 0]);
    });
}

#[test]
fn a_list_says_how_many_requests_its_filter_finds() {
    everywhere(async |server| {
        let world = World::new(&server).await;
        for amount in ["1", "2", "3"] {
            ask(&world, amount).await;
        }
        ask_as(&world, &world.manager, "4", "this_cycle").await;
        let total = async |who: &Client, query: &str| {
            let page = who.get(&format!("{}?{query}", requests(&world))).await.json(200);
            (page["total"]["count"].clone(), page["total"]["is_exact"].clone())
        };
        assert_eq!(total(&world.admin, "limit=2").await, (json!(4), json!(true)));
        assert_eq!(
            total(&world.admin, "limit=2&search=member").await,
            (json!(3), json!(true))
        );
        assert_eq!(
            total(&world.admin, "status=denied").await,
            (json!(0), json!(true))
        );
        assert_eq!(
            total(&world.owner, "").await,
            (json!(3), json!(true)),
            "those of the own group"
        );
        assert_eq!(total(&world.member, "").await, (json!(3), json!(true)));
    });
}

#[test]
fn finance_who_owns_a_group_decides_there_and_only_there_and_an_auditor_nowhere() {
    everywhere(async |server| {
        let world = World::new(&server).await;
        let (finance, its_group) = world.owner_in_role(&server, "finance_owner", "finance").await;
        let (auditor, audited_group) = world.owner_in_role(&server, "auditor_owner", "auditor").await;
        let elsewhere = ask(&world, "5").await;
        give(&finance, &elsewhere, "deny", json!({}))
            .await
            .refusal(ErrorCode::Forbidden);
        assert_eq!(view(&finance, &elsewhere).await["request"]["status"], "pending");

        let asked_in = async |group: &str, owner: &Client| {
            let path = format!("/people/{}/group", world.member.id);
            let body = json!({"group_id": group});
            world.admin.write("PUT", &path, &[], body).await.json(200);
            let request = ask(&world, "5").await;
            let waits = listed(owner, &world, "scope=to_decide").await;
            let is_listed = waits.contains(&request.id.to_string());
            (request, is_listed)
        };
        let (request, is_listed) = asked_in(&its_group, &finance).await;
        assert!(is_listed, "it waits for the owner, whose role is finance");
        give(&finance, &request, "deny", json!({"reason": "Not this month"}))
            .await
            .expect_status(200);

        let (request, is_listed) = asked_in(&audited_group, &auditor).await;
        assert!(!is_listed);
        give(&auditor, &request, "deny", json!({}))
            .await
            .refusal(ErrorCode::Forbidden);

        // Nobody of finance decides their own, in their own group either.
        let path = format!("/people/{}/group", finance.id);
        let body = json!({"group_id": its_group});
        world.admin.write("PUT", &path, &[], body).await.json(200);
        let own = ask_as(&world, &finance, "5", "this_cycle").await;
        give(&finance, &own, "approve", json!({}))
            .await
            .refusal(ErrorCode::OwnAffair);
    });
}

#[test]
fn finance_and_auditors_read_and_strangers_see_nothing() {
    everywhere(async |server| {
        let world = World::new(&server).await;
        let request = ask(&world, "10").await;
        for reader in [&world.finance, &world.auditor] {
            assert_eq!(allowed(&view(reader, &request).await["request"]), [""; 0]);
            give(reader, &request, "approve", json!({}))
                .await
                .refusal(ErrorCode::Forbidden);
            assert_eq!(counts(reader, &world).await, (0, 1));
            assert!(listed(reader, &world, "scope=to_decide").await.is_empty());
        }
        let path = format!("/credit-requests/{}", request.id);
        world.other_org.get(&path).await.refusal(ErrorCode::NotFound);
        world
            .other_org
            .get(&requests(&world))
            .await
            .refusal(ErrorCode::NotFound);
        for command in ["approve", "deny", "withdraw"] {
            give(&world.other_org, &request, command, json!({}))
                .await
                .refusal(ErrorCode::NotFound);
        }
        let bulk = json!({"items": [{"id": request.id, "decision": "deny"}]});
        let answers = world
            .other_org
            .post("/credit-requests/decisions", bulk)
            .await
            .json(200);
        assert_eq!(answers["items"][0]["problem"]["code"], "not_found");
        assert_eq!(view(&world.admin, &request).await["request"]["status"], "pending");
    });
}

#[test]
fn many_are_decided_each_by_itself() {
    everywhere(async |server| {
        let world = World::new(&server).await;
        set_group(&world, json!({"monthly": "100"})).await;
        set_organisation(&world, json!({"denial_needs_reason": true})).await;
        let big = ask(&world, "80").await;
        let too_much = ask(&world, "30").await;
        let good = ask_as(&world, &world.member, "20", "for_good").await;
        let no = ask(&world, "1").await;
        let bare_no = ask(&world, "1").await;
        let gone = ask(&world, "1").await;
        give(&world.member, &gone, "withdraw", json!({}))
            .await
            .expect_status(200);
        let own = ask_as(&world, &world.owner, "1", "this_cycle").await;
        let stranger = "crq_01926f3e7a1c7c3e8a4bfe2d19c04a55";
        let yes = |id: &dyn std::fmt::Display| json!({"id": id.to_string(), "decision": "approve"});
        let items = json!({"items": [
            yes(&big.id), yes(&too_much.id), yes(&good.id),
            {"id": no.id, "decision": "deny", "note": "Not now"},
            {"id": bare_no.id, "decision": "deny"},
            yes(&gone.id), yes(&own.id), yes(&stranger), yes(&big.id),
            {"id": no.id, "decision": "approve", "amount": "0.001"},
        ]});
        let audit = async || {
            let path = "/audit-entries?action=decide_credit_requests&limit=100";
            world.admin.get(path).await.json(200)["items"]
                .as_array()
                .unwrap()
                .len()
        };
        let before = audit().await;
        let answers = world
            .owner
            .post("/credit-requests/decisions", items)
            .await
            .json(200);
        let met: Vec<&str> = answers["items"]
            .as_array()
            .unwrap()
            .iter()
            .map(|item| {
                let problem = item["problem"]["code"].as_str();
                problem.unwrap_or_else(|| item["request"]["status"].as_str().unwrap())
            })
            .collect();
        let expected = [
            "approved",
            "group_exceeded",
            "approved",
            "denied",
            "reason_required",
            "request_withdrawn",
            "own_affair",
            "not_found",
            "precondition_failed",
            "precondition_failed",
        ];
        assert_eq!(met, expected);
        assert_eq!(answers["items"][1]["problem"]["over_by"], "10");
        let row = member_row(&world).await;
        assert_eq!((&row["extra"], &row["monthly"]), (&json!("80"), &json!("20")));
        assert_eq!(group_row(&world).await["available"], "0");
        assert_eq!(audit().await - before, 3, "one line per decided request");
        books_hold(&server, &world).await;
    });
}

#[test]
fn a_rehearsal_says_what_approving_does_and_leaves_no_trace() {
    everywhere(async |server| {
        let world = World::new(&server).await;
        set_group(&world, json!({"monthly": "100"})).await;
        let request = ask(&world, "150").await;
        let trace = async || {
            let organisation = world.admin.get("/me").await.json(200)["organisation"]["id"].clone();
            let id = organisation.as_str().unwrap().parse().unwrap();
            let head = server.app.store.head(id).await.unwrap();
            let entries = world.admin.get("/ledger-entries?limit=1").await.body;
            let audit = world.admin.get("/audit-entries?limit=1").await.body;
            (head, entries, audit, view(&world.admin, &request).await)
        };
        let before = trace().await;
        let path = format!("/credit-requests/{}/approve?dry_run=true", request.id);
        let fill = json!({"add_from_unallocated": true, "amount": "140"});
        let told = world.admin.post(&path, fill.clone()).await.json(200);
        assert_eq!(told["is_dry_run"], true);
        assert_eq!(told["request"]["status"], "approved");
        assert_eq!(told["effect"]["added_from_unallocated"], "40");
        let refused = world.admin.post(&path, json!({})).await;
        let problem = refused.refusal(ErrorCode::GroupExceeded);
        assert_eq!(problem.over_by.unwrap().to_string(), "50");
        assert_eq!(trace().await, before);
        let done = give(&world.admin, &request, "approve", fill).await.json(200);
        assert_eq!(done["effect"], told["effect"]);
    });
}

#[test]
fn a_stale_page_is_told_and_so_is_bad_input() {
    everywhere(async |server| {
        let world = World::new(&server).await;
        set_group(&world, json!({"monthly": "500"})).await;
        let request = ask(&world, "10").await;
        give(&world.owner, &request, "ask", json!({"text": "Why?"}))
            .await
            .expect_status(200);
        let path = format!("/credit-requests/{}/approve", request.id);
        world
            .admin
            .edit("POST", &path, &request.etag, json!({}))
            .await
            .refusal(ErrorCode::PreconditionFailed);
        let seen = view(&world.admin, &request).await["request"]["etag"].clone();
        world
            .admin
            .edit("POST", &path, seen.as_str().unwrap(), json!({}))
            .await
            .expect_status(200);

        let body =
            |amount: &str, reason: &str| json!({"amount": amount, "term": "this_cycle", "reason": reason});
        let post = async |body: Value| world.member.post(&requests(&world), body).await;
        let pointer = |reply: &Reply, code| reply.refusal(code).fields[0].pointer.clone();
        let invalid = ErrorCode::InvalidFields;
        let long = post(body("1", &"x".repeat(10_000))).await;
        assert_eq!(pointer(&long, invalid), "/reason");
        for (amount, reason, at) in [
            ("0", "why", "/amount"),
            ("-1", "why", "/amount"),
            ("1.001", "why", "/amount"),
            ("10000000000000", "why", "/amount"),
            ("1", "  \n ", "/reason"),
        ] {
            let reply = post(body(amount, reason)).await;
            assert_eq!(pointer(&reply, invalid), at, "{amount} {reason}");
        }
        let rtl = "أحتاج إلى رصيد إضافي\nلتجربة المساعد الجديد — 👩🏽‍💻 \u{202b}RTL\u{202c}";
        let kept: CreditRequestView = post(body("1", rtl)).await.expect(201);
        assert_eq!(kept.reason, rtl);
        let too_fine = give(&world.admin, &kept, "approve", json!({"amount": "0.001"})).await;
        assert_eq!(pointer(&too_fine, invalid), "/amount");
        let empty = give(&world.admin, &kept, "ask", json!({"text": " "})).await;
        assert_eq!(pointer(&empty, invalid), "/text");

        set_organisation(&world, json!({"denial_needs_reason": true})).await;
        give(&world.admin, &kept, "deny", json!({}))
            .await
            .refusal(ErrorCode::ReasonRequired);
        let denied = give(&world.admin, &kept, "deny", json!({"reason": "No budget"})).await;
        assert_eq!(denied.json(200)["request"]["decision_note"], "No budget");
    });
}

#[test]
fn requests_are_found_by_status_text_group_day_and_page() {
    everywhere(async |server| {
        let world = World::new(&server).await;
        set_group(&world, json!({"monthly": "500"})).await;
        let mut made = Vec::new();
        for n in 1..=7 {
            made.push(ask(&world, &n.to_string()).await.id.to_string());
        }
        let owners = ask_as(&world, &world.owner, "1", "this_cycle")
            .await
            .id
            .to_string();
        let finances = ask_as(&world, &world.finance, "1", "this_cycle")
            .await
            .id
            .to_string();
        made.reverse();

        let group = format!("group_id={}", world.owned_group);
        let found = listed(&world.admin, &world, &group).await;
        assert_eq!(found.len(), 8);
        assert!(!found.contains(&finances));
        assert_eq!(
            listed(&world.admin, &world, "search=finance").await,
            std::slice::from_ref(&finances)
        );
        assert_eq!(listed(&world.admin, &world, "search=person%20mem").await, made);
        assert_eq!(
            listed(&world.admin, &world, &format!("person_id={}", world.owner.id)).await,
            std::slice::from_ref(&owners)
        );
        assert_eq!(
            listed(&world.member, &world, "").await,
            made,
            "a member sees the own ones"
        );
        assert_eq!(listed(&world.owner, &world, "scope=to_decide").await, made);

        let mut paged = Vec::new();
        let mut cursor = String::new();
        loop {
            let path = format!("{}?search=member&sort=oldest&limit=3{cursor}", requests(&world));
            let page = world.admin.get(&path).await.json(200);
            for item in page["items"].as_array().unwrap() {
                paged.push(item["id"].as_str().unwrap().to_owned());
            }
            match page["next_cursor"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => break,
            }
        }
        paged.reverse();
        assert_eq!(paged, made);

        let day = |n: i64| {
            let at = server.app.store.now().plus_seconds(n * 86_400);
            at.to_string().split('T').next().unwrap().to_owned()
        };
        let around = format!("from={}&to={}", day(-1), day(1));
        assert_eq!(listed(&world.admin, &world, &around).await.len(), 9);
        assert!(
            listed(&world.admin, &world, &format!("to={}", day(-2)))
                .await
                .is_empty()
        );
        assert!(
            listed(&world.admin, &world, &format!("from={}", day(2)))
                .await
                .is_empty()
        );
    });
}

#[test]
fn a_request_follows_its_requester_into_another_group_and_through_a_suspension() {
    everywhere(async |server| {
        let world = World::new(&server).await;
        let request = ask(&world, "10").await;
        let status = |what: &str| format!("/people/{}/{what}", world.member.id);
        world
            .admin
            .post(&status("suspend"), json!({}))
            .await
            .expect_status(200);
        let fill = json!({"add_from_unallocated": true});
        give(&world.admin, &request, "approve", fill.clone())
            .await
            .refusal(ErrorCode::PersonNotActive);
        assert_eq!(view(&world.admin, &request).await["request"]["status"], "pending");
        world
            .admin
            .post(&status("reinstate"), json!({}))
            .await
            .expect_status(200);

        let to = json!({"group_id": world.default_group});
        world
            .admin
            .write("PUT", &format!("/people/{}/group", world.member.id), &[], to)
            .await
            .expect_status(200);
        let path = format!("/credit-requests/{}", request.id);
        world.owner.get(&path).await.refusal(ErrorCode::NotFound);
        let moved = view(&world.admin, &request).await;
        assert_eq!(moved["request"]["group"]["id"], world.default_group.as_str());
        give(&world.admin, &request, "approve", fill)
            .await
            .expect_status(200);
        books_hold(&server, &world).await;
    });
}

#[test]
fn a_request_survives_its_cycle_and_is_judged_in_that_of_its_decision() {
    somewhere_empty(async |server| {
        let world = World::new(&server).await;
        set_group(&world, json!({"monthly": "100", "auto_approve_reserve": "50"})).await;
        let spent = ask(&world, "50").await;
        assert_eq!(spent.status, Status::AutoApproved);
        let request = ask(&world, "80").await;
        server.pass_seconds(40 * 86_400);
        // Signed in before the clock went on: sessions of the tests outlive it by a fresh sign-in.
        let again = |who: &Client| {
            let (app, email) = (server.app.clone(), who.email.parse().unwrap());
            async move {
                let password = crate::support::PASSWORD.to_owned();
                app.sign_in(&email, password, "later", "r".to_owned())
                    .await
                    .unwrap()
            }
        };
        let admin = world.admin.with_token(&again(&world.admin).await.access_token);
        let member = world.member.with_token(&again(&world.member).await.access_token);
        let world = World {
            admin,
            member,
            ..world
        };
        assert_eq!(view(&world.admin, &request).await["request"]["status"], "pending");
        let refused = give(&world.admin, &request, "approve", json!({})).await;
        assert_eq!(
            refused
                .refusal(ErrorCode::GroupExceeded)
                .over_by
                .unwrap()
                .to_string(),
            "30"
        );
        // The new cycle's reserve answers anew.
        assert_eq!(ask(&world, "20").await.status, Status::AutoApproved);
        let yes = json!({"amount": "50"});
        give(&world.admin, &request, "approve", yes)
            .await
            .expect_status(200);
        assert_eq!(member_row(&world).await["extra"], "70");
        books_hold(&server, &world).await;
    });
}
