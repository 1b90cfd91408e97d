//! The API document: collected from the handlers, then completed from the machine's own knowledge.
//!
//! A handler writes its summary, parameters, body and success. What follows from rules is added here, for all alike:
//! permission and security from the table in `domain::authz`, the optional `Idempotency-Key` of writes, and the problems
//! that an operation of its shape can answer. An operation that is not in the table makes [`Document::build`] fail.

mod examples;

use std::sync::Arc;

use actix_web::{App, HttpRequest};
use allowance_domain::authz::{Action, Permission, scope_of};
use serde_json::{Map, Value, json};
use utoipa::OpenApi;
use utoipa_actix_web::AppExt;

use crate::http::bounds::Bounds;
use crate::http::extract::data;
use crate::http::problem::{Failure, PROBLEM_JSON};

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Allowance",
        description = "Credits and learning budget for an organisation's people, on books that prove themselves.",
        license(name = "Apache-2.0", identifier = "Apache-2.0")
    ),
    servers((url = "/", description = "This server")),
    components(schemas(allowance_api_types::Problem)),
    tags(
        (name = "setup", description = "The first visit."),
        (name = "session", description = "Signing in, and who am I."),
        (name = "people", description = "People, their import and their invitations."),
        (name = "groups", description = "Groups people belong to for allocation."),
        (name = "credit_types", description = "Kinds of credit, their cycles and the overview."),
        (name = "allocations", description = "The grid: groups, members, grants, and what is behind a figure."),
        (name = "credit_requests", description = "Asking for credits, and deciding about it."),
        (name = "organisation", description = "The organisation's own settings."),
        (name = "api_keys", description = "Keys by which platforms report usage and place holds."),
        (name = "exchange_rates", description = "What other currencies are worth in the organisation's."),
        (name = "metering", description = "Usage events and holds of platforms."),
        (name = "charges", description = "Spends booked by hand."),
        (name = "books", description = "The ledger and the audit log."),
        (name = "live", description = "Changes, as they happen."),
        (name = "health", description = "Whether the server lives and is ready.")
    )
)]
struct Skeleton;

/// The part of the document that no operation gives.
#[must_use]
pub fn skeleton() -> utoipa::openapi::OpenApi {
    Skeleton::openapi()
}

/// An address with the methods it offers.
#[derive(Debug)]
struct Address {
    pattern: String,
    methods: Vec<String>,
}

impl Address {
    /// Whether a path is of this address: segment by segment, where one in braces stands for any.
    fn is_of(&self, path: &str) -> bool {
        let (mut expected, mut found) = (self.pattern.split('/'), path.split('/'));
        loop {
            match (expected.next(), found.next()) {
                (None, None) => return true,
                (Some(expected), Some(found)) if expected == found => {}
                (Some(expected), Some(found)) if expected.starts_with('{') && !found.is_empty() => {}
                _ => return false,
            }
        }
    }
}

/// The finished document, as the text it is served as: as a tree it would take many times the room.
#[derive(Debug, Clone)]
pub struct Document {
    text: Arc<str>,
    bounds: Arc<Bounds>,
    addresses: Arc<Vec<Address>>,
}

impl Document {
    /// Collects the document from the routes that are served.
    ///
    /// # Errors
    /// Names the operation that has no line in the table of permissions.
    pub fn build() -> Result<Self, String> {
        let (_, collected) = App::new()
            .into_utoipa_app()
            .openapi(skeleton())
            .configure(crate::app::routes)
            .split_for_parts();
        let mut json = serde_json::to_value(&collected).map_err(|error| error.to_string())?;
        let mut addresses = Vec::new();
        let paths = json
            .get_mut("paths")
            .and_then(Value::as_object_mut)
            .ok_or("the document has no paths")?;
        for (path, item) in paths.iter_mut() {
            let operations = item.as_object_mut().ok_or("a path is no object")?;
            let mut methods = Vec::new();
            for (method, operation) in operations.iter_mut() {
                let operation = operation.as_object_mut().ok_or("an operation is no object")?;
                complete(path, method, operation)?;
                methods.push(method.to_uppercase());
            }
            addresses.push(Address {
                pattern: path.clone(),
                methods,
            });
        }
        if let Some(components) = json.get_mut("components").and_then(Value::as_object_mut) {
            components.insert("securitySchemes".to_owned(), security_schemes());
            components.insert("responses".to_owned(), problem_responses());
        }
        examples::complete(&mut json);
        Ok(Self {
            text: json.to_string().into(),
            bounds: Arc::new(Bounds::of(&json)),
            addresses: Arc::new(addresses),
        })
    }

    /// The document of the running server.
    ///
    /// # Errors
    /// `internal` when the server was put together without one.
    pub fn of(request: &HttpRequest) -> Result<&Self, Failure> {
        data::<Self>(request).map(|data| data.get_ref())
    }

    /// As JSON.
    #[must_use]
    pub fn text(&self) -> &Arc<str> {
        &self.text
    }

    /// The bounds it states.
    #[must_use]
    pub fn bounds(&self) -> &Bounds {
        &self.bounds
    }

    /// The methods offered at an address; none where there is no operation.
    #[must_use]
    pub fn methods_at(&self, path: &str) -> Vec<&str> {
        let found = self.addresses.iter().filter(|address| address.is_of(path));
        found
            .flat_map(|address| address.methods.iter().map(String::as_str))
            .collect()
    }
}

