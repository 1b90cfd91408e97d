//! The organisation's own settings.

use allowance_api_types::problem::ErrorCode;
use serde_json::{Value, json};

use crate::support::{PASSWORD, World, everywhere, somewhere_empty};

fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}

#[test]
fn everybody_reads_the_settings_and_the_admin_edits_what_was_read() {
    everywhere(async |server| {
        let world = World::new(&server).await;
        let seen = world.member.get("/organisation").await.json(200);
        assert_eq!(
            (&seen["currency"], &seen["undo_hours"]),
            (&json!("EUR"), &json!(24))
        );
        assert_eq!(seen["managers_decide_requests"], false);
        let etag = text(&seen["etag"]);
        let edit =
            async |etag: &str, body: Value| world.admin.edit("PATCH", "/organisation", etag, body).await;
        let change = json!({"name": "  شركة مثال  ", "managers_decide_requests": true, "undo_hours": 0});
        world
            .finance
            .edit("PATCH", "/organisation", etag, change.clone())
            .await
            .refusal(ErrorCode::Forbidden);
        let changed = edit(etag, change).await.json(200);
        assert_eq!(
            (&changed["name"], &changed["undo_hours"]),
            (&json!("شركة مثال"), &json!(0))
        );
        assert_eq!(changed["denial_needs_reason"], false, "what is absent stays");
        assert_eq!(world.auditor.get("/organisation").await.json(200), changed);

        edit(etag, json!({"undo_hours": 1}))
            .await
            .refusal(ErrorCode::PreconditionFailed);
        world
            .admin
            .write("PATCH", "/organisation", &[], json!({"undo_hours": 1}))
            .await
            .refusal(ErrorCode::PreconditionRequired);
        let etag = text(&changed["etag"]);
        for (body, pointer) in [
            (json!({"name": " "}), "/name"),
            (json!({"name": "x".repeat(201)}), "/name"),
            (json!({"time_zone": "Mars/Olympus"}), "/time_zone"),
            (json!({"undo_hours": 169}), "/undo_hours"),
        ] {
            let problem = edit(etag, body).await.refusal(ErrorCode::InvalidFields);
            assert_eq!(problem.fields[0].pointer, pointer);
        }
        let same = edit(etag, json!({"undo_hours": 0})).await.json(200);
        assert_eq!(same["etag"], changed["etag"], "what changes nothing is no edit");
    });
}

#[test]
fn a_new_time_zone_holds_from_the_next_cycle() {
    somewhere_empty(async |server| {
        let world = World::new(&server).await;
        let overview = format!("/credit-types/{}/overview", world.credit_type);
        let before = world.admin.get(&overview).await.json(200);
        let etag = world.admin.get("/organisation").await.json(200)["etag"].clone();
        let zone = json!({"time_zone": "Pacific/Kiritimati"});
        world
            .admin
            .edit("PATCH", "/organisation", text(&etag), zone)
            .await
            .expect_status(200);
        let after = world.admin.get(&overview).await.json(200);
        assert_eq!(
            after["cycle"], before["cycle"],
            "the open cycle ends when it was to end"
        );

        let ends_at = text(&before["cycle"]["ends_at"]).parse().unwrap();
        server.clock.as_ref().unwrap().set(ends_at);
        server.pass_seconds(3_600);
        let email = world.admin.email.parse().unwrap();
        let again = server
            .app
            .sign_in(&email, PASSWORD.to_owned(), "later", "r".to_owned())
            .await
            .unwrap();
        let admin = world.admin.with_token(&again.access_token);
        let next = admin.get(&overview).await.json(200);
        assert_eq!(next["cycle"]["starts_at"], before["cycle"]["ends_at"]);
        // Midnight on Kiritimati, fourteen hours ahead.
        assert!(
            text(&next["cycle"]["ends_at"]).ends_with("T10:00:00Z"),
            "{}",
            next["cycle"]
        );
    });
}
