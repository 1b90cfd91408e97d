//! What platforms send, and the digest by which a repetition is told from something else under the same id.

use allowance_domain::metering::{MeteredAmount, PersonName, PersonNameKind};
use allowance_domain::people::email_key;
use allowance_store::SourcedName;
use allowance_values::{CreditTypeId, Credits, Email, HoldId, PersonId, Timestamp};
use sha2::{Digest, Sha256};

/// A command of a platform.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// Count an event.
    Use(Box<UsageEvent>),
    /// Count an event that was kept aside, now that its person is known.
    CountMatched(CountMatched),
    /// Place a hold.
    Hold(Box<PlaceHold>),
    /// Consume a hold.
    Capture(CaptureHold),
    /// Give a hold back.
    Release(ReleaseHold),
}

/// Whom a platform means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PersonKey {
    /// By id.
    Id(PersonId),
    /// By address.
    Email(Email),
    /// By employee number.
    Number(String),
    /// By nothing: nobody is named.
    Nobody,
}

impl PersonKey {
    /// The name as it is kept.
    #[must_use]
    pub fn name(&self) -> PersonName {
        let name = |kind, key: String, text: &str| PersonName {
            kind,
            key,
            text: text.to_owned(),
        };
        match self {
            Self::Id(id) => name(PersonNameKind::PersonId, id.to_string(), &id.to_string()),
            Self::Email(email) => name(PersonNameKind::Email, email_key(email), email.as_str()),
            Self::Number(number) => name(PersonNameKind::ExternalId, number.clone(), number),
            Self::Nobody => name(PersonNameKind::Nobody, String::new(), ""),
        }
    }

    /// The name as a source uses it; nothing for an id, which is one person's for good.
    pub(super) fn of_source(&self, source: &str) -> Option<SourcedName> {
        let (kind, key) = match self {
            Self::Id(_) => return None,
            Self::Email(email) => (PersonNameKind::Email, email_key(email)),
            Self::Number(number) => (PersonNameKind::ExternalId, number.clone()),
            Self::Nobody => (PersonNameKind::Nobody, String::new()),
        };
        let source = source.to_owned();
        Some(SourcedName { kind, key, source })
    }
}

/// What is to happen beyond Remaining.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnInsufficient {
    /// Refuse, whatever the enforcement.
    Reject,
    /// Count it, whatever the enforcement: it already happened.
    Record,
}

/// An event to count.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UsageEvent {
    /// Who reports it.
    pub source: String,
    /// The id the source gave it.
    pub id: String,
    /// When it happened; now when absent.
    pub happened_at: Option<Timestamp>,
    /// Of which credits; as the organisation's rules say when absent.
    pub credit_type: Option<CreditTypeId>,
    /// Who used.
    pub person: PersonKey,
    /// How much.
    pub amount: MeteredAmount,
    /// What is to happen beyond Remaining; as the enforcement says when absent.
    pub on_insufficient: Option<OnInsufficient>,
    /// Whose service was used.
    pub provider: Option<String>,
    /// Which model or product.
    pub model: Option<String>,
    /// What was done.
    pub operation: Option<String>,
    /// Tags.
    pub tags: Vec<String>,
    /// Anything else, as a JSON object.
    pub metadata: Option<String>,
}

/// A kept event to count.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CountMatched {
    /// Who reported it.
    pub source: String,
    /// The id the source gave it.
    pub id: String,
}

/// A hold to place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlaceHold {
    /// Who places it.
    pub source: String,
    /// The id the source gives it.
    pub reference: String,
    /// Of which credits; the organisation's default for usage when absent.
    pub credit_type: Option<CreditTypeId>,
    /// Whose.
    pub person: PersonKey,
    /// How much, or what it will probably cost.
    pub amount: MeteredAmount,
    /// How much more a capture may take.
    pub tolerance: Credits,
    /// After so many seconds it is given back by itself.
    pub expires_in_seconds: u32,
    /// Whether to refuse beyond Remaining, whatever the enforcement.
    pub is_strict: bool,
    /// What for.
    pub note: Option<String>,
}

/// How much of a hold is consumed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CaptureAmount {
    /// All of it.
    Whole,
    /// So much, and the rest returns.
    Part(MeteredAmount),
}

/// A hold to consume.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CaptureHold {
    /// Which.
    pub hold: HoldId,
    /// How much.
    pub amount: CaptureAmount,
}

/// A hold to give back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReleaseHold {
    /// Which.
    pub hold: HoldId,
}

/// SHA-256 over a versioned, length-prefixed form.
struct Form(Sha256);