/// Writes that keep no answer: it would hold a secret, or the session it belongs to has ended.
const KEEP_NO_ANSWER: &[Action] = &[
    Action::SignOut,
    Action::SignOutEverywhere,
    Action::InvitePerson,
    Action::CreateApiKey,
];

/// Problems by status: the name of the shared response.
const PROBLEMS: &[(&str, &str, &str)] = &[
    ("400", "BadRequest", "The body or a key cannot be read."),
    ("401", "Unauthenticated", "No identity, or one that has ended."),
    ("403", "Forbidden", "You see it, but may not do it."),
    ("404", "NotFound", "It does not exist, or you may not see it."),
    (
        "409",
        "Conflict",
        "The state of things forbids it; the code says what.",
    ),
    (
        "412",
        "PreconditionFailed",
        "Somebody changed it since you read it.",
    ),
    ("413", "TooLarge", "The body is too large."),
    (
        "415",
        "UnsupportedMediaType",
        "The content type is not accepted here.",
    ),
    ("422", "Invalid", "Fields, parameters or the cursor are wrong."),
    ("428", "PreconditionRequired", "The edit needs If-Match."),
    (
        "429",
        "RateLimited",
        "Too many requests; wait as Retry-After says.",
    ),
    (
        "500",
        "Internal",
        "Something broke; the request id tells the log line.",
    ),
    ("503", "Unavailable", "The database is out of reach; try again."),
];

fn complete(path: &str, method: &str, operation: &mut Map<String, Value>) -> Result<(), String> {
    let id = operation
        .get("operationId")
        .and_then(Value::as_str)
        .unwrap_or_default();
    let action = Action::ALL.iter().find(|action| action.name() == id);
    let action =
        action.ok_or_else(|| format!("{method} {path}: operation {id} is not in domain::authz::Action"))?;
    let permission = action.permission();
    operation.insert("x-permission".to_owned(), json!(permission.as_str()));
    let is_public = permission == Permission::Public;
    operation.insert(
        "security".to_owned(),
        if is_public {
            json!([])
        } else {
            json!([{"bearer": []}])
        },
    );

    let is_read_by_post = Action::READS_BY_POST.contains(action);
    if is_read_by_post {
        operation.insert("x-reads-only".to_owned(), json!(true));
    }
    let is_write = method != "get" && !is_read_by_post;
    let mut parameters = operation
        .remove("parameters")
        .and_then(|all| all.as_array().cloned())
        .unwrap_or_default();
    let has = |parameters: &[Value], place: &str, name: &str| {
        parameters
            .iter()
            .any(|p| p.get("in").is_some_and(|v| v == place) && p.get("name").is_some_and(|v| v == name))
    };
    let is_key_required = has(&parameters, "header", "Idempotency-Key");
    // What platforms send brings an id of its own.
    let has_own_id = scope_of(permission).is_some();
    if is_write && !is_public && !has_own_id && !is_key_required && !KEEP_NO_ANSWER.contains(action) {
        parameters.push(json!({
            "name": "Idempotency-Key",
            "in": "header",
            "required": false,
            "description": "Sent again with the same body, the first answer comes back and nothing happens twice.",
            "schema": {"type": "string", "minLength": 1, "maxLength": 255},
        }));
    }
    let has_if_match = has(&parameters, "header", "If-Match");
    let has_query = parameters
        .iter()
        .any(|p| p.get("in").is_some_and(|place| place == "query"));
    let has_body = operation.contains_key("requestBody");
    if !parameters.is_empty() {
        operation.insert("parameters".to_owned(), Value::Array(parameters));
    }

    let mut statuses = vec!["500", "503"];
    statuses.extend(if is_public {
        [].as_slice()
    } else {
        ["401", "403"].as_slice()
    });
    statuses.extend(if path.contains('{') {
        ["404"].as_slice()
    } else {
        [].as_slice()
    });
    statuses.extend(if has_body {
        ["400", "413", "415", "422"].as_slice()
    } else {
        [].as_slice()
    });
    statuses.extend(if has_query {
        ["422"].as_slice()
    } else {
        [].as_slice()
    });
    statuses.extend(if is_write && !is_public {
        ["400", "409", "422"].as_slice()
    } else {
        [].as_slice()
    });
    statuses.extend(if has_if_match {
        ["412", "428"].as_slice()
    } else {
        [].as_slice()
    });
    let responses = operation.entry("responses").or_insert_with(|| json!({}));
    let responses = responses.as_object_mut().ok_or("responses are no object")?;
    for (status, response) in responses.iter_mut() {
        // A handler that names a problem of its own writes the status only.
        if status.starts_with('4') || status.starts_with('5') {
            *response = reference(status);
        }
    }
    for status in statuses {
        responses.entry(status).or_insert_with(|| reference(status));
    }
    Ok(())
}

fn reference(status: &str) -> Value {
    let name = PROBLEMS
        .iter()
        .find(|(known, ..)| *known == status)
        .map_or("Internal", |(_, name, _)| *name);
    json!({"$ref": format!("#/components/responses/{name}")})
}

fn problem_responses() -> Value {
    let content = json!({PROBLEM_JSON: {"schema": {"$ref": "#/components/schemas/Problem"}}});
    let all = PROBLEMS.iter().map(|(_, name, description)| {
        (
            (*name).to_owned(),
            json!({"description": description, "content": content}),
        )
    });
    Value::Object(all.collect())
}

fn security_schemes() -> Value {
    json!({"bearer": {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "JWT",
        "description": "The access token that `sign_in` answers, or a platform's key (`alw_…`).",
    }})
}
