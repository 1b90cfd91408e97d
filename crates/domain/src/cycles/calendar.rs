//! Where cycles end: local calendars for months, quarters, years and days, elapsed time for hours.
//!
//! INVARIANT(cycles-tile): boundaries strictly increase, so half-open cycles cover time without a gap or an overlap,
//! in every zone and over every change of the clocks. Zone data is compiled in; the machine's own is not read.

use std::fmt;
use std::str::FromStr;
use std::sync::LazyLock;

use allowance_values::{Day, Timestamp};
use jiff::civil::{Date, DateTime};
use jiff::tz::{AmbiguousOffset, TimeZoneDatabase};
use jiff::{Span, ToSpan};

use super::Cadence;

static ZONES: LazyLock<TimeZoneDatabase> = LazyLock::new(TimeZoneDatabase::bundled);

/// A time zone of the IANA database.
#[derive(Clone, PartialEq, Eq)]
pub struct TimeZone {
    name: String,
    rules: jiff::tz::TimeZone,
}

/// The text names no time zone.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("\"{0}\" is no time zone; write its IANA name, like Europe/Berlin")]
pub struct ParseTimeZoneError(String);

impl TimeZone {
    /// The IANA name, spelt as the database spells it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.name
    }
}

impl FromStr for TimeZone {
    type Err = ParseTimeZoneError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        // The message repeats what was typed; a whole file pasted by mistake is not worth repeating.
        let error = || ParseTimeZoneError(text.chars().take(64).collect());
        let rules = ZONES.get(text).map_err(|_| error())?;
        let name = rules
            .iana_name()
            .filter(|_| !rules.is_unknown())
            .map(str::to_owned)
            .ok_or_else(error)?;
        Ok(Self { name, rules })
    }
}

impl fmt::Display for TimeZone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}

impl fmt::Debug for TimeZone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}

/// A cycle of this rhythm never ends within the years a calendar knows (up to 9999).
const NEVER: Timestamp = Timestamp::from_micros(i64::MAX);

/// How a cadence steps.
enum Step {
    /// To the next local month whose number is one more than a multiple of this.
    Months(i8),
    /// So many days on, at the same local time.
    Days(i64),
    /// So many seconds on.
    Seconds(i64),
}

const fn step(cadence: Cadence) -> Step {
    match cadence {
        Cadence::CalendarMonth => Step::Months(1),
        Cadence::CalendarQuarter => Step::Months(3),
        Cadence::CalendarYear => Step::Months(12),
        Cadence::FifteenDays => Step::Days(15),
        Cadence::Week => Step::Days(7),
        Cadence::Day => Step::Days(1),
        Cadence::TwelveHours => Step::Seconds(12 * 3_600),
        Cadence::SixHours => Step::Seconds(6 * 3_600),
        Cadence::Hour => Step::Seconds(3_600),
    }
}

/// Where a cycle opened at `opened_at` ends.
#[must_use]
pub fn next_boundary(cadence: Cadence, zone: &TimeZone, opened_at: Timestamp) -> Timestamp {
    boundary_after(cadence, zone, opened_at, opened_at)
}

/// The first boundary later than `after` in the run of cycles whose first one opened at `anchor`.
///
/// The anchor keeps "the same local time" over a night in which that time does not exist: a daily cycle opened at 02:30
/// ends at 03:30 that once, and at 02:30 again the day after.
#[must_use]
pub fn boundary_after(cadence: Cadence, zone: &TimeZone, anchor: Timestamp, after: Timestamp) -> Timestamp {
    let boundary = match step(cadence) {
        Step::Months(months) => calendar_boundary(months, zone, after),
        Step::Days(days) => same_time_boundary(days, zone, anchor, after),
        Step::Seconds(seconds) => elapsed_boundary(seconds, anchor, after),
    };
    boundary.unwrap_or(NEVER)
}

/// The cycles that were missed: each `[opens, ends)` of the run from `anchor` that begins at or after `from`, up to and
/// with the one that `now` lies in. `from` is where the last known cycle ended.
#[must_use]
pub fn cycles_until(
    cadence: Cadence,
    zone: &TimeZone,
    anchor: Timestamp,
    from: Timestamp,
    now: Timestamp,
) -> CyclesUntil<'_> {
    CyclesUntil {
        cadence,
        zone,
        anchor,
        opens_at: from,
        now,
    }
}

/// See [`cycles_until`].
#[derive(Debug, Clone)]
pub struct CyclesUntil<'z> {
    cadence: Cadence,
    zone: &'z TimeZone,
    anchor: Timestamp,
    opens_at: Timestamp,
    now: Timestamp,
}

impl Iterator for CyclesUntil<'_> {
    type Item = (Timestamp, Timestamp);

    fn next(&mut self) -> Option<Self::Item> {
        let opens_at = self.opens_at;
        if opens_at > self.now || opens_at == NEVER {
            return None;
        }
        let ends_at = boundary_after(self.cadence, self.zone, self.anchor, opens_at);
        self.opens_at = ends_at;
        Some((opens_at, ends_at))
    }
}

