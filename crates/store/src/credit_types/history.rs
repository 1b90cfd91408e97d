//! What the settings were, and from when: append-only, each change at a position of the ledger and an instant.

use allowance_values::{CreditTypeId, OrganisationId, PersonId, Timestamp};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, Set};
use uuid::Uuid;

use crate::connect::Store;
use crate::entities::credit_type_change;
use crate::error::StoreError;
use crate::tx::Tx;

/// A setting that changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SettingChange {
    /// Which, by its name in the credit type.
    pub setting: &'static str,
    /// How it was; nothing for the first value.
    pub before: Option<String>,
    /// How it is from then on.
    pub after: String,
}

/// A change as it is read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SettingChangeRow {
    /// Rises with time; a page starts before one.
    pub id: Uuid,
    /// The position of the ledger from which it holds.
    pub from_seq: i64,
    /// From when.
    pub at: Timestamp,
    /// Which setting.
    pub setting: String,
    /// How it was.
    pub before: Option<String>,
    /// How it is from then on.
    pub after: String,
    /// Who changed it; nobody for the system.
    pub actor: Option<PersonId>,
}

impl Store {
    /// Changes of a credit type's settings, newest first, older than `before`.
    ///
    /// # Errors
    /// The store's own error.
    pub async fn list_setting_changes(
        &self,
        organisation: OrganisationId,
        credit_type: CreditTypeId,
        before: Option<Uuid>,
        limit: u64,
    ) -> Result<Vec<SettingChangeRow>, StoreError> {
        let mut query = credit_type_change::Entity::find()
            .filter(credit_type_change::Column::OrganisationId.eq(organisation.uuid()))
            .filter(credit_type_change::Column::CreditTypeId.eq(credit_type.uuid()));
        if let Some(before) = before {
            query = query.filter(credit_type_change::Column::Id.lt(before));
        }
        let rows = query
            .order_by_desc(credit_type_change::Column::Id)
            .limit(limit)
            .all(self.read())
            .await?;
        let row = |row: credit_type_change::Model| SettingChangeRow {
            id: row.id,
            from_seq: row.from_seq,
            at: Timestamp::from_micros(row.at),
            setting: row.setting,
            before: row.before_text,
            after: row.after_text,
            actor: row.actor_id.map(PersonId::new),
        };
        Ok(rows.into_iter().map(row).collect())
    }
}

impl Tx {
    /// Writes changes of settings that hold from here on.
    ///
    /// # Errors
    /// The store's own error.
    pub async fn record_settings(
        &self,
        credit_type: CreditTypeId,
        changes: Vec<SettingChange>,
    ) -> Result<(), StoreError> {
        if changes.is_empty() {
            return Ok(());
        }
        let rows = changes.into_iter().map(|change| {
            let SettingChange {
                setting,
                before,
                after,
            } = change;
            credit_type_change::ActiveModel {
                organisation_id: Set(self.organisation().uuid()),
                credit_type_id: Set(credit_type.uuid()),
                id: Set(self.new_id()),
                from_seq: Set(self.head().seq.saturating_add(1)),
                at: Set(self.at().micros()),
                setting: Set(setting.to_owned()),
                before_text: Set(before),
                after_text: Set(after),
                actor_id: Set(self.origin().actor.map(PersonId::uuid)),
            }
        });
        credit_type_change::Entity::insert_many(rows)
            .exec_without_returning(self.connection())
            .await?;
        Ok(())
    }
}
