//! The desk: what a batch has looked up, and the decision on each command. Decides in memory, writes at the end.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use allowance_domain::allocations::{Command as Decision, Insistence, Outcome, Refusal};
use allowance_domain::authz::{Action, Permit};
use allowance_domain::people::email_key;
use allowance_store::{
    AuditRecord, CostAtRate, HoldRow, HoldState, Holder, OpenBook, PersonNames, Tx, UsageRow,
};
use allowance_values::{CreditTypeId, Credits, Currency, HoldId, PersonId, Rate, Timestamp, UsageEventId};

use super::commands::{
    CaptureAmount, CaptureHold, Command, MeteredAmount, OnInsufficient, PersonKey, PlaceHold, UsageEvent,
};
use super::in_force::InForce;
use super::queue::Posting;
use super::{Answer, Meter, Metered};
use crate::error::{Error, Result};

/// Clocks may differ by so many seconds; what lies further ahead is refused.
const SKEW_SECONDS: i64 = 300;

/// What a batch has looked up and decided.
pub(super) struct Desk {
    pub(super) at: Timestamp,
    /// When a rate or somebody's group last changed.
    pub(super) terms_at: Timestamp,
    pub(super) currency: Currency,
    /// The organisation's credit types, the first one first, and whether they are archived.
    pub(super) credit_types: Vec<(CreditTypeId, bool)>,
    pub(super) names: PersonNames,
    /// Events counted before, or in this batch.
    pub(super) events: HashMap<(String, String), UsageRow>,
    /// Holds named by id, as they stand by now.
    pub(super) holds: HashMap<HoldId, HoldRow>,
    pub(super) references: HashMap<(String, String), HoldId>,
    /// What was in force when events happened that are older than that.
    pub(super) earlier: InForce,
    pub(super) books: BTreeMap<CreditTypeId, OpenBook>,
    /// Whose holds people release.
    pub(super) holders: BTreeMap<PersonId, Holder>,
    pub(super) is_only_admin: BTreeMap<PersonId, bool>,
    pub(super) new_events: Vec<UsageRow>,
    pub(super) new_holds: Vec<HoldId>,
    pub(super) released_by_people: Vec<(PersonId, HoldRow)>,
}

impl Command {
    /// The operation it belongs to.
    pub(super) const fn action(&self) -> Action {
        match self {
            Self::Use(_) => Action::RecordUsage,
            Self::Hold(_) => Action::PlaceHold,
            Self::Capture(_) => Action::CaptureHold,
            Self::Release(_) => Action::ReleaseHold,
        }
    }
}

impl Desk {
    pub(super) fn keep_hold(&mut self, row: HoldRow) {
        self.references
            .insert((row.source.clone(), row.reference.clone()), row.id);
        self.holds.insert(row.id, row);
    }

    /// The book and the person a command needs, where both are known.
    pub(super) fn touched_by(&self, command: &Command) -> Option<(CreditTypeId, PersonId)> {
        let (credit_type, person) = match command {
            Command::Use(event) => (event.credit_type, &event.person),
            Command::Hold(hold) => (hold.credit_type, &hold.person),
            Command::Capture(CaptureHold { hold, .. }) | Command::Release(super::ReleaseHold { hold }) => {
                let row = self.holds.get(hold)?;
                return Some((row.credit_type, row.person));
            }
        };
        Some((self.credit_type(credit_type).ok()?, self.person(person).ok()?))
    }

    /// When an event happened, if a rate or somebody's group has changed since.
    pub(super) fn happened_earlier(&self, command: &Command) -> Option<Timestamp> {
        match command {
            Command::Use(event) => event.happened_at.filter(|at| *at < self.terms_at),
            Command::Hold(_) | Command::Capture(_) | Command::Release(_) => None,
        }
    }

    /// The people of such events.
    pub(super) fn earlier_people(&self, postings: &[&Posting]) -> Vec<PersonId> {
        let commands = postings.iter().map(|posting| &posting.command);
        let earlier = commands.filter(|command| self.happened_earlier(command).is_some());
        let people: BTreeSet<PersonId> = earlier
            .filter_map(|command| Some(self.touched_by(command)?.1))
            .collect();
        people.into_iter().collect()
    }

    fn credit_type(&self, named: Option<CreditTypeId>) -> Result<CreditTypeId> {
        let mut all = self.credit_types.iter();
        let found = match named {
            Some(id) => all.find(|(known, _)| *known == id),
            None => all.find(|(_, is_archived)| !is_archived),
        };
        match found {
            Some((_, true)) => Err(Error::CreditTypeArchived),
            Some((id, false)) => Ok(*id),
            None => Err(Error::NotFound),
        }
    }

