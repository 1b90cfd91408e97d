//! What is pure about exchange rates: the draft of one, and where one stands.

use allowance_api_types::exchange_rates::{CreateExchangeRateBody, ExchangeRateView};
use allowance_values::{Currency, Timestamp};

use crate::ui::{FieldErrors, Tone, parsed};

/// The word of a rate that holds from a day of the viewer's choice; the other word is nothing: from now on.
pub(super) const FROM_A_DAY: &str = "day";

/// The choices of when a rate begins: word and text.
pub(super) fn beginnings() -> Vec<(String, String)> {
    [("", "Now"), (FROM_A_DAY, "On a day…")]
        .map(|(word, text)| (word.to_owned(), text.to_owned()))
        .into()
}

/// What was typed about a rate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Draft {
    pub(super) currency: String,
    pub(super) rate: String,
    pub(super) beginning: String,
    /// When the day that was chosen begins, where there is such a day.
    pub(super) day_begins: Option<Timestamp>,
}

impl Draft {
    pub(super) fn into_body(self, own: Currency) -> Result<CreateExchangeRateBody, FieldErrors> {
        let mut errors = FieldErrors::default();
        let code = self.currency.trim().to_ascii_uppercase();
        let currency = parsed::<Currency>(&mut errors, "currency", &code, "Three letters, like USD.");
        if currency == Some(own) {
            errors.add("currency", format!("{own} is the organisation’s own currency."));
        }
        let mend = "A number above 0 with at most 9 decimals, like 0.92.";
        let rate = parsed(&mut errors, "rate", &self.rate, mend);
        let since = self.day_begins.filter(|_| self.beginning == FROM_A_DAY);
        if self.beginning == FROM_A_DAY && since.is_none() {
            errors.add("since", "Choose a day.");
        }
        let body = currency.zip(rate).map(|(currency, rate)| CreateExchangeRateBody {
            currency,
            rate,
            since,
        });
        errors.finish(body)
    }
}

/// Where a rate stands, in words.
pub(super) fn state(rate: &ExchangeRateView, now: Timestamp) -> (&'static str, Tone) {
    if rate.is_current {
        ("In force", Tone::Good)
    } else if rate.since > now {
        ("To come", Tone::Neutral)
    } else {
        ("Past", Tone::Neutral)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn draft() -> Draft {
        Draft {
            currency: " usd ".to_owned(),
            rate: " 0.92 ".to_owned(),
            beginning: String::new(),
            day_begins: None,
        }
    }

    fn euro() -> Currency {
        "EUR".parse().unwrap()
    }

    #[test]
    fn a_rate_holds_from_now_or_from_a_day() {
        let body = draft().into_body(euro()).unwrap();
        assert_eq!(
            (body.currency.as_str(), body.rate.to_string().as_str()),
            ("USD", "0.92")
        );
        assert_eq!(body.since, None);
        let mut dated = draft();
        dated.beginning = FROM_A_DAY.to_owned();
        assert_eq!(
            dated.clone().into_body(euro()).unwrap_err().get("since"),
            Some("Choose a day.")
        );
        dated.day_begins = Some("2026-12-01T00:00:00+01:00".parse().unwrap());
        assert_eq!(dated.clone().into_body(euro()).unwrap().since, dated.day_begins);
        // A day that was chosen and left again says nothing.
        dated.beginning = String::new();
        assert_eq!(dated.into_body(euro()).unwrap().since, None);
    }

    #[test]
    fn what_is_no_rate_is_said_at_its_field() {
        for (currency, rate, field) in [
            ("EUR", "1", "currency"),
            ("Euro", "1", "currency"),
            ("", "1", "currency"),
            ("USD", "0", "rate"),
            ("USD", "-1", "rate"),
            ("USD", "1000000001", "rate"),
            ("USD", "0.123456789012", "rate"),
            ("USD", "1,5", "rate"),
            ("USD", "", "rate"),
        ] {
            let draft = Draft {
                currency: currency.to_owned(),
                rate: rate.to_owned(),
                ..draft()
            };
            let errors = draft.into_body(euro()).unwrap_err();
            assert!(errors.get(field).is_some(), "{currency} {rate}");
        }
    }
}
