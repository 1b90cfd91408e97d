//! Organisations, their heads, the server's own secrets, the audit log and saved answers.

use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        crate::run(
            manager,
            "
            CREATE TABLE server_secret (
                name TEXT NOT NULL,
                value TEXT NOT NULL,
                CONSTRAINT server_secret_key PRIMARY KEY (name)
            );

            CREATE TABLE organisation (
                id {uuid} NOT NULL,
                name TEXT NOT NULL,
                time_zone TEXT NOT NULL,
                currency TEXT NOT NULL,
                created_at BIGINT NOT NULL,
                CONSTRAINT organisation_key PRIMARY KEY (id)
            );

            CREATE TABLE ledger_head (
                organisation_id {uuid} NOT NULL,
                seq BIGINT NOT NULL,
                at BIGINT NOT NULL,
                hash {bytes} NOT NULL,
                epoch BIGINT NOT NULL,
                CONSTRAINT ledger_head_key PRIMARY KEY (organisation_id),
                CONSTRAINT ledger_head_organisation FOREIGN KEY (organisation_id) REFERENCES organisation (id),
                CONSTRAINT ledger_head_seq_not_negative CHECK (seq >= 0)
            ) {hot};

            CREATE TABLE audit_entry (
                organisation_id {uuid} NOT NULL,
                id {uuid} NOT NULL,
                at BIGINT NOT NULL,
                actor_id {uuid},
                action TEXT NOT NULL,
                target TEXT NOT NULL,
                digest {bytes} NOT NULL,
                request_id TEXT,
                CONSTRAINT audit_entry_key PRIMARY KEY (organisation_id, id),
                CONSTRAINT audit_entry_organisation FOREIGN KEY (organisation_id) REFERENCES organisation (id)
            );
            CREATE INDEX audit_entry_by_actor ON audit_entry (organisation_id, actor_id, id);
            CREATE INDEX audit_entry_by_target ON audit_entry (organisation_id, target, id);

            CREATE TABLE audit_detail (
                organisation_id {uuid} NOT NULL,
                audit_entry_id {uuid} NOT NULL,
                before TEXT,
                after TEXT,
                CONSTRAINT audit_detail_key PRIMARY KEY (organisation_id, audit_entry_id),
                CONSTRAINT audit_detail_entry FOREIGN KEY (organisation_id, audit_entry_id)
                    REFERENCES audit_entry (organisation_id, id)
            );

            CREATE TABLE idempotency_key (
                organisation_id {uuid} NOT NULL,
                principal_id {uuid} NOT NULL,
                route TEXT NOT NULL,
                key TEXT NOT NULL,
                body_hash {bytes} NOT NULL,
                status INTEGER NOT NULL,
                response TEXT NOT NULL,
                created_at BIGINT NOT NULL,
                CONSTRAINT idempotency_key_key PRIMARY KEY (organisation_id, principal_id, route, key)
            );
            CREATE INDEX idempotency_key_by_age ON idempotency_key (created_at);
            ",
        )
        .await?;
        crate::make_append_only(manager, &["audit_entry"]).await
    }
}
