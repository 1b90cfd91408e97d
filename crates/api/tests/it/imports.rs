//! Importing people: the difference first, the same file again without effect, and every bad file refused in words.

use allowance_api_types::imports::{ImportView, RowOutcome};
use allowance_api_types::problem::ErrorCode;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::{Client, PASSWORD, Reply, World, everywhere, organisation, somewhere_empty};

const ORG: &str = include_str!("../fixtures/org.csv");

async fn upload(client: &Client, is_dry_run: bool, bytes: impl Into<Vec<u8>>) -> Reply {
    let path = format!("/api/v1/imports/people?dry_run={is_dry_run}");
    client
        .send("POST", &path, &[], Some(("text/csv", bytes.into())))
        .await
}

async fn import(client: &Client, bytes: impl Into<Vec<u8>>) -> ImportView {
    upload(client, false, bytes).await.expect(200)
}

fn counts(view: &ImportView) -> [u64; 4] {
    [view.added, view.changed, view.unchanged, view.refused]
}

/// Each listed row in short: line, outcome, first reason or the changed fields.
fn rows(view: &ImportView) -> Vec<String> {
    view.rows
        .iter()
        .map(|row| match row.outcome {
            RowOutcome::Refused => format!(
                "{} {:?}: {}",
                row.line, row.problems[0].code, row.problems[0].detail
            ),
            RowOutcome::Changed => {
                let changes = row
                    .changes
                    .iter()
                    .map(|c| format!("{}: {} → {}", c.field, c.before, c.after));
                format!("{} {}", row.line, changes.collect::<Vec<_>>().join(", "))
            }
            RowOutcome::Added | RowOutcome::Unchanged => {
                format!("{} {:?} {}", row.line, row.outcome, row.email)
            }
        })
        .collect()
}

async fn people(client: &Client) -> Vec<Value> {
    client.get("/people?limit=1000").await.json(200)["items"]
        .as_array()
        .unwrap()
        .clone()
}

#[test]
fn a_dry_run_says_what_the_run_then_does_and_a_second_run_changes_nothing() {
    everywhere(async |server| {
        let admin = organisation(&server, "admin").await;
        let planned: ImportView = upload(&admin, true, ORG).await.expect(200);
        assert_eq!((counts(&planned), planned.is_dry_run), ([12, 0, 0, 0], true));
        assert_eq!(people(&admin).await.len(), 1);

        let done = import(&admin, ORG).await;
        assert_eq!(
            ImportView {
                is_dry_run: false,
                ..planned
            },
            done
        );
        assert!(done.unknown_columns.is_empty() && !done.is_truncated);
        let all = people(&admin).await;
        assert_eq!(all.len(), 13);
        let named = |name: &str| all.iter().find(|person| person["display_name"] == name).unwrap();
        assert_eq!(named("François")["email"], "françois0@adventure-works.com");
        assert_eq!(named("François")["manager"]["display_name"], "Jean");
        assert_eq!(named("José")["hired_on"], "2011-05-31");
        assert_eq!(named("José")["role"], "member");
        assert_eq!(named("José")["group"]["name"], "Default");
        let tops = all.iter().filter(|person| person["manager"].is_null()).count();
        assert_eq!(tops, 2, "Ken and the admin");

        let again = import(&admin, ORG).await;
        assert_eq!((counts(&again), again.rows.len()), ([0, 0, 12, 0], 0));
        let log = admin.get("/audit-entries?action=import_people").await.json(200);
        assert_eq!(
            log["items"].as_array().unwrap().len(),
            1,
            "what changed nothing leaves no line"
        );
    });
}

