//! What holds for every operation that changes something: a stranger cannot, it leaves one audit entry of its own name,
//! and the same key never does it twice.

use std::collections::BTreeSet;

use allowance_api_types::problem::ErrorCode;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::{Client, Contract, PASSWORD, Reply, World, everywhere};

/// One change: which operation, and how it is called.
struct Change {
    operation: &'static str,
    method: &'static str,
    path: String,
    etag: Option<String>,
    body: Body,
}

enum Body {
    None,
    Json(Value),
    Csv(String),
}

impl Change {
    fn new(operation: &'static str, method: &'static str, path: impl Into<String>, body: Value) -> Self {
        Self {
            operation,
            method,
            path: path.into(),
            etag: None,
            body: Body::Json(body),
        }
    }

    fn bare(operation: &'static str, method: &'static str, path: impl Into<String>) -> Self {
        Self {
            operation,
            method,
            path: path.into(),
            etag: None,
            body: Body::None,
        }
    }

    fn seen(self, etag: &Value) -> Self {
        Self {
            etag: Some(etag.as_str().expect("an ETag").to_owned()),
            ..self
        }
    }

    async fn send(&self, client: &Client, key: &str) -> Reply {
        self.send_with(client, key, "").await
    }

    /// Sends with something after the body: a key stands for bytes, not for meaning.
    async fn send_with(&self, client: &Client, key: &str, tail: &str) -> Reply {
        let mut headers = vec![("idempotency-key", key)];
        if let Some(etag) = &self.etag {
            headers.push(("if-match", etag));
        }
        let body = match &self.body {
            Body::None => None,
            Body::Json(value) => Some(("application/json", format!("{value}{tail}").into_bytes())),
            Body::Csv(text) => Some(("text/csv", format!("{text}{tail}").into_bytes())),
        };
        client
            .send(self.method, &format!("/api/v1{}", self.path), &headers, body)
            .await
    }
}

async fn audit(admin: &Client) -> Vec<Value> {
    let page = admin.get("/audit-entries?limit=1000").await.json(200);
    page["items"].as_array().expect("items").clone()
}

/// Makes the change and checks all rules around it.
async fn make(world: &World, done: &mut BTreeSet<&'static str>, change: Change) -> Value {
    let Change { operation, .. } = change;
    let what = |reply: &Reply| format!("{operation}: {} {}", reply.status, reply.body);
    let keeps_no_answer = ["invite_person", "create_api_key"].contains(&operation);
    let key = Uuid::now_v7().to_string();

    change
        .send(&world.anonymous, &key)
        .await
        .refusal(ErrorCode::Unauthenticated);
    if change.path.split('/').any(|segment| segment.len() == 36) {
        let strange = change.send(&world.other_org, &key).await;
        assert_eq!(strange.status, 404, "{}", what(&strange));
    }

    let before = audit(&world.admin).await.len();
    let reply = change.send(&world.admin, &key).await;
    assert!((200..300).contains(&reply.status), "{}", what(&reply));
    if operation.starts_with("sign_out") {
        done.insert(operation);
        return Value::Null;
    }
    let after = audit(&world.admin).await;
    assert_eq!(
        after.len(),
        before + 1,
        "{operation} leaves exactly one audit entry"
    );
    assert_eq!(after[0]["action"], operation, "{}", after[0]);
    assert_eq!(
        after[0]["request_id"].as_str(),
        reply.header("x-request-id"),
        "{operation}"
    );

    if !keeps_no_answer {
        let again = change.send(&world.admin, &key).await;
        assert_eq!(
            (again.status, &again.body),
            (reply.status, &reply.body),
            "{operation} again"
        );
        assert_eq!(
            again.header("idempotent-replayed"),
            Some("true"),
            "{operation} again"
        );
        if !matches!(change.body, Body::None) {
            change
                .send_with(&world.admin, &key, "\n")
                .await
                .refusal(ErrorCode::IdempotencyKeyReused);
        }
        assert_eq!(
            audit(&world.admin).await.len(),
            before + 1,
            "{operation} again leaves no entry"
        );
    }
    done.insert(operation);
    if reply.body.is_empty() {
        Value::Null
    } else {
        serde_json::from_str(&reply.body).expect("JSON")
    }
}

