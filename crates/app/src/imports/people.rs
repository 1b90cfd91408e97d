//! Importing people. A dry run is the same run without the writing.

use allowance_domain::authz::{Action, Permit, Role};
use allowance_domain::people::{Outcome, Plan, Superior};
use allowance_store::{AuditRecord, Done, NewPerson, Origin, PersonUpdate, Tx};
use allowance_values::{OrganisationId, PersonId};

use super::csv::PeopleFile;
use crate::context::{App, Caller};
use crate::error::{Error, Result};

/// So many rows are listed in the audit log.
const MAX_AUDITED: usize = 1_000;

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

/// Imports a file of people, or says what it would do.
///
/// # Errors
/// [`Error::Forbidden`], or the store's. A row that cannot be is no error; it is refused and the others go on.
pub async fn import_people(
    tx: Tx,
    caller: &Caller,
    file: &PeopleFile,
    is_dry_run: bool,
) -> Result<Done<Imported>> {
    Permit::for_organisation(&caller.actor, Action::ImportPeople)?;
    import(tx, file, is_dry_run).await
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
        is_dry_run: bool,
    ) -> Result<Imported> {
        let origin = Origin::system(organisation);
        self.store
            .transact(&origin, |tx| import(tx, file, is_dry_run))
            .await
    }
}

async fn import(mut tx: Tx, file: &PeopleFile, is_dry_run: bool) -> Result<Done<Imported>> {
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
    write(&mut tx, &imported.plan).await?;
    let changes = imported.plan.rows.iter().filter_map(|row| match &row.outcome {
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
    let rows: Vec<serde_json::Value> = changes.take(MAX_AUDITED).collect();
    tx.audit(AuditRecord {
        action: Action::ImportPeople.name(),
        target: tx.organisation().to_string(),
        before: None,
        after: Some(serde_json::json!({
            "added": added, "changed": changed, "unchanged": unchanged, "refused": refused, "rows": rows,
        })),
    });
    Ok(tx.done(imported))
}

async fn write(tx: &mut Tx, plan: &Plan) -> Result<()> {
    let mut ids: Vec<Option<PersonId>> = vec![None; plan.rows.len()];
    let resolve = |superior: Option<Superior>, ids: &[Option<PersonId>]| match superior {
        None => Ok(None),
        Some(Superior::Existing(person)) => Ok(Some(person)),
        Some(Superior::Row(index)) => {
            let person = ids.get(index).copied().flatten();
            person
                .map(Some)
                .ok_or_else(|| Error::Internal("a manager stands after their report".to_owned()))
        }
    };
    let group = tx.default_group().await?.id;
    let mut people = Vec::with_capacity(plan.additions.len());
    for index in &plan.additions {
        if let (Some(row), Some(slot)) = (plan.rows.get(*index), ids.get(*index))
            && let Outcome::Add { profile, manager } = &row.outcome
            && slot.is_none()
        {
            let id = PersonId::new(tx.new_id());
            let manager = resolve(*manager, &ids)?;
            people.push(NewPerson {
                id,
                profile: profile.clone(),
                manager,
                role: Role::Member,
                group,
            });
            if let Some(slot) = ids.get_mut(*index) {
                *slot = Some(id);
            }
        }
    }
    tx.insert_people(&people).await?;
    let mut updates = Vec::new();
    for row in &plan.rows {
        if let Outcome::Change {
            id, profile, manager, ..
        } = &row.outcome
        {
            let manager = resolve(*manager, &ids)?;
            updates.push(PersonUpdate {
                id: *id,
                profile: profile.clone(),
                manager,
            });
        }
    }
    tx.update_people(&updates).await?;
    // Whoever gets a first report, or loses the last, reads more or less from now on.
    tx.raise_epoch();
    Ok(())
}
