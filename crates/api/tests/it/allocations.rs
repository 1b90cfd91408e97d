//! The allocation grid over HTTP: saves and their refusals, bulk, grants, charges, explanations, the books.

use allowance_api_types::problem::ErrorCode;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::{Client, World, everywhere};

fn text<'v>(value: &'v Value, field: &str) -> &'v str {
    value[field]
        .as_str()
        .unwrap_or_else(|| panic!("{field} in {value}"))
}

/// A world with 1,000 credits a month for the owned group.
struct Grid {
    world: World,
    base: String,
}

impl Grid {
    async fn new(server: &crate::support::Server) -> Self {
        let world = World::new(server).await;
        let base = format!("/credit-types/{}", world.credit_type);
        let grid = Self { world, base };
        let row = grid.group(&grid.world.admin).await;
        let path = grid.group_path();
        grid.world
            .admin
            .edit("PATCH", &path, text(&row, "etag"), json!({"monthly": "1000"}))
            .await
            .json(200);
        grid
    }

    fn group_path(&self) -> String {
        format!("{}/groups/{}", self.base, self.world.owned_group)
    }

    fn member_path(&self, person: &Client) -> String {
        format!("{}/members/{}", self.base, person.id)
    }

    async fn group(&self, viewer: &Client) -> Value {
        let rows = viewer.get(&format!("{}/groups", self.base)).await.json(200);
        let rows = rows["items"].as_array().unwrap().clone();
        rows.into_iter()
            .find(|row| text(row, "id") == self.world.owned_group)
            .expect("the owned group's row")
    }

    async fn row(&self, viewer: &Client, person: &Client) -> Value {
        let page = viewer
            .get(&format!("{}/members", self.group_path()))
            .await
            .json(200);
        let rows = page["items"].as_array().unwrap().clone();
        rows.into_iter()
            .find(|row| row["person"]["id"] == person.id)
            .expect("the member's row")
    }

    async fn set(&self, person: &Client, body: Value) -> Value {
        let row = self.row(&self.world.admin, person).await;
        self.world
            .admin
            .edit("PATCH", &self.member_path(person), text(&row, "etag"), body)
            .await
            .json(200)
    }

    async fn charge(&self, person: &Client, amount: &str) -> Value {
        let body = json!({"person_id": person.id, "amount": amount, "note": "a model"});
        self.world
            .finance
            .post(&format!("{}/charges", self.base), body)
            .await
            .json(201)
    }

    async fn enforce(&self, enforcement: &str) {
        let credit_type = self.world.admin.get(&self.base).await.json(200);
        let body = json!({"enforcement": enforcement});
        self.world
            .admin
            .edit("PATCH", &self.base, text(&credit_type, "etag"), body)
            .await
            .json(200);
    }

    async fn assert_proven(&self) {
        let books = self.world.admin.get("/books").await.json(200);
        assert_eq!(books["is_proven"], true, "{books}");
    }
}