async fn group_row(world: &World, group: &str) -> Value {
    let rows = world
        .admin
        .get(&format!("/credit-types/{}/groups", world.credit_type))
        .await
        .json(200);
    let rows = rows["items"].as_array().expect("items");
    rows.iter()
        .find(|row| row["id"] == group)
        .expect("the group's row")
        .clone()
}

async fn member_row(world: &World, group: &str, person: &str) -> Value {
    let path = format!("/credit-types/{}/groups/{group}/members", world.credit_type);
    let rows = world.admin.get(&path).await.json(200);
    let rows = rows["items"].as_array().expect("items");
    rows.iter()
        .find(|row| row["person"]["id"] == person)
        .expect("the member's row")
        .clone()
}

fn id(view: &Value) -> String {
    view["id"].as_str().expect("an id").to_owned()
}

/// What happens to credit requests, and the organisation's settings.
async fn make_requests(world: &World, made: &mut BTreeSet<&'static str>) {
    let path = format!("/credit-types/{}/credit-requests", world.credit_type);
    let ask = json!({"amount": "5", "term": "this_cycle", "reason": "A pilot"});
    let mut theirs = Vec::new();
    for _ in 0..4 {
        theirs.push(id(&world.member.post(&path, ask.clone()).await.json(201)));
    }
    let at = |id: &str, what: &str| format!("/credit-requests/{id}/{what}");
    let text = json!({"text": "What for?"});
    let asked = Change::new("ask_credit_request", "POST", at(&theirs[0], "ask"), text.clone());
    make(world, made, asked).await;
    let denied = Change::new(
        "deny_credit_request",
        "POST",
        at(&theirs[1], "deny"),
        json!({"reason": "Later"}),
    );
    make(world, made, denied).await;
    let yes = json!({"add_from_unallocated": true, "note": "Go on"});
    let approved = Change::new("approve_credit_request", "POST", at(&theirs[2], "approve"), yes);
    make(world, made, approved).await;
    let items = json!({"items": [{"id": theirs[3], "decision": "deny", "note": "Later"}]});
    let many = Change::new(
        "decide_credit_requests",
        "POST",
        "/credit-requests/decisions",
        items,
    );
    make(world, made, many).await;

    let mine = id(&make(
        world,
        made,
        Change::new("create_credit_request", "POST", &path, ask),
    )
    .await);
    let group = format!("/groups/{}", world.default_group);
    let etag = world.admin.get(&group).await.json(200)["etag"].clone();
    let owner = json!({"owner_id": world.manager.id});
    world
        .admin
        .edit("PATCH", &group, etag.as_str().unwrap(), owner)
        .await
        .expect_status(200);
    world
        .manager
        .post(&at(&mine, "ask"), text.clone())
        .await
        .expect_status(200);
    make(
        world,
        made,
        Change::new("answer_credit_request", "POST", at(&mine, "answer"), text),
    )
    .await;
    let withdrawn = Change::bare("withdraw_credit_request", "POST", at(&mine, "withdraw"));
    make(world, made, withdrawn).await;

    let settings = world.admin.get("/organisation").await.json(200);
    let edit = Change::new(
        "update_organisation",
        "PATCH",
        "/organisation",
        json!({"undo_hours": 12}),
    );
    make(world, made, edit.seen(&settings["etag"])).await;
}

