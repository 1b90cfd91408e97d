//! Groups: making, naming, deleting them, and moving people between them with what they hold.

use allowance_api_types::groups::GroupView;
use allowance_api_types::problem::ErrorCode;
use serde_json::{Value, json};

use crate::support::{Client, World, everywhere, organisation};

async fn create(admin: &Client, name: &str) -> GroupView {
    admin.post("/groups", json!({"name": name})).await.expect(201)
}

async fn list(client: &Client) -> Vec<(String, u64)> {
    let page = client.get("/groups").await.json(200);
    let item = |one: &Value| {
        (
            one["name"].as_str().unwrap().to_owned(),
            one["member_count"].as_u64().unwrap(),
        )
    };
    page["items"].as_array().unwrap().iter().map(item).collect()
}

#[test]
fn groups_are_named_once_and_listed_with_default_first() {
    everywhere(async |server| {
        let admin = organisation(&server, "admin").await;
        let sales = create(&admin, " Sales ").await;
        create(&admin, "Ärzte").await;
        admin
            .post("/groups", json!({"name": "SALES"}))
            .await
            .refusal(ErrorCode::NameTaken);
        let expected = [("Default", 1), ("Ärzte", 0), ("Sales", 0)];
        assert_eq!(
            list(&admin).await,
            expected.map(|(name, count)| (name.to_owned(), count))
        );

        let first = admin.get("/groups?limit=1").await.json(200);
        let cursor = first["next_cursor"].as_str().unwrap().to_owned();
        let second = admin
            .get(&format!("/groups?limit=1&cursor={cursor}"))
            .await
            .json(200);
        assert_eq!(second["items"][0]["name"], "Ärzte");
        let cursor = second["next_cursor"].as_str().unwrap().to_owned();
        let third = admin
            .get(&format!("/groups?limit=1&cursor={cursor}"))
            .await
            .json(200);
        assert_eq!(
            (&third["items"][0]["name"], &third["next_cursor"]),
            (&json!("Sales"), &Value::Null)
        );

        let path = format!("/groups/{}", sales.id);
        let renamed: GroupView = admin
            .edit(
                "PATCH",
                &path,
                &sales.etag,
                json!({"name": "Vertrieb", "owner_id": admin.id}),
            )
            .await
            .expect(200);
        assert_eq!(
            renamed.owner.map(|owner| owner.display_name).as_deref(),
            Some("Ada Admin")
        );
        admin
            .edit("PATCH", &path, &sales.etag, json!({"name": "X"}))
            .await
            .refusal(ErrorCode::PreconditionFailed);
        admin
            .write("PATCH", &path, &[], json!({"name": "X"}))
            .await
            .refusal(ErrorCode::PreconditionRequired);
        let freed: GroupView = admin
            .edit("PATCH", &path, &renamed.etag, json!({"owner_id": null}))
            .await
            .expect(200);
        assert_eq!((freed.owner, freed.name.as_str()), (None, "Vertrieb"));
        let nobody = json!({"owner_id": format!("per_{:032x}", 9)});
        admin
            .edit("PATCH", &path, &freed.etag, nobody)
            .await
            .refusal(ErrorCode::InvalidFields);
        for name in ["", "  ", "a\tb"] {
            admin
                .post("/groups", json!({"name": name}))
                .await
                .refusal(ErrorCode::InvalidFields);
        }
    });
}

#[test]
fn the_default_group_keeps_its_name_and_stays() {
    everywhere(async |server| {
        let world = World::new(&server).await;
        let path = format!("/groups/{}", world.default_group);
        let group: GroupView = world.admin.get(&path).await.expect(200);
        assert!(group.is_default);
        world
            .admin
            .edit("PATCH", &path, &group.etag, json!({"name": "All"}))
            .await
            .refusal(ErrorCode::DefaultGroup);
        world.admin.delete(&path).await.refusal(ErrorCode::DefaultGroup);
        let owned = json!({"owner_id": world.owner.id});
        world
            .admin
            .edit("PATCH", &path, &group.etag, owned)
            .await
            .expect_status(200);
    });
}

#[test]
fn an_owner_sees_their_own_group_alone() {
    everywhere(async |server| {
        let world = World::new(&server).await;
        let World {
            owner,
            manager,
            other_org,
            ..
        } = &world;
        println!("{:?}", list(&world.admin).await);
        assert_eq!(list(owner).await, [("Research".to_owned(), 2)]);
        let (owned, default) = (
            format!("/groups/{}", world.owned_group),
            format!("/groups/{}", world.default_group),
        );
        owner.get(&owned).await.expect_status(200);
        owner.get(&default).await.refusal(ErrorCode::NotFound);
        owner.delete(&owned).await.refusal(ErrorCode::Forbidden);
        manager.get(&owned).await.refusal(ErrorCode::Forbidden);
        other_org.get(&owned).await.refusal(ErrorCode::NotFound);
        other_org.delete(&owned).await.refusal(ErrorCode::NotFound);
        let path = format!("/people/{}/group", world.member.id);
        other_org
            .write("PUT", &path, &[], json!({"group_id": world.owned_group}))
            .await
            .refusal(ErrorCode::NotFound);
        let theirs = json!({"group_id": list_first_id(other_org).await});
        world
            .admin
            .write("PUT", &path, &[], theirs)
            .await
            .refusal(ErrorCode::InvalidFields);
    });
}

