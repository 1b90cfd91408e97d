//! Formulas as input: `=100*12`, `=(3+4)*2`, `+10%`, `-5`, `*1.1`, `/2`. Exact: fractions of integers, rounded once at the
//! end, half to even, to the decimals of the credit type.

use allowance_values::Credits;

use crate::input::{InputError, Reading};

/// A longer text is no formula anybody typed.
const MOST_SIGNS: usize = 200;
/// Parentheses in parentheses.
const DEEPEST: u8 = 20;
const MICROS: i128 = 1_000_000;

/// What is left of the formula, and how deep it stands in parentheses.
struct Source<'a> {
    rest: &'a str,
    depth: u8,
    reading: Reading,
}

/// A fraction; what is below the line is above zero.
#[derive(Debug, Clone, Copy)]
struct Fraction {
    over: i128,
    under: i128,
}

/// Whether the text is to be worked out: it says so by `=`, or starts with what is done to the amount that is there.
pub(crate) fn is_formula(text: &str) -> bool {
    text.trim_start()
        .starts_with(['=', '+', '-', '\u{2212}', '*', '\u{d7}', '/', '\u{f7}'])
}

impl Reading {
    /// What the typed text comes to, as text: a formula worked out on top of what the cell is worth, anything else, and
    /// what cannot be worked out, as it was typed.
    #[must_use]
    pub fn worked_out(self, text: &str, base: Option<Credits>) -> String {
        match self.result(text, base) {
            Some(Ok(amount)) => self.editable(amount),
            Some(Err(_)) | None => text.to_owned(),
        }
    }

    /// What a formula comes to; nothing for a text that is none.
    ///
    /// # Errors
    /// [`InputError`] says in words what to mend.
    #[must_use]
    pub fn result(self, text: &str, base: Option<Credits>) -> Option<Result<Credits, InputError>> {
        is_formula(text).then(|| self.formula(text.trim(), base))
    }

    fn formula(self, text: &str, base: Option<Credits>) -> Result<Credits, InputError> {
        if text.chars().count() > MOST_SIGNS {
            return Err(InputError::Formula);
        }
        let mut source = Source {
            rest: text,
            depth: 0,
            reading: self,
        };
        let value = if source.take(&['=']).is_some() {
            source.sum()?
        } else {
            let base = Fraction::credits(base.ok_or(InputError::NoBase)?);
            let sign = source.take(&SIGNS).ok_or(InputError::Formula)?;
            let is_share = source.rest.trim_end().ends_with('%');
            let operand = source.product()?;
            match sign {
                // A tenth more of what is there, not a tenth of a credit.
                '+' if is_share => base.plus(base.times(operand)?)?,
                '-' if is_share => base.plus(base.times(operand)?.negated()?)?,
                '+' => base.plus(operand)?,
                '-' => base.plus(operand.negated()?)?,
                '*' => base.times(operand)?,
                _ => base.divided(operand)?,
            }
        };
        source.skip();
        if !source.rest.is_empty() {
            return Err(InputError::Formula);
        }
        let amount = value.rounded(self.decimals.step_micros())?;
        if amount.is_negative() {
            return Err(InputError::Negative);
        }
        if amount > Credits::MAX_INPUT {
            return Err(InputError::TooLarge);
        }
        Ok(amount)
    }
}

const SIGNS: [char; 4] = ['+', '-', '*', '/'];

