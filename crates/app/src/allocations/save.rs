//! Saving cells: one group, one member, or many members at once. One path for all: load under the head, permit from the
//! loaded rows, ETag, decide, write, audit.

use std::collections::BTreeSet;

use allowance_domain::allocations::{BulkMode, Command, MemberEdit, Refusal};
use allowance_domain::authz::{Action, Cell, Denial, GroupFacts, Permit, group_cells};
use allowance_store::{AuditRecord, Done, GroupRow, MemberRow, Tx};
use allowance_values::{CreditTypeId, Credits, GrantId, GroupId, PersonId};

use super::desk::Desk;
use super::rows::{GroupLine, MemberLine, member_etag};
use crate::context::Caller;
use crate::cycles::open_current_book;
use crate::error::{Error, Result};

/// New values of a group's cells; absent ones stay.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UpdateGroup {
    /// Recurring allocation.
    pub monthly: Option<Credits>,
    /// One-off credits of this cycle.
    pub extra: Option<Credits>,
    /// Reserve for automatic approval.
    pub reserve: Option<Credits>,
}

/// New values of a member's cells; absent ones stay.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UpdateMember {
    /// Recurring allocation.
    pub monthly: Option<Credits>,
    /// The value of the Extra cell.
    pub extra: Option<Credits>,
    /// The cap in a shared pool; the inner absence is none.
    pub cap: Option<Option<Credits>>,
}

/// One row of a bulk save.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BulkItem {
    /// Whose row.
    pub person: PersonId,
    /// Its ETag as it was read.
    pub etag: String,
    /// The new values.
    pub update: UpdateMember,
}

/// A saved member row with its group's new figures.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MemberSaved {
    /// The member.
    pub member: MemberLine,
    /// The group.
    pub group: GroupLine,
}

/// Why an item of a bulk save was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ItemRefusal {
    /// The viewer may not see the person, may not do this, or it is their own affair.
    Denied(Denial),
    /// Somebody changed the row since it was read, or the request names it twice.
    Stale,
    /// A rule of the ledger refuses it.
    Refused(Refusal),
}

impl From<ItemRefusal> for Error {
    fn from(refusal: ItemRefusal) -> Self {
        match refusal {
            ItemRefusal::Denied(denial) => denial.into(),
            ItemRefusal::Stale => Self::Stale,
            ItemRefusal::Refused(refusal) => refusal.into(),
        }
    }
}

/// The answer to one item of a bulk save.
#[derive(Debug)]
pub struct BulkAnswer {
    /// Whose row.
    pub person: PersonId,
    /// The saved row, or why it was refused.
    pub outcome: std::result::Result<MemberLine, ItemRefusal>,
}

/// The answer to a bulk save.
#[derive(Debug)]
pub struct BulkSaved {
    /// In the order of the request.
    pub items: Vec<BulkAnswer>,
    /// New figures of every group touched.
    pub groups: Vec<GroupLine>,
}

/// Sets a group's cells.
///
/// # Errors
/// [`Error::NotFound`], [`Error::Forbidden`], [`Error::Stale`], [`Error::Refused`].
pub async fn update_group(
    mut tx: Tx,
    caller: &Caller,
    credit_type: CreditTypeId,
    group: GroupId,
    etag: &str,
    update: &UpdateGroup,
) -> Result<Done<GroupLine>> {
    let mut open = open_current_book(&mut tx, credit_type, &[], &[group]).await?;
    let number = open.book.cycle.number;
    let before = group_line(&tx, caller, credit_type, number, group).await?;
    Permit::for_group(
        &caller.actor,
        Action::UpdateGroupAllocation,
        &GroupFacts { id: group },
    )?;
    let UpdateGroup {
        monthly,
        extra,
        reserve,
    } = *update;
    let cells = group_cells(&caller.actor, &GroupFacts { id: group });
    let wanted = [
        (monthly, Cell::Monthly),
        (extra, Cell::Extra),
        (reserve, Cell::Reserve),
    ];
    if before.row.is_deleted
        || wanted
            .iter()
            .any(|(value, cell)| value.is_some() && !cells.contains(cell))
    {
        return Err(Error::Forbidden);
    }
    if before.etag != etag {
        return Err(Error::Stale);
    }
    let command = Command::SetGroup {
        group,
        monthly,
        extra,
        reserve,
    };
    for answer in tx.post(&mut open, &[command], BulkMode::AllOrNothing).await? {
        answer?;
    }
    let after = group_line(&tx, caller, credit_type, number, group).await?;
    let cells = |row: &GroupRow| {
        serde_json::json!({
            "credit_type": credit_type.to_string(),
            "monthly": row.figures.monthly.to_string(),
            "extra": row.figures.extra.to_string(),
            "auto_approve_reserve": row.standing.reserve.to_string(),
        })
    };
    tx.audit(AuditRecord {
        action: Action::UpdateGroupAllocation.name(),
        target: group.to_string(),
        before: Some(cells(&before.row)),
        after: Some(cells(&after.row)),
    });
    Ok(tx.done(after))
}

async fn group_line(
    tx: &Tx,
    caller: &Caller,
    credit_type: CreditTypeId,
    cycle_number: i64,
    group: GroupId,
) -> Result<GroupLine> {
    let rows = tx
        .group_rows(credit_type, cycle_number, &BTreeSet::from([group]))
        .await?;
    let row = rows.into_iter().next().ok_or(Error::NotFound)?;
    Ok(GroupLine::of(&caller.actor, row))
}

