//! Views of a group's members: orders by figures, filters, the order of all, rows by id, the export, and one change for
//! all whom a view shows.

use allowance_api_types::problem::ErrorCode;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::{Client, PASSWORD, Server, World, everywhere, somewhere_empty};

fn text<'v>(value: &'v Value, field: &str) -> &'v str {
    value[field]
        .as_str()
        .unwrap_or_else(|| panic!("{field} in {value}"))
}

fn items(value: &Value) -> Vec<Value> {
    value["items"].as_array().expect("items").clone()
}

/// A group of 1,000 credits a month with the owner, the member, and eight named people in it.
struct Crew {
    world: World,
    base: String,
    people: Vec<String>,
}

impl Crew {
    async fn new(server: &Server) -> Self {
        let world = World::new(server).await;
        let mut people = Vec::new();
        for number in 0..8 {
            let email = format!("crew{number}-{}@example.org", Uuid::now_v7().simple());
            let body = json!({"email": email, "display_name": format!("Crew {number}")});
            let person = world.admin.post("/people", body).await.json(201);
            let id = text(&person, "id").to_owned();
            let to = json!({"group_id": world.owned_group});
            world
                .admin
                .write("PUT", &format!("/people/{id}/group"), &[], to)
                .await
                .json(200);
            people.push(id);
        }
        let base = format!("/credit-types/{}", world.credit_type);
        let crew = Self { world, base, people };
        let path = crew.group();
        let etag = crew.group_row(&crew.world.admin).await["etag"].clone();
        let cells = json!({"monthly": "1000"});
        crew.world
            .admin
            .edit("PATCH", &path, etag.as_str().expect("an ETag"), cells)
            .await
            .json(200);
        crew
    }

    fn group(&self) -> String {
        format!("{}/groups/{}", self.base, self.world.owned_group)
    }

    async fn group_row(&self, viewer: &Client) -> Value {
        let rows = items(&viewer.get(&format!("{}/groups", self.base)).await.json(200));
        let mine = |row: &Value| row["id"] == self.world.owned_group;
        rows.into_iter().find(mine).expect("the group's row")
    }

    async fn rows(&self, query: &str) -> Vec<Value> {
        let path = format!("{}/members?limit=100{query}", self.group());
        items(&self.world.admin.get(&path).await.json(200))
    }

    async fn order(&self, query: &str) -> Vec<String> {
        let path = format!("{}/member-order?{query}", self.group());
        let order = self.world.admin.get(&path).await.json(200);
        assert_eq!(order["is_truncated"], false);
        let ids = order["ids"].as_array().expect("ids");
        ids.iter()
            .map(|id| id.as_str().expect("an id").to_owned())
            .collect()
    }

    async fn set(&self, person: &str, cells: Value) {
        let rows = self.rows("").await;
        let row = rows
            .iter()
            .find(|row| row["person"]["id"] == *person)
            .expect("a row");
        let path = format!("{}/members/{person}", self.base);
        self.world
            .admin
            .edit("PATCH", &path, text(row, "etag"), cells)
            .await
            .json(200);
    }

    async fn charge(&self, person: &str, amount: &str) {
        let body = json!({"person_id": person, "amount": amount, "note": "a model"});
        self.world
            .finance
            .post(&format!("{}/charges", self.base), body)
            .await
            .json(201);
    }

    async fn many(&self, client: &Client, is_dry_run: bool, body: Value) -> crate::support::Reply {
        let path = format!("{}/allocate-many?dry_run={is_dry_run}", self.group());
        client.post(&path, body).await
    }

    async fn assert_proven(&self) {
        let books = self.world.admin.get("/books").await.json(200);
        assert_eq!(books["is_proven"], true, "{books}");
    }
}

fn ids(rows: &[Value]) -> Vec<String> {
    rows.iter()
        .map(|row| text(&row["person"], "id").to_owned())
        .collect()
}

/// The same person, signed in anew.
async fn again(server: &Server, client: &Client) -> Client {
    let email = client.email.parse().expect("an address");
    let signed_in = server
        .app
        .sign_in(&email, PASSWORD.to_owned(), "later", "r".to_owned());
    client.with_token(&signed_in.await.expect("a session").access_token)
}

