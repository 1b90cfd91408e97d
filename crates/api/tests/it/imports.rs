//! Importing people: the difference first, the same file again without effect, and every bad file refused in words.

use allowance_api_types::imports::{ImportView, RowOutcome};
use allowance_api_types::problem::ErrorCode;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::{Client, Reply, World, everywhere, organisation};

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
