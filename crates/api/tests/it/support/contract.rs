//! The API document as a judge: which operation a request is, and whether a reply is one it promises.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock};

use allowance_api::document::Document;
use jsonschema::Validator;
use serde_json::{Value, json};

/// One operation of the document.
#[derive(Debug, Clone)]
pub struct Operation {
    pub id: String,
    pub method: String,
    pub path: String,
    pub permission: String,
    /// Declared to change nothing, although it is called by POST.
    pub reads_by_post: bool,
    pub responses: Value,
}

impl Operation {
    pub fn is_public(&self) -> bool {
        self.permission == "public"
    }

    pub fn is_write(&self) -> bool {
        self.method != "GET" && !self.reads_by_post
    }

    /// Whether platforms call it: what it writes is its own trail, known by ids of their own.
    pub fn is_for_platforms(&self) -> bool {
        ["record_usage", "place_holds", "release_holds", "read_holds"].contains(&self.permission.as_str())
    }

    pub fn takes_body(&self) -> bool {
        self.method != "GET"
    }

    /// The path with every parameter filled by an id of the right kind that nobody has.
    pub fn path_to_nothing(&self) -> String {
        let nobody = "0".repeat(32);
        let fill = |segment: &str| match segment {
            "{group_id}" => format!("grp_{nobody}"),
            "{person_id}" => format!("per_{nobody}"),
            "{id}" => {
                let prefix = [
                    ("/people/", "per"),
                    ("/groups/", "grp"),
                    ("/credit-types/", "crt"),
                    ("/grants/", "gra"),
                    ("/charges/", "chg"),
                    ("/credit-requests/", "crq"),
                    ("/api-keys/", "key"),
                    ("/usage-aliases/", "als"),
                    ("/holds/", "hld"),
                ];
                let known = prefix.iter().find(|(part, _)| self.path.contains(part));
                format!("{}_{nobody}", known.expect("a prefix for this path").1)
            }
            plain => plain.to_owned(),
        };
        self.path.split('/').map(fill).collect::<Vec<_>>().join("/")
    }

    /// The body its document shows.
    pub fn example(&self, document: &Value) -> Value {
        let method = self.method.to_lowercase();
        document["paths"][&self.path][&method]["requestBody"]["content"]["application/json"]["example"]
            .clone()
    }

    fn is_at(&self, method: &str, path: &str) -> bool {
        let (wanted, given): (Vec<_>, Vec<_>) = (self.path.split('/').collect(), path.split('/').collect());
        self.method == method
            && wanted.len() == given.len()
            && wanted
                .iter()
                .zip(&given)
                .all(|(wanted, given)| wanted.starts_with('{') || wanted == given)
    }
}

/// The document, ready to judge.
pub struct Contract {
    pub document: Value,
    pub operations: Vec<Operation>,
    validators: Mutex<HashMap<String, Arc<Validator>>>,
}

impl Contract {
    pub fn get() -> &'static Self {
        static CONTRACT: OnceLock<Contract> = OnceLock::new();
        CONTRACT.get_or_init(|| {
            let document = Document::build().expect("the document");
            let document: Value = serde_json::from_str(document.text()).expect("JSON");
            let mut operations = Vec::new();
            for (path, item) in document["paths"].as_object().expect("paths") {
                for (method, operation) in item.as_object().expect("operations") {
                    operations.push(Operation {
                        id: operation["operationId"].as_str().expect("an id").to_owned(),
                        method: method.to_uppercase(),
                        path: path.clone(),
                        permission: operation["x-permission"]
                            .as_str()
                            .expect("a permission")
                            .to_owned(),
                        reads_by_post: operation["x-reads-only"] == true,
                        responses: operation["responses"].clone(),
                    });
                }
            }
            Self {
                document,
                operations,
                validators: Mutex::default(),
            }
        })
    }

    pub fn operation_at(&self, method: &str, path: &str) -> Option<&Operation> {
        let mut found: Vec<_> = self
            .operations
            .iter()
            .filter(|operation| operation.is_at(method, path))
            .collect();
        // A literal segment wins over a parameter, as in the router.
        found.sort_by_key(|operation| operation.path.matches('{').count());
        found.first().copied()
    }

    /// Panics unless the document promises this reply.
    pub fn check(&self, method: &str, path: &str, status: u16, content_type: &str, body: &str) {
        let Some(operation) = self.operation_at(method, path) else {
            if status >= 400 && path.starts_with("/api/") {
                self.check_body(
                    "#/components/schemas/Problem",
                    body,
                    &format!("{method} {path} → {status}"),
                );
            }
            return;
        };
        let what = format!("{} answered {status}", operation.id);
        let mut response = &operation.responses[status.to_string()];
        assert!(
            !response.is_null(),
            "{what}, which its document does not list; body: {body}"
        );
        if let Some(reference) = response["$ref"].as_str() {
            response = self
                .document
                .pointer(reference.trim_start_matches('#'))
                .expect("a shared response");
        }
        let Some(content) = response["content"]
            .as_object()
            .filter(|content| !content.is_empty())
        else {
            assert!(
                body.is_empty(),
                "{what} with a body where none is promised: {body}"
            );
            return;
        };
        let essence = content_type.split(';').next().unwrap_or_default().trim();
        let media = content
            .get(essence)
            .unwrap_or_else(|| panic!("{what} as {content_type}"));
        if essence.ends_with("json") {
            let value: Value =
                serde_json::from_str(body).unwrap_or_else(|_| panic!("{what}, no JSON: {body}"));
            self.validate(&media["schema"], &value, &what);
        }
    }

    fn check_body(&self, reference: &str, body: &str, what: &str) {
        let value: Value = serde_json::from_str(body).unwrap_or_else(|_| panic!("{what}, no JSON: {body}"));
        self.validate(&json!({"$ref": reference}), &value, what);
    }

    /// Panics unless the value keeps to the schema.
    pub fn validate(&self, schema: &Value, value: &Value, what: &str) {
        let validator = {
            let mut validators = self.validators.lock().expect("no panic while held");
            let made = validators.entry(schema.to_string()).or_insert_with(|| {
                let whole = json!({"allOf": [schema], "components": self.document["components"]});
                Arc::new(jsonschema::draft202012::new(&whole).expect("a schema"))
            });
            made.clone()
        };
        let errors: String = validator
            .iter_errors(value)
            .map(|error| format!("{error} at {}\n", error.instance_path()))
            .collect();
        let shown = value.to_string();
        assert!(
            errors.is_empty(),
            "{what}, against its schema: {errors:.2000}{shown:.2000}"
        );
    }
}
