//! The desk: what a batch has looked up, and the decision on each command. Decides in memory, writes at the end.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use allowance_domain::allocations::{Command as Decision, Outcome};
use allowance_domain::authz::Action;
use allowance_domain::metering::{CostAtRate, ExchangeRates, MeteredAmount, price};
use allowance_domain::people::email_key;
use allowance_store::{
    AuditRecord, Batch, HoldRow, Holder, KeptUsageRow, OpenBook, Pen, PersonNames, Tx, UsageRow,
    UsageSettingsRow,
};
use allowance_values::{CreditTypeId, Credits, Currency, HoldId, PersonId, Rate, Timestamp};

use super::Answer;
use super::commands::{
    CaptureAmount, CaptureHold, Command, CountMatched, PersonKey, ReleaseHold, UsageEvent,
};
use super::events::kept_event;
use super::in_force::InForce;
use super::queue::Posting;
use crate::error::{Error, Result};

/// What a batch has looked up and decided.
pub(super) struct Desk {
    pub(super) at: Timestamp,
    /// When a rate or somebody's group last changed.
    pub(super) terms_at: Timestamp,
    pub(super) currency: Currency,
    /// Exchange rates of the other currencies that costs are in.
    pub(super) exchange: ExchangeRates,
    /// The organisation's credit types, the first one first, and whether they are archived.
    pub(super) credit_types: Vec<(CreditTypeId, bool)>,
    pub(super) names: PersonNames,
    /// Events counted before, or in this batch.
    pub(super) events: HashMap<(String, String), Arc<UsageRow>>,
    /// Events kept aside, before or in this batch.
    pub(super) kept: HashMap<(String, String), KeptUsageRow>,
    /// How the organisation counts usage.
    pub(super) settings: UsageSettingsRow,
    /// Holds named by id, as they stand by now.
    pub(super) holds: HashMap<HoldId, HoldRow>,
    pub(super) references: HashMap<(String, String), HoldId>,
    /// What was in force when events happened that are older than that.
    pub(super) earlier: InForce,
    pub(super) books: BTreeMap<CreditTypeId, OpenBook>,
    /// Whose holds these are.
    pub(super) holders: BTreeMap<PersonId, Holder>,
    pub(super) is_only_admin: BTreeMap<PersonId, bool>,
    pub(super) new_events: Vec<Arc<UsageRow>>,
    pub(super) new_kept: Vec<KeptUsageRow>,
    /// Kept events that were counted now.
    pub(super) counted_kept: Vec<(String, String)>,
    /// Kept events that could not be counted, with the code of why.
    pub(super) refused_kept: Vec<((String, String), &'static str)>,
    pub(super) new_holds: Vec<HoldId>,
    pub(super) captures: Vec<(HoldId, CostAtRate)>,
    pub(super) released_by_people: Vec<(PersonId, HoldRow)>,
}

impl Command {
    /// Whether its answer is a hold.
    pub(super) const fn is_about_a_hold(&self) -> bool {
        matches!(self, Self::Hold(_) | Self::Capture(_) | Self::Release(_))
    }

    /// The operation it belongs to.
    pub(super) const fn action(&self) -> Action {
        match self {
            Self::Use(_) => Action::RecordUsage,
            Self::CountMatched(_) => Action::MatchUnmatchedUsage,
            Self::Hold(_) => Action::PlaceHold,
            Self::Capture(_) => Action::CaptureHold,
            Self::Release(_) => Action::ReleaseHold,
        }
    }
}

impl Desk {
    /// A desk on which nothing lies yet.
    pub(super) fn new(
        pen: &Pen,
        currency: Currency,
        credit_types: Vec<(CreditTypeId, bool)>,
        settings: UsageSettingsRow,
    ) -> Self {
        Self {
            at: pen.at(),
            terms_at: pen.head().terms_at,
            currency,
            exchange: ExchangeRates::default(),
            credit_types,
            settings,
            names: PersonNames::default(),
            events: HashMap::new(),
            kept: HashMap::new(),
            holds: HashMap::new(),
            references: HashMap::new(),
            earlier: InForce::default(),
            books: BTreeMap::new(),
            holders: BTreeMap::new(),
            is_only_admin: BTreeMap::new(),
            new_events: Vec::new(),
            new_kept: Vec::new(),
            counted_kept: Vec::new(),
            refused_kept: Vec::new(),
            new_holds: Vec::new(),
            captures: Vec::new(),
            released_by_people: Vec::new(),
        }
    }

    pub(super) fn keep_hold(&mut self, row: HoldRow) {
        self.references
            .insert((row.source.clone(), row.reference.clone()), row.id);
        self.holds.insert(row.id, row);
    }

    /// The book and the person a command needs, where both are known.
    pub(super) fn touched_by(&self, command: &Command) -> Option<(CreditTypeId, PersonId)> {
        let (credit_type, source, person) = match command {
            Command::Use(event) => (self.credit_type_of(event), &event.source, &event.person),
            Command::CountMatched(matched) => {
                let event = self.matched_event(matched)?;
                let person = self.person(&event.source, &event.person)?;
                return Some((self.credit_type_of(&event).ok()?, person));
            }
            Command::Hold(hold) => (
                self.credit_type(hold.credit_type.or(self.settings.settings.default)),
                &hold.source,
                &hold.person,
            ),
            Command::Capture(CaptureHold { hold, .. }) | Command::Release(ReleaseHold { hold }) => {
                let row = self.holds.get(hold)?;
                return Some((row.credit_type, row.person));
            }
        };
        Some((credit_type.ok()?, self.person(source, person)?))
    }

