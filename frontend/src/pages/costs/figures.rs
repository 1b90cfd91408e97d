//! Figures as they are compared and written: shares, changes, decimals. No float is near them.

use allowance_api_types::costs::{CostDifferenceView, CostFiguresView, CostOrder};
use leptos::prelude::*;

use crate::format;

/// An amount in units of its measure: micro-credits, or nano-units of money.
pub(super) fn units(figures: &CostFiguresView, measure: CostOrder) -> i128 {
    match measure {
        CostOrder::Cost => figures.cost.nanos(),
        _ => i128::from(figures.credits.micros()),
    }
}

/// The decimal text of an amount.
pub(super) fn text(figures: &CostFiguresView, measure: CostOrder) -> String {
    match measure {
        CostOrder::Cost => figures.cost.to_string(),
        _ => figures.credits.to_string(),
    }
}

/// A part in thousandths of the whole.
pub(super) fn per_mille(part: i128, whole: i128) -> i64 {
    let share = part.max(0).saturating_mul(1_000).checked_div(whole).unwrap_or(0);
    i64::try_from(share.clamp(0, 1_000)).unwrap_or(0)
}

/// Thousandths in words: `12.5 %`.
pub(super) fn share(amount: i128, per_mille: i64) -> String {
    // Little is not nothing.
    if per_mille == 0 && amount > 0 {
        return format!("<\u{202f}{}", format::percent("0.1"));
    }
    format::percent(&format!(
        "{}.{}",
        per_mille.div_euclid(10),
        per_mille.rem_euclid(10)
    ))
}

/// How an amount differs from the one before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Change {
    /// There was nothing before.
    New,
    Same,
    /// By so many thousandths.
    More(i128),
    Less(i128),
}

/// The change from one amount to another; nothing where there was nothing and still is.
pub(super) fn change(before: i128, now: i128) -> Option<Change> {
    if before == now {
        return (now != 0).then_some(Change::Same);
    }
    if before <= 0 {
        return Some(Change::New);
    }
    let by = now
        .saturating_sub(before)
        .saturating_mul(1_000)
        .checked_div(before)?;
    Some(match by {
        0 => Change::Same,
        1.. => Change::More(by),
        _ => Change::Less(by.saturating_neg()),
    })
}

impl Change {
    /// In words for who hears, in a sign and a number for who sees.
    pub(super) fn words(self) -> (String, &'static str) {
        let percent = |by: i128| {
            // Beyond tenfold the percentage says nothing any more.
            if by >= 10_000 {
                format!(
                    "{}-fold",
                    format::number(&by.div_euclid(1_000).saturating_add(1).to_string(), 0)
                )
            } else {
                format::percent(&format!("{}.{}", by.div_euclid(10), by.rem_euclid(10)))
            }
        };
        match self {
            Self::New => ("new".to_owned(), ""),
            Self::Same => ("same".to_owned(), ""),
            Self::More(by) => (percent(by), "▲"),
            Self::Less(by) => (percent(by), "▼"),
        }
    }
}

/// A change as it stands beside a figure.
pub(super) fn change_view(change: Option<Change>) -> AnyView {
    let Some(change) = change else {
        return view! { <span class="mut">"–"</span> }.into_any();
    };
    let (text, sign) = change.words();
    let spoken = match change {
        Change::More(_) => "up ",
        Change::Less(_) => "down ",
        Change::New | Change::Same => "",
    };
    let sign = (!sign.is_empty()).then(|| view! { <span aria-hidden="true">{sign}</span> });
    view! { <span class="change">{sign}<span class="sr">{spoken}</span>{text}</span> }.into_any()
}

/// How many decimals the longest of these texts has, at least two.
pub(super) fn places<'a>(texts: impl IntoIterator<Item = &'a str>) -> u8 {
    let of = |text: &str| text.split_once('.').map_or(0, |(_, fraction)| fraction.len());
    let most = texts.into_iter().map(of).max().unwrap_or(0);
    u8::try_from(most).unwrap_or(9).max(2)
}

/// An exact amount in a column of so many decimals. What lies beyond the hundredths steps back, and what only fills the
/// column up to its decimals keeps its place unseen, so that a column reads easily and stands by its points.
pub(super) fn exact(text: &str, places: u8) -> AnyView {
    let (head, fine, filling) = split(text, places);
    let fine = (!fine.is_empty()).then(|| view! { <span class="fine">{fine}</span> });
    let filling =
        (!filling.is_empty()).then(|| view! { <span class="filling" aria-hidden="true">{filling}</span> });
    view! { {head}{fine}{filling} }.into_any()
}