async fn list_first_id(client: &Client) -> String {
    client.get("/groups").await.json(200)["items"][0]["id"]
        .as_str()
        .unwrap()
        .to_owned()
}

/// The grid's rows: a group's available, a member's remaining.
struct Grid<'w>(&'w World);

impl Grid<'_> {
    async fn group(&self, id: &str) -> Value {
        let rows = self
            .0
            .admin
            .get(&format!("/credit-types/{}/groups", self.0.credit_type))
            .await
            .json(200);
        rows["items"]
            .as_array()
            .unwrap()
            .iter()
            .find(|row| row["id"] == id)
            .cloned()
            .unwrap_or_default()
    }

    async fn member(&self, group: &str) -> Value {
        let path = format!(
            "/credit-types/{}/groups/{group}/members?search={}",
            self.0.credit_type, self.0.member.email
        );
        self.0.admin.get(&path).await.json(200)["items"][0].clone()
    }

    async fn set_group(&self, id: &str, body: Value) {
        let etag = self.group(id).await["etag"].as_str().unwrap().to_owned();
        let path = format!("/credit-types/{}/groups/{id}", self.0.credit_type);
        self.0
            .admin
            .edit("PATCH", &path, &etag, body)
            .await
            .expect_status(200);
    }

    async fn set_member(&self, group: &str, body: Value) {
        let etag = self.member(group).await["etag"].as_str().unwrap().to_owned();
        let path = format!(
            "/credit-types/{}/members/{}",
            self.0.credit_type, self.0.member.id
        );
        self.0
            .admin
            .edit("PATCH", &path, &etag, body)
            .await
            .expect_status(200);
    }
}

#[test]
fn moving_changes_nobodys_remaining_and_says_by_how_much_it_falls_short() {
    everywhere(async |server| {
        let world = World::new(&server).await;
        let (admin, grid) = (&world.admin, Grid(&world));
        let (from, to) = (
            world.owned_group.as_str(),
            create(admin, "Sales").await.id.to_string(),
        );
        grid.set_group(from, json!({"monthly": "1000"})).await;
        grid.set_member(from, json!({"monthly": "300"})).await;
        let charge = json!({"person_id": world.member.id, "amount": "100", "note": "Course"});
        admin
            .post(&format!("/credit-types/{}/charges", world.credit_type), charge)
            .await
            .expect_status(201);

        let path = format!("/people/{}/group", world.member.id);
        let move_to = async |body: Value| admin.write("PUT", &path, &[], body).await;
        let short = move_to(json!({"group_id": to}))
            .await
            .refusal(ErrorCode::MoveShort);
        assert_eq!(json!(short.over_by), "300");
        assert_eq!(grid.member(from).await["remaining"], "200");

        grid.set_group(&to, json!({"monthly": "500"})).await;
        let moved = move_to(json!({"group_id": to})).await.json(200);
        assert_eq!(moved["group"]["name"], "Sales");
        assert_eq!(grid.member(&to).await["remaining"], "200");
        let (old, new) = (grid.group(from).await, grid.group(&to).await);
        assert_eq!(
            (&old["available"], &old["used"], &old["member_count"]),
            (&json!("900"), &json!("100"), &json!(1))
        );
        assert_eq!(
            (&new["available"], &new["used"], &new["member_count"]),
            (&json!("300"), &json!("0"), &json!(1))
        );
        assert!(grid.member(from).await.is_null());
        move_to(json!({"group_id": to})).await.expect_status(200);
        let books = admin.get("/books").await.json(200);
        assert_eq!(books["is_proven"], true, "{books}");
    });
}

#[test]
fn a_deleted_group_hands_its_people_to_default_with_what_backs_them() {
    everywhere(async |server| {
        let world = World::new(&server).await;
        let (admin, grid) = (&world.admin, Grid(&world));
        grid.set_group(&world.owned_group, json!({"monthly": "1000"}))
            .await;
        grid.set_member(&world.owned_group, json!({"monthly": "300"}))
            .await;
        let charge = json!({"person_id": world.member.id, "amount": "100", "note": "Course"});
        admin
            .post(&format!("/credit-types/{}/charges", world.credit_type), charge)
            .await
            .expect_status(201);

        let path = format!("/groups/{}", world.owned_group);
        let stale = [("if-match", "\"77\"")];
        admin
            .send("DELETE", &format!("/api/v1{path}"), &stale, None)
            .await
            .refusal(ErrorCode::PreconditionFailed);
        admin.delete(&path).await.expect_status(204);
        admin.get(&path).await.refusal(ErrorCode::NotFound);
        assert_eq!(list(admin).await, [("Default".to_owned(), 6)]);
        assert_eq!(grid.member(&world.default_group).await["remaining"], "200");
        let default = grid.group(&world.default_group).await;
        assert_eq!(
            (&default["monthly"], &default["available"]),
            (&json!("200"), &json!("0")),
            "{default}"
        );
        let deleted = grid.group(&world.owned_group).await;
        assert_eq!(deleted["used"], "100", "{deleted}");
        // Owning it gave a permission; that is gone too.
        world.owner.get("/groups").await.refusal(ErrorCode::Forbidden);
        let books = admin.get("/books").await.json(200);
        assert_eq!(books["is_proven"], true, "{books}");
        // The name is free again.
        create(admin, "Research").await;
    });
}
