//! What a metered amount comes to in credits, and the rates that made it so.
//!
//! A cost in another currency than the organisation's goes through that currency's exchange rate. Credits are made of the
//! exact product of cost, exchange rate and the credit type's rate, rounded once; what the cost itself comes to is rounded
//! once too, to be shown and summed.

use std::collections::BTreeMap;
use std::sync::Arc;

use allowance_values::{Cost, Credits, Currency, ExchangeRate, Money, Rate, Timestamp};

use super::{MeteredAmount, in_force};
use crate::allocations::Refusal;

/// What a cost in another currency came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Exchanged {
    /// The exchange rate that was in force.
    pub rate: ExchangeRate,
    /// The cost in the organisation's currency.
    pub cost: Cost,
}

/// A cost with the rates that made credits of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CostAtRate {
    /// The cost as it was reported.
    pub cost: Money,
    /// The rate that was in force.
    pub rate: Rate,
    /// What it came to, where it was reported in another currency than the organisation's.
    pub exchanged: Option<Exchanged>,
}

/// Why an amount comes to nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PriceError {
    /// No exchange rate of this currency was in force.
    NoExchangeRate(Currency),
    /// It is negative, or more than fits.
    Refused(Refusal),
}

/// The credits of an amount, and the cost with its rates where it was one.
///
/// # Errors
/// [`PriceError`] says why it has none.
pub fn price(
    amount: MeteredAmount,
    rate: Rate,
    own: Currency,
    exchange: impl FnOnce(Currency) -> Option<ExchangeRate>,
) -> Result<(Credits, Option<CostAtRate>), PriceError> {
    let cost = match amount {
        MeteredAmount::Credits(credits) if credits.is_negative() => {
            return Err(PriceError::Refused(Refusal::NegativeAmount));
        }
        MeteredAmount::Credits(credits) => return Ok((credits, None)),
        MeteredAmount::Cost(cost) => cost,
    };
    let out_of_range = PriceError::Refused(Refusal::AmountOutOfRange);
    if cost.currency == own {
        let credits = rate.credits_for(cost.amount).ok_or(out_of_range)?;
        let exchanged = None;
        return Ok((
            credits,
            Some(CostAtRate {
                cost,
                rate,
                exchanged,
            }),
        ));
    }
    let by = exchange(cost.currency).ok_or(PriceError::NoExchangeRate(cost.currency))?;
    let credits = rate.credits_at(cost.amount, by).ok_or(out_of_range)?;
    let exchanged = Some(Exchanged {
        rate: by,
        cost: by.convert(cost.amount).ok_or(out_of_range)?,
    });
    Ok((
        credits,
        Some(CostAtRate {
            cost,
            rate,
            exchanged,
        }),
    ))
}

/// The exchange rates of some currencies with the instants they are in force from, the first one first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ExchangeRates(BTreeMap<Currency, Arc<[(Timestamp, ExchangeRate)]>>);

impl ExchangeRates {
    /// Takes in the rates of a currency; it may have none.
    pub fn learn(&mut self, currency: Currency, history: Arc<[(Timestamp, ExchangeRate)]>) {
        self.0.insert(currency, history);
    }

    /// What is known of a currency; nothing when it was never taken in.
    #[must_use]
    pub fn history(&self, currency: Currency) -> Option<Arc<[(Timestamp, ExchangeRate)]>> {
        self.0.get(&currency).cloned()
    }

    /// Takes over what is known of currencies that are not known here.
    pub fn take_over(&mut self, others: Self) {
        for (currency, history) in others.0 {
            self.0.entry(currency).or_insert(history);
        }
    }

    /// Whether another rate of a currency takes over after one instant and by another.
    #[must_use]
    pub fn has_between(&self, currency: Currency, after: Timestamp, by: Timestamp) -> bool {
        let history = self.0.get(&currency);
        history.is_some_and(|history| history.iter().any(|(since, _)| *since > after && *since <= by))
    }

    /// The rate of a currency at an instant; before its first there is none.
    #[must_use]
    pub fn at(&self, currency: Currency, at: Timestamp) -> Option<ExchangeRate> {
        in_force(self.0.get(&currency)?, at)
    }
}

#[cfg(test)]
mod tests {
    use allowance_values::RateSide;

    use super::*;

    fn dollars(amount: &str) -> MeteredAmount {
        MeteredAmount::Cost(Money {
            amount: amount.parse().unwrap(),
            currency: "USD".parse().unwrap(),
        })
    }

    fn hundred() -> Rate {
        Rate::new(RateSide::Factor, 100_000_000_000).unwrap()
    }

    #[test]
    fn a_foreign_cost_goes_through_its_exchange_rate_and_an_own_one_does_not() {
        let euro = "EUR".parse().unwrap();
        let (credits, cost) = price(dollars("0.02"), hundred(), euro, |_| "0.92".parse().ok()).unwrap();
        assert_eq!(credits.to_string(), "1.84");
        let exchanged = cost.unwrap().exchanged.unwrap();
        assert_eq!(
            (exchanged.rate.to_string(), exchanged.cost.to_string()),
            ("0.92".into(), "0.0184".into())
        );

        let dollar = "USD".parse().unwrap();
        let own = price(dollars("0.02"), hundred(), dollar, |_| {
            unreachable!("no rate is asked for")
        })
        .unwrap();
        assert_eq!(own.0.to_string(), "2");
        assert_eq!(own.1.unwrap().exchanged, None);
    }

    #[test]
    fn without_a_rate_the_currency_is_named_and_what_does_not_fit_is_refused() {
        let euro = "EUR".parse().unwrap();
        let missing = price(dollars("1"), hundred(), euro, |_| None);
        assert_eq!(missing, Err(PriceError::NoExchangeRate("USD".parse().unwrap())));
        let huge = |rate: Rate| price(dollars("9000000000"), rate, euro, |_| "1000000000".parse().ok());
        let out_of_range = Err(PriceError::Refused(Refusal::AmountOutOfRange));
        assert_eq!(huge(hundred()), out_of_range);
        // It burns nothing, but what it costs must be a cost.
        assert_eq!(huge(Rate::OFF), out_of_range);
    }

    #[test]
    fn a_rate_is_in_force_from_its_instant_and_the_later_recorded_of_two_wins() {
        let at = |second| Timestamp::from_micros(0).plus_seconds(second);
        let rate = |text: &str| text.parse::<ExchangeRate>().unwrap();
        let dollar = "USD".parse().unwrap();
        let mut rates = ExchangeRates::default();
        assert_eq!(rates.history(dollar), None);
        let history = [
            (at(10), rate("0.9")),
            (at(10), rate("0.91")),
            (at(20), rate("0.95")),
        ];
        rates.learn(dollar, Arc::from(history));
        let shown = |second| rates.at(dollar, at(second)).map(|rate| rate.to_string());
        assert_eq!(shown(9), None);
        assert_eq!(shown(10).as_deref(), Some("0.91"));
        assert_eq!(shown(19).as_deref(), Some("0.91"));
        assert_eq!(shown(30).as_deref(), Some("0.95"));
        assert!(rates.has_between(dollar, at(10), at(20)) && !rates.has_between(dollar, at(10), at(19)));
        assert_eq!(rates.at("GBP".parse().unwrap(), at(30)), None);
    }
}
