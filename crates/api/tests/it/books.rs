//! The books over HTTP: the background proof is answered beside that of now, and the audit log is exported whole.

use allowance_api_types::problem::ErrorCode;
use serde_json::json;

use crate::support::{World, everywhere, somewhere_empty};

#[test]
fn the_last_background_proof_is_answered_beside_that_of_now() {
    somewhere_empty(async |server| {
        let world = World::new(&server).await;
        let books = world.admin.get("/books").await.json(200);
        assert!(books["last_proof"].is_null(), "{books}");
        assert_eq!(
            server.app.prove_due_books().await.unwrap(),
            2,
            "both organisations"
        );
        let charge = json!({"person_id": world.member.id, "amount": "3", "note": "a model"});
        let path = format!("/credit-types/{}/charges", world.credit_type);
        world.admin.post(&path, charge).await.json(201);
        let books = world.auditor.get("/books").await.json(200);
        assert_eq!(books["is_proven"], true, "{books}");
        let last = &books["last_proof"];
        assert_eq!(
            (&last["is_proven"], &last["finding"]),
            (&json!(true), &json!(null))
        );
        assert!(last["as_of"].as_u64() < books["as_of"].as_u64(), "{books}");
        let broken = "UPDATE member_cycle SET used = used + 1 WHERE used > 0";
        allowance_store::testing::execute(&server.app.store, broken)
            .await
            .unwrap();
        server.pass_seconds(70);
        server.app.prove_due_books().await.unwrap();
        let last = server
            .app
            .store
            .last_proof(server.app.store.list_organisations().await.unwrap()[0].0);
        let finding = last.await.unwrap().unwrap().finding.unwrap();
        assert!(finding.0.contains("remaining of member"), "{finding:?}");
    });
}

#[test]
fn the_audit_log_is_exported_whole_as_it_is_filtered_and_runs_no_formula() {
    everywhere(async |server| {
        let world = World::new(&server).await;
        let name = json!({"name": "=1+1", "owner_id": world.owner.id});
        world.admin.post("/groups", name).await.json(201);
        let csv = async |client: &crate::support::Client, query: &str| {
            let path = format!("/api/v1/audit-entries{query}");
            client.send("GET", &path, &[("accept", "text/csv")], None).await
        };
        let all = csv(&world.auditor, "?limit=1").await;
        all.expect_status(200);
        let page = world.auditor.get("/audit-entries?limit=1000").await.json(200);
        let listed = page["items"].as_array().expect("items").len();
        assert_eq!(
            all.body.matches("\r\n").count(),
            listed + 1,
            "a header and every line"
        );
        assert!(
            all.body
                .starts_with("id,at,actor,action,target,before,after,request_id\r\n")
        );
        let groups = csv(&world.admin, "?action=create_group").await;
        assert_eq!(groups.body.matches("\r\n").count(), 3, "{}", groups.body);
        assert!(groups.body.contains(",create_group,"), "{}", groups.body);
        csv(&world.finance, "").await.refusal(ErrorCode::Forbidden);
        csv(&world.anonymous, "")
            .await
            .refusal(ErrorCode::Unauthenticated);
        let theirs = csv(&world.other_org, "?action=create_group").await;
        assert_eq!(theirs.body.matches("\r\n").count(), 1, "{}", theirs.body);
    });
}
