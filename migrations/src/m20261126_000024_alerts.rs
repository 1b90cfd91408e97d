//! Where the organisation's alerts last changed, on the head beside the other areas. Only whoever raises an alert writes it.

use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        crate::run(
            manager,
            "ALTER TABLE ledger_head ADD COLUMN alerts_changed BIGINT NOT NULL DEFAULT 0",
        )
        .await
    }
}
