//! What stands below a selection: how many figures, their sum and average.

use allowance_values::Credits;

/// Count, sum and average of the figures that are selected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Summary {
    count: u64,
    sum: i128,
}

impl Summary {
    /// Takes another figure in.
    pub fn add(&mut self, amount: Credits) {
        self.count = self.count.saturating_add(1);
        self.sum = self.sum.saturating_add(i128::from(amount.micros()));
    }

    /// How many figures.
    #[must_use]
    pub const fn count(&self) -> u64 {
        self.count
    }

    /// Their sum, where it can be written.
    #[must_use]
    pub fn sum(&self) -> Option<Credits> {
        i64::try_from(self.sum).ok().map(Credits::from_micros)
    }

    /// Their average to the micro-credit, half to even.
    #[must_use]
    pub fn average(&self) -> Option<Credits> {
        let count = i128::from(self.count);
        let (down, rest) = (
            self.sum.checked_div_euclid(count)?,
            self.sum.checked_rem_euclid(count)?,
        );
        let half = rest.checked_mul(2)?.cmp(&count);
        let is_up = half.is_gt() || (half.is_eq() && down.checked_rem(2)? != 0);
        let average = down.checked_add(i128::from(is_up))?;
        i64::try_from(average).ok().map(Credits::from_micros)
    }
}

impl Extend<Credits> for Summary {
    fn extend<I: IntoIterator<Item = Credits>>(&mut self, amounts: I) {
        amounts.into_iter().for_each(|amount| self.add(amount));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_summed_and_averaged_exactly() {
        let of = |micros: &[i64]| {
            let mut summary = Summary::default();
            summary.extend(micros.iter().copied().map(Credits::from_micros));
            (
                summary.count(),
                summary.sum().map(Credits::micros),
                summary.average().map(Credits::micros),
            )
        };
        assert_eq!(of(&[]), (0, Some(0), None));
        assert_eq!(of(&[3]), (1, Some(3), Some(3)));
        assert_eq!(of(&[1, 2]), (2, Some(3), Some(2)));
        assert_eq!(of(&[2, 3]), (2, Some(5), Some(2)));
        assert_eq!(of(&[-1, -2]), (2, Some(-3), Some(-2)));
        assert_eq!(of(&[-5, 2, 1]), (3, Some(-2), Some(-1)));
        assert_eq!(of(&[i64::MAX, i64::MAX]), (2, None, Some(i64::MAX)));
    }
}