#[test]
fn a_saved_cell_shows_in_every_figure_and_the_books_agree() {
    everywhere(async |server| {
        let grid = Grid::new(&server).await;
        let member = &grid.world.member;
        let saved = grid.set(member, json!({"monthly": "450", "extra": "12.5"})).await;
        assert_eq!(text(&saved["member"], "remaining"), "462.5");
        assert_eq!(text(&saved["group"], "distributed"), "462.5");
        assert_eq!(text(&saved["group"], "available"), "537.5");
        let charge = grid.charge(member, "500.25").await;
        assert_eq!(text(&charge, "over_by"), "37.75");
        let row = grid.row(&grid.world.auditor, member).await;
        assert_eq!(
            (text(&row, "used"), text(&row, "remaining")),
            ("500.25", "-37.75")
        );
        let group = grid.group(&grid.world.owner).await;
        assert_eq!(
            (text(&group, "uncovered"), text(&group, "available")),
            ("37.75", "499.75")
        );

        let overview = grid
            .world
            .auditor
            .get(&format!("{}/overview", grid.base))
            .await
            .json(200);
        assert_eq!(text(&overview, "balance"), "99499.75");
        assert_eq!(text(&overview, "unallocated"), "99000");
        assert_eq!(text(&overview["days"][0], "used"), "500.25");
        assert_eq!(text(&overview, "used_percent"), "0.5");

        let explained = member
            .get(&format!("{}/explain", grid.member_path(member)))
            .await
            .json(200);
        for figure in explained["figures"].as_array().unwrap() {
            if text(figure, "figure") == "used" {
                assert_eq!(figure["entries"][0]["note"], "a model");
            }
            if text(figure, "figure") == "remaining" {
                assert_eq!(
                    (text(figure, "value"), figure["terms"].as_array().unwrap().len()),
                    ("-37.75", 5)
                );
            }
        }
        let wallet = member.get("/me/wallet").await.json(200);
        assert_eq!(text(&wallet["items"][0]["figures"], "remaining"), "-37.75");
        assert_eq!(wallet["items"][0]["figures"]["editable"], json!([]));
        let report = grid
            .world
            .manager
            .get(&format!("{}/reports", grid.base))
            .await
            .json(200);
        assert_eq!(report["items"].as_array().unwrap().len(), 1);
        assert_eq!(report["items"][0]["editable"], json!([]));
        grid.assert_proven().await;

        // The exported ledger adds up to the same Used.
        let csv = grid
            .world
            .admin
            .send("GET", "/api/v1/ledger-entries", &[("accept", "text/csv")], None)
            .await;
        csv.expect_status(200);
        let spent: Vec<_> = csv
            .body
            .lines()
            .skip(1)
            .filter(|line| line.contains(",charge,"))
            .collect();
        assert!(spent.len() == 1 && spent[0].contains(",500.25,"), "{}", csv.body);

        let id = text(&charge, "id").to_owned();
        let reverse = |note: &'static str| {
            let (client, path) = (grid.world.finance.clone(), format!("/charges/{id}/reverse"));
            async move { client.post(&path, json!({"note": note})).await }
        };
        assert!(reverse("typo").await.json(200)["reversed_at"].is_string());
        reverse("again").await.refusal(ErrorCode::AlreadyReversed);
        assert_eq!(
            text(&grid.row(&grid.world.admin, member).await, "remaining"),
            "462.5"
        );
        grid.assert_proven().await;
    });
}

#[test]
fn a_save_that_does_not_fit_says_by_how_much_and_changes_nothing() {
    everywhere(async |server| {
        let grid = Grid::new(&server).await;
        let (admin, member) = (&grid.world.admin, &grid.world.member);
        let group = grid.group(admin).await;
        let too_much = admin
            .edit(
                "PATCH",
                &grid.group_path(),
                text(&group, "etag"),
                json!({"monthly": "100000.01"}),
            )
            .await
            .refusal(ErrorCode::LimitExceeded);
        assert_eq!(too_much.over_by.unwrap().to_string(), "0.01");
        let row = grid.row(admin, member).await;
        let too_much = admin
            .edit(
                "PATCH",
                &grid.member_path(member),
                text(&row, "etag"),
                json!({"monthly": "1200"}),
            )
            .await
            .refusal(ErrorCode::GroupExceeded);
        assert_eq!(too_much.over_by.unwrap().to_string(), "200");
        assert_eq!(grid.row(admin, member).await, row);
        for (amount, code) in [
            ("-1", ErrorCode::AmountOutOfRange),
            ("0.001", ErrorCode::TooManyDecimals),
            ("0.0000001", ErrorCode::InvalidFields),
            ("1e3", ErrorCode::InvalidFields),
            ("NaN", ErrorCode::InvalidFields),
            ("", ErrorCode::InvalidFields),
            ("9223372036854.775807", ErrorCode::InvalidFields),
        ] {
            let path = grid.member_path(member);
            admin
                .edit("PATCH", &path, text(&row, "etag"), json!({"monthly": amount}))
                .await
                .refusal(code);
        }
        let number = admin
            .edit(
                "PATCH",
                &grid.member_path(member),
                text(&row, "etag"),
                json!({"monthly": 5}),
            )
            .await;
        number.refusal(ErrorCode::InvalidFields);
        let extra = json!({"monthly": "5", "used": "0"});
        admin
            .edit("PATCH", &grid.member_path(member), text(&row, "etag"), extra)
            .await
            .refusal(ErrorCode::InvalidFields);
        // Lowering the limit is allowed and takes nothing; only more does not fit any longer.
        let credit_type = admin.get(&grid.base).await.json(200);
        admin
            .edit(
                "PATCH",
                &grid.base,
                text(&credit_type, "etag"),
                json!({"limit": "400"}),
            )
            .await
            .json(200);
        let overview = admin.get(&format!("{}/overview", grid.base)).await.json(200);
        assert_eq!(text(&overview, "unallocated"), "-600");
        let group = grid.group(admin).await;
        let etag = text(&group, "etag");
        admin
            .edit("PATCH", &grid.group_path(), etag, json!({"monthly": "900"}))
            .await
            .json(200);
        grid.assert_proven().await;
    });
}