/// How usage is counted, and what was kept aside.
async fn make_usage(world: &World, made: &mut BTreeSet<&'static str>, person: &str) {
    let settings = world.admin.get("/usage-settings").await.json(200);
    let rule = json!({"tag": "courses", "credit_type_id": world.credit_type});
    let set = json!({"unknown_people": "keep", "rules": [rule]});
    let set = Change::new("set_usage_settings", "PUT", "/usage-settings", set);
    make(world, made, set.seen(&settings["etag"])).await;
    let found = json!({"matches": [{"kind": "email", "name": "who@example.org", "person_id": person}]});
    let path = "/unmatched-usage/match";
    make(
        world,
        made,
        Change::new("match_unmatched_usage", "POST", path, found),
    )
    .await;
    let lent = json!({"matches": [{
        "kind": "external_id", "name": "pool", "source": "gateway", "person_id": person, "remember": true,
    }]});
    world.admin.post(path, lent).await.expect_status(200);
    let aliases = world.admin.get("/usage-aliases").await.json(200);
    let alias = format!("/usage-aliases/{}", aliases["items"][0]["id"].as_str().unwrap());
    make(world, made, Change::bare("delete_usage_alias", "DELETE", alias)).await;
    let gone = json!({"names": [{"kind": "external_id", "name": "robot"}], "reason": "Nobody's"});
    let path = "/unmatched-usage/discard";
    make(
        world,
        made,
        Change::new("discard_unmatched_usage", "POST", path, gone),
    )
    .await;
}

