//! Other currencies: what a unit of each is worth in the organisation's, from when; and what costs came to by that.
//!
//! A cost stays as it was reported. Beside it stand the exchange rate and what the cost came to in the organisation's
//! currency; both are absent where it was in that currency already.

use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        crate::run(
            manager,
            "
            CREATE TABLE exchange_rate (
                organisation_id {uuid} NOT NULL,
                id {uuid} NOT NULL,
                currency TEXT NOT NULL,
                rate_nanos BIGINT NOT NULL,
                since BIGINT NOT NULL,
                recorded_at BIGINT NOT NULL,
                recorded_by {uuid} NOT NULL,
                CONSTRAINT exchange_rate_key PRIMARY KEY (organisation_id, id),
                CONSTRAINT exchange_rate_order UNIQUE (organisation_id, currency, since, recorded_at, id),
                CONSTRAINT exchange_rate_organisation FOREIGN KEY (organisation_id) REFERENCES organisation (id),
                CONSTRAINT exchange_rate_positive CHECK (rate_nanos > 0)
            );

            ALTER TABLE usage_event ADD COLUMN exchange_nanos BIGINT;
            ALTER TABLE usage_event ADD COLUMN converted_nanos BIGINT;
            ALTER TABLE credit_hold ADD COLUMN exchange_nanos BIGINT;
            ALTER TABLE credit_hold ADD COLUMN converted_nanos BIGINT;
            ALTER TABLE capture_cost ADD COLUMN exchange_nanos BIGINT;
            ALTER TABLE capture_cost ADD COLUMN converted_nanos BIGINT;
            ALTER TABLE charge ADD COLUMN exchange_nanos BIGINT;
            ALTER TABLE charge ADD COLUMN converted_nanos BIGINT;
            ALTER TABLE kept_usage ADD COLUMN converted_nanos BIGINT
            ",
        )
        .await?;
        crate::make_append_only(manager, &["exchange_rate"]).await
    }
}
