//! Rows on their way into the database: those of several tables, sent together.
//!
//! On PostgreSQL all of them are one statement: each column is an array, each table a branch of one WITH. Its text
//! depends on which tables there are and not on how many rows, so it is prepared once, and it costs one way there and
//! back. A column that is the same in all of many rows, as most are, travels once. On SQLite, which no way leads to, it is a statement per table and so many rows, in a few fixed sizes, so that
//! these are prepared once too.

use sea_orm::sea_query::ArrayType;
use sea_orm::{
    ActiveModelTrait, ActiveValue, ColumnTrait, ConnectionTrait, DbBackend, EntityTrait, IdenStatic,
    IntoActiveModel, Iterable, Statement, Value,
};
use uuid::Uuid;

use crate::error::StoreError;

/// Rows of a table in one statement at most, on PostgreSQL.
const MOST: usize = 10_000;
/// From so many rows on, a column that is the same in all of them travels once. Of a few rows more are the same by chance,
/// and each choice of columns is a statement of its own to prepare.
const MANY: usize = 16;
/// Rows in one statement on SQLite: as many as fit of the first size, then of the next. The widest row has 28 columns, and
/// a statement takes 32,766 parameters.
const SIZES: [usize; 5] = [256, 64, 16, 4, 1];

/// What becomes of a row whose key is there already.
enum How<C> {
    /// There is none.
    Insert,
    /// These columns are overwritten.
    Overwrite { key: Vec<C>, values: Vec<C> },
    /// It is there: columns of the key come first, the others are overwritten.
    Update { key: usize },
}

/// A column, and its values from row to row.
struct Column {
    name: &'static str,
    is_nullable: bool,
    values: Vec<Value>,
}

/// Rows of one table.
struct Page {
    table: &'static str,
    how: How<&'static str>,
    columns: Vec<Column>,
}

/// Rows that wait to be sent.
#[derive(Default)]
pub(crate) struct Pages(Vec<Page>);

/// A statement that must have changed a row, or else nothing is written: it is the first branch, named `gate`.
pub(crate) struct Gate {
    /// An UPDATE, its places numbered from 1.
    pub(crate) sql: String,
    pub(crate) values: Vec<Value>,
}

impl Pages {
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// New rows.
    pub(crate) fn insert<E>(&mut self, rows: Vec<E::Model>) -> Result<(), StoreError>
    where
        E: EntityTrait,
        E::Model: IntoActiveModel<E::ActiveModel>,
        E::ActiveModel: ActiveModelTrait<Entity = E>,
    {
        let columns: Vec<E::Column> = E::Column::iter().collect();
        let rows = rows.into_iter().map(IntoActiveModel::into_active_model);
        self.add::<E>(How::Insert, &columns, rows)
    }

    /// Rows that overwrite some columns of those with the same key, with absolute values.
    pub(crate) fn overwrite<E>(
        &mut self,
        rows: Vec<E::Model>,
        key: &[E::Column],
        values: &[E::Column],
    ) -> Result<(), StoreError>
    where
        E: EntityTrait,
        E::Model: IntoActiveModel<E::ActiveModel>,
        E::ActiveModel: ActiveModelTrait<Entity = E>,
    {
        let columns: Vec<E::Column> = E::Column::iter().collect();
        let rows = rows.into_iter().map(IntoActiveModel::into_active_model);
        let how = How::Overwrite {
            key: key.to_vec(),
            values: values.to_vec(),
        };
        self.add::<E>(how, &columns, rows)
    }

    /// Some columns of rows that are there.
    pub(crate) fn update<E>(
        &mut self,
        rows: Vec<E::ActiveModel>,
        key: &[E::Column],
        values: &[E::Column],
    ) -> Result<(), StoreError>
    where
        E: EntityTrait,
        E::ActiveModel: ActiveModelTrait<Entity = E>,
    {
        let columns = [key, values].concat();
        self.add::<E>(How::Update { key: key.len() }, &columns, rows.into_iter())
    }

