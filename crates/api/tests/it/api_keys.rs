//! Platforms' keys: shown once, scoped, dead at once when revoked.

use std::collections::BTreeMap;

use allowance_api_types::problem::ErrorCode;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::{Client, Contract, World, everywhere, organisation, somewhere_empty};

/// What a key may call, by operation.
fn matrix() -> BTreeMap<&'static str, &'static str> {
    include_str!("key_matrix.txt")
        .lines()
        .filter(|line| !line.starts_with('#') && !line.trim().is_empty())
        .map(|line| line.split_once(char::is_whitespace).unwrap())
        .map(|(operation, scope)| (operation, scope.trim()))
        .collect()
}

/// A key with these scopes; a client that uses it.
pub async fn key(admin: &Client, scopes: &[&str]) -> (String, Client) {
    let body = json!({"name": "Gateway", "scopes": scopes});
    let made = admin.post("/api-keys", body).await.json(201);
    let id = made["api_key"]["id"].as_str().unwrap().to_owned();
    (id, admin.with_token(made["secret"].as_str().unwrap()))
}

#[test]
fn a_key_may_what_its_scope_says_and_nothing_else() {
    everywhere(async |server| {
        let world = World::new(&server).await;
        let matrix = matrix();
        for scope in ["usage:write", "holds:write", "read"] {
            let (_, client) = key(&world.admin, &[scope]).await;
            for operation in Contract::get().operations.iter().filter(|one| !one.is_public()) {
                let body = operation.is_write().then(|| ("application/json", b"{".to_vec()));
                let reply = client
                    .send(&operation.method, &operation.path_to_nothing(), &[], body)
                    .await;
                let what = format!("{} with {scope}: {} {}", operation.id, reply.status, reply.body);
                if matrix.get(operation.id.as_str()) == Some(&scope) {
                    assert!(!matches!(reply.status, 401 | 403 | 500..), "{what}");
                } else {
                    assert_eq!(reply.status, 403, "{what}");
                }
            }
        }
        let known: Vec<&str> = Contract::get()
            .operations
            .iter()
            .map(|one| one.id.as_str())
            .collect();
        for operation in matrix.keys() {
            assert!(
                known.contains(operation),
                "{operation} is in the matrix and not in the document"
            );
        }
    });
}

#[test]
fn a_key_is_shown_once_and_recognised_by_its_end() {
    everywhere(async |server| {
        let admin = organisation(&server, "admin").await;
        let body = json!({"name": "  Gateway ", "scopes": ["read", "usage:write"]});
        let made = admin.post("/api-keys", body.clone()).await.json(201);
        let secret = made["secret"].as_str().unwrap();
        assert!(secret.starts_with("alw_"), "{secret}");
        assert!(secret.ends_with(made["api_key"]["hint"].as_str().unwrap()));
        assert_eq!(made["api_key"]["scopes"], json!(["usage:write", "read"]));

        // Also under an Idempotency-Key no answer is kept: it would keep the secret.
        let headers = [("idempotency-key", "same")];
        let first = admin
            .write("POST", "/api-keys", &headers, body.clone())
            .await
            .json(201);
        let second = admin.write("POST", "/api-keys", &headers, body).await.json(201);
        assert_ne!(first["secret"], second["secret"]);

        let page = admin.get("/api-keys").await;
        assert!(!page.body.contains(secret), "a list shows a secret");
        let page = page.json(200);
        assert_eq!(page["items"].as_array().unwrap().len(), 3);
        assert_eq!(page["items"][2]["id"], made["api_key"]["id"]);
        assert_eq!(page["items"][2]["last_used_at"], Value::Null);
        let first = admin.get("/api-keys?limit=2").await.json(200);
        let cursor = first["next_cursor"].as_str().unwrap();
        let rest = admin
            .get(&format!("/api-keys?limit=2&cursor={cursor}"))
            .await
            .json(200);
        assert_eq!(rest["items"], json!([page["items"][2]]));

        let log = admin.get("/audit-entries?action=create_api_key").await;
        assert!(!log.body.contains(secret), "the audit log shows a secret");
        assert_eq!(log.json(200)["items"].as_array().unwrap().len(), 3);

        admin.with_token(secret).get("/holds").await.expect_status(200);
    });
}

