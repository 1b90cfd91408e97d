//! The Overview tab.

use allowance_domain::allocations::{CycleFigures, Forecast, forecast};
use allowance_domain::cycles::{local_day, next_local_day};
use allowance_domain::ledger::CycleSpan;
use allowance_store::GroupRow;
use allowance_values::{CreditTypeId, Credits, CycleId, Day, Timestamp};

use super::{CreditType, get_credit_type};
use crate::context::{App, Caller};
use crate::cycles::zone_of;
use crate::error::{Error, Result};
use crate::past::look_back;

/// At most so many days are drawn.
const MOST_DAYS: usize = 366;

/// Everything about the open cycle, or another at a moment.
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
    /// Where use is heading; nothing for the past, and while there is no use to go by.
    pub forecast: Option<Forecast>,
    /// How many people are still to be brought forward into the cycle.
    pub to_settle: u64,
    /// Position in the ledger.
    pub as_of: i64,
}

/// Which cycle, or which moment.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct When {
    /// A cycle, as it ended.
    pub cycle: Option<CycleId>,
    /// A moment; it wins over the cycle.
    pub at: Option<Timestamp>,
}

/// The Overview tab, of now or of a past moment.
///
/// # Errors
/// [`Error::NotFound`], also for a cycle that is none of this credit type's and a moment before its first.
pub async fn get_overview(app: &App, caller: &Caller, id: CreditTypeId, when: When) -> Result<Overview> {
    let organisation = caller.actor.organisation;
    let mut credit_type = get_credit_type(app, caller, id).await?;
    let at = match when {
        When { at: Some(at), .. } => Some(at),
        When { cycle: None, .. } => None,
        When {
            cycle: Some(cycle), ..
        } => {
            let last = app.store.last_instant_of(organisation, id, cycle).await?;
            Some(last.ok_or(Error::NotFound)?)
        }
    };
    let mut as_of = app.store.head(organisation).await?.seq;
    let mut now = app.store.now();
    let moment = look_back(app, organisation, id, at).await?;
    let is_past = moment.is_some();
    let (figures, groups) = if let Some(moment) = moment {
        let groups = app.store.group_rows_at(&moment).await?;
        (as_of, now) = (moment.position, moment.at);
        credit_type.row = moment.credit_type;
        credit_type.cycle = moment.cycle;
        credit_type.cycle.is_open = when.at.is_some();
        (moment.figures, groups)
    } else {
        let rows = app.store.member_rows(organisation, id, &[]).await?;
        let (_, figures, _) = rows.ok_or(Error::NotFound)?;
        let number = credit_type.cycle.number;
        (figures, app.store.group_rows(organisation, id, number).await?)
    };
    let zone = zone_of(&app.store.get_organisation(organisation).await?.time_zone)?;
    let mut bounds = vec![credit_type.cycle.starts_at];
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
        .use_by_interval(organisation, id, credit_type.cycle.number, &bounds, now)
        .await?;
    let days = days
        .into_iter()
        .map(|day| (local_day(&zone, day.from), day.used))
        .collect();
    let (forecast, to_settle) = if is_past {
        (None, 0)
    } else {
        let cycle = CycleSpan {
            starts_at: credit_type.cycle.starts_at,
            ends_at: credit_type.cycle.ends_at,
        };
        let ahead = forecast(&figures, cycle, credit_type.row.terms.rollover, now);
        (ahead, app.store.count_to_settle(organisation, id).await?)
    };
    Ok(Overview {
        credit_type,
        figures,
        groups,
        days,
        forecast,
        to_settle,
        as_of,
    })
}
