//! What was typed on the first visit, and what of it is wrong.

use allowance_api_types::setup::SetupBody;
use allowance_values::{Currency, Email, Fixed};

use crate::format;
use crate::pages::words;
use crate::ui::{FieldErrors, Required, parsed, required};

/// The texts of the form, named as in the body.
#[derive(Debug, Clone, Default)]
pub(super) struct Draft {
    pub token: String,
    pub organisation_name: String,
    pub time_zone: String,
    pub currency: String,
    pub admin_email: String,
    pub admin_name: String,
    pub admin_password: String,
    pub credit_type_name: String,
    pub cadence: String,
    pub limit: String,
    pub credit_factor: String,
}

impl Draft {
    pub(super) fn into_body(self) -> Result<SetupBody, FieldErrors> {
        let mut errors = FieldErrors::default();
        let e = &mut errors;
        let token = required(
            e,
            "token",
            &self.token,
            rule("Enter the token from the server's log.", 200),
        );
        let organisation_name = required(
            e,
            "organisation_name",
            &self.organisation_name,
            rule("Enter your organisation's name.", 200),
        );
        let time_zone = required(
            e,
            "time_zone",
            &self.time_zone,
            rule("Choose a time zone, like Europe/Berlin.", 64),
        );
        let currency = self.currency.to_uppercase();
        let currency = parsed::<Currency>(e, "currency", &currency, "Enter three letters, like EUR.");
        let admin_email = parsed::<Email>(
            e,
            "admin_email",
            &self.admin_email,
            "Enter an e-mail address, like ken@example.com.",
        );
        let admin_name = required(e, "admin_name", &self.admin_name, rule("Enter your name.", 200));
        let admin_password = password(e, "admin_password", self.admin_password);
        let credit_type_name = required(
            e,
            "credit_type_name",
            &self.credit_type_name,
            rule("Name the credits, like AI usage.", 100),
        );
        let cadence = words::from_word(&self.cadence);
        let limit = format::reading(6).amount(&self.limit);
        if let Err(error) = limit {
            e.add("limit", error.to_string());
        }
        let credit_factor = self.credit_factor.trim().to_owned();
        if !Fixed::parse(&credit_factor, 9).is_ok_and(|factor| factor >= 0) {
            e.add(
                "credit_factor",
                "Enter a number like 100 or 0.5; 0 switches burning off.",
            );
        }
        let body = (|| {
            Some(SetupBody {
                token: token?,
                organisation_name: organisation_name?,
                time_zone: time_zone?,
                currency: currency?,
                admin_email: admin_email?,
                admin_name: admin_name?,
                admin_password: admin_password?,
                credit_type_name: credit_type_name?,
                cadence: cadence?,
                limit: limit.ok()?,
                credit_factor,
            })
        })();
        errors.finish(body)
    }
}

const fn rule(missing: &'static str, most: usize) -> Required {
    Required { missing, most }
}

/// A new password: 8 to 128 characters, nothing trimmed, pasting welcome.
pub(in crate::pages) fn password(errors: &mut FieldErrors, field: &str, text: String) -> Option<String> {
    let length = text.chars().count();
    if length < 8 {
        errors.add(field, "Use at least 8 characters; 12 or more are better.");
    } else if length > 128 {
        errors.add(field, "Use at most 128 characters.");
    } else {
        return Some(text);
    }
    None
}

#[cfg(test)]
mod tests {
    use allowance_api_types::credit_types::Cadence;

    use super::*;

    fn filled() -> Draft {
        Draft {
            token: "t".to_owned(),
            organisation_name: "Adventure Works".to_owned(),
            time_zone: "Europe/Berlin".to_owned(),
            currency: "eur".to_owned(),
            admin_email: "ken0@adventure-works.com".to_owned(),
            admin_name: "Ken".to_owned(),
            admin_password: "correct horse".to_owned(),
            credit_type_name: "AI usage".to_owned(),
            cadence: "calendar_month".to_owned(),
            limit: "100,000".to_owned(),
            credit_factor: "100".to_owned(),
        }
    }

    #[test]
    fn a_filled_form_becomes_the_body() {
        let body = filled().into_body().unwrap();
        assert_eq!(body.limit.to_string(), "100000");
        assert_eq!(body.currency.to_string(), "EUR");
        assert_eq!(body.cadence, Cadence::CalendarMonth);
    }

    #[test]
    fn every_wrong_field_is_named() {
        let errors = Draft::default().into_body().unwrap_err();
        for field in [
            "token",
            "organisation_name",
            "time_zone",
            "currency",
            "admin_email",
            "admin_name",
            "admin_password",
            "credit_type_name",
            "limit",
            "credit_factor",
        ] {
            assert!(errors.get(field).is_some(), "{field}");
        }
        let wrong = [
            ("limit", "-1"),
            ("credit_factor", "-1"),
            ("credit_factor", "1e3"),
            ("admin_password", "short"),
        ];
        for (field, text) in wrong {
            let mut draft = filled();
            match field {
                "limit" => draft.limit = text.to_owned(),
                "credit_factor" => draft.credit_factor = text.to_owned(),
                _ => draft.admin_password = text.to_owned(),
            }
            assert!(
                draft.into_body().unwrap_err().get(field).is_some(),
                "{field} {text}"
            );
        }
    }
}