    fn person(&self, key: &PersonKey) -> Result<PersonId> {
        let found = match key {
            PersonKey::Id(id) => Some(*id),
            PersonKey::Email(email) => self.names.by_email.get(&email_key(email)).copied(),
            PersonKey::Number(number) => self.names.by_number.get(number).copied().flatten(),
        };
        found.ok_or(Error::UnknownPerson)
    }

    fn book(&mut self, credit_type: CreditTypeId) -> Result<&mut OpenBook> {
        self.books
            .get_mut(&credit_type)
            .ok_or_else(|| Error::Internal(format!("the book of {credit_type} was not opened")))
    }

    /// Decides one command.
    pub(super) fn decide(&mut self, tx: &Tx, posting: &Posting) -> Answer {
        match &posting.command {
            Command::Use(event) => self.count(tx, posting, event),
            Command::Hold(hold) => self.hold(tx, posting, hold),
            Command::Capture(capture) => self.capture(posting, capture),
            Command::Release(release) => self.release(posting, release.hold),
        }
    }

    fn count(&mut self, tx: &Tx, posting: &Posting, event: &UsageEvent) -> Answer {
        let name = (event.source.clone(), event.id.clone());
        if let Some(row) = self.events.get(&name) {
            return if row.digest == posting.digest {
                Ok(Metered::Usage {
                    row: Box::new(row.clone()),
                    is_replay: true,
                })
            } else {
                Err(Error::EventReused)
            };
        }
        let at = self.at;
        let happened_at = event.happened_at.unwrap_or(at);
        if happened_at > at.plus_seconds(SKEW_SECONDS) {
            return Err(Error::InTheFuture);
        }
        let credit_type = self.credit_type(event.credit_type)?;
        let person = self.person(&event.person)?;
        let currency = self.currency;
        let is_earlier = happened_at < self.terms_at;
        let former = self.earlier.group(person, happened_at).filter(|_| is_earlier);
        let rate = self.earlier.rate(credit_type, happened_at).filter(|_| is_earlier);
        let open = self.book(credit_type)?;
        let cycle = open.book.cycle.number;
        let current = open.book.member(person).map_err(|_| Error::UnknownPerson)?.group;
        let is_late = happened_at < open.book.cycle.starts_at;
        // A late event takes what is in force when it is counted.
        let former = former.filter(|_| !is_late);
        let rate = rate.filter(|_| !is_late).unwrap_or(open.book.terms.rate);
        let group = former.map_or(current, |former| former.group);
        let (amount, cost) = price(event.amount, rate, currency)?;
        let id = UsageEventId::new(tx.new_id());
        let insistence = match event.on_insufficient {
            Some(OnInsufficient::Reject) => Insistence::Reject,
            Some(OnInsufficient::Record) => Insistence::Record,
            // What happened in a cycle that has ended cannot be asked about any more.
            None if is_late => Insistence::Record,
            None => Insistence::AsEnforced,
        };
        let mut over_by = Credits::ZERO;
        if !amount.is_zero() {
            let decision = Decision::Use {
                person,
                event: id.uuid(),
                amount,
                insistence,
                former,
            };
            over_by = decided(open, &decision, at, posting)?.over_by;
        }
        let row = UsageRow {
            id,
            source: event.source.clone(),
            event_id: event.id.clone(),
            digest: posting.digest.clone(),
            credit_type,
            person,
            group,
            cycle,
            happened_at,
            recorded_at: at,
            is_late,
            cost,
            amount,
            over_by,
            provider: event.provider.clone(),
            model: event.model.clone(),
            operation: event.operation.clone(),
            tags: event.tags.clone(),
            metadata: event.metadata.clone(),
            api_key: key_of(posting),
            request_id: Some(posting.request_id.to_string()),
        };
        self.new_events.push(row.clone());
        self.events.insert(name, row.clone());
        Ok(Metered::Usage {
            row: Box::new(row),
            is_replay: false,
        })
    }

