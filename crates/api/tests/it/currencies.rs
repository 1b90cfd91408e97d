//! Costs in other currencies: converted at the rate of the time, once, and never again.

use allowance_api_types::problem::ErrorCode;
use serde_json::{Value, json};

use crate::costs::{Tracked, text};
use crate::metering::Metered;
use crate::support::{Client, Server, World, everywhere, somewhere_empty};

/// Records a rate.
async fn rate(by: &Client, currency: &str, rate: &str) -> Value {
    let new = json!({"currency": currency, "rate": rate});
    by.post("/exchange-rates", new).await.json(201)
}

fn now(server: &Server) -> String {
    server.app.store.now().to_string()
}

/// An event of the member in dollars.
fn dollars(metered: &Metered, id: &str, amount: &str) -> Value {
    let mut event = metered.cost(id, amount);
    event["cost"]["currency"] = json!("USD");
    event
}

fn at(event: Value, happened_at: &str) -> Value {
    let mut event = event;
    event["happened_at"] = json!(happened_at);
    event
}

async fn count(metered: &Metered, event: Value) -> Value {
    metered.platform.post("/usage-events", event).await.json(201)
}

#[test]
fn a_foreign_cost_takes_the_rate_of_the_time_it_happened() {
    somewhere_empty(async |server| {
        let metered = Metered::new(&server, "track", "1000").await;
        let finance = &metered.world.finance;
        let before = now(&server);
        server.pass_seconds(60);
        let refused = metered
            .platform
            .post("/usage-events", dollars(&metered, "0", "1"))
            .await;
        let problem = refused.refusal(ErrorCode::CurrencyMismatch);
        assert!(problem.detail.contains("USD"), "{}", problem.detail);

        let first = rate(finance, "USD", "0.92").await;
        assert_eq!(
            (&first["is_current"], &first["recorded_by"]["id"]),
            (&json!(true), &json!(finance.id))
        );
        server.pass_seconds(60);
        let a = count(&metered, dollars(&metered, "a", "0.02")).await;
        assert_eq!(a["amount"], "1.84");
        assert_eq!(a["cost"], json!({"amount": "0.02", "currency": "USD"}));
        assert_eq!(a["exchanged"], json!({"rate": "0.92", "cost": "0.0184"}));
        let between = now(&server);
        server.pass_seconds(60);
        let second = rate(finance, "USD", "0.95").await;
        server.pass_seconds(60);

        let c = count(&metered, dollars(&metered, "c", "0.02")).await;
        assert_eq!(
            (&c["amount"], &c["exchanged"]["cost"]),
            (&json!("1.9"), &json!("0.019"))
        );
        let b = count(&metered, at(dollars(&metered, "b", "0.02"), &between)).await;
        assert_eq!((&b["amount"], &b["is_late"]), (&json!("1.84"), &json!(false)));
        // Of a cycle that has ended, the rate of now; before the first rate there is none.
        let late = count(
            &metered,
            at(dollars(&metered, "late", "0.02"), "2020-01-01T00:00:00Z"),
        )
        .await;
        assert_eq!((&late["amount"], &late["is_late"]), (&json!("1.9"), &json!(true)));
        metered
            .platform
            .post("/usage-events", at(dollars(&metered, "d", "0.02"), &before))
            .await
            .refusal(ErrorCode::CurrencyMismatch);

        // A correction from the same instant wins for what is counted from now on; what was counted stays.
        let mended = json!({"currency": "USD", "rate": "0.93", "since": second["since"]});
        let mended = finance.post("/exchange-rates", mended).await.json(201);
        assert_eq!(mended["is_current"], true);
        assert_eq!(
            count(&metered, dollars(&metered, "e", "0.02")).await["amount"],
            "1.86"
        );
        let again = metered
            .platform
            .post("/usage-events", dollars(&metered, "c", "0.02"))
            .await
            .json(201);
        assert_eq!(
            (&again["amount"], &again["is_replay"]),
            (&json!("1.9"), &json!(true))
        );
        assert_eq!(again["exchanged"], c["exchanged"]);

        // One of the future waits for its instant.
        let soon = server.app.store.now().plus_seconds(300).to_string();
        let soon = json!({"currency": "USD", "rate": "2", "since": soon});
        assert_eq!(
            finance.post("/exchange-rates", soon).await.json(201)["is_current"],
            false
        );
        assert_eq!(
            count(&metered, dollars(&metered, "f", "0.02")).await["amount"],
            "1.86"
        );
        server.pass_seconds(301);
        assert_eq!(
            count(&metered, dollars(&metered, "g", "0.02")).await["amount"],
            "4"
        );

        let mut yen = dollars(&metered, "j", "1");
        yen["cost"]["currency"] = json!("JPY");
        let batch = json!([metered.cost("k", "0.02"), yen, dollars(&metered, "l", "0.02")]);
        let results = metered.platform.post("/usage-events", batch).await.json(200);
        let results = results["results"].as_array().unwrap().clone();
        assert_eq!(
            (&results[0]["event"]["amount"], &results[2]["event"]["amount"]),
            (&json!("2"), &json!("4"))
        );
        assert_eq!(results[0]["event"].get("exchanged"), None);
        assert_eq!(results[1]["problem"]["code"], "currency_mismatch");
        assert!(text(&results[1]["problem"], "detail").contains("JPY"));
        metered.assert_proven().await;
    });
}

