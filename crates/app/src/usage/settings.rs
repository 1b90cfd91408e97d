//! The settings: default credit type, rules, unknown people.

use allowance_domain::authz::{Action, Permit};
use allowance_domain::metering::{MAX_RULES, ModelPattern, UsageRule, UsageSettings};
use allowance_domain::people::clean_name;
use allowance_store::{AuditRecord, Done, Tx, UsageSettingsRow, rules_json};
use allowance_values::CreditTypeId;

use crate::context::{App, Caller};
use crate::error::{Error, FieldError, Result};

const MAX_PROVIDER_CHARS: usize = 100;
const MAX_MODEL_CHARS: usize = 200;
const MAX_TAG_CHARS: usize = 100;

/// What an edit must have seen.
#[must_use]
pub fn usage_etag(row: &UsageSettingsRow) -> String {
    row.version.to_string()
}

/// How the caller's organisation counts usage.
///
/// # Errors
/// The store's.
pub async fn get_usage_settings(app: &App, caller: &Caller) -> Result<UsageSettingsRow> {
    Ok(app.store.usage_settings(caller.actor.organisation).await?)
}

/// Sets how usage is counted, for what comes from now on.
///
/// # Errors
/// [`Error::Forbidden`], [`Error::Stale`], [`Error::Fields`].
pub async fn set_usage_settings(
    mut tx: Tx,
    caller: &Caller,
    seen: &str,
    wanted: &UsageSettings,
) -> Result<Done<UsageSettingsRow>> {
    Permit::for_organisation(&caller.actor, Action::SetUsageSettings)?;
    let before = tx.usage_settings().await?;
    if usage_etag(&before) != seen {
        return Err(Error::Stale);
    }
    let settings = checked(&tx, wanted).await?;
    if settings == before.settings {
        return Ok(tx.done(before));
    }
    let after = UsageSettingsRow {
        settings,
        has_kept: before.has_kept,
        version: before.version.saturating_add(1),
    };
    tx.write_usage_settings(&after).await?;
    tx.audit(AuditRecord {
        action: Action::SetUsageSettings.name(),
        target: tx.organisation().to_string(),
        before: Some(audited(&before.settings)),
        after: Some(audited(&after.settings)),
    });
    Ok(tx.done(after))
}

/// The settings with their texts made clean, or everything that is wrong with them.
async fn checked(tx: &Tx, wanted: &UsageSettings) -> Result<UsageSettings> {
    let usable: Vec<CreditTypeId> = tx
        .list_credit_types()
        .await?
        .into_iter()
        .filter(|row| row.archived_at.is_none())
        .map(|row| row.terms.id)
        .collect();
    let mut wrong = Vec::new();
    let mut known = |id: CreditTypeId, pointer: String| {
        if !usable.contains(&id) {
            wrong.push(FieldError::invalid(
                &pointer,
                "Name a credit type that is not archived.".to_owned(),
            ));
        }
    };
    if let Some(default) = wanted.default {
        known(default, "/credit_type_id".to_owned());
    }
    for (index, rule) in wanted.rules.iter().enumerate() {
        known(rule.credit_type, format!("/rules/{index}/credit_type_id"));
    }
    if wanted.rules.len() > MAX_RULES {
        let detail = format!("Send at most {MAX_RULES} rules.");
        wrong.push(FieldError::invalid("/rules", detail));
    }
    let mut rules = Vec::with_capacity(wanted.rules.len());
    for (index, rule) in wanted.rules.iter().enumerate() {
        let mut clean = |text: Option<&str>, field: &str, max: usize| {
            let cleaned = text.map(|text| clean_name(text, max)).transpose();
            cleaned.unwrap_or_else(|fault| {
                let detail = format!("Mend this: {fault}.");
                wrong.push(FieldError::invalid(format!("/rules/{index}/{field}"), detail));
                None
            })
        };
        let model = rule.model.as_ref().map(ModelPattern::text);
        let provider = clean(rule.provider.as_deref(), "provider", MAX_PROVIDER_CHARS);
        let model = clean(model.as_deref(), "model", MAX_MODEL_CHARS);
        let tag = clean(rule.tag.as_deref(), "tag", MAX_TAG_CHARS);
        if rule.provider.is_none() && rule.model.is_none() && rule.tag.is_none() {
            let detail = "Name a provider, a model or a tag; what fits anything is the default.".to_owned();
            wrong.push(FieldError::invalid(format!("/rules/{index}"), detail));
        }
        rules.push(UsageRule {
            provider,
            model: model.as_deref().map(ModelPattern::parse),
            tag,
            credit_type: rule.credit_type,
        });
    }
    if !wrong.is_empty() {
        return Err(Error::Fields(wrong));
    }
    Ok(UsageSettings {
        default: wanted.default,
        unknown_people: wanted.unknown_people,
        rules,
    })
}

fn audited(settings: &UsageSettings) -> serde_json::Value {
    let UsageSettings {
        default,
        unknown_people,
        rules,
    } = settings;
    serde_json::json!({
        "credit_type": default.map(|id| id.to_string()),
        "unknown_people": unknown_people.as_str(),
        "rules": rules_json(rules),
    })
}
