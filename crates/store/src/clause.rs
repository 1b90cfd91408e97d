//! A WHERE clause under way, with its values in the order of their numbers.

use sea_orm::Value;
use uuid::Uuid;

/// The text of a condition and what is bound in it.
#[derive(Debug, Clone)]
pub(crate) struct Clause {
    pub(crate) text: String,
    pub(crate) values: Vec<Value>,
}

impl Clause {
    /// A clause that begins with this condition, in which these values are bound.
    pub(crate) fn new(text: &str, values: Vec<Value>) -> Self {
        Self {
            text: text.to_owned(),
            values,
        }
    }

    /// The place of a value.
    pub(crate) fn bind(&mut self, value: impl Into<Value>) -> String {
        self.values.push(value.into());
        format!("${}", self.values.len())
    }

    /// The places of ids, for a membership.
    pub(crate) fn bind_all(&mut self, ids: impl IntoIterator<Item = Uuid>) -> String {
        let places: Vec<String> = ids.into_iter().map(|id| self.bind(id)).collect();
        // An empty list is no SQL; NULL is in no row.
        if places.is_empty() {
            "NULL".to_owned()
        } else {
            places.join(", ")
        }
    }

    /// One more condition.
    pub(crate) fn and(&mut self, condition: &str) {
        self.text.push_str(" AND ");
        self.text.push_str(condition);
    }
}