#[test]
fn an_edit_needs_the_etag_that_was_read_and_usage_does_not_change_it() {
    everywhere(async |server| {
        let grid = Grid::new(&server).await;
        let (admin, member) = (&grid.world.admin, &grid.world.member);
        let row = grid.row(admin, member).await;
        let path = grid.member_path(member);
        admin
            .write("PATCH", &path, &[], json!({"monthly": "1"}))
            .await
            .refusal(ErrorCode::PreconditionRequired);
        grid.charge(member, "3").await;
        admin
            .edit("PATCH", &path, text(&row, "etag"), json!({"monthly": "10"}))
            .await
            .json(200);
        admin
            .edit("PATCH", &path, text(&row, "etag"), json!({"monthly": "20"}))
            .await
            .refusal(ErrorCode::PreconditionFailed);
    });
}

#[test]
fn in_block_sixty_four_charges_at_once_never_overspend() {
    everywhere(async |server| {
        let grid = Grid::new(&server).await;
        grid.set(&grid.world.member, json!({"monthly": "100"})).await;
        grid.enforce("block").await;
        let path = format!("{}/charges", grid.base);
        let charges = (0..64).map(|_| {
            let (client, path) = (grid.world.finance.clone(), path.clone());
            let body = json!({"person_id": grid.world.member.id, "amount": "3", "note": "a call"});
            tokio::spawn(async move { client.post(&path, body).await })
        });
        let mut granted = 0;
        for charge in charges.collect::<Vec<_>>() {
            let reply = charge.await.unwrap();
            if reply.status == 201 {
                granted += 1;
            } else {
                let problem = reply.refusal(ErrorCode::InsufficientCredits);
                assert_eq!(problem.over_by.unwrap().to_string(), "2");
            }
        }
        assert_eq!(granted, 33);
        assert_eq!(
            text(
                &grid.row(&grid.world.admin, &grid.world.member).await,
                "remaining"
            ),
            "1"
        );
        grid.assert_proven().await;
    });
}

#[test]
fn sixty_four_identical_requests_have_one_effect_and_one_answer() {
    everywhere(async |server| {
        let grid = Grid::new(&server).await;
        let (key, path) = (Uuid::now_v7().to_string(), format!("{}/charges", grid.base));
        let body = json!({"person_id": grid.world.member.id, "amount": "3", "note": "a call"});
        let send = |body: Value| {
            let (client, path, key) = (grid.world.finance.clone(), path.clone(), key.clone());
            tokio::spawn(async move {
                client
                    .write("POST", &path, &[("idempotency-key", &key)], body)
                    .await
            })
        };
        let requests: Vec<_> = (0..64).map(|_| send(body.clone())).collect();
        let mut answers = Vec::new();
        let mut replays = 0;
        for request in requests {
            let reply = request.await.unwrap();
            replays += usize::from(reply.header("idempotent-replayed") == Some("true"));
            answers.push(reply.json(201));
        }
        assert!(answers.windows(2).all(|pair| pair[0] == pair[1]));
        assert_eq!(replays, 63);
        assert_eq!(
            text(&grid.row(&grid.world.admin, &grid.world.member).await, "used"),
            "3"
        );
        let other = json!({"person_id": grid.world.member.id, "amount": "4", "note": "a call"});
        send(other)
            .await
            .unwrap()
            .refusal(ErrorCode::IdempotencyKeyReused);
        let keyless = Some(("application/json", body.to_string().into_bytes()));
        let api_path = format!("/api/v1{path}");
        let reply = grid.world.finance.send("POST", &api_path, &[], keyless).await;
        reply.refusal(ErrorCode::IdempotencyKeyRequired);
    });
}

