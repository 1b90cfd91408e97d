//! What the API document promises about sizes, enforced: lengths, counts and ranges of every field and parameter.
//!
//! The bounds are read from the very document that is served, so they are written once, on the types of the contract.
//! What a text means (an id, an amount, an address) is the business of its type. A NUL is refused everywhere, because
//! PostgreSQL cannot hold one.

use std::collections::HashMap;
use std::fmt::{self, Formatter};

use allowance_api_types::problem::{ErrorCode, FieldProblem};
use serde::Deserializer;
use serde::de::{DeserializeSeed, Error, MapAccess, SeqAccess, Visitor};
use serde_json::Value;

/// The bounds of everything a document describes, read once.
#[derive(Debug, Default)]
pub struct Bounds(HashMap<String, Shape>);

/// The bounds of one schema.
#[derive(Debug, Default)]
pub struct Shape {
    /// Another schema, whose bounds these are.
    refers_to: Option<String>,
    max_length: Option<i64>,
    min_length: Option<i64>,
    maximum: Option<i64>,
    minimum: Option<i64>,
    max_items: Option<i64>,
    min_items: Option<i64>,
    properties: HashMap<String, Shape>,
    items: Option<Box<Shape>>,
}

impl Shape {
    /// The bounds that a schema states. An optional field is the one alternative that is not `null`.
    #[must_use]
    pub fn of(schema: &Value) -> Self {
        let reference = schema.get("$ref").and_then(Value::as_str);
        if let Some(name) = reference.and_then(|path| path.rsplit('/').next()) {
            return Self {
                refers_to: Some(name.to_owned()),
                ..Self::default()
            };
        }
        let alternatives = schema.get("oneOf").or_else(|| schema.get("anyOf"));
        let mut real = alternatives
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .filter(|one| one.get("type").is_none_or(|kind| kind != "null"));
        if let (Some(only), None) = (real.next(), real.next()) {
            return Self::of(only);
        }
        let bound = |name: &str| schema.get(name).and_then(Value::as_i64);
        let properties = schema.get("properties").and_then(Value::as_object);
        Self {
            refers_to: None,
            max_length: bound("maxLength"),
            min_length: bound("minLength"),
            maximum: bound("maximum"),
            minimum: bound("minimum"),
            max_items: bound("maxItems"),
            min_items: bound("minItems"),
            properties: properties
                .into_iter()
                .flatten()
                .map(|(name, of_field)| (name.clone(), Self::of(of_field)))
                .collect(),
            items: schema.get("items").map(|of_item| Box::new(Self::of(of_item))),
        }
    }

    fn of_text(&self, text: &str) -> Option<String> {
        if text.contains('\0') {
            return Some("Leave out the NUL character.".to_owned());
        }
        let length = i64::try_from(text.chars().count()).unwrap_or(i64::MAX);
        if let Some(most) = self.max_length.filter(|most| length > *most) {
            return Some(format!("Use at most {most} characters."));
        }
        let least = self.min_length?;
        if length < least {
            return Some(format!("Use at least {least} characters."));
        }
        (least > 0 && text.trim().is_empty()).then(|| "Blanks alone are not enough.".to_owned())
    }

    fn of_number(&self, number: i64) -> Option<String> {
        if let Some(most) = self.maximum.filter(|most| number > *most) {
            return Some(format!("Use at most {most}."));
        }
        let least = self.minimum.filter(|least| number < *least)?;
        Some(format!("Use at least {least}."))
    }

    fn of_count(&self, count: usize) -> Option<String> {
        let count = i64::try_from(count).unwrap_or(i64::MAX);
        if let Some(most) = self.max_items.filter(|most| count > *most) {
            return Some(format!("Send at most {most} items."));
        }
        let least = self.min_items.filter(|least| count < *least)?;
        Some(format!("Send at least {least} items."))
    }
}

impl Bounds {
    /// The bounds of the schemas of a document.
    #[must_use]
    pub fn of(document: &Value) -> Self {
        let schemas = document.pointer("/components/schemas").and_then(Value::as_object);
        let named = schemas.into_iter().flatten();
        Self(
            named
                .map(|(name, schema)| (name.clone(), Shape::of(schema)))
                .collect(),
        )
    }

    /// The bounds of the schema of this name; nothing when the document has none.
    #[must_use]
    pub fn shape(&self, name: &str) -> Option<&Shape> {
        self.0.get(name)
    }