#[test]
fn every_change_is_guarded_audited_once_and_made_once() {
    everywhere(async |server| {
        let world = World::new(&server).await;
        let mut done = BTreeSet::new();
        let made = &mut done;
        let ct = world.credit_type.clone();

        let email = format!("{}@example.org", Uuid::now_v7().simple());
        let new = json!({"email": email, "display_name": "New Person"});
        let person = make(&world, made, Change::new("create_person", "POST", "/people", new)).await;
        let (p, etag) = (id(&person), person["etag"].clone());
        let edit = Change::new(
            "update_person",
            "PATCH",
            format!("/people/{p}"),
            json!({"title": "Analyst"}),
        );
        make(&world, made, edit.seen(&etag)).await;
        let role = json!({"role": "auditor"});
        make(
            &world,
            made,
            Change::new("change_role", "PUT", format!("/people/{p}/role"), role),
        )
        .await;
        make(
            &world,
            made,
            Change::bare("suspend_person", "POST", format!("/people/{p}/suspend")),
        )
        .await;
        make(
            &world,
            made,
            Change::bare("leave_person", "POST", format!("/people/{p}/leave")),
        )
        .await;
        make(
            &world,
            made,
            Change::bare("reinstate_person", "POST", format!("/people/{p}/reinstate")),
        )
        .await;
        make(
            &world,
            made,
            Change::bare("invite_person", "POST", format!("/people/{p}/invitation")),
        )
        .await;

        let group = make(
            &world,
            made,
            Change::new("create_group", "POST", "/groups", json!({"name": "Second"})),
        )
        .await;
        let g = id(&group);
        let edit = Change::new(
            "update_group",
            "PATCH",
            format!("/groups/{g}"),
            json!({"name": "Third"}),
        );
        make(&world, made, edit.seen(&group["etag"])).await;
        let to = json!({"group_id": g});
        make(
            &world,
            made,
            Change::new("move_person", "PUT", format!("/people/{p}/group"), to),
        )
        .await;

        let view = world.admin.get(&format!("/credit-types/{ct}")).await.json(200);
        let edit = Change::new(
            "update_credit_type",
            "PATCH",
            format!("/credit-types/{ct}"),
            json!({"limit": "200000"}),
        );
        make(&world, made, edit.seen(&view["etag"])).await;
        let row = group_row(&world, &g).await;
        let cells = json!({"monthly": "1000", "auto_approve_reserve": "10"});
        let edit = Change::new(
            "update_group_allocation",
            "PATCH",
            format!("/credit-types/{ct}/groups/{g}"),
            cells,
        );
        make(&world, made, edit.seen(&row["etag"])).await;
        let row = member_row(&world, &g, &p).await;
        let path = format!("/credit-types/{ct}/members/{p}");
        let edit = Change::new(
            "update_member_allocation",
            "PATCH",
            path,
            json!({"monthly": "100"}),
        );
        make(&world, made, edit.seen(&row["etag"])).await;
        let row = member_row(&world, &g, &p).await;
        let bulk = json!({
            "mode": "all_or_nothing",
            "items": [{"person_id": p, "etag": row["etag"], "extra": "50"}],
        });
        let path = format!("/credit-types/{ct}/members");
        make(
            &world,
            made,
            Change::new("save_member_allocations", "PATCH", path, bulk),
        )
        .await;

        let many = json!({"change": "split_extra", "amount": "20", "ids": [p]});
        let path = format!("/credit-types/{ct}/groups/{g}/allocate-many?dry_run=false");
        make(&world, made, Change::new("allocate_many", "POST", path, many)).await;

        let import = Change {
            body: Body::Csv(format!("email,monthly\n{email},101\n")),
            ..Change::bare(
                "import_allocations",
                "POST",
                format!("/credit-types/{ct}/allocations/import?dry_run=false"),
            )
        };
        make(&world, made, import).await;

        let grant = json!({"amount": "5", "reason": "Pilot"});
        let path = format!("/credit-types/{ct}/members/{p}/grants");
        let grant = make(&world, made, Change::new("create_grant", "POST", path, grant)).await;
        let path = format!("/grants/{}/revoke", id(&grant));
        make(&world, made, Change::bare("revoke_grant", "POST", path)).await;

        let new = json!({"name": "Gateway", "scopes": ["read"]});
        let key = make(
            &world,
            made,
            Change::new("create_api_key", "POST", "/api-keys", new),
        )
        .await;
        let path = format!("/api-keys/{}/revoke", id(&key["api_key"]));
        make(&world, made, Change::bare("revoke_api_key", "POST", path)).await;

        let new = json!({"currency": "JPY", "rate": "0.0061"});
        let new = Change::new("create_exchange_rate", "POST", "/exchange-rates", new);
        make(&world, made, new).await;

        make_usage(&world, made, &p).await;

        let charge = json!({"person_id": p, "amount": "7", "note": "Workshop"});
        let path = format!("/credit-types/{ct}/charges");
        let charge = make(&world, made, Change::new("create_charge", "POST", path, charge)).await;
        let path = format!("/charges/{}/reverse", id(&charge));
        let why = json!({"note": "Booked twice"});
        make(&world, made, Change::new("reverse_charge", "POST", path, why)).await;

        make_requests(&world, made).await;

        let new = json!({
            "name": "Certifications", "decimals": 0, "cadence": "calendar_year", "limit": "500",
            "rate_side": "value", "rate": "10", "enforcement": "block", "distribution": "individual",
        });
        let second = make(
            &world,
            made,
            Change::new("create_credit_type", "POST", "/credit-types", new),
        )
        .await;
        let second = format!("/credit-types/{}", id(&second));
        for (operation, verb) in [
            ("reset_cycle", "reset"),
            ("undo_reset", "undo-reset"),
            ("archive_credit_type", "archive"),
            ("restore_credit_type", "restore"),
        ] {
            let view = world.admin.get(&second).await.json(200);
            let step = Change::bare(operation, "POST", format!("{second}/{verb}"));
            make(&world, made, step.seen(&view["etag"])).await;
        }

        let view = world.admin.get(&format!("/groups/{g}")).await.json(200);
        let away = Change::bare("delete_group", "DELETE", format!("/groups/{g}"));
        make(&world, made, away.seen(&view["etag"])).await;

        let csv = format!(
            "email,display_name\n{}@example.org,Imported Person\n",
            Uuid::now_v7().simple()
        );
        let import = Change {
            body: Body::Csv(csv),
            ..Change::bare("import_people", "POST", "/imports/people?dry_run=false")
        };
        make(&world, made, import).await;

        let email = world.admin.email.parse().unwrap();
        let again = server
            .app
            .sign_in(&email, PASSWORD.to_owned(), "elsewhere", "r".to_owned());
        let elsewhere = world.admin.with_token(&again.await.unwrap().access_token);
        make(&world, made, Change::bare("sign_out", "DELETE", "/session")).await;
        let world = World {
            admin: elsewhere,
            ..world
        };
        make(
            &world,
            made,
            Change::bare("sign_out_everywhere", "DELETE", "/sessions"),
        )
        .await;

        let writes = Contract::get()
            .operations
            .iter()
            .filter(|one| one.is_write() && !one.is_public() && !one.is_for_platforms());
        let writes: BTreeSet<&str> = writes.map(|operation| operation.id.as_str()).collect();
        assert_eq!(
            done, writes,
            "changes made here (left) and writes of the document (right)"
        );
    });
}
