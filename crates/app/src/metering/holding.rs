//! Deciding on holds: placed once, ended once, released by platforms and by those above the person.

use allowance_domain::allocations::{Command as Decision, Insistence, Refusal};
use allowance_domain::authz::{Action, Permit};
use allowance_domain::metering::{MeteredAmount, price};
use allowance_store::{HoldRow, HoldState, Pen};
use allowance_values::{Credits, HoldId};

use super::commands::{CaptureAmount, CaptureHold, PlaceHold};
use super::decide::{Desk, decided};
use super::queue::Posting;
use super::{Answer, HoldLine, Meter, Metered};
use crate::error::Error;

impl Desk {
    pub(super) fn hold(&mut self, pen: &Pen, posting: &Posting, hold: &PlaceHold) -> Answer {
        let name = (hold.source.clone(), hold.reference.clone());
        if let Some(row) = self.references.get(&name).and_then(|id| self.holds.get(id)) {
            return if row.digest == posting.digest {
                self.held(&as_placed(row), true)
            } else {
                Err(Error::EventReused)
            };
        }
        let at = self.at;
        let credit_type = self.credit_type(hold.credit_type.or(self.settings.settings.default))?;
        let person = self
            .person(&hold.source, &hold.person)
            .ok_or(Error::UnknownPerson)?;
        let open = self.book(credit_type)?;
        let group = open.book.member(person).map_err(|_| Error::UnknownPerson)?.group;
        let rate = open.book.terms.rate;
        if matches!(hold.amount, MeteredAmount::Cost(_)) && rate.is_off() {
            return Err(Error::RateMissing);
        }
        let (amount, cost) = self.price(hold.amount, rate, at)?;
        let open = self.book(credit_type)?;
        let id = HoldId::new(pen.new_id());
        let insistence = if hold.is_strict {
            Insistence::Reject
        } else {
            Insistence::AsEnforced
        };
        let decision = Decision::Hold {
            person,
            hold: id,
            amount,
            insistence,
        };
        let over_by = decided(open, &decision, at, posting)?.over_by;
        let row = HoldRow {
            id,
            source: hold.source.clone(),
            reference: hold.reference.clone(),
            digest: posting.digest.clone(),
            credit_type,
            person,
            group,
            amount,
            captured: Credits::ZERO,
            tolerance: hold.tolerance,
            over_by,
            cost,
            note: hold.note.clone(),
            state: HoldState::Open,
            placed_at: at,
            expires_at: Some(at.plus_seconds(i64::from(hold.expires_in_seconds))),
            ended_at: None,
            api_key: posting.key(),
        };
        self.new_holds.push(id);
        self.keep_hold(row.clone());
        self.held(&row, false)
    }

    pub(super) fn capture(&mut self, posting: &Posting, capture: &CaptureHold) -> Answer {
        let row = self.holds.get(&capture.hold).ok_or(Error::NotFound)?.clone();
        let at = self.at;
        let (amount, cost) = match capture.amount {
            CaptureAmount::Whole => (row.amount, row.cost),
            CaptureAmount::Part(part) => {
                // A hold made from a cost is consumed at the rates it was made by.
                let rate = match row.cost {
                    Some(cost) => cost.rate,
                    None => self.book(row.credit_type)?.book.terms.rate,
                };
                let exchange = |currency| match row.cost.filter(|made| made.cost.currency == currency) {
                    Some(made) => made.exchanged.map(|exchanged| exchanged.rate),
                    None => self.exchange.at(currency, row.ended_at.unwrap_or(at)),
                };
                if matches!(part, MeteredAmount::Cost(_)) && rate.is_off() {
                    return Err(Error::RateMissing);
                }
                price(part, rate, self.currency, exchange)?
            }
        };
        match row.state {
            HoldState::Open => {}
            HoldState::Captured if row.captured == amount => return self.held(&row, true),
            HoldState::Captured | HoldState::Released | HoldState::Expired => return Err(Error::HoldEnded),
        }
        let out_of_range = || Error::Refused(Refusal::AmountOutOfRange);
        if !amount.is_positive() {
            return Err(out_of_range());
        }
        // Its time is over, whether or not somebody has come by to give it back.
        if row.expires_at.is_some_and(|end| end <= at) {
            return Err(Error::HoldEnded);
        }
        let beyond = amount
            .checked_sub(row.amount)
            .ok_or_else(out_of_range)?
            .positive_part();
        if beyond > row.tolerance {
            let over_by = beyond.checked_sub(row.tolerance).ok_or_else(out_of_range)?;
            return Err(Error::CaptureExceedsHold { over_by });
        }
        let HoldRow { id, person, .. } = row;
        let open = self.book(row.credit_type)?;
        let decision = Decision::Capture {
            person,
            hold: id,
            amount: amount.min(row.amount),
        };
        decided(open, &decision, at, posting)?;
        if beyond.is_positive() {
            // The tolerance was agreed when the hold was placed; what lies beyond the hold has been spent already.
            let decision = Decision::Use {
                person,
                event: id.uuid(),
                amount: beyond,
                insistence: Insistence::Record,
                former: None,
            };
            if let Err(error) = decided(open, &decision, at, posting) {
                // Half of a capture is none: the batch is undone and this command stands alone.
                return Err(Error::Internal(format!("a capture beyond its hold: {error}")));
            }
        }
        self.captures.extend(cost.map(|cost| (id, cost)));
        self.end(row, HoldState::Captured, amount)
    }

    pub(super) fn release(&mut self, posting: &Posting, hold: HoldId) -> Answer {
        let row = self.holds.get(&hold).ok_or(Error::NotFound)?.clone();
        if let Meter::Person(actor) = &*posting.meter {
            let holder = self.holders.get(&row.person).ok_or(Error::NotFound)?;
            let is_only_admin = self.is_only_admin.get(&actor.person).copied().unwrap_or(false);
            Permit::for_person(actor, Action::ReleaseHold, &holder.facts, is_only_admin)?;
        }
        match row.state {
            HoldState::Open => {}
            HoldState::Released | HoldState::Expired => return self.held(&row, true),
            HoldState::Captured => return Err(Error::HoldEnded),
        }
        let at = self.at;
        let decision = Decision::Release {
            person: row.person,
            hold,
        };
        decided(self.book(row.credit_type)?, &decision, at, posting)?;
        if let Meter::Person(actor) = &*posting.meter {
            self.released_by_people.push((actor.person, row.clone()));
        }
        self.end(row, HoldState::Released, Credits::ZERO)
    }

    fn end(&mut self, row: HoldRow, state: HoldState, captured: Credits) -> Answer {
        let row = HoldRow {
            state,
            captured,
            ended_at: Some(self.at),
            ..row
        };
        self.holds.insert(row.id, row.clone());
        self.held(&row, false)
    }

    fn held(&self, row: &HoldRow, is_replay: bool) -> Answer {
        let holder = self.holders.get(&row.person).cloned();
        let holder = holder.ok_or_else(|| Error::Internal(format!("{} belongs to nobody", row.id)))?;
        let line = HoldLine {
            row: row.clone(),
            holder,
        };
        Ok(Metered::Hold {
            line: Box::new(line),
            is_replay,
        })
    }
}

/// A hold as it was when it was placed: what a repetition is answered, whatever became of it.
fn as_placed(row: &HoldRow) -> HoldRow {
    HoldRow {
        captured: Credits::ZERO,
        state: HoldState::Open,
        ended_at: None,
        ..row.clone()
    }
}
