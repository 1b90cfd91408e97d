//! Instants in microseconds since 1970, always UTC, and civil days.

use std::fmt;
use std::str::FromStr;

use time::format_description::well_known::Rfc3339;
use time::macros::format_description;
use time::{Date, OffsetDateTime, UtcOffset};

/// The text is no instant or day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ParseInstantError {
    /// Not an RFC 3339 instant.
    #[error("not a time; write it like 2026-11-20T10:00:00Z")]
    Instant,
    /// Not a day.
    #[error("not a day; write it like 2026-11-20")]
    Day,
}

/// An instant in microseconds since the Unix epoch. Databases keep no more, so nothing finer exists.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

impl Timestamp {
    /// From microseconds since the epoch.
    #[must_use]
    pub const fn from_micros(micros: i64) -> Self {
        Self(micros)
    }

    /// Microseconds since the epoch.
    #[must_use]
    pub const fn micros(self) -> i64 {
        self.0
    }

    /// So many seconds later (or earlier), clamped to what can be stored.
    #[must_use]
    pub const fn plus_seconds(self, seconds: i64) -> Self {
        Self(self.0.saturating_add(seconds.saturating_mul(1_000_000)))
    }

    /// This instant and so many microseconds, the range's end at most.
    #[must_use]
    pub const fn plus_micros(self, micros: i64) -> Self {
        Self(self.0.saturating_add(micros))
    }

    /// As the `time` crate's type; the epoch for instants outside its range.
    #[must_use]
    pub fn to_offset_date_time(self) -> OffsetDateTime {
        OffsetDateTime::from_unix_timestamp_nanos(i128::from(self.0).saturating_mul(1_000))
            .unwrap_or(OffsetDateTime::UNIX_EPOCH)
    }

    /// From the `time` crate's type, cut to the microsecond.
    #[must_use]
    pub fn from_offset_date_time(at: OffsetDateTime) -> Self {
        let micros = at.unix_timestamp_nanos().div_euclid(1_000);
        Self(i64::try_from(micros).unwrap_or(i64::MAX))
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(
            &self
                .to_offset_date_time()
                .format(&Rfc3339)
                .map_err(|_| fmt::Error)?,
        )
    }
}

impl fmt::Debug for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Timestamp {
    type Err = ParseInstantError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let at = OffsetDateTime::parse(text, &Rfc3339).map_err(|_| ParseInstantError::Instant)?;
        Ok(Self::from_offset_date_time(at.to_offset(UtcOffset::UTC)))
    }
}

/// A civil day without a zone: a hire date.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Day(Date);

impl Day {
    /// Wraps a date.
    #[must_use]
    pub const fn new(date: Date) -> Self {
        Self(date)
    }

    /// The date.
    #[must_use]
    pub const fn date(self) -> Date {
        self.0
    }

    /// The day's number: consecutive days have consecutive numbers.
    #[must_use]
    pub const fn number(self) -> i32 {
        self.0.to_julian_day()
    }

    /// The day of a number; nothing beyond the calendar's years.
    #[must_use]
    pub fn from_number(number: i32) -> Option<Self> {
        Date::from_julian_day(number).ok().map(Self)
    }

    /// So many days later (or earlier), clamped to the calendar's years.
    #[must_use]
    pub fn plus_days(self, days: i32) -> Self {
        let nearest = if days < 0 { Date::MIN } else { Date::MAX };
        Self::from_number(self.number().saturating_add(days)).unwrap_or(Self(nearest))
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = self
            .0
            .format(format_description!("[year]-[month]-[day]"))
            .map_err(|_| fmt::Error)?;
        f.write_str(&text)
    }
}

impl fmt::Debug for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Day {
    type Err = ParseInstantError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Date::parse(text, format_description!("[year]-[month]-[day]"))
            .map(Self)
            .map_err(|_| ParseInstantError::Day)
    }
}

#[cfg(feature = "serde")]
mod wire {
    use super::{Day, Timestamp};

    macro_rules! as_text {
        ($($name:ident),*) => {$(
            impl serde::Serialize for $name {
                fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                    serializer.collect_str(self)
                }
            }
            impl<'de> serde::Deserialize<'de> for $name {
                fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                    <String as serde::Deserialize>::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
                }
            }
        )*};
    }
    as_text!(Timestamp, Day);
}

#[cfg(feature = "openapi")]
mod schema {
    use super::{Day, Timestamp};
    use utoipa::openapi::{
        ObjectBuilder, RefOr,
        schema::{KnownFormat, Schema, SchemaFormat, Type},
    };

    fn text(format: KnownFormat, example: &str) -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .format(Some(SchemaFormat::KnownFormat(format)))
            .max_length(Some(40))
            .examples([serde_json::json!(example)])
            .into()
    }

    impl utoipa::PartialSchema for Timestamp {
        fn schema() -> RefOr<Schema> {
            text(KnownFormat::DateTime, "2026-12-01T00:00:00Z")
        }
    }
    impl utoipa::ToSchema for Timestamp {}

    impl utoipa::PartialSchema for Day {
        fn schema() -> RefOr<Schema> {
            text(KnownFormat::Date, "2026-11-20")
        }
    }
    impl utoipa::ToSchema for Day {}
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instants_are_utc_and_cut_to_the_microsecond() {
        let at: Timestamp = "2026-11-20T10:00:00.1234567+02:00".parse().unwrap();
        assert_eq!(at.to_string(), "2026-11-20T08:00:00.123456Z");
        assert!("2026-11-20".parse::<Timestamp>().is_err());
        assert_eq!("2026-02-28".parse::<Day>().unwrap().to_string(), "2026-02-28");
        assert!("2026-02-29".parse::<Day>().is_err());
    }
}
