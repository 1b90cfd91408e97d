//! Usage that was kept aside: listing it by the names it came under, saying whose it is, discarding it.
//!
//! Saying whose it is, is one change: the rows remember the person, and the answer is how many events that is. The queue
//! then counts them, each once, as everything else: by the one who said it, and by a job for what is left behind.

use std::collections::{BTreeMap, BTreeSet};

use allowance_domain::authz::{Action, Permit};
use allowance_domain::metering::{PersonName, PersonNameKind};
use allowance_domain::people::clean_name;
use allowance_store::{AuditRecord, Done, Holder, Tx, UnmatchedRow};
use allowance_values::{OrganisationId, PersonId};

use crate::context::{App, Caller};
use crate::error::{Error, FieldError, Result};
use crate::metering::{Command, CountMatched, MOST_COMMANDS, Meter};

const MAX_REASON_CHARS: usize = 500;

/// Usage under one name, with whoever is known by it now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnmatchedLine {
    /// The usage.
    pub row: UnmatchedRow,
    /// Whoever is known by that name by now.
    pub holder: Option<Holder>,
}

/// Whose the usage under a name is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UsageMatch {
    /// By what the person was named.
    pub kind: PersonNameKind,
    /// The name.
    pub name: String,
    /// Whose it is.
    pub person: PersonId,
}

/// Usage that is to count for nobody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DiscardUsage {
    /// The names it came under.
    pub names: Vec<(PersonNameKind, String)>,
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
    after: Option<&(PersonNameKind, String)>,
    limit: u64,
) -> Result<Vec<UnmatchedLine>> {
    app.confirm(meter).await?;
    let organisation = meter.organisation();
    let rows = app.store.list_unmatched(organisation, after, limit).await?;
    let names: Vec<&PersonName> = rows.iter().map(|row| &row.name).collect();
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
fn names<'n>(given: impl Iterator<Item = (PersonNameKind, &'n str)>, field: &str) -> Result<Vec<PersonName>> {
    let mut wrong = Vec::new();
    let mut seen = BTreeSet::new();
    let mut names = Vec::new();
    for (index, (kind, text)) in given.enumerate() {
        let mut refuse = |detail: &str| {
            wrong.push(FieldError::invalid(format!("/{field}/{index}/name"), detail));
        };
        match PersonName::parse(kind, text) {
            None => refuse("This is no name of that kind."),
            Some(name) if !seen.insert((kind, name.key.clone())) => refuse("Name it once."),
            Some(name) => names.push(name),
        }
    }
    if wrong.is_empty() {
        Ok(names)
    } else {
        Err(Error::Fields(wrong))
    }
}

/// Says whose the usage under these names is; answers how many events each name has.
///
/// # Errors
/// [`Error::Forbidden`]; [`Error::Fields`] for a person who does not exist or a name that is none.
pub async fn match_unmatched_usage(
    mut tx: Tx,
    caller: &Caller,
    matches: &[UsageMatch],
) -> Result<Done<Vec<u64>>> {
    Permit::for_organisation(&caller.actor, Action::MatchUnmatchedUsage)?;
    let given = matches.iter().map(|found| (found.kind, found.name.as_str()));
    let names = names(given, "matches")?;
    let people: Vec<PersonId> = matches.iter().map(|found| found.person).collect();
    let holders = tx.holders(&people).await?;
    let wrong: Vec<FieldError> = people
        .iter()
        .enumerate()
        .filter(|(_, person)| !holders.contains_key(person))
        .map(|(index, _)| {
            let pointer = format!("/matches/{index}/person_id");
            FieldError::invalid(pointer, "Nobody here has this id.")
        })
        .collect();
    if !wrong.is_empty() {
        return Err(Error::Fields(wrong));
    }
    let mut counts = Vec::with_capacity(names.len());
    let mut audited = Vec::with_capacity(names.len());
    for (name, person) in names.iter().zip(people) {
        let count = tx.match_kept(name, person).await?;
        counts.push(count);
        audited.push(serde_json::json!({
            "name": name.text, "person": person.to_string(), "events": count,
        }));
    }
    tx.audit(AuditRecord {
        action: Action::MatchUnmatchedUsage.name(),
        target: tx.organisation().to_string(),
        before: None,
        after: Some(serde_json::json!({"matches": audited})),
    });
    Ok(tx.done(counts))
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
    let given = discard.names.iter().map(|(kind, name)| (*kind, name.as_str()));
    let names = names(given, "names")?;
    let reason = clean_name(&discard.reason, MAX_REASON_CHARS).map_err(|fault| {
        Error::Fields(vec![FieldError::invalid(
            "/reason",
            format!("Mend this: {fault}."),
        )])
    })?;
    let mut total = 0_u64;
    let mut audited = Vec::with_capacity(names.len());
    for name in &names {
        let count = tx.discard_kept(name).await?;
        total = total.saturating_add(count);
        audited.push(serde_json::json!({"name": name.text, "events": count}));
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
