//! Undoing a reset: the cycle that was ended by hand reopens, and the one the reset opened becomes a stretch of it.
//!
//! What happened in the stretch stays where it was posted; a cycle's figures are sums over its stretches. Only what the
//! reset itself did is taken back by entries: the opening's limit, Monthly and reserve, and of those whom the stretch
//! touched what crossed and what lapsed. Edits of Monthly, limit and settings made in the stretch are differences, so
//! they stay. It costs by groups and by the people the stretch touched.

use std::collections::{BTreeMap, BTreeSet};

use allowance_values::{Credits, GroupId, PersonId};

use super::book::{Book, CycleState, Hold, LeftBehind, MemberState};
use super::lots::{Expiry, Lot, LotOrigin};
use super::movement::{Account, EntryKind, Movement};
use super::posting::Posting;
use crate::allocations::{CycleFigures, GroupFigures, MemberFigures, OutOfRange, Refusal};

/// What opening a cycle gave a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct OpenedGroup {
    /// Monthly.
    pub monthly: Credits,
    /// Reserve.
    pub reserve: Credits,
    /// The members' Monthly, as distributed.
    pub distributed: Credits,
    /// What the pool carried.
    pub carried: Credits,
}

impl OpenedGroup {
    /// What a cycle that has just opened gave the group with these figures.
    #[must_use]
    pub const fn of(figures: &GroupFigures) -> Self {
        Self {
            monthly: figures.monthly,
            reserve: figures.reserve,
            distributed: figures.distributed,
            carried: figures.carried,
        }
    }
}

/// The cycle to reopen, and what is known of its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reopening {
    /// The cycle as it stood at its end, with its planned end.
    pub cycle: CycleState,
    /// Its groups as they stood.
    pub groups: BTreeMap<GroupId, GroupFigures>,
    /// The limit the reset opened with.
    pub opened_limit: Credits,
    /// What the reset gave each group.
    pub opened: BTreeMap<GroupId, OpenedGroup>,
    /// Those who left it since.
    pub left: BTreeMap<PersonId, LeftBehind>,
    /// Groups that were deleted since: what comes back to them goes on to Unallocated.
    pub deleted: BTreeSet<GroupId>,
}

/// Reopens the earlier cycle. Every group must be loaded, and everyone whom the open cycle has touched or who has left
/// the earlier one; whoever still stands in the earlier one stays as they are.
///
/// # Errors
/// [`Refusal::NotFound`] when a group is not loaded; out of range when a sum does not fit.
pub fn reopen_cycle(book: &mut Book, earlier: Reopening) -> Result<Vec<Movement>, Refusal> {
    let Reopening {
        cycle,
        groups,
        opened_limit,
        opened,
        mut left,
        deleted,
    } = earlier;
    let stretch = book.cycle.number;
    let figures = add_cycles(cycle.figures, book.cycle.figures)?;
    book.closed.retain(|closed| closed.number < cycle.number);
    book.cycle = CycleState { figures, ..cycle };
    let mut posting = Posting::new(book);
    posting.post(
        EntryKind::Limit,
        Account::Limit,
        Account::Unallocated,
        negative(opened_limit)?,
        None,
    )?;
    posting.join_groups(&groups, &opened)?;
    let members = posting.book.members.iter();
    let here = members.filter(|(_, member)| member.stands_in == stretch);
    let people: Vec<PersonId> = here.map(|(id, _)| *id).collect();
    for person in people {
        posting.join_member(person, left.remove(&person), stretch)?;
    }
    for group in deleted {
        let left = posting.book.group(group)?.figures.available()?;
        let (from, to) = (Account::Group(group), Account::Unallocated);
        posting.post(EntryKind::GroupMonthly, from, to, left, None)?;
    }
    Ok(posting.into_movements())
}

fn negative(amount: Credits) -> Result<Credits, OutOfRange> {
    amount.checked_neg().ok_or(OutOfRange)
}

fn add(a: Credits, b: Credits) -> Result<Credits, OutOfRange> {
    a.checked_add(b).ok_or(OutOfRange)
}

fn less(a: Credits, b: Credits) -> Result<Credits, OutOfRange> {
    a.checked_sub(b).ok_or(OutOfRange)
}

fn add_cycles(a: CycleFigures, b: CycleFigures) -> Result<CycleFigures, OutOfRange> {
    Ok(CycleFigures {
        limit: add(a.limit, b.limit)?,
        carried: add(a.carried, b.carried)?,
        used: add(a.used, b.used)?,
        held: add(a.held, b.held)?,
        allocated: add(a.allocated, b.allocated)?,
    })
}

