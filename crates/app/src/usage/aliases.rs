//! Names that stand for people, made when usage is matched: listing them, and taking them back.

use allowance_domain::authz::{Action, Permit};
use allowance_store::{AliasRow, AuditRecord, Done, Holder, Tx};
use allowance_values::{PersonId, UsageAliasId};

use crate::context::{App, Caller};
use crate::error::{Error, Result};

/// A name with whom it stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AliasLine {
    /// The name.
    pub row: AliasRow,
    /// Whom it stands for.
    pub holder: Holder,
    /// Who said so.
    pub made_by: Option<Holder>,
}

/// A page of the names that stand for people, the newest first, made before one of them.
///
/// # Errors
/// [`Error::Forbidden`].
pub async fn list_usage_aliases(
    app: &App,
    caller: &Caller,
    before: Option<UsageAliasId>,
    limit: u64,
) -> Result<Vec<AliasLine>> {
    Permit::for_organisation(&caller.actor, Action::ListUsageAliases)?;
    let organisation = caller.actor.organisation;
    let rows = app.store.list_aliases(organisation, before, limit).await?;
    let people: Vec<PersonId> = rows
        .iter()
        .flat_map(|row| [Some(row.person), row.made_by])
        .flatten()
        .collect();
    let holders = app.store.holders(organisation, &people).await?;
    let line = |row: AliasRow| {
        let broken = || Error::Internal(format!("{} stands for nobody", row.id));
        Ok(AliasLine {
            holder: holders.get(&row.person).cloned().ok_or_else(broken)?,
            made_by: row.made_by.and_then(|person| holders.get(&person).cloned()),
            row,
        })
    };
    rows.into_iter().map(line).collect()
}

/// Takes back that a name stands for somebody. What was counted stays.
///
/// # Errors
/// [`Error::Forbidden`]; [`Error::NotFound`].
pub async fn delete_usage_alias(mut tx: Tx, caller: &Caller, id: UsageAliasId) -> Result<Done<()>> {
    Permit::for_organisation(&caller.actor, Action::DeleteUsageAlias)?;
    let AliasRow {
        id: _,
        source,
        name,
        person,
        made_at: _,
        made_by: _,
    } = tx.delete_alias(id).await?.ok_or(Error::NotFound)?;
    tx.audit(AuditRecord {
        action: Action::DeleteUsageAlias.name(),
        target: id.to_string(),
        before: Some(serde_json::json!({
            "kind": name.kind.as_str(), "name": name.text, "source": source, "person": person.to_string(),
        })),
        after: None,
    });
    Ok(tx.done(()))
}
