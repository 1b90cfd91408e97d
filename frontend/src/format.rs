//! How figures, dates and counts are written for people.
//!
//! Amounts go to the browser's Intl as decimal text, never as a float; so grouping and signs follow the reader's locale
//! and no digit is lost. Outside a browser (native tests) a plain English form stands in.

use allowance_grid::{Reading, Separators};
use allowance_values::{Credits, Day, Decimals, Money, Timestamp};

/// An amount with every digit it has: `41,207.35`.
pub fn credits(amount: Credits) -> String {
    number(&amount.to_string(), 6)
}

/// An amount as its credit type shows it. Metering may post finer than people type; that is only seen in the exact form.
pub fn credits_to(amount: Credits, decimals: u8) -> String {
    number(&amount.to_string(), decimals)
}

/// Money, as its digits and its currency: `12.5 EUR`.
pub fn money(money: &Money) -> String {
    format!("{}\u{a0}{}", number(&money.amount.to_string(), 9), money.currency)
}

/// A count of things: `1,204`.
pub fn count(number_of: u64) -> String {
    number(&number_of.to_string(), 0)
}

/// A count with its noun: `1 person`, `290 people`.
pub fn plural(number_of: u64, one: &str, many: &str) -> String {
    format!("{} {}", count(number_of), if number_of == 1 { one } else { many })
}

/// A percentage that the server computed: `41.2 %`.
pub fn percent(text: &str) -> String {
    format!("{}\u{202f}%", number(text, 2))
}

/// Decimal text, grouped, with at most so many decimals and a real minus sign.
pub fn number(text: &str, decimals: u8) -> String {
    let written = platform::number(text, decimals);
    written
        .strip_prefix('-')
        .map_or_else(|| written.clone(), |rest| format!("\u{2212}{rest}"))
}

/// Decimal text, grouped, with exactly so many decimals, so that a column of them stands by its points.
pub fn fixed(text: &str, decimals: u8) -> String {
    let written = platform::fixed(text, decimals);
    written
        .strip_prefix('-')
        .map_or_else(|| written.clone(), |rest| format!("\u{2212}{rest}"))
}

/// How the browser's language writes numbers, learned from one it wrote.
fn separators() -> Separators {
    separators_of(&number("12345.6", 1))
}

fn separators_of(written: &str) -> Separators {
    let signs: Vec<char> = written.chars().filter(|c| !c.is_ascii_digit()).collect();
    match *signs {
        [group, decimal] => Separators { decimal, group },
        [decimal] => Separators {
            decimal,
            group: if decimal == ',' { '.' } else { ',' },
        },
        _ => Separators::ENGLISH,
    }
}

/// How amounts of a credit type are read.
pub fn reading(decimals: u8) -> Reading {
    Reading {
        decimals: Decimals::new(decimals).unwrap_or(Decimals::MAX),
        separators: separators(),
    }
}

/// A day and a time in the given zone: `1 Dec 2026, 00:00`.
pub fn date_time(at: Timestamp, zone: &str) -> String {
    platform::instant(at, zone, true)
}

/// The day of an instant in the given zone: `1 Dec 2026`.
pub fn date(at: Timestamp, zone: &str) -> String {
    platform::instant(at, zone, false)
}

/// A civil day: `14 Jan 2009`.
pub fn day(day: Day) -> String {
    platform::day(day)
}

/// From one day to another: `1–30 Nov 2026`.
pub fn days(from: Day, to: Day) -> String {
    if from == to {
        return day(from);
    }
    platform::days(from, to)
}

/// A civil day without its year, for an axis: `14 Jan`.
pub fn short_day(day: Day) -> String {
    platform::short_day(day)
}

/// The present instant.
pub fn now() -> Timestamp {
    platform::now()
}

/// How far away an instant is: `in 9 days`, `2 hours ago`.
pub fn relative(at: Timestamp, now: Timestamp) -> String {
    let seconds = at.micros().saturating_sub(now.micros()).div_euclid(1_000_000);
    let (amount, unit) = span(seconds.unsigned_abs());
    let amount = count(amount);
    let plural = if amount == "1" { "" } else { "s" };
    if seconds >= 0 {
        format!("in {amount} {unit}{plural}")
    } else {
        format!("{amount} {unit}{plural} ago")
    }
}

