//! The first visit.

use allowance_api_types::problem::ErrorCode;
use serde_json::{Value, json};

use crate::support::{Client, Server, somewhere_empty};

fn body(token: &str) -> Value {
    json!({
        "token": token,
        "organisation_name": "Adventure Works",
        "time_zone": "Europe/Berlin",
        "currency": "EUR",
        "admin_email": "ann@example.org",
        "admin_name": "Ann Admin",
        "admin_password": "correct horse battery",
        "credit_type_name": "AI usage",
        "cadence": "calendar_month",
        "limit": "100000",
        "credit_factor": "100",
    })
}

async fn token(server: &Server) -> String {
    server
        .app
        .setup_token()
        .await
        .expect("the store")
        .expect("a token")
}

#[test]
fn the_first_visit_makes_an_organisation_once_and_signs_its_admin_in() {
    somewhere_empty(async |server| {
        let anonymous = Client::anonymous(&server);
        assert_eq!(
            anonymous.get("/setup").await.json(200),
            json!({"is_needed": true})
        );
        let token = token(&server).await;
        let session = anonymous.post("/setup", body(&token)).await.json(201);
        let admin = anonymous.with_token(session["access_token"].as_str().unwrap());
        let me = admin.get("/me").await.json(200);
        assert_eq!(
            (&me["role"], &me["email"], &me["organisation"]["name"]),
            (
                &json!("admin"),
                &json!("ann@example.org"),
                &json!("Adventure Works")
            )
        );
        assert_eq!(
            anonymous.get("/setup").await.json(200),
            json!({"is_needed": false})
        );
        anonymous
            .post("/setup", body(&token))
            .await
            .refusal(ErrorCode::AlreadySetUp);
        assert_eq!(server.app.setup_token().await.unwrap(), None);
        let again = json!({"email": "ANN@example.org", "password": "correct horse battery"});
        anonymous.post("/session", again).await.expect_status(200);
    });
}

#[test]
fn a_wrong_token_or_field_changes_nothing_and_keeps_the_token_good() {
    somewhere_empty(async |server| {
        let anonymous = Client::anonymous(&server);
        let good = token(&server).await;
        anonymous
            .post("/setup", body("wrong"))
            .await
            .refusal(ErrorCode::WrongToken);
        for (field, value) in [
            ("time_zone", json!("Europe/Atlantis")),
            ("admin_password", json!("password123")),
            ("admin_password", json!("short")),
            ("limit", json!("-1")),
            ("limit", json!("1.005")),
            ("limit", json!("1e3")),
            ("credit_factor", json!("-1")),
            ("credit_factor", json!("0.0000000001")),
            ("currency", json!("euro")),
            ("admin_email", json!("nobody")),
            ("organisation_name", json!("  ")),
            ("organisation_name", json!("a\u{0}b")),
            ("organisation_name", json!("x".repeat(201))),
            ("cadence", json!("fortnight")),
            ("role", json!("owner")),
        ] {
            let mut wrong = body(&good);
            wrong[field] = value.clone();
            let problem = anonymous
                .post("/setup", wrong)
                .await
                .refusal(ErrorCode::InvalidFields);
            assert_eq!(problem.fields[0].pointer, format!("/{field}"), "{value}");
        }
        assert_eq!(
            anonymous.get("/setup").await.json(200),
            json!({"is_needed": true})
        );
        anonymous.post("/setup", body(&good)).await.expect_status(201);
    });
}

#[test]
fn of_many_first_visits_at_once_one_succeeds() {
    somewhere_empty(async |server| {
        let token = token(&server).await;
        let visits = (0..8).map(|_| {
            let (client, body) = (Client::anonymous(&server), body(&token));
            tokio::spawn(async move { client.post("/setup", body).await.status })
        });
        let mut answers = Vec::new();
        for visit in visits.collect::<Vec<_>>() {
            answers.push(visit.await.unwrap());
        }
        assert_eq!(
            answers.iter().filter(|status| **status == 201).count(),
            1,
            "{answers:?}"
        );
        assert_eq!(server.app.store.list_organisations().await.unwrap().len(), 1);
    });
}
