//! Settings in words: what differs between two versions of a credit type, for its history and for the audit log.

use allowance_domain::costs::Thresholds;
use allowance_domain::credit_requests::Ceilings;
use allowance_domain::credit_types::{Distribution, Enforcement, Rollover, SignUp};
use allowance_store::{CreditTypeRow, Holder, SettingChange, SettingChangeRow};
use allowance_values::{CreditTypeId, PersonId, RateSide};
use uuid::Uuid;

use crate::context::{App, Caller};
use crate::error::{Error, Result};

/// A change with the name of whoever made it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SettingChangeLine {
    /// The change.
    pub row: SettingChangeRow,
    /// Who made it; nobody for the system.
    pub actor: Option<Holder>,
}

const fn enforcement(word: Enforcement) -> &'static str {
    match word {
        Enforcement::Track => "track",
        Enforcement::Warn => "warn",
        Enforcement::Block => "block",
    }
}

const fn distribution(word: Distribution) -> &'static str {
    match word {
        Distribution::Individual => "individual",
        Distribution::SharedPool => "shared_pool",
    }
}

fn rollover(terms: Rollover) -> String {
    if terms.percent == 0 {
        return "none".to_owned();
    }
    let cap = terms
        .cap
        .map_or_else(String::new, |cap| format!(", at most {cap}"));
    format!("{} %{cap}, for {} cycles", terms.percent, terms.cycles)
}

fn sign_up(terms: SignUp) -> String {
    let share = if terms.is_pro_rata { ", pro rata" } else { "" };
    format!("{}{share}", terms.amount)
}

fn ceilings(terms: Ceilings) -> String {
    let bound = |ceiling: Option<_>| {
        ceiling.map_or_else(|| "none".to_owned(), |c: allowance_values::Credits| c.to_string())
    };
    format!(
        "per request {}, per person {}",
        bound(terms.per_request),
        bound(terms.per_person)
    )
}

fn thresholds(alerts: &Thresholds) -> String {
    let percents: Vec<String> = alerts
        .percents()
        .iter()
        .map(|percent| format!("{percent} %"))
        .collect();
    if percents.is_empty() {
        "none".to_owned()
    } else {
        percents.join(", ")
    }
}

/// Every setting by its name in the credit type, with its value in words.
fn settings(row: &CreditTypeRow) -> Vec<(&'static str, String)> {
    let CreditTypeRow {
        name,
        cadence,
        terms,
        sign_up: joiners,
        ceilings: bounds,
        alerts,
        archived_at,
        version: _,
        created_at: _,
    } = row;
    let side = match terms.rate.side() {
        RateSide::Factor => "credits per unit of money",
        RateSide::Value => "money per credit",
    };
    let rate = terms.rate.shown_as(terms.rate.side());
    vec![
        ("name", name.clone()),
        ("decimals", terms.decimals.count().to_string()),
        ("limit", terms.limit.to_string()),
        (
            "rate",
            rate.map_or_else(|| "off".to_owned(), |rate| format!("{rate} {side}")),
        ),
        ("enforcement", enforcement(terms.enforcement).to_owned()),
        ("cadence", cadence.as_str().to_owned()),
        ("distribution", distribution(terms.distribution).to_owned()),
        ("rollover", rollover(terms.rollover)),
        ("sign_up", sign_up(*joiners)),
        ("auto_approval", ceilings(*bounds)),
        ("alert_thresholds", thresholds(alerts)),
        ("is_archived", archived_at.is_some().to_string()),
    ]
}

/// The settings a credit type begins with.
pub(super) fn first(row: &CreditTypeRow) -> Vec<SettingChange> {
    let first = |(setting, after)| SettingChange {
        setting,
        before: None,
        after,
    };
    settings(row).into_iter().map(first).collect()
}

/// The settings that differ.
pub(super) fn differences(before: &CreditTypeRow, after: &CreditTypeRow) -> Vec<SettingChange> {
    let pairs = settings(before).into_iter().zip(settings(after));
    pairs
        .filter(|((_, before), (_, after))| before != after)
        .map(|((setting, before), (_, after))| SettingChange {
            setting,
            before: Some(before),
            after,
        })
        .collect()
}

/// A credit type in the audit log.
pub(super) fn audited(row: &CreditTypeRow) -> serde_json::Value {
    let fields = settings(row).into_iter();
    serde_json::Value::Object(
        fields
            .map(|(setting, value)| (setting.to_owned(), value.into()))
            .collect(),
    )
}

/// Changes of a credit type's settings, newest first, older than `before`.
///
/// # Errors
/// [`Error::NotFound`].
pub async fn list_setting_changes(
    app: &App,
    caller: &Caller,
    id: CreditTypeId,
    before: Option<Uuid>,
    limit: u64,
) -> Result<Vec<SettingChangeLine>> {
    let organisation = caller.actor.organisation;
    app.store
        .find_credit_type(organisation, id)
        .await?
        .ok_or(Error::NotFound)?;
    let rows = app
        .store
        .list_setting_changes(organisation, id, before, limit)
        .await?;
    let actors: Vec<PersonId> = rows.iter().filter_map(|row| row.actor).collect();
    let holders = app.store.holders(organisation, &actors).await?;
    let line = |row: SettingChangeRow| SettingChangeLine {
        actor: row.actor.and_then(|actor| holders.get(&actor).cloned()),
        row,
    };
    Ok(rows.into_iter().map(line).collect())
}
