//! What one unit of a foreign currency is worth in another, and what a cost comes to by that.

use std::fmt;
use std::str::FromStr;

use crate::amount::{Fixed, ParseAmountError};
use crate::money::Cost;
use crate::rate::divide_half_even;

/// An exchange rate in nano-units (10⁻⁹) of the one currency per unit of the other: above zero, at most 1,000,000,000.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ExchangeRate(i64);

/// Nano-units in one.
const NANOS: i64 = 1_000_000_000;
const MOST: i64 = 1_000_000_000_000_000_000;

impl ExchangeRate {
    /// One for one: a cost that is in the right currency already.
    pub const ONE: Self = Self(NANOS);

    /// From nano-units; nothing for a number that is out of bounds.
    #[must_use]
    pub const fn from_nanos(nanos: i64) -> Option<Self> {
        if nanos > 0 && nanos <= MOST {
            Some(Self(nanos))
        } else {
            None
        }
    }

    /// In nano-units.
    #[must_use]
    pub const fn nanos(self) -> i64 {
        self.0
    }

    /// What a cost comes to, rounded once, half to even, to a nano-unit. Nothing when it does not fit.
    #[must_use]
    pub fn convert(self, cost: Cost) -> Option<Cost> {
        let nanos = divide_half_even(self.product(cost)?, i128::from(NANOS))?;
        Cost::from_nanos(i64::try_from(nanos).ok()?)
    }

    /// What a cost comes to, exactly, in 10⁻¹⁸ units.
    pub(crate) fn product(self, cost: Cost) -> Option<i128> {
        i128::from(cost.nanos()).checked_mul(i128::from(self.0))
    }
}

impl fmt::Display for ExchangeRate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&Fixed::text(self.0, 9))
    }
}

impl FromStr for ExchangeRate {
    type Err = ParseAmountError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::from_nanos(Fixed::parse(text, 9)?).ok_or(ParseAmountError::OutOfRange)
    }
}

#[cfg(feature = "serde")]
mod wire {
    use super::ExchangeRate;

    impl serde::Serialize for ExchangeRate {
        fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            serializer.collect_str(self)
        }
    }

    impl<'de> serde::Deserialize<'de> for ExchangeRate {
        fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            <String as serde::Deserialize>::deserialize(deserializer)?
                .parse()
                .map_err(serde::de::Error::custom)
        }
    }
}

#[cfg(feature = "openapi")]
mod schema {
    use super::ExchangeRate;
    use crate::amount::amount_schema;

    impl utoipa::PartialSchema for ExchangeRate {
        fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
            amount_schema(r"^[0-9]{1,10}(\.[0-9]{1,9})?$", "0.9204")
        }
    }
    impl utoipa::ToSchema for ExchangeRate {}
}

#[cfg(test)]
mod tests {
    use super::*;

    fn converted(rate: &str, cost: &str) -> Option<String> {
        let rate: ExchangeRate = rate.parse().unwrap();
        rate.convert(cost.parse().unwrap()).map(|cost| cost.to_string())
    }

    #[test]
    fn a_cost_is_converted_and_rounded_once_half_to_even() {
        assert_eq!(converted("0.92", "0.02").as_deref(), Some("0.0184"));
        assert_eq!(converted("0.5", "0.000000001").as_deref(), Some("0"));
        assert_eq!(converted("0.5", "0.000000003").as_deref(), Some("0.000000002"));
        assert_eq!(converted("0.5", "0.000000005").as_deref(), Some("0.000000002"));
        assert_eq!(
            converted("0.500000001", "0.000000001").as_deref(),
            Some("0.000000001")
        );
        assert_eq!(
            converted("1", "9223372036.854775807").as_deref(),
            Some("9223372036.854775807")
        );
        assert_eq!(converted("1.000000001", "9223372036.854775807"), None);
        assert_eq!(
            converted("1000000000", "9.223372036").as_deref(),
            Some("9223372036")
        );
    }

    #[test]
    fn a_rate_is_above_zero_bounded_and_has_nine_decimals() {
        for (text, expected) in [
            ("0", ParseAmountError::OutOfRange),
            ("0.000000000", ParseAmountError::OutOfRange),
            ("-1", ParseAmountError::OutOfRange),
            ("1000000000.000000001", ParseAmountError::OutOfRange),
            ("99999999999999999999", ParseAmountError::OutOfRange),
            ("0.123456789012", ParseAmountError::TooManyDecimals(9)),
            ("1,5", ParseAmountError::NotANumber),
            ("", ParseAmountError::Empty),
        ] {
            assert_eq!(text.parse::<ExchangeRate>(), Err(expected), "{text}");
        }
        for text in ["0.000000001", "0.9204", "1000000000"] {
            assert_eq!(text.parse::<ExchangeRate>().unwrap().to_string(), text);
        }
    }
}
