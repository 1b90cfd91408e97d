//! Opening a database: an SQLite file or PostgreSQL, by URL.

use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use allowance_migrations::{Migrator, MigratorTrait};
use sea_orm::sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
use sea_orm::{
    ConnectOptions, ConnectionTrait, Database, DatabaseConnection, DbBackend, SqliteTransactionMode,
    Statement, TransactionOptions, TransactionTrait,
};

use crate::clock::{Clock, IdSource, SystemClock, TimeOrderedIds};
use crate::door::Door;
use crate::error::StoreError;

/// How long a change may queue for a connection before it is answered as unavailable. On SQLite all changes of all
/// organisations share one writer, so a burst waits its turn here.
const QUEUE: Duration = Duration::from_secs(8);
/// How often what lies in the log is written back on SQLite.
const WRITE_BACK: Duration = Duration::from_millis(500);
/// The role that PostgreSQL is served with: it owns nothing.
const SERVING_ROLE: &str = "allowance_serving";
/// Tables whose rows never change and never go.
const APPEND_ONLY: [&str; 8] = [
    "ledger_entry",
    "ledger_batch",
    "standing_change",
    "credit_type_change",
    "membership_change",
    "rate_change",
    "exchange_rate",
    "audit_entry",
];

/// Why a database could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// The URL is of no kind we know.
    #[error("DATABASE_URL must begin with sqlite:// or postgres://")]
    Url,
    /// The database did not open.
    #[error("cannot open the database: {0}")]
    Open(String),
    /// The schema could not be brought up to date.
    #[error("cannot migrate the database: {0}")]
    Migrate(String),
}

/// What a store needs from outside.
#[derive(Clone)]
pub struct StoreOptions {
    /// The clock.
    pub clock: Arc<dyn Clock>,
    /// Where ids come from.
    pub ids: Arc<dyn IdSource>,
    /// Connections at most (PostgreSQL), readers at most (SQLite).
    pub max_connections: u32,
}

impl Default for StoreOptions {
    fn default() -> Self {
        Self {
            clock: Arc::new(SystemClock),
            ids: Arc::new(TimeOrderedIds::default()),
            max_connections: 16,
        }
    }
}

/// An open database.
#[derive(Clone)]
pub struct Store {
    pub(crate) writer: DatabaseConnection,
    pub(crate) reader: DatabaseConnection,
    /// Where batches are appended. They take the same few connections again and again, whose plans and caches are warm.
    pub(crate) appender: DatabaseConnection,
    door: Door,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) ids: Arc<dyn IdSource>,
}

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Store")
            .field("backend", &self.backend())
            .finish_non_exhaustive()
    }
}

impl Store {
    /// Opens `sqlite://FILE` or `postgres://…`. An SQLite file that is missing is made.
    ///
    /// # Errors
    /// [`ConnectError`] in words for the person who starts the server.
    pub async fn connect(url: &str, options: StoreOptions) -> Result<Self, ConnectError> {
        let (writer, reader, appender, door) = if url.starts_with("sqlite:") {
            let writer = open_sqlite(url, 1, false).await?;
            let reader = open_sqlite(url, options.max_connections, true).await?;
            (writer.clone(), reader, writer, Door::open())
        } else if url.starts_with("postgres:") || url.starts_with("postgresql:") {
            let (pool, appender) = open_postgres(url, options.max_connections, None).await?;
            (pool.clone(), pool, appender, Door::to(url)?)
        } else {
            return Err(ConnectError::Url);
        };
        Ok(Self {
            writer,
            reader,
            appender,
            door,
            clock: options.clock,
            ids: options.ids,
        })
    }

    /// Whether the database lets anybody in. It is asked seldom, however many want to know.
    pub async fn is_reachable(&self) -> bool {
        self.door.is_open().await
    }

    /// The same database by another clock.
    #[must_use]
    pub fn with_clock(&self, clock: Arc<dyn Clock>) -> Self {
        Self {
            clock,
            ..self.clone()
        }
    }

