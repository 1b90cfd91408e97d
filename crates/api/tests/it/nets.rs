//! Nets over the whole document: an operation that forgets a rule is a red test.

use std::collections::BTreeMap;

use allowance_api_types::problem::ErrorCode;
use allowance_domain::authz::{Action, Actor, Permission, Reach, Role, Verdict, may};
use allowance_values::{GroupId, OrganisationId, PersonId};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::{Client, Contract, Operation, Reply, World, everywhere};

const MATRIX: &str = include_str!("permission_matrix.txt");
const ACTORS: [&str; 8] = [
    "admin",
    "finance",
    "auditor",
    "manager",
    "owner",
    "member",
    "finance+owner",
    "auditor+owner",
];

/// The rows of the matrix by operation: the words of the actors, or `public`.
fn matrix() -> BTreeMap<&'static str, Vec<&'static str>> {
    let mut rows = BTreeMap::new();
    for line in MATRIX
        .lines()
        .filter(|line| !line.starts_with('#') && !line.trim().is_empty())
    {
        let mut words = line.split_whitespace();
        let first = words.next().unwrap();
        let rest: Vec<&str> = words.collect();
        if first == ACTORS[0] {
            assert_eq!(rest, ACTORS[1..], "the columns of the matrix");
        } else {
            assert!(
                rows.insert(first, rest).is_none(),
                "{first} stands twice in the matrix"
            );
        }
    }
    rows
}

/// Calls an operation on nothing, with a body that cannot be read: past the guard, nothing can happen.
async fn knock(client: &Client, operation: &Operation) -> Reply {
    let key = Uuid::now_v7().to_string();
    let headers = [("idempotency-key", key.as_str()), ("if-match", "\"nothing\"")];
    let body = operation
        .takes_body()
        .then(|| ("application/json", b"{".to_vec()));
    client
        .send(&operation.method, &operation.path_to_nothing(), &headers, body)
        .await
}

#[test]
fn every_operation_has_a_row_in_the_matrix_and_no_row_is_left_over() {
    let rows: Vec<_> = matrix().into_keys().map(str::to_owned).collect();
    let mut operations: Vec<_> = Contract::get()
        .operations
        .iter()
        .map(|operation| operation.id.clone())
        .collect();
    operations.sort();
    assert_eq!(
        operations, rows,
        "operations of the document (left) and rows of permission_matrix.txt (right)"
    );
}

#[test]
fn without_an_identity_only_public_operations_answer() {
    everywhere(async |server| {
        let (anonymous, matrix) = (Client::anonymous(&server), matrix());
        for operation in &Contract::get().operations {
            let is_public = matrix[operation.id.as_str()] == ["public"];
            assert_eq!(operation.is_public(), is_public, "{}", operation.id);
            let reply = knock(&anonymous, operation).await;
            // A refresh without its cookie is unauthenticated too, though anybody may try.
            if is_public && operation.id != "refresh_session" {
                assert_ne!(reply.status, 401, "{}", operation.id);
            } else {
                reply.refusal(ErrorCode::Unauthenticated);
            }
        }
    });
}

#[test]
fn every_actor_may_what_the_matrix_says_and_nothing_else() {
    everywhere(async |server| {
        let (world, matrix) = (World::new(&server).await, matrix());
        let (finance_owner, _) = world.owner_in_role(&server, "finance_owner", "finance").await;
        let (auditor_owner, _) = world.owner_in_role(&server, "auditor_owner", "auditor").await;
        let actors = world.actors().into_iter().chain([&finance_owner, &auditor_owner]);
        let actors: Vec<&Client> = actors.collect();
        let mut guarded: Vec<_> = Contract::get()
            .operations
            .iter()
            .filter(|one| !one.is_public())
            .collect();
        // Signing out is the last thing an actor does.
        guarded.sort_by_key(|operation| operation.id.starts_with("sign_out"));
        for operation in guarded {
            if operation.id == "sign_out_everywhere" {
                // After signing out there is nobody left to ask; its own test does.
                continue;
            }
            for (actor, word) in actors.iter().zip(&matrix[operation.id.as_str()]) {
                let reply = knock(actor, operation).await;
                let what = format!(
                    "{} as {}: {} {}",
                    operation.id, actor.name, reply.status, reply.body
                );
                if *word == "-" {
                    assert_eq!(reply.status, 403, "{what}");
                } else {
                    assert!(!matches!(reply.status, 401 | 403 | 500..), "{what}");
                }
            }
        }
    });
}