/// Goes through a list page by page.
async fn walk(client: &Client, path: &str) -> Vec<Value> {
    let mut all = Vec::new();
    let mut cursor = String::new();
    loop {
        let page = client.get(&format!("{path}{cursor}")).await.json(200);
        all.extend(items(&page));
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return all,
        }
    }
}

#[test]
fn every_order_and_filter_shows_the_same_rows_by_page_by_order_and_by_look_up() {
    everywhere(async |server| {
        let crew = Crew::new(&server).await;
        let amount = |row: &Value, field: &str| text(row, field).parse::<f64>().expect("a number");
        for (number, person) in crew.people.iter().enumerate() {
            if number % 3 != 0 {
                crew.set(person, json!({"monthly": format!("{}", number * 10)}))
                    .await;
            }
            if number % 2 == 0 {
                crew.set(person, json!({"extra": "7.5"})).await;
            }
            if number > 5 {
                crew.charge(person, "75.25").await;
            }
        }
        for sort in ["monthly", "extra", "used", "remaining"] {
            for direction in ["", "_descending"] {
                let query = format!("sort={sort}{direction}");
                let rows = walk(
                    &crew.world.admin,
                    &format!("{}/members?limit=3&{query}", crew.group()),
                )
                .await;
                assert_eq!(rows.len(), 10, "{query}");
                let is_sorted = rows.windows(2).all(|pair| {
                    let (a, b) = (amount(&pair[0], sort), amount(&pair[1], sort));
                    let names =
                        text(&pair[0]["person"], "display_name") <= text(&pair[1]["person"], "display_name");
                    if direction.is_empty() {
                        a < b || (a == b && names)
                    } else {
                        a > b || (a == b && names)
                    }
                });
                assert!(is_sorted, "{query}: {rows:?}");
                assert_eq!(crew.order(&query).await, ids(&rows), "{query}");
            }
        }
        type Keeps = fn(&Value) -> bool;
        let filters: [(&str, Keeps); 5] = [
            ("over", |row| text(row, "remaining").starts_with('-')),
            ("unused", |row| text(row, "used") == "0"),
            ("without_monthly", |row| text(row, "monthly") == "0"),
            ("with_extra", |row| text(row, "extra") != "0"),
            ("suspended", |row| text(row, "status") == "suspended"),
        ];
        for (filter, keeps) in filters {
            let expected: Vec<Value> = crew.rows("").await.into_iter().filter(keeps).collect();
            let query = format!("&filter={filter}");
            assert_eq!(crew.rows(&query).await, expected, "{filter}");
            let walked = walk(
                &crew.world.admin,
                &format!("{}/members?limit=2{query}", crew.group()),
            )
            .await;
            assert_eq!(walked, expected, "{filter}");
            let searched = crew.order(&format!("filter={filter}&search=crew")).await;
            assert!(searched.iter().all(|id| ids(&expected).contains(id)), "{filter}");
        }
        let last = crew.order("sort=name_descending").await;
        let mut backwards = ids(&crew.rows("").await);
        backwards.reverse();
        assert_eq!(last, backwards);

        let look_up = async |client: &Client, asked: Value| {
            let path = format!("{}/member-rows/look-up", crew.group());
            client.write("POST", &path, &[], json!({"ids": asked})).await
        };
        let wanted = json!([
            crew.people[5],
            crew.people[1],
            crew.world.admin.id,
            crew.people[5]
        ]);
        let found = look_up(&crew.world.owner, wanted).await.json(200);
        assert_eq!(
            ids(&items(&found)),
            [crew.people[5].as_str(), crew.people[1].as_str()],
            "in the order asked, once, members alone"
        );
        look_up(&crew.world.member, json!([crew.people[1]]))
            .await
            .refusal(ErrorCode::NotFound);
        look_up(&crew.world.admin, json!([]))
            .await
            .refusal(ErrorCode::InvalidFields);
        let too_many = json!(vec![crew.people[1].as_str(); 1_001]);
        look_up(&crew.world.admin, too_many)
            .await
            .refusal(ErrorCode::InvalidFields);
        crew.world
            .admin
            .get(&format!("{}/members?sort=used&cursor=AAAA", crew.group()))
            .await
            .refusal(ErrorCode::InvalidCursor);
    });
}