fn add_groups(a: GroupFigures, b: GroupFigures) -> Result<GroupFigures, OutOfRange> {
    Ok(GroupFigures {
        monthly: add(a.monthly, b.monthly)?,
        extra: add(a.extra, b.extra)?,
        carried: add(a.carried, b.carried)?,
        members_carried: add(a.members_carried, b.members_carried)?,
        distributed: add(a.distributed, b.distributed)?,
        reserve: add(a.reserve, b.reserve)?,
        reserve_given: add(a.reserve_given, b.reserve_given)?,
        used: add(a.used, b.used)?,
        held: add(a.held, b.held)?,
        // Overage is no sum over stretches: it is that of the earlier cycle until each member joins.
        uncovered: a.uncovered,
    })
}

fn add_members(a: MemberFigures, b: MemberFigures) -> Result<MemberFigures, OutOfRange> {
    Ok(MemberFigures {
        monthly: add(a.monthly, b.monthly)?,
        extra: add(a.extra, b.extra)?,
        carried: add(a.carried, b.carried)?,
        used: add(a.used, b.used)?,
        // The holds that are open now are the same ones.
        held: b.held,
    })
}

impl Posting<'_> {
    fn join_groups(
        &mut self,
        groups: &BTreeMap<GroupId, GroupFigures>,
        opened: &BTreeMap<GroupId, OpenedGroup>,
    ) -> Result<(), Refusal> {
        for id in groups.keys() {
            self.book.groups.entry(*id).or_default();
        }
        let ids: Vec<GroupId> = self.book.groups.keys().copied().collect();
        for id in ids {
            let was = groups.get(&id).copied().unwrap_or_default();
            let opened = opened.get(&id).copied().unwrap_or_default();
            let group = self.group_mut(id)?;
            let now = group.figures;
            let mut figures = add_groups(was, now)?;
            figures.distributed = less(figures.distributed, opened.distributed)?;
            figures.reserve = less(figures.reserve, opened.reserve)?;
            group.figures = figures;
            let account = Account::Group(id);
            let monthly = negative(opened.monthly)?;
            self.post(
                EntryKind::GroupMonthly,
                Account::Unallocated,
                account,
                monthly,
                None,
            )?;
            let carried = negative(opened.carried)?;
            self.post(EntryKind::CarryIn, Account::Carried, account, carried, None)?;
            let set_aside = add(was.reserve_left()?, now.reserve_left()?)?;
            let difference = less(figures.reserve_left()?, set_aside)?;
            self.post(
                EntryKind::Reserve,
                account,
                Account::Reserve(id),
                difference,
                None,
            )?;
        }
        Ok(())
    }

    /// Joins the two stretches of a member whom the later one touched. Who came since has no earlier one.
    fn join_member(
        &mut self,
        person: PersonId,
        left: Option<LeftBehind>,
        stretch: i64,
    ) -> Result<(), Refusal> {
        let cycle = self.book.cycle.number;
        let now = self.book.member(person)?.clone();
        let group = now.group;
        let was = left.unwrap_or_else(|| nothing_left(cycle, group));
        let merged = add_members(was.figures, now.figures)?;
        let overage_before = was.figures.overage()?;
        let uncovered = &mut self.group_mut(was.group)?.figures.uncovered;
        *uncovered = less(*uncovered, overage_before)?;
        let uncovered = &mut self.group_mut(group)?.figures.uncovered;
        *uncovered = add(*uncovered, merged.overage()?)?;
        if was.is_counted {
            for hold in &was.holds {
                let held = &mut self.group_mut(hold.group)?.figures.held;
                *held = less(*held, hold.held)?;
                let held = &mut self.book.cycle.figures.held;
                *held = less(*held, hold.held)?;
            }
        } else {
            let carried = &mut self.group_mut(was.group)?.figures.members_carried;
            *carried = add(*carried, was.figures.carried)?;
            let carried = &mut self.book.cycle.figures.carried;
            *carried = add(*carried, was.figures.carried)?;
        }
        let state = self.member_mut(person)?;
        state.stands_in = cycle;
        state.is_touched = was.is_touched || now.is_touched;
        state.figures = merged;
        state.lots = join_lots(&was.lots, &now.lots, cycle, stretch)?;
        state.left.retain(|left| left.cycle < cycle);

        self.take_back_crossing(person, &was, now.is_touched)?;
        self.mend_ended_lots(person, &was.lots, &now, cycle, stretch)?;
        self.hold_again(person, &was)?;
        if was.group != group {
            // What the earlier stretch left behind in the old group comes along, as it does when somebody moves.
            let figures = was.figures;
            let own = add(add(figures.monthly, figures.extra)?, figures.carried)?;
            let own = less(less(own, figures.used)?, was.given)?;
            self.refund_and_fund(person, was.group, group, own)?;
        }
        Ok(())
    }

    /// Takes back what leaving the earlier cycle gave, carried over and let lapse.
    fn take_back_crossing(
        &mut self,
        person: PersonId,
        was: &LeftBehind,
        is_touched: bool,
    ) -> Result<(), Refusal> {
        let group = self.book.member(person)?.group;
        let old = Account::Member(person, was.group);
        let given = was.given;
        self.watching_overage(person, |member| {
            member.figures.monthly = less(member.figures.monthly, given)?;
            Ok(())
        })?;
        if is_touched && (was.is_touched || was.crossed.is_positive()) {
            // Both cycles wrote the standing Monthly; otherwise the one entry there is stands for the reopened cycle.
            let from = Account::Group(was.group);
            self.post(EntryKind::Standing, from, old, negative(given)?, None)?;
        }
        let crossed = was.crossed;
        let account = Account::Member(person, group);
        self.post(
            EntryKind::CarryIn,
            Account::Carried,
            account,
            negative(crossed)?,
            None,
        )?;
        self.record(was.cycle, EntryKind::CarryOut, Account::Carried, old, crossed);
        self.record(was.cycle, EntryKind::Lapse, Account::Lapsed, old, was.lapsed);
        Ok(())
    }

    /// What ended in the stretch of lots that were carried there ended as Carried. In the reopened cycle its own grants
    /// end as Extra, back to the group; lots that only the crossing had made never were.
    fn mend_ended_lots(
        &mut self,
        person: PersonId,
        was: &[Lot],
        now: &MemberState,
        cycle: i64,
        stretch: i64,
    ) -> Result<(), Refusal> {
        let (group, account) = (now.group, Account::Member(person, now.group));
        for lot in &now.lots {
            let before = was.iter().find(|before| before.id == lot.id);
            let ended = less(lot.ended, before.map_or(Credits::ZERO, |before| before.ended))?;
            let subject = Some(lot.id.uuid());
            if is_made_by_crossing(lot, stretch) {
                self.post(EntryKind::Lapse, Account::Lapsed, account, ended, subject)?;
            } else if before.is_some() && lot.is_extra_in(cycle) {
                self.post(EntryKind::Lapse, Account::Lapsed, account, ended, subject)?;
                self.post(EntryKind::Lapse, account, Account::Group(group), ended, subject)?;
            }
        }
        Ok(())
    }

    /// Open holds reserve again what they reserved, where they reserved it, also what the crossing did not cover.
    fn hold_again(&mut self, person: PersonId, was: &LeftBehind) -> Result<(), Refusal> {
        let member = self.book.member(person)?;
        let account = Account::Member(person, member.group);
        let changed: Vec<(Hold, Hold)> = member
            .holds
            .iter()
            .filter_map(|now| Some((*now, *was.holds.iter().find(|before| before.id == now.id)?)))
            .filter(|(now, before)| now != before)
            .collect();
        for (now, before) in changed {
            let subject = Some(now.id.uuid());
            let held = |hold: Hold| Account::Held(person, hold.group);
            self.post(EntryKind::Release, held(now), account, now.held, subject)?;
            self.post(EntryKind::Hold, account, held(before), before.held, subject)?;
            let holds = self.member_mut(person)?.holds.iter_mut();
            holds
                .filter(|hold| hold.id == now.id)
                .for_each(|hold| *hold = before);
        }
        Ok(())
    }
}

