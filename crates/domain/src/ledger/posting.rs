//! The one way a movement reaches the book: recorded and folded into the figures in the same step.

use allowance_values::{Credits, GroupId, PersonId};
use uuid::Uuid;

use super::book::{Book, GroupState, MemberState};
use super::movement::{Account, EntryKind, Movement};
use crate::allocations::{OutOfRange, Refusal};

/// A posting under way.
pub(crate) struct Posting<'b> {
    pub(crate) book: &'b mut Book,
    movements: Vec<Movement>,
}

/// `slot += by`, checked.
fn add(slot: &mut Credits, by: Credits) -> Result<(), OutOfRange> {
    *slot = slot.checked_add(by).ok_or(OutOfRange)?;
    Ok(())
}

impl<'b> Posting<'b> {
    pub(crate) const fn new(book: &'b mut Book) -> Self {
        Self {
            book,
            movements: Vec::new(),
        }
    }

    pub(crate) fn into_movements(self) -> Vec<Movement> {
        self.movements
    }

    pub(crate) fn group_mut(&mut self, id: GroupId) -> Result<&mut GroupState, Refusal> {
        self.book.groups.get_mut(&id).ok_or(Refusal::NotFound)
    }

    pub(crate) fn member_mut(&mut self, id: PersonId) -> Result<&mut MemberState, Refusal> {
        self.book.members.get_mut(&id).ok_or(Refusal::NotFound)
    }

    /// Records a movement of an earlier cycle, whose figures no longer change.
    pub(crate) fn record(
        &mut self,
        cycle: i64,
        kind: EntryKind,
        from: Account,
        to: Account,
        amount: Credits,
    ) {
        if amount.is_positive() {
            let credit_type = self.book.terms.id;
            self.movements.push(Movement {
                credit_type,
                cycle,
                kind,
                from,
                to,
                amount,
                subject: None,
            });
        }
    }

    /// Posts into the open cycle. Zero posts nothing; a negative amount runs the other way.
    pub(crate) fn post(
        &mut self,
        kind: EntryKind,
        from: Account,
        to: Account,
        amount: Credits,
        subject: Option<Uuid>,
    ) -> Result<(), Refusal> {
        if amount.is_zero() {
            return Ok(());
        }
        let reversed = amount.checked_neg().ok_or(OutOfRange)?;
        let (from, to, amount, outgoing) = if amount.is_negative() {
            (to, from, reversed, amount)
        } else {
            (from, to, amount, reversed)
        };
        let credit_type = self.book.terms.id;
        let cycle = self.book.cycle.number;
        self.movements.push(Movement {
            credit_type,
            cycle,
            kind,
            from,
            to,
            amount,
            subject,
        });
        self.fold(kind, from, to, outgoing)?;
        self.fold(kind, to, from, amount)
    }

