//! Usage that names nobody is kept aside like that of unknown people; and a name of a source that was matched may stand for
//! the person from then on.

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::{ConnectionTrait, DbBackend};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

/// SQLite changes no constraint of a table that is there.
const AGAIN: &str = "
    CREATE TABLE kept_usage_again (
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
        converted_nanos BIGINT,
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
        CONSTRAINT kept_usage_name_kind_known
            CHECK (name_kind IN ('person_id', 'email', 'external_id', 'nobody')),
        CONSTRAINT kept_usage_has_one_amount CHECK ((cost_nanos IS NULL) <> (amount IS NULL)),
        CONSTRAINT kept_usage_ends_once CHECK (discarded_at IS NULL OR person_id IS NULL)
    );
    INSERT INTO kept_usage_again (organisation_id, source, event_id, digest, name_kind, name_key, name, credit_type_id,
            happened_at, kept_at, cost_nanos, currency, converted_nanos, amount, provider, model, operation, tags, metadata,
            api_key_id, request_id, person_id, refusal, discarded_at)
        SELECT organisation_id, source, event_id, digest, name_kind, name_key, name, credit_type_id,
            happened_at, kept_at, cost_nanos, currency, converted_nanos, amount, provider, model, operation, tags, metadata,
            api_key_id, request_id, person_id, refusal, discarded_at
        FROM kept_usage;
    DROP TABLE kept_usage;
    ALTER TABLE kept_usage_again RENAME TO kept_usage;
    CREATE INDEX kept_usage_matched ON kept_usage (organisation_id, person_id) WHERE person_id IS NOT NULL";

const IN_PLACE: &str = "
    ALTER TABLE kept_usage DROP CONSTRAINT kept_usage_name_kind_known;
    ALTER TABLE kept_usage ADD CONSTRAINT kept_usage_name_kind_known
        CHECK (name_kind IN ('person_id', 'email', 'external_id', 'nobody'));
    DROP INDEX kept_usage_by_name";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let wider = match manager.get_connection().get_database_backend() {
            DbBackend::Sqlite => AGAIN,
            _ => IN_PLACE,
        };
        crate::run(manager, wider).await?;
        crate::run(
            manager,
            "
            CREATE INDEX kept_usage_by_name ON kept_usage (organisation_id, name_kind, name_key, source)
                WHERE discarded_at IS NULL AND person_id IS NULL;

            CREATE TABLE usage_alias (
                organisation_id {uuid} NOT NULL,
                name_kind TEXT NOT NULL,
                name_key {key} NOT NULL,
                source {key} NOT NULL,
                id {uuid} NOT NULL,
                name TEXT NOT NULL,
                person_id {uuid} NOT NULL,
                made_at BIGINT NOT NULL,
                made_by {uuid},
                CONSTRAINT usage_alias_key PRIMARY KEY (organisation_id, name_kind, name_key, source),
                CONSTRAINT usage_alias_id_unique UNIQUE (organisation_id, id),
                CONSTRAINT usage_alias_person FOREIGN KEY (organisation_id, person_id)
                    REFERENCES person (organisation_id, id),
                CONSTRAINT usage_alias_name_kind_known CHECK (name_kind IN ('email', 'external_id', 'nobody'))
            )
            ",
        )
        .await
    }
}
