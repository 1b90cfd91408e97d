//! Settings with consequences, resets and their undo, archives, joiners, what needs attention: over HTTP, as the pages
//! call them.

use allowance_api_types::problem::ErrorCode;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::{Client, PASSWORD, Reply, Server, World, everywhere, somewhere_empty};

fn text<'v>(value: &'v Value, field: &str) -> &'v str {
    value[field]
        .as_str()
        .unwrap_or_else(|| panic!("{field} in {value}"))
}

/// A credit type of 100 credits a month; 60 of them with the owned group, 40 of those with the member.
struct Type {
    world: World,
    path: String,
}

impl Type {
    async fn new(server: &Server) -> Self {
        let world = World::new(server).await;
        let new = json!({
            "name": "Courses", "decimals": 2, "cadence": "calendar_month", "limit": "100",
            "rate_side": "factor", "rate": "1", "enforcement": "warn", "distribution": "individual",
        });
        let made = world.admin.post("/credit-types", new).await.json(201);
        let path = format!("/credit-types/{}", text(&made, "id"));
        let this = Self { world, path };
        let group = this.group().await;
        let cells = json!({"monthly": "60", "auto_approve_reserve": "10"});
        let at = format!("{}/groups/{}", this.path, this.world.owned_group);
        let admin = &this.world.admin;
        admin
            .edit("PATCH", &at, text(&group, "etag"), cells)
            .await
            .json(200);
        let row = this.member().await;
        let at = format!("{}/members/{}", this.path, this.world.member.id);
        admin
            .edit("PATCH", &at, text(&row, "etag"), json!({"monthly": "40"}))
            .await
            .json(200);
        this
    }

    async fn view(&self) -> Value {
        self.world.admin.get(&self.path).await.json(200)
    }

    async fn overview(&self) -> Value {
        let path = format!("{}/overview", self.path);
        self.world.admin.get(&path).await.json(200)
    }

    async fn group(&self) -> Value {
        let rows = self
            .world
            .admin
            .get(&format!("{}/groups", self.path))
            .await
            .json(200);
        let rows = rows["items"].as_array().unwrap();
        rows.iter()
            .find(|row| text(row, "id") == self.world.owned_group)
            .unwrap()
            .clone()
    }

    async fn member(&self) -> Value {
        let path = format!("{}/groups/{}/members", self.path, self.world.owned_group);
        let page = self.world.admin.get(&path).await.json(200);
        let rows = page["items"].as_array().unwrap();
        rows.iter()
            .find(|row| row["person"]["id"] == self.world.member.id)
            .unwrap()
            .clone()
    }

    async fn figures(&self) -> (Value, Value, Value) {
        let mut overview = self.overview().await;
        // What is used on which day is no figure of the cycle, and positions only rise.
        for field in ["as_of", "days", "forecast", "to_settle"] {
            overview.as_object_mut().unwrap().remove(field);
        }
        let mut member = self.member().await;
        member.as_object_mut().unwrap().remove("etag");
        (overview, self.group().await, member)
    }

    async fn charge(&self, amount: &str) {
        let body = json!({"person_id": self.world.member.id, "amount": amount, "note": "a course"});
        let path = format!("{}/charges", self.path);
        self.world.finance.post(&path, body).await.json(201);
    }

    /// An edit of the settings by whoever has just read them.
    async fn update(&self, body: Value, dry_run: bool) -> Reply {
        let view = self.view().await;
        self.update_as(text(&view, "etag"), body, dry_run).await
    }

    async fn update_as(&self, etag: &str, body: Value, dry_run: bool) -> Reply {
        let path = format!("{}?dry_run={dry_run}", self.path);
        self.world.admin.edit("PATCH", &path, etag, body).await
    }

    /// A command without a body, by whoever has just read the settings.
    async fn command(&self, verb: &str) -> Reply {
        let view = self.view().await;
        self.command_as(&self.world.admin, text(&view, "etag"), verb)
            .await
    }

    async fn command_as(&self, client: &Client, etag: &str, verb: &str) -> Reply {
        let key = Uuid::now_v7().to_string();
        let headers = [("if-match", etag), ("idempotency-key", key.as_str())];
        let path = format!("/api/v1{}/{verb}", self.path);
        client.send("POST", &path, &headers, None).await
    }

