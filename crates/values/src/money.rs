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

/// More characters than this are no metered cost: a double takes 24 at most.
const METERED_LENGTH: usize = 64;

impl Cost {
    /// Parses a cost as meters send it: any JSON number, `4.9999999999999996e-05` too, exactly as it is written. More than
    /// nine decimals are rounded once, half to even.
    ///
    /// # Errors
    /// [`ParseAmountError`] says what is wrong with the text.
    pub fn parse_metered(text: &str) -> Result<Self, ParseAmountError> {
        let wrong = ParseAmountError::NotANumber;
        if text.is_empty() {
            return Err(ParseAmountError::Empty);
        }
        if text.len() > METERED_LENGTH {
            return Err(wrong);
        }
        let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, "0"));
        let is_plain = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
        let power = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
        if !is_plain(whole) || !is_plain(fraction) || !is_plain(power) {
            // A cost below zero is a number, only none of a cost.
            let is_negative = whole.strip_prefix('-').is_some_and(is_plain);
            return Err(if is_negative {
                ParseAmountError::OutOfRange
            } else {
                wrong
            });
        }
        let digits: Vec<u8> = whole.bytes().chain(fraction.bytes()).map(|b| b & 0x0f).collect();
        if digits.iter().all(|digit| *digit == 0) {
            return Ok(Self(0));
        }
        let exponent: i64 = exponent.parse().map_err(|_| ParseAmountError::OutOfRange)?;
        // So many of the digits stand before the point once the number is written in nano-units.
        let kept = i64::try_from(whole.len())
            .ok()
            .and_then(|places| places.checked_add(exponent)?.checked_add(9))
            .ok_or(ParseAmountError::OutOfRange)?;
        let mut nanos: i128 = 0;
        for place in 0..kept {
            let digit = usize::try_from(place).ok().and_then(|place| digits.get(place));
            nanos = nanos
                .checked_mul(10)
                .and_then(|nanos| nanos.checked_add(i128::from(digit.copied().unwrap_or(0))))
                .filter(|nanos| *nanos <= i128::from(i64::MAX))
                .ok_or(ParseAmountError::OutOfRange)?;
        }
        let nanos = i64::try_from(nanos).map_err(|_| ParseAmountError::OutOfRange)?;
        // Of the digits left over, the first decides, and in the middle the rest and then the even neighbour.
        let left = usize::try_from(kept).map_or(&[][..], |kept| digits.get(kept..).unwrap_or_default());
        let rounds_up = match left.split_first() {
            None => false,
            Some((5, rest)) => nanos.rem_euclid(2) == 1 || rest.iter().any(|digit| *digit != 0),
            Some((first, _)) => *first > 5,
        };
        nanos
            .checked_add(i64::from(rounds_up))
            .map(Self)
            .ok_or(ParseAmountError::OutOfRange)
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
    fn a_metered_cost_is_what_its_text_says() {
        let nanos = |text| Cost::parse_metered(text).map(Cost::nanos);
        for (text, expected) in [
            ("0", 0),
            ("0.0187225", 18_722_500),
            ("12", 12_000_000_000),
            ("4.9999999999999996e-05", 50_000),
            ("4.99949999e-05", 49_995),
            ("1e-9", 1),
            ("5e-10", 0),
            ("1.5e-9", 2),
            ("2.5e-9", 2),
            ("2.5000000001E-9", 3),
            ("9.99e-10", 1),
            ("0.9e-9", 1),
            ("1E+3", 1_000_000_000_000),
            ("0e999999999999", 0),
            ("1e-400", 0),
            (
                "0.00000000000000000000000000000000000000000000000000001e53",
                1_000_000_000,
            ),
        ] {
            assert_eq!(nanos(text), Ok(expected), "{text}");
        }
        for text in [
            "1e400",
            "9223372037",
            "9999999999999999999",
            "-1",
            "1e99999999999999999999",
        ] {
            assert_eq!(nanos(text), Err(ParseAmountError::OutOfRange), "{text}");
        }
        let long = "1".repeat(65);
        for text in [
            ".5",
            "5.",
            "1e",
            "e5",
            "NaN",
            "Infinity",
            "1,5",
            "0x10",
            "1e5.5",
            "--1",
            " 1",
            long.as_str(),
        ] {
            assert_eq!(nanos(text), Err(ParseAmountError::NotANumber), "{text}");
        }
        assert_eq!(nanos(""), Err(ParseAmountError::Empty));
    }

    #[test]
    fn a_cost_keeps_nine_decimals_and_is_never_negative() {
        assert_eq!("0.0187225".parse::<Cost>().map(Cost::nanos), Ok(18_722_500));
        assert!("-1".parse::<Cost>().is_err());
        assert!("0.0000000001".parse::<Cost>().is_err());
    }
}
