//! Examples of bodies and answers, made from the schemas: every field has one that its own schema accepts.
//!
//! Values of a type of their own (ids, amounts, addresses, instants) bring their example along; plain texts and numbers
//! get theirs here, by the name of the field.

use serde_json::{Map, Value, json};

/// Examples of plain fields by name.
const BY_NAME: &[(&str, &str)] = &[
    (
        "access_token",
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJwZXIifQ.c2lnbmF0dXJl",
    ),
    ("admin_name", "Terri Duffy"),
    ("admin_password", "correct horse battery"),
    ("credit_factor", "100"),
    ("credit_type_name", "AI usage"),
    ("credit_value", "0.01"),
    ("department", "Engineering"),
    ("display_name", "Terri Duffy"),
    ("division", "Research and Development"),
    ("employee_number", "2"),
    ("etag", "7"),
    ("location", "Bothell"),
    ("name", "Engineering"),
    ("note", "Workshop on prompt design"),
    ("organisation_name", "Adventure Works"),
    ("password", "correct horse battery"),
    ("path", "/invitation#V1StGXR8Z5jdHi6BmyT"),
    ("pointer", "/monthly"),
    ("rate", "100"),
    ("reason", "Pilot of the new assistant"),
    ("request_id", "0192a1c54b7e7d0f8a6b3c2d1e0f9a8b"),
    ("time_zone", "Europe/Berlin"),
    ("title", "Vice President of Engineering"),
    ("token", "V1StGXR8Z5jdHi6BmyT"),
    ("used_percent", "12.5"),
];

/// Puts an example beside every JSON schema of the document's operations.
pub(super) fn complete(document: &mut Value) {
    let schemas = document
        .pointer("/components/schemas")
        .cloned()
        .unwrap_or_default();
    let paths = document.get_mut("paths").and_then(Value::as_object_mut);
    let operations = paths
        .into_iter()
        .flat_map(Map::values_mut)
        .filter_map(Value::as_object_mut)
        .flat_map(Map::values_mut);
    for operation in operations {
        if let Some(content) = operation.pointer_mut("/requestBody/content") {
            put(content, &schemas);
        }
        let responses = operation.get_mut("responses").and_then(Value::as_object_mut);
        for content in responses
            .into_iter()
            .flat_map(Map::values_mut)
            .filter_map(|one| one.get_mut("content"))
        {
            put(content, &schemas);
        }
    }
}

fn put(content: &mut Value, schemas: &Value) {
    let Some(media) = content.get_mut("application/json").and_then(Value::as_object_mut) else {
        return;
    };
    if let Some(schema) = media.get("schema")
        && !media.contains_key("example")
    {
        let example = of(schema, "", schemas);
        media.insert("example".to_owned(), example);
    }
}

/// An example that the schema accepts.
fn of(schema: &Value, name: &str, schemas: &Value) -> Value {
    if let Some(example) = schema
        .get("examples")
        .and_then(|all| all.get(0))
        .or_else(|| schema.get("example"))
    {
        return example.clone();
    }
    if let Some(found) = schema
        .get("$ref")
        .and_then(Value::as_str)
        .and_then(|path| path.rsplit('/').next())
    {
        return schemas
            .get(found)
            .map_or(Value::Null, |found| of(found, name, schemas));
    }
    for part in ["oneOf", "anyOf", "allOf"] {
        let mut alternatives = schema.get(part).and_then(Value::as_array).into_iter().flatten();
        if let Some(one) = alternatives.find(|one| one.get("type").is_none_or(|kind| kind != "null")) {
            return of(one, name, schemas);
        }
    }
    if let Some(word) = schema.get("enum").and_then(|words| words.get(0)) {
        return word.clone();
    }
    let kind = schema.get("type");
    let kind = kind.and_then(|kind| kind.as_str().or_else(|| kind.get(0).and_then(Value::as_str)));
    match kind {
        Some("object") => {
            let fields = schema
                .get("properties")
                .and_then(Value::as_object)
                .into_iter()
                .flatten();
            Value::Object(
                fields
                    .map(|(field, of_field)| (field.clone(), of(of_field, field, schemas)))
                    .collect(),
            )
        }
        Some("array") => json!([schema
            .get("items")
            .map_or(Value::Null, |items| of(items, name, schemas))]),
        Some("boolean") => json!(true),
        Some("integer" | "number") => schema.get("minimum").cloned().unwrap_or(json!(1)),
        Some("string") => {
            let known = BY_NAME
                .iter()
                .find(|(field, _)| *field == name)
                .map(|(_, example)| *example);
            json!(known.unwrap_or("text"))
        }
        _ => Value::Null,
    }
}
