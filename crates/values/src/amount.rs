//! Fixed-point numbers and [`Credits`]: integer micro-units, checked arithmetic, exact text.

use std::fmt;
use std::str::FromStr;

/// Why a text is not an amount.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ParseAmountError {
    /// The text is empty.
    #[error("an amount is missing")]
    Empty,
    /// Something other than an optional sign, digits and one point.
    #[error("not a number; write it like 1234.5")]
    NotANumber,
    /// More decimals than the unit has.
    #[error("too many decimals; at most {0} are kept")]
    TooManyDecimals(u32),
    /// Beyond what can be stored.
    #[error("the number is too large")]
    OutOfRange,
}

/// Text ⇄ scaled integers, shared by every amount.
#[derive(Debug, Clone, Copy)]
pub struct Fixed;

impl Fixed {
    /// Parses `-12.5` into an integer of `10^-scale` units. Plain decimals only: no exponent, no grouping, no `+`.
    ///
    /// # Errors
    /// [`ParseAmountError`] says what is wrong with the text.
    pub fn parse(text: &str, scale: u32) -> Result<i64, ParseAmountError> {
        let (negative, digits) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        if digits.is_empty() {
            return Err(if negative {
                ParseAmountError::NotANumber
            } else {
                ParseAmountError::Empty
            });
        }
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
        let is_plain = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
        if !is_plain(whole) || !is_plain(fraction) {
            return Err(ParseAmountError::NotANumber);
        }
        let fraction = fraction.trim_end_matches('0');
        let kept = u32::try_from(fraction.len()).map_err(|_| ParseAmountError::OutOfRange)?;
        let missing = scale
            .checked_sub(kept)
            .ok_or(ParseAmountError::TooManyDecimals(scale))?;
        let mut value: i128 = 0;
        for digit in whole
            .bytes()
            .chain(fraction.bytes())
            .map(|b| i128::from(b & 0x0f))
        {
            value = value
                .checked_mul(10)
                .and_then(|v| v.checked_add(digit))
                .ok_or(ParseAmountError::OutOfRange)?;
        }
        let scaled = 10_i128
            .checked_pow(missing)
            .and_then(|factor| value.checked_mul(factor))
            .and_then(|v| if negative { v.checked_neg() } else { Some(v) })
            .ok_or(ParseAmountError::OutOfRange)?;
        i64::try_from(scaled).map_err(|_| ParseAmountError::OutOfRange)
    }

    /// Writes a scaled integer exactly, without trailing zeros: `125.5`, `-0.000001`, `7`.
    #[must_use]
    pub fn text(value: i64, scale: u32) -> String {
        let sign = if value < 0 { "-" } else { "" };
        let digits = value.unsigned_abs().to_string();
        let width = usize::try_from(scale).unwrap_or(0);
        let padded = format!("{digits:0>least$}", least = width.saturating_add(1));
        let (whole, fraction) = padded.split_at(padded.len().saturating_sub(width));
        match fraction.trim_end_matches('0') {
            "" => format!("{sign}{whole}"),
            fraction => format!("{sign}{whole}.{fraction}"),
        }
    }
}

/// How many decimals people type and see for a credit type: 0 to 6.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Decimals(u8);

impl Decimals {
    /// The most a credit type can have.
    pub const MAX: Self = Self(6);

    /// 0 to 6.
    #[must_use]
    pub const fn new(count: u8) -> Option<Self> {
        if count <= 6 { Some(Self(count)) } else { None }
    }

    /// The count.
    #[must_use]
    pub const fn count(self) -> u8 {
        self.0
    }

    /// The smallest step in micro-credits.
    #[must_use]
    pub const fn step_micros(self) -> i64 {
        match self.0 {
            0 => 1_000_000,
            1 => 100_000,
            2 => 10_000,
            3 => 1_000,
            4 => 100,
            5 => 10,
            _ => 1,
        }
    }
}

/// An amount of credits in micro-credits (10⁻⁶). May be negative: an overhang and an overage are legal.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Credits(i64);

impl Credits {
    /// Nothing.
    pub const ZERO: Self = Self(0);
    /// The largest amount anybody may enter: a million million credits.
    pub const MAX_INPUT: Self = Self(1_000_000_000_000_000_000);
    const SCALE: u32 = 6;

    /// From micro-credits, as rows hold them.
    #[must_use]
    pub const fn from_micros(micros: i64) -> Self {
        Self(micros)
    }

    /// In micro-credits.
    #[must_use]
    pub const fn micros(self) -> i64 {
        self.0
    }

    /// The sum, or nothing when it does not fit.
    #[must_use]
    pub const fn checked_add(self, other: Self) -> Option<Self> {
        match self.0.checked_add(other.0) {
            Some(sum) => Some(Self(sum)),
            None => None,
        }
    }