impl Source<'_> {
    fn skip(&mut self) {
        self.rest = self.rest.trim_start();
    }

    /// The next sign, when it is one of these. Typographic signs count as plain ones.
    fn take(&mut self, wanted: &[char]) -> Option<char> {
        self.skip();
        let mut rest = self.rest.chars();
        let sign = match rest.next()? {
            '\u{2212}' => '-',
            '\u{d7}' => '*',
            '\u{f7}' => '/',
            other => other,
        };
        if !wanted.contains(&sign) {
            return None;
        }
        self.rest = rest.as_str();
        Some(sign)
    }

    fn sum(&mut self) -> Result<Fraction, InputError> {
        let mut value = self.product()?;
        while let Some(sign) = self.take(&['+', '-']) {
            let next = self.product()?;
            value = value.plus(if sign == '-' { next.negated()? } else { next })?;
        }
        Ok(value)
    }

    fn product(&mut self) -> Result<Fraction, InputError> {
        let mut value = self.factor()?;
        while let Some(sign) = self.take(&['*', '/']) {
            let next = self.factor()?;
            value = if sign == '*' {
                value.times(next)?
            } else {
                value.divided(next)?
            };
        }
        Ok(value)
    }

    fn factor(&mut self) -> Result<Fraction, InputError> {
        self.depth = self
            .depth
            .checked_add(1)
            .filter(|depth| *depth <= DEEPEST)
            .ok_or(InputError::Formula)?;
        let mut value = if self.take(&['-']).is_some() {
            self.factor()?.negated()?
        } else if self.take(&['(']).is_some() {
            let value = self.sum()?;
            self.take(&[')']).ok_or(InputError::Formula)?;
            value
        } else {
            self.number()?
        };
        while self.take(&['%']).is_some() {
            value = value.divided(Fraction::whole(100))?;
        }
        self.depth = self.depth.saturating_sub(1);
        Ok(value)
    }

    fn number(&mut self) -> Result<Fraction, InputError> {
        self.skip();
        let is_part = |sign: char| {
            sign.is_ascii_digit() || matches!(sign, '.' | ',' | '\'' | '\u{2019}' | '\u{a0}' | '\u{202f}')
        };
        let end = self.rest.find(|sign| !is_part(sign)).unwrap_or(self.rest.len());
        let (number, rest) = self.rest.split_at(end);
        if number.is_empty() {
            return Err(InputError::Formula);
        }
        self.rest = rest;
        let plain = self.reading.plain(number).map_err(|_| InputError::Formula)?;
        let (whole, fraction) = plain.split_once('.').unwrap_or((&plain, ""));
        let fraction = fraction.trim_end_matches('0');
        let places = u32::try_from(fraction.len()).map_err(|_| InputError::TooLarge)?;
        let over = format!("{whole}{fraction}")
            .parse()
            .map_err(|_| InputError::TooLarge)?;
        let under = 10_i128.checked_pow(places).ok_or(InputError::TooLarge)?;
        Fraction::new(Some(over), Some(under))
    }
}

impl Fraction {
    const fn whole(over: i128) -> Self {
        Self { over, under: 1 }
    }

    fn credits(amount: Credits) -> Self {
        Self {
            over: i128::from(amount.micros()),
            under: MICROS,
        }
    }

    /// In lowest terms, so that long formulas still fit.
    fn new(over: Option<i128>, under: Option<i128>) -> Result<Self, InputError> {
        let (over, under) = over.zip(under).ok_or(InputError::TooLarge)?;
        let (mut divisor, mut rest) = (over.checked_abs().ok_or(InputError::TooLarge)?, under);
        while rest != 0 {
            (divisor, rest) = (rest, divisor.checked_rem(rest).ok_or(InputError::TooLarge)?);
        }
        Ok(Self {
            over: over.checked_div(divisor).ok_or(InputError::TooLarge)?,
            under: under.checked_div(divisor).ok_or(InputError::TooLarge)?,
        })
    }

    fn negated(self) -> Result<Self, InputError> {
        Self::new(self.over.checked_neg(), Some(self.under))
    }

    fn plus(self, other: Self) -> Result<Self, InputError> {
        let one = self.over.checked_mul(other.under);
        let two = other.over.checked_mul(self.under);
        let over = one.zip(two).and_then(|(one, two)| one.checked_add(two));
        Self::new(over, self.under.checked_mul(other.under))
    }

    fn times(self, other: Self) -> Result<Self, InputError> {
        Self::new(
            self.over.checked_mul(other.over),
            self.under.checked_mul(other.under),
        )
    }

    fn divided(self, by: Self) -> Result<Self, InputError> {
        if by.over == 0 {
            return Err(InputError::DivisionByZero);
        }
        let sign = by.over.signum();
        let turned = Self {
            over: by.under.checked_mul(sign).ok_or(InputError::TooLarge)?,
            under: by.over.checked_abs().ok_or(InputError::TooLarge)?,
        };
        self.times(turned)
    }

    /// To the nearest step, half to even.
    fn rounded(self, step: i64) -> Result<Credits, InputError> {
        let micros = |value: Self| -> Option<Credits> {
            let step = i128::from(step);
            let steps = value.over.checked_mul(MICROS)?;
            let under = value.under.checked_mul(step)?;
            let (down, rest) = (steps.checked_div_euclid(under)?, steps.checked_rem_euclid(under)?);
            let half = rest.checked_mul(2)?.cmp(&under);
            let is_up = half.is_gt() || (half.is_eq() && down.checked_rem(2)? != 0);
            let steps = down.checked_add(i128::from(is_up))?;
            i64::try_from(steps.checked_mul(step)?)
                .ok()
                .map(Credits::from_micros)
        };
        micros(self).ok_or(InputError::TooLarge)
    }
}

#[cfg(test)]
mod tests {
    use allowance_values::Decimals;
    use proptest::prelude::*;

    use super::*;
    use crate::input::Separators;

    fn reading(decimals: u8, separators: Separators) -> Reading {
        Reading {
            decimals: Decimals::new(decimals).unwrap(),
            separators,
        }
    }