#[test]
fn a_refusal_burns_no_key() {
    everywhere(async |server| {
        let grid = Grid::new(&server).await;
        grid.enforce("block").await;
        let (key, path) = (Uuid::now_v7().to_string(), format!("{}/charges", grid.base));
        let body = json!({"person_id": grid.world.member.id, "amount": "3", "note": "a call"});
        let headers = [("idempotency-key", key.as_str())];
        let refused = grid
            .world
            .finance
            .write("POST", &path, &headers, body.clone())
            .await;
        refused.refusal(ErrorCode::InsufficientCredits);
        grid.set(&grid.world.member, json!({"monthly": "10"})).await;
        grid.world
            .finance
            .write("POST", &path, &headers, body)
            .await
            .json(201);
    });
}

#[test]
fn many_rows_are_saved_together_or_each_by_itself() {
    everywhere(async |server| {
        let grid = Grid::new(&server).await;
        let (admin, member, owner) = (&grid.world.admin, &grid.world.member, &grid.world.owner);
        let etag = async |person: &Client| text(&grid.row(admin, person).await, "etag").to_owned();
        let item = |person: &Client, etag: &str, monthly: &str| json!({"person_id": person.id, "etag": etag, "monthly": monthly});
        let path = format!("{}/members", grid.base);
        let items = [
            item(member, &etag(member).await, "700"),
            item(owner, &etag(owner).await, "400"),
        ];
        let body = json!({"mode": "all_or_nothing", "items": items});
        let refused = admin
            .write("PATCH", &path, &[], body)
            .await
            .refusal(ErrorCode::GroupExceeded);
        assert_eq!(refused.over_by.unwrap().to_string(), "100");
        assert_eq!(text(&grid.group(admin).await, "distributed"), "0");

        let saved = admin
            .write("PATCH", &path, &[], json!({"mode": "per_item", "items": items}))
            .await
            .json(200);
        assert_eq!(text(&saved["items"][0]["member"], "monthly"), "700");
        assert_eq!(text(&saved["items"][1]["problem"], "code"), "group_exceeded");
        assert_eq!(text(&saved["groups"][0], "available"), "300");

        // Cuts go first: the raise before it fits only because of the cut behind it.
        let items = [
            item(owner, &etag(owner).await, "600"),
            item(member, &etag(member).await, "100"),
        ];
        let saved = admin
            .write("PATCH", &path, &[], json!({"mode": "per_item", "items": items}))
            .await
            .json(200);
        assert!(
            saved["items"]
                .as_array()
                .unwrap()
                .iter()
                .all(|item| item["problem"].is_null()),
            "{saved}"
        );

        let strangers = [
            item(&grid.world.other_org, "0", "1"),
            item(member, "stale", "1"),
            item(owner, &etag(owner).await, "1"),
        ];
        let body = json!({"mode": "per_item", "items": strangers});
        let saved = owner.write("PATCH", &path, &[], body).await.json(200);
        let codes: Vec<_> = saved["items"]
            .as_array()
            .unwrap()
            .iter()
            .map(|item| text(&item["problem"], "code"))
            .collect();
        assert_eq!(codes, ["not_found", "precondition_failed", "own_affair"]);
        grid.assert_proven().await;
    });
}