/// An amount to the hundredths, its further digits, and the noughts behind them.
fn split(text: &str, places: u8) -> (String, String, String) {
    let written = format::fixed(text, places);
    let own = text
        .split_once('.')
        .map_or(0, |(_, fraction)| fraction.len())
        .max(2);
    let places = usize::from(places);
    let behind = |count: usize| {
        let letters = written.char_indices().rev();
        let place = letters.take(count).last().map(|(place, _)| place);
        place.unwrap_or(written.len())
    };
    let (seen, filling) = written.split_at(behind(places.saturating_sub(own)));
    let (head, fine) = seen.split_at(behind(places.saturating_sub(2)).min(seen.len()));
    (head.to_owned(), fine.to_owned(), filling.to_owned())
}

/// How happened and counted differ, as the terms of a sum: sign, words, amount. Nothing where they do not.
pub(super) fn difference(
    view: &CostDifferenceView,
    measure: CostOrder,
) -> Option<Vec<(&'static str, &'static str, String)>> {
    let parts = [
        ("−", "charged later", &view.charged_later),
        ("−", "charged sooner", &view.charged_sooner),
        ("+", "from earlier", &view.from_earlier),
        ("+", "from later", &view.from_later),
    ];
    let mut terms: Vec<_> = parts
        .into_iter()
        .filter(|(_, _, figures)| units(figures, measure) != 0)
        .map(|(sign, words, figures)| (sign, words, text(figures, measure)))
        .collect();
    if terms.is_empty() {
        return None;
    }
    terms.insert(0, ("", "Happened", text(&view.happened, measure)));
    terms.push(("=", "counted", text(&view.counted, measure)));
    Some(terms)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn figures(credits: &str, cost: &str) -> CostFiguresView {
        CostFiguresView {
            credits: credits.parse().unwrap(),
            cost: cost.parse().unwrap(),
            events: 1,
        }
    }

    #[test]
    fn shares_are_of_the_whole_and_stay_within_it() {
        assert_eq!(per_mille(125, 1_000), 125);
        assert_eq!(per_mille(-5, 1_000), 0);
        assert_eq!(per_mille(5, 0), 0);
        assert_eq!(per_mille(2_000, 1_000), 1_000);
        assert_eq!(share(125, 125), "12.5\u{202f}%");
        assert_eq!(share(0, 0), "0.0\u{202f}%");
        assert_eq!(share(1, 0), "<\u{202f}0.1\u{202f}%");
    }

    #[test]
    fn changes_say_how_much_more_or_less() {
        assert_eq!(change(100, 112), Some(Change::More(120)));
        assert_eq!(change(100, 75), Some(Change::Less(250)));
        assert_eq!(change(0, 5), Some(Change::New));
        assert_eq!(change(7, 7), Some(Change::Same));
        assert_eq!(change(0, 0), None);
        assert_eq!(change(100, 0), Some(Change::Less(1_000)));
        assert_eq!(Change::More(120).words(), ("12.0\u{202f}%".to_owned(), "▲"));
        assert_eq!(Change::More(14_000).words().0, "15-fold");
    }

    #[test]
    fn a_column_has_the_decimals_of_its_finest_figure() {
        assert_eq!(places(["31.89720105", "2", "0.5"]), 8);
        assert_eq!(places(["3", "12.5"]), 2);
        assert_eq!(places([]), 2);
        assert_eq!(format::fixed("2.1", 8), "2.10000000");
        assert_eq!(format::fixed("1234", 2), "1,234.00");
    }

    #[test]
    fn digits_step_back_and_filling_is_apart() {
        let parts = |text, places| {
            let (head, fine, filling) = split(text, places);
            [head, fine, filling]
        };
        assert_eq!(parts("31.89720105", 8), ["31.89", "720105", ""]);
        assert_eq!(parts("9.125", 8), ["9.12", "5", "00000"]);
        assert_eq!(parts("1234", 6), ["1,234.00", "", "0000"]);
        assert_eq!(parts("0.5", 2), ["0.50", "", ""]);
        assert_eq!(parts("-12.5", 3), ["\u{2212}12.50", "", "0"]);
    }

    #[test]
    fn the_difference_is_a_sum_that_is_right() {
        let same = figures("10", "1");
        let mut view = CostDifferenceView {
            happened: same.clone(),
            counted: same,
            charged_later: figures("0", "0"),
            from_earlier: figures("0", "0"),
            charged_sooner: figures("0", "0"),
            from_later: figures("0", "0"),
        };
        assert_eq!(difference(&view, CostOrder::Cost), None);
        view.charged_later = figures("1240", "12.4");
        view.from_earlier = figures("310", "3.1");
        view.happened = figures("5000", "50");
        view.counted = figures("4070", "40.7");
        let terms = difference(&view, CostOrder::Cost).unwrap();
        let said: Vec<String> = terms
            .iter()
            .map(|(sign, words, amount)| format!("{sign} {words} {amount}"))
            .collect();
        assert_eq!(
            said,
            [
                " Happened 50",
                "− charged later 12.4",
                "+ from earlier 3.1",
                "= counted 40.7"
            ]
        );
    }
}
