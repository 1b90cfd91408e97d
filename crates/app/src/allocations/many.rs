//! One change for all members of a group that a view shows: all of it or nothing, judged by the end state.

use allowance_domain::allocations::{BulkMode, Command, MemberEdit, split};
use allowance_domain::authz::{Action, GroupFacts, Permit};
use allowance_store::{AuditRecord, Done, MemberRow, MemberView, Tx};
use allowance_values::{CreditTypeId, Credits, GroupId, PersonId};

use super::desk::Desk;
use super::rows::GroupLine;
use super::save::{UpdateMember, edit_of};
use crate::audited::first_that_fit;
use crate::context::Caller;
use crate::cycles::open_current_book;
use crate::error::{Error, FieldError, Result};

/// So many rows change at once.
const MOST_ROWS: usize = 100_000;
/// So many values from before are answered.
const MOST_BEFORE: usize = 5_000;

/// What a change of many rows does to each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ManyChange {
    /// Splits the amount equally as Monthly, to the last unit.
    SplitMonthly,
    /// Splits the amount equally as Extra, to the last unit.
    SplitExtra,
    /// Sets Monthly.
    SetMonthly,
    /// Sets Extra.
    SetExtra,
    /// Sets the cap of a shared pool.
    SetCap,
}

/// A change of many rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AllocateMany {
    /// The group.
    pub group: GroupId,
    /// Which of its members.
    pub view: MemberView,
    /// What happens to each.
    pub change: ManyChange,
    /// The amount: in all for a split, each for a set.
    pub amount: Credits,
    /// Whether nothing is written.
    pub is_dry_run: bool,
}

/// What a change of many rows did, or would do.
#[derive(Debug)]
pub struct ManyAllocated {
    /// Whether nothing was written.
    pub is_dry_run: bool,
    /// How many rows change.
    pub changed: u64,
    /// How many stay as they are.
    pub unchanged: u64,
    /// Whether the view shows the caller, whose own row is left out.
    pub is_own_left_out: bool,
    /// The smallest and the largest new value.
    pub range: Option<(Credits, Credits)>,
    /// What the rows hold before, of the cell that changes.
    pub total_before: Credits,
    /// And after.
    pub total_after: Credits,
    /// The group as it is, or would be.
    pub group: GroupLine,
    /// Whose value changes, and what it was.
    pub before: Vec<(PersonId, Option<Credits>)>,
}

impl ManyChange {
    const fn word(self) -> &'static str {
        match self {
            Self::SplitMonthly => "split_monthly",
            Self::SplitExtra => "split_extra",
            Self::SetMonthly => "set_monthly",
            Self::SetExtra => "set_extra",
            Self::SetCap => "set_cap",
        }
    }

    /// The new values of so many rows.
    fn values(self, amount: Credits, desk: &Desk<'_>, rows: usize) -> Result<Vec<Credits>> {
        match self {
            Self::SplitMonthly | Self::SplitExtra => Ok(split(amount, desk.open.book.terms.decimals, rows)?),
            Self::SetMonthly | Self::SetExtra | Self::SetCap => Ok(vec![amount; rows]),
        }
    }

    const fn update(self, value: Credits) -> UpdateMember {
        let mut update = UpdateMember {
            monthly: None,
            extra: None,
            cap: None,
        };
        match self {
            Self::SplitMonthly | Self::SetMonthly => update.monthly = Some(value),
            Self::SplitExtra | Self::SetExtra => update.extra = Some(value),
            Self::SetCap => update.cap = Some(Some(value)),
        }
        update
    }

    /// The value of the cell it changes.
    const fn cell(self, row: &MemberRow) -> Option<Credits> {
        match self {
            Self::SplitMonthly | Self::SetMonthly => Some(row.figures.monthly),
            Self::SplitExtra | Self::SetExtra => Some(row.figures.extra),
            Self::SetCap => row.standing.cap,
        }
    }
}

fn total(values: impl Iterator<Item = Option<Credits>>) -> Result<Credits> {
    let mut sum = Credits::ZERO;
    for value in values.flatten() {
        let out_of_range = || Error::Internal("a sum of cells does not fit".to_owned());
        sum = sum.checked_add(value).ok_or_else(out_of_range)?;
    }
    Ok(sum)
}

