//! The organisation's own settings. Credit types have theirs.

use allowance_domain::authz::{Action, Permit};
use allowance_domain::cycles::{ParseTimeZoneError, TimeZone};
use allowance_domain::people::clean_name;
use allowance_store::{AuditRecord, Done, Organisation, OrganisationSettings, Tx};

use crate::context::{App, Caller};
use crate::cycles::catch_up;
use crate::error::{Error, FieldError, Result};

const MAX_NAME_CHARS: usize = 200;

/// Changes to the organisation's settings; what is absent stays.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct UpdateOrganisation {
    /// Its name as it was typed.
    pub name: Option<String>,
    /// IANA name of its time zone.
    pub time_zone: Option<String>,
    /// Whether managers see and decide their reports' credit requests.
    pub managers_decide_requests: Option<bool>,
    /// Whether denying a request needs a reason.
    pub denial_needs_reason: Option<bool>,
    /// For how long a reset can be undone, in hours.
    pub undo_hours: Option<u16>,
}

/// What an edit must have seen.
#[must_use]
pub fn etag(organisation: &Organisation) -> String {
    organisation.version.to_string()
}

fn audited(organisation: &Organisation) -> serde_json::Value {
    let OrganisationSettings {
        managers_decide_requests,
        denial_needs_reason,
        undo_hours,
    } = organisation.settings;
    serde_json::json!({
        "name": organisation.name,
        "time_zone": organisation.time_zone,
        "managers_decide_requests": managers_decide_requests,
        "denial_needs_reason": denial_needs_reason,
        "undo_hours": undo_hours,
    })
}

fn wrong(pointer: &str, detail: String) -> Error {
    Error::Fields(vec![FieldError::invalid(pointer, detail)])
}

/// The caller's organisation.
///
/// # Errors
/// The store's.
pub async fn get_organisation(app: &App, caller: &Caller) -> Result<Organisation> {
    Ok(app.store.get_organisation(caller.actor.organisation).await?)
}

/// Changes the organisation's settings. A new time zone holds from the next cycle on: cycles that are due open first, by
/// the zone they began under.
///
/// # Errors
/// [`Error::Forbidden`], [`Error::Stale`], [`Error::Fields`].
pub async fn update_organisation(
    mut tx: Tx,
    caller: &Caller,
    seen: &str,
    change: &UpdateOrganisation,
) -> Result<Done<Organisation>> {
    Permit::for_organisation(&caller.actor, Action::UpdateOrganisation)?;
    let before = tx.get_organisation().await?;
    if etag(&before) != seen {
        return Err(Error::Stale);
    }
    let UpdateOrganisation {
        name,
        time_zone,
        managers_decide_requests,
        denial_needs_reason,
        undo_hours,
    } = change;
    let mut changed = before.clone();
    if let Some(name) = name {
        changed.name = clean_name(name, MAX_NAME_CHARS)
            .map_err(|fault| wrong("/name", format!("Mend this: {fault}.")))?;
    }
    if let Some(time_zone) = time_zone {
        let zone: TimeZone = time_zone
            .parse()
            .map_err(|error: ParseTimeZoneError| wrong("/time_zone", error.to_string()))?;
        changed.time_zone = zone.to_string();
    }
    let settings = &mut changed.settings;
    settings.managers_decide_requests = managers_decide_requests.unwrap_or(settings.managers_decide_requests);
    settings.denial_needs_reason = denial_needs_reason.unwrap_or(settings.denial_needs_reason);
    settings.undo_hours = undo_hours.unwrap_or(settings.undo_hours);
    if changed == before {
        return Ok(tx.done(before));
    }
    if changed.time_zone != before.time_zone {
        for credit_type in tx.list_credit_types().await? {
            catch_up(&mut tx, credit_type.terms.id).await?;
        }
    }
    tx.update_organisation(&changed).await?;
    let after = tx.get_organisation().await?;
    tx.audit(AuditRecord {
        action: Action::UpdateOrganisation.name(),
        target: after.id.to_string(),
        before: Some(audited(&before)),
        after: Some(audited(&after)),
    });
    Ok(tx.done(after))
}
