//! The texts of the sections' fields as values, and the choices there are.

use allowance_api_types::credit_types::{Cadence, Distribution, Enforcement, RateSide};
use allowance_grid::Reading;
use allowance_values::{Credits, Decimals, Fixed};

use super::super::super::words;
use crate::ui::FieldErrors;

const RATE: &str = "A number like 100 or 0.0125, with at most 9 decimals; 0 switches burning off.";

pub(super) fn amount(errors: &mut FieldErrors, name: &str, text: &str, reading: Reading) -> Option<Credits> {
    match reading.amount(text) {
        Ok(amount) => Some(amount),
        Err(error) => {
            errors.add(name, error.to_string());
            None
        }
    }
}

/// An amount that may be left empty: no cap, no ceiling.
pub(super) fn ceiling(
    errors: &mut FieldErrors,
    name: &str,
    text: &str,
    reading: Reading,
) -> Option<Option<Credits>> {
    if text.trim().is_empty() {
        return Some(None);
    }
    amount(errors, name, text, reading).map(Some)
}

pub(super) fn whole(
    errors: &mut FieldErrors,
    name: &str,
    text: &str,
    range: std::ops::RangeInclusive<u32>,
) -> Option<u32> {
    let value = text.trim().parse().ok().filter(|value| range.contains(value));
    if value.is_none() {
        errors.add(
            name,
            format!("Enter a whole number from {} to {}.", range.start(), range.end()),
        );
    }
    value
}

/// A rate in its shortest form.
pub(super) fn rate(errors: &mut FieldErrors, name: &str, text: &str) -> Option<String> {
    let nanos = Fixed::parse(text.trim(), 9).ok().filter(|nanos| *nanos >= 0);
    if nanos.is_none() {
        errors.add(name, RATE);
    }
    nanos.map(|nanos| Fixed::text(nanos, 9))
}

pub(super) fn decimals(errors: &mut FieldErrors, name: &str, text: &str) -> Option<u8> {
    let count = text.parse().ok().filter(|count| Decimals::new(*count).is_some());
    if count.is_none() {
        errors.add(name, "Choose 0 to 6 decimals.");
    }
    count
}

pub(super) fn decimal_options() -> Vec<(String, String)> {
    (0..=6_u8)
        .map(|count| (count.to_string(), count.to_string()))
        .collect()
}

pub(super) fn cadence_options() -> Vec<(String, String)> {
    words::options(Cadence::ALL, words::cadence)
}

pub(super) fn enforcement_options() -> Vec<(String, String)> {
    words::options(Enforcement::ALL, words::enforcement)
}

pub(super) fn distribution_options() -> Vec<(String, String)> {
    words::options(Distribution::ALL, words::distribution)
}

pub(super) fn side_options() -> Vec<(String, String)> {
    words::options(&[RateSide::Factor, RateSide::Value], |side| match side {
        RateSide::Value => "Credit value",
        _ => "Credit factor",
    })
}
