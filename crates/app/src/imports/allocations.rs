//! Importing allocations. The accepted rows are saved together, judged by their end state. A dry run is the same run,
//! rolled back.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use allowance_domain::allocations::{
    AllocationColumn, AllocationOutcome, BulkMode, Cells, Command, FoundMember, MemberEdit,
    PlannedAllocation, Refusal, decide,
};
use allowance_domain::authz::{Action, Denial, Permit, PersonFacts};
use allowance_store::{AuditRecord, Done, Holder, MemberRow, OpenBook, Origin, Tx};
use allowance_values::{CreditTypeId, Credits, GrantId, GroupId, OrganisationId, PersonId};

use super::csv::AllocationFile;
use super::people::Tally;
use crate::allocations::GroupLine;
use crate::audited::first_that_fit;
use crate::context::{App, Caller};
use crate::cycles::open_current_book;
use crate::error::{Error, Result};

/// So many people one file edits.
const MOST_PEOPLE: usize = 100_000;

/// What an import did, or would do.
#[derive(Debug)]
pub struct AllocationsImported {
    /// Whether nothing was written.
    pub is_dry_run: bool,
    /// Row by row.
    pub rows: Vec<PlannedAllocation>,
    /// Whom the rows are about.
    pub holders: BTreeMap<PersonId, Holder>,
    /// Columns nobody knows.
    pub unknown_columns: Vec<String>,
    /// New figures of every group touched, for whoever asked.
    pub groups: Vec<GroupLine>,
}

impl AllocationsImported {
    /// How many rows meet which end.
    #[must_use]
    pub fn tally(&self) -> Tally {
        let mut tally = Tally::default();
        for row in &self.rows {
            let count = match row.outcome {
                AllocationOutcome::Change { .. } => &mut tally.changed,
                AllocationOutcome::Keep => &mut tally.unchanged,
                AllocationOutcome::Refuse { .. } => &mut tally.refused,
            };
            *count = count.saturating_add(1);
        }
        tally
    }
}

/// Imports a file of allocations, or says what it would do: rows of people whose cells the caller may edit.
///
/// # Errors
/// [`Error::NotFound`], [`Error::Forbidden`]; [`Error::Refused`] when the accepted rows together do not fit. A row that
/// cannot be is no error; it is refused and the others go on.
pub async fn import_allocations(
    tx: Tx,
    caller: &Caller,
    credit_type: CreditTypeId,
    file: &AllocationFile,
    is_dry_run: bool,
) -> Result<Done<AllocationsImported>> {
    let actor = &caller.actor;
    let is_only_admin = tx.is_only_admin(actor.person).await?;
    let permit = |facts: &PersonFacts| {
        Permit::for_person(actor, Action::ImportAllocations, facts, is_only_admin).map(|_| ())
    };
    let (tx, mut imported, touched) = import(tx, credit_type, file, is_dry_run, permit).await?;
    let cycle = tx.open_cycle_of(credit_type).await?;
    let rows = tx.group_rows(credit_type, cycle.number, &touched).await?;
    imported.groups = rows.into_iter().map(|row| GroupLine::of(actor, row)).collect();
    Ok(tx.done(imported))
}

impl App {
    /// Imports a file of allocations for whoever holds the database.
    ///
    /// # Errors
    /// As for a caller.
    pub async fn import_allocations(
        &self,
        organisation: OrganisationId,
        credit_type: CreditTypeId,
        file: &AllocationFile,
        is_dry_run: bool,
    ) -> Result<AllocationsImported> {
        self.store
            .transact(&Origin::system(organisation), |tx| async move {
                let (tx, imported, _) = import(tx, credit_type, file, is_dry_run, |_| Ok(())).await?;
                Ok(tx.done(imported))
            })
            .await
    }
}

