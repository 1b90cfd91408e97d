//! The head counts the changes of its organisation, whatever they change, so that who knows the books at a count knows
//! whether they still are what they were.

use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        crate::run(
            manager,
            "ALTER TABLE ledger_head ADD COLUMN changes BIGINT NOT NULL DEFAULT 0",
        )
        .await
    }
}
