//! What is known of a person, field by field: how long it may be, and what of a typed text is kept.
//!
//! A formula in a name (`=cmd…`) is a name like any other here; exports make it harmless where it could run.

use allowance_values::{Day, Email};
use unicode_normalization::UnicodeNormalization;

use super::keys::email_key;

/// Keys of addresses are indexed; an index holds so many bytes.
const MAX_EMAIL_KEY_BYTES: usize = 1_000;

/// A field of a person that HR sets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Field {
    /// The address.
    Email,
    /// The name.
    DisplayName,
    /// Job title.
    Title,
    /// Department.
    Department,
    /// Division.
    Division,
    /// Location.
    Location,
    /// The number HR knows them by.
    EmployeeNumber,
    /// Whom they report to, by address.
    Manager,
    /// First day.
    HiredOn,
    /// The group they are in, by name.
    Group,
}

impl Field {
    /// All fields.
    pub const ALL: [Self; 10] = [
        Self::Email,
        Self::DisplayName,
        Self::Title,
        Self::Department,
        Self::Division,
        Self::Location,
        Self::EmployeeNumber,
        Self::Manager,
        Self::HiredOn,
        Self::Group,
    ];

    /// The column's name in files, and the field's in bodies but for manager and group, which bodies name by id.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Email => "email",
            Self::DisplayName => "display_name",
            Self::Title => "title",
            Self::Department => "department",
            Self::Division => "division",
            Self::Location => "location",
            Self::EmployeeNumber => "employee_number",
            Self::Manager => "manager_email",
            Self::HiredOn => "hired_on",
            Self::Group => "group",
        }
    }

    /// Whether a person cannot be without it.
    #[must_use]
    pub const fn is_required(self) -> bool {
        matches!(self, Self::Email | Self::DisplayName)
    }

    const fn max_chars(self) -> usize {
        match self {
            Self::EmployeeNumber => 64,
            Self::Email | Self::Manager => 254,
            Self::DisplayName
            | Self::Title
            | Self::Department
            | Self::Division
            | Self::Location
            | Self::HiredOn
            | Self::Group => 200,
        }
    }
}

/// What is wrong with a text.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// There is none, and there must be.
    #[error("it is missing")]
    Missing,
    /// It is too long.
    #[error("at most {max} characters")]
    TooLong {
        /// How long it may be.
        max: usize,
    },
    /// It holds a line break, a tab or another control character.
    #[error("no line breaks, tabs or other control characters")]
    Control,
    /// It is no e-mail address.
    #[error("not an e-mail address")]
    NotAnEmail,
    /// It is no day.
    #[error("not a day; write it like 2026-11-20")]
    NotADay,
}

/// What of a typed text is kept: without blanks around, in composed form; nothing if that leaves nothing.
///
/// # Errors
/// [`Fault`] for a text that cannot be kept.
pub fn clean(field: Field, text: &str) -> Result<Option<String>, Fault> {
    let text = text.trim();
    if text.is_empty() {
        return if field.is_required() {
            Err(Fault::Missing)
        } else {
            Ok(None)
        };
    }
    clean_text(text, field.max_chars()).map(Some)
}

/// Like [`clean`], for a text that must be there, with its own bound: a group's name.
///
/// # Errors
/// [`Fault`] for a text that cannot be kept.
pub fn clean_name(text: &str, max: usize) -> Result<String, Fault> {
    match text.trim() {
        "" => Err(Fault::Missing),
        text => clean_text(text, max),
    }
}

fn clean_text(text: &str, max: usize) -> Result<String, Fault> {
    // Counted before it is composed, so that a text of a gigabyte costs nothing.
    if text.chars().take(max.saturating_add(1)).count() > max {
        return Err(Fault::TooLong { max });
    }
    if text.chars().any(char::is_control) {
        return Err(Fault::Control);
    }
    Ok(text.nfc().collect())
}

/// An address out of a typed text.
///
/// # Errors
/// [`Fault`] for a text that is none.
pub fn clean_email(text: &str) -> Result<Email, Fault> {
    check_email(text.parse().map_err(|_| Fault::NotAnEmail)?)
}

/// Checks an address that was parsed already: its key must fit an index.
///
/// # Errors
/// [`Fault::NotAnEmail`] for one whose key is of absurd length.
pub fn check_email(email: Email) -> Result<Email, Fault> {
    if email_key(&email).len() > MAX_EMAIL_KEY_BYTES {
        return Err(Fault::NotAnEmail);
    }
    Ok(email)
}

/// A day out of a typed text.
///
/// # Errors
/// [`Fault::NotADay`] for a text that is none.
pub fn clean_day(text: &str) -> Result<Day, Fault> {
    text.parse().map_err(|_| Fault::NotADay)
}

/// What HR says about a person but for whom they report to and which group they are in, each field clean.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Profile {
    /// The address.
    pub email: Email,
    /// The name.
    pub display_name: String,
    /// Job title.
    pub title: Option<String>,
    /// Department.
    pub department: Option<String>,
    /// Division.
    pub division: Option<String>,
    /// Location.
    pub location: Option<String>,
    /// The number HR knows them by.
    pub employee_number: Option<String>,
    /// First day.
    pub hired_on: Option<Day>,
}

