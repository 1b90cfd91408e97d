//! On SQLite it is a statement per table and so many rows, in sizes that are few enough for all of them to be prepared once.
//! Each execution is handed to another thread and back, so the fewer the better: pages of a few rows go together.

use sea_orm::{ConnectionTrait, DbBackend, Statement, Value};

use super::{How, Page, Pages};
use crate::error::StoreError;

/// Rows in one statement at most: the widest row has 28 columns, and a statement takes 32,766 parameters.
const MOST: usize = 256;
/// Of more rows than so many, as many as are a multiple of it go first, the rest then.
const STEP: usize = 16;
/// Pages of so many rows at most go together with their neighbours: how many each has is part of the text, so of more rows
/// there would be too many texts.
const FEW: usize = 6;

/// Statements that are executed together.
#[derive(Default)]
struct Run {
    sql: String,
    values: Vec<Value>,
}

impl Run {
    fn add(&mut self, sql: &str, values: Vec<Value>) {
        if !self.sql.is_empty() {
            self.sql.push_str("; ");
        }
        self.sql.push_str(sql);
        self.values.extend(values);
    }

    async fn execute<C: ConnectionTrait>(&mut self, connection: &C) -> Result<(), StoreError> {
        let Self { sql, values } = std::mem::take(self);
        if sql.is_empty() {
            return Ok(());
        }
        let statement = Statement::from_sql_and_values(DbBackend::Sqlite, sql, values);
        connection.execute_raw(statement).await?;
        Ok(())
    }
}

/// How many of so many rows go into the next statement.
const fn next_size(rows: usize) -> usize {
    if rows >= MOST {
        MOST
    } else if rows > STEP {
        rows.saturating_sub(rows % STEP)
    } else {
        rows
    }
}

impl Pages {
    pub(super) async fn send_one_by_one<C: ConnectionTrait>(self, connection: &C) -> Result<(), StoreError> {
        let mut run = Run::default();
        for mut page in self.0 {
            let count = page.count();
            if count > FEW {
                run.execute(connection).await?;
            }
            let mut first = 0;
            while first < count {
                let size = next_size(count.saturating_sub(first));
                let sql = page.for_sqlite(size);
                run.add(&sql, page.rows(first, size));
                if count > FEW {
                    run.execute(connection).await?;
                }
                first = first.saturating_add(size);
            }
        }
        run.execute(connection).await
    }
}

impl Page {
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