/// The largest unit that still says something, rounded down.
fn span(seconds: u64) -> (u64, &'static str) {
    match seconds {
        0..60 => (seconds, "second"),
        60..3_600 => (seconds.div_euclid(60), "minute"),
        3_600..172_800 => (seconds.div_euclid(3_600), "hour"),
        _ => (seconds.div_euclid(86_400), "day"),
    }
}

/// The two letters of a face without a picture.
pub fn initials(name: &str) -> String {
    let letter = |word: &str| word.chars().find(|letter| letter.is_alphanumeric());
    let mut words = name.split_whitespace().filter_map(letter);
    let first = words.next();
    first
        .into_iter()
        .chain(words.next_back())
        .flat_map(char::to_uppercase)
        .collect()
}

#[cfg(target_arch = "wasm32")]
mod platform {
    use std::cell::RefCell;
    use std::collections::HashMap;

    use allowance_values::{Day, Timestamp};
    use js_sys::{Array, Function, Intl, Object, Reflect};
    use wasm_bindgen::{JsCast, JsValue};

    thread_local! {
        /// Formatters are costly to make and there are few of them.
        static FORMATTERS: RefCell<HashMap<String, Function>> = RefCell::default();
    }

    fn formatter(key: String, make: impl FnOnce() -> Function) -> Function {
        FORMATTERS.with_borrow_mut(|known| known.entry(key).or_insert_with(make).clone())
    }

    fn options(pairs: &[(&str, JsValue)]) -> Object {
        let object = Object::new();
        for (name, value) in pairs {
            let _is_set = Reflect::set(&object, &JsValue::from_str(name), value);
        }
        object
    }

    fn call(format: &Function, argument: &JsValue) -> Option<String> {
        format.call1(&JsValue::UNDEFINED, argument).ok()?.as_string()
    }

    pub(super) fn number(text: &str, decimals: u8) -> String {
        let format = formatter(format!("n{decimals}"), || {
            let options = options(&[("maximumFractionDigits", decimals.into())]);
            Intl::NumberFormat::new(&Array::new(), &options).format()
        });
        call(&format, &JsValue::from_str(text)).unwrap_or_else(|| text.to_owned())
    }

    pub(super) fn fixed(text: &str, decimals: u8) -> String {
        let format = formatter(format!("f{decimals}"), || {
            let options = options(&[
                ("minimumFractionDigits", decimals.into()),
                ("maximumFractionDigits", decimals.into()),
            ]);
            Intl::NumberFormat::new(&Array::new(), &options).format()
        });
        call(&format, &JsValue::from_str(text)).unwrap_or_else(|| text.to_owned())
    }

    pub(super) fn days(from: Day, to: Day) -> String {
        let midnight = |day: Day| js_sys::Date::new(&JsValue::from_str(&format!("{day}T00:00:00Z")));
        let write = || {
            let pairs = [("timeZone", "UTC".into()), ("dateStyle", "medium".into())];
            let format = Intl::DateTimeFormat::new(&Array::new(), &options(&pairs));
            let range = Reflect::get(&format, &JsValue::from_str("formatRange")).ok()?;
            let range: Function = range.dyn_into().ok()?;
            range
                .call2(&format, &midnight(from), &midnight(to))
                .ok()?
                .as_string()
        };
        write().unwrap_or_else(|| format!("{} – {}", day(from), day(to)))
    }

    pub(super) fn short_day(day: Day) -> String {
        let format = formatter("s".to_owned(), || {
            let pairs = [
                ("timeZone", "UTC".into()),
                ("day", "numeric".into()),
                ("month", "short".into()),
            ];
            Intl::DateTimeFormat::new(&Array::new(), &options(&pairs)).format()
        });
        let iso = format!("{day}T00:00:00Z");
        call(&format, &js_sys::Date::new(&JsValue::from_str(&iso))).unwrap_or(iso)
    }

    pub(super) fn instant(at: Timestamp, zone: &str, with_time: bool) -> String {
        let format = formatter(format!("d{with_time}{zone}"), || {
            let mut pairs = vec![
                ("timeZone", JsValue::from_str(zone)),
                ("dateStyle", "medium".into()),
            ];
            if with_time {
                pairs.push(("timeStyle", "short".into()));
            }
            Intl::DateTimeFormat::new(&Array::new(), &options(&pairs)).format()
        });
        let iso = at.to_string();
        call(&format, &js_sys::Date::new(&JsValue::from_str(&iso))).unwrap_or(iso)
    }