/// The civil day on which the instant falls in the zone.
#[must_use]
pub fn local_day(zone: &TimeZone, at: Timestamp) -> Day {
    let day = local(zone, at).and_then(|local| {
        let date = local.date();
        let month = time::Month::try_from(u8::try_from(date.month()).ok()?).ok()?;
        time::Date::from_calendar_date(i32::from(date.year()), month, u8::try_from(date.day()).ok()?).ok()
    });
    // Beyond the calendar's years there is no local day; the day in UTC is the nearest truth.
    Day::new(day.unwrap_or_else(|| at.to_offset_date_time().date()))
}

/// The first instant of the local day after the one that `at` falls in.
#[must_use]
pub fn next_local_day(zone: &TimeZone, at: Timestamp) -> Timestamp {
    let start = local(zone, at).and_then(|local| start_of_day(zone, local.date().tomorrow().ok()?));
    start.unwrap_or(NEVER)
}

/// The first instant of a local day.
#[must_use]
pub fn local_day_start(zone: &TimeZone, day: Day) -> Timestamp {
    let date = day.date();
    let civil = || {
        let year = i16::try_from(date.year()).ok()?;
        let month = i8::try_from(u8::from(date.month())).ok()?;
        Date::new(year, month, i8::try_from(date.day()).ok()?).ok()
    };
    let midnight = || Timestamp::from_offset_date_time(date.midnight().assume_utc());
    // Beyond the calendar's years there is no local day; the day in UTC is the nearest truth.
    civil()
        .and_then(|date| start_of_day(zone, date))
        .unwrap_or_else(midnight)
}

fn local(zone: &TimeZone, at: Timestamp) -> Option<DateTime> {
    let instant = jiff::Timestamp::from_microsecond(at.micros()).ok()?;
    Some(zone.rules.to_datetime(instant))
}

fn to_timestamp(instant: jiff::Timestamp) -> Timestamp {
    Timestamp::from_micros(instant.as_microsecond())
}

/// The first instant of a local day. Where the clocks jump over midnight it is the jump; where midnight comes twice, the
/// first of the two.
fn start_of_day(zone: &TimeZone, day: Date) -> Option<Timestamp> {
    let midnight = zone.rules.to_ambiguous_timestamp(day.at(0, 0, 0, 0));
    let is_gap = matches!(midnight.offset(), AmbiguousOffset::Gap { .. });
    let instant = midnight.compatible().ok()?;
    if !is_gap {
        return Some(to_timestamp(instant));
    }
    let later = instant.checked_add(1.nanosecond()).ok()?;
    let jump = zone.rules.preceding(later).next()?;
    Some(to_timestamp(jump.timestamp()))
}

fn calendar_boundary(months: i8, zone: &TimeZone, after: Timestamp) -> Option<Timestamp> {
    let today = local(zone, after)?.date();
    let months_into_period = today.month().checked_sub(1)?.checked_rem(months)?;
    let mut opening = today
        .first_of_month()
        .checked_sub(Span::new().try_months(months_into_period).ok()?)
        .ok()?;
    loop {
        opening = opening.checked_add(Span::new().try_months(months).ok()?).ok()?;
        let boundary = start_of_day(zone, opening)?;
        // Where midnight comes twice, the month may have begun and the clock still show the month before.
        if boundary > after {
            return Some(boundary);
        }
    }
}

fn same_time_boundary(days: i64, zone: &TimeZone, anchor: Timestamp, after: Timestamp) -> Option<Timestamp> {
    let anchor_local = local(zone, anchor)?;
    let passed = i64::from(
        anchor_local
            .date()
            .until(local(zone, after)?.date())
            .ok()?
            .get_days(),
    );
    // One step early: the day of `after` may begin with a jump that an earlier boundary was moved to.
    let mut steps = passed.checked_div(days)?.checked_sub(1)?.max(1);
    loop {
        let span = Span::new().try_days(steps.checked_mul(days)?).ok()?;
        let civil = anchor_local.checked_add(span).ok()?;
        let boundary = to_timestamp(zone.rules.to_ambiguous_timestamp(civil).compatible().ok()?);
        if boundary > after {
            return Some(boundary);
        }
        steps = steps.checked_add(1)?;
    }
}

fn elapsed_boundary(seconds: i64, anchor: Timestamp, after: Timestamp) -> Option<Timestamp> {
    let period = seconds.checked_mul(1_000_000)?;
    let passed = after.micros().checked_sub(anchor.micros())?;
    let steps = passed.div_euclid(period).checked_add(1)?.max(1);
    Some(Timestamp::from_micros(
        anchor.micros().checked_add(steps.checked_mul(period)?)?,
    ))
}

#[cfg(test)]
#[path = "calendar_tests.rs"]
mod tests;
