//! Where each area of an organisation last changed: on the head, which every change writes anyway.

use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        crate::run(
            manager,
            "
            ALTER TABLE ledger_head ADD COLUMN position BIGINT NOT NULL DEFAULT 0;
            ALTER TABLE ledger_head ADD COLUMN allocations_changed BIGINT NOT NULL DEFAULT 0;
            ALTER TABLE ledger_head ADD COLUMN credit_requests_changed BIGINT NOT NULL DEFAULT 0;
            ALTER TABLE ledger_head ADD COLUMN settings_changed BIGINT NOT NULL DEFAULT 0;
            ALTER TABLE ledger_head ADD COLUMN people_changed BIGINT NOT NULL DEFAULT 0;
            ALTER TABLE ledger_head ADD COLUMN groups_changed BIGINT NOT NULL DEFAULT 0
            ",
        )
        .await
    }
}
