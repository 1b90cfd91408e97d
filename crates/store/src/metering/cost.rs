//! Costs with their rates as rows hold them, the same in every table.

use allowance_domain::metering::{CostAtRate, Exchanged};
use allowance_values::{Cost, Currency, ExchangeRate, Money, Rate};

use crate::error::StoreError;
use crate::ledger::words;

/// The columns of a cost: all but the last two go together, and so do those.
#[derive(Default)]
pub(crate) struct CostColumns {
    pub(crate) cost_nanos: Option<i64>,
    pub(crate) currency: Option<String>,
    pub(crate) rate_side: Option<String>,
    pub(crate) rate_nanos: Option<i64>,
    pub(crate) exchange_nanos: Option<i64>,
    pub(crate) converted_nanos: Option<i64>,
}

impl CostColumns {
    pub(crate) fn of(cost: Option<CostAtRate>) -> Self {
        let Some(CostAtRate {
            cost,
            rate,
            exchanged,
        }) = cost
        else {
            return Self::default();
        };
        Self {
            cost_nanos: Some(cost.amount.nanos()),
            currency: Some(cost.currency.to_string()),
            rate_side: Some(words::rate_side::word(rate.side()).to_owned()),
            rate_nanos: Some(rate.nanos()),
            exchange_nanos: exchanged.map(|exchanged| exchanged.rate.nanos()),
            converted_nanos: exchanged.map(|exchanged| exchanged.cost.nanos()),
        }
    }

    pub(crate) fn cost(self, table: &'static str) -> Result<Option<CostAtRate>, StoreError> {
        let Self {
            cost_nanos: Some(nanos),
            currency: Some(currency),
            rate_side: Some(side),
            rate_nanos: Some(rate),
            exchange_nanos,
            converted_nanos,
        } = self
        else {
            return Ok(None);
        };
        let broken = || StoreError::Corrupt(table);
        let cost = |nanos| Cost::from_nanos(nanos).ok_or_else(broken);
        let exchanged = match (exchange_nanos, converted_nanos) {
            (Some(rate), Some(converted)) => Some(Exchanged {
                rate: ExchangeRate::from_nanos(rate).ok_or_else(broken)?,
                cost: cost(converted)?,
            }),
            _ => None,
        };
        let currency: Currency = currency.parse().map_err(|_| broken())?;
        Ok(Some(CostAtRate {
            cost: Money {
                amount: cost(nanos)?,
                currency,
            },
            rate: Rate::new(words::rate_side::from_word(&side)?, rate).ok_or_else(broken)?,
            exchanged,
        }))
    }
}
