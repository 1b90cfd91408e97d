//! Thresholds of use: which of them an amount used has crossed. No subjects, no cycles, no persistence.

use std::fmt;
use std::str::FromStr;

use allowance_values::Credits;

/// So many thresholds at most.
const MOST: usize = 10;
/// The highest threshold, in percent.
const HIGHEST: u16 = 1_000;

/// Percentages of what somebody has, in rising order, each once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Thresholds(Vec<u16>);

/// The numbers are no thresholds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("name at most ten percentages between 1 and 1000, each once")]
pub struct NoThresholds;

impl Default for Thresholds {
    fn default() -> Self {
        Self(vec![50, 80, 100])
    }
}

impl Thresholds {
    /// From percentages in any order; none at all is allowed, and raises no alerts.
    ///
    /// # Errors
    /// [`NoThresholds`] when there are too many, one is out of range or repeated.
    pub fn new(mut percents: Vec<u16>) -> Result<Self, NoThresholds> {
        let count = percents.len();
        percents.sort_unstable();
        percents.dedup();
        let is_known = |percent: &u16| (1..=HIGHEST).contains(percent);
        if count > MOST || percents.len() < count || !percents.iter().all(is_known) {
            return Err(NoThresholds);
        }
        Ok(Self(percents))
    }

    /// The percentages, in rising order.
    #[must_use]
    pub fn percents(&self) -> &[u16] {
        &self.0
    }

    /// Those that `used` of `whole` has reached. Of nothing, nothing can be used up.
    pub fn crossed(&self, used: Credits, whole: i128) -> impl Iterator<Item = u16> {
        let used = i128::from(used.micros()).saturating_mul(100);
        let has_reached =
            move |percent: &u16| whole > 0 && used >= whole.saturating_mul(i128::from(*percent));
        self.0.iter().copied().filter(has_reached)
    }
}

impl fmt::Display for Thresholds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let percents: Vec<String> = self.0.iter().map(u16::to_string).collect();
        f.write_str(&percents.join(","))
    }
}

impl FromStr for Thresholds {
    type Err = NoThresholds;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.is_empty() {
            return Self::new(Vec::new());
        }
        let percents: Result<Vec<u16>, _> = text.split(',').map(str::parse).collect();
        Self::new(percents.map_err(|_| NoThresholds)?)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn crossed(used: i64, whole: i128) -> Vec<u16> {
        Thresholds::default()
            .crossed(Credits::from_micros(used), whole)
            .collect()
    }

    #[test]
    fn a_threshold_is_crossed_when_it_is_reached_to_the_last_unit() {
        assert!(crossed(49, 100).is_empty());
        assert_eq!(crossed(50, 100), [50]);
        assert_eq!(crossed(799_999_999, 1_000_000_000), [50]);
        assert_eq!(crossed(800_000_000, 1_000_000_000), [50, 80]);
        assert_eq!(crossed(100, 100), [50, 80, 100]);
        assert_eq!(crossed(2, 3), [50]);
    }

    #[test]
    fn of_nothing_nothing_is_used_up_and_the_largest_numbers_do_not_wrap() {
        assert!(crossed(5, 0).is_empty());
        assert!(crossed(5, -5).is_empty());
        assert_eq!(crossed(i64::MAX, i128::from(i64::MAX)), [50, 80, 100]);
        assert!(crossed(i64::MAX, i128::from(i64::MAX) * 3).is_empty());
        assert!(crossed(i64::MIN, 1).is_empty());
    }

    #[test]
    fn thresholds_are_percentages_each_once() {
        assert_eq!(Thresholds::new(vec![80, 50]).unwrap().percents(), [50, 80]);
        assert_eq!(Thresholds::new(vec![]).unwrap().to_string(), "");
        for wrong in [vec![0], vec![1_001], vec![50, 50], (1..=11).collect()] {
            assert_eq!(Thresholds::new(wrong), Err(NoThresholds));
        }
        for wrong in ["x", "50,", "50;80", "-1"] {
            assert!(wrong.parse::<Thresholds>().is_err(), "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn text_and_back_are_the_same_thresholds(percents in proptest::collection::btree_set(1_u16..=1_000, 0..=10)) {
            let thresholds = Thresholds::new(percents.into_iter().collect()).unwrap();
            prop_assert_eq!(thresholds.to_string().parse(), Ok(thresholds));
        }

        #[test]
        fn whoever_uses_more_crosses_no_fewer(used in 0_i64..1_000, more in 0_i64..1_000, whole in 1_i128..1_000) {
            prop_assert!(crossed(used, whole).len() <= crossed(used + more, whole).len());
        }
    }
}
