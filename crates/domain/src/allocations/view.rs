//! Which members a view of a group shows, and in which order. What a word of a view means is said here once, in terms of
//! the figures that the rows show.

use allowance_values::Credits;

use super::figures::MemberFigures;
use crate::credit_types::Distribution;
use crate::ledger::MemberStanding;

/// Only some members.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MemberFilter {
    /// Those who used and hold more than they have.
    Over,
    /// Those who used nothing in this cycle.
    Unused,
    /// Those without a Monthly; in a shared pool those without a cap.
    WithoutMonthly,
    /// Those with an Extra in this cycle.
    WithExtra,
}

/// A figure that a view is ordered by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MemberFigure {
    /// Monthly, in a shared pool the cap; no cap counts as the largest.
    Monthly,
    /// Extra.
    Extra,
    /// Used.
    Used,
    /// Remaining.
    Remaining,
}

/// A member's row, as far as a view looks at it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ViewedMember {
    /// How the credit type is distributed.
    pub distribution: Distribution,
    /// Standing orders.
    pub standing: MemberStanding,
    /// Figures of the cycle.
    pub figures: MemberFigures,
    /// What is left, also of a shared pool.
    pub remaining: Credits,
}

impl MemberFilter {
    /// Whether the view shows the member.
    #[must_use]
    pub fn shows(self, member: &ViewedMember) -> bool {
        let ViewedMember {
            distribution,
            standing,
            figures,
            remaining,
        } = member;
        match (self, distribution) {
            // An overdrawn pool leaves nobody anything; over are those who drew on it.
            (Self::Over, _) => remaining.is_negative() && !(figures.used.is_zero() && figures.held.is_zero()),
            (Self::Unused, _) => figures.used.is_zero(),
            (Self::WithoutMonthly, Distribution::Individual) => figures.monthly.is_zero(),
            (Self::WithoutMonthly, Distribution::SharedPool) => standing.cap.is_none(),
            (Self::WithExtra, _) => figures.extra.is_positive(),
        }
    }
}

impl MemberFigure {
    /// The value the view is ordered by.
    #[must_use]
    pub fn of(self, member: &ViewedMember) -> Credits {
        match (self, member.distribution) {
            (Self::Monthly, Distribution::Individual) => member.figures.monthly,
            (Self::Monthly, Distribution::SharedPool) => {
                member.standing.cap.unwrap_or(Credits::from_micros(i64::MAX))
            }
            (Self::Extra, _) => member.figures.extra,
            (Self::Used, _) => member.figures.used,
            (Self::Remaining, _) => member.remaining,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn whole(n: i64) -> Credits {
        Credits::from_micros(n * 1_000_000)
    }

    fn member(distribution: Distribution, monthly: i64, used: i64, cap: Option<i64>) -> ViewedMember {
        let figures = MemberFigures {
            monthly: whole(monthly),
            used: whole(used),
            ..MemberFigures::ZERO
        };
        ViewedMember {
            distribution,
            standing: MemberStanding {
                monthly: whole(monthly),
                cap: cap.map(whole),
            },
            figures,
            remaining: figures.remaining().unwrap(),
        }
    }

    #[test]
    fn over_is_who_used_more_than_there_was_for_them() {
        let over = |member: &ViewedMember| MemberFilter::Over.shows(member);
        assert!(over(&member(Distribution::Individual, 5, 6, None)));
        assert!(!over(&member(Distribution::Individual, 5, 5, None)));
        let idle = ViewedMember {
            remaining: whole(-3),
            ..member(Distribution::SharedPool, 0, 0, None)
        };
        assert!(!over(&idle), "somebody else overdrew the pool");
        assert!(over(&member(Distribution::SharedPool, 0, 3, None)));
    }

    #[test]
    fn in_a_pool_the_cap_stands_for_monthly() {
        let (capped, free) = (
            member(Distribution::SharedPool, 0, 0, Some(7)),
            member(Distribution::SharedPool, 0, 0, None),
        );
        assert!(!MemberFilter::WithoutMonthly.shows(&capped));
        assert!(MemberFilter::WithoutMonthly.shows(&free));
        assert_eq!(MemberFigure::Monthly.of(&capped), whole(7));
        assert!(MemberFigure::Monthly.of(&free) > whole(1_000_000));
        assert!(MemberFilter::WithoutMonthly.shows(&member(Distribution::Individual, 0, 0, Some(7))));
    }
}