    fn hold(&mut self, tx: &Tx, posting: &Posting, hold: &PlaceHold) -> Answer {
        let name = (hold.source.clone(), hold.reference.clone());
        if let Some(row) = self.references.get(&name).and_then(|id| self.holds.get(id)) {
            return if row.digest == posting.digest {
                Ok(held(row, true))
            } else {
                Err(Error::EventReused)
            };
        }
        let at = self.at;
        let credit_type = self.credit_type(hold.credit_type)?;
        let person = self.person(&hold.person)?;
        let currency = self.currency;
        let open = self.book(credit_type)?;
        let group = open.book.member(person).map_err(|_| Error::UnknownPerson)?.group;
        let rate = open.book.terms.rate;
        if matches!(hold.amount, MeteredAmount::Cost(_)) && rate.is_off() {
            return Err(Error::RateMissing);
        }
        let (amount, cost) = price(hold.amount, rate, currency)?;
        let id = HoldId::new(tx.new_id());
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
            api_key: key_of(posting),
        };
        self.new_holds.push(id);
        self.keep_hold(row.clone());
        Ok(held(&row, false))
    }

    fn capture(&mut self, posting: &Posting, capture: &CaptureHold) -> Answer {
        let row = self.holds.get(&capture.hold).ok_or(Error::NotFound)?.clone();
        let (at, currency) = (self.at, self.currency);
        let open = self.book(row.credit_type)?;
        let amount = match capture.amount {
            CaptureAmount::Whole => row.amount,
            CaptureAmount::Part(part) => {
                // A hold made from a cost is consumed at the rate it was made by.
                let rate = row.cost.map_or(open.book.terms.rate, |cost| cost.rate);
                if matches!(part, MeteredAmount::Cost(_)) && rate.is_off() {
                    return Err(Error::RateMissing);
                }
                price(part, rate, currency)?.0
            }
        };
        match row.state {
            HoldState::Open => {}
            HoldState::Captured if row.captured == amount => return Ok(held(&row, true)),
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
        Ok(self.end(row, HoldState::Captured, amount))
    }

    fn release(&mut self, posting: &Posting, hold: HoldId) -> Answer {
        let row = self.holds.get(&hold).ok_or(Error::NotFound)?.clone();
        if let Meter::Person(actor) = &*posting.meter {
            let holder = self.holders.get(&row.person).ok_or(Error::NotFound)?;
            let is_only_admin = self.is_only_admin.get(&actor.person).copied().unwrap_or(false);
            Permit::for_person(actor, Action::ReleaseHold, &holder.facts, is_only_admin)?;
        }
        match row.state {
            HoldState::Open => {}
            HoldState::Released | HoldState::Expired => return Ok(held(&row, true)),
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
        Ok(self.end(row, HoldState::Released, Credits::ZERO))
    }

    fn end(&mut self, row: HoldRow, state: HoldState, captured: Credits) -> Metered {
        let row = HoldRow {
            state,
            captured,
            ended_at: Some(self.at),
            ..row
        };
        self.holds.insert(row.id, row.clone());
        held(&row, false)
    }

    /// Writes what was decided.
    pub(super) async fn write(mut self, tx: &mut Tx) -> Result<()> {
        let holds: Vec<HoldRow> = self
            .new_holds
            .iter()
            .filter_map(|id| self.holds.get(id).cloned())
            .collect();
        tx.insert_holds(&holds).await?;
        for book in self.books.values_mut() {
            tx.write(book).await?;
        }
        tx.insert_usage(&self.new_events).await?;
        for (person, row) in self.released_by_people {
            tx.audit(AuditRecord {
                action: Action::ReleaseHold.name(),
                target: row.id.to_string(),
                before: Some(serde_json::json!({
                    "person": row.person.to_string(), "amount": row.amount.to_string(), "state": "open",
                })),
                after: Some(serde_json::json!({"state": "released", "released_by": person.to_string()})),
            });
        }
        Ok(())
    }
}

fn held(row: &HoldRow, is_replay: bool) -> Metered {
    Metered::Hold {
        row: Box::new(row.clone()),
        is_replay,
    }
}

fn key_of(posting: &Posting) -> Option<allowance_values::ApiKeyId> {
    match &*posting.meter {
        Meter::Key(key) => Some(key.actor.id),
        Meter::Person(_) => None,
    }
}

fn decided(open: &mut OpenBook, decision: &Decision, at: Timestamp, posting: &Posting) -> Result<Outcome> {
    Ok(open.decide(decision, at, Some(&posting.request_id))??)
}

/// The credits of an amount, and the cost with the rate where it was one.
fn price(amount: MeteredAmount, rate: Rate, currency: Currency) -> Result<(Credits, Option<CostAtRate>)> {
    match amount {
        MeteredAmount::Credits(credits) if credits.is_negative() => {
            Err(Error::Refused(Refusal::NegativeAmount))
        }
        MeteredAmount::Credits(credits) => Ok((credits, None)),
        MeteredAmount::Cost(cost) if cost.currency != currency => Err(Error::CurrencyMismatch),
        MeteredAmount::Cost(cost) => {
            let credits = rate
                .credits_for(cost.amount)
                .ok_or(Error::Refused(Refusal::AmountOutOfRange))?;
            Ok((credits, Some(CostAtRate { cost, rate })))
        }
    }
}
