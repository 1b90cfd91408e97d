//! Moving people to another group, with all credit types together.

use std::collections::BTreeSet;

use allowance_domain::allocations::{BulkMode, Command, Refusal, WhenShort};
use allowance_domain::authz::{Action, Permit};
use allowance_store::{AuditRecord, Done, OpenBook, PersonCard, ShortMove, Tx};
use allowance_values::{Credits, GroupId, PersonId};

use super::audited;
use crate::context::Caller;
use crate::cycles::open_all_books;
use crate::error::{Error, FieldError, Result};

/// So many people move at a time.
const CHUNK: usize = 2_000;

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

/// Moves people because HR says so: such a move is never refused. It takes what the new group can fund; what it cannot is
/// written down and needs attention. Gives those it concerns.
pub(crate) async fn move_as_fits(tx: &mut Tx, moves: &[(PersonId, GroupId)]) -> Result<BTreeSet<PersonId>> {
    let mut short = BTreeSet::new();
    for moves in moves.chunks(CHUNK) {
        let people: Vec<PersonId> = moves.iter().map(|(person, _)| *person).collect();
        let groups: BTreeSet<GroupId> = moves.iter().map(|(_, group)| *group).collect();
        let groups: Vec<GroupId> = groups.into_iter().collect();
        for mut open in open_all_books(tx, &people, &groups).await? {
            let left_behind = move_in(tx, &mut open, moves).await?;
            tx.keep_short_moves(open.book.terms.id, &left_behind).await?;
            short.extend(left_behind.iter().map(|row| row.person));
        }
    }
    Ok(short)
}

/// Moves people in one credit type, and says of whom something stayed behind.
async fn move_in(tx: &mut Tx, open: &mut OpenBook, moves: &[(PersonId, GroupId)]) -> Result<Vec<ShortMove>> {
    let settle = |(person, _): &(PersonId, GroupId)| Command::Settle { person: *person };
    let to_group = |(person, to): &(PersonId, GroupId)| Command::Move {
        person: *person,
        to: *to,
        when_short: WhenShort::TakeWhatFits,
    };
    let settling: Vec<Command> = moves.iter().map(settle).collect();
    let moving: Vec<Command> = moves.iter().map(to_group).collect();
    post_all(tx, open, &settling).await?;
    let before: Vec<Credits> = moves
        .iter()
        .map(|(person, _)| own(open, *person))
        .collect::<Result<_>>()?;
    post_all(tx, open, &moving).await?;
    let mut left_behind = Vec::new();
    for ((person, group), before) in moves.iter().zip(before) {
        let missing = before.checked_sub(own(open, *person)?).unwrap_or_default();
        if missing.is_positive() {
            left_behind.push(ShortMove {
                person: *person,
                group: *group,
                missing,
                at: tx.at(),
            });
        }
    }
    Ok(left_behind)
}

async fn post_all(tx: &mut Tx, open: &mut OpenBook, commands: &[Command]) -> Result<()> {
    for answer in tx.post(open, commands, BulkMode::AllOrNothing).await? {
        answer?;
    }
    Ok(())
}

/// What the group gives a person: the standing Monthly, and Extra of this cycle.
fn own(open: &OpenBook, person: PersonId) -> Result<Credits> {
    let member = open.book.member(person)?;
    let own = member.standing.monthly.checked_add(member.figures.extra);
    Ok(own.ok_or(Refusal::AmountOutOfRange)?)
}