    async fn assert_proven(&self) {
        let books = self.world.admin.get("/books").await.json(200);
        assert_eq!(books["is_proven"], true, "{books}");
    }
}

#[test]
fn lowering_the_limit_says_who_would_be_over_and_changes_nothing_until_it_is_applied() {
    everywhere(async |server| {
        let this = Type::new(&server).await;
        let before = (this.view().await, this.figures().await);
        let would = this.update(json!({"limit": "50"}), true).await.json(200);
        assert_eq!(would["is_dry_run"], true);
        assert_eq!(would["credit_type"]["limit"], "50");
        let consequences = &would["consequences"];
        assert_eq!(consequences["unallocated_before"], "40");
        assert_eq!(consequences["unallocated_after"], "-10");
        assert_eq!(consequences["over"][0]["kind"], "organisation");
        assert_eq!(consequences["over"][0]["over_by"], "10");
        assert_eq!(consequences["more_over"], 0);
        let holding = consequences["holding"].as_array().unwrap();
        assert!(
            !holding.is_empty(),
            "which groups hold more than the limit: {consequences}"
        );
        assert!(
            holding
                .iter()
                .all(|group| group["name"].is_string() && group["allocated"] != "0")
        );
        assert_eq!(
            (this.view().await, this.figures().await),
            before,
            "a rehearsal leaves nothing"
        );

        let did = this.update(json!({"limit": "50"}), false).await.json(200);
        assert_eq!(did["is_dry_run"], false);
        assert_eq!(did["consequences"], *consequences, "the same code");
        let log = this
            .world
            .admin
            .get("/audit-entries?action=update_credit_type")
            .await
            .json(200);
        assert_eq!(
            log["items"].as_array().unwrap().len(),
            1,
            "a rehearsal is no change"
        );
        let list = format!("{}/attention", this.path);
        let list = this.world.admin.get(&list).await.json(200);
        assert_eq!(list["items"][0]["kind"], "organisation_over");
        assert_eq!(list["items"][0]["amount"], "10");
        this.assert_proven().await;
    });
}

#[test]
fn every_setting_has_a_history_and_wrong_values_say_what_is_wrong() {
    everywhere(async |server| {
        let this = Type::new(&server).await;
        let settings = json!({
            "name": "Kurse – دورات", "rollover": {"percent": 50, "cap": "20", "cycles": 2},
            "sign_up": {"amount": "5", "is_pro_rata": true}, "enforcement": "block",
            "auto_approval": {"most_per_request": "3", "most_per_person": "6"},
        });
        let did = this.update(settings, false).await.json(200);
        let view = &did["credit_type"];
        assert_eq!(view["rollover"], json!({"percent": 50, "cap": "20", "cycles": 2}));
        assert_eq!(view["sign_up"], json!({"amount": "5", "is_pro_rata": true}));
        assert_eq!(view["auto_approval"]["most_per_person"], "6");
        let page = format!("{}/changes?limit=2", this.path);
        let page = this.world.auditor.get(&page).await.json(200);
        assert_eq!(page["items"].as_array().unwrap().len(), 2);
        assert!(page["next_cursor"].is_string(), "more of them");
        assert_eq!(page["items"][0]["setting"], "auto_approval");
        assert_eq!(page["items"][0]["actor"]["id"], this.world.admin.id);

        for (wrong, pointer) in [
            (json!({"limit": "-1"}), "/limit"),
            (json!({"limit": "1.001"}), "/limit"),
            (
                json!({"sign_up": {"amount": "-5", "is_pro_rata": false}}),
                "/sign_up/amount",
            ),
            (
                json!({"rollover": {"percent": 50, "cap": "-1", "cycles": 1}}),
                "/rollover/cap",
            ),
            (
                json!({"auto_approval": {"most_per_request": "0.001"}}),
                "/auto_approval/most_per_request",
            ),
            (
                json!({"rollover": {"percent": 101, "cycles": 1}}),
                "/rollover/percent",
            ),
            (
                json!({"rollover": {"percent": 10, "cycles": 0}}),
                "/rollover/cycles",
            ),
        ] {
            let problem = this.update(wrong, false).await.refusal(ErrorCode::InvalidFields);
            assert_eq!(problem.fields[0].pointer, pointer);
        }
        let path = this.path.clone();
        let stranger = &this.world.other_org;
        let reply = stranger.edit("PATCH", &path, "1", json!({"limit": "1"})).await;
        reply.refusal(ErrorCode::NotFound);
        this.command_as(stranger, "1", "reset")
            .await
            .refusal(ErrorCode::NotFound);
        this.command_as(&this.world.finance, "1", "reset")
            .await
            .refusal(ErrorCode::Forbidden);
    });
}

