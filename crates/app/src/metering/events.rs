//! Deciding on events: counted once, refused, or kept aside.

use std::sync::Arc;

use allowance_domain::allocations::{Command as Decision, Insistence};
use allowance_domain::metering::UnknownPeople;
use allowance_store::{KeptUsageRow, Pen, UsageRow};
use allowance_values::{ApiKeyId, Credits, PersonId, Rate, Timestamp, UsageEventId};

use super::commands::{CountMatched, OnInsufficient, PersonKey, UsageEvent};
use super::decide::Desk;
use super::queue::Posting;
use super::{Answer, Metered};
use crate::error::{Error, FieldError};

/// Clocks may differ by so many seconds; what lies further ahead is refused.
const SKEW_SECONDS: i64 = 300;

/// How an event came.
struct Report {
    digest: Vec<u8>,
    api_key: Option<ApiKeyId>,
    request_id: Arc<str>,
    happened_at: Timestamp,
}

impl Desk {
    /// The answer to an event that is known already: the same again, or something else under its id.
    fn known(&self, name: &(String, String), digest: &[u8]) -> Option<Answer> {
        let answer = |known: &[u8], replay| {
            if known == digest {
                Ok(replay)
            } else {
                Err(Error::EventReused)
            }
        };
        if let Some(row) = self.events.get(name).cloned() {
            return Some(answer(
                &row.digest.clone(),
                Metered::Usage { row, is_replay: true },
            ));
        }
        let row = Box::new(self.kept.get(name)?.clone());
        Some(answer(
            &row.digest.clone(),
            Metered::Kept { row, is_replay: true },
        ))
    }

    pub(super) fn count(&mut self, pen: &Pen, posting: &Posting, event: &UsageEvent) -> Answer {
        let name = (event.source.clone(), event.id.clone());
        if let Some(answer) = self.known(&name, &posting.digest) {
            return answer;
        }
        let report = Report {
            digest: posting.digest.clone(),
            api_key: posting.key(),
            request_id: posting.request_id.clone(),
            happened_at: event.happened_at.unwrap_or(self.at),
        };
        if report.happened_at > self.at.plus_seconds(SKEW_SECONDS) {
            return Err(Error::InTheFuture);
        }
        let credit_type = self.credit_type_of(event)?;
        let person = self.person(&event.source, &event.person);
        let is_known = |person: &PersonId| self.books.get(&credit_type)?.book.members.get(person);
        match person.filter(|person| is_known(person).is_some()) {
            Some(person) => self.enter(pen, report, event, person),
            None if self.settings.settings.unknown_people == UnknownPeople::Keep => self.keep(report, event),
            None if event.person == PersonKey::Nobody => {
                let detail = "Name the person by exactly one of person_id, email and external_id.";
                Err(Error::Fields(vec![FieldError::invalid("/person_id", detail)]))
            }
            None => Err(Error::UnknownPerson),
        }
    }

