//! Cost tracking: the roll-up and how far it got, threshold alerts, and what both need to know of cycles, events and holds.
//!
//! What burnt credits is in the ledger, and its position there says whether it is rolled up. What burnt none (the rate was
//! zero) has no entry: an event's `position` is the organisation's, the one its commit moved the head to.

use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        crate::run(
            manager,
            "
            ALTER TABLE usage_event RENAME COLUMN seq TO position;
            UPDATE usage_event SET position = 0;
            CREATE INDEX usage_event_unburnt ON usage_event (organisation_id, position) WHERE amount = 0;

            ALTER TABLE cycle ADD COLUMN time_zone TEXT NOT NULL DEFAULT 'UTC';
            UPDATE cycle SET time_zone = (SELECT time_zone FROM organisation WHERE id = cycle.organisation_id);

            CREATE TABLE capture_cost (
                organisation_id {uuid} NOT NULL,
                hold_id {uuid} NOT NULL,
                cost_nanos BIGINT NOT NULL,
                currency TEXT NOT NULL,
                rate_side TEXT NOT NULL,
                rate_nanos BIGINT NOT NULL,
                CONSTRAINT capture_cost_key PRIMARY KEY (organisation_id, hold_id),
                CONSTRAINT capture_cost_hold FOREIGN KEY (organisation_id, hold_id)
                    REFERENCES credit_hold (organisation_id, id),
                CONSTRAINT capture_cost_not_negative CHECK (cost_nanos >= 0)
            );

            ALTER TABLE credit_type ADD COLUMN alert_thresholds TEXT NOT NULL DEFAULT '50,80,100';

            CREATE TABLE cost_rollup (
                organisation_id {uuid} NOT NULL,
                seq BIGINT NOT NULL,
                position BIGINT NOT NULL,
                leased_by {uuid},
                leased_until BIGINT NOT NULL,
                CONSTRAINT cost_rollup_key PRIMARY KEY (organisation_id),
                CONSTRAINT cost_rollup_organisation FOREIGN KEY (organisation_id) REFERENCES organisation (id)
            ) {hot};

            CREATE TABLE cost_sum (
                organisation_id {uuid} NOT NULL,
                credit_type_id {uuid} NOT NULL,
                happened_day INTEGER NOT NULL,
                counted_day INTEGER NOT NULL,
                happened_cycle BIGINT NOT NULL,
                cycle_number BIGINT NOT NULL,
                group_id {uuid} NOT NULL,
                person_id {uuid} NOT NULL,
                label {uuid} NOT NULL,
                provider {key} NOT NULL,
                model {key} NOT NULL,
                operation {key} NOT NULL,
                tags {key} NOT NULL,
                credits_high BIGINT NOT NULL,
                credits_low BIGINT NOT NULL,
                cost_high BIGINT NOT NULL,
                cost_low BIGINT NOT NULL,
                events BIGINT NOT NULL,
                CONSTRAINT cost_sum_key PRIMARY KEY (organisation_id, credit_type_id, happened_day, counted_day,
                    happened_cycle, cycle_number, group_id, person_id, label)
            ) {clustered} {hot};
            CREATE INDEX cost_sum_by_count ON cost_sum (organisation_id, credit_type_id, counted_day);
            CREATE INDEX cost_sum_strays ON cost_sum (organisation_id, credit_type_id, counted_day)
                WHERE happened_day <> counted_day OR happened_cycle <> cycle_number;

            CREATE TABLE threshold_alert (
                organisation_id {uuid} NOT NULL,
                credit_type_id {uuid} NOT NULL,
                cycle_number BIGINT NOT NULL,
                scope TEXT NOT NULL,
                subject_id {uuid} NOT NULL,
                threshold INTEGER NOT NULL,
                id {uuid} NOT NULL,
                at BIGINT NOT NULL,
                used BIGINT NOT NULL,
                whole BIGINT NOT NULL,
                CONSTRAINT threshold_alert_key
                    PRIMARY KEY (organisation_id, credit_type_id, cycle_number, scope, subject_id, threshold),
                CONSTRAINT threshold_alert_id_unique UNIQUE (organisation_id, id),
                CONSTRAINT threshold_alert_scope_known CHECK (scope IN ('organisation', 'group', 'member'))
            )
            ",
        )
        .await
    }
}