#[test]
fn a_group_owner_distributes_within_the_group_and_nothing_more() {
    everywhere(async |server| {
        let grid = Grid::new(&server).await;
        let World {
            owner,
            member,
            manager,
            other_org,
            auditor,
            default_group,
            ..
        } = &grid.world;
        let row = grid.row(owner, member).await;
        assert_eq!(row["editable"], json!(["monthly", "extra"]));
        let saved = owner
            .edit(
                "PATCH",
                &grid.member_path(member),
                text(&row, "etag"),
                json!({"monthly": "20"}),
            )
            .await;
        saved.json(200);
        let group = grid.group(owner).await;
        assert_eq!(group["editable"], json!(["auto_approve_reserve"]));
        let etag = text(&group, "etag");
        owner
            .edit("PATCH", &grid.group_path(), etag, json!({"monthly": "5000"}))
            .await
            .refusal(ErrorCode::Forbidden);
        owner
            .edit(
                "PATCH",
                &grid.group_path(),
                etag,
                json!({"auto_approve_reserve": "50"}),
            )
            .await
            .json(200);
        let own = grid.row(owner, owner).await;
        assert_eq!(own["editable"], json!([]));
        let path = grid.member_path(owner);
        owner
            .edit("PATCH", &path, text(&own, "etag"), json!({"monthly": "1"}))
            .await
            .refusal(ErrorCode::OwnAffair);
        let elsewhere = grid.member_path(manager);
        owner
            .edit("PATCH", &elsewhere, "x", json!({"monthly": "1"}))
            .await
            .refusal(ErrorCode::NotFound);
        let default = format!("{}/groups/{default_group}/members", grid.base);
        owner.get(&default).await.refusal(ErrorCode::NotFound);
        let path = grid.member_path(member);
        auditor
            .edit("PATCH", &path, "x", json!({"monthly": "1"}))
            .await
            .refusal(ErrorCode::Forbidden);
        for path in [
            grid.group_path() + "/members",
            format!("{}/explain", grid.member_path(member)),
            grid.base.clone(),
        ] {
            other_org.get(&path).await.refusal(ErrorCode::NotFound);
        }
        other_org
            .edit("PATCH", &path, "x", json!({"monthly": "1"}))
            .await
            .refusal(ErrorCode::NotFound);
        // A group cell is one of the organisation; the member's own row is explained to nobody else's member.
        let stranger = format!("{}/explain", grid.member_path(manager));
        member.get(&stranger).await.refusal(ErrorCode::NotFound);
    });
}

#[test]
fn grants_are_made_listed_and_revoked_once() {
    everywhere(async |server| {
        let grid = Grid::new(&server).await;
        let (admin, member) = (&grid.world.admin, &grid.world.member);
        let path = format!("{}/grants", grid.member_path(member));
        let grant = admin
            .post(&path, json!({"amount": "80", "reason": "Conference"}))
            .await
            .json(201);
        assert_eq!(
            (text(&grant, "expiry"), text(&grant, "source")),
            ("end_of_cycle", "manual")
        );
        let past =
            json!({"amount": "8", "reason": "Late", "expiry": "at", "expires_at": "2020-01-01T00:00:00Z"});
        admin.post(&path, past).await.refusal(ErrorCode::ExpiryPassed);
        let contradiction =
            json!({"amount": "8", "reason": "?", "expiry": "never", "expires_at": "2030-01-01T00:00:00Z"});
        admin
            .post(&path, contradiction)
            .await
            .refusal(ErrorCode::InvalidFields);
        let too_much = admin.post(&path, json!({"amount": "921", "reason": "All"})).await;
        assert_eq!(
            too_much
                .refusal(ErrorCode::GroupExceeded)
                .over_by
                .unwrap()
                .to_string(),
            "1"
        );
        grid.charge(member, "30").await;
        // The Extra cell takes back typed grants only.
        let row = grid.row(admin, member).await;
        let less = admin
            .edit(
                "PATCH",
                &grid.member_path(member),
                text(&row, "etag"),
                json!({"extra": "0"}),
            )
            .await;
        less.refusal(ErrorCode::NothingToTakeBack);
        let revoke = format!("/grants/{}/revoke", text(&grant, "id"));
        let revoked = admin.write("POST", &revoke, &[], json!(null)).await.json(200);
        assert_eq!(
            (text(&revoked, "ended"), &revoked["is_open"]),
            ("50", &json!(false))
        );
        admin
            .write("POST", &revoke, &[], json!(null))
            .await
            .refusal(ErrorCode::GrantEnded);
        let listed = member.get(&path).await.json(200);
        assert_eq!(listed["items"].as_array().unwrap().len(), 1);
        let row = grid.row(admin, member).await;
        assert_eq!((text(&row, "extra"), text(&row, "remaining")), ("30", "0"));
        grid.assert_proven().await;
    });
}

