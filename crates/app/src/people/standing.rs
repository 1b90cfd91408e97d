//! What a person may do, and whether they are active. Nobody decides it for themselves, and one admin always remains.

use allowance_domain::authz::{Action, Permit, Role};
use allowance_domain::people::PersonStatus;
use allowance_store::{AuditRecord, Done, PersonCard, PersonRow, Tx};
use allowance_values::PersonId;

use super::audited;
use crate::context::Caller;
use crate::error::{Error, Result};

pub(super) async fn permitted(tx: &Tx, caller: &Caller, action: Action, id: PersonId) -> Result<PersonRow> {
    let row = tx.find_person(id).await?.ok_or(Error::NotFound)?;
    Permit::for_person(&caller.actor, action, &row.facts(), false)?;
    Ok(row)
}

/// Two admins who demote each other at the same moment do not leave nobody behind.
pub(super) async fn leave_an_admin(tx: &Tx, row: &PersonRow) -> Result<()> {
    if row.role == Role::Admin && row.status == PersonStatus::Active && tx.is_only_admin(row.id).await? {
        return Err(Error::LastAdmin);
    }
    Ok(())
}

async fn finish(mut tx: Tx, action: Action, before: &PersonRow) -> Result<Done<PersonCard>> {
    let card = tx.person_card(before.id).await?;
    tx.audit(AuditRecord {
        action: action.name(),
        target: before.id.to_string(),
        before: Some(audited(before)),
        after: Some(audited(&card.row)),
    });
    Ok(tx.done(card))
}

/// Gives a person another role; it holds from their next request on.
///
/// # Errors
/// [`Error::NotFound`], [`Error::OwnAffair`], [`Error::LastAdmin`].
pub async fn change_role(mut tx: Tx, caller: &Caller, id: PersonId, role: Role) -> Result<Done<PersonCard>> {
    let before = permitted(&tx, caller, Action::ChangeRole, id).await?;
    if before.role == role {
        let card = tx.person_card(id).await?;
        return Ok(tx.done(card));
    }
    leave_an_admin(&tx, &before).await?;
    tx.set_role(id, before.version, role).await?;
    finish(tx, Action::ChangeRole, &before).await
}

/// Suspends a person: they keep what they have, cannot spend and cannot sign in.
///
/// # Errors
/// [`Error::NotFound`], [`Error::OwnAffair`], [`Error::LastAdmin`], [`Error::PersonNotActive`] for who has left.
pub async fn suspend_person(tx: Tx, caller: &Caller, id: PersonId) -> Result<Done<PersonCard>> {
    set_status(tx, caller, Action::SuspendPerson, id, PersonStatus::Suspended).await
}

/// Ends a suspension, or brings somebody back who has left. They have what they kept: after leaving that is nothing.
///
/// # Errors
/// [`Error::NotFound`], [`Error::OwnAffair`].
pub async fn reinstate_person(tx: Tx, caller: &Caller, id: PersonId) -> Result<Done<PersonCard>> {
    set_status(tx, caller, Action::ReinstatePerson, id, PersonStatus::Active).await
}

async fn set_status(
    mut tx: Tx,
    caller: &Caller,
    action: Action,
    id: PersonId,
    status: PersonStatus,
) -> Result<Done<PersonCard>> {
    let before = permitted(&tx, caller, action, id).await?;
    match before.status {
        same if same == status => {
            let card = tx.person_card(id).await?;
            return Ok(tx.done(card));
        }
        PersonStatus::Left if status == PersonStatus::Suspended => return Err(Error::PersonNotActive),
        PersonStatus::Active | PersonStatus::Suspended | PersonStatus::Left => {}
    }
    leave_an_admin(&tx, &before).await?;
    tx.set_status(id, before.version, status).await?;
    if status != PersonStatus::Active {
        // Whoever comes back signs in anew.
        tx.revoke_sessions_of(id).await?;
    }
    finish(tx, action, &before).await
}
