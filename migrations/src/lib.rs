//! The schema, step by step, for SQLite and PostgreSQL.
//!
//! One file is one migration, written as SQL that both databases read; what differs is a word from [`Words`]. Every
//! constraint is named, because the store turns the name of one that fires into a typed error. Every tenant table leads
//! with the organisation: in its key, its uniques and its foreign keys. Amounts are BIGINT micro-units, instants BIGINT
//! microseconds since the epoch, both because SQLite would otherwise go through floats and texts of varying length.
//! The schema only goes forward: to go back, restore a backup.

#![expect(
    elided_lifetimes_in_paths,
    reason = "the trait of sea-orm-migration is written so"
)]

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::{ConnectionTrait, DbBackend};

pub use sea_orm_migration::MigratorTrait;

mod m20261125_000001_organisations;
mod m20261125_000002_people;
mod m20261125_000003_sessions;
mod m20261125_000004_ledger;
mod m20261125_000005_credit_requests;
mod m20261125_000006_settings;
mod m20261125_000007_books;
mod m20261125_000008_live;
mod m20261125_000009_metering;
mod m20261125_000010_history;
mod m20261126_000011_moves;
mod m20261126_000012_usage;
mod m20261126_000013_costs;
mod m20261126_000014_currencies;
mod m20261126_000021_changes;
mod m20261126_000022_hot_rows;
mod m20261126_000024_alerts;
mod m20261126_000025_aliases;

/// All migrations in order.
#[derive(Debug)]
pub struct Migrator;

impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(m20261125_000001_organisations::Migration),
            Box::new(m20261125_000002_people::Migration),
            Box::new(m20261125_000003_sessions::Migration),
            Box::new(m20261125_000004_ledger::Migration),
            Box::new(m20261125_000005_credit_requests::Migration),
            Box::new(m20261125_000006_settings::Migration),
            Box::new(m20261125_000007_books::Migration),
            Box::new(m20261125_000008_live::Migration),
            Box::new(m20261125_000009_metering::Migration),
            Box::new(m20261125_000010_history::Migration),
            Box::new(m20261126_000011_moves::Migration),
            Box::new(m20261126_000012_usage::Migration),
            Box::new(m20261126_000013_costs::Migration),
            Box::new(m20261126_000014_currencies::Migration),
            Box::new(m20261126_000021_changes::Migration),
            Box::new(m20261126_000022_hot_rows::Migration),
            Box::new(m20261126_000024_alerts::Migration),
            Box::new(m20261126_000025_aliases::Migration),
        ]
    }
}

/// The words in which the two databases differ.
struct Words {
    uuid: &'static str,
    bytes: &'static str,
    /// A text that is compared and sorted by its characters' numbers, whatever the database's own language.
    key: &'static str,
    /// A table that is its own key: its rows lie in the key's order.
    clustered: &'static str,
    /// Room for in-place updates of rows that posting touches again and again.
    hot: &'static str,
}

impl Words {
    fn of(backend: DbBackend) -> Self {
        if backend == DbBackend::Postgres {
            Self {
                uuid: "UUID",
                bytes: "BYTEA",
                key: "TEXT COLLATE \"C\"",
                clustered: "",
                hot: "WITH (fillfactor = 60)",
            }
        } else {
            Self {
                uuid: "BLOB",
                bytes: "BLOB",
                key: "TEXT",
                clustered: "WITHOUT ROWID",
                hot: "",
            }
        }
    }
}

/// Runs statements separated by `;`, with `{uuid}` and the other [`Words`] replaced by the database's own.
async fn run(manager: &SchemaManager<'_>, sql: &str) -> Result<(), DbErr> {
    let connection = manager.get_connection();
    let words = Words::of(connection.get_database_backend());
    let sql = sql
        .replace("{uuid}", words.uuid)
        .replace("{bytes}", words.bytes)
        .replace("{key}", words.key)
        .replace("{clustered}", words.clustered)
        .replace("{hot}", words.hot);
    for statement in sql
        .split(';')
        .map(str::trim)
        .filter(|statement| !statement.is_empty())
    {
        connection.execute_unprepared(statement).await?;
    }
    Ok(())
}

/// On SQLite, where every connection owns the tables, rows of these tables can neither change nor go.
/// On PostgreSQL the same is done by serving as a role that may only insert and read.
async fn make_append_only(manager: &SchemaManager<'_>, tables: &[&str]) -> Result<(), DbErr> {
    let connection = manager.get_connection();
    if connection.get_database_backend() != DbBackend::Sqlite {
        return Ok(());
    }
    for table in tables {
        for verb in ["UPDATE", "DELETE"] {
            let sql = format!(
                "CREATE TRIGGER {table}_no_{verb} BEFORE {verb} ON {table} \
                 BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
            );
            connection.execute_unprepared(&sql).await?;
        }
    }
    Ok(())
}
