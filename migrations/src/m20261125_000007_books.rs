//! What the books' proof has proven so far: how far it got, what the accounts held there, and what it found.

use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        crate::run(
            manager,
            "
            CREATE TABLE books_proof (
                organisation_id {uuid} NOT NULL,
                seq BIGINT NOT NULL,
                hash {bytes} NOT NULL,
                at BIGINT NOT NULL,
                begun_at BIGINT NOT NULL,
                proven_at BIGINT,
                proven_seq BIGINT NOT NULL,
                finding TEXT,
                leased_by {uuid},
                leased_until BIGINT NOT NULL,
                CONSTRAINT books_proof_key PRIMARY KEY (organisation_id),
                CONSTRAINT books_proof_organisation FOREIGN KEY (organisation_id) REFERENCES organisation (id)
            ) {hot};

            CREATE TABLE books_sum (
                organisation_id {uuid} NOT NULL,
                credit_type_id {uuid} NOT NULL,
                cycle_number BIGINT NOT NULL,
                account TEXT NOT NULL,
                group_id {uuid} NOT NULL,
                amount BIGINT NOT NULL,
                CONSTRAINT books_sum_key
                    PRIMARY KEY (organisation_id, credit_type_id, cycle_number, account, group_id)
            ) {hot};

            CREATE TABLE books_member_sum (
                organisation_id {uuid} NOT NULL,
                credit_type_id {uuid} NOT NULL,
                cycle_number BIGINT NOT NULL,
                person_id {uuid} NOT NULL,
                group_id {uuid} NOT NULL,
                amount BIGINT NOT NULL,
                CONSTRAINT books_member_sum_key
                    PRIMARY KEY (organisation_id, credit_type_id, cycle_number, person_id, group_id)
            ) {hot}
            ",
        )
        .await
    }
}