#[test]
fn a_key_that_was_revoked_is_dead_at_once_for_reads_and_postings() {
    everywhere(async |server| {
        let world = World::new(&server).await;
        let (id, client) = key(&world.admin, &["usage:write", "read"]).await;
        let event = |id: &str| json!({"source": "s", "id": id, "person_id": world.member.id, "amount": "1"});
        client.post("/usage-events", event("1")).await.json(201);
        client.get("/holds").await.expect_status(200);
        let keys = world.admin.get("/api-keys").await.json(200);
        assert!(keys["items"][0]["last_used_at"].is_string(), "{keys}");

        let path = format!("/api-keys/{id}/revoke");
        world
            .other_org
            .post(&path, json!({}))
            .await
            .refusal(ErrorCode::NotFound);
        let revoked = world
            .admin
            .send("POST", &format!("/api/v1{path}"), &[], None)
            .await
            .json(200);
        assert_eq!(revoked["is_active"], false);
        client
            .post("/usage-events", event("2"))
            .await
            .refusal(ErrorCode::Unauthenticated);
        client.get("/holds").await.refusal(ErrorCode::Unauthenticated);
        // Not even what was counted before is answered any more.
        client
            .post("/usage-events", event("1"))
            .await
            .refusal(ErrorCode::Unauthenticated);
        let again = world
            .admin
            .send("POST", &format!("/api/v1{path}"), &[], None)
            .await
            .json(200);
        assert_eq!(
            again["revoked_at"], revoked["revoked_at"],
            "the first time counts"
        );

        // A change of somebody's role raises the epoch too; keys that stand go on.
        let (_, other) = key(&world.admin, &["usage:write"]).await;
        other.post("/usage-events", event("3")).await.json(201);
        let role = format!("/people/{}/role", world.finance.id);
        world
            .admin
            .write("PUT", &role, &[], json!({"role": "member"}))
            .await
            .json(200);
        other.post("/usage-events", event("4")).await.json(201);
    });
}

#[test]
fn a_key_ends_by_itself() {
    somewhere_empty(async |server| {
        let admin = organisation(&server, "admin").await;
        let body = |expires_at: String| json!({"name": "Pilot", "scopes": ["usage:write"], "expires_at": expires_at});
        let now = server.app.store.now();
        admin
            .post("/api-keys", body(now.to_string()))
            .await
            .refusal(ErrorCode::InvalidFields);
        let made = admin
            .post("/api-keys", body(now.plus_seconds(60).to_string()))
            .await
            .json(201);
        let client = admin.with_token(made["secret"].as_str().unwrap());
        let event = |id: &str| json!({"source": "s", "id": id, "person_id": admin.id, "amount": "1"});
        client.post("/usage-events", event("1")).await.json(201);
        server.pass_seconds(60);
        client
            .post("/usage-events", event("2"))
            .await
            .refusal(ErrorCode::Unauthenticated);
        let keys = admin.get("/api-keys").await.json(200);
        assert_eq!(keys["items"][0]["is_active"], false);
    });
}

#[test]
fn what_is_no_key_is_nobody() {
    everywhere(async |server| {
        let admin = organisation(&server, "admin").await;
        let (_, good) = key(&admin, &["read"]).await;
        let secret = good.token.clone().unwrap();
        let mut changed = secret.clone().into_bytes();
        let middle = changed.len() - 10;
        changed[middle] = if changed[middle] == b'A' { b'B' } else { b'A' };
        let wrong = [
            "alw_".to_owned(),
            format!("alw_{}", "A".repeat(86)),
            String::from_utf8(changed).unwrap(),
            secret.replace("alw_", "ALW_"),
            format!("{secret}{}", Uuid::now_v7().simple()),
        ];
        for token in wrong {
            admin
                .with_token(&token)
                .get("/holds")
                .await
                .refusal(ErrorCode::Unauthenticated);
        }
        for body in [
            json!({"name": "", "scopes": ["read"]}),
            json!({"name": "x", "scopes": []}),
            json!({"name": "x", "scopes": ["read", "read"]}),
            json!({"name": "x", "scopes": ["admin"]}),
            json!({"name": "x", "scopes": ["read"], "role": "admin"}),
            json!({"name": "x".repeat(201), "scopes": ["read"]}),
        ] {
            admin
                .post("/api-keys", body)
                .await
                .refusal(ErrorCode::InvalidFields);
        }
    });
}