    /// Brings the schema up to date. Any number of instances may call it at once: one migrates, the others wait.
    ///
    /// # Errors
    /// [`ConnectError::Migrate`]; nothing is changed then.
    pub async fn migrate(&self) -> Result<(), ConnectError> {
        let failed = |error: sea_orm::DbErr| ConnectError::Migrate(error.to_string());
        if self.backend() == DbBackend::Postgres {
            self.make_lease_table().await.map_err(failed)?;
        }
        let tx = self
            .writer
            .begin_with_options(immediate())
            .await
            .map_err(failed)?;
        if self.backend() == DbBackend::Postgres {
            // The row lock is the lease: whoever comes second waits here and then finds nothing to do.
            tx.execute_unprepared("SELECT id FROM migration_lease WHERE id = 1 FOR UPDATE")
                .await
                .map_err(failed)?;
        }
        Migrator::up(&tx, None).await.map_err(failed)?;
        tx.commit().await.map_err(failed)
    }

    async fn make_lease_table(&self) -> Result<(), sea_orm::DbErr> {
        let sql = "CREATE TABLE IF NOT EXISTS migration_lease (id INTEGER PRIMARY KEY);
                   INSERT INTO migration_lease (id) VALUES (1) ON CONFLICT DO NOTHING";
        // Two instances that make the table at the same moment collide in the catalogue once; the second try finds it.
        for _ in 0..5 {
            if self.writer.execute_unprepared(sql).await.is_ok() {
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        self.writer.execute_unprepared(sql).await.map(drop)
    }

    /// Gives the connections up that may do everything, and takes ones that may only read and append what must never
    /// change: ledger, chain, standing changes, audit log. Nothing is to be done on SQLite, where triggers see to it.
    ///
    /// Where the role cannot be made or taken (the database's user may not make roles), the store stays as it is and the
    /// log says so.
    ///
    /// # Errors
    /// [`ConnectError::Open`] when the new connections cannot be had.
    pub async fn restrict(self, url: &str, options: &StoreOptions) -> Result<Self, ConnectError> {
        if self.backend() != DbBackend::Postgres {
            return Ok(self);
        }
        if let Err(error) = self.make_role().await {
            tracing::warn!(%error, "serving as the owner of the tables: the role {SERVING_ROLE} cannot be made");
            return Ok(self);
        }
        let (pool, appender) = open_postgres(url, options.max_connections, Some(SERVING_ROLE)).await?;
        let Self {
            writer,
            reader: _,
            appender: _,
            door,
            clock,
            ids,
        } = self;
        drop(writer.close().await);
        Ok(Self {
            writer: pool.clone(),
            reader: pool,
            appender,
            door,
            clock,
            ids,
        })
    }

    async fn make_role(&self) -> Result<(), sea_orm::DbErr> {
        let tx = self.writer.begin().await?;
        // Two instances that start at once take turns here.
        tx.execute_unprepared("SELECT id FROM migration_lease WHERE id = 1 FOR UPDATE")
            .await?;
        let known = format!("SELECT 1 FROM pg_roles WHERE rolname = '{SERVING_ROLE}'");
        if tx
            .query_one_raw(Statement::from_string(DbBackend::Postgres, known))
            .await?
            .is_none()
        {
            tx.execute_unprepared(&format!("CREATE ROLE {SERVING_ROLE} NOLOGIN"))
                .await?;
        }
        let append_only = APPEND_ONLY.join(", ");
        tx.execute_unprepared(&format!(
            "GRANT {SERVING_ROLE} TO CURRENT_USER;
             GRANT USAGE ON SCHEMA public TO {SERVING_ROLE};
             GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {SERVING_ROLE};
             REVOKE UPDATE, DELETE, TRUNCATE ON {append_only} FROM {SERVING_ROLE}"
        ))
        .await?;
        tx.commit().await
    }

    /// Whether the database answers.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when it does not.
    pub async fn ping(&self) -> Result<(), StoreError> {
        Ok(self.reader.execute_unprepared("SELECT 1").await.map(drop)?)
    }

    /// On SQLite, for as long as it is polled: writes what lies in the log back into the file, beside the writer, who would
    /// keep everybody waiting for it. Elsewhere there is nothing to do.
    pub async fn keep_written_back(self) {
        while self.backend() == DbBackend::Sqlite {
            tokio::time::sleep(WRITE_BACK).await;
            // Readers may: it changes no data.
            let done = self.reader.execute_unprepared("PRAGMA wal_checkpoint(PASSIVE)");
            if let Err(error) = done.await {
                tracing::warn!(%error, "the log could not be written back");
            }
        }
    }

    /// Now, by the store's clock.
    #[must_use]
    pub fn now(&self) -> allowance_values::Timestamp {
        self.clock.now()
    }

    /// Where reads go. On SQLite these connections cannot write.
    pub(crate) const fn read(&self) -> &DatabaseConnection {
        &self.reader
    }

    pub(crate) fn backend(&self) -> DbBackend {
        self.writer.get_database_backend()
    }

    /// Closes the connections; on SQLite the write-ahead log is folded into the file.
    pub async fn close(self) {
        drop(self.reader.close().await);
        drop(self.appender.close().await);
        drop(self.writer.close().await);
    }
}

/// Writers on SQLite take the write lock at once: a read that turns into a write would fail with BUSY.
pub(crate) fn immediate() -> TransactionOptions {
    TransactionOptions {
        sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
        ..Default::default()
    }
}

fn common(url: String) -> ConnectOptions {
    let mut options = ConnectOptions::new(url);
    options
        .sqlx_logging(false)
        .record_stmt_in_spans(false)
        .test_before_acquire(false)
        .acquire_timeout(QUEUE)
        .connect_timeout(Duration::from_secs(2));
    options
}

async fn open_sqlite(
    url: &str,
    connections: u32,
    only_reads: bool,
) -> Result<DatabaseConnection, ConnectError> {
    let failed = |error: String| ConnectError::Open(format!("{url}: {error}"));
    // Parsed once for a clear error; sea-orm parses it again from the text.
    SqliteConnectOptions::from_str(url).map_err(|error| failed(error.to_string()))?;
    let mut options = common(url.to_owned());
    options
        .max_connections(connections)
        .min_connections(1)
        .map_sqlx_sqlite_opts(move |options| {
            let options = options
                .create_if_missing(!only_reads)
                .journal_mode(SqliteJournalMode::Wal)
                .synchronous(SqliteSynchronous::Full)
                .foreign_keys(true)
                .busy_timeout(Duration::from_secs(5))
                .statement_cache_capacity(400)
                .pragma("recursive_triggers", "ON")
                .pragma("temp_store", "MEMORY")
                // A reader writes the log back beside the writer ([`Store::keep_written_back`]), who does the rest after 64 MB.
                .pragma("wal_autocheckpoint", "16000");
            if only_reads {
                options.pragma("query_only", "ON").pragma("cache_size", "-4000")
            } else {
                options.pragma("cache_size", "-12000")
            }
        });
    Database::connect(options)
        .await
        .map_err(|error| failed(error.to_string()))
}

/// The connections for everything, and a quarter of them, at most so many, for batches.
const APPENDERS: u32 = 4;

async fn open_postgres(
    url: &str,
    connections: u32,
    role: Option<&'static str>,
) -> Result<(DatabaseConnection, DatabaseConnection), ConnectError> {
    let mut options = common(url.to_owned());
    options.map_sqlx_postgres_opts(move |options| {
        // A lock that is not had within five seconds is answered as busy, never as a hang.
        let options = options
            .options([("lock_timeout", "5s"), ("timezone", "UTC")])
            .statement_cache_capacity(200);
        match role {
            Some(role) => options.options([("role", role)]),
            None => options,
        }
    });
    let appenders = (connections / 4).clamp(1, APPENDERS);
    let mut for_batches = options.clone();
    for_batches
        .max_connections(appenders)
        .min_connections(0)
        .connect_lazy(true);
    options
        .max_connections(connections.saturating_sub(appenders).max(1))
        .min_connections(1);
    // The URL may hold a password; the driver's words do not repeat it.
    let failed = |error: sea_orm::DbErr| ConnectError::Open(error.to_string());
    Ok((
        Database::connect(options).await.map_err(failed)?,
        Database::connect(for_batches).await.map_err(failed)?,
    ))
}
