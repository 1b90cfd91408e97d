//! Importing people. A dry run is the same run, rolled back.

use std::collections::BTreeSet;

use allowance_domain::authz::{Action, Permit, Role};
use allowance_domain::people::{Field, Outcome, Plan, PlannedRow, Superior};
use allowance_store::{AuditRecord, Done, NewPerson, Origin, PersonUpdate, Tx};
use allowance_values::{GroupId, OrganisationId, PersonId};

use super::csv::PeopleFile;
use crate::audited::first_that_fit;
use crate::context::{App, Caller};
use crate::credit_types::grant_to_joiners;
use crate::error::{Error, Result};
use crate::people::move_as_fits;

/// So many people are written at a time.
const CHUNK: usize = 5_000;

/// What an import did, or would do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Imported {
    /// Whether nothing was written.
    pub is_dry_run: bool,
    /// Row by row.
    pub plan: Plan,
    /// Columns nobody knows.
    pub unknown_columns: Vec<String>,
    /// Whether the new people count as joiners; nothing when the file adds nobody.
    pub are_joiners: Option<bool>,
    /// Those whose new group could not fund all they had.
    pub short_of_credits: BTreeSet<PersonId>,
}

/// How many rows meet which end.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    /// New people.
    pub added: u64,
    /// Changed people.
    pub changed: u64,
    /// Nothing to do.
    pub unchanged: u64,
    /// Left out.
    pub refused: u64,
}

impl Imported {
    /// How many rows meet which end.
    #[must_use]
    pub fn tally(&self) -> Tally {
        let mut tally = Tally::default();
        for row in &self.plan.rows {
            let count = match row.outcome {
                Outcome::Add { .. } => &mut tally.added,
                Outcome::Change { .. } => &mut tally.changed,
                Outcome::Keep => &mut tally.unchanged,
                Outcome::Refuse { .. } => &mut tally.refused,
            };
            *count = count.saturating_add(1);
        }
        tally
    }
}

/// How a file is imported.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ImportPeople {
    /// Whether nothing is written.
    pub is_dry_run: bool,
    /// Whether new rows are people who join now, and get the credits of new users. Unanswered it is yes, but no in an
    /// organisation where nobody is yet: its first file holds those who were there before.
    pub are_joiners: Option<bool>,
}

/// Imports a file of people, or says what it would do.
///
/// # Errors
/// [`Error::Forbidden`], or the store's. A row that cannot be is no error; it is refused and the others go on.
pub async fn import_people(
    tx: Tx,
    caller: &Caller,
    file: &PeopleFile,
    how: ImportPeople,
) -> Result<Done<Imported>> {
    Permit::for_organisation(&caller.actor, Action::ImportPeople)?;
    import(tx, file, how).await
}

impl App {
    /// Imports a file of people for whoever holds the database.
    ///
    /// # Errors
    /// The store's.
    pub async fn import_people(
        &self,
        organisation: OrganisationId,
        file: &PeopleFile,
        how: ImportPeople,
    ) -> Result<Imported> {
        let origin = Origin::system(organisation);
        self.store.transact(&origin, |tx| import(tx, file, how)).await
    }
}

async fn import(mut tx: Tx, file: &PeopleFile, how: ImportPeople) -> Result<Done<Imported>> {
    let ImportPeople {
        is_dry_run,
        are_joiners,
    } = how;
    if is_dry_run {
        tx.rehearse();
    }
    let existing = tx.existing_people(&file.drafts.email_keys()).await?;
    let mut imported = Imported {
        is_dry_run,
        plan: file.drafts.clone().plan(&existing),
        unknown_columns: file.unknown_columns.clone(),
        are_joiners: None,
        short_of_credits: BTreeSet::new(),
    };
    let Tally {
        added,
        changed,
        unchanged,
        refused,
    } = imported.tally();
    if added == 0 && changed == 0 {
        return Ok(tx.done(imported));
    }
    if added > 0 {
        let are_joiners = match are_joiners {
            Some(answer) => answer,
            None => !tx.is_empty_organisation().await?,
        };
        imported.are_joiners = Some(are_joiners);
    }
    let added_people = write(&mut tx, &imported.plan).await?;
    if imported.are_joiners == Some(true) {
        grant_to_joiners(&mut tx, &added_people).await?;
    }
    imported.short_of_credits = move_as_fits(&mut tx, &moves_of(&imported.plan)).await?;
    tx.audit(AuditRecord {
        action: Action::ImportPeople.name(),
        target: tx.organisation().to_string(),
        before: None,
        after: Some(serde_json::json!({
            "added": added, "changed": changed, "unchanged": unchanged, "refused": refused,
            "joiners": imported.are_joiners, "short_of_credits": imported.short_of_credits.len(),
            "rows": audited_rows(&imported.plan),
        })),
    });
    Ok(tx.done(imported))
}

