//! The reporting line: a forest, never a circle.

use allowance_values::PersonId;

/// Whether the line would run in a circle if `person` reported to the first of `line_above`, who reports to the second,
/// and so on to the top.
#[must_use]
pub fn would_cycle(person: PersonId, line_above: &[PersonId]) -> bool {
    line_above.contains(&person)
}

#[cfg(test)]
mod tests {
    use allowance_values::PersonId;

    use super::*;

    #[test]
    fn nobody_reports_to_themselves_at_any_distance() {
        let [a, b, c] = [1, 2, 3].map(|n| format!("per_{n:032x}").parse::<PersonId>().unwrap());
        assert!(would_cycle(a, &[a]));
        assert!(would_cycle(a, &[b, c, a]));
        assert!(!would_cycle(a, &[b, c]));
        assert!(!would_cycle(a, &[]));
    }
}
