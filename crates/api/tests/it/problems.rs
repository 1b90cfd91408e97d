//! Every failure is a problem document with the request's id; limits hold before anything is done.

use allowance_api_types::problem::ErrorCode;
use serde_json::json;

use crate::support::{Client, World, everywhere, organisation};

#[test]
fn the_routers_answers_are_problems_too() {
    everywhere(async |server| {
        let anonymous = Client::anonymous(&server);
        anonymous.get("/nothing/here").await.refusal(ErrorCode::NotFound);
        anonymous
            .send("GET", "/api", &[], None)
            .await
            .refusal(ErrorCode::NotFound);
        let put = anonymous.write("PUT", "/setup", &[], json!({})).await;
        put.refusal(ErrorCode::MethodNotAllowed);
        assert_eq!(put.header("allow"), Some("GET, POST"));
        let delete = anonymous.send("DELETE", "/healthz", &[], None).await;
        delete.refusal(ErrorCode::MethodNotAllowed);
        assert_eq!(delete.header("allow"), Some("GET"));
    });
}

#[test]
fn unreadable_bodies_say_what_is_wrong() {
    everywhere(async |server| {
        let anonymous = Client::anonymous(&server);
        let path = "/api/v1/session";
        let send = |content_type: &'static str, bytes: Vec<u8>| {
            let anonymous = anonymous.clone();
            async move {
                anonymous
                    .send("POST", path, &[], Some((content_type, bytes)))
                    .await
            }
        };
        let json = "application/json";
        send(json, b"{\"email\": ".to_vec())
            .await
            .refusal(ErrorCode::UnreadableBody);
        send(json, b"\xff\xfe{".to_vec())
            .await
            .refusal(ErrorCode::UnreadableBody);
        send(json, vec![]).await.refusal(ErrorCode::UnreadableBody);
        let deep = [vec![b'['; 200], vec![b']'; 200]].concat();
        send(json, deep).await.refusal(ErrorCode::UnreadableBody);
        send("text/plain", b"{}".to_vec())
            .await
            .refusal(ErrorCode::UnsupportedMediaType);
        send(json, vec![b' '; 1024 * 1024 + 1])
            .await
            .refusal(ErrorCode::TooLarge);
        for wrong in [
            json!([]),
            json!("x"),
            json!(null),
            json!({"email": 7, "password": "x"}),
        ] {
            send(json, wrong.to_string().into_bytes())
                .await
                .refusal(ErrorCode::InvalidFields);
        }
        let extra = json!({"email": "a@b.c", "password": "x", "role": "admin"});
        let problem = send(json, extra.to_string().into_bytes())
            .await
            .refusal(ErrorCode::InvalidFields);
        assert_eq!(problem.fields[0].pointer, "/role");
    });
}

#[test]
fn a_sane_request_id_is_echoed_and_any_other_replaced() {
    everywhere(async |server| {
        let anonymous = Client::anonymous(&server);
        let sent = |id: &'static str| {
            let anonymous = anonymous.clone();
            async move {
                let reply = anonymous
                    .send("GET", "/api/v1/me", &[("x-request-id", id)], None)
                    .await;
                reply.refusal(ErrorCode::Unauthenticated).request_id
            }
        };
        assert_eq!(sent("order-66_a.b").await, "order-66_a.b");
        for bad in ["a b", "ä", "x;y", ""] {
            assert_ne!(sent(bad).await, bad);
        }
    });
}

#[test]
fn the_guards_refusal_wins_over_a_wrong_body() {
    everywhere(async |server| {
        let anonymous = Client::anonymous(&server);
        let nobody = format!("/people/per_{}/invitation", "0".repeat(32));
        anonymous
            .post(&nobody, json!({"x": 1}))
            .await
            .refusal(ErrorCode::Unauthenticated);
        let admin = organisation(&server, "admin").await;
        admin.post(&nobody, json!({})).await.refusal(ErrorCode::NotFound);
        admin
            .post("/people/not-an-id/invitation", json!({}))
            .await
            .refusal(ErrorCode::NotFound);
    });
}

#[test]
fn every_answer_carries_the_security_headers() {
    everywhere(async |server| {
        let anonymous = Client::anonymous(&server);
        for path in [
            "/healthz",
            "/api/v1/setup",
            "/api/v1/me",
            "/api/v1/nothing",
            "/api/docs/",
        ] {
            let reply = anonymous.send("GET", path, &[], None).await;
            let policy = reply.header("content-security-policy").unwrap();
            assert!(
                policy.contains("frame-ancestors 'none'") && !policy.contains("unsafe-inline"),
                "{path}"
            );
            assert_eq!(reply.header("x-content-type-options"), Some("nosniff"), "{path}");
            if path.starts_with("/api/v1") {
                assert_eq!(reply.header("cache-control"), Some("no-store"), "{path}");
            }
        }
    });
}

#[test]
fn the_web_app_answers_pages_and_nothing_else() {
    everywhere(async |server| {
        let anonymous = Client::anonymous(&server);
        let html = [("accept", "text/html")];
        let page = anonymous.send("GET", "/finance/credits", &html, None).await;
        page.expect_status(200);
        assert!(page.header("content-type").unwrap().starts_with("text/html"));
        anonymous
            .send("GET", "/missing.js", &html, None)
            .await
            .refusal(ErrorCode::NotFound);
        anonymous
            .send("GET", "/finance/credits", &[("accept", "application/json")], None)
            .await
            .refusal(ErrorCode::NotFound);
        anonymous
            .send("POST", "/finance/credits", &html, None)
            .await
            .refusal(ErrorCode::MethodNotAllowed);
    });
}

#[test]
fn wrong_amounts_say_how_they_are_wrong() {
    everywhere(async |server| {
        let world = World::new(&server).await;
        let path = format!("/credit-types/{}/charges", world.credit_type);
        for (amount, code) in [
            ("0.0000001", ErrorCode::TooManyDecimals),
            ("1000000000001", ErrorCode::AmountOutOfRange),
            ("9223372036854.775808", ErrorCode::AmountOutOfRange),
            ("1e3", ErrorCode::InvalidFields),
            ("NaN", ErrorCode::InvalidFields),
            ("1,5", ErrorCode::InvalidFields),
        ] {
            let body = json!({"person_id": world.member.id, "amount": amount, "note": "n"});
            let problem = world
                .finance
                .post(&path, body)
                .await
                .refusal(ErrorCode::InvalidFields);
            let field = &problem.fields[0];
            assert_eq!(
                (field.pointer.as_str(), field.code),
                ("/amount", code),
                "{amount}"
            );
        }
        let without_key = json!({"person_id": world.member.id, "amount": "1", "note": "n"})
            .to_string()
            .into_bytes();
        let (path, body) = (format!("/api/v1{path}"), Some(("application/json", without_key)));
        let reply = world.finance.send("POST", &path, &[], body).await;
        reply.refusal(ErrorCode::IdempotencyKeyRequired);
    });
}
