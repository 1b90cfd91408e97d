//! Typed text to amounts: grouping and decimal signs as people and spreadsheets write them, mistakes in words.

use allowance_values::{Credits, Decimals, ParseAmountError};

/// How the viewer's language writes numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Separators {
    /// Before the decimals.
    pub decimal: char,
    /// Between thousands.
    pub group: char,
}

impl Separators {
    /// `1,234.5`
    pub const ENGLISH: Self = Self {
        decimal: '.',
        group: ',',
    };
    /// `1.234,5`
    pub const GERMAN: Self = Self {
        decimal: ',',
        group: '.',
    };
}

/// What typed text is read against.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reading {
    /// How many decimals the credit type has.
    pub decimals: Decimals,
    /// How the viewer writes numbers.
    pub separators: Separators,
}

/// Why typed text is not an amount for a cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InputError {
    /// Nothing was typed.
    #[error("Type an amount, or 0 for none.")]
    Empty,
    /// It is no number.
    #[error("This is not a number. Write it like 1234.5.")]
    NotANumber,
    /// It is below zero.
    #[error("An amount here cannot be below 0.")]
    Negative,
    /// It has more decimals than the credit type.
    #[error("{}", too_many(*.0))]
    TooManyDecimals(Decimals),
    /// It is beyond what can be stored.
    #[error("This number is too large.")]
    TooLarge,
    /// It is a share of nothing.
    #[error("A percentage needs something to be a share of: write it like +10%.")]
    Percent,
    /// A formula that cannot be read.
    #[error("This formula is not complete. Write it like =100*12 or +10%.")]
    Formula,
    /// A formula that divides by nothing.
    #[error("Nothing can be divided by 0.")]
    DivisionByZero,
    /// A formula that starts from an amount that is not there.
    #[error("There is no amount here to start from.")]
    NoBase,
}

fn too_many(decimals: Decimals) -> String {
    match decimals.count() {
        0 => "These credits are whole: no decimals.".to_owned(),
        1 => "At most 1 decimal for these credits.".to_owned(),
        count => format!("At most {count} decimals for these credits."),
    }
}

impl Reading {
    /// Reads an amount that may not be below zero.
    ///
    /// # Errors
    /// [`InputError`] says in words what to mend.
    pub fn amount(self, text: &str) -> Result<Credits, InputError> {
        let plain = self.plain(text)?;
        let credits: Credits = plain.parse().map_err(|error| match error {
            ParseAmountError::Empty => InputError::Empty,
            ParseAmountError::NotANumber => InputError::NotANumber,
            ParseAmountError::TooManyDecimals(_) => InputError::TooManyDecimals(self.decimals),
            ParseAmountError::OutOfRange => InputError::TooLarge,
        })?;
        if credits.is_negative() {
            Err(InputError::Negative)
        } else if credits.fits(self.decimals) {
            Ok(credits)
        } else {
            Err(InputError::TooManyDecimals(self.decimals))
        }
    }

