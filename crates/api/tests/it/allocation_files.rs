//! Files of allocations, and thousands of rows in one request.

use allowance_api_types::allocations::AllocationImportView;
use allowance_api_types::imports::RowOutcome;
use allowance_api_types::problem::ErrorCode;
use allowance_store::testing::create_people;
use allowance_values::GroupId;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::{Client, Reply, Server, World, everywhere};

fn text<'v>(value: &'v Value, field: &str) -> &'v str {
    value[field]
        .as_str()
        .unwrap_or_else(|| panic!("{field} in {value}"))
}

/// The owned group with 1,000 credits a month.
struct Desk {
    world: World,
    base: String,
}

impl Desk {
    async fn new(server: &Server, monthly: &str) -> Self {
        let world = World::new(server).await;
        let base = format!("/credit-types/{}", world.credit_type);
        let desk = Self { world, base };
        let etag = text(&desk.group_row().await, "etag").to_owned();
        let path = format!("{}/groups/{}", desk.base, desk.world.owned_group);
        desk.world
            .admin
            .edit("PATCH", &path, &etag, json!({"monthly": monthly}))
            .await
            .json(200);
        desk
    }

    async fn group_row(&self) -> Value {
        let rows = self
            .world
            .admin
            .get(&format!("{}/groups", self.base))
            .await
            .json(200);
        let rows = rows["items"].as_array().expect("items").clone();
        let mine = |row: &Value| row["id"] == self.world.owned_group;
        rows.into_iter().find(mine).expect("the group's row")
    }

    async fn upload(&self, client: &Client, is_dry_run: bool, file: impl Into<Vec<u8>>) -> Reply {
        let path = format!("/api/v1{}/allocations/import?dry_run={is_dry_run}", self.base);
        client
            .send("POST", &path, &[], Some(("text/csv", file.into())))
            .await
    }

    async fn export(&self) -> String {
        let path = format!(
            "/api/v1{}/groups/{}/members.csv",
            self.base, self.world.owned_group
        );
        let reply = self.world.admin.send("GET", &path, &[], None).await;
        reply.expect_status(200);
        reply.body
    }

    async fn assert_proven(&self) {
        let books = self.world.admin.get("/books").await.json(200);
        assert_eq!(books["is_proven"], true, "{books}");
    }
}

fn counts(view: &AllocationImportView) -> [u64; 3] {
    [view.changed, view.unchanged, view.refused]
}

/// Each listed row in short.
fn rows(view: &AllocationImportView) -> Vec<String> {
    let words = |row: &allowance_api_types::allocations::AllocationImportRowView| match row.outcome {
        RowOutcome::Refused => format!("{} {:?}", row.line, row.problems[0].code),
        _ => {
            let changes = row.changes.iter();
            let changes = changes.map(|c| format!("{} {} → {}", c.field, c.before, c.after));
            format!("{} {}", row.line, changes.collect::<Vec<_>>().join(", "))
        }
    };
    view.rows.iter().map(words).collect()
}

#[test]
fn a_dry_run_says_what_the_file_then_does_and_the_same_file_changes_nothing() {
    everywhere(async |server| {
        let desk = Desk::new(&server, "1000").await;
        let (admin, member, owner) = (&desk.world.admin, &desk.world.member, &desk.world.owner);
        let file = format!(
            "E-Mail;Monthly;EXTRA;Shoe size\r\n{};450.25;;42\r\n\u{feff}nobody@example.org;1;;\r\n{};;12.5;\r\n\
             {};7;;\r\n{};1,234.50;;\r\n",
            member.email.to_uppercase(),
            owner.email,
            member.email,
            desk.world.manager.email,
        );
        let planned: AllocationImportView = desk.upload(admin, true, file.clone()).await.expect(200);
        let expected = [
            "2 monthly 0 → 450.25",
            "3 NotFound",
            "4 extra 0 → 12.5",
            "5 InvalidFields",
            "6 InvalidFields",
        ];
        assert_eq!(rows(&planned), expected);
        assert_eq!(planned.unknown_columns, ["Shoe size"]);
        assert_eq!(text(&desk.group_row().await, "distributed"), "0");
        let done: AllocationImportView = desk.upload(admin, false, file.clone()).await.expect(200);
        assert_eq!((done.is_dry_run, counts(&done)), (false, [2, 0, 3]));
        assert_eq!(
            AllocationImportView {
                is_dry_run: true,
                ..done
            },
            planned,
            "foretold to the last figure"
        );
        assert_eq!(text(&desk.group_row().await, "distributed"), "462.75");
        let again: AllocationImportView = desk.upload(admin, false, file).await.expect(200);
        assert_eq!(counts(&again), [0, 2, 3]);
        let exported: AllocationImportView = desk.upload(admin, false, desk.export().await).await.expect(200);
        assert_eq!(counts(&exported), [0, 2, 0], "what is exported changes nothing");
        let audit = admin
            .get("/audit-entries?action=import_allocations")
            .await
            .json(200);
        assert_eq!(audit["items"].as_array().expect("items").len(), 1);
        desk.assert_proven().await;
    });
}