    /// Counts an event of somebody who is there.
    fn enter(&mut self, pen: &Pen, report: Report, event: &UsageEvent, person: PersonId) -> Answer {
        let Report {
            digest,
            api_key,
            request_id,
            happened_at,
        } = report;
        let at = self.at;
        let credit_type = self.credit_type_of(event)?;
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
        let exchanged_at = if is_late { at } else { happened_at.min(at) };
        let (amount, cost) = self.price(event.amount, rate, exchanged_at)?;
        let open = self.book(credit_type)?;
        let id = UsageEventId::new(pen.new_id());
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
            over_by = open.decide(&decision, at, Some(&request_id))??.over_by;
        }
        let row = Arc::new(UsageRow {
            id,
            source: event.source.clone(),
            event_id: event.id.clone(),
            digest,
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
            tags: event.tags_text(),
            metadata: event.metadata.clone(),
            api_key,
            request_id: Some(request_id.to_string()),
        });
        self.new_events.push(row.clone());
        self.events
            .insert((row.source.clone(), row.event_id.clone()), row.clone());
        Ok(Metered::Usage {
            row,
            is_replay: false,
        })
    }

    /// Keeps an event aside of whose person nothing is known, or that names nobody; everything else about it must be right.
    fn keep(&mut self, report: Report, event: &UsageEvent) -> Answer {
        let Report {
            digest,
            api_key,
            request_id,
            happened_at,
        } = report;
        // Whether it comes late is known once its person is: it has a rate if there is one of then or of now.
        let price_at = |at| self.price(event.amount, Rate::OFF, at);
        let (_, cost) = price_at(happened_at.min(self.at)).or_else(|_| price_at(self.at))?;
        let row = KeptUsageRow {
            source: event.source.clone(),
            event_id: event.id.clone(),
            digest,
            name: event.person.name(),
            credit_type: event.credit_type,
            happened_at,
            kept_at: self.at,
            amount: event.amount,
            converted: cost
                .and_then(|cost| cost.exchanged)
                .map(|exchanged| exchanged.cost),
            provider: event.provider.clone(),
            model: event.model.clone(),
            operation: event.operation.clone(),
            tags: event.tags_text(),
            metadata: event.metadata.clone(),
            api_key,
            request_id: Some(request_id.to_string()),
            person: None,
            discarded_at: None,
        };
        self.new_kept.push(row.clone());
        self.kept
            .insert((row.source.clone(), row.event_id.clone()), row.clone());
        Ok(Metered::Kept {
            row: Box::new(row),
            is_replay: false,
        })
    }

    /// Counts an event that was kept aside, now that its person is known: as what already happened. What cannot be
    /// counted is kept aside again, with why.
    pub(super) fn count_matched(&mut self, pen: &Pen, matched: &CountMatched) -> Answer {
        let CountMatched { source, id } = matched;
        let name = (source.clone(), id.clone());
        let kept = self.kept.get(&name).ok_or(Error::NotFound)?.clone();
        if let Some(row) = self.events.get(&name).cloned() {
            self.counted_kept.push(name);
            return Ok(Metered::Usage { row, is_replay: true });
        }
        let event = kept_event(&kept).ok_or(Error::NotFound)?;
        let report = Report {
            digest: kept.digest,
            api_key: kept.api_key,
            request_id: kept.request_id.as_deref().unwrap_or_default().into(),
            happened_at: kept.happened_at,
        };
        let PersonKey::Id(person) = event.person else {
            return Err(Error::NotFound);
        };
        let answer = match self.enter(pen, report, &event, person) {
            Err(error @ (Error::Store(_) | Error::Internal(_))) => return Err(error),
            answer => answer,
        };
        self.kept.remove(&name);
        match &answer {
            Ok(_) => self.counted_kept.push(name),
            Err(error) => self.refused_kept.push((name, word(error))),
        }
        answer
    }
}

/// A kept event as it would come now, of the person it was matched to; nothing for one that was not.
pub(super) fn kept_event(row: &KeptUsageRow) -> Option<UsageEvent> {
    let tags = row.tags.as_deref().map(serde_json::from_str);
    Some(UsageEvent {
        source: row.source.clone(),
        id: row.event_id.clone(),
        happened_at: Some(row.happened_at),
        credit_type: row.credit_type,
        person: PersonKey::Id(row.person?),
        amount: row.amount,
        on_insufficient: Some(OnInsufficient::Record),
        provider: row.provider.clone(),
        model: row.model.clone(),
        operation: row.operation.clone(),
        tags: tags.and_then(Result::ok).unwrap_or_default(),
        metadata: row.metadata.clone(),
    })
}

/// The code of a problem, as rows hold it.
const fn word(error: &Error) -> &'static str {
    match error {
        Error::CreditTypeArchived => "credit_type_archived",
        Error::CurrencyMismatch(_) => "currency_mismatch",
        Error::UnknownPerson => "unknown_person",
        Error::NotFound => "not_found",
        _ => "amount_out_of_range",
    }
}