#[test]
fn a_suspended_person_may_nothing() {
    everywhere(async |server| {
        let world = World::new(&server).await;
        let suspended = &world.finance;
        world
            .admin
            .post(&format!("/people/{}/suspend", suspended.id), json!({}))
            .await
            .expect_status(200);
        for operation in Contract::get().operations.iter().filter(|one| !one.is_public()) {
            knock(suspended, operation)
                .await
                .refusal(ErrorCode::Unauthenticated);
        }
    });
}

/// A credit request of the world's member.
async fn ask(world: &World) -> String {
    let path = format!("/credit-types/{}/credit-requests", world.credit_type);
    let body = json!({"amount": "5", "term": "this_cycle", "reason": "For the nets"});
    let request = world.member.post(&path, body).await.json(201);
    request["id"].as_str().unwrap().to_owned()
}

/// The path with the world's own ids in it; grants and charges have none yet.
fn path_in(world: &World, request: &str, operation: &Operation) -> Option<String> {
    let id = if operation.path.contains("/credit-requests/{id}") {
        request
    } else if operation.path.contains("/people/") {
        &world.member.id
    } else if operation.path.contains("/groups/{id}") {
        &world.owned_group
    } else if operation.path.contains("/credit-types/") {
        &world.credit_type
    } else {
        return None;
    };
    let path = operation
        .path
        .replace("{id}", id)
        .replace("{person_id}", &world.member.id);
    Some(path.replace("{group_id}", &world.owned_group))
}

#[test]
fn another_organisation_sees_nothing_and_its_lists_name_nobody_of_ours() {
    everywhere(async |server| {
        let world = World::new(&server).await;
        let request = ask(&world).await;
        let ours = [
            &world.admin.id,
            &world.member.id,
            &world.owned_group,
            &world.default_group,
            &world.credit_type,
        ];
        let reads = Contract::get()
            .operations
            .iter()
            .filter(|one| !one.is_write() && !one.is_public());
        let mut seen = 0;
        for operation in reads {
            let read = async |client: &Client, path: &str| {
                let example = operation.example(&Contract::get().document);
                let body =
                    (operation.takes_body()).then(|| ("application/json", example.to_string().into_bytes()));
                client.send(&operation.method, path, &[], body).await
            };
            let own = match path_in(&world, &request, operation) {
                Some(path) => {
                    read(&world.other_org, &path).await.refusal(ErrorCode::NotFound);
                    read(&world.admin, &path).await
                }
                None => {
                    let reply = read(&world.other_org, &operation.path).await;
                    reply.expect_status(200);
                    let stranger = ours.iter().find(|id| reply.body.contains(id.as_str()));
                    assert_eq!(stranger, None, "{} shows it", operation.id);
                    read(&world.admin, &operation.path).await
                }
            };
            own.expect_status(200);
            seen += 1;
        }
        assert!(seen > 10);
    });
}

/// Values that break careless code.
fn odd_values() -> Vec<Value> {
    let mut odd = vec![
        Value::Null,
        json!(true),
        json!(-1),
        json!(0.1),
        json!(u64::MAX),
        json!(i64::MIN),
        json!([]),
        json!({}),
        json!([null]),
    ];
    let texts = [
        "",
        " ",
        "\0",
        "a\0b",
        "\u{202e}\u{feff}",
        "مرحبا بالعالم",
        "'; DROP TABLE person; --",
        "9223372036854.775808",
        "1000000000000",
        "-0.000001",
        "1e400",
        "NaN",
        "9999-12-31T23:59:59Z",
        "0000-01-01",
        "per_ffffffffffffffffffffffffffffffff",
        "=cmd|' /C calc'!A0",
    ];
    odd.extend(texts.map(Value::from));
    odd.push(json!("x".repeat(100_000)));
    odd
}

