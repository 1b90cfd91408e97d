//! Credits per new user: what is due to a joiner, and what Unallocated covers of it.

use allowance_values::{Credits, Decimals, GrantId, PersonId, Timestamp};

use super::decide::NewGrant;
use super::figures::OutOfRange;
use super::refusal::Refusal;
use super::rows::Payer;
use crate::credit_types::SignUp;
use crate::ledger::{Account, CycleSpan, EntryKind, LotSource, Posting};

/// What a joiner gets who joins at `at`: all of it, or the share of the cycle still to come, rounded down to what people
/// can type.
#[must_use]
pub fn due_at_sign_up(sign_up: SignUp, cycle: CycleSpan, at: Timestamp, decimals: Decimals) -> Credits {
    let SignUp { amount, is_pro_rata } = sign_up;
    if !is_pro_rata {
        return amount;
    }
    let whole = i128::from(cycle.ends_at.micros()).checked_sub(i128::from(cycle.starts_at.micros()));
    let to_come = i128::from(cycle.ends_at.micros()).checked_sub(i128::from(at.micros()));
    let share = || -> Option<i64> {
        let (whole, to_come) = (whole?.max(1), to_come?);
        let to_come = to_come.clamp(0, whole);
        let product = i128::from(amount.micros()).checked_mul(to_come)?;
        i64::try_from(product.checked_div(whole)?).ok()
    };
    rounded_down(Credits::from_micros(share().unwrap_or(0)), decimals)
}

/// The largest amount people can type that is not above this one.
fn rounded_down(amount: Credits, decimals: Decimals) -> Credits {
    let rest = amount.micros().checked_rem_euclid(decimals.step_micros());
    let whole = rest.and_then(|rest| amount.micros().checked_sub(rest));
    Credits::from_micros(whole.unwrap_or(0))
}

impl Posting<'_> {
    /// The group's Extra rises by what it gives on: nobody else's credits are touched.
    pub(super) fn sign_up(
        &mut self,
        person: PersonId,
        grant: GrantId,
        due: Credits,
        at: Timestamp,
    ) -> Result<(), Refusal> {
        let free = self.book.cycle.figures.unallocated()?.positive_part();
        let amount = rounded_down(due.min(free), self.book.terms.decimals);
        if amount.is_zero() {
            return Ok(());
        }
        if amount.is_negative() {
            return Err(Refusal::from(OutOfRange));
        }
        let group = self.book.member(person)?.group;
        self.touch(person)?;
        self.post(
            EntryKind::GroupExtra,
            Account::Unallocated,
            Account::Group(group),
            amount,
            None,
        )?;
        let grant = NewGrant {
            id: grant,
            amount,
            source: LotSource::SignUp,
            priority: 100,
            expiry: None,
            reason: None,
        };
        self.add_lot(Payer::Group, person, &grant, None, at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_joiner_gets_the_share_of_the_cycle_still_to_come_rounded_down() {
        let second = |n| Timestamp::from_micros(0).plus_seconds(n);
        let cycle = CycleSpan {
            starts_at: second(0),
            ends_at: second(30 * 86_400),
        };
        let amount = Credits::from_micros(100_000_000);
        let two = Decimals::new(2).unwrap();
        let due =
            |is_pro_rata, at| due_at_sign_up(SignUp { amount, is_pro_rata }, cycle, at, two).to_string();
        assert_eq!(due(false, second(29 * 86_400)), "100");
        assert_eq!(due(true, second(0)), "100");
        assert_eq!(due(true, second(10 * 86_400)), "66.66");
        assert_eq!(due(true, second(30 * 86_400 - 1)), "0");
        assert_eq!(due(true, second(30 * 86_400)), "0");
        assert_eq!(due(true, second(-1)), "100");
        let largest = SignUp {
            amount: Credits::MAX_INPUT,
            is_pro_rata: true,
        };
        let half = due_at_sign_up(largest, cycle, second(15 * 86_400), two);
        assert_eq!(half.to_string(), "500000000000");
    }
}