#[test]
fn a_cadence_changed_twice_within_a_second_is_changed_once() {
    everywhere(async |server| {
        let this = Type::new(&server).await;
        let view = this.view().await;
        let etag = text(&view, "etag");
        let weekly = json!({"cadence": "week"});
        let would = this.update_as(etag, weekly.clone(), true).await.json(200);
        assert_eq!(would["consequences"]["limit_per_30_days_before"], "98.56");
        assert_eq!(would["consequences"]["limit_per_30_days_after"], "428.57");
        assert_eq!(would["consequences"]["lapses"], "100");
        let (one, other) = tokio::join!(
            this.update_as(etag, weekly.clone(), false),
            this.update_as(etag, weekly, false)
        );
        let mut answers = [one.status, other.status];
        answers.sort_unstable();
        assert_eq!(answers, [200, 412]);
        let cycles = this
            .world
            .admin
            .get(&format!("{}/cycles", this.path))
            .await
            .json(200);
        let cycles = cycles["items"].as_array().unwrap().clone();
        assert_eq!(cycles.len(), 2, "the first, and one of the new cadence");
        assert_eq!(cycles[0]["opened_by"], "cadence_change");
        assert_eq!(cycles[1]["ends_at"], cycles[0]["starts_at"]);
        assert_eq!(cycles[1]["is_provisional"], false, "no reset ended it");
        this.command("undo-reset").await.refusal(ErrorCode::UndoExpired);
        this.assert_proven().await;
    });
}

#[test]
fn a_reset_undone_restores_every_figure_and_what_was_used_since_counts_once() {
    everywhere(async |server| {
        let this = Type::new(&server).await;
        this.charge("15").await;
        let before = this.figures().await;
        let would = this.command("reset?dry_run=true").await.json(200);
        assert_eq!(would["consequences"]["lapses"], "85");
        assert_eq!(would["consequences"]["balance_after"], "100");
        assert_eq!(this.figures().await, before);
        let did = this.command("reset").await.json(200);
        assert!(did["credit_type"]["undo_until"].is_string());
        assert_eq!(this.member().await["used"], "0");
        let cycles = this
            .world
            .admin
            .get(&format!("{}/cycles", this.path))
            .await
            .json(200);
        assert_eq!(cycles["items"][1]["is_provisional"], true);
        this.command("undo-reset").await.json(200);
        assert_eq!(this.figures().await, before);
        this.assert_proven().await;

        this.command("reset").await.json(200);
        this.charge("30").await;
        let row = this.member().await;
        let at = format!("{}/members/{}", this.path, this.world.member.id);
        let admin = &this.world.admin;
        admin
            .edit("PATCH", &at, text(&row, "etag"), json!({"monthly": "42"}))
            .await
            .json(200);
        let would = this.command("undo-reset?dry_run=true").await.json(200);
        let over = &would["consequences"]["over"];
        assert!(
            over.as_array()
                .unwrap()
                .iter()
                .any(|one| one["kind"] == "member" && one["over_by"] == "3"),
            "{over}"
        );
        this.command("undo-reset").await.json(200);
        let row = this.member().await;
        assert_eq!((text(&row, "monthly"), text(&row, "used")), ("42", "45"));
        assert_eq!(text(&row, "remaining"), "-3");
        let explained = format!("{}/members/{}/explain", this.path, this.world.member.id);
        let explained = admin.get(&explained).await.json(200);
        let figures = explained["figures"].as_array().unwrap();
        let used = figures.iter().find(|figure| figure["figure"] == "used").unwrap();
        assert_eq!(
            used["entries"].as_array().unwrap().len(),
            2,
            "the entries of both stretches"
        );
        this.assert_proven().await;
    });
}