    /// Everything in a JSON value that breaks a bound.
    ///
    /// # Errors
    /// Where the text is no JSON.
    pub fn check<'j, D: Deserializer<'j>>(
        &self,
        shape: &Shape,
        value: D,
        place: &str,
    ) -> Result<Vec<FieldProblem>, D::Error> {
        let mut problems = Vec::new();
        let check = Check {
            bounds: self,
            shape: Some(shape),
            place: &Place::Root(place),
            problems: &mut problems,
        };
        check.deserialize(value)?;
        Ok(problems)
    }

    fn resolve<'s>(&'s self, mut shape: &'s Shape) -> &'s Shape {
        while let Some(name) = &shape.refers_to {
            match self.0.get(name) {
                Some(found) => shape = found,
                None => break,
            }
        }
        shape
    }
}

/// Where a value stands. Written out only for what is wrong.
enum Place<'p> {
    Root(&'p str),
    Field(&'p Place<'p>, &'p str),
    Item(&'p Place<'p>, usize),
}

impl Place<'_> {
    fn pointer(&self) -> String {
        match self {
            Self::Root(root) => (*root).to_owned(),
            Self::Field(parent, name) => format!("{}/{}", parent.pointer(), escape(name)),
            Self::Item(parent, index) => format!("{}/{index}", parent.pointer()),
        }
    }
}

/// Reads a value and keeps nothing of it but what is wrong.
struct Check<'c> {
    bounds: &'c Bounds,
    /// Nothing where the document says nothing of a value: it is read to its end, and may be anything.
    shape: Option<&'c Shape>,
    place: &'c Place<'c>,
    problems: &'c mut Vec<FieldProblem>,
}

impl Check<'_> {
    fn note(&mut self, wrong: impl FnOnce(&Shape) -> Option<String>) {
        let problem = self.shape.and_then(wrong).map(|detail| FieldProblem {
            pointer: self.place.pointer(),
            code: ErrorCode::InvalidFields,
            detail,
        });
        self.problems.extend(problem);
    }
}

impl<'j> DeserializeSeed<'j> for Check<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'j>>(mut self, value: D) -> Result<(), D::Error> {
        self.shape = self.shape.map(|shape| self.bounds.resolve(shape));
        value.deserialize_any(self)
    }
}

impl<'j> Visitor<'j> for Check<'_> {
    type Value = ();

    fn expecting(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E: Error>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_bool<E: Error>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_str<E: Error>(mut self, text: &str) -> Result<(), E> {
        self.note(|shape| shape.of_text(text));
        Ok(())
    }

    fn visit_i64<E: Error>(mut self, number: i64) -> Result<(), E> {
        self.note(|shape| shape.of_number(number));
        Ok(())
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<(), E> {
        self.visit_i64(i64::try_from(number).unwrap_or(i64::MAX))
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<(), E> {
        self.visit_i64(i64::MAX)
    }

    fn visit_seq<A: SeqAccess<'j>>(mut self, mut items: A) -> Result<(), A::Error> {
        let shape = self.shape.and_then(|shape| shape.items.as_deref());
        let mut of_items = Vec::new();
        let mut count = 0_usize;
        loop {
            let item = Check {
                bounds: self.bounds,
                shape,
                place: &Place::Item(self.place, count),
                problems: &mut of_items,
            };
            if items.next_element_seed(item)?.is_none() {
                break;
            }
            count = count.saturating_add(1);
        }
        self.note(|shape| shape.of_count(count));
        // Of too many, none is looked at.
        let most = self.shape.and_then(|shape| shape.max_items);
        if most.is_none_or(|most| i64::try_from(count).is_ok_and(|count| count <= most)) {
            self.problems.append(&mut of_items);
        }
        Ok(())
    }

    fn visit_map<A: MapAccess<'j>>(self, mut fields: A) -> Result<(), A::Error> {
        while let Some(Name(name)) = fields.next_key()? {
            fields.next_value_seed(Check {
                bounds: self.bounds,
                shape: self.shape.and_then(|shape| shape.properties.get(&*name)),
                place: &Place::Field(self.place, &name),
                problems: self.problems,
            })?;
        }
        Ok(())
    }
}

/// The name of a field, of the text where it stands there as it is.
#[derive(serde::Deserialize)]
struct Name<'j>(#[serde(borrow)] std::borrow::Cow<'j, str>);

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
            let problems = bounds.check(bounds.shape("Body").unwrap(), &value, "");
            problems
                .unwrap()
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
        assert_eq!(pointers(json!({"of nobody": ["\0", {"a": "\0"}]})), [""; 0]);
    }
}
