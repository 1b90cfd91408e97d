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
struct Grid<'w> {
    world: &'w World,
    credit_type: String,
}

/// Another kind of credit, of 5,000 a month.
async fn second_type(admin: &Client) -> String {
    let body = json!({
        "name": "Courses", "decimals": 0, "cadence": "calendar_month", "limit": "5000", "rate_side": "factor",
        "rate": "0", "enforcement": "warn", "distribution": "individual",
    });
    admin.post("/credit-types", body).await.json(201)["id"]
        .as_str()
        .unwrap()
        .to_owned()
}

impl Grid<'_> {
    fn path(&self, rest: &str) -> String {
        format!("/credit-types/{}{rest}", self.credit_type)
    }

    async fn group(&self, id: &str) -> Value {
        let rows = self.world.admin.get(&self.path("/groups")).await.json(200);
        let rows = rows["items"].as_array().unwrap();
        rows.iter()
            .find(|row| row["id"] == id)
            .cloned()
            .unwrap_or_default()
    }

    async fn member(&self, group: &str) -> Value {
        let path = self.path(&format!(
            "/groups/{group}/members?search={}",
            self.world.member.email
        ));
        self.world.admin.get(&path).await.json(200)["items"][0].clone()
    }

    async fn set_group(&self, id: &str, monthly: &str) {
        let etag = self.group(id).await["etag"].as_str().unwrap().to_owned();
        let (path, body) = (self.path(&format!("/groups/{id}")), json!({"monthly": monthly}));
        self.world
            .admin
            .edit("PATCH", &path, &etag, body)
            .await
            .expect_status(200);
    }

    async fn set_member(&self, group: &str, monthly: &str) {
        let etag = self.member(group).await["etag"].as_str().unwrap().to_owned();
        let path = self.path(&format!("/members/{}", self.world.member.id));
        let body = json!({"monthly": monthly});
        self.world
            .admin
            .edit("PATCH", &path, &etag, body)
            .await
            .expect_status(200);
    }

    async fn charge(&self, amount: &str) {
        let charge = json!({"person_id": self.world.member.id, "amount": amount, "note": "Course"});
        self.world
            .admin
            .post(&self.path("/charges"), charge)
            .await
            .expect_status(201);
    }
}

/// The world's grids of two credit types: in both the owned group has credits, the member has some and used some.
async fn grids(world: &World) -> [Grid<'_>; 2] {
    let second = second_type(&world.admin).await;
    let grids = [world.credit_type.clone(), second].map(|credit_type| Grid { world, credit_type });
    for (grid, [group, member, used]) in grids.iter().zip([["1000", "300", "100"], ["80", "50", "10"]]) {
        grid.set_group(&world.owned_group, group).await;
        grid.set_member(&world.owned_group, member).await;
        grid.charge(used).await;
    }
    grids
}

async fn expect_proven(admin: &Client) {
    let books = admin.get("/books").await.json(200);
    assert_eq!(books["is_proven"], true, "{books}");
}

#[test]
fn moving_changes_nobodys_remaining_and_says_by_how_much_it_falls_short() {
    everywhere(async |server| {
        let world = World::new(&server).await;
        let [usage, courses] = grids(&world).await;
        let (admin, from) = (&world.admin, world.owned_group.as_str());
        let to = create(admin, "Sales").await.id.to_string();
        let path = format!("/people/{}/group", world.member.id);
        let move_there = async || admin.write("PUT", &path, &[], json!({"group_id": to})).await;

        assert_eq!(
            json!(move_there().await.refusal(ErrorCode::MoveShort).over_by),
            "300"
        );
        usage.set_group(&to, "500").await;
        // The first credit type would do; the second one does not, so nothing moves.
        assert_eq!(
            json!(move_there().await.refusal(ErrorCode::MoveShort).over_by),
            "50"
        );
        assert_eq!(usage.member(from).await["remaining"], "200");
        expect_proven(admin).await;

        courses.set_group(&to, "60").await;
        assert_eq!(move_there().await.json(200)["group"]["name"], "Sales");
        for (grid, [remaining, used, old, new]) in [
            (&usage, ["200", "100", "900", "300"]),
            (&courses, ["40", "10", "70", "20"]),
        ] {
            assert_eq!(grid.member(&to).await["remaining"], remaining);
            assert!(grid.member(from).await.is_null());
            for (group, available, used) in [(from, old, used), (&to, new, "0")] {
                let row = grid.group(group).await;
                let figures = (&row["available"], &row["used"], &row["member_count"]);
                assert_eq!(figures, (&json!(available), &json!(used), &json!(1)), "{row}");
            }
        }
        move_there().await.expect_status(200);
        expect_proven(admin).await;
    });
}

#[test]
fn a_move_that_falls_short_may_take_a_smaller_monthly_or_bring_the_credits_along() {
    everywhere(async |server| {
        let world = World::new(&server).await;
        let [usage, courses] = grids(&world).await;
        let admin = &world.admin;
        let to = create(admin, "Sales").await.id.to_string();
        usage.set_group(&to, "250").await;
        let path = format!("/people/{}/group", world.member.id);
        let bring = json!({"group_id": to, "when_short": "bring_credits"});
        admin.write("PUT", &path, &[], bring).await.expect_status(200);
        for (grid, remaining, monthly) in [(&usage, "200", "300"), (&courses, "40", "50")] {
            let member = grid.member(&to).await;
            assert_eq!(
                (&member["remaining"], &member["monthly"]),
                (&json!(remaining), &json!(monthly)),
                "{member}"
            );
        }
        expect_proven(admin).await;
    });
}

#[test]
fn a_deleted_group_hands_its_people_to_default_with_what_backs_them() {
    everywhere(async |server| {
        let world = World::new(&server).await;
        let grids = grids(&world).await;
        let admin = &world.admin;
        let path = format!("/groups/{}", world.owned_group);
        admin.delete(&path).await.expect_status(204);
        admin.get(&path).await.refusal(ErrorCode::NotFound);
        assert_eq!(list(admin).await, [("Default".to_owned(), 6)]);
        for (grid, remaining, used) in [(&grids[0], "200", "100"), (&grids[1], "40", "10")] {
            assert_eq!(grid.member(&world.default_group).await["remaining"], remaining);
            let default = grid.group(&world.default_group).await;
            assert_eq!(
                (&default["available"], &default["used"]),
                (&json!("0"), &json!("0")),
                "{default}"
            );
            let deleted = grid.group(&world.owned_group).await;
            assert_eq!(
                (&deleted["used"], &deleted["available"]),
                (&json!(used), &json!("0")),
                "{deleted}"
            );
        }
        // Owning it gave a permission; that is gone too.
        world.owner.get("/groups").await.refusal(ErrorCode::Forbidden);
        expect_proven(admin).await;
        // The name is free again.
        create(admin, "Research").await;
    });
}