/// The value with each field in turn replaced by an odd one, a level deep.
fn variations(example: &Value) -> Vec<Value> {
    let mut all = odd_values();
    let fields: Vec<String> = example
        .as_object()
        .into_iter()
        .flatten()
        .map(|(name, _)| name.clone())
        .collect();
    for field in fields {
        for odd in odd_values() {
            let mut body = example.clone();
            body[&field] = odd;
            all.push(body);
        }
        let mut without = example.clone();
        without.as_object_mut().unwrap().remove(&field);
        all.push(without);
    }
    all
}

#[test]
fn odd_bodies_are_refused_in_words_and_break_nothing() {
    everywhere(async |server| {
        let world = World::new(&server).await;
        let request = ask(&world).await;
        let contract = Contract::get();
        let mut sent = 0;
        for operation in contract
            .operations
            .iter()
            .filter(|one| one.takes_body() && !one.is_public())
        {
            let example = operation.example(&contract.document);
            if example.is_null() {
                continue;
            }
            let path = path_in(&world, &request, operation).unwrap_or_else(|| operation.path_to_nothing());
            for body in variations(&example) {
                let key = Uuid::now_v7().to_string();
                let headers = [("idempotency-key", key.as_str()), ("if-match", "\"1\"")];
                let bytes = body.to_string().into_bytes();
                let reply = world
                    .admin
                    .send(
                        &operation.method,
                        &path,
                        &headers,
                        Some(("application/json", bytes)),
                    )
                    .await;
                let start: String = body.to_string().chars().take(300).collect();
                assert!(
                    reply.status < 500,
                    "{} with {start}: {}",
                    operation.id,
                    reply.body
                );
                sent += 1;
            }
        }
        assert!(sent > 1_000, "{sent}");
    });
}

#[test]
fn odd_parameters_are_refused_in_words_and_break_nothing() {
    everywhere(async |server| {
        let world = World::new(&server).await;
        let request = ask(&world).await;
        let contract = Contract::get();
        let odd = [
            "",
            "%00",
            "%F0%9F%92%B8",
            "-1",
            "0",
            "1001",
            "99999999999999999999",
            "%27%3B--",
            "x%25_y",
            "AAAA",
        ];
        let long = "x".repeat(3_000);
        for operation in contract
            .operations
            .iter()
            .filter(|one| !one.takes_body() && !one.is_public())
        {
            let parameters = &contract.document["paths"][&operation.path]["get"]["parameters"];
            let path = path_in(&world, &request, operation).unwrap_or_else(|| operation.path.clone());
            for parameter in parameters
                .as_array()
                .into_iter()
                .flatten()
                .filter(|one| one["in"] == "query")
            {
                let name = parameter["name"].as_str().unwrap();
                for value in odd.into_iter().chain([long.as_str()]) {
                    let reply = world
                        .admin
                        .send("GET", &format!("{path}?{name}={value}"), &[], None)
                        .await;
                    assert!(
                        reply.status < 500,
                        "{}?{name}={value}: {}",
                        operation.id,
                        reply.body
                    );
                    if value == "%00" || value.len() > 2_000 {
                        assert_eq!(reply.status, 422, "{}?{name}={value:.20}", operation.id);
                    }
                }
            }
            let unknown = world
                .admin
                .send("GET", &format!("{path}?nobody_knows=1"), &[], None)
                .await;
            if parameters
                .as_array()
                .into_iter()
                .flatten()
                .any(|one| one["in"] == "query")
            {
                unknown.refusal(ErrorCode::InvalidQuery);
            }
        }
    });
}

