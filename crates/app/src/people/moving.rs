//! Moving a person to another group, with all credit types together.

use allowance_domain::allocations::{BulkMode, Command, WhenShort};
use allowance_domain::authz::{Action, Permit};
use allowance_store::{AuditRecord, Done, PersonCard, Tx};
use allowance_values::{GroupId, PersonId};

use super::audited;
use crate::context::Caller;
use crate::cycles::open_all_books;
use crate::error::{Error, FieldError, Result};

/// Moves a person. Nobody's Remaining changes; a group that lacks the credits is a refusal that says by how much, unless
/// `when_short` says what to do.
///
/// # Errors
/// [`Error::NotFound`], [`Error::Fields`] for a group that is not there, [`Error::Refused`].
pub async fn move_person(
    mut tx: Tx,
    caller: &Caller,
    id: PersonId,
    to: GroupId,
    when_short: WhenShort,
) -> Result<Done<PersonCard>> {
    let before = tx.find_person(id).await?.ok_or(Error::NotFound)?;
    Permit::for_person(&caller.actor, Action::MovePerson, &before.facts(), false)?;
    if tx.find_group(to).await?.is_none() {
        return Err(Error::Fields(vec![FieldError::invalid(
            "/group_id",
            "There is none with this id.",
        )]));
    }
    if before.group == to {
        let card = tx.person_card(id).await?;
        return Ok(tx.done(card));
    }
    let command = [Command::Move {
        person: id,
        to,
        when_short,
    }];
    for mut open in open_all_books(&mut tx, &[id], &[to]).await? {
        for answer in tx.post(&mut open, &command, BulkMode::AllOrNothing).await? {
            answer?;
        }
    }
    let card = tx.person_card(id).await?;
    tx.audit(AuditRecord {
        action: Action::MovePerson.name(),
        target: id.to_string(),
        before: Some(audited(&before)),
        after: Some(audited(&card.row)),
    });
    Ok(tx.done(card))
}
