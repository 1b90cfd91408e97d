//! Passwords, sessions and invitations. Tokens lie here only as hashes.

use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        crate::run(
            manager,
            "
            CREATE TABLE credential (
                organisation_id {uuid} NOT NULL,
                person_id {uuid} NOT NULL,
                password_hash TEXT NOT NULL,
                changed_at BIGINT NOT NULL,
                CONSTRAINT credential_key PRIMARY KEY (organisation_id, person_id),
                CONSTRAINT credential_person FOREIGN KEY (organisation_id, person_id)
                    REFERENCES person (organisation_id, id)
            );

            CREATE TABLE session (
                organisation_id {uuid} NOT NULL,
                id {uuid} NOT NULL,
                person_id {uuid} NOT NULL,
                refresh_hash {bytes} NOT NULL,
                previous_hash {bytes},
                rotated_at BIGINT NOT NULL,
                created_at BIGINT NOT NULL,
                expires_at BIGINT NOT NULL,
                revoked_at BIGINT,
                CONSTRAINT session_key PRIMARY KEY (organisation_id, id),
                CONSTRAINT session_person FOREIGN KEY (organisation_id, person_id)
                    REFERENCES person (organisation_id, id)
            );
            CREATE INDEX session_by_person ON session (organisation_id, person_id);

            CREATE TABLE invitation (
                organisation_id {uuid} NOT NULL,
                token_hash {bytes} NOT NULL,
                person_id {uuid} NOT NULL,
                expires_at BIGINT NOT NULL,
                used_at BIGINT,
                CONSTRAINT invitation_key PRIMARY KEY (organisation_id, token_hash),
                CONSTRAINT invitation_person FOREIGN KEY (organisation_id, person_id)
                    REFERENCES person (organisation_id, id)
            );
            CREATE INDEX invitation_by_token ON invitation (token_hash)
            ",
        )
        .await
    }
}
