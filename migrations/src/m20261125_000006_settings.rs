//! Settings with a history, cycles that can be ended by hand and reopened, people brought forward by a job, credits per
//! new user.

use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        crate::run(
            manager,
            "
            ALTER TABLE credit_type ADD COLUMN sign_up BIGINT NOT NULL DEFAULT 0;
            ALTER TABLE credit_type ADD COLUMN sign_up_is_pro_rata BOOLEAN NOT NULL DEFAULT FALSE;
            ALTER TABLE credit_type ADD COLUMN most_per_request BIGINT;
            ALTER TABLE credit_type ADD COLUMN most_per_person BIGINT;
            ALTER TABLE credit_type ADD COLUMN archived_at BIGINT;

            ALTER TABLE cycle ADD COLUMN planned_end BIGINT;
            ALTER TABLE cycle ADD COLUMN opened_limit BIGINT;
            ALTER TABLE cycle ADD COLUMN opened_seq BIGINT;
            ALTER TABLE cycle ADD COLUMN stretch_of BIGINT;
            ALTER TABLE cycle ADD COLUMN rollover_percent INTEGER;
            ALTER TABLE cycle ADD COLUMN rollover_cap BIGINT;
            ALTER TABLE cycle ADD COLUMN rollover_cycles INTEGER;
            ALTER TABLE cycle ADD COLUMN distribution TEXT;
            UPDATE cycle SET
                rollover_percent = (SELECT rollover_percent FROM credit_type
                    WHERE organisation_id = cycle.organisation_id AND id = cycle.credit_type_id),
                rollover_cap = (SELECT rollover_cap FROM credit_type
                    WHERE organisation_id = cycle.organisation_id AND id = cycle.credit_type_id),
                rollover_cycles = (SELECT rollover_cycles FROM credit_type
                    WHERE organisation_id = cycle.organisation_id AND id = cycle.credit_type_id),
                distribution = (SELECT distribution FROM credit_type
                    WHERE organisation_id = cycle.organisation_id AND id = cycle.credit_type_id)
                WHERE NOT is_open;

            ALTER TABLE member_cycle ADD COLUMN is_settled BOOLEAN NOT NULL DEFAULT FALSE;
            UPDATE member_cycle SET is_settled = TRUE WHERE EXISTS (SELECT 1 FROM member_cycle later
                WHERE later.organisation_id = member_cycle.organisation_id
                AND later.credit_type_id = member_cycle.credit_type_id
                AND later.person_id = member_cycle.person_id
                AND later.cycle_number > member_cycle.cycle_number);
            CREATE INDEX member_cycle_to_settle
                ON member_cycle (organisation_id, credit_type_id, cycle_number, person_id) WHERE NOT is_settled;

            CREATE INDEX lot_open
                ON lot (organisation_id, credit_type_id, expires_after_cycle, person_id) WHERE is_open;

            CREATE TABLE credit_type_change (
                organisation_id {uuid} NOT NULL,
                credit_type_id {uuid} NOT NULL,
                id {uuid} NOT NULL,
                from_seq BIGINT NOT NULL,
                at BIGINT NOT NULL,
                setting TEXT NOT NULL,
                before_text TEXT,
                after_text TEXT NOT NULL,
                actor_id {uuid},
                CONSTRAINT credit_type_change_key PRIMARY KEY (organisation_id, credit_type_id, id),
                CONSTRAINT credit_type_change_credit_type FOREIGN KEY (organisation_id, credit_type_id)
                    REFERENCES credit_type (organisation_id, id)
            );

            CREATE TABLE reset_group (
                organisation_id {uuid} NOT NULL,
                credit_type_id {uuid} NOT NULL,
                cycle_number BIGINT NOT NULL,
                group_id {uuid} NOT NULL,
                monthly BIGINT NOT NULL,
                reserve BIGINT NOT NULL,
                distributed BIGINT NOT NULL,
                carried BIGINT NOT NULL,
                CONSTRAINT reset_group_key PRIMARY KEY (organisation_id, credit_type_id, cycle_number, group_id)
            );

            CREATE TABLE reset_member (
                organisation_id {uuid} NOT NULL,
                credit_type_id {uuid} NOT NULL,
                cycle_number BIGINT NOT NULL,
                person_id {uuid} NOT NULL,
                group_id {uuid} NOT NULL,
                is_touched BOOLEAN NOT NULL,
                is_counted BOOLEAN NOT NULL,
                monthly BIGINT NOT NULL,
                extra BIGINT NOT NULL,
                carried BIGINT NOT NULL,
                used BIGINT NOT NULL,
                held BIGINT NOT NULL,
                given BIGINT NOT NULL,
                crossed BIGINT NOT NULL,
                lapsed BIGINT NOT NULL,
                CONSTRAINT reset_member_key PRIMARY KEY (organisation_id, credit_type_id, cycle_number, person_id)
            );

            CREATE TABLE reset_lot (
                organisation_id {uuid} NOT NULL,
                credit_type_id {uuid} NOT NULL,
                cycle_number BIGINT NOT NULL,
                person_id {uuid} NOT NULL,
                lot_id {uuid} NOT NULL,
                amount BIGINT NOT NULL,
                ended BIGINT NOT NULL,
                expires_after_cycle BIGINT,
                is_open BOOLEAN NOT NULL,
                CONSTRAINT reset_lot_key
                    PRIMARY KEY (organisation_id, credit_type_id, cycle_number, person_id, lot_id)
            );

            CREATE TABLE sign_up_grant (
                organisation_id {uuid} NOT NULL,
                credit_type_id {uuid} NOT NULL,
                person_id {uuid} NOT NULL,
                due BIGINT NOT NULL,
                granted BIGINT NOT NULL,
                at BIGINT NOT NULL,
                CONSTRAINT sign_up_grant_key PRIMARY KEY (organisation_id, credit_type_id, person_id),
                CONSTRAINT sign_up_grant_person FOREIGN KEY (organisation_id, person_id)
                    REFERENCES person (organisation_id, id),
                CONSTRAINT sign_up_grant_bounded CHECK (due > 0 AND granted >= 0 AND granted <= due)
            );
            CREATE INDEX sign_up_grant_unfunded
                ON sign_up_grant (organisation_id, credit_type_id, at) WHERE granted < due
            ",
        )
        .await?;
        crate::make_append_only(manager, &["credit_type_change"]).await
    }
}
