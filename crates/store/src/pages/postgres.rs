//! On PostgreSQL all rows are one statement: each column is an array, each table a branch of one WITH. Its text depends on
//! which tables there are and not on how many rows, so it is prepared once, and it costs one way there and back. What is
//! the same in all of many rows, as most columns are, travels once, and so does a single row.

use sea_orm::sea_query::ArrayType;
use sea_orm::{DbBackend, Statement, Value};
use uuid::Uuid;

use super::{Column, Gate, How, Page, Pages};
use crate::error::StoreError;

/// Rows of a table in one statement at most.
const MOST: usize = 10_000;
/// From so many rows on, a column that is the same in all of them travels once. Of a few rows more are the same by chance,
/// and each choice of columns is a statement of its own to prepare.
const MANY: usize = 16;

impl Pages {
    /// The next statement for PostgreSQL; what it does not take stays.
    pub(super) fn statement(&mut self, gate: Option<Gate>) -> Result<Statement, StoreError> {
        let mut sql = String::with_capacity(4_096);
        let mut values = Vec::new();
        let is_gated = gate.is_some();
        if let Some(gate) = gate {
            sql.push_str("WITH gate AS (");
            sql.push_str(&gate.sql);
            sql.push_str(" RETURNING 1 AS is_open)");
            values = gate.values;
        }
        let mut rest = Vec::new();
        for (number, mut page) in std::mem::take(&mut self.0).into_iter().enumerate() {
            if let Some(later) = page.split() {
                rest.push(later);
            }
            sql.push_str(if sql.is_empty() { "WITH " } else { ", " });
            sql.push_str(&format!("p{number} AS ("));
            page.write(&mut sql, &mut values, is_gated)?;
            sql.push(')');
        }
        self.0 = rest;
        sql.push_str(if is_gated {
            " SELECT is_open FROM gate"
        } else {
            " SELECT 1"
        });
        Ok(Statement::from_sql_and_values(DbBackend::Postgres, sql, values))
    }
}

impl Page {
    /// Keeps as many rows as one statement takes; the others.
    fn split(&mut self) -> Option<Self> {
        if self.count() <= MOST {
            return None;
        }
        Some(Self {
            table: self.table,
            how: match &self.how {
                How::Insert => How::Insert,
                How::Overwrite { key, values } => How::Overwrite {
                    key: key.clone(),
                    values: values.clone(),
                },
                How::Update { key } => How::Update { key: *key },
            },
            columns: self
                .columns
                .iter_mut()
                .map(|column| Column {
                    name: column.name,
                    is_nullable: column.is_nullable,
                    values: column.values.split_off(MOST),
                })
                .collect(),
        })
    }

    /// As a branch of the one statement. Arrays are unrolled side by side by the SELECT itself, which costs half of what it
    /// costs as a function in FROM; and FROM holds nothing but the gate, which has one row or none.
    fn write(self, sql: &mut String, values: &mut Vec<Value>, is_gated: bool) -> Result<(), StoreError> {
        let (names, on_conflict, count) = (self.names(), self.on_conflict(), self.count());
        let mut reads = Vec::with_capacity(names.len());
        for column in self.columns {
            let place = values.len().saturating_add(1);
            // Rows differ at least in their key, so of several there is an array.
            let is_once = count == 1 || (count >= MANY && column.is_uniform());
            let (read, value) = if is_once {
                column.once(self.table, place)?
            } else {
                column.array(self.table, place)?
            };
            reads.push(read);
            values.push(value);
        }
        let table = self.table;
        let from = if is_gated { " FROM gate" } else { "" };
        match self.how {
            How::Insert | How::Overwrite { .. } => {
                let (names, reads) = (names.join(", "), reads.join(", "));
                sql.push_str(&format!(
                    "INSERT INTO {table} ({names}) SELECT {reads}{from}{on_conflict}"
                ));
            }
            How::Update { key } => {
                let columns: Vec<String> = names
                    .iter()
                    .zip(&reads)
                    .map(|(name, read)| format!("{read} AS {name}"))
                    .collect();
                let (keys, sets) = names.split_at_checked(key).unwrap_or((&[], &[]));
                let keys: Vec<String> = keys.iter().map(|name| format!("t.{name} = v.{name}")).collect();
                let sets: Vec<String> = sets.iter().map(|name| format!("{name} = v.{name}")).collect();
                sql.push_str(&format!(
                    "UPDATE {table} AS t SET {} FROM (SELECT {}{from}) AS v WHERE {}",
                    sets.join(", "),
                    columns.join(", "),
                    keys.join(" AND "),
                ));
            }
        }
        Ok(())
    }
}

/// The word for a kind of values, and for arrays of them.
fn kind_of(value: &Value, table: &'static str) -> Result<(&'static str, ArrayType), StoreError> {
    Ok(match value {
        Value::Bool(_) => ("bool", ArrayType::Bool),
        Value::Int(_) => ("int4", ArrayType::Int),
        Value::BigInt(_) => ("int8", ArrayType::BigInt),
        Value::String(_) => ("text", ArrayType::String),
        Value::Bytes(_) => ("bytea", ArrayType::Bytes),
        Value::Uuid(_) => ("uuid", ArrayType::Uuid),
        _ => return Err(StoreError::Corrupt(table)),
    })
}

impl Column {
    fn is_uniform(&self) -> bool {
        self.values
            .split_first()
            .is_some_and(|(first, rest)| rest.iter().all(|value| value == first))
    }

    /// How the one value of the column is read, and the value.
    fn once(mut self, table: &'static str, place: usize) -> Result<(String, Value), StoreError> {
        let value = self.values.pop().ok_or(StoreError::Corrupt(table))?;
        let (word, _) = kind_of(&value, table)?;
        Ok((format!("${place}::{word}"), value))
    }

    /// How the values are read one by one, and their array. The driver's arrays hold no NULL, so in a column that may hold
    /// one a value stands for it that the column never holds: ids are never nil and amounts never the smallest number; a
    /// text has a mark before it.
    fn array(self, table: &'static str, place: usize) -> Result<(String, Value), StoreError> {
        let Self {
            name: _,
            is_nullable,
            mut values,
        } = self;
        let broken = StoreError::Corrupt(table);
        let first = values.first().ok_or_else(|| broken.clone())?;
        let (word, array) = kind_of(first, table)?;
        let each = format!("unnest(${place}::{word}[])");
        let read = match (is_nullable, &array) {
            (false, _) => each,
            (true, ArrayType::BigInt) => format!("NULLIF({each}, '-9223372036854775808'::int8)"),
            (true, ArrayType::Uuid) => {
                format!("NULLIF({each}, '00000000-0000-0000-0000-000000000000'::uuid)")
            }
            (true, ArrayType::String) => format!("substr(NULLIF({each}, ''), 2)"),
            (true, _) => return Err(broken),
        };
        if is_nullable {
            for value in &mut values {
                match value {
                    Value::BigInt(number) => {
                        number.get_or_insert(i64::MIN);
                    }
                    Value::Uuid(id) => {
                        id.get_or_insert(Uuid::nil());
                    }
                    Value::String(text) => match text {
                        Some(text) => text.insert(0, '='),
                        None => *text = Some(String::new()),
                    },
                    _ => return Err(broken),
                }
            }
        }
        Ok((read, Value::Array(array, Some(Box::new(values)))))
    }
}
