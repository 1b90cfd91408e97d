//! What was typed in the settings of a credit type. Only what differs is sent.

use allowance_api_types::credit_types::{CreditTypeView, RateSide, UpdateCreditTypeBody};
use allowance_grid::Reading;
use allowance_values::{Decimals, Fixed};

use super::super::words;
use crate::ui::{FieldErrors, Required, required};

const NAME: Required = Required {
    missing: "Enter a name.",
    most: 100,
};
const RATE: &str = "A number like 100 or 0.0125, with at most 9 decimals; 0 switches burning off.";

/// The texts of the form, named as in the body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Draft {
    pub(super) name: String,
    pub(super) limit: String,
    pub(super) decimals: String,
    pub(super) rate_side: String,
    pub(super) rate: String,
    pub(super) enforcement: String,
}

impl Draft {
    pub(super) fn of(view: &CreditTypeView, reading: Reading) -> Self {
        Self {
            name: view.name.clone(),
            limit: reading.editable(view.limit),
            decimals: view.decimals.to_string(),
            rate_side: words::word(view.rate.entered),
            rate: rate_text(view),
            enforcement: words::word(view.enforcement),
        }
    }

    /// The changes against how it is now.
    pub(super) fn into_body(
        self,
        now: &CreditTypeView,
        reading: Reading,
    ) -> Result<UpdateCreditTypeBody, FieldErrors> {
        let mut errors = FieldErrors::default();
        let name = required(&mut errors, "name", &self.name, NAME);
        let decimals = self
            .decimals
            .parse::<u8>()
            .ok()
            .filter(|count| Decimals::new(*count).is_some());
        if decimals.is_none() {
            errors.add("decimals", "Choose 0 to 6 decimals.");
        }
        let with_decimals = decimals.and_then(Decimals::new).unwrap_or(reading.decimals);
        let limit = Reading {
            decimals: with_decimals,
            ..reading
        }
        .amount(&self.limit);
        if let Err(error) = limit {
            errors.add("limit", error.to_string());
        }
        let rate = rate(&self.rate);
        if rate.is_none() {
            errors.add("rate", RATE);
        }
        let side = words::from_word::<RateSide>(&self.rate_side).unwrap_or(now.rate.entered);
        let is_rate_new = rate.as_deref() != Some(rate_text(now).as_str()) || side != now.rate.entered;
        let body = UpdateCreditTypeBody {
            name: name.filter(|name| *name != now.name),
            decimals: decimals.filter(|count| *count != now.decimals),
            limit: limit.ok().filter(|limit| *limit != now.limit),
            rate_side: is_rate_new.then_some(side),
            rate: rate.filter(|_| is_rate_new),
            enforcement: words::from_word(&self.enforcement).filter(|word| *word != now.enforcement),
            cadence: None,
            distribution: None,
            rollover: None,
            sign_up: None,
            auto_approval: None,
        };
        errors.finish(Some(body))
    }
}

/// The side that was entered, as it stands in its field.
fn rate_text(view: &CreditTypeView) -> String {
    let entered = match view.rate.entered {
        RateSide::Value => view.rate.credit_value.as_ref(),
        _ => view.rate.credit_factor.as_ref(),
    };
    entered.cloned().unwrap_or_else(|| "0".to_owned())
}

/// A rate in its shortest form.
fn rate(text: &str) -> Option<String> {
    let nanos = Fixed::parse(text.trim(), 9).ok().filter(|nanos| *nanos >= 0)?;
    Some(Fixed::text(nanos, 9))
}

/// Whether a save would change nothing.
pub(super) const fn is_unchanged(body: &UpdateCreditTypeBody) -> bool {
    matches!(
        body,
        UpdateCreditTypeBody {
            name: None,
            decimals: None,
            limit: None,
            rate_side: None,
            rate: None,
            enforcement: None,
            ..
        }
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format;

    fn view() -> CreditTypeView {
        let id = "00000000000000000000000000000001";
        serde_json::from_value(serde_json::json!({
            "id": format!("crt_{id}"), "name": "AI usage", "decimals": 2, "cadence": "calendar_month", "limit": "100000",
            "rate": {"entered": "factor", "credit_factor": "100", "credit_value": "0.01"}, "enforcement": "warn",
            "distribution": "individual", "etag": "\"1\"",
            "cycle": {
                "id": format!("cyc_{id}"), "starts_at": "2026-11-01T00:00:00Z", "ends_at": "2026-12-01T00:00:00Z",
                "opened_by": "schedule", "is_open": true, "limit": "100000", "used": "41207.35",
            },
        }))
        .unwrap()
    }

    #[test]
    fn only_what_differs_is_sent() {
        let (view, reading) = (view(), format::reading(2));
        let draft = Draft::of(&view, reading);
        assert!(is_unchanged(&draft.clone().into_body(&view, reading).unwrap()));
        let same = Draft {
            limit: "100,000.00".to_owned(),
            rate: "100.0".to_owned(),
            ..draft.clone()
        };
        assert!(is_unchanged(&same.into_body(&view, reading).unwrap()));
        let lower = Draft {
            limit: "80,000".to_owned(),
            ..draft.clone()
        }
        .into_body(&view, reading)
        .unwrap();
        assert_eq!(
            (lower.limit.map(|limit| limit.to_string()), lower.rate),
            (Some("80000".to_owned()), None)
        );
        let side = Draft {
            rate_side: "value".to_owned(),
            rate: "0.02".to_owned(),
            ..draft
        };
        let side = side.into_body(&view, reading).unwrap();
        assert_eq!(
            (side.rate_side, side.rate.as_deref()),
            (Some(RateSide::Value), Some("0.02"))
        );
    }

    #[test]
    fn wrong_input_is_named_by_field() {
        let (view, reading) = (view(), format::reading(2));
        let draft = Draft::of(&view, reading);
        for (draft, field) in [
            (
                Draft {
                    name: " ".to_owned(),
                    ..draft.clone()
                },
                "name",
            ),
            (
                Draft {
                    limit: "-1".to_owned(),
                    ..draft.clone()
                },
                "limit",
            ),
            (
                Draft {
                    limit: "1.005".to_owned(),
                    ..draft.clone()
                },
                "limit",
            ),
            (
                Draft {
                    rate: "1e3".to_owned(),
                    ..draft.clone()
                },
                "rate",
            ),
            (
                Draft {
                    rate: "-1".to_owned(),
                    ..draft.clone()
                },
                "rate",
            ),
            (
                Draft {
                    decimals: "7".to_owned(),
                    ..draft
                },
                "decimals",
            ),
        ] {
            assert!(
                draft.into_body(&view, reading).unwrap_err().get(field).is_some(),
                "{field}"
            );
        }
    }
}
