//! Moves by HR that took only what fitted: what of somebody's credits the new group could not fund. A row says so until
//! somebody allocates to that person again.

use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        crate::run(
            manager,
            "
            CREATE TABLE short_move (
                organisation_id {uuid} NOT NULL,
                credit_type_id {uuid} NOT NULL,
                person_id {uuid} NOT NULL,
                group_id {uuid} NOT NULL,
                missing BIGINT NOT NULL,
                at BIGINT NOT NULL,
                seq BIGINT NOT NULL,
                CONSTRAINT short_move_key PRIMARY KEY (organisation_id, credit_type_id, person_id),
                CONSTRAINT short_move_person FOREIGN KEY (organisation_id, person_id)
                    REFERENCES person (organisation_id, id),
                CONSTRAINT short_move_group FOREIGN KEY (organisation_id, group_id)
                    REFERENCES allocation_group (organisation_id, id),
                CONSTRAINT short_move_bounded CHECK (missing > 0)
            )
            ",
        )
        .await
    }
}
