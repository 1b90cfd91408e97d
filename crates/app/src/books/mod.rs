//! The books as they are read: ledger entries with names and notes, the audit log, and the proof.

mod proving;

use std::collections::BTreeMap;

use allowance_domain::authz::{Action, Permit};
use allowance_domain::ledger::{Account, EntryKind};
use allowance_store::{AuditFilter, AuditLine, EntryFilter, EntryRow, Holder, LastProof, Proof};
use allowance_values::{CycleId, OrganisationId, PersonId};
use uuid::Uuid;

use crate::context::{App, Caller};
use crate::error::Result;

/// An entry with what people read beside it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EntryLine {
    /// The entry.
    pub entry: EntryRow,
    /// The cycle's id.
    pub cycle_id: CycleId,
    /// Who caused it.
    pub actor: Option<Holder>,
    /// Why, or what it was: a grant's reason, a charge's note.
    pub note: Option<String>,
}

impl EntryLine {
    /// The person the entry is about.
    #[must_use]
    pub const fn person(&self) -> Option<PersonId> {
        match (self.entry.from, self.entry.to) {
            (Account::Member(person, _) | Account::Held(person, _) | Account::Spent(person, _), _)
            | (_, Account::Member(person, _) | Account::Held(person, _) | Account::Spent(person, _)) => {
                Some(person)
            }
            _ => None,
        }
    }

    /// Whether the subject is a grant.
    #[must_use]
    pub const fn is_about_a_grant(&self) -> bool {
        matches!(
            self.entry.kind,
            EntryKind::Grant | EntryKind::GrantTakenBack | EntryKind::Lapse
        )
    }

    /// Whether the subject is a charge.
    #[must_use]
    pub const fn is_about_a_charge(&self) -> bool {
        matches!(
            self.entry.kind,
            EntryKind::Charge | EntryKind::Reversal | EntryKind::CarryIn
        )
    }
}

/// A line of the audit log with the actor's name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditRead {
    /// The line.
    pub line: AuditLine,
    /// Who did it.
    pub actor: Option<Holder>,
}

/// Names and notes for entries.
pub(crate) async fn entry_lines(
    app: &App,
    organisation: OrganisationId,
    entries: Vec<EntryRow>,
) -> Result<Vec<EntryLine>> {
    let actors: Vec<PersonId> = entries.iter().filter_map(|entry| entry.actor).collect();
    let actors = app.store.holders(organisation, &actors).await?;
    let subjects: Vec<Uuid> = entries.iter().filter_map(|entry| entry.subject).collect();
    let notes: BTreeMap<Uuid, String> = app.store.notes(organisation, &subjects).await?;
    let cycles: Vec<_> = entries
        .iter()
        .map(|entry| (entry.credit_type, entry.cycle))
        .collect();
    let cycles = app.store.cycle_ids(organisation, &cycles).await?;
    let lines = entries.into_iter().filter_map(|entry| {
        Some(EntryLine {
            cycle_id: *cycles.get(&(entry.credit_type, entry.cycle))?,
            actor: entry.actor.and_then(|id| actors.get(&id).cloned()),
            note: entry.subject.and_then(|id| notes.get(&id).cloned()),
            entry,
        })
    });
    Ok(lines.collect())
}

/// Entries of the ledger, newest first.
///
/// # Errors
/// The store's.
pub async fn list_ledger_entries(
    app: &App,
    caller: &Caller,
    filter: EntryFilter,
    limit: u64,
) -> Result<Vec<EntryLine>> {
    let organisation = caller.actor.organisation;
    let entries = app.store.list_entries(organisation, filter, limit).await?;
    entry_lines(app, organisation, entries).await
}

/// Entries after a position, oldest first: one step of an export that ends at a fixed position.
///
/// # Errors
/// The store's.
pub async fn export_ledger_entries(
    app: &App,
    caller: &Caller,
    filter: EntryFilter,
    after: i64,
    limit: u64,
) -> Result<Vec<EntryLine>> {
    let organisation = caller.actor.organisation;
    let entries = app
        .store
        .entries_after(organisation, filter, after, limit)
        .await?;
    entry_lines(app, organisation, entries).await
}

/// Position of the ledger now.
///
/// # Errors
/// The store's.
pub async fn position(app: &App, caller: &Caller) -> Result<i64> {
    Ok(app.store.head(caller.actor.organisation).await?.seq)
}

/// The number of the cycle with this id, for a filter; nothing when there is none here.
///
/// # Errors
/// The store's.
pub async fn cycle_number(app: &App, caller: &Caller, id: CycleId) -> Result<Option<i64>> {
    Ok(app.store.cycle_number(caller.actor.organisation, id).await?)
}

/// The books, proven now and by the background job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Books {
    /// The proof of now, from where the job's last one ended.
    pub proof: Proof,
    /// The job's last one.
    pub last: Option<LastProof>,
}

/// Proves the organisation's books now.
///
/// # Errors
/// The store's.
pub async fn get_books(app: &App, caller: &Caller) -> Result<Books> {
    Permit::for_organisation(&caller.actor, Action::GetBooks)?;
    let organisation = caller.actor.organisation;
    let last = app.store.last_proof(organisation).await?;
    let proof = app.store.verify(organisation).await?;
    Ok(Books { proof, last })
}

/// Lines of the audit log, newest first.
///
/// # Errors
/// The store's.
pub async fn list_audit_entries(
    app: &App,
    caller: &Caller,
    filter: AuditFilter,
    limit: u64,
) -> Result<Vec<AuditRead>> {
    let organisation = caller.actor.organisation;
    let lines = app.store.list_audit(organisation, filter, limit).await?;
    let actors: Vec<PersonId> = lines.iter().filter_map(|line| line.actor).collect();
    let actors = app.store.holders(organisation, &actors).await?;
    let named = lines.into_iter().map(|line| AuditRead {
        actor: line.actor.and_then(|id| actors.get(&id).cloned()),
        line,
    });
    Ok(named.collect())
}