/// Whoever came in the stretch left nothing behind.
const fn nothing_left(cycle: i64, group: GroupId) -> LeftBehind {
    LeftBehind {
        cycle,
        group,
        is_touched: false,
        is_counted: true,
        figures: MemberFigures::ZERO,
        lots: Vec::new(),
        holds: Vec::new(),
        given: Credits::ZERO,
        crossed: Credits::ZERO,
        lapsed: Credits::ZERO,
    }
}

fn is_made_by_crossing(lot: &Lot, stretch: i64) -> bool {
    match lot.origin {
        LotOrigin::Rollover | LotOrigin::Held => lot.made_in_cycle == stretch,
        LotOrigin::Grant | LotOrigin::Returned => false,
    }
}

/// The lots of the reopened cycle: those of its earlier stretch as they were, less what has ended since, and those the
/// later one made.
fn join_lots(was: &[Lot], now: &[Lot], cycle: i64, stretch: i64) -> Result<Vec<Lot>, OutOfRange> {
    let mut lots = Vec::with_capacity(was.len().max(now.len()));
    for before in was {
        let Some(after) = now.iter().find(|after| after.id == before.id) else {
            lots.push(before.clone());
            continue;
        };
        let ended = less(after.ended, before.ended)?;
        lots.push(Lot {
            amount: less(before.amount, ended)?,
            ended: after.ended,
            is_open: after.is_open,
            ..before.clone()
        });
    }
    for after in now {
        let is_new = was.iter().all(|before| before.id != after.id);
        if is_new && !is_made_by_crossing(after, stretch) {
            let expiry = match after.expiry {
                Expiry::EndOfCycle(last) if last == stretch => Expiry::EndOfCycle(cycle),
                other @ (Expiry::EndOfCycle(_) | Expiry::At(_) | Expiry::Never) => other,
            };
            lots.push(Lot {
                made_in_cycle: cycle,
                expiry,
                ..after.clone()
            });
        }
    }
    Ok(lots)
}
