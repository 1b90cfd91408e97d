//! Credit requests with what happened to them, and the organisation's own settings.
//!
//! What people wrote lies in these rows and nowhere in the ledger: it can be erased without breaking the chain.

use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        crate::run(
            manager,
            "
            ALTER TABLE organisation ADD COLUMN managers_decide_requests BOOLEAN NOT NULL DEFAULT FALSE;
            ALTER TABLE organisation ADD COLUMN denial_needs_reason BOOLEAN NOT NULL DEFAULT FALSE;
            ALTER TABLE organisation ADD COLUMN undo_hours INTEGER NOT NULL DEFAULT 24;
            ALTER TABLE organisation ADD COLUMN version BIGINT NOT NULL DEFAULT 1;

            CREATE TABLE credit_request (
                organisation_id {uuid} NOT NULL,
                id {uuid} NOT NULL,
                credit_type_id {uuid} NOT NULL,
                person_id {uuid} NOT NULL,
                amount BIGINT NOT NULL,
                term TEXT NOT NULL,
                reason TEXT NOT NULL,
                status TEXT NOT NULL,
                submitted_at BIGINT NOT NULL,
                closed_at BIGINT,
                approved_amount BIGINT,
                approved_term TEXT,
                cycle_number BIGINT,
                decided_by {uuid},
                decision_note TEXT,
                version BIGINT NOT NULL,
                CONSTRAINT credit_request_key PRIMARY KEY (organisation_id, id),
                CONSTRAINT credit_request_person FOREIGN KEY (organisation_id, person_id)
                    REFERENCES person (organisation_id, id),
                CONSTRAINT credit_request_credit_type FOREIGN KEY (organisation_id, credit_type_id)
                    REFERENCES credit_type (organisation_id, id),
                CONSTRAINT credit_request_decider FOREIGN KEY (organisation_id, decided_by)
                    REFERENCES person (organisation_id, id),
                CONSTRAINT credit_request_amount_positive CHECK (amount > 0 AND (approved_amount IS NULL OR approved_amount > 0)),
                CONSTRAINT credit_request_status_known CHECK (status IN
                    ('pending', 'information_requested', 'approved', 'auto_approved', 'denied', 'withdrawn')),
                CONSTRAINT credit_request_closed CHECK
                    ((closed_at IS NULL) = (status IN ('pending', 'information_requested'))),
                CONSTRAINT credit_request_nobody_for_themselves CHECK (decided_by IS NULL OR decided_by <> person_id)
            );
            CREATE INDEX credit_request_by_time
                ON credit_request (organisation_id, credit_type_id, submitted_at, id);
            CREATE INDEX credit_request_by_status
                ON credit_request (organisation_id, credit_type_id, status, submitted_at, id);
            CREATE INDEX credit_request_open
                ON credit_request (organisation_id, credit_type_id, submitted_at, id) WHERE closed_at IS NULL;
            CREATE INDEX credit_request_by_person
                ON credit_request (organisation_id, person_id, credit_type_id, submitted_at, id);
            CREATE INDEX credit_request_by_decider
                ON credit_request (organisation_id, decided_by) WHERE decided_by IS NOT NULL;

            CREATE TABLE credit_request_event (
                organisation_id {uuid} NOT NULL,
                credit_request_id {uuid} NOT NULL,
                number BIGINT NOT NULL,
                kind TEXT NOT NULL,
                at BIGINT NOT NULL,
                actor_id {uuid},
                text TEXT,
                CONSTRAINT credit_request_event_key PRIMARY KEY (organisation_id, credit_request_id, number),
                CONSTRAINT credit_request_event_request FOREIGN KEY (organisation_id, credit_request_id)
                    REFERENCES credit_request (organisation_id, id)
            )
            ",
        )
        .await
    }
}
