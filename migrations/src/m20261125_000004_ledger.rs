//! Credit types, cycles, standing allocations, balances and the append-only ledger.
//!
//! No CHECK forbids a negative balance: an overhang and an overage are legal states, and the rules that bound them are
//! the domain's.

use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        crate::run(
            manager,
            "
            CREATE TABLE credit_type (
                organisation_id {uuid} NOT NULL,
                id {uuid} NOT NULL,
                name TEXT NOT NULL,
                name_key {key} NOT NULL,
                decimals INTEGER NOT NULL,
                rate_side TEXT NOT NULL,
                rate_nanos BIGINT NOT NULL,
                cadence TEXT NOT NULL,
                limit_micros BIGINT NOT NULL,
                enforcement TEXT NOT NULL,
                distribution TEXT NOT NULL,
                rollover_percent INTEGER NOT NULL,
                rollover_cap BIGINT,
                rollover_cycles INTEGER NOT NULL,
                version BIGINT NOT NULL,
                created_at BIGINT NOT NULL,
                CONSTRAINT credit_type_key PRIMARY KEY (organisation_id, id),
                CONSTRAINT credit_type_name_unique UNIQUE (organisation_id, name_key),
                CONSTRAINT credit_type_organisation FOREIGN KEY (organisation_id) REFERENCES organisation (id),
                CONSTRAINT credit_type_decimals_bounded CHECK (decimals BETWEEN 0 AND 6),
                CONSTRAINT credit_type_rate_not_negative CHECK (rate_nanos >= 0),
                CONSTRAINT credit_type_limit_not_negative CHECK (limit_micros >= 0),
                CONSTRAINT credit_type_rollover_bounded CHECK (rollover_percent BETWEEN 0 AND 100)
            );

            CREATE TABLE cycle (
                organisation_id {uuid} NOT NULL,
                credit_type_id {uuid} NOT NULL,
                number BIGINT NOT NULL,
                id {uuid} NOT NULL,
                starts_at BIGINT NOT NULL,
                ends_at BIGINT NOT NULL,
                opened_by TEXT NOT NULL,
                is_open BOOLEAN NOT NULL,
                limit_micros BIGINT NOT NULL,
                carried BIGINT NOT NULL,
                used BIGINT NOT NULL,
                held BIGINT NOT NULL,
                allocated BIGINT NOT NULL,
                CONSTRAINT cycle_key PRIMARY KEY (organisation_id, credit_type_id, number),
                CONSTRAINT cycle_id_unique UNIQUE (organisation_id, id),
                CONSTRAINT cycle_credit_type FOREIGN KEY (organisation_id, credit_type_id)
                    REFERENCES credit_type (organisation_id, id),
                CONSTRAINT cycle_half_open CHECK (starts_at < ends_at)
            ) {hot};
            CREATE UNIQUE INDEX cycle_one_open ON cycle (organisation_id, credit_type_id) WHERE is_open;
            CREATE INDEX cycle_by_end ON cycle (ends_at) WHERE is_open;

            CREATE TABLE group_standing (
                organisation_id {uuid} NOT NULL,
                credit_type_id {uuid} NOT NULL,
                group_id {uuid} NOT NULL,
                monthly BIGINT NOT NULL,
                reserve BIGINT NOT NULL,
                members_monthly BIGINT NOT NULL,
                CONSTRAINT group_standing_key PRIMARY KEY (organisation_id, credit_type_id, group_id),
                CONSTRAINT group_standing_group FOREIGN KEY (organisation_id, group_id)
                    REFERENCES allocation_group (organisation_id, id),
                CONSTRAINT group_standing_not_negative CHECK (monthly >= 0 AND reserve >= 0 AND members_monthly >= 0)
            ) {hot};

            CREATE TABLE member_standing (
                organisation_id {uuid} NOT NULL,
                credit_type_id {uuid} NOT NULL,
                person_id {uuid} NOT NULL,
                monthly BIGINT NOT NULL,
                cap BIGINT,
                CONSTRAINT member_standing_key PRIMARY KEY (organisation_id, credit_type_id, person_id),
                CONSTRAINT member_standing_person FOREIGN KEY (organisation_id, person_id)
                    REFERENCES person (organisation_id, id),
                CONSTRAINT member_standing_not_negative CHECK (monthly >= 0 AND (cap IS NULL OR cap >= 0))
            ) {hot};

            CREATE TABLE standing_change (
                organisation_id {uuid} NOT NULL,
                credit_type_id {uuid} NOT NULL,
                subject_id {uuid} NOT NULL,
                what TEXT NOT NULL,
                id {uuid} NOT NULL,
                from_seq BIGINT NOT NULL,
                at BIGINT NOT NULL,
                before_amount BIGINT,
                after_amount BIGINT,
                CONSTRAINT standing_change_key
                    PRIMARY KEY (organisation_id, credit_type_id, subject_id, what, id)
            );

            CREATE TABLE group_cycle (
                organisation_id {uuid} NOT NULL,
                credit_type_id {uuid} NOT NULL,
                cycle_number BIGINT NOT NULL,
                group_id {uuid} NOT NULL,
                monthly BIGINT NOT NULL,
                extra BIGINT NOT NULL,
                carried BIGINT NOT NULL,
                members_carried BIGINT NOT NULL,
                distributed BIGINT NOT NULL,
                reserve BIGINT NOT NULL,
                reserve_given BIGINT NOT NULL,
                used BIGINT NOT NULL,
                held BIGINT NOT NULL,
                uncovered BIGINT NOT NULL,
                CONSTRAINT group_cycle_key PRIMARY KEY (organisation_id, credit_type_id, cycle_number, group_id),
                CONSTRAINT group_cycle_cycle FOREIGN KEY (organisation_id, credit_type_id, cycle_number)
                    REFERENCES cycle (organisation_id, credit_type_id, number)
            ) {hot};

            CREATE TABLE member_cycle (
                organisation_id {uuid} NOT NULL,
                credit_type_id {uuid} NOT NULL,
                person_id {uuid} NOT NULL,
                cycle_number BIGINT NOT NULL,
                group_id {uuid} NOT NULL,
                monthly BIGINT NOT NULL,
                extra BIGINT NOT NULL,
                carried BIGINT NOT NULL,
                used BIGINT NOT NULL,
                held BIGINT NOT NULL,
                CONSTRAINT member_cycle_key PRIMARY KEY (organisation_id, credit_type_id, person_id, cycle_number),
                CONSTRAINT member_cycle_cycle FOREIGN KEY (organisation_id, credit_type_id, cycle_number)
                    REFERENCES cycle (organisation_id, credit_type_id, number)
            ) {hot};
            CREATE INDEX member_cycle_by_cycle
                ON member_cycle (organisation_id, credit_type_id, cycle_number, person_id);

            CREATE TABLE lot (
                organisation_id {uuid} NOT NULL,
                id {uuid} NOT NULL,
                credit_type_id {uuid} NOT NULL,
                person_id {uuid} NOT NULL,
                cycle_number BIGINT NOT NULL,
                made_in_cycle BIGINT NOT NULL,
                origin TEXT NOT NULL,
                source TEXT NOT NULL,
                granted BIGINT NOT NULL,
                amount BIGINT NOT NULL,
                ended BIGINT NOT NULL,
                priority INTEGER NOT NULL,
                expiry TEXT NOT NULL,
                expires_at BIGINT,
                expires_after_cycle BIGINT,
                made_at BIGINT NOT NULL,
                made_by {uuid},
                reason TEXT,
                is_open BOOLEAN NOT NULL,
                CONSTRAINT lot_key PRIMARY KEY (organisation_id, id),
                CONSTRAINT lot_amounts_bounded CHECK (granted > 0 AND amount >= 0 AND ended >= 0)
            );
            CREATE INDEX lot_by_member ON lot (organisation_id, credit_type_id, person_id, is_open);
            CREATE INDEX lot_by_expiry ON lot (expires_at) WHERE is_open;

            CREATE TABLE charge (
                organisation_id {uuid} NOT NULL,
                id {uuid} NOT NULL,
                credit_type_id {uuid} NOT NULL,
                person_id {uuid} NOT NULL,
                group_id {uuid} NOT NULL,
                cycle_number BIGINT NOT NULL,
                amount BIGINT NOT NULL,
                over_by BIGINT NOT NULL,
                cost_nanos BIGINT,
                currency TEXT,
                rate_side TEXT,
                rate_nanos BIGINT,
                note TEXT NOT NULL,
                made_at BIGINT NOT NULL,
                made_by {uuid},
                reversed_at BIGINT,
                CONSTRAINT charge_key PRIMARY KEY (organisation_id, id),
                CONSTRAINT charge_amount_positive CHECK (amount > 0)
            );

            CREATE TABLE ledger_batch (
                organisation_id {uuid} NOT NULL,
                first_seq BIGINT NOT NULL,
                last_seq BIGINT NOT NULL,
                at BIGINT NOT NULL,
                hash {bytes} NOT NULL,
                CONSTRAINT ledger_batch_key PRIMARY KEY (organisation_id, last_seq),
                CONSTRAINT ledger_batch_not_empty CHECK (first_seq <= last_seq)
            );

            CREATE TABLE ledger_entry (
                organisation_id {uuid} NOT NULL,
                seq BIGINT NOT NULL,
                at BIGINT NOT NULL,
                kind TEXT NOT NULL,
                credit_type_id {uuid} NOT NULL,
                cycle_number BIGINT NOT NULL,
                from_kind TEXT NOT NULL,
                from_group {uuid},
                to_kind TEXT NOT NULL,
                to_group {uuid},
                person_id {uuid},
                amount BIGINT NOT NULL,
                subject_id {uuid},
                actor_id {uuid},
                request_id TEXT,
                CONSTRAINT ledger_entry_key PRIMARY KEY (organisation_id, seq),
                CONSTRAINT ledger_entry_amount_positive CHECK (amount > 0)
            );
            CREATE INDEX ledger_entry_by_person
                ON ledger_entry (organisation_id, credit_type_id, person_id, seq) WHERE person_id IS NOT NULL
            ",
        )
        .await?;
        crate::make_append_only(manager, &["ledger_entry", "ledger_batch", "standing_change"]).await
    }
}