/// Changes the cell of every member a view shows. The caller's own row is left out, for nobody decides for themselves.
///
/// # Errors
/// [`Error::NotFound`], [`Error::Forbidden`]; [`Error::Refused`] says by how much it does not fit, and nothing changed.
pub async fn allocate_many(
    mut tx: Tx,
    caller: &Caller,
    credit_type: CreditTypeId,
    wanted: &AllocateMany,
) -> Result<Done<ManyAllocated>> {
    let AllocateMany {
        group,
        view,
        change,
        amount,
        is_dry_run,
    } = wanted;
    if *is_dry_run {
        tx.rehearse();
    }
    tx.find_group(*group).await?.ok_or(Error::NotFound)?;
    let permit = Permit::for_group(&caller.actor, Action::AllocateMany, &GroupFacts { id: *group })?;
    // The cycle of now is opened before figures are looked at.
    open_current_book(&mut tx, credit_type, &[], &[]).await?;
    let places = tx
        .member_places(credit_type, view)
        .await?
        .ok_or(Error::NotFound)?;
    let mut people: Vec<PersonId> = places.into_iter().map(|place| place.at.id).collect();
    let shown = people.len();
    let is_only_admin = tx.is_only_admin(caller.actor.person).await?;
    let own = tx.holders(&[caller.actor.person]).await?;
    let is_own_affair = own.values().any(|own| {
        Permit::for_person(&caller.actor, Action::AllocateMany, &own.facts, is_only_admin).is_err()
    });
    people.retain(|person| !(is_own_affair && *person == caller.actor.person));
    check_count(people.len())?;
    let mut desk = Desk::open(tx, caller, credit_type, &people, &[]).await?;
    let values = change.values(*amount, &desk, people.len())?;
    let mut before = Vec::with_capacity(people.len());
    let mut edits: Vec<MemberEdit> = Vec::with_capacity(people.len());
    for (person, value) in people.iter().zip(&values) {
        let was = change.cell(&desk.row(*person)?);
        before.push(was);
        if was != Some(*value) {
            edits.push(edit_of(&desk.tx, *person, &change.update(*value)));
        }
    }
    let changed = edits.len();
    let command = Command::SetMembers { edits };
    for answer in desk
        .tx
        .post(&mut desk.open, &[command], BulkMode::AllOrNothing)
        .await?
    {
        answer?;
    }
    let group = desk.group_line(*group).await?;
    let allocated = ManyAllocated {
        is_dry_run: *is_dry_run,
        changed: count(changed),
        unchanged: count(people.len().saturating_sub(changed)),
        is_own_left_out: people.len() < shown,
        range: values.iter().min().copied().zip(values.iter().max().copied()),
        total_before: total(before.iter().copied())?,
        total_after: total(values.iter().copied().map(Some))?,
        group,
        before: changes(&people, &before, &values)
            .map(|(person, was, _)| (person, was))
            .take(MOST_BEFORE)
            .collect(),
    };
    if changed > 0 {
        let rows = changes(&people, &before, &values).map(|(person, was, is)| {
            serde_json::json!({
                "person": person.to_string(),
                "before": was.map(|was| was.to_string()),
                "after": is.to_string(),
            })
        });
        desk.tx.audit(AuditRecord {
            action: permit.action().name(),
            target: allocated.group.row.id.to_string(),
            before: Some(serde_json::json!({"total": allocated.total_before.to_string()})),
            after: Some(serde_json::json!({
                "credit_type": credit_type.to_string(),
                "change": change.word(),
                "amount": amount.to_string(),
                "total": allocated.total_after.to_string(),
                "changed": changed,
                "rows": first_that_fit(rows),
            })),
        });
    }
    Ok(desk.tx.done(allocated))
}

/// Those whose value changes: what it was, what it is.
fn changes<'a>(
    people: &'a [PersonId],
    before: &'a [Option<Credits>],
    values: &'a [Credits],
) -> impl Iterator<Item = (PersonId, Option<Credits>, Credits)> + 'a {
    let rows = people.iter().zip(before).zip(values);
    rows.filter(|((_, was), is)| **was != Some(**is))
        .map(|((person, was), is)| (*person, *was, *is))
}

fn check_count(rows: usize) -> Result<()> {
    let detail = if rows == 0 {
        "Nobody is shown whose cell you may edit.".to_owned()
    } else if rows > MOST_ROWS {
        format!("At most {MOST_ROWS} rows change at once; narrow the view.")
    } else {
        return Ok(());
    };
    Err(Error::Fields(vec![FieldError::invalid("", detail)]))
}

fn count(rows: usize) -> u64 {
    u64::try_from(rows).unwrap_or(u64::MAX)
}