#[test]
fn a_reset_at_the_very_end_of_a_cycle_has_its_effect_once() {
    somewhere_empty(async |server| {
        let mut this = Type::new(&server).await;
        this.charge("15").await;
        let view = this.view().await;
        let end: allowance_values::Timestamp = text(&view["cycle"], "ends_at").parse().unwrap();
        let clock = server.clock.as_ref().unwrap();
        clock.set(end);
        // The session has ended by now.
        let email = this.world.admin.email.parse().unwrap();
        let again = server
            .app
            .sign_in(&email, PASSWORD.to_owned(), "elsewhere", "r".to_owned());
        this.world.admin = this.world.admin.with_token(&again.await.unwrap().access_token);
        // The due cycle opens first, then the reset ends it: an effect of its own, once.
        let etag = text(&view, "etag");
        let did = this.command_as(&this.world.admin, etag, "reset").await.json(200);
        assert_eq!(did["consequences"]["cycle_before"]["opened_by"], "schedule");
        assert_eq!(
            did["consequences"]["cycle_before"]["starts_at"],
            view["cycle"]["ends_at"]
        );
        this.command_as(&this.world.admin, etag, "reset")
            .await
            .refusal(ErrorCode::PreconditionFailed);
        let cycles = this
            .world
            .admin
            .get(&format!("{}/cycles", this.path))
            .await
            .json(200);
        let reasons: Vec<&str> = cycles["items"]
            .as_array()
            .unwrap()
            .iter()
            .map(|cycle| text(cycle, "opened_by"))
            .collect();
        assert_eq!(reasons, ["manual_reset", "schedule", "schedule"]);
        assert_eq!(this.member().await["used"], "0");
        this.assert_proven().await;
    });
}

#[test]
fn distribution_changes_in_mid_cycle_and_back() {
    everywhere(async |server| {
        let this = Type::new(&server).await;
        this.charge("15").await;
        let before = this.figures().await;
        let did = this
            .update(json!({"distribution": "shared_pool"}), false)
            .await
            .json(200);
        assert_eq!(did["consequences"]["over"], json!([]));
        let row = this.member().await;
        assert_eq!(text(&row, "used"), "15");
        assert_eq!(
            text(&row, "remaining"),
            "35",
            "what the pool still lends: 60 less the reserve and what was drawn"
        );
        this.assert_proven().await;
        this.update(json!({"distribution": "individual"}), false)
            .await
            .json(200);
        assert_eq!(this.figures().await, before);
        this.assert_proven().await;
    });
}

#[test]
fn an_archived_credit_type_is_read_and_nothing_else() {
    everywhere(async |server| {
        let this = Type::new(&server).await;
        let request = json!({"amount": "5", "term": "for_good", "reason": "More"});
        let path = format!("{}/credit-requests", this.path);
        let asked = this.world.member.post(&path, request.clone()).await.json(201);
        this.command("archive").await.refusal(ErrorCode::StillInUse);
        let withdraw = format!("/credit-requests/{}/withdraw", text(&asked, "id"));
        this.world.member.post(&withdraw, json!({})).await;
        let key = Uuid::now_v7().to_string();
        let headers = [("idempotency-key", key.as_str())];
        let withdraw = format!("/api/v1{withdraw}");
        this.world.member.send("POST", &withdraw, &headers, None).await;
        assert_eq!(this.command("archive").await.json(200)["is_archived"], true);
        this.overview().await;
        let charge = json!({"person_id": this.world.member.id, "amount": "1", "note": "late"});
        let charges = format!("{}/charges", this.path);
        this.world
            .finance
            .post(&charges, charge)
            .await
            .refusal(ErrorCode::CreditTypeArchived);
        this.world
            .member
            .post(&path, request)
            .await
            .refusal(ErrorCode::CreditTypeArchived);
        this.update(json!({"limit": "1"}), false)
            .await
            .refusal(ErrorCode::CreditTypeArchived);
        this.command("reset").await.refusal(ErrorCode::CreditTypeArchived);
        // People still move, and the last credit type in use stays.
        let to = json!({"group_id": this.world.default_group, "when_short": "bring_credits"});
        let path = format!("/people/{}/group", this.world.member.id);
        this.world.admin.write("PUT", &path, &[], to).await.json(200);
        let last = format!("/credit-types/{}", this.world.credit_type);
        let view = this.world.admin.get(&last).await.json(200);
        let headers = [("if-match", text(&view, "etag"))];
        let last = format!("/api/v1{last}/archive");
        let reply = this.world.admin.send("POST", &last, &headers, None).await;
        reply.refusal(ErrorCode::LastCreditType);
        assert_eq!(this.command("restore").await.json(200)["is_archived"], false);
        this.charge("1").await;
        this.assert_proven().await;
    });
}

