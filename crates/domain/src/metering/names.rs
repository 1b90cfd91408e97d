//! The names under which platforms report people.

use allowance_values::{Credits, Email, Money, PersonId};

use crate::people::email_key;

/// How much was used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MeteredAmount {
    /// A cost, which the rate turns into credits.
    Cost(Money),
    /// Credits.
    Credits(Credits),
}

/// By what a platform names a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PersonNameKind {
    /// By id.
    PersonId,
    /// By address.
    Email,
    /// By employee number.
    ExternalId,
    /// By nothing: nobody is named.
    Nobody,
}

impl PersonNameKind {
    /// The word that rows hold.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::PersonId => "person_id",
            Self::Email => "email",
            Self::ExternalId => "external_id",
            Self::Nobody => "nobody",
        }
    }

    /// The kind of a word; nothing for a word that is none.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        let mut all = [Self::PersonId, Self::Email, Self::ExternalId, Self::Nobody].into_iter();
        all.find(|kind| kind.as_str() == word)
    }
}

/// A name as a platform gave it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PersonName {
    /// By what it names.
    pub kind: PersonNameKind,
    /// As names are compared.
    pub key: String,
    /// As it was written.
    pub text: String,
}

impl PersonName {
    /// A name of a kind; nothing for a text that is none of that kind.
    #[must_use]
    pub fn parse(kind: PersonNameKind, text: &str) -> Option<Self> {
        let key = match kind {
            PersonNameKind::PersonId => text.parse::<PersonId>().ok()?.to_string(),
            PersonNameKind::Email => email_key(&text.parse::<Email>().ok()?),
            PersonNameKind::ExternalId => Some(text).filter(|text| !text.is_empty())?.to_owned(),
            PersonNameKind::Nobody => Some(text).filter(|text| text.is_empty())?.to_owned(),
        };
        Some(Self {
            kind,
            key,
            text: text.to_owned(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_one_name_however_they_are_written() {
        let key = |kind, text| PersonName::parse(kind, text).map(|name| name.key);
        let email = PersonNameKind::Email;
        assert_eq!(key(email, "Zoë@Example.org"), key(email, "zoë@example.ORG"));
        assert_eq!(key(email, "no address"), None);
        let number = PersonNameKind::ExternalId;
        assert_ne!(key(number, "A1"), key(number, "a1"));
        assert_eq!(key(PersonNameKind::PersonId, "per_1"), None);
        assert_eq!(key(number, ""), None);
        assert_eq!(key(PersonNameKind::Nobody, "").as_deref(), Some(""));
        assert_eq!(key(PersonNameKind::Nobody, "somebody"), None);
    }
}
