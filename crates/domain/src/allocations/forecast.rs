//! Where use is heading: the pace so far in this cycle, drawn on to its end. Integers throughout.

use allowance_values::{Credits, Timestamp};

use super::figures::CycleFigures;
use crate::credit_types::Rollover;
use crate::ledger::CycleSpan;

/// A day in microseconds.
const DAY: i128 = 86_400_000_000;
/// The first fiftieth of a cycle is no pace to go by: one course on the first morning would exhaust a year by noon.
const TOO_EARLY: i128 = 50;

/// Where use is heading.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Forecast {
    /// Used per day so far.
    pub per_day: Credits,
    /// When the balance is spent at that pace, if within the cycle.
    pub exhausted_at: Option<Timestamp>,
    /// What is likely to be unspent at the end and not to roll over.
    pub likely_to_lapse: Credits,
}

/// Draws the pace so far on to the cycle's end. Nothing while nothing was used, or too little time has passed.
#[must_use]
pub fn forecast(
    figures: &CycleFigures,
    cycle: CycleSpan,
    rollover: Rollover,
    now: Timestamp,
) -> Option<Forecast> {
    let micros = |instant: Timestamp| i128::from(instant.micros());
    let now = micros(now).min(micros(cycle.ends_at));
    let elapsed = now.checked_sub(micros(cycle.starts_at))?;
    let to_come = micros(cycle.ends_at).checked_sub(now)?;
    let used = i128::from(figures.used.micros());
    let is_too_early = elapsed.checked_mul(TOO_EARLY)? < elapsed.checked_add(to_come)?;
    if elapsed <= 0 || used <= 0 || is_too_early {
        return None;
    }
    let credits = |amount: i128| i64::try_from(amount).ok().map(Credits::from_micros);
    let balance = i128::from(figures.balance().ok()?.micros()).max(0);
    let until_spent = balance.checked_mul(elapsed)?.checked_div(used)?;
    let exhausted_at = (until_spent < to_come)
        .then(|| i64::try_from(now.checked_add(until_spent)?).ok())
        .flatten();
    let will_use = used.checked_mul(to_come)?.checked_div(elapsed)?;
    let unspent = balance.checked_sub(will_use)?.max(0);
    let crosses = unspent
        .checked_mul(i128::from(rollover.percent.min(100)))?
        .checked_div(100)?;
    Some(Forecast {
        per_day: credits(used.checked_mul(DAY)?.checked_div(elapsed)?)?,
        exhausted_at: exhausted_at.map(Timestamp::from_micros),
        likely_to_lapse: credits(unspent.checked_sub(crosses)?)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn whole(n: i64) -> Credits {
        Credits::from_micros(n * 1_000_000)
    }

    fn day(n: i64) -> Timestamp {
        Timestamp::from_micros(0).plus_seconds(n * 86_400)
    }

    fn after(days: i64, used: i64, rollover: Rollover) -> Option<Forecast> {
        let figures = CycleFigures {
            limit: whole(300),
            used: whole(used),
            ..CycleFigures::default()
        };
        let cycle = CycleSpan {
            starts_at: day(0),
            ends_at: day(30),
        };
        forecast(&figures, cycle, rollover, day(days))
    }

    #[test]
    fn the_pace_so_far_is_drawn_on() {
        assert_eq!(after(0, 10, Rollover::NONE), None, "no time has passed");
        assert_eq!(after(10, 0, Rollover::NONE), None, "nothing was used");
        let morning = |hours: i64| {
            let figures = CycleFigures {
                limit: whole(300),
                used: whole(250),
                ..CycleFigures::default()
            };
            let cycle = CycleSpan {
                starts_at: day(0),
                ends_at: day(30),
            };
            forecast(
                &figures,
                cycle,
                Rollover::NONE,
                day(0).plus_seconds(hours * 3_600),
            )
        };
        assert!(
            morning(14).is_none() && morning(15).is_some(),
            "a fiftieth of 30 days"
        );
        let slow = after(10, 50, Rollover::NONE).unwrap();
        assert_eq!(slow.per_day, whole(5));
        assert_eq!((slow.exhausted_at, slow.likely_to_lapse), (None, whole(150)));
        let half = Rollover {
            percent: 50,
            ..Rollover::NONE
        };
        assert_eq!(after(10, 50, half).unwrap().likely_to_lapse, whole(75));
        let fast = after(10, 200, Rollover::NONE).unwrap();
        assert_eq!(
            (fast.exhausted_at, fast.likely_to_lapse),
            (Some(day(15)), Credits::ZERO)
        );
        let over = after(10, 400, Rollover::NONE).unwrap();
        assert_eq!(over.exhausted_at, Some(day(10)), "spent already");
        assert_eq!(
            after(40, 150, Rollover::NONE).unwrap().likely_to_lapse,
            whole(150)
        );
    }

    #[test]
    fn the_largest_amounts_fit_or_say_nothing() {
        let figures = CycleFigures {
            limit: Credits::from_micros(i64::MAX),
            used: Credits::from_micros(i64::MAX / 2),
            ..CycleFigures::default()
        };
        let cycle = CycleSpan {
            starts_at: day(0),
            ends_at: day(365),
        };
        assert!(forecast(&figures, cycle, Rollover::NONE, day(30)).is_some());
        let moment = Timestamp::from_micros(1);
        assert_eq!(
            forecast(&figures, cycle, Rollover::NONE, moment),
            None,
            "a pace beyond all amounts"
        );
    }
}