#[test]
fn a_cost_becomes_credits_by_the_rate_that_was_entered() {
    everywhere(async |server| {
        let grid = Grid::new(&server).await;
        let (finance, admin, member) = (&grid.world.finance, &grid.world.admin, &grid.world.member);
        let path = format!("{}/charges", grid.base);
        let cost = |amount: &str, currency: &str| {
            let cost = json!({"amount": amount, "currency": currency});
            json!({"person_id": member.id, "cost": cost, "note": "a course"})
        };
        let charge = finance.post(&path, cost("0.0187225", "EUR")).await.json(201);
        assert_eq!(text(&charge, "amount"), "1.87225");
        finance
            .post(&path, cost("1", "USD"))
            .await
            .refusal(ErrorCode::CurrencyMismatch);
        let both = json!({"person_id": member.id, "amount": "1", "cost": {"amount": "1", "currency": "EUR"}, "note": "?"});
        finance.post(&path, both).await.refusal(ErrorCode::InvalidFields);
        let credit_type = admin.get(&grid.base).await.json(200);
        let off = json!({"rate_side": "factor", "rate": "0"});
        let changed = admin
            .edit("PATCH", &grid.base, text(&credit_type, "etag"), off)
            .await
            .json(200);
        let changed = &changed["credit_type"];
        assert!(changed["rate"]["credit_factor"].is_null());
        finance
            .post(&path, cost("1", "EUR"))
            .await
            .refusal(ErrorCode::RateMissing);
        let changed = admin
            .edit("PATCH", &grid.base, text(changed, "etag"), json!({"decimals": 1}))
            .await;
        changed.refusal(ErrorCode::DecimalsShrink);
    });
}

#[test]
fn pages_of_members_are_stable_and_a_cursor_serves_its_own_list() {
    everywhere(async |server| {
        let grid = Grid::new(&server).await;
        let admin = &grid.world.admin;
        for number in 0..7 {
            let email = format!("p{number}.{}@example.org", Uuid::now_v7().simple());
            let body = json!({"email": email, "display_name": format!("Zoë {number}"), "group_id": grid.world.owned_group});
            admin.post("/people", body).await.json(201);
        }
        let path = format!("{}/members", grid.group_path());
        let mut names = Vec::new();
        let mut cursor = String::new();
        loop {
            let page = admin
                .get(&format!("{path}?limit=3&search=zoe{cursor}"))
                .await
                .json(200);
            assert_eq!(page["total"], json!({"count": 7, "is_exact": true}));
            let rows = page["items"].as_array().unwrap();
            names.extend(
                rows.iter()
                    .map(|row| text(&row["person"], "display_name").to_owned()),
            );
            let Some(next) = page["next_cursor"].as_str() else {
                break;
            };
            cursor = format!("&cursor={next}");
            admin
                .get(&format!("{path}?limit=3{cursor}"))
                .await
                .refusal(ErrorCode::InvalidCursor);
        }
        assert_eq!(
            names,
            (0..7).map(|number| format!("Zoë {number}")).collect::<Vec<_>>()
        );
        let last = admin
            .get(&format!("{path}?limit=1&sort=name_descending"))
            .await
            .json(200);
        assert_eq!(text(&last["items"][0]["person"], "display_name"), "Zoë 6");
        admin
            .get(&format!("{path}?limit=0"))
            .await
            .refusal(ErrorCode::InvalidQuery);
        admin
            .get(&format!("{path}?colour=red"))
            .await
            .refusal(ErrorCode::InvalidQuery);
    });
}