#[test]
fn the_same_file_under_the_same_key_is_answered_from_memory() {
    everywhere(async |server| {
        let admin = organisation(&server, "admin").await;
        let key = Uuid::now_v7().to_string();
        let send = async |path: &str, body: &str| {
            let body = Some(("text/csv", body.as_bytes().to_vec()));
            admin
                .send("POST", path, &[("idempotency-key", key.as_str())], body)
                .await
        };
        let path = "/api/v1/imports/people?dry_run=false";
        let first = send(path, ORG).await;
        let second = send(path, ORG).await;
        assert_eq!((first.status, &first.body), (second.status, &second.body));
        assert_eq!(second.header("idempotent-replayed"), Some("true"));
        send(path, "email,display_name\n")
            .await
            .refusal(ErrorCode::IdempotencyKeyReused);
    });
}

#[test]
fn changes_are_shown_field_by_field_and_what_is_missing_stays() {
    everywhere(async |server| {
        let admin = organisation(&server, "admin").await;
        import(&admin, ORG).await;
        let file = "Display Name;EMAIL;shoe size;manager_email;title\n\
                    Frank;FRANÇOIS0@adventure-works.com;42;ken0@adventure-works.com;\n\
                    =cmd|' /C calc'!A0;formula@x.example;;frank@nowhere.example;\n\
                    =1+1;sum@x.example;;françois0@ADVENTURE-works.com;Adder\n";
        let view = import(&admin, file).await;
        assert_eq!(view.unknown_columns, ["shoe size"]);
        assert_eq!(
            rows(&view),
            [
                "2 display_name: François → Frank, email: françois0@adventure-works.com → \
                 FRANÇOIS0@adventure-works.com, title: Database Administrator → , manager_email: \
                 jean0@adventure-works.com → ken0@adventure-works.com",
                "3 InvalidFields: nobody has this address, neither in the file nor in the organisation",
                "4 Added sum@x.example",
            ]
        );
        let found = admin.get("/people?search=sum@x").await.json(200);
        assert_eq!(found["items"][0]["display_name"], "=1+1");
        let frank = admin.get("/people?search=frank").await.json(200)["items"][0].clone();
        assert_eq!(
            (&frank["department"], &frank["title"]),
            (&json!("Information Services"), &Value::Null)
        );
    });
}

#[test]
fn bad_rows_are_refused_one_by_one_with_reasons() {
    everywhere(async |server| {
        let admin = organisation(&server, "admin").await;
        let file = "email,display_name,manager_email,hired_on\n\
                    ken@x.example,Ken,,2020-02-29\n\
                    KEN@x.example,Kenneth,,\n\
                    ann@x.example,Ann,bob@x.example,\n\
                    bob@x.example,Bob,ann@x.example,\n\
                    kid@x.example,Kid,bob@x.example,\n\
                    lost@x.example,Lost,nobody@x.example,\n\
                    own@x.example,Own,OWN@x.example,\n\
                    day@x.example,Day,,29.02.2020\n\
                    ragged@x.example,Ragged\n\
                    no address,Nobody,,\n\
                    fine@x.example,Fine,ken@x.example,\n";
        let view = import(&admin, file).await;
        assert_eq!(counts(&view), [2, 0, 0, 9]);
        assert_eq!(
            rows(&view),
            [
                "2 Added ken@x.example",
                "3 EmailTaken: line 2 has the same address",
                "4 ReportingCycle: the reporting line would run in a circle",
                "5 ReportingCycle: the reporting line would run in a circle",
                "6 InvalidFields: the manager is refused in line 5",
                "7 InvalidFields: nobody has this address, neither in the file nor in the organisation",
                "8 ReportingCycle: the reporting line would run in a circle",
                "9 InvalidFields: not a day; write it like 2026-11-20",
                "10 InvalidFields: the row has 2 cells, the header 4",
                "11 InvalidFields: not an e-mail address",
                "12 Added fine@x.example",
            ]
        );
    });
}

