//! What is pure about keys: the draft of one, and where one stands.

use allowance_api_types::api_keys::{ApiKeyScope, ApiKeyView, CreateApiKeyBody};
use allowance_values::Timestamp;

use super::super::words;
use crate::format;
use crate::ui::{FieldErrors, Required, Tone, required};

const NAME: Required = Required {
    missing: "Say which platform the key is for.",
    most: 200,
};
const DAY_SECONDS: i64 = 86_400;
/// So many seconds before its end a key is said to end soon.
const SOON_SECONDS: i64 = 14 * DAY_SECONDS;

/// The word of an expiry on a day of the viewer's choice; the other words are numbers of days, or nothing.
pub(super) const ON_A_DAY: &str = "day";

/// The choices of an expiry: word and text.
pub(super) fn expiries() -> Vec<(String, String)> {
    [
        ("", "Never"),
        ("30", "In 30 days"),
        ("90", "In 90 days"),
        ("365", "In a year"),
        (ON_A_DAY, "On a day…"),
    ]
    .map(|(word, text)| (word.to_owned(), text.to_owned()))
    .into()
}

/// What was typed about a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Draft {
    pub(super) name: String,
    pub(super) scopes: Vec<ApiKeyScope>,
    pub(super) expiry: String,
    /// The end of the day that was chosen, when there is such a day.
    pub(super) day_ends: Option<Timestamp>,
}

impl Draft {
    pub(super) fn into_body(self, now: Timestamp) -> Result<CreateApiKeyBody, FieldErrors> {
        let mut errors = FieldErrors::default();
        let name = required(&mut errors, "name", &self.name, NAME);
        if self.scopes.is_empty() {
            errors.add("scopes", "Choose at least one.");
        }
        let expires_at = if self.expiry == ON_A_DAY {
            if self.day_ends.is_none_or(|end| end <= now) {
                errors.add("expires_at", "Choose a day that has not passed.");
            }
            self.day_ends
        } else {
            let days: Option<i64> = self.expiry.parse().ok();
            days.map(|days| now.plus_seconds(days.saturating_mul(DAY_SECONDS)))
        };
        errors.finish(name.map(|name| CreateApiKeyBody {
            name,
            scopes: self.scopes,
            expires_at,
        }))
    }
}

/// Where a key stands, in words.
pub(super) fn state(key: &ApiKeyView, now: Timestamp) -> (&'static str, Tone) {
    match key.expires_at {
        _ if key.revoked_at.is_some() => ("Revoked", Tone::Neutral),
        Some(end) if end <= now => ("Expired", Tone::Neutral),
        Some(end) if end <= now.plus_seconds(SOON_SECONDS) => ("Ends soon", Tone::Warn),
        _ if key.is_active => ("Active", Tone::Good),
        _ => ("Ended", Tone::Neutral),
    }
}

/// When a key ends or ended.
pub(super) fn ends(key: &ApiKeyView, zone: &str) -> String {
    match (key.revoked_at, key.expires_at) {
        (Some(at), _) | (None, Some(at)) => format::date(at, zone),
        (None, None) => "Never".to_owned(),
    }
}

/// The choices of scopes: each with its words and what it lets a platform do.
pub(super) fn scopes() -> impl Iterator<Item = (ApiKeyScope, &'static str, &'static str)> {
    ApiKeyScope::ALL.iter().map(|&scope| {
        let (text, hint) = words::scope(scope);
        (scope, text, hint)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn draft() -> Draft {
        Draft {
            name: " Gateway ".to_owned(),
            scopes: vec![ApiKeyScope::UsageWrite],
            expiry: String::new(),
            day_ends: None,
        }
    }

    const NOW: &str = "2026-11-26T10:00:00Z";

    #[test]
    fn a_key_ends_never_after_days_or_with_a_day() {
        let body = draft().into_body(at(NOW)).unwrap();
        assert_eq!((body.name.as_str(), body.expires_at), ("Gateway", None));
        let mut days = draft();
        days.expiry = "30".to_owned();
        assert_eq!(
            days.into_body(at(NOW)).unwrap().expires_at,
            Some(at("2026-12-26T10:00:00Z"))
        );
        let mut day = draft();
        day.expiry = ON_A_DAY.to_owned();
        assert!(
            day.clone()
                .into_body(at(NOW))
                .unwrap_err()
                .get("expires_at")
                .is_some()
        );
        day.day_ends = Some(at("2026-11-26T23:00:00Z"));
        assert_eq!(day.clone().into_body(at(NOW)).unwrap().expires_at, day.day_ends);
        day.day_ends = Some(at(NOW));
        assert!(day.into_body(at(NOW)).is_err());
        assert!(expiries().iter().any(|(word, _)| word == ON_A_DAY));
    }

    #[test]
    fn without_a_name_or_a_scope_there_is_no_key() {
        let empty = Draft {
            name: "  ".to_owned(),
            scopes: vec![],
            ..draft()
        };
        let errors = empty.into_body(at(NOW)).unwrap_err();
        assert!(errors.get("name").is_some() && errors.get("scopes").is_some());
    }

    #[test]
    fn a_key_stands_as_its_dates_say() {
        let key = |expires_at: Option<&str>, revoked_at: Option<&str>| ApiKeyView {
            id: format!("key_{:032}", 1).parse().unwrap(),
            name: "Gateway".to_owned(),
            hint: "abcd".to_owned(),
            scopes: vec![],
            created_at: at("2026-01-01T00:00:00Z"),
            expires_at: expires_at.map(at),
            revoked_at: revoked_at.map(at),
            last_used_at: None,
            is_active: revoked_at.is_none(),
        };
        let word = |key: ApiKeyView| state(&key, at(NOW)).0;
        assert_eq!(word(key(None, None)), "Active");
        assert_eq!(word(key(Some("2027-06-01T00:00:00Z"), None)), "Active");
        assert_eq!(word(key(Some("2026-12-01T00:00:00Z"), None)), "Ends soon");
        assert_eq!(word(key(Some("2026-11-01T00:00:00Z"), None)), "Expired");
        assert_eq!(
            word(key(Some("2027-06-01T00:00:00Z"), Some("2026-11-02T00:00:00Z"))),
            "Revoked"
        );
        assert_eq!(ends(&key(None, None), "UTC"), "Never");
    }
}
