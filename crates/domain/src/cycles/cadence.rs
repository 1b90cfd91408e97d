//! The words for how often a cycle opens.

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

impl Cadence {
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
    fn every_word_leads_back_to_its_cadence() {
        for cadence in Cadence::ALL {
            assert_eq!(Cadence::parse(cadence.as_str()), Some(cadence));
        }
        assert_eq!(Cadence::parse("fortnight"), None);
    }
}
