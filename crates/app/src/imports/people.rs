//! Importing people. A dry run is the same run without the writing.

use allowance_domain::authz::{Action, Permit, Role};
use allowance_domain::people::{Outcome, Plan, Superior};
use allowance_store::{AuditRecord, Done, NewPerson, Origin, PersonUpdate, Tx};
use allowance_values::{OrganisationId, PersonId};

use super::csv::PeopleFile;
use crate::audited::first_that_fit;
use crate::context::{App, Caller};
use crate::credit_types::grant_to_joiners;
use crate::error::{Error, Result};

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
    /// Whether new rows are people who join now, and get the credits of new users.
    pub are_joiners: bool,
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
    let existing = tx.existing_people(&file.drafts.email_keys()).await?;
    let plan = file.drafts.clone().plan(&existing);
    let imported = Imported {
        is_dry_run,
        plan,
        unknown_columns: file.unknown_columns.clone(),
    };
    let Tally {
        added,
        changed,
        unchanged,
        refused,
    } = imported.tally();
    if is_dry_run || (added == 0 && changed == 0) {
        return Ok(tx.done(imported));
    }
    let added_people = write(&mut tx, &imported.plan).await?;
    if are_joiners {
        grant_to_joiners(&mut tx, &added_people).await?;
    }
    tx.audit(AuditRecord {
        action: Action::ImportPeople.name(),
        target: tx.organisation().to_string(),
        before: None,
        after: Some(serde_json::json!({
            "added": added, "changed": changed, "unchanged": unchanged, "refused": refused,
            "joiners": are_joiners,
            "rows": audited_rows(&imported.plan),
        })),
    });
    Ok(tx.done(imported))
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
    let group = tx.default_group().await?.id;
    for indexes in plan.additions.chunks(CHUNK) {
        let mut people = Vec::with_capacity(indexes.len());
        for index in indexes {
            if let Some(Outcome::Add { profile, manager }) = plan.rows.get(*index).map(|row| &row.outcome) {
                people.push(NewPerson {
                    id: id_of(*index)?,
                    profile: profile.as_ref().clone(),
                    manager: resolve(*manager)?,
                    role: Role::Member,
                    group,
                });
            }
        }
        tx.insert_people(&people).await?;
    }
    for rows in plan.rows.chunks(CHUNK) {
        let mut updates = Vec::new();
        for row in rows {
            if let Outcome::Change {
                id, profile, manager, ..
            } = &row.outcome
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
    // Whoever gets a first report, or loses the last, reads more or less from now on.
    tx.raise_epoch();
    Ok(ids.into_iter().flatten().collect())
}
