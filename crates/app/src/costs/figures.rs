//! Rows, totals and the chart's layers.

use allowance_store::{
    CostBy, CostFigures, CostKey, CostOrder, CostPages, CostPosition, CostRow, CostStart, CostTotals, Layers,
};
use allowance_values::{CostTotal, CreditTypeId, Credits, Day};

use super::period::{AskCosts, Asked};
use crate::context::{App, Caller};
use crate::error::{Error, FieldError, Result};

/// So many layers are told apart in the chart.
const MOST_LAYERS: u64 = 8;
/// So many days are drawn at most.
const MOST_DAYS: usize = 400;

/// Credits, cost and events.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Figures {
    /// Credits.
    pub credits: Credits,
    /// Cost.
    pub cost: CostTotal,
    /// How many.
    pub events: u64,
}

impl Figures {
    /// # Errors
    /// [`Error::Refused`] when there are more credits than we can name.
    fn of(sum: &CostFigures) -> Result<Self> {
        let micros = i64::try_from(sum.credits);
        let credits =
            micros.map_err(|_| Error::Refused(allowance_domain::allocations::Refusal::AmountOutOfRange))?;
        Ok(Self {
            credits: Credits::from_micros(credits),
            cost: sum.cost,
            events: u64::try_from(sum.events).unwrap_or(0),
        })
    }
}

/// One row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CostLine {
    /// What it is for.
    pub key: CostKey,
    /// The name of the group or person.
    pub label: Option<String>,
    /// Of the period.
    pub figures: Figures,
    /// Of the period before, where one is compared with.
    pub previous: Option<Figures>,
    /// Where the page after it starts.
    pub start: CostStart,
}

/// How what happened in a period differs from what was charged to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Difference {
    /// Happened in it.
    pub happened: Figures,
    /// Charged to it.
    pub counted: Figures,
    /// Happened in it, charged after it.
    pub charged_later: Figures,
    /// Happened in it, charged before it.
    pub charged_sooner: Figures,
    /// Charged to it, happened before it.
    pub from_earlier: Figures,
    /// Charged to it, happened after it.
    pub from_later: Figures,
}

/// A page of costs.
#[derive(Debug, Clone)]
pub struct Costs {
    /// What was asked for.
    pub asked: Asked,
    /// The rows, with one more than asked for where there is a next page.
    pub lines: Vec<CostLine>,
    /// Of all rows.
    pub total: Figures,
    /// Of the period before, where one is compared with.
    pub previous_total: Option<Figures>,
    /// What was charged elsewhere than it happened.
    pub difference: Difference,
    /// How the figures were made.
    pub position: CostPosition,
}

/// One layer of the chart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layer {
    /// What it is for; nothing for the rest.
    pub key: Option<CostKey>,
    /// The name of the group or person.
    pub label: Option<String>,
    /// Figures, one per day.
    pub figures: Vec<Figures>,
}

/// Costs by day, in layers.
#[derive(Debug, Clone)]
pub struct CostSeries {
    /// What was asked for.
    pub asked: Asked,
    /// The days, in order, without gaps.
    pub days: Vec<Day>,
    /// The layers, the largest first, the rest last.
    pub layers: Vec<Layer>,
    /// How the figures were made.
    pub position: CostPosition,
}

/// A page of costs.
///
/// # Errors
/// [`Error::NotFound`], [`Error::Fields`]; [`Error::Refused`] when a sum is more than we can name.
pub async fn get_costs(
    app: &App,
    asked: Asked,
    what: (CostBy, CostOrder),
    after: Option<&CostStart>,
    limit: u64,
) -> Result<Costs> {
    let page = app
        .store
        .costs(&asked.query, what, after, limit.saturating_add(1))
        .await?;
    let compares = asked.previous.is_some();
    let lines: Result<Vec<CostLine>> = page.rows.into_iter().map(|row| line(row, compares)).collect();
    let difference = difference(&page.totals)?;
    let total = match asked.query.days {
        allowance_store::CostDays::Happened => difference.happened,
        allowance_store::CostDays::Counted => difference.counted,
    };
    Ok(Costs {
        lines: lines?,
        total,
        previous_total: compares.then(|| Figures::of(&page.totals.before)).transpose()?,
        difference,
        position: page.position,
        asked,
    })
}

/// Rows alone, for a file: all from one snapshot.
#[derive(Debug)]
pub struct CostRows {
    pages: CostPages,
    compares: bool,
}

impl CostRows {
    /// Begins to read them.
    ///
    /// # Errors
    /// The store's.
    pub async fn begin(app: &App, asked: &Asked, what: (CostBy, CostOrder)) -> Result<Self> {
        Ok(Self {
            pages: app.store.cost_pages(&asked.query, what).await?,
            compares: asked.previous.is_some(),
        })
    }

