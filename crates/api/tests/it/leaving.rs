//! Leaving: what is unspent returns, holds and requests end, nobody signs in any more; and coming back.

use allowance_api_types::people::{DepartureView, PersonStatus, PersonView};
use allowance_api_types::problem::ErrorCode;
use allowance_values::Credits;
use serde_json::{Value, json};

use crate::metering::Metered;
use crate::support::{Client, PASSWORD, Reply, World, everywhere};

async fn act(client: &Client, person: &str, verb: &str) -> Reply {
    let path = format!("/api/v1/people/{person}/{verb}");
    client.send("POST", &path, &[], None).await
}

async fn group_row(world: &World) -> Value {
    let path = format!("/credit-types/{}/groups", world.credit_type);
    let rows = world.admin.get(&path).await.json(200);
    let rows = rows["items"].as_array().unwrap();
    let own = rows.iter().find(|row| row["id"] == world.owned_group);
    own.unwrap().clone()
}

async fn open_holds(world: &World) -> usize {
    let holds = world.admin.get("/holds?state=open").await.json(200);
    holds["items"].as_array().unwrap().len()
}

fn whole(amount: &str) -> Credits {
    amount.parse().unwrap()
}

/// The member has 100 Monthly and 20 Extra, spent 30, and holds 15.
async fn busy_member(server: &crate::support::Server) -> Metered {
    let metered = Metered::new(server, "warn", "100").await;
    let world = &metered.world;
    let base = format!("/credit-types/{}", world.credit_type);
    let grants = format!("{base}/members/{}/grants", world.member.id);
    let grant = json!({"amount": "20", "reason": "A course"});
    world.admin.post(&grants, grant).await.expect_status(201);
    let charge = json!({"person_id": world.member.id, "amount": "30", "note": "Spent"});
    world
        .admin
        .post(&format!("{base}/charges"), charge)
        .await
        .expect_status(201);
    let hold = json!({"source": "gateway", "id": "h-1", "person_id": world.member.id, "amount": "15"});
    metered.platform.post("/holds", hold).await.expect_status(201);
    let ask = json!({"amount": "5", "term": "this_cycle", "reason": "More"});
    world
        .member
        .post(&format!("{base}/credit-requests"), ask)
        .await
        .expect_status(201);
    metered
}

#[test]
fn who_leaves_gives_back_what_is_unspent_and_is_out_at_once() {
    everywhere(async |server| {
        let metered = busy_member(&server).await;
        let world = &metered.world;
        let (id, before) = (world.member.id.as_str(), group_row(world).await);

        let planned: DepartureView = act(&world.admin, id, "leave?dry_run=true").await.expect(200);
        assert_eq!(planned.person.status, PersonStatus::Left);
        assert!(planned.is_dry_run);
        assert_eq!((planned.requests_withdrawn, planned.credits.len()), (1, 1));
        let credits = &planned.credits[0];
        assert_eq!(
            (
                credits.monthly,
                credits.returned,
                credits.lapsed,
                credits.holds_released
            ),
            (whole("100"), whole("90"), Credits::ZERO, 1)
        );
        // A look changes nothing.
        assert_eq!(
            (group_row(world).await, open_holds(world).await),
            (before.clone(), 1)
        );
        world.member.get("/me").await.expect_status(200);

        let done: DepartureView = act(&world.admin, id, "leave").await.expect(200);
        assert_eq!((done.credits, done.requests_withdrawn), (planned.credits, 1));
        assert_eq!(done.person.status, PersonStatus::Left);
        world.member.get("/me").await.refusal(ErrorCode::Unauthenticated);
        let sign_in = json!({"email": world.member.email, "password": PASSWORD});
        assert_eq!(
            world.anonymous.post("/session", sign_in.clone()).await.status,
            401
        );
        assert_eq!(open_holds(world).await, 0);
        let after = group_row(world).await;
        assert_eq!(
            (&after["used"], &after["distributed"]),
            (&json!("30"), &json!("30"))
        );
        let requests = format!("/credit-types/{}/credit-requests", world.credit_type);
        let requests = world.admin.get(&requests).await.json(200);
        assert_eq!(requests["items"][0]["status"], "withdrawn");

        // They are kept with what they spent, but nothing can be held or given.
        let row = metered.member().await;
        assert_eq!(
            (&row["monthly"], &row["used"], &row["remaining"]),
            (&json!("30"), &json!("30"), &json!("0"))
        );
        let hold = json!({"source": "gateway", "id": "h-2", "person_id": id, "amount": "1"});
        metered
            .platform
            .post("/holds", hold)
            .await
            .refusal(ErrorCode::PersonNotActive);
        act(&world.admin, id, "suspend")
            .await
            .refusal(ErrorCode::PersonNotActive);
        let books = world.admin.get("/books").await.json(200);
        assert_eq!(books["is_proven"], true, "{books}");

        // Whoever comes back starts with nothing.
        let back: PersonView = act(&world.admin, id, "reinstate").await.expect(200);
        assert_eq!(back.status, PersonStatus::Active);
        world.anonymous.post("/session", sign_in).await.expect_status(200);
        assert_eq!(metered.member().await["remaining"], "0");
        let hold = json!({"source": "gateway", "id": "h-3", "person_id": id, "amount": "1"});
        metered.platform.post("/holds", hold).await.expect_status(201);
    });
}

#[test]
fn leaving_twice_or_twice_at_once_is_leaving_once() {
    everywhere(async |server| {
        let metered = busy_member(&server).await;
        let world = &metered.world;
        let id = world.member.id.as_str();
        let (one, two) = tokio::join!(act(&world.admin, id, "leave"), act(&world.admin, id, "leave"));
        let views: [DepartureView; 2] = [one.expect(200), two.expect(200)];
        let returned: Vec<_> = views.iter().flat_map(|view| &view.credits).collect();
        assert_eq!(returned.len(), 1, "one of them let the person leave: {views:?}");
        let again: DepartureView = act(&world.admin, id, "leave").await.expect(200);
        assert_eq!((again.credits.len(), again.requests_withdrawn), (0, 0));
        let log = format!("/audit-entries?action=leave_person&target={id}");
        let log = world.admin.get(&log).await.json(200);
        assert_eq!(log["items"].as_array().unwrap().len(), 1);
        let books = world.admin.get("/books").await.json(200);
        assert_eq!(books["is_proven"], true, "{books}");
    });
}

#[test]
fn nobody_lets_themselves_leave_and_only_admins_let_others() {
    everywhere(async |server| {
        let world = World::new(&server).await;
        let id = world.member.id.as_str();
        act(&world.admin, &world.admin.id, "leave")
            .await
            .refusal(ErrorCode::OwnAffair);
        for client in [
            &world.finance,
            &world.auditor,
            &world.manager,
            &world.owner,
            &world.member,
        ] {
            act(client, id, "leave").await.refusal(ErrorCode::Forbidden);
        }
        act(&world.other_org, id, "leave")
            .await
            .refusal(ErrorCode::NotFound);
        act(&world.anonymous, id, "leave")
            .await
            .refusal(ErrorCode::Unauthenticated);
        act(&world.admin, id, "leave?dry_run=perhaps")
            .await
            .refusal(ErrorCode::InvalidQuery);
        world.member.get("/me").await.expect_status(200);
    });
}
