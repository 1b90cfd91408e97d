//! How usage is counted: what a rate was and from when, which credit type usage counts against, and usage that is kept
//! aside because its person is not known.

use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        crate::run(
            manager,
            "
            ALTER TABLE ledger_head ADD COLUMN terms_at BIGINT NOT NULL DEFAULT 0;
            UPDATE ledger_head SET terms_at = at;

            CREATE TABLE rate_change (
                organisation_id {uuid} NOT NULL,
                credit_type_id {uuid} NOT NULL,
                version BIGINT NOT NULL,
                at BIGINT NOT NULL,
                rate_side TEXT NOT NULL,
                rate_nanos BIGINT NOT NULL,
                CONSTRAINT rate_change_key PRIMARY KEY (organisation_id, credit_type_id, version),
                CONSTRAINT rate_change_credit_type FOREIGN KEY (organisation_id, credit_type_id)
                    REFERENCES credit_type (organisation_id, id)
            );
            INSERT INTO rate_change (organisation_id, credit_type_id, version, at, rate_side, rate_nanos)
                SELECT organisation_id, id, version, created_at, rate_side, rate_nanos FROM credit_type;

            CREATE TABLE usage_settings (
                organisation_id {uuid} NOT NULL,
                credit_type_id {uuid},
                unknown_people TEXT NOT NULL,
                rules TEXT NOT NULL,
                has_kept BOOLEAN NOT NULL,
                version BIGINT NOT NULL,
                CONSTRAINT usage_settings_key PRIMARY KEY (organisation_id),
                CONSTRAINT usage_settings_organisation FOREIGN KEY (organisation_id) REFERENCES organisation (id),
                CONSTRAINT usage_settings_credit_type FOREIGN KEY (organisation_id, credit_type_id)
                    REFERENCES credit_type (organisation_id, id),
                CONSTRAINT usage_settings_unknown_people_known CHECK (unknown_people IN ('refuse', 'keep'))
            );

            CREATE TABLE kept_usage (
                organisation_id {uuid} NOT NULL,
                source {key} NOT NULL,
                event_id {key} NOT NULL,
                digest {bytes} NOT NULL,
                name_kind TEXT NOT NULL,
                name_key {key} NOT NULL,
                name TEXT NOT NULL,
                credit_type_id {uuid},
                happened_at BIGINT NOT NULL,
                kept_at BIGINT NOT NULL,
                cost_nanos BIGINT,
                currency TEXT,
                amount BIGINT,
                provider TEXT,
                model TEXT,
                operation TEXT,
                tags TEXT,
                metadata TEXT,
                api_key_id {uuid},
                request_id TEXT,
                person_id {uuid},
                refusal TEXT,
                discarded_at BIGINT,
                CONSTRAINT kept_usage_key PRIMARY KEY (organisation_id, source, event_id),
                CONSTRAINT kept_usage_person FOREIGN KEY (organisation_id, person_id)
                    REFERENCES person (organisation_id, id),
                CONSTRAINT kept_usage_name_kind_known CHECK (name_kind IN ('person_id', 'email', 'external_id')),
                CONSTRAINT kept_usage_has_one_amount CHECK ((cost_nanos IS NULL) <> (amount IS NULL)),
                CONSTRAINT kept_usage_ends_once CHECK (discarded_at IS NULL OR person_id IS NULL)
            );
            CREATE INDEX kept_usage_by_name ON kept_usage (organisation_id, name_kind, name_key)
                WHERE discarded_at IS NULL AND person_id IS NULL;
            CREATE INDEX kept_usage_matched ON kept_usage (organisation_id, person_id)
                WHERE person_id IS NOT NULL
            ",
        )
        .await?;
        crate::make_append_only(manager, &["rate_change"]).await
    }
}
