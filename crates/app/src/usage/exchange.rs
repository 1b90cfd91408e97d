//! Exchange rates: what a unit of another currency is worth, recorded once and for good. A correction is a further rate;
//! what was counted keeps the rate it was counted at.

use std::collections::BTreeMap;

use allowance_domain::authz::{Action, Permit};
use allowance_store::{AuditRecord, Done, ExchangeRateFilter, ExchangeRateRow, Holder, Tx};
use allowance_values::{Currency, ExchangeRate, ExchangeRateId, PersonId, Timestamp};

use crate::context::{App, Caller};
use crate::error::{Error, FieldError, Result};

/// A rate may be recorded so many seconds ahead: a year.
const AHEAD_SECONDS: i64 = 366 * 86_400;

/// An exchange rate to record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CreateExchangeRate {
    /// Of which currency.
    pub currency: Currency,
    /// What one unit of it is worth in the organisation's currency.
    pub rate: ExchangeRate,
    /// From when it is in force; now when absent.
    pub since: Option<Timestamp>,
}

/// An exchange rate with who recorded it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExchangeRateLine {
    /// The rate.
    pub row: ExchangeRateRow,
    /// Whether it is in force now.
    pub is_current: bool,
    /// Who recorded it, where they are still known.
    pub holder: Option<Holder>,
}

fn lines(rows: Vec<(ExchangeRateRow, bool)>, holders: &BTreeMap<PersonId, Holder>) -> Vec<ExchangeRateLine> {
    let line = |(row, is_current): (ExchangeRateRow, bool)| ExchangeRateLine {
        holder: holders.get(&row.recorded_by).cloned(),
        row,
        is_current,
    };
    rows.into_iter().map(line).collect()
}

/// Exchange rates, those recorded last first, behind one of them.
///
/// # Errors
/// The store's.
pub async fn list_exchange_rates(
    app: &App,
    caller: &Caller,
    filter: ExchangeRateFilter,
    before: Option<(Timestamp, ExchangeRateId)>,
    limit: u64,
) -> Result<Vec<ExchangeRateLine>> {
    let organisation = caller.actor.organisation;
    let rows = app
        .store
        .list_exchange_rates(organisation, filter, before, limit)
        .await?;
    let people: Vec<PersonId> = rows.iter().map(|(row, _)| row.recorded_by).collect();
    let holders = app.store.holders(organisation, &people).await?;
    Ok(lines(rows, &holders))
}

/// Records an exchange rate, for what is counted from now on.
///
/// # Errors
/// [`Error::Forbidden`]; [`Error::Fields`] for the organisation's own currency or an instant too far ahead.
pub async fn create_exchange_rate(
    mut tx: Tx,
    caller: &Caller,
    new: &CreateExchangeRate,
) -> Result<Done<ExchangeRateLine>> {
    Permit::for_organisation(&caller.actor, Action::CreateExchangeRate)?;
    let CreateExchangeRate {
        currency,
        rate,
        since,
    } = *new;
    let since = since.unwrap_or(tx.at());
    let mut wrong = Vec::new();
    if currency == tx.get_organisation().await?.currency {
        let detail = format!("{currency} is the organisation's own currency.");
        wrong.push(FieldError::invalid("/currency", detail));
    }
    if since > tx.at().plus_seconds(AHEAD_SECONDS) {
        wrong.push(FieldError::invalid(
            "/since",
            "Choose an instant within a year from now.",
        ));
    }
    if !wrong.is_empty() {
        return Err(Error::Fields(wrong));
    }
    let row = ExchangeRateRow {
        id: ExchangeRateId::new(tx.new_id()),
        currency,
        rate,
        since,
        recorded_at: tx.at(),
        recorded_by: caller.actor.person,
    };
    let rates = tx.exchange_rates([currency]).await?;
    let is_current = since <= tx.at() && !rates.has_between(currency, since, tx.at());
    tx.insert_exchange_rate(&row).await?;
    tx.audit(AuditRecord {
        action: Action::CreateExchangeRate.name(),
        target: row.id.to_string(),
        before: None,
        after: Some(serde_json::json!({
            "currency": row.currency.as_str(),
            "rate": row.rate.to_string(),
            "since": row.since.to_string(),
        })),
    });
    let holder = tx.holders(&[row.recorded_by]).await?.remove(&row.recorded_by);
    Ok(tx.done(ExchangeRateLine {
        row,
        is_current,
        holder,
    }))
}
