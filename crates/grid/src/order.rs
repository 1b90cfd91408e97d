//! Sorting, compiled once: the web app has to stay small, and every sort of another type weighs as much as a page.

use std::cmp::Ordering;

/// The places of so many things in their order; equal ones stay as they stand.
#[must_use]
pub fn sorted(count: usize, compare: &dyn Fn(usize, usize) -> Ordering) -> Vec<usize> {
    let mut places: Vec<usize> = (0..count).collect();
    places.sort_unstable_by(|one, other| compare(*one, *other).then(one.cmp(other)));
    places
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn it_is_the_stable_order(values in prop::collection::vec(0_u8..9, 0..60)) {
            let mut expected: Vec<(u8, usize)> = values.iter().copied().zip(0..).collect();
            expected.sort_by_key(|(value, _)| *value);
            let places = sorted(values.len(), &|one, other| values[one].cmp(&values[other]));
            prop_assert_eq!(places, expected.into_iter().map(|(_, place)| place).collect::<Vec<_>>());
        }
    }
}
