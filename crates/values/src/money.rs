//! Money: an amount in micro-units with its currency; and [`Cost`], a metered cost in nano-units.

use std::fmt;
use std::str::FromStr;

use crate::amount::{Fixed, ParseAmountError};

/// An ISO 4217 code: three capital letters.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Currency([u8; 3]);

/// The text is no currency code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a currency is three capital letters, like EUR")]
pub struct ParseCurrencyError;

impl Currency {
    /// The three letters.
    #[must_use]
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or("XXX")
    }
}

impl FromStr for Currency {
    type Err = ParseCurrencyError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.as_bytes() {
            &[a, b, c] if [a, b, c].iter().all(u8::is_ascii_uppercase) => Ok(Self([a, b, c])),
            _ => Err(ParseCurrencyError),
        }
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A metered cost in nano-units (10⁻⁹) of some currency, never negative.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Cost(i64);

impl Cost {
    /// From nano-units; nothing for a negative number.
    #[must_use]
    pub const fn from_nanos(nanos: i64) -> Option<Self> {
        if nanos < 0 { None } else { Some(Self(nanos)) }
    }

    /// In nano-units.
    #[must_use]
    pub const fn nanos(self) -> i64 {
        self.0
    }
}

impl fmt::Display for Cost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&Fixed::text(self.0, 9))
    }
}

impl FromStr for Cost {
    type Err = ParseAmountError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::from_nanos(Fixed::parse(text, 9)?).ok_or(ParseAmountError::OutOfRange)
    }
}

/// An amount of money in nano-units, with its currency: `{"amount": "19.99", "currency": "USD"}`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Money {
    /// How much; up to nine decimals.
    pub amount: Cost,
    /// Of which currency.
    pub currency: Currency,
}

#[cfg(feature = "serde")]
mod wire {
    use super::{Cost, Currency};

    impl serde::Serialize for Currency {
        fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            serializer.serialize_str(self.as_str())
        }
    }

    impl<'de> serde::Deserialize<'de> for Currency {
        fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            <String as serde::Deserialize>::deserialize(deserializer)?
                .parse()
                .map_err(serde::de::Error::custom)
        }
    }

    impl serde::Serialize for Cost {
        fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            serializer.collect_str(self)
        }
    }

    impl<'de> serde::Deserialize<'de> for Cost {
        fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            <String as serde::Deserialize>::deserialize(deserializer)?
                .parse()
                .map_err(serde::de::Error::custom)
        }
    }
}

#[cfg(feature = "openapi")]
mod schema {
    use super::{Cost, Currency};
    use crate::amount::amount_schema;

    impl utoipa::PartialSchema for Currency {
        fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
            amount_schema("^[A-Z]{3}$", "EUR")
        }
    }
    impl utoipa::ToSchema for Currency {}

    impl utoipa::PartialSchema for Cost {
        fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
            amount_schema(r"^[0-9]{1,10}(\.[0-9]{1,9})?$", "19.99")
        }
    }
    impl utoipa::ToSchema for Cost {}
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn currencies_are_three_capital_letters() {
        assert_eq!(
            "EUR".parse::<Currency>().map(|c| c.to_string()),
            Ok("EUR".to_owned())
        );
        for wrong in ["eur", "EURO", "E1R", "", "€"] {
            assert!(wrong.parse::<Currency>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_cost_keeps_nine_decimals_and_is_never_negative() {
        assert_eq!("0.0187225".parse::<Cost>().map(Cost::nanos), Ok(18_722_500));
        assert!("-1".parse::<Cost>().is_err());
        assert!("0.0000000001".parse::<Cost>().is_err());
    }
}
