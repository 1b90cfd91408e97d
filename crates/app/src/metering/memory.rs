//! What a lane knows from its own last commit. It holds as long as the head counts no other change, so a batch that needs
//! nothing else is decided without asking the database, and written in one go past that very count: if somebody else has
//! changed the organisation meanwhile, be it on another instance, nothing is written and the batch is looked up anew.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use allowance_domain::authz::key_may;
use allowance_domain::metering::ExchangeRates;
use allowance_domain::people::email_key;
use allowance_store::{
    Head, HoldRow, HoldState, Holder, Origin, Pen, PersonNames, Prepared, Shelf, Store, UsageSettingsRow,
};
use allowance_values::{ApiKeyId, CreditTypeId, Currency, HoldId, OrganisationId, PersonId, Timestamp};

use super::batch::Posted;
use super::commands::{CaptureHold, Command, PersonKey, ReleaseHold};
use super::decide::Desk;
use super::queue::Posting;
use super::{Answer, Meter, Metered};
use crate::error::{Error, Result};

/// So many names and holds are remembered at most; then all are forgotten, and found again.
const MOST: usize = 50_000;
/// The last use of a key is written down about so often.
const USE_SECONDS: i64 = 60;

/// The memory of a lane.
#[derive(Debug, Default)]
pub(super) struct Memory(Option<Known>);

#[derive(Debug)]
struct Known {
    head: Head,
    currency: Currency,
    exchange: ExchangeRates,
    credit_types: Vec<(CreditTypeId, bool)>,
    settings: UsageSettingsRow,
    names: PersonNames,
    holds: HashMap<HoldId, HoldRow>,
    holders: BTreeMap<PersonId, Holder>,
    shelf: Shelf,
    /// When a key's use was last written down.
    used: BTreeMap<ApiKeyId, Timestamp>,
    /// Whether the last batch repeated what had been reported before; then the next one is likely to.
    repeats: bool,
}

impl Memory {
    /// Keeps what a batch looked up and wrote, and of what was known before what still holds.
    pub(super) fn keep(&mut self, posted: Posted, head: Head) -> Vec<Answer> {
        let Posted { answers, desk, used } = posted;
        let mut shelf = Shelf::default();
        for book in desk.books.into_values() {
            shelf.put(book);
        }
        let is_over = |(id, row): (&HoldId, &HoldRow)| (row.state != HoldState::Open).then_some(*id);
        let ended: Vec<HoldId> = desk.holds.iter().filter_map(is_over).collect();
        let mut known = Known {
            used: used.into_iter().map(|key| (key, desk.at)).collect(),
            repeats: answers.iter().flatten().any(Metered::is_replay),
            currency: desk.currency,
            exchange: desk.exchange,
            credit_types: desk.credit_types,
            settings: desk.settings,
            names: desk.names,
            holds: desk.holds,
            holders: desk.holders,
            shelf,
            head,
        };
        if let Some(before) = self.0.take()
            && before.head.changes.saturating_add(1) == known.head.changes
        {
            known.take_over(before);
        }
        for id in ended {
            known.holds.remove(&id);
        }
        self.0 = Some(known);
        answers
    }

    /// Decides a batch from memory; nothing when that cannot be done. What was decided counts as known at once, so that the
    /// next batch can be decided while this one is written: when it is not, this memory is worth nothing.
    pub(super) fn decide(&mut self, store: &Store, postings: &[&Posting]) -> Option<Decided> {
        let known = self.0.as_mut().filter(|known| !known.repeats)?;
        let organisation = postings.first().map(|posting| posting.meter.organisation())?;
        let pen = store.pen(Origin::system(organisation), known.head.clone());
        if !known.covers(&pen, postings) {
            return None;
        }
        let mut desk = known.desk(&pen, postings)?;
        let mut answers = Vec::with_capacity(postings.len());
        for posting in postings {
            match desk.decide(&pen, posting) {
                Err(Error::Store(_) | Error::Internal(_)) => return None,
                answer => answers.push(answer),
            }
        }
        let doubts = Doubts::of(&desk, postings, &answers);
        let prepared = store.prepare(pen, desk.batch()).ok()??;
        known.learn(desk, prepared.head().clone());
        Some(Decided {
            organisation,
            answers,
            doubts,
            prepared,
        })
    }
}

/// A batch that was decided from memory and is not written yet.
pub(super) struct Decided {
    organisation: OrganisationId,
    answers: Vec<Answer>,
    doubts: Doubts,
    prepared: Prepared,
}

impl Decided {
    /// Writes it; its answers hold only if that was done.
    pub(super) fn write(
        self,
        store: Store,
    ) -> (Vec<Answer>, impl Future<Output = Result<bool>> + Send + 'static) {
        let Self {
            organisation,
            answers,
            doubts,
            prepared,
        } = self;
        let write = async move {
            Ok(!doubts.were_reported(&store, organisation).await? && store.append(prepared).await?)
        };
        (answers, write)
    }
}

impl Known {
    fn take_over(&mut self, before: Self) {
        let Self {
            head: _,
            currency: _,
            exchange,
            credit_types: _,
            settings: _,
            names,
            holds,
            holders,
            shelf,
            used,
            repeats: _,
        } = before;
        self.shelf.absorb(shelf);
        self.exchange.take_over(exchange);
        for (key, at) in used {
            self.used.entry(key).or_insert(at);
        }
        if names.by_email.len().saturating_add(names.by_number.len()) < MOST {
            for (name, person) in names.by_email {
                self.names.by_email.entry(name).or_insert(person);
            }
            for (name, person) in names.by_number {
                self.names.by_number.entry(name).or_insert(person);
            }
            for (name, person) in names.by_alias {
                self.names.by_alias.entry(name).or_insert(person);
            }
        }
        if holders.len() < MOST {
            for (person, holder) in holders {
                self.holders.entry(person).or_insert(holder);
            }
        }
        if holds.len() < MOST {
            for (id, row) in holds {
                self.holds.entry(id).or_insert(row);
            }
        }
    }