#[test]
fn files_that_are_none_change_nothing_and_say_why() {
    everywhere(async |server| {
        let admin = organisation(&server, "admin").await;
        let refused = async |bytes: &[u8], code, words: &str| {
            let problem = upload(&admin, false, bytes).await.refusal(code);
            assert!(problem.detail.contains(words), "{}", problem.detail);
        };
        refused(b"", ErrorCode::ImportHeader, "the file is empty").await;
        refused(
            b"ken@x.example,Ken\n",
            ErrorCode::ImportHeader,
            "it lacks email and display_name",
        )
        .await;
        refused(
            b"email;name\na@x;A\n",
            ErrorCode::ImportHeader,
            "it lacks display_name",
        )
        .await;
        refused(
            b"email,display_name\na@x,\xff\n",
            ErrorCode::ImportUnreadable,
            "not valid UTF-8",
        )
        .await;
        let json = Some(("application/json", b"{}".to_vec()));
        admin
            .send("POST", "/api/v1/imports/people?dry_run=false", &[], json)
            .await
            .refusal(ErrorCode::UnsupportedMediaType);
        for query in ["", "?dry_run=perhaps", "?dry_run=true&delete=true"] {
            let body = Some(("text/csv", ORG.as_bytes().to_vec()));
            let path = format!("/api/v1/imports/people{query}");
            admin
                .send("POST", &path, &[], body)
                .await
                .refusal(ErrorCode::InvalidQuery);
        }
        assert_eq!(people(&admin).await.len(), 1);

        // Every way Excel writes it.
        let utf16: Vec<u8> = std::iter::once(0xFEFF)
            .chain(ORG.replace(',', "\t").encode_utf16().collect::<Vec<u16>>())
            .flat_map(u16::to_le_bytes)
            .collect();
        assert_eq!(counts(&import(&admin, utf16).await), [12, 0, 0, 0]);
        let semicolons = format!("\u{feff}{}", ORG.replace(',', ";").replace('\n', "\r\n"));
        assert_eq!(counts(&import(&admin, semicolons).await), [0, 0, 12, 0]);
    });
}

#[test]
fn a_large_file_is_listed_and_audited_as_far_as_there_is_room() {
    everywhere(async |server| {
        let admin = organisation(&server, "admin").await;
        let row = |n: u32| format!("person{n}@large.example,Person Number {n},p{n}\n");
        let file: String = (0..6_000).map(row).collect();
        let view = import(&admin, format!("email,display_name,title\n{file}")).await;
        assert_eq!(counts(&view), [6_000, 0, 0, 0]);
        assert_eq!((view.rows.len(), view.is_truncated), (1_000, true));
        // The reply is checked against the document's bounds.
        let log = admin.get("/audit-entries?action=import_people").await.json(200);
        let after: Value = serde_json::from_str(log["items"][0]["after"].as_str().unwrap()).unwrap();
        assert_eq!(after["added"], 6_000);
        assert!((500..6_000).contains(&after["rows"].as_array().unwrap().len()));
        let page = admin.get("/people?search=person5999@large").await.json(200);
        assert_eq!(page["total"]["count"], 1);
    });
}

#[test]
fn whoever_may_not_import_imports_nothing() {
    everywhere(async |server| {
        let world = World::new(&server).await;
        for client in [
            &world.finance,
            &world.auditor,
            &world.manager,
            &world.owner,
            &world.member,
        ] {
            upload(client, true, ORG).await.refusal(ErrorCode::Forbidden);
        }
        upload(&world.anonymous, true, ORG)
            .await
            .refusal(ErrorCode::Unauthenticated);
        // Another organisation's people are nobody here.
        import(&world.other_org, ORG).await;
        let view = import(&world.admin, ORG).await;
        assert_eq!(counts(&view), [12, 0, 0, 0]);
    });
}

/// A world in which new users get credits, and its group takes people from a file.
async fn with_sign_up(world: &World, amount: &str) {
    let path = format!("/credit-types/{}", world.credit_type);
    let view = world.admin.get(&path).await.json(200);
    let body = json!({"sign_up": {"amount": amount, "is_pro_rata": false}});
    world
        .admin
        .edit("PATCH", &path, view["etag"].as_str().unwrap(), body)
        .await
        .expect_status(200);
}