    fn add<E>(
        &mut self,
        how: How<E::Column>,
        columns: &[E::Column],
        rows: impl ExactSizeIterator<Item = E::ActiveModel>,
    ) -> Result<(), StoreError>
    where
        E: EntityTrait,
        E::ActiveModel: ActiveModelTrait<Entity = E>,
    {
        let count = rows.len();
        if count == 0 {
            return Ok(());
        }
        let mut page = Page {
            table: E::default().table_name(),
            how: match how {
                How::Insert => How::Insert,
                How::Overwrite { key, values } => How::Overwrite {
                    key: key.iter().map(IdenStatic::as_str).collect(),
                    values: values.iter().map(IdenStatic::as_str).collect(),
                },
                How::Update { key } => How::Update { key },
            },
            columns: columns
                .iter()
                .map(|column| Column {
                    name: column.as_str(),
                    is_nullable: column.def().is_null(),
                    values: Vec::with_capacity(count),
                })
                .collect(),
        };
        for mut row in rows {
            for (column, into) in columns.iter().zip(&mut page.columns) {
                match row.take(*column) {
                    ActiveValue::Set(value) | ActiveValue::Unchanged(value) => into.values.push(value),
                    ActiveValue::NotSet => return Err(StoreError::Corrupt(page.table)),
                }
            }
        }
        self.0.push(page);
        Ok(())
    }

    /// Writes all rows.
    pub(crate) async fn send<C: ConnectionTrait>(mut self, connection: &C) -> Result<(), StoreError> {
        if connection.get_database_backend() != DbBackend::Postgres {
            return self.send_one_by_one(connection).await;
        }
        while !self.0.is_empty() {
            connection.execute_raw(self.statement(None)?).await?;
        }
        Ok(())
    }

    /// Writes all rows in a transaction of their own if the gate opens; whether it did.
    pub(crate) async fn send_through<C: ConnectionTrait>(
        mut self,
        connection: &C,
        gate: Gate,
    ) -> Result<bool, StoreError> {
        let passed = connection.query_one_raw(self.statement(Some(gate))?).await?;
        if self.0.is_empty() {
            return Ok(passed.is_some());
        }
        // More rows than one statement takes would be a second transaction.
        Err(StoreError::Corrupt("more rows than pass a gate at once"))
    }

    /// The next statement for PostgreSQL; what it does not take stays.
    fn statement(&mut self, gate: Option<Gate>) -> Result<Statement, StoreError> {
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

    async fn send_one_by_one<C: ConnectionTrait>(self, connection: &C) -> Result<(), StoreError> {
        for mut page in self.0 {
            let mut first = 0;
            let count = page.count();
            for size in SIZES {
                while count.saturating_sub(first) >= size {
                    let sql = page.for_sqlite(size);
                    let values = page.rows(first, size);
                    let statement = Statement::from_sql_and_values(DbBackend::Sqlite, sql, values);
                    connection.execute_raw(statement).await?;
                    first = first.saturating_add(size);
                }
            }
        }
        Ok(())
    }
}

impl Page {
    fn count(&self) -> usize {
        self.columns.first().map_or(0, |column| column.values.len())
    }

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

    fn names(&self) -> Vec<&'static str> {
        self.columns.iter().map(|column| column.name).collect()
    }

    /// What follows the rows of an INSERT.
    fn on_conflict(&self) -> String {
        let How::Overwrite { key, values } = &self.how else {
            return String::new();
        };
        let sets: Vec<String> = values
            .iter()
            .map(|name| format!("{name} = excluded.{name}"))
            .collect();
        format!(
            " ON CONFLICT ({}) DO UPDATE SET {}",
            key.join(", "),
            sets.join(", ")
        )
    }