    /// Reads an amount where blank means none.
    ///
    /// # Errors
    /// As [`Reading::amount`], never [`InputError::Empty`].
    pub fn amount_or_blank(self, text: &str) -> Result<Option<Credits>, InputError> {
        match self.amount(text) {
            Ok(amount) => Ok(Some(amount)),
            Err(InputError::Empty) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The exact amount as it stands in an editor: without grouping, with the viewer's decimal sign.
    #[must_use]
    pub fn editable(self, amount: Credits) -> String {
        amount
            .to_string()
            .replace('.', &self.separators.decimal.to_string())
    }

    /// The number as the contract writes it: `-1234.5`.
    pub(crate) fn plain(self, text: &str) -> Result<String, InputError> {
        let trimmed = text.trim();
        if trimmed.ends_with('%') {
            return Err(InputError::Percent);
        }
        // Accountants write what is below zero in parentheses.
        let in_parentheses = trimmed.strip_prefix('(').and_then(|rest| rest.strip_suffix(')'));
        let below_zero = in_parentheses.or_else(|| trimmed.strip_prefix(['-', '−']));
        let (sign, digits) = match below_zero {
            Some(rest) => ("-", rest.trim()),
            None => ("", trimmed.strip_prefix('+').unwrap_or(trimmed)),
        };
        if digits.is_empty() {
            return Err(if trimmed.is_empty() {
                InputError::Empty
            } else {
                InputError::NotANumber
            });
        }
        let (whole, fraction) = match self.decimal_sign(digits) {
            Some(decimal) => digits.rsplit_once(decimal).ok_or(InputError::NotANumber)?,
            None => (digits, ""),
        };
        let is_number =
            fraction.chars().all(|c| c.is_ascii_digit()) && !(whole.is_empty() && fraction.is_empty());
        if !is_number {
            return Err(InputError::NotANumber);
        }
        let whole = ungrouped(whole).ok_or(InputError::NotANumber)?;
        let whole = if whole.is_empty() { "0" } else { whole.as_str() };
        let fraction = if fraction.is_empty() { "0" } else { fraction };
        Ok(format!("{sign}{whole}.{fraction}"))
    }

    /// Which sign of the text stands before the decimals. With both signs it is the last one; one that is repeated
    /// groups thousands; a single one before exactly three digits is read as the viewer's language does.
    fn decimal_sign(self, digits: &str) -> Option<char> {
        let at = digits.rfind(['.', ','])?;
        let (before, rest) = digits.split_at(at);
        let sign = rest.chars().next()?;
        if before.contains(sign) {
            return None;
        }
        if before.contains(['.', ',']) {
            return Some(sign);
        }
        let looks_grouped = rest.chars().count() == 4 && !matches!(before, "" | "0");
        (!looks_grouped || sign == self.separators.decimal).then_some(sign)
    }
}

/// Whole digits without their grouping, which must be one kind of sign between groups of three.
fn ungrouped(whole: &str) -> Option<String> {
    let Some(separator) = whole.chars().find(|c| !c.is_ascii_digit()) else {
        return Some(whole.to_owned());
    };
    let is_grouping = matches!(separator, '.' | ',' | ' ' | '\u{a0}' | '\u{202f}' | '\'' | '’');
    let mut parts = whole.split(separator);
    let first = parts.next()?;
    let is_digits = |part: &str| part.chars().all(|c| c.is_ascii_digit());
    let is_well_formed = is_grouping && matches!(first.len(), 1..=3) && is_digits(first);
    let mut digits = first.to_owned();
    for part in parts {
        if part.len() != 3 || !is_digits(part) {
            return None;
        }
        digits.push_str(part);
    }
    is_well_formed.then_some(digits)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const CENTS: Reading = Reading {
        decimals: Decimals::MAX,
        separators: Separators::ENGLISH,
    };

    fn reading(decimals: u8, separators: Separators) -> Reading {
        Reading {
            decimals: Decimals::new(decimals).unwrap(),
            separators,
        }
    }

    #[test]
    fn numbers_are_read_as_people_write_them() {
        for (text, english, german) in [
            ("450", "450", "450"),
            (" 450 ", "450", "450"),
            ("+450", "450", "450"),
            ("1,234.50", "1234.5", "1234.5"),
            ("1.234,50", "1234.5", "1234.5"),
            ("1,234", "1234", "1.234"),
            ("1.234", "1.234", "1234"),
            ("0.125", "0.125", "0.125"),
            ("0,125", "0.125", "0.125"),
            ("12,5", "12.5", "12.5"),
            ("12.5", "12.5", "12.5"),
            (".5", "0.5", "0.5"),
            ("5.", "5", "5"),
            ("1,234,567", "1234567", "1234567"),
            ("1.234.567", "1234567", "1234567"),
            ("1 234 567,89", "1234567.89", "1234567.89"),
            ("1\u{202f}234,5", "1234.5", "1234.5"),
            ("1’234.5", "1234.5", "1234.5"),
        ] {
            assert_eq!(
                CENTS.amount(text).map(|c| c.to_string()).as_deref(),
                Ok(english),
                "{text:?} in English"
            );
            let read = reading(6, Separators::GERMAN).amount(text).map(|c| c.to_string());
            assert_eq!(read.as_deref(), Ok(german), "{text:?} in German");
        }
    }

    #[test]
    fn mistakes_are_named() {
        let whole = reading(0, Separators::ENGLISH);
        for (text, error) in [
            ("", InputError::Empty),
            ("   ", InputError::Empty),
            ("-", InputError::NotANumber),
            (".", InputError::NotANumber),
            ("abc", InputError::NotANumber),
            ("1e3", InputError::NotANumber),
            ("1,23,456", InputError::NotANumber),
            ("12,34,567.8", InputError::NotANumber),
            ("1.2.3", InputError::NotANumber),
            ("1 23", InputError::NotANumber),
            ("12€", InputError::NotANumber),
            ("٣", InputError::NotANumber),
            ("-5", InputError::Negative),
            ("−5", InputError::Negative),
            ("(1,234)", InputError::Negative),
            ("( 5 )", InputError::Negative),
            ("((5))", InputError::NotANumber),
            ("()", InputError::NotANumber),
            ("(5", InputError::NotANumber),
            ("50%", InputError::Percent),
            ("1.5", InputError::TooManyDecimals(whole.decimals)),
            ("0.0000001", InputError::TooManyDecimals(whole.decimals)),
            ("1000000000001", InputError::TooLarge),
            ("9".repeat(60).as_str(), InputError::TooLarge),
        ] {
            assert_eq!(whole.amount(text), Err(error), "{text:?}");
        }
        assert_eq!(whole.amount_or_blank(" "), Ok(None));
        assert_eq!(
            InputError::TooManyDecimals(whole.decimals).to_string(),
            "These credits are whole: no decimals."
        );
    }

    fn grouped(digits: &str, separator: char) -> String {
        let mut out = String::new();
        for (index, digit) in digits.chars().enumerate() {
            if index > 0 && (digits.len() - index).is_multiple_of(3) {
                out.push(separator);
            }
            out.push(digit);
        }
        out
    }

    proptest! {
        #[test]
        fn an_amount_in_an_editor_reads_back_exactly(
            micros in 0_i64..=Credits::MAX_INPUT.micros(), german in any::<bool>()
        ) {
            let reading = reading(6, if german { Separators::GERMAN } else { Separators::ENGLISH });
            let amount = Credits::from_micros(micros);
            prop_assert_eq!(reading.amount(&reading.editable(amount)), Ok(amount));
        }

        #[test]
        fn grouped_text_reads_back_exactly(micros in 0_i64..=Credits::MAX_INPUT.micros(), german in any::<bool>()) {
            let separators = if german { Separators::GERMAN } else { Separators::ENGLISH };
            let amount = Credits::from_micros(micros);
            let exact = amount.to_string();
            let (whole, fraction) = exact.split_once('.').unwrap_or((&exact, "00"));
            let text = format!("{}{}{fraction}", grouped(whole, separators.group), separators.decimal);
            prop_assert_eq!(reading(6, separators).amount(&text), Ok(amount));
        }

        #[test]
        fn any_text_gets_an_answer(text in ".{0,30}") {
            let _answer = CENTS.amount(&text);
        }
    }
}