    pub(super) fn day(day: Day) -> String {
        let midnight = format!("{day}T00:00:00Z");
        midnight.parse().map_or(midnight, |at| instant(at, "UTC", false))
    }

    pub(super) fn now() -> Timestamp {
        let iso = js_sys::Date::new_0().to_iso_string();
        iso.as_string()
            .and_then(|text| text.parse().ok())
            .unwrap_or(Timestamp::from_micros(0))
    }
}

#[cfg(not(target_arch = "wasm32"))]
mod platform {
    use allowance_values::{Day, Timestamp};

    pub(super) fn number(text: &str, decimals: u8) -> String {
        let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
        let (sign, digits) = whole
            .strip_prefix('-')
            .map_or(("", whole), |digits| ("-", digits));
        let mut grouped = String::new();
        for (index, digit) in digits.chars().enumerate() {
            if index > 0 && digits.len().saturating_sub(index).is_multiple_of(3) {
                grouped.push(',');
            }
            grouped.push(digit);
        }
        let fraction: String = fraction.chars().take(usize::from(decimals)).collect();
        let point = if fraction.is_empty() { "" } else { "." };
        format!("{sign}{grouped}{point}{fraction}")
    }

    pub(super) fn fixed(text: &str, decimals: u8) -> String {
        let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
        let decimals = usize::from(decimals);
        let whole = number(whole, 0);
        let fraction: String = fraction
            .chars()
            .chain(std::iter::repeat('0'))
            .take(decimals)
            .collect();
        let point = if decimals > 0 { "." } else { "" };
        format!("{whole}{point}{fraction}")
    }

    pub(super) fn days(from: Day, to: Day) -> String {
        format!("{from} – {to}")
    }

    pub(super) fn short_day(day: Day) -> String {
        day.to_string().chars().skip(5).collect()
    }

    pub(super) fn instant(at: Timestamp, _zone: &str, with_time: bool) -> String {
        let iso = at.to_string();
        let (day, time) = iso.split_once('T').unwrap_or((&iso, ""));
        if with_time {
            format!("{day}, {}", time.chars().take(5).collect::<String>())
        } else {
            day.to_owned()
        }
    }

    pub(super) fn day(day: Day) -> String {
        day.to_string()
    }

    pub(super) fn now() -> Timestamp {
        Timestamp::from_micros(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_keep_every_digit_up_to_the_largest() {
        for (text, written) in [
            ("0", "0"),
            ("41207.35", "41,207.35"),
            ("-7700", "\u{2212}7,700"),
            ("999999999999.999999", "999,999,999,999.999999"),
        ] {
            assert_eq!(credits(text.parse().unwrap()), written);
        }
        assert_eq!(credits_to("1.239".parse().unwrap(), 0), "1");
    }

    #[test]
    fn a_language_shows_how_it_writes_numbers() {
        for (written, decimal, group) in [
            ("12,345.6", '.', ','),
            ("12.345,6", ',', '.'),
            ("12\u{202f}345,6", ',', '\u{202f}'),
            ("12345,6", ',', '.'),
            ("۱۲٬۳۴۵٫۶", '.', ','),
        ] {
            assert_eq!(separators_of(written), Separators { decimal, group }, "{written}");
        }
    }

    #[test]
    fn spans_use_the_largest_unit_that_fits() {
        let now = Timestamp::from_micros(0);
        for (seconds, words) in [
            (1, "in 1 second"),
            (59, "in 59 seconds"),
            (-60, "1 minute ago"),
            (3_600 * 47, "in 47 hours"),
            (86_400 * 9, "in 9 days"),
        ] {
            assert_eq!(relative(now.plus_seconds(seconds), now), words);
        }
    }

    #[test]
    fn initials_are_of_the_first_and_the_last_name() {
        for (name, letters) in [
            ("Ken Sánchez", "KS"),
            ("ken", "K"),
            ("", ""),
            ("ana maria élan", "AÉ"),
            ("Ken (Sales)", "KS"),
            ("נועה לוי - כהן!", "נכ"),
        ] {
            assert_eq!(initials(name), letters);
        }
    }
}