async fn extra_of(world: &World, email: &str) -> Value {
    let person = world
        .admin
        .get(&format!("/people?search={email}"))
        .await
        .json(200);
    let person = &person["items"][0];
    let path = format!(
        "/credit-types/{}/groups/{}/members?search={email}",
        world.credit_type,
        person["group"]["id"].as_str().unwrap()
    );
    world.admin.get(&path).await.json(200)["items"][0]["extra"].clone()
}

#[test]
fn new_rows_join_unless_said_otherwise_but_not_in_an_empty_organisation() {
    everywhere(async |server| {
        let founder = organisation(&server, "admin").await;
        let planned: ImportView = upload(&founder, true, ORG).await.expect(200);
        assert_eq!(planned.are_joiners, Some(false), "they were there before");
        assert_eq!(import(&founder, ORG).await.are_joiners, Some(false));

        let world = World::new(&server).await;
        with_sign_up(&world, "7").await;
        let row = |name: &str| format!("email,display_name\n{name}@join.example,{name}\n");
        let planned: ImportView = upload(&world.admin, true, row("ann")).await.expect(200);
        assert_eq!(planned.are_joiners, Some(true));
        assert_eq!(import(&world.admin, row("ann")).await.are_joiners, Some(true));
        assert_eq!(extra_of(&world, "ann@join").await, "7");
        assert_eq!(
            import(&world.admin, row("ann")).await.are_joiners,
            None,
            "nobody is new"
        );

        let said = async |name: &str, answer: bool| {
            let path = format!("/api/v1/imports/people?dry_run=false&joiners={answer}");
            let body = Some(("text/csv", row(name).into_bytes()));
            let view: ImportView = world.admin.send("POST", &path, &[], body).await.expect(200);
            assert_eq!(view.are_joiners, Some(answer));
            extra_of(&world, &format!("{name}@join")).await
        };
        assert_eq!(said("bob", false).await, "0");
        assert_eq!(said("cid", true).await, "7");
    });
}

async fn attention(world: &World, kind: &str) -> Vec<Value> {
    let path = format!("/credit-types/{}/attention", world.credit_type);
    let list = world.admin.get(&path).await.json(200);
    let items = list["items"].as_array().unwrap().iter();
    items.filter(|item| item["kind"] == kind).cloned().collect()
}

async fn set_cells(world: &World, path: &str, etag: &Value, cells: Value) {
    let etag = etag.as_str().unwrap();
    world
        .admin
        .edit("PATCH", path, etag, cells)
        .await
        .expect_status(200);
}

