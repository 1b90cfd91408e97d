//! Usage that was kept aside: listing it by the names it came under, saying whose it is, discarding it.
//!
//! Saying whose it is, is one change: the rows remember the person, and the answer is how many events that is. The queue
//! then counts them, each once, as everything else: by the one who said it, and by a job for what is left behind.

use std::collections::{BTreeMap, BTreeSet};

use allowance_domain::authz::{Action, Permit};
use allowance_domain::metering::{PersonName, PersonNameKind};
use allowance_domain::people::clean_name;
use allowance_store::{AuditRecord, Done, Holder, SourcedName, Tx, UnmatchedRow};
use allowance_values::{OrganisationId, PersonId};

use super::trial::{Trial, try_matches};
use crate::context::{App, Caller};
use crate::error::{Error, FieldError, Result};
use crate::metering::{Command, CountMatched, MOST_COMMANDS, Meter};

const MAX_REASON_CHARS: usize = 500;

/// Usage of one source under one name, with whoever is meant by it now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnmatchedLine {
    /// The usage.
    pub row: UnmatchedRow,
    /// Whoever is meant by that name by now.
    pub holder: Option<Holder>,
}

/// A name that usage was kept under.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UsageName {
    /// By what the person was named.
    pub kind: PersonNameKind,
    /// The name.
    pub name: String,
    /// Only what this source reported.
    pub source: Option<String>,
}

/// Whose the usage under a name is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UsageMatch {
    /// The name.
    pub name: UsageName,
    /// Whose it is.
    pub person: PersonId,
    /// Whether the name stands for that person from now on, where its sources use it.
    pub is_remembered: bool,
}

/// What became of a name, or would become of it.
#[derive(Debug, Clone)]
pub struct Matched {
    /// How many events.
    pub events: u64,
    /// What counting them does; of a rehearsal alone.
    pub trial: Option<Trial>,
}

/// Usage that is to count for nobody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DiscardUsage {
    /// The names it came under.
    pub names: Vec<UsageName>,
    /// Why.
    pub reason: String,
}

/// What is kept aside, by name, behind one of them.
///
/// # Errors
/// The store's; [`Error::Unauthenticated`] for a key that was revoked.
pub async fn list_unmatched_usage(
    app: &App,
    meter: &Meter,
    after: Option<&SourcedName>,
    limit: u64,
) -> Result<Vec<UnmatchedLine>> {
    app.confirm(meter).await?;
    let organisation = meter.organisation();
    let rows = app.store.list_unmatched(organisation, after, limit).await?;
    let sourced = |row: &UnmatchedRow| SourcedName {
        kind: row.name.kind,
        key: row.name.key.clone(),
        source: row.source.clone(),
    };
    let names: Vec<SourcedName> = rows.iter().map(sourced).collect();
    let known = app.store.find_named(organisation, &names).await?;
    let people: Vec<PersonId> = known.iter().flatten().copied().collect();
    let holders = app.store.holders(organisation, &people).await?;
    let line = |(row, person): (UnmatchedRow, Option<PersonId>)| UnmatchedLine {
        row,
        holder: person.and_then(|person| holders.get(&person).cloned()),
    };
    Ok(rows.into_iter().zip(known).map(line).collect())
}

/// The names of a request, each known to be one; the field of one that is not.
fn names<'n>(given: impl Iterator<Item = &'n UsageName>, field: &str) -> Result<Vec<PersonName>> {
    let mut wrong = Vec::new();
    let mut seen = BTreeSet::new();
    let mut names = Vec::new();
    for (index, UsageName { kind, name, source }) in given.enumerate() {
        let mut refuse = |detail: &str| {
            wrong.push(FieldError::invalid(format!("/{field}/{index}/name"), detail));
        };
        match PersonName::parse(*kind, name) {
            None => refuse("This is no name of that kind."),
            Some(name) if !seen.insert((*kind, name.key.clone(), source)) => refuse("Name it once."),
            Some(name) => names.push(name),
        }
    }
    if wrong.is_empty() {
        Ok(names)
    } else {
        Err(Error::Fields(wrong))
    }
}

