//! A migrated database per test binary and backend; every test makes its own organisation.

use std::sync::Arc;

use allowance_store::{ManualClock, Store, StoreOptions};
use allowance_values::Timestamp;

/// A database of its own, removed with the value.
pub(crate) struct TestDatabase {
    pub(crate) store: Store,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) url: String,
    file: Option<std::path::PathBuf>,
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        for suffix in ["", "-wal", "-shm"] {
            if let Some(file) = &self.file {
                drop(std::fs::remove_file(format!("{}{suffix}", file.display())));
            }
        }
    }
}

/// A file for an empty database, removed with the value.
pub(crate) struct Scratch(String);

impl Default for Scratch {
    fn default() -> Self {
        let name = format!("allowance_scratch_{}.db", uuid::Uuid::now_v7().simple());
        Self(std::env::temp_dir().join(name).display().to_string())
    }
}

impl Scratch {
    pub(crate) fn path(&self) -> &str {
        &self.0
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        for suffix in ["", "-wal", "-shm"] {
            drop(std::fs::remove_file(format!("{}{suffix}", self.0)));
        }
    }
}

/// When tests begin.
pub(crate) fn start() -> Timestamp {
    "2026-11-20T10:00:00Z".parse().unwrap()
}

async fn open(url: String, file: Option<std::path::PathBuf>) -> TestDatabase {
    let clock = Arc::new(ManualClock::new(start()));
    let options = StoreOptions {
        clock: clock.clone(),
        ..StoreOptions::default()
    };
    let store = Store::connect(&url, options).await.unwrap();
    store.migrate().await.unwrap();
    TestDatabase {
        store,
        clock,
        url,
        file,
    }
}

/// SQLite always, PostgreSQL where a server is named.
pub(crate) async fn databases() -> Vec<TestDatabase> {
    let name = format!("allowance_test_{}", uuid::Uuid::now_v7().simple());
    let file = std::env::temp_dir().join(format!("{name}.db"));
    let mut all = vec![open(format!("sqlite://{}", file.display()), Some(file)).await];
    if let Ok(server) = std::env::var("ALLOWANCE_TEST_POSTGRES") {
        allowance_store::testing::create_postgres_database(&server, &name).await;
        let (base, _) = server.rsplit_once('/').unwrap();
        all.push(open(format!("{base}/{name}"), None).await);
    }
    all
}
