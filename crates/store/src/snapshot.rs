//! A snapshot to read from: whatever is read in it was true at one instant.

use sea_orm::{AccessMode, DatabaseTransaction, DbBackend, IsolationLevel, TransactionTrait};

use crate::connect::Store;
use crate::error::StoreError;

impl Store {
    /// A transaction that only reads. It is rolled back when it is dropped.
    pub(crate) async fn snapshot(&self) -> Result<DatabaseTransaction, StoreError> {
        // On SQLite a reader's transaction is a snapshot anyway, and its driver complains about being told.
        let tx = if self.backend() == DbBackend::Postgres {
            let (isolation, access) = (IsolationLevel::RepeatableRead, AccessMode::ReadOnly);
            self.read()
                .begin_with_config(Some(isolation), Some(access))
                .await?
        } else {
            self.read().begin().await?
        };
        Ok(tx)
    }
}
