//! What the database can answer instead of a result. A named constraint that fires keeps its name; the driver's own
//! error stays inside, for the log.

use sea_orm::{DbErr, RuntimeErr, SqlxError};

/// A failure of the store.
#[derive(Debug, Clone, thiserror::Error)]
pub enum StoreError {
    /// A named constraint fired.
    #[error("constraint {0}")]
    Constraint(String),
    /// The database asked to run the transaction again, or is busy.
    #[error("the database is busy: {0}")]
    Busy(String),
    /// The database cannot be reached.
    #[error("the database is out of reach: {0}")]
    Unavailable(String),
    /// Somebody else changed the row first.
    #[error("the row was changed by somebody else")]
    StaleVersion,
    /// A row that must exist does not, or holds what cannot be read. Names the table.
    #[error("broken row in {0}")]
    Corrupt(&'static str),
    /// Anything else, for the log.
    #[error("database: {0}")]
    Database(String),
}

impl StoreError {
    /// Whether running the transaction again may help.
    #[must_use]
    pub const fn is_retriable(&self) -> bool {
        matches!(self, Self::Busy(_))
    }

    /// Whether the named constraint fired.
    #[must_use]
    pub fn is_constraint(&self, name: &str) -> bool {
        matches!(self, Self::Constraint(fired) if fired == name)
    }
}

/// What the closure of a transaction fails with: an own error that can hold the store's.
pub trait TransactError: From<StoreError> + Send {
    /// The store's error inside, where it is one.
    fn store_error(&self) -> Option<&StoreError>;
}

impl TransactError for StoreError {
    fn store_error(&self) -> Option<&StoreError> {
        Some(self)
    }
}

impl From<DbErr> for StoreError {
    fn from(error: DbErr) -> Self {
        let text = error.to_string();
        match &error {
            DbErr::Exec(RuntimeErr::SqlxError(inner)) | DbErr::Query(RuntimeErr::SqlxError(inner)) => {
                from_sqlx(inner, text)
            }
            DbErr::Conn(RuntimeErr::SqlxError(inner)) => match from_sqlx(inner, text) {
                Self::Database(text) => Self::Unavailable(text),
                other => other,
            },
            DbErr::Conn(_) | DbErr::ConnectionAcquire(_) => Self::Unavailable(text),
            _ => Self::Database(text),
        }
    }
}

fn from_sqlx(error: &SqlxError, text: String) -> StoreError {
    match error {
        SqlxError::Io(_) | SqlxError::PoolTimedOut | SqlxError::PoolClosed | SqlxError::WorkerCrashed => {
            StoreError::Unavailable(text)
        }
        SqlxError::Database(database) => {
            if let Some(name) = database.constraint() {
                return StoreError::Constraint(name.to_owned());
            }
            if let Some(name) = sqlite_constraint(database.message()) {
                return StoreError::Constraint(name);
            }
            match database.code().as_deref() {
                // PostgreSQL: serialization failure, deadlock, lock timeout. SQLite: BUSY and its kin.
                Some("40001" | "40P01" | "55P03" | "5" | "6" | "261" | "517" | "773") => {
                    StoreError::Busy(text)
                }
                // PostgreSQL: shutting down, starting up, too many connections.
                Some("57P01" | "57P02" | "57P03" | "53300") => StoreError::Unavailable(text),
                // SQLite: cannot open, not a database, read only, disk full.
                Some("14" | "26" | "8" | "13") => StoreError::Unavailable(text),
                _ => StoreError::Database(text),
            }
        }
        _ => StoreError::Database(text),
    }
}

/// SQLite names CHECK constraints and lists the columns of unique ones; the columns are turned into the name.
fn sqlite_constraint(message: &str) -> Option<String> {
    if let Some(name) = message.strip_prefix("CHECK constraint failed: ") {
        return Some(name.to_owned());
    }
    let columns = message.strip_prefix("UNIQUE constraint failed: ")?;
    if let Some(index) = columns.strip_prefix("index '") {
        return Some(index.trim_end_matches('\'').to_owned());
    }
    let (table, last) = columns.split(", ").last()?.split_once('.')?;
    let name = match (table, last) {
        ("person", "email_key") => "person_email_unique",
        ("allocation_group", "name_key") => "allocation_group_name_unique",
        ("credit_type", "name_key") => "credit_type_name_unique",
        ("cycle", "credit_type_id") => "cycle_one_open",
        ("cycle", "id") => "cycle_id_unique",
        _ => return Some(format!("{table}_key")),
    };
    Some(name.to_owned())
}
