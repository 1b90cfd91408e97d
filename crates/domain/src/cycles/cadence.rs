//! The words for how often a cycle opens, and what a limit means in each.

use allowance_values::{Credits, Decimals};

/// How often a cycle opens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Cadence {
    /// Ends at the next local month.
    CalendarMonth,
    /// Ends at the next local quarter.
    CalendarQuarter,
    /// Ends at the next local year.
    CalendarYear,
    /// 15 days on, at the same local time.
    FifteenDays,
    /// A week on, at the same local time.
    Week,
    /// A day on, at the same local time.
    Day,
    /// 12 elapsed hours.
    TwelveHours,
    /// 6 elapsed hours.
    SixHours,
    /// One elapsed hour.
    Hour,
}

/// 30 days in seconds.
const THIRTY_DAYS: i128 = 30 * 86_400;

/// The limit per 30 days, by the average length of a cycle, rounded half to even to what people see. Amounts are per
/// cycle; this makes two cadences comparable. Nothing when it does not fit.
#[must_use]
pub fn per_30_days(limit: Credits, cadence: Cadence, decimals: Decimals) -> Option<Credits> {
    let step = i128::from(decimals.step_micros());
    let seconds = i128::from(cadence.average_seconds()).checked_mul(step)?;
    let scaled = i128::from(limit.micros()).checked_mul(THIRTY_DAYS)?;
    let (whole, rest) = (scaled.checked_div(seconds)?, scaled.checked_rem(seconds)?);
    let twice = rest.checked_mul(2)?;
    let rounds_up = twice > seconds || (twice == seconds && whole.checked_rem(2)? == 1);
    let steps = whole.checked_add(i128::from(rounds_up))?;
    let micros = i64::try_from(steps.checked_mul(step)?).ok()?;
    Some(Credits::from_micros(micros))
}

impl Cadence {
    /// How long a cycle is on average, over the 400 years after which the calendar repeats.
    #[must_use]
    pub const fn average_seconds(self) -> i64 {
        match self {
            Self::CalendarMonth => 2_629_746,
            Self::CalendarQuarter => 7_889_238,
            Self::CalendarYear => 31_556_952,
            Self::FifteenDays => 15 * 86_400,
            Self::Week => 7 * 86_400,
            Self::Day => 86_400,
            Self::TwelveHours => 12 * 3_600,
            Self::SixHours => 6 * 3_600,
            Self::Hour => 3_600,
        }
    }

    /// All cadences, in the order people are offered them.
    pub const ALL: [Self; 9] = [
        Self::CalendarMonth,
        Self::CalendarQuarter,
        Self::CalendarYear,
        Self::FifteenDays,
        Self::Week,
        Self::Day,
        Self::TwelveHours,
        Self::SixHours,
        Self::Hour,
    ];

    /// The word that rows and the audit log hold.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::CalendarMonth => "calendar_month",
            Self::CalendarQuarter => "calendar_quarter",
            Self::CalendarYear => "calendar_year",
            Self::FifteenDays => "fifteen_days",
            Self::Week => "week",
            Self::Day => "day",
            Self::TwelveHours => "twelve_hours",
            Self::SixHours => "six_hours",
            Self::Hour => "hour",
        }
    }

    /// The cadence of a word; nothing for a word that is none.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|cadence| cadence.as_str() == word)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_limit_per_thirty_days_makes_cadences_comparable() {
        let whole = |n: i64| Credits::from_micros(n * 1_000_000);
        let two = Decimals::new(2).unwrap();
        assert_eq!(per_30_days(whole(100), Cadence::Day, two), Some(whole(3_000)));
        assert_eq!(
            per_30_days(whole(100), Cadence::FifteenDays, two),
            Some(whole(200))
        );
        assert_eq!(per_30_days(whole(1), Cadence::Hour, two), Some(whole(720)));
        let month = per_30_days(whole(1_000), Cadence::CalendarMonth, two).unwrap();
        assert_eq!(month.to_string(), "985.65");
        let year = per_30_days(whole(12_000), Cadence::CalendarYear, two).unwrap();
        assert_eq!(year, month);
        assert_eq!(per_30_days(Credits::MAX_INPUT, Cadence::Hour, two), None);
    }

    #[test]
    fn every_word_leads_back_to_its_cadence() {
        for cadence in Cadence::ALL {
            assert_eq!(Cadence::parse(cadence.as_str()), Some(cadence));
        }
        assert_eq!(Cadence::parse("fortnight"), None);
    }
}