    /// When an event happened, if a rate or somebody's group has changed since.
    pub(super) fn happened_earlier(&self, command: &Command) -> Option<Timestamp> {
        match command {
            Command::Use(event) => event.happened_at.filter(|at| *at < self.terms_at),
            Command::CountMatched(matched) => {
                let event = self.matched_event(matched)?;
                event.happened_at.filter(|at| *at < self.terms_at)
            }
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

    /// The currency of a command's cost, where it is another than the organisation's.
    pub(super) fn foreign_currency(&self, command: &Command) -> Option<Currency> {
        let amount = match command {
            Command::Use(event) => event.amount,
            Command::CountMatched(matched) => self.matched_event(matched)?.amount,
            Command::Hold(hold) => hold.amount,
            Command::Capture(CaptureHold { amount, .. }) => match amount {
                CaptureAmount::Whole => return None,
                CaptureAmount::Part(amount) => *amount,
            },
            Command::Release(_) => return None,
        };
        match amount {
            MeteredAmount::Cost(cost) => Some(cost.currency).filter(|currency| *currency != self.currency),
            MeteredAmount::Credits(_) => None,
        }
    }

    /// The credits of an amount by a rate, and by the exchange rate that was in force at an instant.
    pub(super) fn price(
        &self,
        amount: MeteredAmount,
        rate: Rate,
        at: Timestamp,
    ) -> Result<(Credits, Option<CostAtRate>)> {
        let exchange = |currency| self.exchange.at(currency, at);
        Ok(price(amount, rate, self.currency, exchange)?)
    }

    fn matched_event(&self, matched: &CountMatched) -> Option<UsageEvent> {
        let CountMatched { source, id } = matched;
        kept_event(self.kept.get(&(source.clone(), id.clone()))?)
    }

    /// The credit type an event counts against: the one it names, else that of the first rule that fits, else the default.
    pub(super) fn credit_type_of(&self, event: &UsageEvent) -> Result<CreditTypeId> {
        let (provider, model) = (event.provider.as_deref(), event.model.as_deref());
        let settings = &self.settings.settings;
        let by_rule = || settings.credit_type_of(provider, model, &event.tags);
        self.credit_type(event.credit_type.or_else(by_rule))
    }

    pub(super) fn credit_type(&self, named: Option<CreditTypeId>) -> Result<CreditTypeId> {
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

    /// Whom a platform means, as far as names go: whoever is named by id is somebody only if the book knows them. A name that
    /// nobody is known by may stand for somebody where this source uses it.
    pub(super) fn person(&self, source: &str, key: &PersonKey) -> Option<PersonId> {
        let known = match key {
            PersonKey::Id(id) => Some(*id),
            PersonKey::Email(email) => self.names.by_email.get(&email_key(email)).copied(),
            PersonKey::Number(number) => self.names.by_number.get(number).copied().flatten(),
            PersonKey::Nobody => None,
        };
        if known.is_some() || self.names.by_alias.is_empty() {
            return known;
        }
        self.names.by_alias.get(&key.of_source(source)?).copied()
    }

    pub(super) fn book(&mut self, credit_type: CreditTypeId) -> Result<&mut OpenBook> {
        self.books
            .get_mut(&credit_type)
            .ok_or_else(|| Error::Internal(format!("the book of {credit_type} was not opened")))
    }

    /// Decides one command. A mistake of ours that panics is an internal error of this command: the batch is undone and
    /// its commands run one by one.
    pub(super) fn decide(&mut self, pen: &Pen, posting: &Posting) -> Answer {
        let decided = catch_unwind(AssertUnwindSafe(|| self.decide_one(pen, posting)));
        decided.unwrap_or_else(|_| Err(Error::Internal("a decision panicked".to_owned())))
    }

    fn decide_one(&mut self, pen: &Pen, posting: &Posting) -> Answer {
        #[cfg(test)]
        assert_ne!(&*posting.request_id, "panic", "as the test wishes");
        match &posting.command {
            Command::Use(event) => self.count(pen, posting, event),
            Command::CountMatched(matched) => self.count_matched(pen, matched),
            Command::Hold(hold) => self.hold(pen, posting, hold),
            Command::Capture(capture) => self.capture(posting, capture),
            Command::Release(release) => self.release(posting, release.hold),
        }
    }

    /// The rows of what was decided that need no transaction under the lock.
    pub(super) fn batch(&mut self) -> Batch<'_> {
        let placed = self.new_holds.iter().filter_map(|id| self.holds.get(id));
        Batch {
            holds: placed.cloned().collect(),
            captures: std::mem::take(&mut self.captures),
            usage: std::mem::take(&mut self.new_events),
            books: self.books.values_mut().collect(),
        }
    }

    /// Writes what was decided.
    pub(super) async fn write(&mut self, tx: &mut Tx) -> Result<()> {
        tx.write_batch(self.batch()).await?;
        self.write_kept(tx).await?;
        for (person, row) in std::mem::take(&mut self.released_by_people) {
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

    async fn write_kept(&mut self, tx: &mut Tx) -> Result<()> {
        if !self.new_kept.is_empty() && !self.settings.has_kept {
            self.settings.has_kept = true;
            tx.write_usage_settings(&self.settings).await?;
        }
        tx.keep_usage(&self.new_kept).await?;
        let mut counted: HashMap<&str, Vec<&str>> = HashMap::new();
        for (source, id) in &self.counted_kept {
            counted.entry(source).or_default().push(id);
        }
        tx.drop_kept(&counted).await?;
        for ((source, id), code) in &self.refused_kept {
            tx.refuse_kept(source, id, code).await?;
        }
        Ok(())
    }
}

pub(super) fn decided(
    open: &mut OpenBook,
    decision: &Decision,
    at: Timestamp,
    posting: &Posting,
) -> Result<Outcome> {
    Ok(open.decide(decision, at, Some(&posting.request_id))??)
}