#[test]
fn what_does_not_fit_together_is_refused_whole_and_what_was_not_typed_is_not_taken_back() {
    everywhere(async |server| {
        let desk = Desk::new(&server, "1000").await;
        let (admin, member, owner) = (&desk.world.admin, &desk.world.member, &desk.world.owner);
        let file = format!("email,monthly\n{},600\n{},600\n", member.email, owner.email);
        for is_dry_run in [true, false] {
            let refused = desk.upload(admin, is_dry_run, file.clone()).await;
            let refused = refused.refusal(ErrorCode::GroupExceeded);
            assert_eq!(refused.over_by, Some("200".parse().unwrap()));
        }
        assert_eq!(text(&desk.group_row().await, "distributed"), "0");
        // The end state decides: who gets less makes room for who gets more, in whatever order.
        let first = format!("email,monthly\n{},900\n", member.email);
        desk.upload(admin, false, first).await.expect_status(200);
        let swap = format!("email,monthly\n{},900\n{},100\n", owner.email, member.email);
        desk.upload(admin, false, swap).await.expect_status(200);
        let grant = json!({"amount": "0.5", "reason": "Pilot"});
        let path = format!("{}/members/{}/grants", desk.base, member.id);
        admin.post(&path, grant).await.refusal(ErrorCode::GroupExceeded);
        let room = format!("email,monthly\n{},50\n", member.email);
        desk.upload(admin, false, room).await.expect_status(200);
        admin
            .post(&path, json!({"amount": "5", "reason": "Pilot"}))
            .await
            .json(201);
        let less = format!("email,extra\n{},0\n{},1\n", member.email, owner.email);
        let done: AllocationImportView = desk.upload(admin, false, less).await.expect(200);
        assert_eq!(rows(&done), ["2 NothingToTakeBack", "3 extra 0 → 1"]);
        desk.assert_proven().await;
    });
}

#[test]
fn an_owner_imports_into_the_own_group_and_nothing_for_themselves() {
    everywhere(async |server| {
        let desk = Desk::new(&server, "1000").await;
        let World {
            owner,
            member,
            admin,
            manager,
            finance,
            other_org,
            ..
        } = &desk.world;
        let file = format!(
            "email,monthly\n{},5\n{},5\n{},5\n",
            member.email, owner.email, manager.email
        );
        let done: AllocationImportView = desk.upload(owner, false, file.clone()).await.expect(200);
        assert_eq!(rows(&done), ["2 monthly 0 → 5", "3 OwnAffair", "4 NotFound"]);
        assert_eq!(
            done.groups.len(),
            1,
            "the figures of the group that changed, and of no other"
        );
        desk.upload(finance, true, file.clone())
            .await
            .refusal(ErrorCode::Forbidden);
        desk.upload(other_org, true, file)
            .await
            .refusal(ErrorCode::NotFound);
        for (bad, code) in [
            ("", ErrorCode::ImportHeader),
            ("email\nx@y.org\n", ErrorCode::ImportHeader),
            ("email,monthly,Monthly\n", ErrorCode::ImportHeader),
            ("monthly\n5\n", ErrorCode::ImportHeader),
        ] {
            desk.upload(admin, false, bad).await.refusal(code);
        }
        let utf16: Vec<u8> = std::iter::once(0xFEFF)
            .chain(format!("email\tmonthly\n{}\t6\n", member.email).encode_utf16())
            .flat_map(u16::to_le_bytes)
            .collect();
        let done: AllocationImportView = desk.upload(admin, false, utf16).await.expect(200);
        assert_eq!(rows(&done), ["2 monthly 5 → 6"]);
        desk.assert_proven().await;
    });
}