    /// The difference, or nothing when it does not fit.
    #[must_use]
    pub const fn checked_sub(self, other: Self) -> Option<Self> {
        match self.0.checked_sub(other.0) {
            Some(difference) => Some(Self(difference)),
            None => None,
        }
    }

    /// The same amount with the other sign, or nothing for the one that has none.
    #[must_use]
    pub const fn checked_neg(self) -> Option<Self> {
        match self.0.checked_neg() {
            Some(negated) => Some(Self(negated)),
            None => None,
        }
    }

    /// Whether it is above zero.
    #[must_use]
    pub const fn is_positive(self) -> bool {
        self.0 > 0
    }

    /// Whether it is below zero.
    #[must_use]
    pub const fn is_negative(self) -> bool {
        self.0 < 0
    }

    /// Whether it is nothing.
    #[must_use]
    pub const fn is_zero(self) -> bool {
        self.0 == 0
    }

    /// The amount where it is above zero, else zero.
    #[must_use]
    pub fn positive_part(self) -> Self {
        self.max(Self::ZERO)
    }

    /// Whether the amount can be typed with so many decimals.
    #[must_use]
    pub const fn fits(self, decimals: Decimals) -> bool {
        matches!(self.0.checked_rem(decimals.step_micros()), Some(0))
    }
}

impl fmt::Display for Credits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&Fixed::text(self.0, Self::SCALE))
    }
}

impl fmt::Debug for Credits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Credits {
    type Err = ParseAmountError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let credits = Self(Fixed::parse(text, Self::SCALE)?);
        let limit = Self::MAX_INPUT;
        if credits > limit || credits.checked_neg().is_none_or(|negated| negated > limit) {
            return Err(ParseAmountError::OutOfRange);
        }
        Ok(credits)
    }
}

#[cfg(feature = "serde")]
impl serde::Serialize for Credits {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(feature = "serde")]
impl<'de> serde::Deserialize<'de> for Credits {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <String as serde::Deserialize>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(feature = "openapi")]
pub(crate) fn amount_schema(
    pattern: &str,
    example: &str,
) -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
    utoipa::openapi::ObjectBuilder::new()
        .schema_type(utoipa::openapi::schema::Type::String)
        .pattern(Some(pattern))
        .min_length(Some(1))
        .max_length(Some(32))
        .examples([serde_json::json!(example)])
        .into()
}

#[cfg(feature = "openapi")]
impl utoipa::PartialSchema for Credits {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
        amount_schema(r"^-?[0-9]{1,13}(\.[0-9]{1,6})?$", "125.5")
    }
}

#[cfg(feature = "openapi")]
impl utoipa::ToSchema for Credits {}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(20_000))]
        #[test]
        fn text_and_back_is_the_same_amount(micros in any::<i64>()) {
            let text = Fixed::text(micros, 6);
            prop_assert_eq!(Fixed::parse(&text, 6), Ok(micros));
        }

        #[test]
        fn parsing_agrees_with_rust_decimal(micros in -9_000_000_000_000_000_000_i64..9_000_000_000_000_000_000) {
            let decimal = rust_decimal::Decimal::new(micros, 6);
            prop_assert_eq!(Fixed::parse(&decimal.to_string(), 6), Ok(micros));
            prop_assert_eq!(Fixed::text(micros, 6), decimal.normalize().to_string());
        }

        #[test]
        fn any_text_gets_an_answer(text in ".{0,40}") {
            let _answer = text.parse::<Credits>();
        }
    }

    #[test]
    fn odd_texts_are_refused_with_their_reason() {
        for (text, error) in [
            ("", ParseAmountError::Empty),
            ("-", ParseAmountError::NotANumber),
            ("1e5", ParseAmountError::NotANumber),
            ("1,5", ParseAmountError::NotANumber),
            (".5", ParseAmountError::NotANumber),
            ("+5", ParseAmountError::NotANumber),
            ("NaN", ParseAmountError::NotANumber),
            ("٣", ParseAmountError::NotANumber),
            ("0.0000001", ParseAmountError::TooManyDecimals(6)),
            ("1000000000000.000001", ParseAmountError::OutOfRange),
            (
                "99999999999999999999999999999999999999999999",
                ParseAmountError::OutOfRange,
            ),
        ] {
            assert_eq!(text.parse::<Credits>(), Err(error), "{text:?}");
        }
        assert_eq!("1000000000000".parse::<Credits>(), Ok(Credits::MAX_INPUT));
        assert_eq!("0.500000000".parse::<Credits>().map(Credits::micros), Ok(500_000));
    }

    #[test]
    fn decimals_bound_what_can_be_typed() {
        let half = Credits::from_micros(500_000);
        assert!(half.fits(Decimals(1)) && !half.fits(Decimals(0)));
        assert_eq!(Decimals::new(7), None);
    }
}
