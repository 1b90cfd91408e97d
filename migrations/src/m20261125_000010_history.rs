//! Who was in which group, and from when: append-only, so that a past moment can be looked at. Limits, allocations and
//! settings have their histories elsewhere.

use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        crate::run(
            manager,
            "
            CREATE TABLE membership_change (
                organisation_id {uuid} NOT NULL,
                person_id {uuid} NOT NULL,
                version BIGINT NOT NULL,
                at BIGINT NOT NULL,
                group_id {uuid} NOT NULL,
                CONSTRAINT membership_change_key PRIMARY KEY (organisation_id, person_id, version),
                CONSTRAINT membership_change_person FOREIGN KEY (organisation_id, person_id)
                    REFERENCES person (organisation_id, id)
            );
            INSERT INTO membership_change (organisation_id, person_id, version, at, group_id)
                SELECT organisation_id, id, version, created_at, group_id FROM person;

            CREATE INDEX ledger_batch_by_time ON ledger_batch (organisation_id, at, last_seq)
            ",
        )
        .await?;
        crate::make_append_only(manager, &["membership_change"]).await
    }
}