    /// As a branch of the one statement, its columns bound as arrays.
    fn write(self, sql: &mut String, values: &mut Vec<Value>, is_gated: bool) -> Result<(), StoreError> {
        let (names, on_conflict) = (self.names(), self.on_conflict());
        let is_long = self.count() >= MANY;
        let mut arrays = Vec::new();
        let mut columns = Vec::new();
        let mut reads = Vec::with_capacity(names.len());
        for column in self.columns {
            let (name, place) = (column.name, values.len().saturating_add(1));
            if is_long && column.is_uniform() {
                let (word, value) = column.once(self.table)?;
                reads.push(format!("${place}::{word}"));
                values.push(value);
            } else {
                let (kind, array) = column.array(self.table)?;
                reads.push(kind.read.replace("{}", &format!("v.{name}")));
                values.push(array);
                arrays.push(format!("${place}::{}[]", kind.word));
                columns.push(name);
            }
        }
        let table = self.table;
        // Rows differ at least in their key, so there is an array.
        let from = format!("unnest({}) AS v ({})", arrays.join(", "), columns.join(", "));
        match self.how {
            How::Insert | How::Overwrite { .. } => {
                sql.push_str(&format!(
                    "INSERT INTO {table} ({}) SELECT {} FROM {from}{}{on_conflict}",
                    names.join(", "),
                    reads.join(", "),
                    if is_gated { " CROSS JOIN gate" } else { "" },
                ));
            }
            How::Update { key } => {
                let pairs: Vec<String> = names
                    .iter()
                    .zip(&reads)
                    .map(|(name, read)| format!("{name} = {read}"))
                    .collect();
                let (keys, sets) = pairs.split_at_checked(key).unwrap_or((&[], &[]));
                let keys: Vec<String> = keys.iter().map(|pair| format!("t.{pair}")).collect();
                sql.push_str(&format!(
                    "UPDATE {table} AS t SET {} FROM {from}{} WHERE {}",
                    sets.join(", "),
                    if is_gated { " CROSS JOIN gate" } else { "" },
                    keys.join(" AND "),
                ));
            }
        }
        Ok(())
    }

    /// The statement for so many rows on SQLite.
    fn for_sqlite(&self, size: usize) -> String {
        let names = self.names();
        let row = format!("({})", vec!["?"; names.len()].join(", "));
        let rows = vec![row.as_str(); size].join(", ");
        let table = self.table;
        match &self.how {
            How::Insert | How::Overwrite { .. } => {
                let on_conflict = self.on_conflict();
                format!(
                    "INSERT INTO {table} ({}) VALUES {rows}{on_conflict}",
                    names.join(", ")
                )
            }
            How::Update { key } => {
                // Columns of VALUES have no names of their own.
                let pairs = (1_usize..)
                    .zip(&names)
                    .map(|(number, name)| format!("{name} = v.column{number}"));
                let pairs: Vec<String> = pairs.collect();
                let (keys, sets) = pairs.split_at_checked(*key).unwrap_or((&[], &[]));
                let keys: Vec<String> = keys.iter().map(|pair| format!("t.{pair}")).collect();
                format!(
                    "UPDATE {table} AS t SET {} FROM (VALUES {rows}) AS v WHERE {}",
                    sets.join(", "),
                    keys.join(" AND ")
                )
            }
        }
    }

    /// So many rows' values, row by row.
    fn rows(&mut self, first: usize, size: usize) -> Vec<Value> {
        let mut values = Vec::with_capacity(size.saturating_mul(self.columns.len()));
        for row in first..first.saturating_add(size) {
            for column in &mut self.columns {
                if let Some(value) = column.values.get_mut(row) {
                    values.push(std::mem::replace(value, Value::Bool(None)));
                }
            }
        }
        values
    }
}

/// How values of a kind travel to PostgreSQL.
struct Kind {
    word: &'static str,
    /// How the value is read from the array.
    read: &'static str,
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

    /// The one value of the column, and the word for its kind.
    fn once(mut self, table: &'static str) -> Result<(&'static str, Value), StoreError> {
        let value = self.values.pop().ok_or(StoreError::Corrupt(table))?;
        let (word, _) = kind_of(&value, table)?;
        Ok((word, value))
    }

    /// The column as an array. The driver's arrays hold no NULL, so in a column that may hold one a value stands for it
    /// that the column never holds: ids are never nil and amounts never the smallest number; a text has a mark before it.
    fn array(self, table: &'static str) -> Result<(Kind, Value), StoreError> {
        let Self {
            name: _,
            is_nullable,
            mut values,
        } = self;
        let broken = StoreError::Corrupt(table);
        let first = values.first().ok_or_else(|| broken.clone())?;
        let (word, array) = kind_of(first, table)?;
        let read = match (is_nullable, &array) {
            (false, _) => "{}",
            (true, ArrayType::BigInt) => "NULLIF({}, '-9223372036854775808'::int8)",
            (true, ArrayType::Uuid) => "NULLIF({}, '00000000-0000-0000-0000-000000000000'::uuid)",
            (true, ArrayType::String) => "CASE WHEN {} = '' THEN NULL ELSE substr({}, 2) END",
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
        Ok((Kind { word, read }, Value::Array(array, Some(Box::new(values)))))
    }
}