    /// The next ones, at most so many; none after the last.
    ///
    /// # Errors
    /// [`Error::Refused`] when a sum is more than we can name.
    pub async fn next(&mut self, limit: u64) -> Result<Vec<CostLine>> {
        let rows = self.pages.next(limit).await?;
        rows.into_iter().map(|row| line(row, self.compares)).collect()
    }
}

fn line(row: CostRow, compares: bool) -> Result<CostLine> {
    let CostRow {
        key,
        label,
        now,
        before,
        rank,
    } = row;
    Ok(CostLine {
        start: CostStart {
            rank,
            key: key.clone(),
        },
        key,
        label,
        figures: Figures::of(&now)?,
        previous: compares.then(|| Figures::of(&before)).transpose()?,
    })
}

fn difference(totals: &CostTotals) -> Result<Difference> {
    let CostTotals {
        happened,
        counted,
        before: _,
        charged_later,
        charged_sooner,
        from_earlier,
        from_later,
    } = totals;
    Ok(Difference {
        happened: Figures::of(happened)?,
        counted: Figures::of(counted)?,
        charged_later: Figures::of(charged_later)?,
        charged_sooner: Figures::of(charged_sooner)?,
        from_earlier: Figures::of(from_earlier)?,
        from_later: Figures::of(from_later)?,
    })
}

/// Costs by day in layers: the eight largest, and the rest.
///
/// # Errors
/// [`Error::NotFound`]; [`Error::Fields`] when the period has more days than a chart shows.
pub async fn get_cost_series(
    app: &App,
    caller: &Caller,
    id: CreditTypeId,
    ask: &AskCosts,
    what: (CostBy, CostOrder),
) -> Result<CostSeries> {
    let asked = ask.find(app, caller, id, false).await?;
    let Layers { keys, sums, position } = app.store.cost_layers(&asked.query, what, MOST_LAYERS).await?;
    // A cycle's days are those of its zone; a stretch of it may have kept another.
    let first = sums
        .keys()
        .next()
        .map_or(asked.period.from, |(day, _)| asked.period.from.min(*day));
    let last = sums
        .keys()
        .next_back()
        .map_or(asked.period.to, |(day, _)| asked.period.to.max(*day));
    let count = usize::try_from(last.number().saturating_sub(first.number()).saturating_add(1));
    if count.is_err() || count.is_ok_and(|count| count > MOST_DAYS) {
        let detail = "The chart shows at most 400 days.";
        return Err(Error::Fields(vec![FieldError::invalid("/to", detail)]));
    }
    let days: Vec<Day> = (first.number()..=last.number())
        .filter_map(Day::from_number)
        .collect();
    let is_single = what.0 == CostBy::Day;
    let mut layers = Vec::with_capacity(keys.len().saturating_add(1));
    let named = keys.into_iter().map(|(key, label)| (Some(key), label));
    for (index, (key, label)) in named.chain([(None, None)]).enumerate() {
        let sum = |day: &Day| {
            sums.get(&(*day, index))
                .map_or_else(|| Ok(Figures::default()), Figures::of)
        };
        let figures: Result<Vec<Figures>> = days.iter().map(sum).collect();
        let is_there = key.is_some() || is_single || sums.keys().any(|(_, layer)| *layer == index);
        if is_there {
            let figures = figures?;
            layers.push(Layer { key, label, figures });
        }
    }
    Ok(CostSeries {
        asked,
        days,
        layers,
        position,
    })
}

/// What a row is for, as a text; nothing for what has none.
#[must_use]
pub fn write_key(key: &CostKey) -> Option<String> {
    match key {
        CostKey::Day(day) => Some(day.to_string()),
        CostKey::Group(group) => Some(group.to_string()),
        CostKey::Person(person) => Some(person.to_string()),
        CostKey::Text(text) if text.is_empty() => None,
        CostKey::Text(text) => Some(text.clone()),
    }
}

/// The same, read again; nothing for a text that is no such key.
#[must_use]
pub fn read_key(by: CostBy, text: Option<&str>) -> Option<CostKey> {
    let text = text.unwrap_or_default();
    match by {
        CostBy::Day => text.parse().ok().map(CostKey::Day),
        CostBy::Group => text.parse().ok().map(CostKey::Group),
        CostBy::Person => text.parse().ok().map(CostKey::Person),
        CostBy::Provider | CostBy::Model | CostBy::Operation | CostBy::Tag => {
            Some(CostKey::Text(text.to_owned()))
        }
    }
}
