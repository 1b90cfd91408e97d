//! A field of a partial update: absent keeps, `null` clears, a value sets.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// What a partial update says about one field. Use with `#[serde(default, skip_serializing_if = "Patch::is_keep")]`
/// and name the schema by `value_type = Option<T>`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Patch<T> {
    /// The field was absent.
    #[default]
    Keep,
    /// The field was `null`.
    Clear,
    /// The field had a value.
    Set(T),
}

impl<T> Patch<T> {
    /// Whether the field stays as it is.
    pub const fn is_keep(&self) -> bool {
        matches!(self, Self::Keep)
    }

    /// The new value of the field: nothing to keep it.
    pub fn into_change(self) -> Option<Option<T>> {
        match self {
            Self::Keep => None,
            Self::Clear => Some(None),
            Self::Set(value) => Some(Some(value)),
        }
    }
}

impl<T: Serialize> Serialize for Patch<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Set(value) => value.serialize(serializer),
            Self::Keep | Self::Clear => serializer.serialize_none(),
        }
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Patch<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Option::deserialize(deserializer)?.map_or(Self::Clear, Self::Set))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Body {
        #[serde(default, skip_serializing_if = "Patch::is_keep")]
        title: Patch<String>,
    }

    #[test]
    fn absent_null_and_value_are_three_things() {
        for (json, patch) in [
            ("{}", Patch::Keep),
            (r#"{"title":null}"#, Patch::Clear),
            (r#"{"title":"CEO"}"#, Patch::Set("CEO".to_owned())),
        ] {
            let body: Body = serde_json::from_str(json).unwrap();
            assert_eq!(body, Body { title: patch });
            assert_eq!(serde_json::to_string(&body).unwrap(), json);
        }
    }
}