impl Profile {
    /// A person of whom only address and name are known.
    #[must_use]
    pub const fn new(email: Email, display_name: String) -> Self {
        Self {
            email,
            display_name,
            title: None,
            department: None,
            division: None,
            location: None,
            employee_number: None,
            hired_on: None,
        }
    }

    /// A field as text; empty where nothing is known, and for manager and group, which are no part of it.
    #[must_use]
    pub fn text(&self, field: Field) -> String {
        let optional = |text: &Option<String>| text.clone().unwrap_or_default();
        match field {
            Field::Email => self.email.as_str().to_owned(),
            Field::DisplayName => self.display_name.clone(),
            Field::Title => optional(&self.title),
            Field::Department => optional(&self.department),
            Field::Division => optional(&self.division),
            Field::Location => optional(&self.location),
            Field::EmployeeNumber => optional(&self.employee_number),
            Field::HiredOn => self.hired_on.map(|day| day.to_string()).unwrap_or_default(),
            Field::Manager | Field::Group => String::new(),
        }
    }

    /// Takes a field over from another person's.
    pub(super) fn take(&mut self, field: Field, from: &Self) {
        match field {
            Field::Email => self.email.clone_from(&from.email),
            Field::DisplayName => self.display_name.clone_from(&from.display_name),
            Field::Title => self.title.clone_from(&from.title),
            Field::Department => self.department.clone_from(&from.department),
            Field::Division => self.division.clone_from(&from.division),
            Field::Location => self.location.clone_from(&from.location),
            Field::EmployeeNumber => self.employee_number.clone_from(&from.employee_number),
            Field::HiredOn => self.hired_on = from.hired_on,
            Field::Manager | Field::Group => {}
        }
    }

    /// Sets a field from a typed text. Manager and group are no part of it.
    ///
    /// # Errors
    /// [`Fault`] for a text that cannot be kept; nothing is changed then.
    pub fn set(&mut self, field: Field, text: &str) -> Result<(), Fault> {
        let kept = clean(field, text)?;
        match (field, kept) {
            (Field::Email, Some(text)) => self.email = clean_email(&text)?,
            (Field::DisplayName, Some(text)) => self.display_name = text,
            (Field::Email | Field::DisplayName, None) => return Err(Fault::Missing),
            (Field::Title, kept) => self.title = kept,
            (Field::Department, kept) => self.department = kept,
            (Field::Division, kept) => self.division = kept,
            (Field::Location, kept) => self.location = kept,
            (Field::EmployeeNumber, kept) => self.employee_number = kept,
            (Field::HiredOn, kept) => self.hired_on = kept.as_deref().map(clean_day).transpose()?,
            (Field::Manager | Field::Group, _) => {}
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_kept_as_it_was_typed_but_for_blanks_and_forms() {
        assert_eq!(
            clean(Field::DisplayName, "  =cmd|' /C calc'!A0 "),
            Ok(Some("=cmd|' /C calc'!A0".to_owned()))
        );
        assert_eq!(
            clean(Field::DisplayName, "Jose\u{301}"),
            Ok(Some("José".to_owned()))
        );
        assert_eq!(clean(Field::Title, " \u{a0} "), Ok(None));
        assert_eq!(clean(Field::DisplayName, " "), Err(Fault::Missing));
        assert_eq!(clean(Field::DisplayName, "a\nb"), Err(Fault::Control));
        assert_eq!(
            clean(Field::DisplayName, &"ñ".repeat(200)),
            Ok(Some("ñ".repeat(200)))
        );
        assert_eq!(
            clean(Field::DisplayName, &"ñ".repeat(201)),
            Err(Fault::TooLong { max: 200 })
        );
        assert_eq!(
            clean_name(&"x".repeat(101), 100),
            Err(Fault::TooLong { max: 100 })
        );
    }

    #[test]
    fn an_address_whose_key_no_index_holds_is_refused() {
        // One character that stands for eighteen.
        let swelling = format!("{}@{}.example", "\u{fdfa}".repeat(20), "\u{fdfa}".repeat(50));
        assert_eq!(clean_email(&swelling), Err(Fault::NotAnEmail));
    }

    #[test]
    fn what_is_set_is_what_is_read() {
        let mut profile = Profile::new("a@b".parse().unwrap(), "A".to_owned());
        for (field, text) in [
            (Field::Email, "c@d"),
            (Field::DisplayName, "C"),
            (Field::Title, "CEO"),
            (Field::Department, "Executive"),
            (Field::Division, "Top"),
            (Field::Location, "Zürich"),
            (Field::EmployeeNumber, "007"),
            (Field::HiredOn, "2028-02-29"),
        ] {
            assert_eq!(profile.set(field, &format!(" {text} ")), Ok(()));
            assert_eq!(profile.text(field), text);
        }
        assert_eq!(profile.set(Field::HiredOn, "29.02.2028"), Err(Fault::NotADay));
        assert_eq!(profile.text(Field::HiredOn), "2028-02-29");
        assert_eq!(profile.set(Field::HiredOn, ""), Ok(()));
        assert_eq!(profile.hired_on, None);
    }
}