    fn of(text: &str, base: &str) -> Result<String, InputError> {
        let result = reading(2, Separators::ENGLISH).result(text, base.parse().ok());
        result.unwrap().map(|amount| amount.to_string())
    }

    #[test]
    fn formulas_are_worked_out_exactly() {
        for (text, base, result) in [
            ("=100*12", "7", "1200"),
            ("=(3+4)*2", "7", "14"),
            ("= 3 + 4 * 2", "7", "11"),
            ("=10-2-3", "0", "5"),
            ("=100/3*3", "0", "100"),
            ("=1,200.50*2", "0", "2401"),
            ("=-5+10", "0", "5"),
            ("=200*10%", "0", "20"),
            ("=-(2-7)", "0", "5"),
            ("+10%", "450", "495"),
            ("-10%", "450", "405"),
            ("\u{2212}10 %", "450", "405"),
            ("+5", "450", "455"),
            ("-5", "450", "445"),
            ("+5*2", "450", "460"),
            ("/2", "450", "225"),
            ("\u{f7}2", "450", "225"),
            ("*1.1", "450", "495"),
            ("\u{d7}1.1", "0.1", "0.11"),
            ("/3", "100", "33.33"),
            // Half to even, once, at the end.
            ("/2", "0.01", "0"),
            ("/2", "0.03", "0.02"),
            ("=0.125*1", "0", "0.12"),
            ("=0.135*1", "0", "0.14"),
            ("*0", "450", "0"),
            ("=999999999999.99+0.01", "0", "1000000000000"),
        ] {
            assert_eq!(of(text, base).as_deref(), Ok(result), "{text:?} on {base}");
        }
        let german = reading(2, Separators::GERMAN);
        assert_eq!(german.worked_out("=1.000,5*2", None), "2001");
        assert_eq!(german.worked_out("=0,5*3", None), "1,5");
    }

    #[test]
    fn mistakes_in_formulas_are_named() {
        let deep = format!("={}1{}", "(".repeat(50), ")".repeat(50));
        let long = format!("={}1", "1+".repeat(150));
        for (text, error) in [
            ("=", InputError::Formula),
            ("+", InputError::Formula),
            ("-", InputError::Formula),
            ("=1+", InputError::Formula),
            ("=(1", InputError::Formula),
            ("=1)", InputError::Formula),
            ("=2 3", InputError::Formula),
            ("=A1*2", InputError::Formula),
            ("=1e3", InputError::Formula),
            ("=SUM(1)", InputError::Formula),
            ("=%", InputError::Formula),
            (&deep, InputError::Formula),
            (&long, InputError::Formula),
            ("/0", InputError::DivisionByZero),
            ("=1/(2-2)", InputError::DivisionByZero),
            ("-451", InputError::Negative),
            ("=2-3", InputError::Negative),
            ("=1000000000000.01*1", InputError::TooLarge),
            (
                "=999999999999*999999999999*999999999999*999999999999",
                InputError::TooLarge,
            ),
        ] {
            assert_eq!(of(text, "450"), Err(error), "{text:?}");
        }
        assert_eq!(of("+10%", "none"), Err(InputError::NoBase));
        assert_eq!(reading(2, Separators::ENGLISH).result("450", None), None);
        assert_eq!(reading(2, Separators::ENGLISH).worked_out("=1+", None), "=1+");
    }

    proptest! {
        #[test]
        fn any_formula_gets_an_answer(text in "[-+*/=().,%0-9 ]{0,40}") {
            let _answer = reading(2, Separators::ENGLISH).result(&text, Some(Credits::MAX_INPUT));
        }

        #[test]
        fn halves_and_doubles_meet_again(micros in 0_i64..1_000_000_000_000) {
            let reading = reading(6, Separators::ENGLISH);
            let base = Credits::from_micros(micros * 2);
            let half = reading.result("/2", Some(base)).unwrap().unwrap();
            prop_assert_eq!(half, Credits::from_micros(micros));
            prop_assert_eq!(reading.result("*2", Some(half)).unwrap().unwrap(), base);
            let more = reading.result("+10%", Some(base)).unwrap().unwrap();
            let wide = i128::from(base.micros()) * 11;
            let rounded = i128::from(more.micros()) * 10;
            prop_assert!((wide - rounded).abs() <= 5);
        }

        #[test]
        fn sums_of_two_are_those_of_integers(a in 0_i64..1_000_000_000, b in 0_i64..1_000_000_000) {
            let reading = reading(6, Separators::ENGLISH);
            let (one, two) = (Credits::from_micros(a), Credits::from_micros(b));
            let sum = reading.result(&format!("={one}+{two}"), None).unwrap();
            prop_assert_eq!(sum, Ok(Credits::from_micros(a + b)));
        }
    }
}
