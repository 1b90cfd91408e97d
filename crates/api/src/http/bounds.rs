//! What the API document promises about sizes, enforced: lengths, counts and ranges of every field and parameter.
//!
//! The bounds are read from the very document that is served, so they are written once, on the types of the contract.
//! What a text means (an id, an amount, an address) is the business of its type. A NUL is refused everywhere, because
//! PostgreSQL cannot hold one.

use allowance_api_types::problem::{ErrorCode, FieldProblem};
use serde_json::Value;

/// Checks values against the schemas of a document.
#[derive(Debug, Clone, Copy)]
pub struct Bounds<'d> {
    schemas: &'d Value,
}

impl<'d> Bounds<'d> {
    /// With the schemas of the document, for references.
    #[must_use]
    pub fn of(document: &'d Value) -> Self {
        Self {
            schemas: document.pointer("/components/schemas").unwrap_or(&Value::Null),
        }
    }

    /// The schema of this name; nothing when the document has none.
    #[must_use]
    pub fn schema(&self, name: &str) -> Option<&'d Value> {
        self.schemas.get(name)
    }

    /// Everything in `value` that breaks a bound of `schema`.
    #[must_use]
    pub fn check(&self, schema: &Value, value: &Value, pointer: &str) -> Vec<FieldProblem> {
        let mut problems = Vec::new();
        self.walk(schema, value, pointer, &mut problems);
        problems
    }

    fn walk(&self, schema: &Value, value: &Value, pointer: &str, problems: &mut Vec<FieldProblem>) {
        let schema = self.resolve(schema, value);
        let bound = |name: &str| schema.get(name).and_then(Value::as_i64);
        let mut report = |detail: String| {
            problems.push(FieldProblem {
                pointer: pointer.to_owned(),
                code: ErrorCode::InvalidFields,
                detail,
            });
        };
        match value {
            Value::String(text) => {
                let length = i64::try_from(text.chars().count()).unwrap_or(i64::MAX);
                if text.contains('\0') {
                    report("Leave out the NUL character.".to_owned());
                } else if let Some(most) = bound("maxLength").filter(|most| length > *most) {
                    report(format!("Use at most {most} characters."));
                } else if let Some(least) = bound("minLength").filter(|least| length < *least) {
                    report(format!("Use at least {least} characters."));
                } else if bound("minLength").is_some_and(|least| least > 0) && text.trim().is_empty() {
                    report("Blanks alone are not enough.".to_owned());
                }
            }
            Value::Number(number) => {
                let number = number.as_i64().unwrap_or(i64::MAX);
                if let Some(most) = bound("maximum").filter(|most| number > *most) {
                    report(format!("Use at most {most}."));
                } else if let Some(least) = bound("minimum").filter(|least| number < *least) {
                    report(format!("Use at least {least}."));
                }
            }
            Value::Array(items) => {
                let count = i64::try_from(items.len()).unwrap_or(i64::MAX);
                if let Some(most) = bound("maxItems").filter(|most| count > *most) {
                    report(format!("Send at most {most} items."));
                    return;
                }
                if let Some(least) = bound("minItems").filter(|least| count < *least) {
                    report(format!("Send at least {least} items."));
                }
                if let Some(of_item) = schema.get("items") {
                    for (index, item) in items.iter().enumerate() {
                        self.walk(of_item, item, &format!("{pointer}/{index}"), problems);
                    }
                }
            }
            Value::Object(fields) => {
                for (name, field) in fields {
                    if let Some(of_field) = schema.get("properties").and_then(|all| all.get(name)) {
                        self.walk(of_field, field, &format!("{pointer}/{}", escape(name)), problems);
                    }
                }
            }
            Value::Null | Value::Bool(_) => {}
        }
    }

    /// Follows references, and the one alternative of an optional field that is not `null`.
    fn resolve<'s>(&self, schema: &'s Value, value: &Value) -> &'s Value
    where
        'd: 's,
    {
        if let Some(name) = schema
            .get("$ref")
            .and_then(Value::as_str)
            .and_then(|path| path.rsplit('/').next())
        {
            return self
                .schemas
                .get(name)
                .map_or(schema, |found| self.resolve(found, value));
        }
        let alternatives = schema
            .get("oneOf")
            .or_else(|| schema.get("anyOf"))
            .and_then(Value::as_array);
        let mut real = alternatives
            .into_iter()
            .flatten()
            .filter(|one| one.get("type").is_none_or(|t| t != "null"));
        match (real.next(), real.next()) {
            (Some(only), None) if !value.is_null() => self.resolve(only, value),
            _ => schema,
        }
    }
}

/// A name as part of a JSON pointer (RFC 6901).
pub(crate) fn escape(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_broken_bound_is_named_by_its_pointer() {
        let document = json!({"components": {"schemas": {
            "Item": {"type": "object", "properties": {"note": {"type": ["string", "null"], "maxLength": 3}}},
            "Body": {"type": "object", "properties": {
                "name": {"type": "string", "minLength": 1},
                "limit": {"type": "integer", "minimum": 1, "maximum": 9},
                "item": {"oneOf": [{"type": "null"}, {"$ref": "#/components/schemas/Item"}]},
                "items": {"type": "array", "maxItems": 2, "items": {"$ref": "#/components/schemas/Item"}},
            }},
        }}});
        let bounds = Bounds::of(&document);
        let pointers = |value: Value| {
            let problems = bounds.check(bounds.schema("Body").unwrap(), &value, "");
            problems
                .into_iter()
                .map(|problem| problem.pointer)
                .collect::<Vec<_>>()
        };
        assert_eq!(
            pointers(json!({"name": "a", "limit": 9, "item": {"note": "äöü"}, "items": []})),
            [""; 0]
        );
        assert_eq!(pointers(json!({"name": " "})), ["/name"]);
        assert_eq!(pointers(json!({"name": "a\0"})), ["/name"]);
        assert_eq!(pointers(json!({"limit": 10})), ["/limit"]);
        assert_eq!(pointers(json!({"item": {"note": "long"}})), ["/item/note"]);
        assert_eq!(
            pointers(json!({"items": [{}, {"note": "long"}]})),
            ["/items/1/note"]
        );
        assert_eq!(pointers(json!({"items": [1, 2, 3]})), ["/items"]);
        assert_eq!(pointers(json!({"item": null})), [""; 0]);
    }
}