impl Form {
    fn new(kind: &str) -> Self {
        let mut form = Self(Sha256::new());
        form.text(kind);
        form
    }

    fn text(&mut self, text: &str) {
        self.0
            .update(u64::try_from(text.len()).unwrap_or(u64::MAX).to_be_bytes());
        self.0.update(text.as_bytes());
    }

    fn maybe(&mut self, text: Option<&str>) {
        self.0.update([u8::from(text.is_some())]);
        self.text(text.unwrap_or_default());
    }

    fn person(&mut self, person: &PersonKey) {
        match person {
            PersonKey::Id(id) => self.text(&id.to_string()),
            PersonKey::Email(email) => self.text(email.as_str()),
            PersonKey::Number(number) => self.text(number),
            PersonKey::Nobody => self.text(""),
        }
    }

    fn amount(&mut self, amount: MeteredAmount) {
        match amount {
            MeteredAmount::Cost(money) => {
                self.text(money.currency.as_str());
                self.text(&money.amount.to_string());
            }
            MeteredAmount::Credits(credits) => {
                self.text("credits");
                self.text(&credits.to_string());
            }
        }
    }

    fn finish(self) -> Vec<u8> {
        self.0.finalize().to_vec()
    }
}

impl UsageEvent {
    /// Its tags as a JSON array, where there are any.
    #[must_use]
    pub fn tags_text(&self) -> Option<String> {
        let tags = || serde_json::Value::from(self.tags.clone()).to_string();
        (!self.tags.is_empty()).then(tags)
    }

    /// What a repetition must repeat: everything that happened, whatever is wished to become of it.
    #[must_use]
    pub fn digest(&self) -> Vec<u8> {
        let Self {
            source: _,
            id: _,
            happened_at,
            credit_type,
            person,
            amount,
            on_insufficient: _,
            provider,
            model,
            operation,
            tags: _,
            metadata,
        } = self;
        let tags = &self.tags_text();
        let mut form = Form::new("usage 1");
        form.maybe(happened_at.map(|at| at.to_string()).as_deref());
        form.maybe(credit_type.map(|id| id.to_string()).as_deref());
        form.person(person);
        form.amount(*amount);
        for text in [provider, model, operation, tags, metadata] {
            form.maybe(text.as_deref());
        }
        form.finish()
    }
}

impl PlaceHold {
    /// What a repetition must repeat: everything but source and reference.
    #[must_use]
    pub fn digest(&self) -> Vec<u8> {
        let Self {
            source: _,
            reference: _,
            credit_type,
            person,
            amount,
            tolerance,
            expires_in_seconds,
            is_strict,
            note,
        } = self;
        let mut form = Form::new("hold 1");
        form.maybe(credit_type.map(|id| id.to_string()).as_deref());
        form.person(person);
        form.amount(*amount);
        form.text(&tolerance.to_string());
        form.text(&expires_in_seconds.to_string());
        form.maybe(is_strict.then_some("strict"));
        form.maybe(note.as_deref());
        form.finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_field_of_an_event_is_in_its_digest() {
        let event = UsageEvent {
            source: "gateway".to_owned(),
            id: "1".to_owned(),
            happened_at: None,
            credit_type: None,
            person: PersonKey::Number("7".to_owned()),
            amount: MeteredAmount::Credits(Credits::from_micros(1)),
            on_insufficient: None,
            provider: None,
            model: None,
            operation: None,
            tags: Vec::new(),
            metadata: None,
        };
        let changes: Vec<fn(&mut UsageEvent)> = vec![
            |event| event.happened_at = Some(Timestamp::from_micros(0)),
            |event| event.credit_type = Some(CreditTypeId::new(uuid::Uuid::nil())),
            |event| event.person = PersonKey::Number("8".to_owned()),
            |event| event.person = PersonKey::Nobody,
            |event| event.amount = MeteredAmount::Credits(Credits::from_micros(2)),
            |event| event.provider = Some(String::new()),
            |event| event.model = Some("m".to_owned()),
            |event| event.operation = Some("m".to_owned()),
            |event| event.tags = vec!["m".to_owned()],
            |event| event.metadata = Some("m".to_owned()),
        ];
        let mut digests = vec![event.digest()];
        for change in changes {
            let mut changed = event.clone();
            change(&mut changed);
            digests.push(changed.digest());
        }
        let count = digests.len();
        digests.sort_unstable();
        digests.dedup();
        assert_eq!(digests.len(), count);
        let renamed = UsageEvent {
            source: "other".to_owned(),
            id: "2".to_owned(),
            on_insufficient: Some(OnInsufficient::Record),
            ..event.clone()
        };
        assert_eq!(renamed.digest(), event.digest());
    }
}