#[test]
fn the_export_is_what_the_view_shows_and_no_formula() {
    everywhere(async |server| {
        let crew = Crew::new(&server).await;
        let edit = crew
            .world
            .admin
            .get(&format!("/people/{}", crew.people[2]))
            .await
            .json(200);
        let name = json!({"display_name": "=HYPERLINK(\"x\"), Ltd"});
        crew.world
            .admin
            .edit(
                "PATCH",
                &format!("/people/{}", crew.people[2]),
                text(&edit, "etag"),
                name,
            )
            .await
            .json(200);
        crew.set(&crew.people[2], json!({"monthly": "12.5"})).await;
        crew.charge(&crew.people[2], "20").await;
        let path = format!("/api/v1{}/members.csv?sort=monthly_descending", crew.group());
        let csv = crew.world.owner.send("GET", &path, &[], None).await;
        csv.expect_status(200);
        let mut lines = csv.body.split("\r\n");
        assert_eq!(
            lines.next(),
            Some("email,display_name,status,monthly,cap,extra,carried,used,held,remaining")
        );
        let first = lines.next().expect("a row");
        assert!(
            first.ends_with(",\"'=HYPERLINK(\"\"x\"\"), Ltd\",active,12.5,,0,0,20,0,-7.5"),
            "{first}"
        );
        assert_eq!(lines.count(), 10, "nine more rows and the end");
        let over = crew
            .world
            .admin
            .send("GET", &path.replace("sort=", "filter=over&sort="), &[], None)
            .await;
        assert_eq!(over.body.matches("\r\n").count(), 2);
        crew.world
            .member
            .send("GET", &path, &[], None)
            .await
            .refusal(ErrorCode::NotFound);
    });
}

#[test]
fn a_split_adds_up_a_rehearsal_writes_nothing_and_what_does_not_fit_is_refused_whole() {
    everywhere(async |server| {
        let crew = Crew::new(&server).await;
        let admin = &crew.world.admin;
        let split = json!({"change": "split_monthly", "amount": "1000", "search": "crew"});
        let before = crew.rows("").await;
        let audit = admin.get("/audit-entries?limit=1").await.body;
        let rehearsed = crew.many(admin, true, split.clone()).await.json(200);
        assert_eq!(crew.rows("").await, before, "a rehearsal writes nothing");
        assert_eq!(admin.get("/audit-entries?limit=1").await.body, audit);
        let mut done = crew.many(admin, false, split.clone()).await.json(200);
        assert_eq!(done["is_dry_run"], false);
        done["is_dry_run"] = json!(true);
        assert_eq!(done, rehearsed, "the rehearsal foretold it");
        assert_eq!((text(&done, "least"), text(&done, "most")), ("125", "125"));
        assert_eq!(text(&done, "total_after"), "1000");
        assert_eq!(done["changed"], 8);
        assert_eq!(text(&crew.group_row(admin).await, "available"), "0");

        // A third of what is left over goes to the first, to the last unit.
        let ids = json!([crew.people[0], crew.people[1], crew.people[2]]);
        let odd = json!({"change": "split_monthly", "amount": "100", "ids": ids});
        let done = crew.many(admin, false, odd).await.json(200);
        assert_eq!((text(&done, "least"), text(&done, "most")), ("33.33", "33.34"));
        assert_eq!(text(&done, "total_before"), "375");
        let rows = crew.rows("&search=crew").await;
        assert_eq!(text(&rows[0], "monthly"), "33.34");

        let over = json!({"change": "set_monthly", "amount": "200"});
        let refused = crew
            .many(admin, false, over)
            .await
            .refusal(ErrorCode::GroupExceeded);
        assert_eq!(refused.over_by, Some("1000".parse().unwrap()));
        assert_eq!(crew.rows("&search=crew").await, rows, "refused as a whole");

        // Undo: what the answer says it was is saved again.
        let items: Vec<Value> = done["before"]
            .as_array()
            .expect("before")
            .iter()
            .map(|was| {
                let row = rows.iter().find(|row| row["person"]["id"] == was["person_id"]);
                let etag = row.expect("a row")["etag"].clone();
                json!({"person_id": was["person_id"], "etag": etag, "monthly": was["amount"]})
            })
            .collect();
        let undo = json!({"mode": "all_or_nothing", "items": items});
        admin
            .write("PATCH", &format!("{}/members", crew.base), &[], undo)
            .await
            .json(200);
        assert_eq!(text(&crew.rows("&search=crew").await[0], "monthly"), "125");
        for (bad, code) in [
            (
                json!({"change": "set_monthly", "amount": "-1"}),
                ErrorCode::AmountOutOfRange,
            ),
            (
                json!({"change": "split_extra", "amount": "0.001"}),
                ErrorCode::TooManyDecimals,
            ),
            (
                json!({"change": "set_cap", "amount": "5"}),
                ErrorCode::WrongDistribution,
            ),
            (
                json!({"change": "set_extra", "amount": "5", "search": "nobody is called so"}),
                ErrorCode::InvalidFields,
            ),
            (
                json!({"change": "double", "amount": "5"}),
                ErrorCode::InvalidFields,
            ),
        ] {
            crew.many(admin, false, bad.clone()).await.refusal(code);
        }
        crew.assert_proven().await;
    });
}