pub(super) fn edit_of(tx: &Tx, person: PersonId, update: &UpdateMember) -> MemberEdit {
    let UpdateMember { monthly, extra, cap } = *update;
    MemberEdit {
        person,
        monthly,
        extra,
        cap,
        typed_grant: GrantId::new(tx.new_id()),
    }
}

/// Sets a member's cells.
///
/// # Errors
/// [`Error::NotFound`], [`Error::Forbidden`], [`Error::OwnAffair`], [`Error::Stale`], [`Error::Refused`].
pub async fn update_member(
    tx: Tx,
    caller: &Caller,
    credit_type: CreditTypeId,
    person: PersonId,
    etag: &str,
    update: &UpdateMember,
) -> Result<Done<MemberSaved>> {
    let action = Action::UpdateMemberAllocation;
    let mut desk = Desk::open(tx, caller, credit_type, &[person], &[person]).await?;
    let permit = desk.permit(action, person)?;
    let before = desk.row(person)?;
    if member_etag(&before) != etag {
        return Err(Error::Stale);
    }
    let command = Command::SetMembers {
        edits: vec![edit_of(&desk.tx, person, update)],
    };
    for answer in desk
        .tx
        .post(&mut desk.open, &[command], BulkMode::AllOrNothing)
        .await?
    {
        answer?;
    }
    desk.audit(action, person, &before, permit)?;
    let member = desk.line(person)?;
    let group = desk.group_line(member.row.group).await?;
    Ok(desk.tx.done(MemberSaved { member, group }))
}

/// Sets many members' cells, together or each by itself.
///
/// # Errors
/// In [`BulkMode::AllOrNothing`] the first refusal, and nothing is saved.
pub async fn save_members(
    tx: Tx,
    caller: &Caller,
    credit_type: CreditTypeId,
    mode: BulkMode,
    items: &[BulkItem],
) -> Result<Done<BulkSaved>> {
    let action = Action::SaveMemberAllocations;
    let people: Vec<PersonId> = items.iter().map(|item| item.person).collect();
    let mut desk = Desk::open(tx, caller, credit_type, &people, &people).await?;
    let mut outcomes: Vec<std::result::Result<(), ItemRefusal>> = Vec::with_capacity(items.len());
    let mut accepted: Vec<(usize, MemberEdit, MemberRow, Permit)> = Vec::with_capacity(items.len());
    let mut seen = BTreeSet::new();
    for (index, item) in items.iter().enumerate() {
        let checked = check_item(&desk, action, item, seen.insert(item.person))?;
        if mode == BulkMode::AllOrNothing
            && let Err(refusal) = checked
        {
            return Err(refusal.into());
        }
        outcomes.push(checked.map(|(row, permit)| {
            accepted.push((index, edit_of(&desk.tx, item.person, &item.update), row, permit));
        }));
    }
    match mode {
        BulkMode::AllOrNothing => {
            let edits = accepted.iter().map(|(_, edit, ..)| *edit).collect();
            for answer in desk
                .tx
                .post(&mut desk.open, &[Command::SetMembers { edits }], mode)
                .await?
            {
                answer?;
            }
        }
        BulkMode::PerItem => {
            // Cuts go first, so that what they free is there for the rest.
            accepted.sort_by_key(|(index, edit, row, _)| (!is_cut(edit, row), *index));
            let commands: Vec<Command> = accepted
                .iter()
                .map(|(_, edit, ..)| Command::SetMembers { edits: vec![*edit] })
                .collect();
            let answers = desk.tx.post(&mut desk.open, &commands, mode).await?;
            for ((index, ..), answer) in accepted.iter().zip(answers) {
                if let (Err(refusal), Some(outcome)) = (answer, outcomes.get_mut(*index)) {
                    *outcome = Err(ItemRefusal::Refused(refusal));
                }
            }
        }
    }
    let mut groups = BTreeSet::new();
    for (index, edit, before, permit) in accepted {
        if outcomes.get(index).is_some_and(std::result::Result::is_ok) {
            desk.audit(action, edit.person, &before, permit)?;
            groups.insert(before.group);
        }
    }
    let mut answers = Vec::with_capacity(items.len());
    for (item, outcome) in items.iter().zip(outcomes) {
        let outcome = match outcome {
            Ok(()) => Ok(desk.line(item.person)?),
            Err(error) => Err(error),
        };
        answers.push(BulkAnswer {
            person: item.person,
            outcome,
        });
    }
    let groups = desk.group_lines(&groups).await?;
    Ok(desk.tx.done(BulkSaved {
        items: answers,
        groups,
    }))
}

fn check_item(
    desk: &Desk<'_>,
    action: Action,
    item: &BulkItem,
    is_first: bool,
) -> Result<std::result::Result<(MemberRow, Permit), ItemRefusal>> {
    let Some(holder) = desk.holders.get(&item.person) else {
        return Ok(Err(ItemRefusal::Denied(Denial::Invisible)));
    };
    let permit = match Permit::for_person(&desk.caller.actor, action, &holder.facts, desk.is_only_admin) {
        Ok(permit) => permit,
        Err(denial) => return Ok(Err(ItemRefusal::Denied(denial))),
    };
    let row = desk.row(item.person)?;
    if !is_first || member_etag(&row) != item.etag {
        return Ok(Err(ItemRefusal::Stale));
    }
    Ok(Ok((row, permit)))
}

/// Whether an edit only lessens what the group gives.
fn is_cut(edit: &MemberEdit, row: &MemberRow) -> bool {
    let lessens = |new: Option<Credits>, old: Credits| new.is_none_or(|new| new <= old);
    lessens(edit.monthly, row.standing.monthly) && lessens(edit.extra, row.figures.extra)
}
