//! Groups and people, and the words they are found by.

use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        crate::run(
            manager,
            "
            CREATE TABLE allocation_group (
                organisation_id {uuid} NOT NULL,
                id {uuid} NOT NULL,
                name TEXT NOT NULL,
                name_key {key} NOT NULL,
                is_default BOOLEAN NOT NULL,
                owner_id {uuid},
                member_count BIGINT NOT NULL,
                is_deleted BOOLEAN NOT NULL,
                version BIGINT NOT NULL,
                created_at BIGINT NOT NULL,
                CONSTRAINT allocation_group_key PRIMARY KEY (organisation_id, id),
                CONSTRAINT allocation_group_organisation FOREIGN KEY (organisation_id) REFERENCES organisation (id),
                CONSTRAINT allocation_group_member_count_not_negative CHECK (member_count >= 0),
                CONSTRAINT allocation_group_deleted_is_empty CHECK (member_count = 0 OR NOT is_deleted)
            ) {hot};
            CREATE UNIQUE INDEX allocation_group_name_unique ON allocation_group (organisation_id, name_key)
                WHERE NOT is_deleted;
            CREATE UNIQUE INDEX allocation_group_one_default ON allocation_group (organisation_id) WHERE is_default;

            CREATE TABLE person (
                organisation_id {uuid} NOT NULL,
                id {uuid} NOT NULL,
                email TEXT NOT NULL,
                email_key {key} NOT NULL,
                display_name TEXT NOT NULL,
                name_key {key} NOT NULL,
                title TEXT,
                department TEXT,
                division TEXT,
                location TEXT,
                employee_number TEXT,
                manager_id {uuid},
                hired_on TEXT,
                status TEXT NOT NULL,
                role TEXT NOT NULL,
                group_id {uuid} NOT NULL,
                version BIGINT NOT NULL,
                created_at BIGINT NOT NULL,
                CONSTRAINT person_key PRIMARY KEY (organisation_id, id),
                CONSTRAINT person_email_unique UNIQUE (organisation_id, email_key),
                CONSTRAINT person_group FOREIGN KEY (organisation_id, group_id)
                    REFERENCES allocation_group (organisation_id, id),
                CONSTRAINT person_manager FOREIGN KEY (organisation_id, manager_id)
                    REFERENCES person (organisation_id, id),
                CONSTRAINT person_not_own_manager CHECK (manager_id IS NULL OR manager_id <> id),
                CONSTRAINT person_status_known CHECK (status IN ('active', 'suspended', 'left')),
                CONSTRAINT person_role_known CHECK (role IN ('admin', 'finance', 'auditor', 'member'))
            );
            CREATE INDEX person_by_group ON person (organisation_id, group_id, name_key, id);
            CREATE INDEX person_by_name ON person (organisation_id, name_key, id);
            CREATE INDEX person_by_manager ON person (organisation_id, manager_id, name_key, id);
            CREATE INDEX person_by_sign_in ON person (email_key);
            CREATE INDEX person_admins ON person (organisation_id, id) WHERE role = 'admin';

            CREATE TABLE person_token (
                organisation_id {uuid} NOT NULL,
                token {key} NOT NULL,
                person_id {uuid} NOT NULL,
                CONSTRAINT person_token_key PRIMARY KEY (organisation_id, token, person_id),
                CONSTRAINT person_token_person FOREIGN KEY (organisation_id, person_id)
                    REFERENCES person (organisation_id, id)
            ) {clustered};
            CREATE INDEX person_token_by_person ON person_token (organisation_id, person_id, token)
            ",
        )
        .await
    }
}
