//! Splitting an amount equally, to the last unit, by largest remainder.

use allowance_values::{Credits, Decimals};

use super::refusal::Refusal;

/// Shares of an amount that differ by one step of the credit type at most and add up to it exactly. All remainders are
/// equal, so the larger shares go to those who come first.
///
/// # Errors
/// [`Refusal::NegativeAmount`], [`Refusal::TooManyDecimals`]; [`Refusal::NotFound`] when there is nobody to share.
pub fn split(amount: Credits, decimals: Decimals, shares: usize) -> Result<Vec<Credits>, Refusal> {
    if amount.is_negative() {
        return Err(Refusal::NegativeAmount);
    }
    if !amount.fits(decimals) {
        return Err(Refusal::TooManyDecimals);
    }
    let count = i64::try_from(shares).map_err(|_| Refusal::AmountOutOfRange)?;
    let step = decimals.step_micros();
    let steps = amount
        .micros()
        .checked_div(step)
        .ok_or(Refusal::AmountOutOfRange)?;
    let (least, larger) = (steps.checked_div(count), steps.checked_rem(count));
    let (least, larger) = least.zip(larger).ok_or(Refusal::NotFound)?;
    let share = |index: i64| {
        let steps = least.checked_add(i64::from(index < larger))?;
        Some(Credits::from_micros(steps.checked_mul(step)?))
    };
    (0..count)
        .map(|index| share(index).ok_or(Refusal::AmountOutOfRange))
        .collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_last_units_go_to_the_first() {
        let amount = "10".parse().unwrap();
        let shares = split(amount, Decimals::new(2).unwrap(), 3).unwrap();
        let shares: Vec<String> = shares.iter().map(ToString::to_string).collect();
        assert_eq!(shares, ["3.34", "3.33", "3.33"]);
        assert_eq!(split(amount, Decimals::MAX, 0), Err(Refusal::NotFound));
        let fine = "0.5".parse().unwrap();
        assert_eq!(
            split(fine, Decimals::new(0).unwrap(), 2),
            Err(Refusal::TooManyDecimals)
        );
    }

    proptest! {
        #[test]
        fn shares_add_up_to_the_last_unit_and_differ_by_one_step(
            decimals in 0_u8..=6,
            steps in 0_i64..=1_000_000_000_000,
            shares in 1_usize..2_000,
        ) {
            let decimals = Decimals::new(decimals).unwrap();
            let amount = Credits::from_micros(steps * decimals.step_micros());
            let split = split(amount, decimals, shares).unwrap();
            prop_assert_eq!(split.len(), shares);
            let sum: i128 = split.iter().map(|share| i128::from(share.micros())).sum();
            prop_assert_eq!(sum, i128::from(amount.micros()));
            prop_assert!(split.iter().all(|share| share.fits(decimals)));
            let (most, least) = (split.first().unwrap(), split.last().unwrap());
            prop_assert!(most.micros() - least.micros() <= decimals.step_micros());
            prop_assert!(split.is_sorted_by(|a, b| a >= b));
        }
    }
}