#[test]
fn a_move_by_hr_never_fails_and_what_does_not_fit_needs_attention_until_it_is_settled() {
    everywhere(async |server| {
        let world = World::new(&server).await;
        let base = format!("/credit-types/{}", world.credit_type);
        let groups = world.admin.get(&format!("{base}/groups")).await.json(200);
        for (group, monthly) in [(&world.default_group, "1000"), (&world.owned_group, "40")] {
            let row = groups["items"].as_array().unwrap().iter();
            let row = row.clone().find(|row| row["id"] == group.as_str()).unwrap();
            let path = format!("{base}/groups/{group}");
            set_cells(&world, &path, &row["etag"], json!({"monthly": monthly})).await;
        }
        let file = "email,display_name,group\nmover@hr.example,Mover,\nlost@hr.example,Lost,Nowhere\n";
        let view = import(&world.admin, file).await;
        assert_eq!(
            rows(&view),
            [
                "2 Added mover@hr.example",
                "3 InvalidFields: there is no group of this name"
            ]
        );
        let row = async |group: &str| {
            let path = format!("{base}/groups/{group}/members?search=mover");
            world.admin.get(&path).await.json(200)["items"][0].clone()
        };
        let mover = row(&world.default_group).await;
        let member = format!("{base}/members/{}", mover["person"]["id"].as_str().unwrap());
        set_cells(
            &world,
            &member,
            &mover["etag"],
            json!({"monthly": "100", "extra": "5"}),
        )
        .await;

        let file = "email,display_name,group\nmover@hr.example,Mover,RESEARCH\n";
        let planned: ImportView = upload(&world.admin, true, file).await.expect(200);
        assert_eq!(rows(&planned), ["2 group: Default → Research"]);
        assert_eq!(planned.short_of_credits, 1);
        assert!(
            attention(&world, "move_short").await.is_empty(),
            "a look moves nobody"
        );
        assert_eq!(row(&world.owned_group).await, Value::Null);

        assert_eq!(import(&world.admin, file).await.short_of_credits, 1);
        let moved = row(&world.owned_group).await;
        assert_eq!((&moved["monthly"], &moved["extra"]), (&json!("35"), &json!("5")));
        let listed = attention(&world, "move_short").await;
        assert_eq!(listed.len(), 1, "{listed:?}");
        assert_eq!(
            (&listed[0]["name"], &listed[0]["amount"], &listed[0]["group_id"]),
            (&json!("Mover"), &json!("65"), &json!(world.owned_group))
        );
        // The same file again changes nothing, and the row stays.
        assert_eq!(counts(&import(&world.admin, file).await), [0, 0, 1, 0]);
        assert_eq!(attention(&world, "move_short").await.len(), 1);

        // Somebody allocates to the person again: it is settled.
        let groups = world.admin.get(&format!("{base}/groups")).await.json(200);
        let research = groups["items"].as_array().unwrap().iter();
        let research = research
            .clone()
            .find(|row| row["id"] == world.owned_group)
            .unwrap();
        let path = format!("{base}/groups/{}", world.owned_group);
        set_cells(&world, &path, &research["etag"], json!({"monthly": "200"})).await;
        assert_eq!(attention(&world, "move_short").await.len(), 1);
        set_cells(&world, &member, &moved["etag"], json!({"monthly": "100"})).await;
        assert!(attention(&world, "move_short").await.is_empty());
        let books = world.admin.get("/books").await.json(200);
        assert_eq!(books["is_proven"], true, "{books}");
    });
}

#[test]
fn joiners_without_their_credits_need_attention_also_in_later_cycles_until_somebody_grants() {
    somewhere_empty(async |server| {
        let world = World::new(&server).await;
        with_sign_up(&world, "100000").await;
        let file = "email,display_name\nfirst@hr.example,First\nsecond@hr.example,Second\n";
        import(&world.admin, file).await;
        let listed = attention(&world, "sign_up_unfunded").await;
        assert_eq!(listed.len(), 1, "Unallocated covered one of them: {listed:?}");
        let person = listed[0]["person_id"].as_str().unwrap().to_owned();
        server.pass_seconds(40 * 86_400);
        let world = World {
            admin: sign_in_again(&world).await,
            ..world
        };
        assert_eq!(
            attention(&world, "sign_up_unfunded").await,
            listed,
            "another cycle is open"
        );
        let base = format!("/credit-types/{}", world.credit_type);
        let groups = world.admin.get(&format!("{base}/groups")).await.json(200);
        let row = groups["items"].as_array().unwrap().iter();
        let row = row.clone().find(|row| row["id"] == world.default_group).unwrap();
        let path = format!("{base}/groups/{}", world.default_group);
        set_cells(&world, &path, &row["etag"], json!({"extra": "50"})).await;
        let grant = json!({"amount": "50", "reason": "Welcome"});
        let path = format!("{base}/members/{person}/grants");
        world.admin.post(&path, grant).await.expect_status(201);
        assert!(attention(&world, "sign_up_unfunded").await.is_empty());
    });
}

async fn sign_in_again(world: &World) -> Client {
    let who = json!({"email": world.admin.email, "password": PASSWORD});
    let session = world.anonymous.post("/session", who).await.json(200);
    world.admin.with_token(session["access_token"].as_str().unwrap())
}
