//! Usage: what was in force when it happened, and which credit type it counts against.

mod names;
mod pricing;
mod rules;

pub use names::{MeteredAmount, PersonName, PersonNameKind};
pub use pricing::{CostAtRate, ExchangeRates, Exchanged, PriceError, price};
pub use rules::{MAX_RULES, ModelPattern, UnknownPeople, UsageRule, UsageSettings};

use allowance_values::Timestamp;

/// What held at an instant, of values with the instants they hold from, the first one first. Before the first of them
/// nothing did: what happened before an organisation set itself up counts as it is set up now.
#[must_use]
pub fn in_force<T: Copy>(history: &[(Timestamp, T)], at: Timestamp) -> Option<T> {
    let held = history.iter().rev().find(|(since, _)| *since <= at);
    held.map(|(_, value)| *value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_holds_from_its_instant_until_the_next() {
        let at = |second| Timestamp::from_micros(0).plus_seconds(second);
        let history = [(at(10), 'a'), (at(20), 'b'), (at(20), 'c')];
        for (second, held) in [(10, 'a'), (19, 'a'), (20, 'c'), (99, 'c')] {
            assert_eq!(in_force(&history, at(second)), Some(held), "{second}");
        }
        assert_eq!(in_force(&history, at(9)), None);
        assert_eq!(in_force::<char>(&[], at(1)), None);
    }
}
