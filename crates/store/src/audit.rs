//! The audit log: who did what to what, append-only. Before and after lie in an erasable row beside the entry; the entry
//! itself carries ids and a digest.

use allowance_values::{AuditEntryId, OrganisationId, PersonId, Timestamp};
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, FromQueryResult, QueryFilter, QueryOrder, QuerySelect,
    RelationTrait, Set,
};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::connect::Store;
use crate::entities::{audit_detail, audit_entry};
use crate::error::StoreError;
use crate::tx::Origin;

/// Rows per statement: a row has 8 columns, and SQLite takes 32,766 parameters.
const ROWS: usize = 2_000;

/// One change, as a use case records it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditRecord {
    /// The operation, like `update_group`.
    pub action: &'static str,
    /// The id of what was changed.
    pub target: String,
    /// How it was, as JSON.
    pub before: Option<serde_json::Value>,
    /// How it is, as JSON.
    pub after: Option<serde_json::Value>,
}

/// One line of the log as it is read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditLine {
    /// The id; rises with time.
    pub id: AuditEntryId,
    /// When.
    pub at: Timestamp,
    /// Who; nobody for the system.
    pub actor: Option<PersonId>,
    /// The operation.
    pub action: String,
    /// The id of what was changed.
    pub target: String,
    /// How it was, as JSON text.
    pub before: Option<String>,
    /// How it is, as JSON text.
    pub after: Option<String>,
    /// The request's id.
    pub request_id: Option<String>,
}

/// Which lines are asked for.
#[derive(Debug, Clone, Default)]
pub struct AuditFilter {
    /// Only what this person did.
    pub actor: Option<PersonId>,
    /// Only this operation.
    pub action: Option<String>,
    /// Only this target.
    pub target: Option<String>,
    /// Only lines older than this one.
    pub before: Option<AuditEntryId>,
}

/// Writes the records of one change, each under its id, many rows per statement.
pub(crate) async fn write<C: ConnectionTrait>(
    connection: &C,
    origin: &Origin,
    at: Timestamp,
    records: Vec<(Uuid, AuditRecord)>,
) -> Result<(), StoreError> {
    let mut entries = Vec::with_capacity(records.len());
    let mut details = Vec::with_capacity(records.len());
    for (id, record) in records {
        let AuditRecord {
            action,
            target,
            before,
            after,
        } = record;
        let text = |value: Option<serde_json::Value>| value.map(|value| value.to_string());
        let (before, after) = (text(before), text(after));
        let mut digest = Sha256::new();
        for part in [
            before.as_deref().unwrap_or(""),
            "\0",
            after.as_deref().unwrap_or(""),
        ] {
            digest.update(part.as_bytes());
        }
        entries.push(audit_entry::ActiveModel {
            organisation_id: Set(origin.organisation.uuid()),
            id: Set(id),
            at: Set(at.micros()),
            actor_id: Set(origin.actor.map(PersonId::uuid)),
            action: Set(action.to_owned()),
            target: Set(target),
            digest: Set(digest.finalize().to_vec()),
            request_id: Set(origin.request_id.clone()),
        });
        if before.is_some() || after.is_some() {
            details.push(audit_detail::ActiveModel {
                organisation_id: Set(origin.organisation.uuid()),
                audit_entry_id: Set(id),
                before: Set(before),
                after: Set(after),
            });
        }
    }
    for rows in entries.chunks(ROWS) {
        audit_entry::Entity::insert_many(rows.to_vec())
            .exec_without_returning(connection)
            .await?;
    }
    for rows in details.chunks(ROWS) {
        audit_detail::Entity::insert_many(rows.to_vec())
            .exec_without_returning(connection)
            .await?;
    }
    Ok(())
}

#[derive(FromQueryResult)]
struct Row {
    id: Uuid,
    at: i64,
    actor_id: Option<Uuid>,
    action: String,
    target: String,
    before: Option<String>,
    after: Option<String>,
    request_id: Option<String>,
}

impl Store {
    /// Lines of the audit log, newest first.
    ///
    /// # Errors
    /// The store's own error.
    pub async fn list_audit(
        &self,
        organisation: OrganisationId,
        filter: AuditFilter,
        limit: u64,
    ) -> Result<Vec<AuditLine>, StoreError> {
        let AuditFilter {
            actor,
            action,
            target,
            before,
        } = filter;
        let mut query = audit_entry::Entity::find()
            .column(audit_detail::Column::Before)
            .column(audit_detail::Column::After)
            .join(sea_orm::JoinType::LeftJoin, audit_entry::Relation::Detail.def())
            .filter(audit_entry::Column::OrganisationId.eq(organisation.uuid()));
        if let Some(actor) = actor {
            query = query.filter(audit_entry::Column::ActorId.eq(actor.uuid()));
        }
        if let Some(action) = action {
            query = query.filter(audit_entry::Column::Action.eq(action));
        }
        if let Some(target) = target {
            query = query.filter(audit_entry::Column::Target.eq(target));
        }
        if let Some(before) = before {
            query = query.filter(audit_entry::Column::Id.lt(before.uuid()));
        }
        let rows = query
            .order_by_desc(audit_entry::Column::Id)
            .limit(limit)
            .into_model::<Row>()
            .all(self.read())
            .await?;
        Ok(rows
            .into_iter()
            .map(
                |Row {
                     id,
                     at,
                     actor_id,
                     action,
                     target,
                     before,
                     after,
                     request_id,
                 }| AuditLine {
                    id: AuditEntryId::new(id),
                    at: Timestamp::from_micros(at),
                    actor: actor_id.map(PersonId::new),
                    action,
                    target,
                    before,
                    after,
                    request_id,
                },
            )
            .collect())
    }
}
