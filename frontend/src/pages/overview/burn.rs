//! The burn line: what was used up to each day of the cycle. Integers throughout; the picture is 1000 by 240.

use allowance_api_types::credit_types::DayUseView;
use allowance_values::{Credits, Day, Timestamp};
use time::UtcOffset;

pub(super) const WIDTH: i64 = 1_000;
pub(super) const HEIGHT: i64 = 240;
const DAY_SECONDS: i64 = 86_400;

/// The line in the picture's own coordinates.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Burn {
    /// Of the line, in order: from nothing at the start to what is used today.
    pub(super) points: Vec<(i64, i64)>,
    /// Where today is.
    pub(super) today: i64,
    /// Where the limit lies.
    pub(super) limit: i64,
}

/// Lays out the line. `whole` is what may be used, `used` what was.
pub(super) fn burn(
    days: &[DayUseView],
    (starts_at, ends_at): (Timestamp, Timestamp),
    now: Timestamp,
    whole: Credits,
    used: Credits,
) -> Burn {
    let top = whole.max(used).max(Credits::from_micros(1));
    let height = |amount: Credits| {
        HEIGHT.saturating_sub(scaled(amount.positive_part().micros(), top.micros(), HEIGHT))
    };
    let place = |at: Timestamp| {
        let passed = at.micros().saturating_sub(starts_at.micros());
        scaled(passed, ends_at.micros().saturating_sub(starts_at.micros()), WIDTH).clamp(0, WIDTH)
    };
    let today = place(now);
    let mut points = vec![(0, HEIGHT)];
    let mut sum = Credits::ZERO;
    for day in days {
        sum = sum.checked_add(day.used).unwrap_or(sum);
        let end = end_of(day.day).map_or(today, place).min(today.max(1));
        points.push((end, height(sum)));
    }
    // Since the last day with use the line runs level.
    points.push((today, height(sum)));
    points.dedup();
    Burn {
        points,
        today,
        limit: height(whole),
    }
}

/// The line as the picture's `points`.
pub(super) fn path(points: &[(i64, i64)]) -> String {
    points
        .iter()
        .map(|(x, y)| format!("{x},{y}"))
        .collect::<Vec<_>>()
        .join(" ")
}

fn scaled(part: i64, whole: i64, size: i64) -> i64 {
    let scaled = i128::from(part)
        .saturating_mul(i128::from(size))
        .checked_div(i128::from(whole))
        .unwrap_or(0);
    i64::try_from(scaled).unwrap_or(0)
}

/// The end of a day, near enough for a picture: the zone's offset is a fraction of a day's width.
fn end_of(day: Day) -> Option<Timestamp> {
    let midnight = day.date().midnight().assume_offset(UtcOffset::UTC);
    Some(Timestamp::from_offset_date_time(midnight).plus_seconds(DAY_SECONDS))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn credits(text: &str) -> Credits {
        text.parse().unwrap()
    }

    fn use_on(day: &str, used: &str) -> DayUseView {
        DayUseView {
            day: day.parse().unwrap(),
            used: credits(used),
        }
    }

    const NOVEMBER: (&str, &str) = ("2026-11-01T00:00:00Z", "2026-12-01T00:00:00Z");

    #[test]
    fn the_line_rises_to_what_is_used_and_ends_today() {
        let days = [use_on("2026-11-03", "250"), use_on("2026-11-06", "250")];
        let cycle = (at(NOVEMBER.0), at(NOVEMBER.1));
        let line = burn(
            &days,
            cycle,
            at("2026-11-16T00:00:00Z"),
            credits("1000"),
            credits("500"),
        );
        assert_eq!(line.points, [(0, 240), (100, 180), (200, 120), (500, 120)]);
        assert_eq!((line.today, line.limit), (500, 0));
        assert_eq!(path(&line.points), "0,240 100,180 200,120 500,120");
    }

    #[test]
    fn beyond_the_limit_the_limit_comes_down_and_the_line_stays_inside() {
        let days = [use_on("2026-11-01", "2000")];
        let cycle = (at(NOVEMBER.0), at(NOVEMBER.1));
        let line = burn(
            &days,
            cycle,
            at("2026-11-01T06:00:00Z"),
            credits("1000"),
            credits("2000"),
        );
        assert_eq!(line.limit, 120);
        assert!(
            line.points
                .iter()
                .all(|(x, y)| (0..=WIDTH).contains(x) && (0..=HEIGHT).contains(y))
        );
        let empty = burn(
            &[],
            cycle,
            at("2026-11-01T00:00:00Z"),
            Credits::ZERO,
            Credits::ZERO,
        );
        assert_eq!(empty.points, [(0, 240)]);
    }
}
