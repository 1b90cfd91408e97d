//! People: finding, adding, changing, moving them; roles and suspension.

use allowance_api_types::people::PersonView;
use allowance_api_types::problem::ErrorCode;
use serde_json::{Value, json};

use crate::support::{Client, PASSWORD, World, everywhere, organisation};

async fn add(admin: &Client, name: &str, email: &str) -> PersonView {
    admin
        .post("/people", json!({"display_name": name, "email": email}))
        .await
        .expect(201)
}

async fn names(client: &Client, query: &str) -> Vec<String> {
    let page = client.get(&format!("/people?{query}")).await.json(200);
    page["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["display_name"].as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn a_person_is_added_read_and_changed() {
    everywhere(async |server| {
        let admin = organisation(&server, "admin").await;
        let boss = add(&admin, "Zoë Boss", "zoe@x.example").await;
        let body = json!({
            "email": "Li@X.example", "display_name": " 李小龙 ", "title": "Dev", "department": "R&D",
            "division": "Tech", "location": "香港", "employee_number": "007", "manager_id": boss.id,
            "hired_on": "2024-02-29",
        });
        let person: PersonView = admin.post("/people", body).await.expect(201);
        assert_eq!(person.display_name, "李小龙");
        assert_eq!(
            person.manager.as_ref().map(|m| m.display_name.as_str()),
            Some("Zoë Boss")
        );
        assert!(!person.can_sign_in);

        let path = format!("/people/{}", person.id);
        let read = admin.get(&path).await;
        assert_eq!(read.header("etag"), Some(format!("\"{}\"", person.etag).as_str()));
        assert_eq!(read.expect::<PersonView>(200), person);

        let change =
            json!({"display_name": "Bruce Lee", "title": null, "manager_id": null, "location": "HK"});
        let changed: PersonView = admin.edit("PATCH", &path, &person.etag, change).await.expect(200);
        assert_eq!(
            (changed.display_name.as_str(), &changed.title, &changed.manager),
            ("Bruce Lee", &None, &None)
        );
        assert_eq!(
            (changed.location.as_deref(), changed.department.as_deref()),
            (Some("HK"), Some("R&D"))
        );
        assert_ne!(changed.etag, person.etag);
        let same: PersonView = admin
            .edit("PATCH", &path, &changed.etag, json!({"location": "HK"}))
            .await
            .expect(200);
        assert_eq!(same, changed);

        let log = admin
            .get(&format!("/audit-entries?target={}", person.id))
            .await
            .json(200);
        let actions: Vec<&str> = log["items"]
            .as_array()
            .unwrap()
            .iter()
            .map(|line| line["action"].as_str().unwrap())
            .collect();
        assert_eq!(actions, ["update_person", "create_person"]);
        let line = &log["items"][0];
        assert!(line["before"].as_str().unwrap().contains("李小龙"), "{line}");
        assert!(line["after"].as_str().unwrap().contains("Bruce Lee"), "{line}");
    });
}

#[test]
fn edits_need_what_was_read_and_are_refused_field_by_field() {
    everywhere(async |server| {
        let admin = organisation(&server, "admin").await;
        let person = add(&admin, "Ann", "ann@x.example").await;
        let report = admin
            .post(
                "/people",
                json!({"email": "b@x.example", "display_name": "B", "manager_id": person.id}),
            )
            .await
            .expect::<PersonView>(201);
        let path = format!("/people/{}", person.id);
        admin
            .write("PATCH", &path, &[], json!({}))
            .await
            .refusal(ErrorCode::PreconditionRequired);
        admin
            .edit("PATCH", &path, "99", json!({}))
            .await
            .refusal(ErrorCode::PreconditionFailed);

        let edit = async |body: Value| admin.edit("PATCH", &path, &person.etag, body).await;
        edit(json!({"email": "B@X.example"}))
            .await
            .refusal(ErrorCode::EmailTaken);
        edit(json!({"manager_id": person.id}))
            .await
            .refusal(ErrorCode::ReportingCycle);
        edit(json!({"manager_id": report.id}))
            .await
            .refusal(ErrorCode::ReportingCycle);
        for (body, pointer) in [
            (json!({"display_name": "  "}), "/display_name"),
            (json!({"display_name": "a\nb"}), "/display_name"),
            (json!({"title": "x".repeat(201)}), "/title"),
            (json!({"email": "nobody"}), "/email"),
            (json!({"hired_on": "29.02.2024"}), "/hired_on"),
            (json!({"manager_id": format!("per_{:032x}", 1)}), "/manager_id"),
            (json!({"manager_id": "grp_1"}), "/manager_id"),
            (json!({"role": "admin"}), "/role"),
            (json!({"status": "suspended"}), "/status"),
        ] {
            let problem = edit(body.clone()).await.refusal(ErrorCode::InvalidFields);
            assert_eq!(problem.fields[0].pointer, pointer, "{body}");
        }
        assert_eq!(admin.get(&path).await.expect::<PersonView>(200), person);
        let twice = json!({"email": "ANN@x.example", "display_name": "Ann 2"});
        admin.post("/people", twice).await.refusal(ErrorCode::EmailTaken);
    });
}

#[test]
fn the_list_is_searched_filtered_and_paged() {
    everywhere(async |server| {
        let admin = organisation(&server, "admin").await;
        for (name, email) in [
            ("José Núñez", "jn@x.example"),
            ("Ann Müller", "am@x.example"),
            ("ann Arbor", "aa@x.example"),
            ("Ångström", "ao@x.example"),
        ] {
            add(&admin, name, email).await;
        }
        let all = ["Ada Admin", "Ångström", "ann Arbor", "Ann Müller", "José Núñez"];
        assert_eq!(names(&admin, "").await, all);
        assert_eq!(names(&admin, "search=NUN").await, ["José Núñez"]);
        assert_eq!(names(&admin, "search=ann+m%C3%BCl").await, ["Ann Müller"]);
        assert_eq!(names(&admin, "search=am@x").await, ["Ann Müller"]);
        assert!(
            names(&admin, "search=%25").await.len() == 5
                && names(&admin, "search=unez&limit=5").await.is_empty()
        );
        assert_eq!(names(&admin, "status=suspended").await.len(), 0);

        let mut seen = vec![];
        let mut cursor = String::new();
        loop {
            let page = admin.get(&format!("/people?limit=2{cursor}")).await.json(200);
            assert_eq!(
                (&page["total"]["count"], &page["total"]["is_exact"]),
                (&json!(5), &json!(true))
            );
            seen.extend(
                page["items"]
                    .as_array()
                    .unwrap()
                    .iter()
                    .map(|one| one["display_name"].clone()),
            );
            let Some(next) = page["next_cursor"].as_str() else {
                break;
            };
            cursor = format!("&cursor={next}");
        }
        assert_eq!(seen, all);
        admin
            .get(&format!("/people?limit=2&search=a{cursor}"))
            .await
            .refusal(ErrorCode::InvalidCursor);
        for query in [
            "limit=0",
            "limit=1001",
            "limit=x",
            "unknown=1",
            "status=gone",
            "group_id=per_1",
        ] {
            admin
                .get(&format!("/people?{query}"))
                .await
                .refusal(ErrorCode::InvalidQuery);
        }
    });
}

#[test]
fn everybody_sees_whom_they_may_and_nobody_else() {
    everywhere(async |server| {
        let world = World::new(&server).await;
        let World {
            admin,
            auditor,
            manager,
            owner,
            member,
            other_org,
            ..
        } = &world;
        assert_eq!(names(auditor, "").await.len(), 6);
        assert_eq!(names(manager, "").await, ["Person manager", "Person member"]);
        assert_eq!(names(owner, "").await, ["Person member", "Person owner"]);
        assert_eq!(names(manager, "search=fin").await.len(), 0);
        let path = format!("/people/{}", member.id);
        for client in [admin, auditor, manager, owner] {
            client.get(&path).await.expect_status(200);
        }
        for client in [manager, owner] {
            client
                .get(&format!("/people/{}", admin.id))
                .await
                .refusal(ErrorCode::NotFound);
        }
        other_org.get(&path).await.refusal(ErrorCode::NotFound);
        other_org
            .edit("PATCH", &path, "1", json!({"title": "Mine"}))
            .await
            .refusal(ErrorCode::NotFound);
        let theirs = json!({"email": "x@x.example", "display_name": "X", "group_id": world.owned_group});
        other_org
            .post("/people", theirs)
            .await
            .refusal(ErrorCode::InvalidFields);
        let theirs = json!({"email": "x@x.example", "display_name": "X", "manager_id": member.id});
        other_org
            .post("/people", theirs)
            .await
            .refusal(ErrorCode::InvalidFields);
    });
}

#[test]
fn a_role_holds_from_the_next_request_on_and_nobody_gives_themselves_one() {
    everywhere(async |server| {
        let world = World::new(&server).await;
        let World {
            admin,
            member,
            other_org,
            ..
        } = &world;
        let role = async |client: &Client, person: &Client, role: &str| {
            client
                .write(
                    "PUT",
                    &format!("/people/{}/role", person.id),
                    &[],
                    json!({"role": role}),
                )
                .await
        };
        member.get("/people").await.refusal(ErrorCode::Forbidden);
        role(admin, member, "auditor").await.expect_status(200);
        member.get("/people").await.expect_status(200);
        role(admin, member, "member").await.expect_status(200);
        member.get("/people").await.refusal(ErrorCode::Forbidden);

        role(admin, admin, "member").await.refusal(ErrorCode::OwnAffair);
        role(member, member, "admin").await.refusal(ErrorCode::Forbidden);
        role(other_org, member, "admin")
            .await
            .refusal(ErrorCode::NotFound);
        role(admin, member, "owner")
            .await
            .refusal(ErrorCode::InvalidFields);
    });
}

#[test]
fn two_admins_who_demote_each_other_at_once_leave_one() {
    everywhere(async |server| {
        let world = World::new(&server).await;
        let World { admin, member, .. } = &world;
        let role = async |client: &Client, person: &Client, role: &str| {
            client
                .write(
                    "PUT",
                    &format!("/people/{}/role", person.id),
                    &[],
                    json!({"role": role}),
                )
                .await
        };
        for _ in 0..5 {
            role(admin, member, "admin").await.expect_status(200);
            let (one, two) = tokio::join!(role(admin, member, "member"), role(member, admin, "member"));
            let demoted = [one.status, two.status]
                .iter()
                .filter(|status| **status == 200)
                .count();
            assert!(demoted <= 1, "{} {}", one.body, two.body);
            if two.status == 200 {
                role(member, admin, "admin").await.expect_status(200);
                role(admin, member, "member").await.expect_status(200);
            }
        }
        admin.get("/people").await.expect_status(200);
    });
}

#[test]
fn who_is_suspended_is_out_at_once_and_comes_back() {
    everywhere(async |server| {
        let world = World::new(&server).await;
        let World {
            admin,
            finance,
            member,
            other_org,
            ..
        } = &world;
        let act = async |client: &Client, verb: &str, person: &Client| {
            client
                .send("POST", &format!("/api/v1/people/{}/{verb}", person.id), &[], None)
                .await
        };
        let person: PersonView = act(admin, "suspend", finance).await.expect(200);
        assert_eq!(json!(person.status), "suspended");
        finance.get("/me").await.refusal(ErrorCode::Unauthenticated);
        let sign_in = json!({"email": finance.email, "password": PASSWORD});
        let refused = world.anonymous.post("/session", sign_in.clone()).await;
        assert_eq!(refused.status, 401);
        act(admin, "suspend", finance).await.expect_status(200);
        assert_eq!(names(admin, "status=suspended").await, ["Person finance"]);

        act(admin, "reinstate", finance).await.expect_status(200);
        world.anonymous.post("/session", sign_in).await.expect_status(200);
        act(admin, "suspend", admin).await.refusal(ErrorCode::OwnAffair);
        act(member, "suspend", finance)
            .await
            .refusal(ErrorCode::Forbidden);
        act(other_org, "suspend", finance)
            .await
            .refusal(ErrorCode::NotFound);
        let log = admin
            .get(&format!("/audit-entries?target={}", finance.id))
            .await
            .json(200);
        let suspensions = log["items"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|line| line["action"] == "suspend_person");
        assert_eq!(suspensions.count(), 1, "what changed nothing leaves no line");
    });
}

#[test]
fn the_same_person_twice_under_one_key_is_one_person() {
    everywhere(async |server| {
        let admin = organisation(&server, "admin").await;
        let body = json!({"email": "once@x.example", "display_name": "Once"});
        let post = async || {
            admin
                .write("POST", "/people", &[("idempotency-key", "k-1")], body.clone())
                .await
        };
        let (first, second) = tokio::join!(post(), post());
        assert_eq!((first.status, second.status), (201, 201));
        assert_eq!(first.body, second.body);
        assert_eq!(names(&admin, "search=once").await.len(), 1);
    });
}