#[test]
fn a_rate_is_of_another_currency_above_zero_and_bounded() {
    everywhere(async |server| {
        let world = World::new(&server).await;
        let post = async |body: Value| world.admin.post("/exchange-rates", body).await;
        for (value, code) in [
            ("0", ErrorCode::AmountOutOfRange),
            ("0.000000000", ErrorCode::AmountOutOfRange),
            ("-1", ErrorCode::AmountOutOfRange),
            ("1000000000.000000001", ErrorCode::AmountOutOfRange),
            ("99999999999999999999999", ErrorCode::AmountOutOfRange),
            ("0.123456789012", ErrorCode::TooManyDecimals),
            ("1e5", ErrorCode::InvalidFields),
            ("", ErrorCode::InvalidFields),
        ] {
            let reply = post(json!({"currency": "USD", "rate": value})).await;
            let problem: Value = serde_json::from_str(&reply.body).unwrap();
            assert_eq!(reply.status, 422, "{value}: {}", reply.body);
            assert_eq!(
                problem["fields"][0]["pointer"], "/rate",
                "{value}: {}",
                reply.body
            );
            assert_eq!(
                problem["fields"][0]["code"],
                serde_json::to_value(code).unwrap(),
                "{value}"
            );
        }
        let far = server.app.store.now().plus_seconds(367 * 86_400).to_string();
        for (body, pointer) in [
            (json!({"currency": "EUR", "rate": "1"}), "/currency"),
            (json!({"currency": "usd", "rate": "1"}), "/currency"),
            (json!({"currency": "USD", "rate": "1", "since": far}), "/since"),
        ] {
            let problem = post(body).await.refusal(ErrorCode::InvalidFields);
            assert_eq!(problem.fields[0].pointer, pointer);
        }
        assert_eq!(
            world.admin.get("/exchange-rates").await.json(200)["items"],
            json!([])
        );

        // What an organisation records is its own, newest first, page by page.
        for value in ["0.9", "0.91", "0.92"] {
            rate(&world.finance, "USD", value).await;
        }
        rate(&world.admin, "JPY", "0.0061").await;
        let page = world
            .auditor
            .get("/exchange-rates?currency=USD&limit=2")
            .await
            .json(200);
        let rates = |page: &Value| -> Vec<String> {
            let items = page["items"].as_array().unwrap().iter();
            items.map(|item| text(item, "rate").to_owned()).collect()
        };
        assert_eq!(rates(&page), ["0.92", "0.91"]);
        let next = text(&page, "next_cursor");
        let rest = format!("/exchange-rates?currency=USD&limit=2&cursor={next}");
        assert_eq!(rates(&world.auditor.get(&rest).await.json(200)), ["0.9"]);
        let current = world.admin.get("/exchange-rates?is_current=true").await.json(200);
        assert_eq!(rates(&current), ["0.0061", "0.92"]);
        let past = world
            .admin
            .get("/exchange-rates?is_current=false")
            .await
            .json(200);
        assert_eq!(rates(&past), ["0.91", "0.9"]);
        let theirs = world.other_org.get("/exchange-rates").await.json(200);
        assert_eq!(theirs["items"], json!([]));
    });
}

