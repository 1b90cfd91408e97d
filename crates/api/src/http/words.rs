//! Words of the contract and of the domain that several areas translate. Written out, so that a new word on either side
//! is a compile error here.

use allowance_api_types::credit_types::Cadence as Word;
use allowance_domain::cycles::Cadence;

/// The domain's cadence of a word.
#[must_use]
pub const fn cadence(word: Word) -> Cadence {
    match word {
        Word::CalendarMonth => Cadence::CalendarMonth,
        Word::CalendarQuarter => Cadence::CalendarQuarter,
        Word::CalendarYear => Cadence::CalendarYear,
        Word::FifteenDays => Cadence::FifteenDays,
        Word::Week => Cadence::Week,
        Word::Day => Cadence::Day,
        Word::TwelveHours => Cadence::TwelveHours,
        Word::SixHours => Cadence::SixHours,
        Word::Hour => Cadence::Hour,
    }
}

/// The contract's word of a cadence.
#[must_use]
pub const fn cadence_word(cadence: Cadence) -> Word {
    match cadence {
        Cadence::CalendarMonth => Word::CalendarMonth,
        Cadence::CalendarQuarter => Word::CalendarQuarter,
        Cadence::CalendarYear => Word::CalendarYear,
        Cadence::FifteenDays => Word::FifteenDays,
        Cadence::Week => Word::Week,
        Cadence::Day => Word::Day,
        Cadence::TwelveHours => Word::TwelveHours,
        Cadence::SixHours => Word::SixHours,
        Cadence::Hour => Word::Hour,
    }
}
