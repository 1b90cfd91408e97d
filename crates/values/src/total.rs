//! [`CostTotal`]: a sum of metered costs, wide enough for every sum.

use std::fmt;
use std::str::FromStr;

use crate::amount::ParseAmountError;
use crate::money::Cost;

const DECIMALS: usize = 9;
/// Units in one, and the text of more whole digits than any sum of ours has.
const ONE: i128 = 1_000_000_000;
const WHOLE_DIGITS: usize = 28;

/// A sum of costs in nano-units (10⁻⁹). Below zero where more was reversed than charged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct CostTotal(i128);

impl CostTotal {
    /// Nothing.
    pub const ZERO: Self = Self(0);

    /// From nano-units.
    #[must_use]
    pub const fn from_nanos(nanos: i128) -> Self {
        Self(nanos)
    }

    /// In nano-units.
    #[must_use]
    pub const fn nanos(self) -> i128 {
        self.0
    }
}

impl From<Cost> for CostTotal {
    fn from(cost: Cost) -> Self {
        Self(i128::from(cost.nanos()))
    }
}

impl fmt::Display for CostTotal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let digits = format!(
            "{:0>least$}",
            self.0.unsigned_abs(),
            least = DECIMALS.saturating_add(1)
        );
        let (whole, fraction) = digits.split_at(digits.len().saturating_sub(DECIMALS));
        match fraction.trim_end_matches('0') {
            "" => write!(f, "{sign}{whole}"),
            fraction => write!(f, "{sign}{whole}.{fraction}"),
        }
    }
}

impl FromStr for CostTotal {
    type Err = ParseAmountError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (negative, digits) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
        let is_plain = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
        if !is_plain(whole) || !is_plain(fraction) {
            return Err(ParseAmountError::NotANumber);
        }
        let fraction = fraction.trim_end_matches('0');
        if fraction.len() > DECIMALS {
            return Err(ParseAmountError::TooManyDecimals(9));
        }
        if whole.len() > WHOLE_DIGITS {
            return Err(ParseAmountError::OutOfRange);
        }
        let out_of_range = |_| ParseAmountError::OutOfRange;
        let whole: i128 = whole.parse().map_err(out_of_range)?;
        let fraction: i128 = format!("{fraction:0<DECIMALS$}").parse().map_err(out_of_range)?;
        let nanos = whole
            .checked_mul(ONE)
            .and_then(|nanos| nanos.checked_add(fraction))
            .and_then(|nanos| {
                if negative {
                    nanos.checked_neg()
                } else {
                    Some(nanos)
                }
            });
        nanos.map(Self).ok_or(ParseAmountError::OutOfRange)
    }
}

#[cfg(feature = "serde")]
impl serde::Serialize for CostTotal {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(feature = "serde")]
impl<'de> serde::Deserialize<'de> for CostTotal {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <String as serde::Deserialize>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(feature = "openapi")]
impl utoipa::PartialSchema for CostTotal {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
        utoipa::openapi::ObjectBuilder::new()
            .schema_type(utoipa::openapi::schema::Type::String)
            .pattern(Some(r"^-?[0-9]{1,28}(\.[0-9]{1,9})?$"))
            .min_length(Some(1))
            .max_length(Some(40))
            .examples([serde_json::json!("31.89720105")])
            .into()
    }
}

#[cfg(feature = "openapi")]
impl utoipa::ToSchema for CostTotal {}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn text_and_back_is_the_same_sum(nanos in -(1_i128 << 95)..1_i128 << 95) {
            let total = CostTotal::from_nanos(nanos);
            prop_assert_eq!(total.to_string().parse(), Ok(total));
        }

        #[test]
        fn any_text_gets_an_answer(text in ".{0,60}") {
            let _answer = text.parse::<CostTotal>();
        }
    }

    #[test]
    fn a_sum_goes_below_zero_and_beyond_what_one_cost_can_be() {
        assert_eq!(CostTotal::from_nanos(-10_500_000_000).to_string(), "-10.5");
        assert_eq!(CostTotal::from_nanos(31_897_201_050).to_string(), "31.89720105");
        let two = CostTotal::from_nanos(i128::from(i64::MAX) * 2);
        assert_eq!(two.to_string(), "18446744073.709551614");
        assert_eq!(
            "1".repeat(29).parse::<CostTotal>(),
            Err(ParseAmountError::OutOfRange)
        );
        assert!("".parse::<CostTotal>().is_err());
    }
}
