//! On PostgreSQL, rows that platforms write by the thousand lose their foreign keys: checking them took a lock on the person
//! and one on the cycle for each row, and as long as the row itself. A batch is decided on people, credit types and cycles
//! that it has loaded under the head or knows by the head's count, and none of them is ever deleted. On SQLite, where a check
//! is a look into an index, they stay.

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::{ConnectionTrait, DbBackend};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        if manager.get_connection().get_database_backend() != DbBackend::Postgres {
            return Ok(());
        }
        crate::run(
            manager,
            "
            ALTER TABLE usage_event DROP CONSTRAINT usage_event_person, DROP CONSTRAINT usage_event_cycle;
            ALTER TABLE credit_hold DROP CONSTRAINT credit_hold_person, DROP CONSTRAINT credit_hold_credit_type
            ",
        )
        .await
    }
}
