//! A batch in its transaction: what it names is looked up, its commands are decided in order, and all is written at once.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use allowance_domain::authz::key_may;
use allowance_domain::people::email_key;
use allowance_store::{Done, PersonKeys, Tx};
use allowance_values::{ApiKeyId, CreditTypeId, Currency, GroupId, HoldId, PersonId};

use super::commands::{Command, CountMatched, PersonKey};
use super::decide::Desk;
use super::in_force::InForce;
use super::queue::{Poster, Posting};
use super::{Answer, Meter};
use crate::cycles::open_book_of;
use crate::error::{Error, Result};

/// What became of a batch, and what it leaves for the next one.
pub(super) struct Posted {
    pub(super) answers: Vec<Answer>,
    pub(super) desk: Desk,
    pub(super) used: Vec<ApiKeyId>,
}

pub(super) async fn post(poster: &Poster, mut tx: Tx, postings: &[&Posting]) -> Result<Done<Posted>> {
    let standing = standing_keys(poster, &tx, postings).await?;
    let mut desk = load(&mut tx, postings).await?;
    let mut answers = Vec::with_capacity(postings.len());
    let mut used = BTreeSet::new();
    for posting in postings {
        let answer = match &*posting.meter {
            Meter::Key(key) if !standing.contains(&key.actor.id) => Err(Error::Unauthenticated),
            Meter::Key(key) if !key_may(&key.actor, posting.command.action()) => Err(Error::Forbidden),
            Meter::Key(key) => {
                used.insert(key.actor.id);
                desk.decide(tx.pen(), posting)
            }
            Meter::Person(_) | Meter::System(_) => desk.decide(tx.pen(), posting),
        };
        match answer {
            // Not an answer to one command: the whole batch is undone.
            Err(error @ (Error::Store(_) | Error::Internal(_))) => return Err(error),
            answer => answers.push(answer),
        }
    }
    desk.write(&mut tx).await?;
    let used: Vec<ApiKeyId> = used.into_iter().collect();
    tx.mark_keys_used(&used).await?;
    Ok(tx.done(Posted { answers, desk, used }))
}

/// The keys of a batch that still stand. Under the epoch at which a key was found good nothing can have changed.
async fn standing_keys(poster: &Poster, tx: &Tx, postings: &[&Posting]) -> Result<BTreeSet<ApiKeyId>> {
    let mut standing = BTreeSet::new();
    let mut asked = BTreeSet::new();
    for posting in postings {
        let Meter::Key(key) = &*posting.meter else {
            continue;
        };
        let id = key.actor.id;
        if key.epoch == tx.head().epoch && !key.has_expired(tx.at()) {
            standing.insert(id);
        } else if asked.insert(id) {
            match tx.known_key(id).await? {
                Some(known) => {
                    poster.keys.renew(known);
                    standing.insert(id);
                }
                None => {
                    poster.keys.forget(id);
                }
            }
        }
    }
    Ok(standing)
}

/// Looks up everything the commands name, with a fixed number of queries.
pub(super) async fn load(tx: &mut Tx, postings: &[&Posting]) -> Result<Desk> {
    let mut keys = PersonKeys::default();
    let mut events: HashMap<&str, Vec<&str>> = HashMap::new();
    let mut references: HashMap<&str, Vec<&str>> = HashMap::new();
    let mut holds: BTreeSet<HoldId> = BTreeSet::new();
    let mut has_matched = false;
    for posting in postings {
        let (source, person) = match &posting.command {
            Command::Use(event) => {
                events.entry(&event.source).or_default().push(&event.id);
                (&event.source, &event.person)
            }
            Command::Hold(hold) => {
                references.entry(&hold.source).or_default().push(&hold.reference);
                (&hold.source, &hold.person)
            }
            Command::CountMatched(CountMatched { source, id }) => {
                events.entry(source).or_default().push(id);
                has_matched = true;
                continue;
            }
            Command::Capture(capture) => {
                holds.insert(capture.hold);
                continue;
            }
            Command::Release(release) => {
                holds.insert(release.hold);
                continue;
            }
        };
        keys.sourced.extend(person.of_source(source));
        match person {
            PersonKey::Id(_) | PersonKey::Nobody => {}
            PersonKey::Email(email) => {
                keys.emails.insert(email_key(email));
            }
            PersonKey::Number(number) => {
                keys.numbers.insert(number.clone());
            }
        }
    }
    let settings = tx.usage_settings().await?;
    let kept = if settings.has_kept || has_matched {
        tx.find_kept(&events).await?
    } else {
        HashMap::new()
    };
    let currency = tx.get_organisation().await?.currency;
    let credit_types = tx.list_credit_types().await?;
    let credit_types = credit_types.into_iter();
    let credit_types = credit_types.map(|row| (row.terms.id, row.archived_at.is_some()));
    let mut desk = Desk {
        names: tx.find_people_named(&keys).await?,
        events: tx.find_usage(&events).await?,
        kept,
        ..Desk::new(tx.pen(), currency, credit_types.collect(), settings)
    };
    for row in tx.find_holds_by_reference(&references).await? {
        desk.keep_hold(row);
    }
    for row in tx.find_holds(&holds).await? {
        desk.keep_hold(row);
    }
    let foreign = postings
        .iter()
        .filter_map(|posting| desk.foreign_currency(&posting.command));
    let foreign: BTreeSet<Currency> = foreign.collect();
    desk.exchange = tx.exchange_rates(foreign).await?;
    desk.earlier = InForce::load(tx, &desk.earlier_people(postings)).await?;
    let mut people: BTreeMap<CreditTypeId, Vec<PersonId>> = BTreeMap::new();
    let mut groups: BTreeMap<CreditTypeId, Vec<GroupId>> = BTreeMap::new();
    let mut holders: BTreeSet<PersonId> = BTreeSet::new();
    for posting in postings {
        if let Some((credit_type, person)) = desk.touched_by(&posting.command) {
            people.entry(credit_type).or_default().push(person);
            if let Some(at) = desk.happened_earlier(&posting.command) {
                let groups = groups.entry(credit_type).or_default();
                groups.extend(desk.earlier.groups(person, at));
            }
            if posting.command.is_about_a_hold() {
                holders.insert(person);
            }
            if let Meter::Person(actor) = &*posting.meter {
                let is_only_admin = tx.is_only_admin(actor.person).await?;
                desk.is_only_admin.insert(actor.person, is_only_admin);
            }
        }
    }
    if !holders.is_empty() {
        let holders: Vec<PersonId> = holders.into_iter().collect();
        desk.holders = tx.holders(&holders).await?;
    }
    for (credit_type, people) in people {
        let groups = groups.remove(&credit_type).unwrap_or_default();
        let book = open_book_of(tx, credit_type, &people, &groups).await?;
        desk.books.insert(credit_type, book);
    }
    Ok(desk)
}
