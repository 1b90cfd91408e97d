//! The audit log's rows, with their erasable detail.
#![allow(
    dead_code,
    unreachable_pub,
    reason = "sea-orm's derives write pub items, and more than each table needs"
)]

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "audit_entry")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub organisation_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub at: i64,
    pub actor_id: Option<Uuid>,
    pub action: String,
    pub target: String,
    pub digest: Vec<u8>,
    pub request_id: Option<String>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    #[sea_orm(
        belongs_to = "super::audit_detail::Entity",
        from = "(Column::OrganisationId, Column::Id)",
        to = "(super::audit_detail::Column::OrganisationId, super::audit_detail::Column::AuditEntryId)"
    )]
    Detail,
}

impl ActiveModelBehavior for ActiveModel {}
