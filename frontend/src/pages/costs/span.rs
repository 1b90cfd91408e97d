//! Ranges: which days or which cycle a choice means today.

use allowance_values::{CycleId, Day};
use time::{Date, Duration};

/// More days than this are no chart.
pub(super) const MOST_CHART_DAYS: i64 = 400;

/// A range, as it is chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Span {
    #[default]
    ThisCycle,
    LastCycle,
    SevenDays,
    ThirtyDays,
    ThisMonth,
    LastMonth,
    /// From one day to another, both included; an end that is open is today.
    Own(Option<Day>, Option<Day>),
}

/// A range, as it is asked for. Without days and without a cycle it is the open cycle.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Period {
    pub(super) from: Option<Day>,
    pub(super) to: Option<Day>,
    pub(super) cycle: Option<CycleId>,
}

/// The word of an own range.
pub(super) const OWN: &str = "own";

impl Span {
    /// Those with a word of their own: word and text, as they are offered.
    pub(super) const OFFERED: [(Self, &'static str, &'static str); 6] = [
        (Self::ThisCycle, "", "This cycle"),
        (Self::LastCycle, "last_cycle", "Last cycle"),
        (Self::SevenDays, "7_days", "Last 7 days"),
        (Self::ThirtyDays, "30_days", "Last 30 days"),
        (Self::ThisMonth, "month", "This month"),
        (Self::LastMonth, "last_month", "Last month"),
    ];

    /// The range of an address.
    pub(super) fn read(word: Option<&str>, since: Option<Day>, until: Option<Day>) -> Self {
        let word = word.unwrap_or_default();
        if word == OWN {
            return Self::Own(since, until);
        }
        let offered = Self::OFFERED.into_iter().find(|(_, known, _)| *known == word);
        offered.map_or_else(Self::default, |(span, _, _)| span)
    }

    /// Its word in an address.
    pub(super) fn word(self) -> &'static str {
        let offered = Self::OFFERED.into_iter().find(|(known, _, _)| *known == self);
        offered.map_or(OWN, |(_, word, _)| word)
    }

    /// What it means today. Nothing for the last cycle where there is none.
    pub(super) fn period(self, today: Day, last_cycle: Option<CycleId>) -> Option<Period> {
        let days = |from: Date, to: Date| {
            Some(Period {
                from: Some(Day::new(from)),
                to: Some(Day::new(to)),
                cycle: None,
            })
        };
        let now = today.date();
        match self {
            Self::ThisCycle => Some(Period::default()),
            Self::LastCycle => Some(Period {
                cycle: Some(last_cycle?),
                ..Period::default()
            }),
            Self::SevenDays => days(before(now, 6), now),
            Self::ThirtyDays => days(before(now, 29), now),
            Self::ThisMonth => days(first_of_month(now), now),
            Self::LastMonth => {
                let last = before(first_of_month(now), 1);
                days(first_of_month(last), last)
            }
            Self::Own(since, until) => {
                let (one, other) = (since.unwrap_or(today).date(), until.unwrap_or(today).date());
                days(one.min(other), one.max(other))
            }
        }
    }
}

/// Whether a period is short enough to be drawn.
pub(super) fn is_drawn(period: Period) -> bool {
    match (period.from, period.to) {
        (Some(from), Some(to)) => (to.date() - from.date()).whole_days() < MOST_CHART_DAYS,
        _ => true,
    }
}

fn before(day: Date, days: i64) -> Date {
    day.checked_sub(Duration::days(days)).unwrap_or(day)
}

fn first_of_month(day: Date) -> Date {
    day.replace_day(1).unwrap_or(day)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> Day {
        text.parse().unwrap()
    }

    fn days(span: Span, today: &str) -> (String, String) {
        let period = span.period(day(today), None).unwrap();
        (period.from.unwrap().to_string(), period.to.unwrap().to_string())
    }

    fn pair(from: &str, to: &str) -> (String, String) {
        (from.to_owned(), to.to_owned())
    }

    #[test]
    fn days_are_counted_with_today() {
        assert_eq!(
            days(Span::SevenDays, "2026-03-03"),
            pair("2026-02-25", "2026-03-03")
        );
        assert_eq!(
            days(Span::ThirtyDays, "2026-01-10"),
            pair("2025-12-12", "2026-01-10")
        );
    }

    #[test]
    fn months_are_those_of_the_calendar_also_in_leap_years() {
        assert_eq!(
            days(Span::ThisMonth, "2026-11-26"),
            pair("2026-11-01", "2026-11-26")
        );
        assert_eq!(
            days(Span::LastMonth, "2028-03-31"),
            pair("2028-02-01", "2028-02-29")
        );
        assert_eq!(
            days(Span::LastMonth, "2027-01-01"),
            pair("2026-12-01", "2026-12-31")
        );
    }

    #[test]
    fn an_own_range_is_in_order_and_open_ends_are_today() {
        let own = |since: Option<&str>, until: Option<&str>| Span::Own(since.map(day), until.map(day));
        let turned = own(Some("2026-11-20"), Some("2026-11-02"));
        assert_eq!(days(turned, "2026-11-26"), pair("2026-11-02", "2026-11-20"));
        assert_eq!(
            days(own(Some("2026-11-20"), None), "2026-11-26"),
            pair("2026-11-20", "2026-11-26")
        );
        let year = own(Some("2025-10-23"), Some("2026-11-26"));
        assert!(is_drawn(year.period(day("2026-11-26"), None).unwrap()));
        let longer = own(Some("2025-10-22"), Some("2026-11-26"));
        assert!(!is_drawn(longer.period(day("2026-11-26"), None).unwrap()));
    }

    #[test]
    fn a_cycle_is_asked_for_as_a_cycle() {
        let last: CycleId = format!("cyc_{:032}", 1).parse().unwrap();
        let today = day("2026-11-26");
        assert_eq!(Span::ThisCycle.period(today, Some(last)), Some(Period::default()));
        assert_eq!(
            Span::LastCycle.period(today, Some(last)).unwrap().cycle,
            Some(last)
        );
        assert_eq!(Span::LastCycle.period(today, None), None);
    }

    #[test]
    fn every_range_is_found_again_by_its_word() {
        for (span, word, _) in Span::OFFERED {
            assert_eq!((Span::read(Some(word), None, None), span.word()), (span, word));
        }
        let own = Span::Own(None, Some(day("2026-11-02")));
        assert_eq!(Span::read(Some(own.word()), None, Some(day("2026-11-02"))), own);
        assert_eq!(Span::read(Some("nonsense"), None, None), Span::ThisCycle);
    }
}
