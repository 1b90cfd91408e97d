//! Platforms' keys, the use they report, and the holds they place.
//!
//! A key lies here only as a hash. An event is unique by source and id for good, and a hold by source and reference; the
//! row is the answer that a repetition gets.

use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        crate::run(
            manager,
            "
            CREATE TABLE api_key (
                organisation_id {uuid} NOT NULL,
                id {uuid} NOT NULL,
                name TEXT NOT NULL,
                hint TEXT NOT NULL,
                secret_hash {bytes} NOT NULL,
                scopes TEXT NOT NULL,
                created_at BIGINT NOT NULL,
                created_by {uuid} NOT NULL,
                expires_at BIGINT,
                revoked_at BIGINT,
                last_used_at BIGINT,
                CONSTRAINT api_key_key PRIMARY KEY (organisation_id, id),
                CONSTRAINT api_key_creator FOREIGN KEY (organisation_id, created_by)
                    REFERENCES person (organisation_id, id)
            );

            CREATE INDEX person_by_number ON person (organisation_id, employee_number) WHERE employee_number IS NOT NULL;

            CREATE TABLE usage_event (
                organisation_id {uuid} NOT NULL,
                source {key} NOT NULL,
                event_id {key} NOT NULL,
                id {uuid} NOT NULL,
                digest {bytes} NOT NULL,
                credit_type_id {uuid} NOT NULL,
                person_id {uuid} NOT NULL,
                group_id {uuid} NOT NULL,
                cycle_number BIGINT NOT NULL,
                happened_at BIGINT NOT NULL,
                recorded_at BIGINT NOT NULL,
                is_late BOOLEAN NOT NULL,
                cost_nanos BIGINT,
                currency TEXT,
                rate_side TEXT,
                rate_nanos BIGINT,
                amount BIGINT NOT NULL,
                over_by BIGINT NOT NULL,
                provider TEXT,
                model TEXT,
                operation TEXT,
                tags TEXT,
                metadata TEXT,
                api_key_id {uuid},
                request_id TEXT,
                seq BIGINT NOT NULL,
                CONSTRAINT usage_event_key PRIMARY KEY (organisation_id, source, event_id),
                CONSTRAINT usage_event_id_unique UNIQUE (organisation_id, id),
                CONSTRAINT usage_event_person FOREIGN KEY (organisation_id, person_id)
                    REFERENCES person (organisation_id, id),
                CONSTRAINT usage_event_cycle FOREIGN KEY (organisation_id, credit_type_id, cycle_number)
                    REFERENCES cycle (organisation_id, credit_type_id, number),
                CONSTRAINT usage_event_amounts_bounded CHECK
                    (amount >= 0 AND over_by >= 0 AND (cost_nanos IS NULL OR cost_nanos >= 0))
            );

            CREATE TABLE credit_hold (
                organisation_id {uuid} NOT NULL,
                id {uuid} NOT NULL,
                source {key} NOT NULL,
                reference {key} NOT NULL,
                digest {bytes} NOT NULL,
                credit_type_id {uuid} NOT NULL,
                person_id {uuid} NOT NULL,
                group_id {uuid} NOT NULL,
                amount BIGINT NOT NULL,
                held BIGINT NOT NULL,
                captured BIGINT NOT NULL,
                tolerance BIGINT NOT NULL,
                over_by BIGINT NOT NULL,
                cost_nanos BIGINT,
                currency TEXT,
                rate_side TEXT,
                rate_nanos BIGINT,
                note TEXT,
                state TEXT NOT NULL,
                placed_at BIGINT NOT NULL,
                expires_at BIGINT,
                ended_at BIGINT,
                api_key_id {uuid},
                CONSTRAINT credit_hold_key PRIMARY KEY (organisation_id, id),
                CONSTRAINT credit_hold_reference_unique UNIQUE (organisation_id, source, reference),
                CONSTRAINT credit_hold_person FOREIGN KEY (organisation_id, person_id)
                    REFERENCES person (organisation_id, id),
                CONSTRAINT credit_hold_credit_type FOREIGN KEY (organisation_id, credit_type_id)
                    REFERENCES credit_type (organisation_id, id),
                CONSTRAINT credit_hold_state_known CHECK (state IN ('open', 'captured', 'released', 'expired')),
                CONSTRAINT credit_hold_ends_once CHECK ((ended_at IS NULL) = (state = 'open')),
                CONSTRAINT credit_hold_amounts_bounded CHECK
                    (amount > 0 AND held BETWEEN 0 AND amount AND captured >= 0 AND tolerance >= 0 AND over_by >= 0)
            ) {hot};
            CREATE TABLE reset_hold (
                organisation_id {uuid} NOT NULL,
                credit_type_id {uuid} NOT NULL,
                cycle_number BIGINT NOT NULL,
                person_id {uuid} NOT NULL,
                hold_id {uuid} NOT NULL,
                group_id {uuid} NOT NULL,
                held BIGINT NOT NULL,
                CONSTRAINT reset_hold_key
                    PRIMARY KEY (organisation_id, credit_type_id, cycle_number, person_id, hold_id)
            );

            CREATE INDEX credit_hold_open
                ON credit_hold (organisation_id, credit_type_id, person_id, id) WHERE state = 'open';
            CREATE INDEX credit_hold_by_expiry ON credit_hold (expires_at) WHERE state = 'open';
            CREATE INDEX credit_hold_by_person ON credit_hold (organisation_id, person_id, id)
            ",
        )
        .await
    }
}