#[test]
fn what_does_not_fit_is_refused_and_what_is_off_still_costs() {
    everywhere(async |server| {
        let metered = Metered::new(&server, "track", "10").await;
        rate(&metered.world.admin, "USD", "1000000000").await;
        let post = async |id: &str, cost: &str| {
            metered
                .platform
                .post("/usage-events", dollars(&metered, id, cost))
                .await
        };
        post("huge", "9000000000")
            .await
            .refusal(ErrorCode::AmountOutOfRange);
        metered
            .settings(json!({"rate_side": "factor", "rate": "0"}))
            .await;
        post("huge", "9000000000")
            .await
            .refusal(ErrorCode::AmountOutOfRange);
        let view = post("fits", "9.223372036").await.json(201);
        assert_eq!(
            (&view["amount"], &view["exchanged"]["cost"]),
            (&json!("0"), &json!("9223372036"))
        );
        metered.assert_proven().await;
    });
}

#[test]
fn holds_and_charges_take_foreign_costs_too() {
    everywhere(async |server| {
        let tracked = Tracked::new(&server, "block").await;
        let (metered, admin) = (&tracked.metered, tracked.admin());
        rate(admin, "USD", "0.92").await;
        let hold = json!({
            "source": "gateway", "id": "1", "email": metered.world.member.email,
            "estimated_cost": {"amount": "0.05", "currency": "USD"},
        });
        let hold = metered.platform.post("/holds", hold).await.json(201);
        assert_eq!(
            (&hold["amount"], &hold["exchanged"]["cost"]),
            (&json!("4.6"), &json!("0.046"))
        );
        let plain =
            json!({"source": "gateway", "id": "2", "email": metered.world.member.email, "amount": "5"});
        let plain = metered.platform.post("/holds", plain).await.json(201);
        rate(admin, "USD", "0.5").await;

        // A hold made from a cost is consumed at the rates it was made by, another one at those of its capture.
        let cost = json!({"cost": {"amount": "0.02", "currency": "USD"}});
        let capture = |hold: &Value| format!("/holds/{}/capture", text(hold, "hold_id"));
        let captured = metered
            .platform
            .post(&capture(&hold), cost.clone())
            .await
            .json(200);
        assert_eq!(captured["captured"], "1.84");
        let captured = metered
            .platform
            .post(&capture(&plain), cost.clone())
            .await
            .json(200);
        assert_eq!(captured["captured"], "1");
        rate(admin, "USD", "0.7").await;
        let again = metered.platform.post(&capture(&plain), cost).await.json(200);
        assert_eq!(again["captured"], "1");

        let charge = json!({
            "person_id": metered.world.member.id, "note": "Course", "cost": {"amount": "1", "currency": "USD"},
        });
        let charges = format!("{}/charges", tracked.base);
        let charge = admin.post(&charges, charge).await.json(201);
        assert_eq!(
            (&charge["amount"], &charge["exchanged"]["rate"]),
            (&json!("70"), &json!("0.7"))
        );
        let yen = json!({
            "person_id": metered.world.member.id, "note": "Course", "cost": {"amount": "1", "currency": "JPY"},
        });
        admin
            .post(&charges, yen)
            .await
            .refusal(ErrorCode::CurrencyMismatch);

        // Costs are in the organisation's currency; each event says what was reported.
        for _ in 0..2 {
            assert_eq!(tracked.costs("").await["total"]["cost"], "0.7284");
            tracked.assert_adds_up("", "foreign").await;
            tracked.roll_up().await;
        }
        let path = format!("{}/costs/events", tracked.base);
        let events = admin.get(&path).await.json(200);
        let events = events["items"].as_array().unwrap();
        let shown: Vec<(&str, &str)> = events
            .iter()
            .map(|event| (text(event, "cost"), text(&event["reported"], "amount")))
            .collect();
        assert_eq!(shown, [("0.7", "1"), ("0.01", "0.02"), ("0.0184", "0.02")]);
        assert!(events.iter().all(|event| event["reported"]["currency"] == "USD"));
        let reverse = format!("/charges/{}/reverse", text(&charge, "id"));
        admin.post(&reverse, json!({"note": "Twice"})).await.json(200);
        assert_eq!(tracked.costs("").await["total"]["cost"], "0.0284");
        metered.assert_proven().await;
    });
}