#[test]
fn nobody_gives_themselves_anything_by_way_of_many() {
    everywhere(async |server| {
        let crew = Crew::new(&server).await;
        let owner = &crew.world.owner;
        let all = json!({"change": "set_extra", "amount": "3"});
        let done = crew.many(owner, false, all.clone()).await.json(200);
        assert_eq!(
            (&done["changed"], &done["is_own_left_out"]),
            (&json!(9), &json!(true))
        );
        let rows = crew.rows("").await;
        let own = rows
            .iter()
            .find(|row| row["person"]["id"] == owner.id)
            .expect("the owner's row");
        assert_eq!(text(own, "extra"), "0");
        let done = crew.many(&crew.world.admin, false, all.clone()).await.json(200);
        assert_eq!((&done["changed"], &done["unchanged"]), (&json!(1), &json!(9)));
        assert_eq!(done["is_own_left_out"], false);
        let elsewhere = format!("{}/groups/{}/allocate-many", crew.base, crew.world.default_group);
        owner
            .post(&elsewhere, all.clone())
            .await
            .refusal(ErrorCode::NotFound);
        crew.many(&crew.world.finance, true, all.clone())
            .await
            .refusal(ErrorCode::Forbidden);
        crew.many(&crew.world.other_org, true, all)
            .await
            .refusal(ErrorCode::NotFound);
        crew.assert_proven().await;
    });
}

#[test]
fn whoever_stands_in_an_earlier_cycle_is_shown_as_their_row_shows_them() {
    somewhere_empty(async |server| {
        let mut crew = Crew::new(&server).await;
        crew.set(&crew.people[0], json!({"monthly": "10", "extra": "90"}))
            .await;
        crew.charge(&crew.people[0], "50").await;
        crew.set(&crew.people[1], json!({"monthly": "20"})).await;
        server.pass_seconds(40 * 86_400);
        crew.world.admin = again(&server, &crew.world.admin).await;
        crew.world.finance = again(&server, &crew.world.finance).await;
        crew.charge(&crew.people[1], "5").await;
        // The first has no row in this cycle yet: neither Used nor Extra came along.
        let with_extra = crew.order("filter=with_extra").await;
        assert_eq!(with_extra, Vec::<String>::new());
        let by_used = crew.order("sort=used_descending").await;
        assert_eq!(by_used[0], crew.people[1]);
        let by_remaining = crew.rows("&sort=remaining_descending").await;
        assert_eq!(
            ids(&by_remaining)[..2],
            [crew.people[1].clone(), crew.people[0].clone()]
        );
        assert_eq!(text(&by_remaining[1], "remaining"), "10");
        assert_eq!(crew.order("filter=unused").await.len(), 9);
        crew.assert_proven().await;
    });
}