/// Says whose the usage under these names is; answers how many events each name has, and in a rehearsal what counting
/// them does.
///
/// # Errors
/// [`Error::Forbidden`]; [`Error::Fields`] for a person who does not exist, a name that is none, or one that stands for one
/// person already.
pub async fn match_unmatched_usage(
    mut tx: Tx,
    caller: &Caller,
    matches: &[UsageMatch],
    is_dry_run: bool,
) -> Result<Done<Vec<Matched>>> {
    Permit::for_organisation(&caller.actor, Action::MatchUnmatchedUsage)?;
    if is_dry_run {
        tx.rehearse();
    }
    let names = names(matches.iter().map(|found| &found.name), "matches")?;
    let people: Vec<PersonId> = matches.iter().map(|found| found.person).collect();
    let holders = tx.holders(&people).await?;
    let mut wrong = Vec::new();
    for (index, found) in matches.iter().enumerate() {
        if !holders.contains_key(&found.person) {
            let pointer = format!("/matches/{index}/person_id");
            wrong.push(FieldError::invalid(pointer, "Nobody here has this id."));
        }
        if found.is_remembered && found.name.kind == PersonNameKind::PersonId {
            let pointer = format!("/matches/{index}/remember");
            wrong.push(FieldError::invalid(pointer, "An id is one person's for good."));
        }
    }
    if !wrong.is_empty() {
        return Err(Error::Fields(wrong));
    }
    let mut results = Vec::with_capacity(names.len());
    let mut audited = Vec::with_capacity(names.len());
    for (name, found) in names.iter().zip(matches) {
        let source = found.name.source.as_deref();
        let mut remembered = Vec::new();
        if found.is_remembered {
            remembered = match source {
                Some(source) => vec![source.to_owned()],
                None => tx.sources_of(name, None).await?,
            };
        }
        let events = tx.match_kept(name, source, found.person).await?;
        for source in &remembered {
            tx.set_alias(name, source, found.person).await?;
        }
        let trial = if is_dry_run {
            Some(try_matches(&mut tx, name, source).await?)
        } else {
            None
        };
        results.push(Matched { events, trial });
        let mut record = serde_json::json!({
            "kind": name.kind.as_str(), "name": name.text, "person": found.person.to_string(), "events": events,
        });
        for (field, value) in [
            ("source", source.map(serde_json::Value::from)),
            (
                "remembered_for",
                found.is_remembered.then(|| serde_json::Value::from(remembered)),
            ),
        ] {
            if let (Some(value), Some(record)) = (value, record.as_object_mut()) {
                record.insert(field.to_owned(), value);
            }
        }
        audited.push(record);
    }
    tx.audit(AuditRecord {
        action: Action::MatchUnmatchedUsage.name(),
        target: tx.organisation().to_string(),
        before: None,
        after: Some(serde_json::json!({"matches": audited})),
    });
    Ok(tx.done(results))
}

/// Says that the usage under these names counts for nobody; answers how many events that is.
///
/// # Errors
/// [`Error::Forbidden`]; [`Error::Fields`] for a name that is none or a reason that is missing.
pub async fn discard_unmatched_usage(
    mut tx: Tx,
    caller: &Caller,
    discard: &DiscardUsage,
) -> Result<Done<u64>> {
    Permit::for_organisation(&caller.actor, Action::DiscardUnmatchedUsage)?;
    let names = names(discard.names.iter(), "names")?;
    let reason = clean_name(&discard.reason, MAX_REASON_CHARS).map_err(|fault| {
        Error::Fields(vec![FieldError::invalid(
            "/reason",
            format!("Mend this: {fault}."),
        )])
    })?;
    let mut total = 0_u64;
    let mut audited = Vec::with_capacity(names.len());
    for (name, UsageName { source, .. }) in names.iter().zip(&discard.names) {
        let count = tx.discard_kept(name, source.as_deref()).await?;
        total = total.saturating_add(count);
        let kind = name.kind.as_str();
        audited.push(serde_json::json!({"kind": kind, "name": name.text, "source": source, "events": count}));
    }
    tx.audit(AuditRecord {
        action: Action::DiscardUnmatchedUsage.name(),
        target: tx.organisation().to_string(),
        before: None,
        after: Some(serde_json::json!({"discarded": audited, "reason": reason})),
    });
    Ok(tx.done(total))
}

impl App {
    /// Counts what was matched and is not counted yet, of all organisations or of one, in batches that the queue posts
    /// among everything else. What cannot be counted is kept aside again, with why; so each round gets on.
    ///
    /// # Errors
    /// The store's; [`Error::Overloaded`] while too much waits already.
    pub async fn count_matched_usage(&self, organisation: Option<OrganisationId>) -> Result<usize> {
        let round = u64::try_from(MOST_COMMANDS).unwrap_or(u64::MAX);
        let mut counted = 0_usize;
        loop {
            let matched = self.store.list_matched(organisation, round).await?;
            if matched.is_empty() {
                return Ok(counted);
            }
            let mut commands: BTreeMap<OrganisationId, Vec<Command>> = BTreeMap::new();
            for (organisation, source, id) in matched {
                let command = Command::CountMatched(CountMatched { source, id });
                commands.entry(organisation).or_default().push(command);
            }
            for (organisation, commands) in commands {
                let answers = self
                    .meter(Meter::System(organisation), "matched usage", commands)
                    .await?;
                for answer in answers {
                    match answer {
                        Ok(_) => counted = counted.saturating_add(1),
                        // The store failed, and not the event: another round finds it again.
                        Err(error @ (Error::Store(_) | Error::Internal(_) | Error::Overloaded)) => {
                            return Err(error);
                        }
                        Err(error) => tracing::info!(%error, "matched usage could not be counted"),
                    }
                }
            }
        }
    }
}