/// Five thousand more people in the owned group, past HTTP.
async fn crowd(server: &Server, desk: &Desk) -> Vec<String> {
    let store = &server.app.store;
    let name = format!("Organisation of {}", desk.world.admin.email);
    let all = store.list_organisations().await.unwrap();
    let (organisation, _) = all.into_iter().find(|(_, known)| *known == name).unwrap();
    let group: GroupId = desk.world.owned_group.parse().unwrap();
    let people = create_people(store, organisation, group, 5_000).await;
    people.iter().map(ToString::to_string).collect()
}

#[test]
fn five_thousand_rows_are_saved_in_one_request_and_each_has_its_answer() {
    everywhere(async |server| {
        let desk = Desk::new(&server, "50000").await;
        let admin = &desk.world.admin;
        let people = crowd(&server, &desk).await;
        let mut etags = Vec::new();
        for ids in people.chunks(1_000) {
            let path = format!(
                "{}/groups/{}/member-rows/look-up",
                desk.base, desk.world.owned_group
            );
            let found = admin
                .write("POST", &path, &[], json!({"ids": ids}))
                .await
                .json(200);
            let found = found["items"].as_array().expect("items").clone();
            etags.extend(found.iter().map(|row| text(row, "etag").to_owned()));
        }
        assert_eq!(etags.len(), 5_000);
        let items = |stale: usize| -> Vec<Value> {
            let rows = people.iter().zip(&etags).enumerate();
            rows.map(|(index, (id, etag))| {
                let etag = if index == stale { "0123456789abcdef" } else { etag };
                json!({"person_id": id, "etag": etag, "monthly": "7.25", "extra": "1234.5678".get(..4)})
            })
            .collect()
        };
        // 5,000 times 7.25 fit, with 1,234 Extra each they do not: those that come too late are told.
        let path = format!("{}/members", desk.base);
        let begun = std::time::Instant::now();
        let whole = json!({"mode": "all_or_nothing", "items": items(usize::MAX)});
        admin
            .write("PATCH", &path, &[], whole)
            .await
            .refusal(ErrorCode::GroupExceeded);
        let each = json!({"mode": "per_item", "items": items(17)});
        let saved = admin.write("PATCH", &path, &[], each).await.json(200);
        let answers = saved["items"].as_array().expect("items");
        assert_eq!(answers.len(), 5_000);
        let done = answers.iter().filter(|one| one["member"].is_object()).count();
        // 50,000 ÷ 1,241.25 = 40.28…
        assert_eq!(done, 40);
        assert_eq!(answers[17]["problem"]["code"], "precondition_failed");
        assert_eq!(answers[4_999]["problem"]["code"], "group_exceeded");
        let key = Uuid::now_v7().to_string();
        let all = json!({"change": "set_monthly", "amount": "5.5"});
        let many = format!("{}/groups/{}/allocate-many", desk.base, desk.world.owned_group);
        let headers = [("idempotency-key", key.as_str())];
        let refused = admin.write("POST", &many, &headers, all).await;
        refused.refusal(ErrorCode::GroupExceeded);
        let zero = json!({"change": "set_extra", "amount": "0"});
        let first = admin.write("POST", &many, &headers, zero.clone()).await;
        assert_eq!(first.json(200)["changed"], 40, "no refusal burns a key");
        let second = admin.write("POST", &many, &headers, zero).await;
        assert_eq!(second.header("idempotent-replayed"), Some("true"));
        let all = json!({"change": "set_monthly", "amount": "5.5"});
        let first = admin.post(&many, all).await.json(200);
        assert_eq!(first["before"].as_array().expect("before").len(), 5_000);
        assert_eq!(text(&first["group"], "distributed"), "27511");
        let took = begun.elapsed();
        assert!(took.as_secs() < 60, "{took:?}");
        desk.assert_proven().await;
    });
}