/// Who moves where.
fn moves_of(plan: &Plan) -> Vec<(PersonId, GroupId)> {
    let of_row = |row: &PlannedRow| match &row.outcome {
        Outcome::Change { id, group, .. } => group.map(|group| (*id, group)),
        Outcome::Add { .. } | Outcome::Keep | Outcome::Refuse { .. } => None,
    };
    plan.rows.iter().filter_map(of_row).collect()
}

/// The first rows that changed something, as many as the audit log has room for.
fn audited_rows(plan: &Plan) -> Vec<serde_json::Value> {
    let changes = plan.rows.iter().filter_map(|row| match &row.outcome {
        Outcome::Add { profile, .. } => Some(serde_json::json!({"added": profile.email.as_str()})),
        Outcome::Change { id, changes, .. } => {
            let fields = changes.iter().map(|change| {
                serde_json::json!({
                    "field": change.field.as_str(), "before": change.before, "after": change.after,
                })
            });
            Some(serde_json::json!({"changed": id.to_string(), "fields": fields.collect::<Vec<_>>()}))
        }
        Outcome::Keep | Outcome::Refuse { .. } => None,
    });
    first_that_fit(changes)
}

/// Writes the plan and answers who was added.
async fn write(tx: &mut Tx, plan: &Plan) -> Result<Vec<PersonId>> {
    let mut ids: Vec<Option<PersonId>> = vec![None; plan.rows.len()];
    for index in &plan.additions {
        if let Some(id) = ids.get_mut(*index) {
            *id = Some(PersonId::new(tx.new_id()));
        }
    }
    let id_of = |index: usize| {
        let id = ids.get(index).copied().flatten();
        id.ok_or_else(|| Error::Internal(format!("row {index} of an import adds nobody")))
    };
    let resolve = |superior: Option<Superior>| match superior {
        None => Ok(None),
        Some(Superior::Existing(person)) => Ok(Some(person)),
        Some(Superior::Row(index)) => id_of(index).map(Some),
    };
    let default_group = tx.default_group().await?.id;
    for indexes in plan.additions.chunks(CHUNK) {
        let mut people = Vec::with_capacity(indexes.len());
        for index in indexes {
            if let Some(Outcome::Add {
                profile,
                manager,
                group,
            }) = plan.rows.get(*index).map(|row| &row.outcome)
            {
                people.push(NewPerson {
                    id: id_of(*index)?,
                    profile: profile.as_ref().clone(),
                    manager: resolve(*manager)?,
                    role: Role::Member,
                    group: group.unwrap_or(default_group),
                });
            }
        }
        tx.insert_people(&people).await?;
    }
    for rows in plan.rows.chunks(CHUNK) {
        let mut updates = Vec::new();
        for row in rows {
            if let Outcome::Change {
                id,
                profile,
                manager,
                changes,
                group: _,
            } = &row.outcome
                // Who only moves is written by the move.
                && changes.iter().any(|change| change.field != Field::Group)
            {
                updates.push(PersonUpdate {
                    id: *id,
                    profile: profile.clone(),
                    manager: resolve(*manager)?,
                });
            }
        }
        tx.update_people(&updates).await?;
    }
    // Whoever gets a first report, or loses the last, reads more or less from now on; so does who moves.
    tx.raise_epoch();
    Ok(ids.into_iter().flatten().collect())
}
