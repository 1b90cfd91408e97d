//! The Overview tab.

use allowance_domain::allocations::CycleFigures;
use allowance_domain::cycles::{local_day, next_local_day};
use allowance_store::GroupRow;
use allowance_values::{CreditTypeId, Credits, Day};

use super::{CreditType, get_credit_type};
use crate::context::{App, Caller};
use crate::cycles::zone_of;
use crate::error::{Error, Result};

/// At most so many days are drawn.
const MOST_DAYS: usize = 366;

/// Everything about the open cycle.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Overview {
    /// The credit type with its cycle.
    pub credit_type: CreditType,
    /// The organisation's figures.
    pub figures: CycleFigures,
    /// Every group's row.
    pub groups: Vec<GroupRow>,
    /// Days with use, in order.
    pub days: Vec<(Day, Credits)>,
    /// Position in the ledger.
    pub as_of: i64,
}

/// The Overview tab.
///
/// # Errors
/// [`Error::NotFound`].
pub async fn get_overview(app: &App, caller: &Caller, id: CreditTypeId) -> Result<Overview> {
    let organisation = caller.actor.organisation;
    let as_of = app.store.head(organisation).await?.seq;
    let credit_type = get_credit_type(app, caller, id).await?;
    let (_, figures, _) = app
        .store
        .member_rows(organisation, id, &[])
        .await?
        .ok_or(Error::NotFound)?;
    let groups = app
        .store
        .group_rows(organisation, id, credit_type.cycle.number)
        .await?;
    let zone = zone_of(&app.store.get_organisation(organisation).await?.time_zone)?;
    let mut bounds = vec![credit_type.cycle.starts_at];
    let now = app.store.now();
    while let Some(last) = bounds.last()
        && bounds.len() < MOST_DAYS
    {
        let next = next_local_day(&zone, *last);
        if next > now {
            break;
        }
        bounds.push(next);
    }
    let days = app
        .store
        .use_by_interval(organisation, id, credit_type.cycle.number, &bounds)
        .await?;
    let days = days
        .into_iter()
        .map(|day| (local_day(&zone, day.from), day.used))
        .collect();
    Ok(Overview {
        credit_type,
        figures,
        groups,
        days,
        as_of,
    })
}