/// Half to even, by other means than the server's: of a product in 10⁻¹⁸ to nano-units.
fn halved(product: i128) -> i128 {
    let (whole, rest) = (product / 1_000_000_000, product % 1_000_000_000);
    let up = rest > 500_000_000 || (rest == 500_000_000 && whole % 2 == 1);
    whole + i128::from(up)
}

#[test]
fn totals_are_right_to_the_last_digit_wherever_the_mark_stands() {
    everywhere(async |server| {
        let tracked = Tracked::new(&server, "track").await;
        let mut expected: i128 = 0;
        for (step, exchange) in [920_456_789_i128, 500_000_000, 1, 1_083_333_337]
            .into_iter()
            .enumerate()
        {
            let value = format!("0.{exchange:09}").replace("0.1083333337", "1.083333337");
            rate(tracked.admin(), "USD", &value).await;
            if step == 2 {
                let off = json!({"rate_side": "factor", "rate": "0"});
                tracked.metered.settings(off).await;
            }
            for number in 0..6_i128 {
                let nanos = 7_654_321 * number + 1;
                let cost = format!("0.{nanos:09}");
                expected += halved(nanos * exchange);
                tracked
                    .count(dollars(&tracked.metered, &format!("{step} {number}"), &cost))
                    .await;
            }
            expected += 3;
            let own = tracked.metered.cost(&format!("own {step}"), "0.000000003");
            tracked.count(own).await;
            let total = tracked.costs("").await["total"]["cost"].clone();
            assert_eq!(total, format!("0.{expected:09}").trim_end_matches('0'), "{step}");
            tracked.roll_up().await;
        }
        tracked.assert_adds_up("", "dollars and euros").await;
        tracked.metered.assert_proven().await;
    });
}

#[test]
fn a_gateway_that_reports_dollars_is_understood_and_usage_of_strangers_waits_in_euros() {
    everywhere(async |server| {
        let metered = Metered::new(&server, "track", "1000").await;
        let admin = &metered.world.admin;
        let log = |id: &str, who: &str| {
            format!(
                r#"[{{"id":"{id}","call_type":"acompletion","model":"gpt-4o","custom_llm_provider":"openai",
                    "response_cost":0.0187225,"end_user":"{who}"}}]"#
            )
        };
        let send = async |log: String| {
            let body = Some(("application/json", log.into_bytes()));
            let reply = metered
                .platform
                .send("POST", "/api/v1/usage-events/litellm", &[], body)
                .await;
            reply.json(200)["results"][0].clone()
        };
        let email = metered.world.member.email.clone();
        assert_eq!(
            send(log("1", &email)).await["problem"]["code"],
            "currency_mismatch"
        );
        rate(admin, "USD", "0.92").await;
        let event = send(log("1", &email)).await["event"].clone();
        assert_eq!(
            (&event["amount"], &event["exchanged"]["cost"]),
            (&json!("1.72247"), &json!("0.0172247"))
        );

        let settings = admin.get("/usage-settings").await.json(200);
        let keep = json!({"unknown_people": "keep"});
        admin
            .edit("PUT", "/usage-settings", text(&settings, "etag"), keep)
            .await
            .expect_status(200);
        let stranger = format!("stranger-{}@example.com", metered.world.member.id);
        assert!(send(log("2", &stranger)).await["kept"].is_object());
        let unmatched = admin.get("/unmatched-usage").await.json(200);
        assert_eq!(
            unmatched["items"][0]["cost"],
            json!({"amount": "0.0172247", "currency": "EUR"})
        );
        let matched = json!({"matches": [
            {"kind": "email", "name": stranger, "person_id": metered.world.member.id},
        ]});
        admin.post("/unmatched-usage/match", matched).await.json(200);
        assert_eq!(metered.figures().await[0], "3.44494");
        let again = send(log("2", &stranger)).await["event"].clone();
        assert_eq!(again["exchanged"]["cost"], "0.0172247");
        metered.assert_proven().await;
    });
}