    fn learn(&mut self, desk: Desk, head: Head) {
        self.head = head;
        for book in desk.books.into_values() {
            self.shelf.put(book);
        }
        if self.holds.len() >= MOST {
            self.holds.clear();
        }
        // What has ended is seldom asked for again, and found in the database then.
        for (id, row) in desk.holds {
            if row.state == HoldState::Open {
                self.holds.insert(id, row);
            } else {
                self.holds.remove(&id);
            }
        }
    }

    /// Whether every key stands, and its use need not be written down now. Under the epoch at which a key was found good
    /// nothing can have changed. People are judged by what is looked up for them.
    fn covers(&self, pen: &Pen, postings: &[&Posting]) -> bool {
        let due = pen.at().plus_seconds(-USE_SECONDS);
        let mut checked = BTreeSet::new();
        postings.iter().all(|posting| match &*posting.meter {
            Meter::Key(key) => {
                key.epoch == self.head.epoch
                    && key_may(&key.actor, posting.command.action())
                    && (!checked.insert(key.actor.id)
                        || (!key.has_expired(pen.at())
                            && self.used.get(&key.actor.id).is_some_and(|used| *used > due)))
            }
            Meter::Person(_) | Meter::System(_) => false,
        })
    }

    /// The desk with everything these commands name.
    fn desk(&mut self, pen: &Pen, postings: &[&Posting]) -> Option<Desk> {
        let mut desk = Desk::new(
            pen,
            self.currency,
            self.credit_types.clone(),
            self.settings.clone(),
        );
        for posting in postings {
            match &posting.command {
                Command::Use(event) => self.name(&event.source, &event.person, &mut desk.names)?,
                Command::Hold(hold) => self.name(&hold.source, &hold.person, &mut desk.names)?,
                Command::Capture(CaptureHold { hold, .. }) | Command::Release(ReleaseHold { hold }) => {
                    if !desk.holds.contains_key(hold) {
                        desk.keep_hold(self.holds.get(hold)?.clone());
                    }
                }
                Command::CountMatched(_) => return None,
            }
        }
        let mut people: BTreeMap<CreditTypeId, BTreeSet<PersonId>> = BTreeMap::new();
        for posting in postings {
            if desk.happened_earlier(&posting.command).is_some() {
                return None;
            }
            if let Some(currency) = desk.foreign_currency(&posting.command) {
                desk.exchange.learn(currency, self.exchange.history(currency)?);
            }
            let (credit_type, person) = desk.touched_by(&posting.command)?;
            people.entry(credit_type).or_default().insert(person);
            if posting.command.is_about_a_hold() {
                desk.holders.insert(person, self.holders.get(&person)?.clone());
            }
        }
        for (credit_type, people) in people {
            let book = self.shelf.open(credit_type, &people, pen.at())?;
            desk.books.insert(credit_type, book);
        }
        Some(desk)
    }

    fn name(&self, source: &str, key: &PersonKey, into: &mut PersonNames) -> Option<()> {
        match key {
            PersonKey::Id(_) => return Some(()),
            PersonKey::Email(email) => {
                let name = email_key(email);
                if let Some(person) = self.names.by_email.get(&name) {
                    into.by_email.insert(name, *person);
                    return Some(());
                }
            }
            PersonKey::Number(number) => {
                if let Some(Some(person)) = self.names.by_number.get(number) {
                    into.by_number.insert(number.clone(), Some(*person));
                    return Some(());
                }
            }
            PersonKey::Nobody => {}
        }
        // A name that nobody has is looked up again, unless it is known to stand for somebody.
        let name = key.of_source(source)?;
        let person = *self.names.by_alias.get(&name)?;
        into.by_alias.insert(name, person);
        Some(())
    }
}

/// By source, what may have been reported before and must be answered as it was then. What is counted needs no look-up: its
/// row would not go in twice. What was refused leaves no row, so it is looked for; and all of it among what was kept aside,
/// where anything ever was.
#[derive(Default)]
struct Doubts {
    counted: HashMap<String, Vec<String>>,
    kept: HashMap<String, Vec<String>>,
    holds: HashMap<String, Vec<String>>,
}

impl Doubts {
    fn of(desk: &Desk, postings: &[&Posting], answers: &[Answer]) -> Self {
        let mut doubts = Self::default();
        let add = |to: &mut HashMap<String, Vec<String>>, source: &String, id: &String| {
            to.entry(source.clone()).or_default().push(id.clone());
        };
        for (posting, answer) in postings.iter().zip(answers) {
            match &posting.command {
                Command::Use(event) => {
                    if answer.is_err() {
                        add(&mut doubts.counted, &event.source, &event.id);
                    }
                    if desk.settings.has_kept {
                        add(&mut doubts.kept, &event.source, &event.id);
                    }
                }
                Command::Hold(hold) if answer.is_err() => {
                    add(&mut doubts.holds, &hold.source, &hold.reference);
                }
                Command::Hold(_) | Command::Capture(_) | Command::Release(_) | Command::CountMatched(_) => {}
            }
        }
        doubts
    }

    async fn were_reported(&self, store: &Store, organisation: OrganisationId) -> Result<bool> {
        let Self { counted, kept, holds } = self;
        if counted.is_empty() && kept.is_empty() && holds.is_empty() {
            return Ok(false);
        }
        Ok(store.was_reported(organisation, counted, kept, holds).await?)
    }
}