#[test]
fn joiners_get_their_credits_once_however_they_join_while_unallocated_lasts() {
    everywhere(async |server| {
        let this = Type::new(&server).await;
        let sign_up = json!({"sign_up": {"amount": "15", "is_pro_rata": false}});
        this.update(sign_up, false).await.json(200);
        let admin = &this.world.admin;
        let join = async || {
            let email = format!("{}@example.org", Uuid::now_v7().simple());
            admin
                .post("/people", json!({"email": email, "display_name": "New Person"}))
                .await
                .json(201)
        };
        join().await;
        let overview = this.overview().await;
        assert_eq!(text(&overview, "unallocated"), "25");
        let upload = async |joiners: bool| {
            let csv = format!(
                "email,display_name\n{}@example.org,Imported\n",
                Uuid::now_v7().simple()
            );
            let path = format!("/api/v1/imports/people?dry_run=false&joiners={joiners}");
            let body = Some(("text/csv", csv.into_bytes()));
            admin.send("POST", &path, &[], body).await.expect_status(200);
        };
        upload(false).await;
        assert_eq!(text(&this.overview().await, "unallocated"), "25", "nobody joined");
        upload(true).await;
        assert_eq!(text(&this.overview().await, "unallocated"), "10");
        let third = join().await;
        assert_eq!(text(&this.overview().await, "unallocated"), "0");
        let list = admin.get(&format!("{}/attention", this.path)).await.json(200);
        let unfunded = list["items"].as_array().unwrap().clone();
        let unfunded: Vec<_> = unfunded
            .iter()
            .filter(|item| item["kind"] == "sign_up_unfunded")
            .collect();
        assert_eq!(unfunded.len(), 1);
        assert_eq!(
            (&unfunded[0]["person_id"], &unfunded[0]["amount"]),
            (&third["id"], &json!("5"))
        );
        this.assert_proven().await;
    });
}

#[test]
fn missed_cycles_get_their_rows_and_people_are_brought_forward_once() {
    somewhere_empty(async |server| {
        let this = Type::new(&server).await;
        let rollover = json!({"rollover": {"percent": 100, "cycles": 3}, "cadence": "day"});
        this.update(rollover, false).await.json(200);
        this.charge("1").await;
        server.pass_seconds(5 * 86_400 + 3_600);
        let opened = server.app.open_due_cycles().await.unwrap();
        assert!(opened > 0);
        let organisations = server.app.store.list_organisations().await.unwrap();
        let mut settled = 0;
        let mut waiting = 0;
        for (organisation, _) in &organisations {
            for row in server.app.store.list_credit_types(*organisation).await.unwrap() {
                let count = server.app.store.count_to_settle(*organisation, row.terms.id);
                waiting += count.await.unwrap();
            }
        }
        assert!(waiting > 0);
        // Three instances at once bring everyone forward once.
        let jobs = [server.app.clone(), server.app.clone(), server.app.clone()];
        for job in jobs.map(|app| tokio::spawn(async move { app.settle_people().await })) {
            settled += u64::try_from(job.await.unwrap().unwrap()).unwrap();
        }
        assert_eq!(settled, waiting);
        for (organisation, _) in &organisations {
            for row in server.app.store.list_credit_types(*organisation).await.unwrap() {
                let left = server.app.store.count_to_settle(*organisation, row.terms.id);
                assert_eq!(left.await.unwrap(), 0);
            }
            let proof = server.app.store.verify(*organisation).await.unwrap();
            assert!(proof.findings.is_empty(), "{:?}", proof.findings);
        }
        assert_eq!(server.app.settle_people().await.unwrap(), 0);
        // A clock that is set back changes nothing: no cycle opens twice, none closes.
        server.pass_seconds(-3 * 86_400);
        assert_eq!(server.app.open_due_cycles().await.unwrap(), 0);
        assert!(server.app.sweep().await.is_ok());
    });
}
