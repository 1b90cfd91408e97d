//! The period that somebody asks for, and the one before it.

use allowance_domain::cycles::local_day;
use allowance_store::{CostCycle, CostDays, CostFilter, CostPeriod, CostQuery, CreditTypeRow};
use allowance_values::{CreditTypeId, Currency, CycleId, Day, OrganisationId, Timestamp};

use super::viewer;
use crate::context::{App, Caller};
use crate::cycles::zone_of;
use crate::error::{Error, FieldError, Result};

/// When this much is not rolled up, whoever reads lends a hand.
const MOST_BACKLOG: i64 = 20_000;
/// Steps of the roll-up that a reader takes at most.
const STEPS: u32 = 1_000;
/// The days of a cycle lie between those of its ends by any zone, this many off at most.
const SLACK_DAYS: i32 = 2;

/// What somebody asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AskCosts {
    /// The first day.
    pub from: Option<Day>,
    /// The last day.
    pub to: Option<Day>,
    /// The cycle; the open one when there are no days either.
    pub cycle: Option<CycleId>,
    /// Which day and cycle a use belongs to.
    pub days: CostDays,
    /// Only what is so.
    pub filter: CostFilter,
}

/// A period, in words of people.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Period {
    /// The first day.
    pub from: Day,
    /// The last day.
    pub to: Day,
    /// The cycle, where one was asked for.
    pub cycle: Option<CycleId>,
}

/// What was asked for, found and bounded.
#[derive(Debug, Clone)]
pub struct Asked {
    /// What the store is asked.
    pub query: CostQuery,
    /// The period.
    pub period: Period,
    /// The period before, where one is compared with and there is one.
    pub previous: Option<Period>,
    /// The credit type.
    pub credit_type: CreditTypeRow,
    /// The organisation's currency.
    pub currency: Currency,
    /// The organisation's zone.
    pub time_zone: String,
}

fn wrong(pointer: &str, detail: &str) -> Error {
    Error::Fields(vec![FieldError::invalid(pointer, detail)])
}

impl AskCosts {
    /// Finds the period, the one before it where that is wanted, and whose use the caller sees.
    ///
    /// # Errors
    /// [`Error::NotFound`] for a credit type or cycle that is none; [`Error::Fields`] for days in no order.
    pub async fn find(
        &self,
        app: &App,
        caller: &Caller,
        credit_type: CreditTypeId,
        compares: bool,
    ) -> Result<Asked> {
        let organisation = caller.actor.organisation;
        let open = app.current_cycle(organisation, credit_type).await?;
        let row = app.store.find_credit_type(organisation, credit_type).await?;
        let own = app.store.get_organisation(organisation).await?;
        let today = local_day(&zone_of(&own.time_zone)?, app.store.now());
        let days = self.days_asked(today)?;
        let wanted = self.cycle.or(if days.is_none() { Some(open.id) } else { None });
        let cycle = match wanted {
            None => None,
            Some(id) => {
                let found = app.store.cost_cycle(organisation, credit_type, id).await?;
                Some(found.ok_or(Error::NotFound)?)
            }
        };
        let now = app.store.now();
        let (shown, period) = bounded(days, cycle.as_ref(), now)?;
        let before = if compares {
            period_before(app, (organisation, credit_type), days, cycle.as_ref(), now).await?
        } else {
            None
        };
        let (previous_shown, previous) = before.unzip();
        if app.store.cost_backlog(organisation).await? > MOST_BACKLOG {
            app.store.roll_up(organisation, STEPS).await?;
        }
        Ok(Asked {
            query: CostQuery {
                organisation,
                credit_type,
                viewer: viewer(&caller.actor),
                filter: self.filter.clone(),
                days: self.days,
                period,
                previous,
            },
            period: shown,
            previous: previous_shown,
            credit_type: row.ok_or(Error::NotFound)?,
            currency: own.currency,
            time_zone: own.time_zone,
        })
    }

    fn days_asked(&self, today: Day) -> Result<Option<(Day, Day)>> {
        match (self.from, self.to) {
            (None, None) => Ok(None),
            (None, Some(_)) => Err(wrong("/from", "Name the first day too.")),
            (Some(from), None) => Ok(Some((from, today.max(from)))),
            (Some(from), Some(to)) if to < from => {
                Err(wrong("/to", "The last day cannot lie before the first."))
            }
            (Some(from), Some(to)) => Ok(Some((from, to))),
        }
    }
}

/// A period as it is shown and as it is asked for.
fn bounded(
    days: Option<(Day, Day)>,
    cycle: Option<&CostCycle>,
    now: Timestamp,
) -> Result<(Period, CostPeriod)> {
    let cycles = cycle.map(|cycle| cycle.numbers.clone());
    let id = cycle.map(|cycle| cycle.id);
    if let Some((from, to)) = days {
        let shown = Period { from, to, cycle: id };
        let days = Some((from, to));
        return Ok((shown, CostPeriod { days, cycles }));
    }
    let cycle = cycle.ok_or_else(|| Error::Internal("a period without days and cycle".to_owned()))?;
    let zone = zone_of(&cycle.time_zone)?;
    let from = local_day(&zone, cycle.starts_at);
    let to = local_day(&zone, cycle.ends_at.plus_micros(-1)).max(from);
    // What comes late into an archived credit type still counts in the last cycle that opened.
    let last = to.max(local_day(&zone, now));
    let days = Some((from.plus_days(-SLACK_DAYS), last.plus_days(SLACK_DAYS)));
    Ok((Period { from, to, cycle: id }, CostPeriod { days, cycles }))
}

/// The period before: as many days, or the cycle before.
async fn period_before(
    app: &App,
    (organisation, credit_type): (OrganisationId, CreditTypeId),
    days: Option<(Day, Day)>,
    cycle: Option<&CostCycle>,
    now: Timestamp,
) -> Result<Option<(Period, CostPeriod)>> {
    if let Some((from, to)) = days {
        let count = to.number().saturating_sub(from.number()).saturating_add(1);
        let days = (from.plus_days(count.saturating_neg()), from.plus_days(-1));
        return bounded(Some(days), None, now).map(Some);
    }
    let Some(cycle) = cycle else { return Ok(None) };
    let before = app
        .store
        .cost_cycle_before(organisation, credit_type, cycle)
        .await?;
    before.map(|before| bounded(None, Some(&before), now)).transpose()
}
