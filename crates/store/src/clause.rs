//! A WHERE clause under way, with its values in the order of their numbers.

use sea_orm::{ConnectionTrait, DbBackend, FromQueryResult, Statement, Value};
use uuid::Uuid;

use crate::error::StoreError;

#[derive(FromQueryResult)]
struct CountRow {
    count: i64,
}

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

    /// That a column is one of these values. On PostgreSQL they are one array, so the statement is the same for any number.
    pub(crate) fn is_any(&mut self, backend: DbBackend, column: &str, values: Vec<Value>) -> String {
        if backend == DbBackend::Postgres
            && let Some(kind) = values.first().map(Value::array_type)
        {
            let array = self.bind(Value::Array(kind, Some(Box::new(values))));
            return format!("{column} = ANY({array})");
        }
        let places: Vec<String> = values.into_iter().map(|value| self.bind(value)).collect();
        // An empty list is no SQL; NULL is in no row.
        let places = if places.is_empty() {
            "NULL".to_owned()
        } else {
            places.join(", ")
        };
        format!("{column} IN ({places})")
    }

    /// One more condition.
    pub(crate) fn and(&mut self, condition: &str) {
        self.text.push_str(" AND ");
        self.text.push_str(condition);
    }

    /// How many rows of `from` meet the condition, at most one more than the bound.
    pub(crate) async fn count_up_to<C: ConnectionTrait>(
        mut self,
        connection: &C,
        from: &str,
        bound: u64,
    ) -> Result<u64, StoreError> {
        let limit = self.bind(i64::try_from(bound.saturating_add(1)).unwrap_or(i64::MAX));
        let Self { text, values } = self;
        let sql = format!(
            "SELECT COUNT(*) AS count FROM (SELECT 1 AS one FROM {from} WHERE {text} LIMIT {limit}) AS bounded"
        );
        let statement = Statement::from_sql_and_values(connection.get_database_backend(), sql, values);
        let row = CountRow::find_by_statement(statement).one(connection).await?;
        Ok(row.map_or(0, |row| u64::try_from(row.count).unwrap_or(0)))
    }
}
