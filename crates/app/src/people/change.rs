//! Adding a person, and changing what HR says about one.

use allowance_domain::authz::{Action, Permit, Role};
use allowance_domain::people::{Fault, Field, Profile, would_cycle};
use allowance_store::{AuditRecord, Done, NewPerson, PersonCard, PersonUpdate, StoreError, Tx};
use allowance_values::{Email, GroupId, PersonId};

use super::{audited, etag};
use crate::context::Caller;
use crate::credit_types::grant_to_joiners;
use crate::error::{Error, FieldError, Result};

/// A person to add.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CreatePerson {
    /// The address.
    pub email: Email,
    /// The other fields as they were typed; the manager is none of them.
    pub texts: Vec<(Field, String)>,
    /// Whom they report to.
    pub manager: Option<PersonId>,
    /// The group they join; Default when absent.
    pub group: Option<GroupId>,
}

/// Changes to a person; what is absent stays.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UpdatePerson {
    /// Fields as they were typed, empty to clear; the manager is none of them.
    pub texts: Vec<(Field, String)>,
    /// Whom they report to: nothing to keep, nothing within to clear.
    pub manager: Option<Option<PersonId>>,
}

fn wrong(field: Field, fault: &Fault) -> FieldError {
    FieldError::invalid(format!("/{}", field.as_str()), format!("Mend this: {fault}."))
}

/// Sets every field, or says what is wrong with each that cannot be.
fn set_all(profile: &mut Profile, texts: &[(Field, String)]) -> Result<()> {
    let wrongs: Vec<FieldError> = texts
        .iter()
        .filter_map(|(field, text)| Some(wrong(*field, &profile.set(*field, text).err()?)))
        .collect();
    if wrongs.is_empty() {
        Ok(())
    } else {
        Err(Error::Fields(wrongs))
    }
}

fn nobody(pointer: &str) -> Error {
    Error::Fields(vec![FieldError::invalid(pointer, "There is none with this id.")])
}

fn taken(error: StoreError) -> Error {
    if error.is_constraint("person_email_unique") {
        Error::EmailTaken
    } else {
        Error::Store(error)
    }
}

/// Adds a person.
///
/// # Errors
/// [`Error::Fields`], [`Error::EmailTaken`], [`Error::Forbidden`].
pub async fn create_person(mut tx: Tx, caller: &Caller, new: &CreatePerson) -> Result<Done<PersonCard>> {
    Permit::for_organisation(&caller.actor, Action::CreatePerson)?;
    let CreatePerson {
        email,
        texts,
        manager,
        group,
    } = new;
    let mut profile = Profile::new(email.clone(), String::new());
    profile
        .set(Field::Email, email.as_str())
        .map_err(|fault| Error::Fields(vec![wrong(Field::Email, &fault)]))?;
    set_all(&mut profile, texts)?;
    if let Some(manager) = manager {
        tx.find_person(*manager)
            .await?
            .ok_or_else(|| nobody("/manager_id"))?;
    }
    let group = match group {
        Some(group) => tx.find_group(*group).await?.ok_or_else(|| nobody("/group_id"))?,
        None => tx.default_group().await?,
    };
    let id = PersonId::new(tx.new_id());
    let person = NewPerson {
        id,
        profile,
        manager: *manager,
        role: Role::Member,
        group: group.id,
    };
    tx.insert_people(&[person]).await.map_err(taken)?;
    grant_to_joiners(&mut tx, &[id]).await?;
    if manager.is_some() {
        // Whoever gets a first report reads more from now on.
        tx.raise_epoch();
    }
    let card = tx.person_card(id).await?;
    tx.audit(AuditRecord {
        action: Action::CreatePerson.name(),
        target: id.to_string(),
        before: None,
        after: Some(audited(&card.row)),
    });
    Ok(tx.done(card))
}

/// Changes what HR says about a person.
///
/// # Errors
/// [`Error::NotFound`], [`Error::Stale`], [`Error::Fields`], [`Error::EmailTaken`], [`Error::ReportingCycle`].
pub async fn update_person(
    mut tx: Tx,
    caller: &Caller,
    id: PersonId,
    seen: &str,
    change: &UpdatePerson,
) -> Result<Done<PersonCard>> {
    let before = tx.find_person(id).await?.ok_or(Error::NotFound)?;
    Permit::for_person(&caller.actor, Action::UpdatePerson, &before.facts(), false)?;
    let card = tx.person_card(id).await?;
    if etag(&card) != seen {
        return Err(Error::Stale);
    }
    let UpdatePerson { texts, manager } = change;
    let mut profile = before.profile.clone();
    set_all(&mut profile, texts)?;
    let manager = manager.unwrap_or(before.manager);
    if manager != before.manager
        && let Some(manager) = manager
    {
        let line = tx.reporting_line(manager).await?;
        if line.is_empty() {
            return Err(nobody("/manager_id"));
        }
        if would_cycle(id, &line) {
            return Err(Error::ReportingCycle);
        }
    }
    if profile == before.profile && manager == before.manager {
        return Ok(tx.done(card));
    }
    tx.update_people(&[PersonUpdate { id, profile, manager }])
        .await
        .map_err(taken)?;
    if manager != before.manager {
        tx.raise_epoch();
    }
    let card = tx.person_card(id).await?;
    tx.audit(AuditRecord {
        action: Action::UpdatePerson.name(),
        target: id.to_string(),
        before: Some(audited(&before)),
        after: Some(audited(&card.row)),
    });
    Ok(tx.done(card))
}
