//! The rate between money and credits. The side that was entered is the one stored, exactly.

use crate::amount::{Credits, Fixed};
use crate::exchange::ExchangeRate;
use crate::money::Cost;

/// Which side of the rate a person entered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RateSide {
    /// Credits per 1 unit of the organisation's currency.
    Factor,
    /// Money per credit.
    Value,
}

/// A rate in nano-units (10⁻⁹) of the side that was entered. Zero switches burning off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Rate {
    side: RateSide,
    nanos: i64,
}

impl Rate {
    /// Burning off: usage is recorded, nothing is spent.
    pub const OFF: Self = Self {
        side: RateSide::Factor,
        nanos: 0,
    };

    /// A rate by the side it was entered on; nothing when it is negative.
    #[must_use]
    pub const fn new(side: RateSide, nanos: i64) -> Option<Self> {
        if nanos < 0 {
            None
        } else {
            Some(Self { side, nanos })
        }
    }

    /// The side that was entered.
    #[must_use]
    pub const fn side(self) -> RateSide {
        self.side
    }

    /// The entered number in nano-units.
    #[must_use]
    pub const fn nanos(self) -> i64 {
        self.nanos
    }

    /// Whether usage burns no credits.
    #[must_use]
    pub const fn is_off(self) -> bool {
        self.nanos == 0
    }

    /// The rate shown from the given side, as text with up to nine decimals (half to even); nothing when off.
    #[must_use]
    pub fn shown_as(self, side: RateSide) -> Option<String> {
        if self.is_off() {
            return None;
        }
        if side == self.side {
            return Some(Fixed::text(self.nanos, 9));
        }
        let inverse = divide_half_even(1_000_000_000_000_000_000, i128::from(self.nanos))?;
        Some(Fixed::text(i64::try_from(inverse).ok()?, 9))
    }

    /// What a cost burns, rounded once, half to even, to a micro-credit. Nothing when it does not fit.
    #[must_use]
    pub fn credits_for(self, cost: Cost) -> Option<Credits> {
        self.credits_at(cost, ExchangeRate::ONE)
    }

    /// What a cost in another currency burns: of the exact product of cost and both rates, rounded once, half to even.
    #[must_use]
    pub fn credits_at(self, cost: Cost, exchange: ExchangeRate) -> Option<Credits> {
        if self.is_off() {
            return Some(Credits::ZERO);
        }
        let (rate, money) = (i128::from(self.nanos), exchange.product(cost)?);
        let micros = match self.side {
            RateSide::Factor => multiply_half_even(money, rate)?,
            RateSide::Value => divide_half_even(money, rate.checked_mul(1_000)?)?,
        };
        i64::try_from(micros).ok().map(Credits::from_micros)
    }
}

/// Money in 10⁻¹⁸ units times a factor in 10⁻⁹, in 10⁻⁶ units, rounded half to even. The product has more digits than an
/// integer holds, so what lies below a nano-unit of money is multiplied apart; what does not fit then is no answer either.
fn multiply_half_even(money: i128, factor: i128) -> Option<i128> {
    const NANO: i128 = 1_000_000_000;
    let whole = money.checked_div(NANO)?.checked_mul(factor)?;
    let below = money.checked_rem(NANO)?.checked_mul(factor)?;
    let sum = whole.checked_add(below.checked_div(NANO)?)?;
    let micros = sum.checked_div(1_000_000_000_000)?;
    let rest = sum
        .checked_rem(1_000_000_000_000)?
        .checked_mul(NANO)?
        .checked_add(below.checked_rem(NANO)?)?;
    round_half_even(micros, rest, 1_000_000_000_000_000_000_000)
}

/// Division of non-negative numbers, rounded half to even.
pub(crate) fn divide_half_even(dividend: i128, divisor: i128) -> Option<i128> {
    let quotient = dividend.checked_div(divisor)?;
    round_half_even(quotient, dividend.checked_rem(divisor)?, divisor)
}

/// A quotient whose division left a rest.
fn round_half_even(quotient: i128, rest: i128, divisor: i128) -> Option<i128> {
    let is_odd = quotient.checked_rem(2)? != 0;
    match rest.checked_mul(2)?.cmp(&divisor) {
        std::cmp::Ordering::Less => Some(quotient),
        std::cmp::Ordering::Equal if !is_odd => Some(quotient),
        std::cmp::Ordering::Equal | std::cmp::Ordering::Greater => quotient.checked_add(1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn credits(side: RateSide, rate: &str, cost: &str) -> Option<String> {
        let rate = Rate::new(side, Fixed::parse(rate, 9).unwrap()).unwrap();
        rate.credits_for(cost.parse().unwrap()).map(|c| c.to_string())
    }

    #[test]
    fn a_cost_becomes_credits_rounded_once_half_to_even() {
        assert_eq!(
            credits(RateSide::Factor, "100", "0.0187225").as_deref(),
            Some("1.87225")
        );
        assert_eq!(credits(RateSide::Factor, "1", "0.0000005").as_deref(), Some("0"));
        assert_eq!(
            credits(RateSide::Factor, "1", "0.0000015").as_deref(),
            Some("0.000002")
        );
        assert_eq!(credits(RateSide::Value, "0.01", "1").as_deref(), Some("100"));
        assert_eq!(credits(RateSide::Factor, "0", "5").as_deref(), Some("0"));
        assert_eq!(credits(RateSide::Factor, "9000000000", "9000000000"), None);
    }

    #[test]
    fn a_foreign_cost_becomes_credits_by_the_exact_product() {
        let credits = |side, rate: &str, exchange: &str, cost: &str| {
            let rate = Rate::new(side, Fixed::parse(rate, 9).unwrap()).unwrap();
            let credits = rate.credits_at(cost.parse().unwrap(), exchange.parse().unwrap());
            credits.map(|credits| credits.to_string())
        };
        let factor = |rate, exchange, cost| credits(RateSide::Factor, rate, exchange, cost);
        assert_eq!(factor("100", "0.92", "0.02").as_deref(), Some("1.84"));
        // Rounded at the converted cost too, this would be 0.002.
        assert_eq!(factor("1000000", "0.5", "0.000000003").as_deref(), Some("0.0015"));
        assert_eq!(factor("1000", "0.5", "0.000000003").as_deref(), Some("0.000002"));
        assert_eq!(
            factor("1000", "0.499999999", "0.000000003").as_deref(),
            Some("0.000001")
        );
        assert_eq!(
            factor("1000", "0.500000001", "0.000000001").as_deref(),
            Some("0.000001")
        );
        assert_eq!(factor("1000", "0.5", "0.000000001").as_deref(), Some("0"));
        assert_eq!(factor("0", "0.5", "1").as_deref(), Some("0"));
        assert_eq!(
            factor("0.000001", "1000000000", "9000000000").as_deref(),
            Some("9000000000000")
        );
        assert_eq!(factor("9000000000", "1000000000", "9000000000"), None);
        assert_eq!(
            credits(RateSide::Value, "0.01", "0.92", "0.02").as_deref(),
            Some("1.84")
        );
        assert_eq!(
            credits(RateSide::Value, "0.000000001", "1000000000", "9000000000"),
            None
        );
    }

    #[test]
    fn both_directions_are_shown() {
        let rate = Rate::new(RateSide::Factor, 100_000_000_000).unwrap();
        assert_eq!(rate.shown_as(RateSide::Factor).as_deref(), Some("100"));
        assert_eq!(rate.shown_as(RateSide::Value).as_deref(), Some("0.01"));
        assert_eq!(Rate::OFF.shown_as(RateSide::Value), None);
    }
}