    /// Changes the figures behind `account` by `by`; `other` is the movement's other side.
    fn fold(
        &mut self,
        kind: EntryKind,
        account: Account,
        other: Account,
        by: Credits,
    ) -> Result<(), Refusal> {
        let back = by.checked_neg().ok_or(OutOfRange)?;
        match account {
            Account::Limit | Account::Lapsed | Account::Carried => {}
            Account::Unallocated => {
                if kind == EntryKind::Limit {
                    add(&mut self.book.cycle.figures.limit, by)?;
                } else if matches!(kind, EntryKind::GroupMonthly | EntryKind::GroupExtra) {
                    add(&mut self.book.cycle.figures.allocated, back)?;
                }
            }
            Account::Group(group) => {
                let figures = &mut self.group_mut(group)?.figures;
                match (kind, other) {
                    (EntryKind::GroupMonthly, _) => add(&mut figures.monthly, by)?,
                    (EntryKind::GroupExtra, _) => add(&mut figures.extra, by)?,
                    (EntryKind::CarryIn, _) => {
                        add(&mut figures.carried, by)?;
                        add(&mut self.book.cycle.figures.carried, by)?;
                    }
                    // Its standing Monthly counts as distributed since the cycle opened.
                    (EntryKind::Standing | EntryKind::Reserve, _) => {}
                    _ => add(&mut figures.distributed, back)?,
                }
            }
            Account::Reserve(group) => {
                if kind == EntryKind::Grant {
                    let figures = &mut self.group_mut(group)?.figures;
                    add(&mut figures.reserve_given, back)?;
                    add(&mut figures.distributed, back)?;
                }
            }
            Account::Member(person, group) => self.fold_member(kind, person, group, other, by)?,
            Account::Held(person, group) => {
                self.watching_overage(person, |member| add(&mut member.figures.held, by))?;
                add(&mut self.group_mut(group)?.figures.held, by)?;
                add(&mut self.book.cycle.figures.held, by)?;
            }
            Account::Spent(person, group) => {
                self.watching_overage(person, |member| add(&mut member.figures.used, by))?;
                add(&mut self.group_mut(group)?.figures.used, by)?;
                add(&mut self.book.cycle.figures.used, by)?;
            }
        }
        Ok(())
    }

    fn fold_member(
        &mut self,
        kind: EntryKind,
        person: PersonId,
        group: GroupId,
        other: Account,
        by: Credits,
    ) -> Result<(), Refusal> {
        match (kind, other) {
            (EntryKind::Monthly, _) => {
                self.watching_overage(person, |member| add(&mut member.figures.monthly, by))
            }
            (EntryKind::Move, Account::Member(..)) => {
                Ok(add(&mut self.group_mut(group)?.figures.members_carried, by)?)
            }
            (_, Account::Carried | Account::Lapsed) => {
                self.watching_overage(person, |member| add(&mut member.figures.carried, by))?;
                add(&mut self.group_mut(group)?.figures.members_carried, by)?;
                Ok(add(&mut self.book.cycle.figures.carried, by)?)
            }
            (EntryKind::Grant | EntryKind::GrantTakenBack | EntryKind::Lapse, _) => {
                self.watching_overage(person, |member| add(&mut member.figures.extra, by))
            }
            // Standing counts since the cycle opened; moves, spends and holds change the other side's figures.
            _ => Ok(()),
        }
    }

    /// Changes a member and carries the change of their overage into their group's uncovered.
    pub(super) fn watching_overage(
        &mut self,
        person: PersonId,
        change: impl FnOnce(&mut MemberState) -> Result<(), OutOfRange>,
    ) -> Result<(), Refusal> {
        let member = self.member_mut(person)?;
        let before = member.figures.overage()?;
        change(member)?;
        let grown = member.figures.overage()?.checked_sub(before).ok_or(OutOfRange)?;
        let group = member.group;
        Ok(add(&mut self.group_mut(group)?.figures.uncovered, grown)?)
    }

    /// Puts a member under another group; their overage goes along.
    pub(crate) fn reassign(&mut self, person: PersonId, to: GroupId) -> Result<(), Refusal> {
        let member = self.member_mut(person)?;
        let (from, overage) = (member.group, member.figures.overage()?);
        member.group = to;
        add(
            &mut self.group_mut(from)?.figures.uncovered,
            overage.checked_neg().ok_or(OutOfRange)?,
        )?;
        Ok(add(&mut self.group_mut(to)?.figures.uncovered, overage)?)
    }

    /// Writes the member's standing Monthly into the open cycle the first time the cycle touches them.
    pub(crate) fn touch(&mut self, person: PersonId) -> Result<(), Refusal> {
        let member = self.member_mut(person)?;
        if member.is_touched {
            return Ok(());
        }
        member.is_touched = true;
        let (group, monthly) = (member.group, member.figures.monthly);
        self.post(
            EntryKind::Standing,
            Account::Group(group),
            Account::Member(person, group),
            monthly,
            None,
        )
    }
}
