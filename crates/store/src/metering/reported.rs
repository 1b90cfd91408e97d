//! Whether things were reported before, for a batch that is decided from memory.

use std::collections::HashMap;

use allowance_values::OrganisationId;
use sea_orm::{ConnectionTrait, Statement};

use crate::clause::Clause;
use crate::connect::Store;
use crate::error::StoreError;

/// Ids by source.
type BySource = HashMap<String, Vec<String>>;

impl Store {
    /// Whether any of this was reported before: events that were counted, events that were kept aside, holds.
    ///
    /// # Errors
    /// The store's own error.
    pub async fn was_reported(
        &self,
        organisation: OrganisationId,
        counted: &BySource,
        kept: &BySource,
        holds: &BySource,
    ) -> Result<bool, StoreError> {
        let places = [
            ("usage_event", "event_id", counted),
            ("kept_usage", "event_id", kept),
            ("credit_hold", "reference", holds),
        ];
        for (table, column, by_source) in places {
            for (source, ids) in by_source {
                let mut clause = Clause::new("organisation_id = $1", vec![organisation.uuid().into()]);
                let source = clause.bind(source.as_str());
                clause.and(&format!("source = {source}"));
                let ids = ids.iter().map(|id| id.as_str().into()).collect();
                let any = clause.is_any(self.backend(), column, ids);
                clause.and(&any);
                let sql = format!("SELECT 1 FROM {table} WHERE {} LIMIT 1", clause.text);
                let statement = Statement::from_sql_and_values(self.backend(), sql, clause.values);
                if self.read().query_one_raw(statement).await?.is_some() {
                    return Ok(true);
                }
            }
        }
        Ok(false)
    }
}
