//! Changing how credits reach members in the middle of a cycle: Used stays, Monthly is put aside or restored.

use std::collections::BTreeMap;

use allowance_values::{Credits, GroupId, PersonId};

use super::book::Book;
use super::movement::{Account, EntryKind, Movement};
use super::posting::Posting;
use crate::allocations::{OutOfRange, Refusal};
use crate::credit_types::Distribution;

/// Changes the distribution. Every group must be loaded, and everyone whom the open cycle has touched; the Monthly of all
/// others is no entry yet, and changes with their groups' counter.
///
/// # Errors
/// [`Refusal::NotFound`] when a group is not loaded; out of range when a sum does not fit.
pub fn switch_distribution(book: &mut Book, to: Distribution) -> Result<Vec<Movement>, Refusal> {
    if book.terms.distribution == to {
        return Ok(Vec::new());
    }
    book.terms.distribution = to;
    let mut unwritten: BTreeMap<GroupId, Credits> = book
        .groups
        .iter()
        .map(|(id, group)| (*id, group.standing.members_monthly))
        .collect();
    let open = book.cycle.number;
    let here = book.members.iter().filter(|(_, member)| member.stands_in == open);
    let people: Vec<PersonId> = here.map(|(id, _)| *id).collect();
    let mut posting = Posting::new(book);
    for person in people {
        let member = posting.member_mut(person)?;
        let (group, standing) = (member.group, member.standing);
        let monthly = standing.monthly_in(to);
        if !member.is_touched {
            member.figures.monthly = monthly;
            continue;
        }
        let by = monthly.checked_sub(member.figures.monthly).ok_or(OutOfRange)?;
        let account = Account::Member(person, group);
        posting.post(EntryKind::Monthly, Account::Group(group), account, by, None)?;
        let rest = unwritten.entry(group).or_default();
        *rest = rest.checked_sub(standing.monthly).ok_or(OutOfRange)?;
    }
    for (group, amount) in unwritten {
        let distributed = &mut posting.group_mut(group)?.figures.distributed;
        let changed = match to {
            Distribution::Individual => distributed.checked_add(amount),
            Distribution::SharedPool => distributed.checked_sub(amount),
        };
        *distributed = changed.ok_or(OutOfRange)?;
    }
    Ok(posting.into_movements())
}