#[test]
fn the_matrix_tells_all_from_some() {
    let id = Uuid::from_u128(7);
    let actor = |role, is_manager, owned_groups| Actor {
        person: PersonId::new(id),
        organisation: OrganisationId::new(id),
        role,
        is_manager,
        owned_groups,
    };
    let actors = [
        actor(Role::Admin, false, vec![]),
        actor(Role::Finance, false, vec![]),
        actor(Role::Auditor, false, vec![]),
        actor(Role::Member, true, vec![]),
        actor(Role::Member, false, vec![GroupId::new(id)]),
        actor(Role::Member, false, vec![]),
        actor(Role::Finance, false, vec![GroupId::new(id)]),
        actor(Role::Auditor, false, vec![GroupId::new(id)]),
    ];
    let matrix = matrix();
    for action in Action::ALL
        .iter()
        .filter(|action| action.permission() != Permission::Public)
    {
        let words: Vec<_> = actors
            .iter()
            .map(|actor| match may(actor, *action) {
                Verdict::Refused | Verdict::Allowed(Reach::Nothing) => "-",
                Verdict::Allowed(Reach::Narrow) => "some",
                Verdict::Allowed(Reach::Everything)
                    if matches!(
                        action.permission(),
                        Permission::SignedIn | Permission::AskForCredits
                    ) =>
                {
                    "own"
                }
                Verdict::Allowed(Reach::Everything) => "all",
            })
            .collect();
        assert_eq!(words, matrix[action.name()], "{}", action.name());
    }
}

#[test]
fn every_operation_is_described_in_full() {
    let mut missing = Vec::new();
    for (path, item) in Contract::get().document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let mut expect = |is_there: bool, what: &str| {
                if !is_there {
                    missing.push(format!("{method} {path}: {what}"));
                }
            };
            for field in [
                "operationId",
                "summary",
                "description",
                "tags",
                "x-permission",
                "security",
            ] {
                expect(!operation[field].is_null(), field);
            }
            let responses = operation["responses"].as_object().unwrap();
            expect(
                responses.keys().any(|status| status.starts_with('2')),
                "a success",
            );
            expect(
                responses.contains_key("500") && responses.contains_key("503"),
                "500 and 503",
            );
            for parameter in operation["parameters"].as_array().into_iter().flatten() {
                let name = &parameter["name"];
                expect(
                    is_bounded(&parameter["schema"]),
                    &format!("bounds of parameter {name}"),
                );
                expect(
                    parameter["description"].is_string(),
                    &format!("a description of parameter {name}"),
                );
            }
        }
    }
    assert!(missing.is_empty(), "the document lacks {missing:#?}");
}

#[test]
fn every_example_is_one_its_schema_accepts() {
    let contract = Contract::get();
    let mut count = 0;
    for (path, item) in contract.document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let bodies = [&operation["requestBody"]].into_iter();
            let responses = operation["responses"].as_object().unwrap().values();
            for part in bodies.chain(responses) {
                let media = &part["content"]["application/json"];
                if !media.is_null() {
                    contract.validate(
                        &media["schema"],
                        &media["example"],
                        &format!("the example of {method} {path}"),
                    );
                    count += 1;
                }
            }
        }
    }
    assert!(count > 20);
}

#[test]
fn every_text_list_and_number_of_the_contract_is_bounded() {
    let mut unbounded = Vec::new();
    for (name, schema) in Contract::get().document["components"]["schemas"]
        .as_object()
        .unwrap()
    {
        find_unbounded(name, schema, &mut unbounded);
    }
    assert!(
        unbounded.is_empty(),
        "give these bounds in api-types: {unbounded:#?}"
    );
}

fn find_unbounded(what: &str, schema: &Value, unbounded: &mut Vec<String>) {
    if !is_bounded(schema) {
        unbounded.push(format!("{what}: {schema}"));
    }
    for (name, field) in schema["properties"].as_object().into_iter().flatten() {
        find_unbounded(&format!("{what}.{name}"), field, unbounded);
    }
    if !schema["items"].is_null() {
        find_unbounded(&format!("{what}[]"), &schema["items"], unbounded);
    }
    for part in ["oneOf", "allOf", "anyOf"] {
        for one in schema[part].as_array().into_iter().flatten() {
            find_unbounded(&format!("{what} ({part})"), one, unbounded);
        }
    }
}

fn is_bounded(schema: &Value) -> bool {
    let is = |word: &str| {
        schema["type"] == word
            || schema["type"]
                .as_array()
                .is_some_and(|types| types.iter().any(|one| one == word))
    };
    let has = |bound: &str| !schema[bound].is_null();
    (!is("string") || has("maxLength") || has("enum"))
        && (!is("array") || has("maxItems"))
        && (!(is("integer") || is("number")) || (has("minimum") && has("maximum")))
}
