//! Rows on their way into the database: those of several tables, sent together. On PostgreSQL all of them are one statement
//! ([`postgres`]); on SQLite, which no way leads to, it is a statement per table and so many rows ([`sqlite`]).

mod postgres;
mod sqlite;

use sea_orm::{
    ActiveModelTrait, ActiveValue, ColumnTrait, ConnectionTrait, DbBackend, EntityTrait, IdenStatic,
    IntoActiveModel, Iterable, Value,
};

use crate::error::StoreError;

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
}

impl Page {
    fn count(&self) -> usize {
        self.columns.first().map_or(0, |column| column.values.len())
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
}