async fn import(
    mut tx: Tx,
    credit_type: CreditTypeId,
    file: &AllocationFile,
    is_dry_run: bool,
    permit: impl Fn(&PersonFacts) -> std::result::Result<(), Denial>,
) -> Result<(Tx, AllocationsImported, BTreeSet<GroupId>)> {
    if is_dry_run {
        tx.rehearse();
    }
    let by_key = tx.people_by_email_key(&file.drafts.email_keys()).await?;
    if by_key.len() > MOST_PEOPLE {
        let detail = format!("at most {MOST_PEOPLE} people in one file; split it");
        return Err(Error::ImportUnreadable(detail));
    }
    let people: Vec<PersonId> = by_key.values().copied().collect();
    let holders = tx.holders(&people).await?;
    let permitted = |person: PersonId| holders.get(&person).ok_or(Denial::Invisible);
    let permitted = |person: PersonId| permitted(person).and_then(|holder| permit(&holder.facts));
    let allowed: Vec<PersonId> = (people.iter().copied())
        .filter(|person| permitted(*person).is_ok())
        .collect();
    let mut open = open_current_book(&mut tx, credit_type, &allowed, &[]).await?;
    let settle = |person: &PersonId| Command::Settle { person: *person };
    let known: Vec<Command> = allowed.iter().map(settle).collect();
    tx.post(&mut open, &known, BulkMode::PerItem).await?;

    let cells = cells_of(&open, &allowed)?;
    let find = |key: &str| {
        let person = *by_key.get(key)?;
        let cells = permitted(person).and_then(|()| cells.get(&person).copied().ok_or(Denial::Invisible));
        Some(FoundMember { person, cells })
    };
    let mut rows = file.drafts.plan(&open.book.terms, find);
    let edits = edits_of(&tx, &open, &mut rows);
    let touched: BTreeSet<GroupId> = edits
        .iter()
        .filter_map(|edit| open.book.members.get(&edit.person))
        .map(|member| member.group)
        .collect();
    if !edits.is_empty() {
        let command = Command::SetMembers { edits };
        for answer in tx.post(&mut open, &[command], BulkMode::AllOrNothing).await? {
            answer?;
        }
    }
    let imported = AllocationsImported {
        is_dry_run,
        rows,
        holders,
        unknown_columns: file.unknown_columns.clone(),
        groups: Vec::new(),
    };
    let Tally {
        added: _,
        changed,
        unchanged,
        refused,
    } = imported.tally();
    if changed > 0 {
        tx.audit(AuditRecord {
            action: Action::ImportAllocations.name(),
            target: credit_type.to_string(),
            before: None,
            after: Some(serde_json::json!({
                "changed": changed, "unchanged": unchanged, "refused": refused,
                "rows": first_that_fit(imported.rows.iter().filter_map(audited)),
            })),
        });
    }
    Ok((tx, imported, touched))
}

fn cells_of(open: &OpenBook, people: &[PersonId]) -> Result<HashMap<PersonId, Cells>> {
    let cells = |person: &PersonId| {
        let row = MemberRow::of(&open.book, *person)?;
        let cells = Cells {
            monthly: Some(row.figures.monthly),
            extra: Some(row.figures.extra),
            cap: Some(row.standing.cap),
        };
        Ok((*person, cells))
    };
    people.iter().map(cells).collect()
}

/// The edits of the rows that change something. A row that takes back more than was typed is refused, as the domain says
/// when it decides the row by itself, on a copy.
fn edits_of(tx: &Tx, open: &OpenBook, rows: &mut [PlannedAllocation]) -> Vec<MemberEdit> {
    let mut trial = None;
    let mut edits = Vec::new();
    for row in rows {
        let AllocationOutcome::Change {
            person,
            before,
            after: Cells { monthly, extra, cap },
        } = row.outcome
        else {
            continue;
        };
        let edit = MemberEdit {
            person,
            monthly,
            extra,
            cap,
            typed_grant: GrantId::new(tx.new_id()),
        };
        if extra.is_some() && extra < before.extra {
            let book = trial.get_or_insert_with(|| open.book.clone());
            let command = Command::SetMembers { edits: vec![edit] };
            if let Err(refusal @ Refusal::NothingToTakeBack { .. }) = decide(book, &command, tx.at()) {
                row.refuse(person, AllocationColumn::Extra, refusal);
                continue;
            }
        }
        edits.push(edit);
    }
    edits
}

fn audited(row: &PlannedAllocation) -> Option<serde_json::Value> {
    let AllocationOutcome::Change {
        person,
        before,
        after,
    } = &row.outcome
    else {
        return None;
    };
    let json = |cells: &Cells| {
        let amount = |amount: Option<Credits>| amount.map(|amount| amount.to_string());
        serde_json::json!({
            "monthly": amount(cells.monthly.filter(|_| after.monthly.is_some())),
            "extra": amount(cells.extra.filter(|_| after.extra.is_some())),
            "cap": amount(cells.cap.flatten().filter(|_| after.cap.is_some())),
        })
    };
    Some(serde_json::json!({"person": person.to_string(), "before": json(before), "after": json(after)}))
}
