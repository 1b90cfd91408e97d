//! The book of one credit type in its open cycle: what a decision reads and what a posting changes.
//!
//! A book may be partial: the store loads the groups and members a batch touches. What is absent was not loaded, and
//! asking for it is a refusal, never a zero.

use std::collections::BTreeMap;

use allowance_values::{Credits, GroupId, HoldId, PersonId, Timestamp};

use super::lots::Lot;
use crate::allocations::{CycleFigures, GroupFigures, MemberFigures, OutOfRange, Refusal};
use crate::credit_types::{Distribution, Rollover, Terms};

/// The open cycle.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CycleState {
    /// Its number; 1 is the first.
    pub number: i64,
    /// When it began.
    pub starts_at: Timestamp,
    /// When it ends.
    pub ends_at: Timestamp,
    /// The organisation's figures in it.
    pub figures: CycleFigures,
}

/// A cycle that has ended, as settling needs it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClosedCycle {
    /// Its number.
    pub number: i64,
    /// When it ended.
    pub ends_at: Timestamp,
    /// What of unused Monthly crossed when it ended.
    pub rollover: Rollover,
    /// How credits reached members when it ended.
    pub distribution: Distribution,
    /// Whether who leaves it is remembered as they stood: it was ended by hand and may still reopen, or the stretch of an
    /// undone reset lies in it, which is looked back at from how people stood before.
    pub is_remembered: bool,
}

/// A member as they stood when they left a cycle that may reopen, and what leaving it posted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeftBehind {
    /// The cycle they left.
    pub cycle: i64,
    /// The group they were in.
    pub group: GroupId,
    /// Whether that cycle had touched them.
    pub is_touched: bool,
    /// Whether that cycle's sums count their figures; those of a cycle only passed through do not.
    pub is_counted: bool,
    /// Their figures in it.
    pub figures: MemberFigures,
    /// Their lots in it.
    pub lots: Vec<Lot>,
    /// Their open holds.
    pub holds: Vec<Hold>,
    /// The Monthly the next cycle gave.
    pub given: Credits,
    /// What crossed, holds included.
    pub crossed: Credits,
    /// What was posted as lapsed.
    pub lapsed: Credits,
}

/// A group's standing orders.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct GroupStanding {
    /// Monthly of every cycle to come.
    pub monthly: Credits,
    /// Reserve of every cycle to come.
    pub reserve: Credits,
    /// Sum of the members' standing Monthly; a kept counter.
    pub members_monthly: Credits,
}

/// A group in the open cycle.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct GroupState {
    /// Standing orders.
    pub standing: GroupStanding,
    /// Figures of the cycle.
    pub figures: GroupFigures,
}

/// A member's standing orders.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct MemberStanding {
    /// Monthly of every cycle to come.
    pub monthly: Credits,
    /// At most so much of a shared pool; none when absent.
    pub cap: Option<Credits>,
}

impl MemberStanding {
    /// What a cycle gives: in a shared pool Monthly is put aside.
    #[must_use]
    pub const fn monthly_in(self, distribution: Distribution) -> Credits {
        match distribution {
            Distribution::Individual => self.monthly,
            Distribution::SharedPool => Credits::ZERO,
        }
    }
}

/// Credits reserved for something that is about to happen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hold {
    /// The id.
    pub id: HoldId,
    /// What it reserves.
    pub amount: Credits,
    /// What of it counts as Held in the open cycle: all of it when placed, the covered part in a later cycle.
    pub held: Credits,
    /// The group that stood behind it when it was placed.
    pub group: GroupId,
}

/// A member.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MemberState {
    /// The group the person is in.
    pub group: GroupId,
    /// Whether the person may spend.
    pub is_active: bool,
    /// Standing orders.
    pub standing: MemberStanding,
    /// The cycle the figures belong to; an earlier one until the member is settled.
    pub stands_in: i64,
    /// Whether that cycle's book has entries of the member: its standing Monthly was written.
    pub is_touched: bool,
    /// Figures of that cycle.
    pub figures: MemberFigures,
    /// What Extra and Carried consist of.
    pub lots: Vec<Lot>,
    /// Open holds.
    pub holds: Vec<Hold>,
    /// Cycles that may reopen and that the member has left since the book was loaded, in order.
    pub left: Vec<LeftBehind>,
}

impl MemberState {
    /// Somebody whom a cycle of this distribution has not touched.
    #[must_use]
    pub const fn untouched(
        group: GroupId,
        standing: MemberStanding,
        distribution: Distribution,
        cycle: i64,
    ) -> Self {
        Self {
            group,
            is_active: true,
            standing,
            stands_in: cycle,
            is_touched: false,
            figures: MemberFigures {
                monthly: standing.monthly_in(distribution),
                ..MemberFigures::ZERO
            },
            lots: Vec::new(),
            holds: Vec::new(),
            left: Vec::new(),
        }
    }
}

/// The book of one credit type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Book {
    /// The terms.
    pub terms: Terms,
    /// The open cycle.
    pub cycle: CycleState,
    /// Closed cycles that members may still stand in, in order.
    pub closed: Vec<ClosedCycle>,
    /// Groups, as far as loaded.
    pub groups: BTreeMap<GroupId, GroupState>,
    /// Members, as far as loaded.
    pub members: BTreeMap<PersonId, MemberState>,
}

impl Book {
    /// A loaded group.
    ///
    /// # Errors
    /// [`Refusal::NotFound`] when it is not there.
    pub fn group(&self, id: GroupId) -> Result<&GroupState, Refusal> {
        self.groups.get(&id).ok_or(Refusal::NotFound)
    }

    /// A loaded member.
    ///
    /// # Errors
    /// [`Refusal::NotFound`] when the person is not there.
    pub fn member(&self, id: PersonId) -> Result<&MemberState, Refusal> {
        self.members.get(&id).ok_or(Refusal::NotFound)
    }

    /// The cycle that followed the one of this number: stretches of reopened cycles leave gaps between numbers.
    pub(super) fn cycle_after(&self, number: i64) -> i64 {
        let later = self.closed.iter().map(|closed| closed.number);
        later
            .filter(|later| *later > number)
            .min()
            .unwrap_or(self.cycle.number)
    }

    /// How credits reach members in a cycle, by its end.
    pub(super) fn distribution_in(&self, number: i64) -> Distribution {
        let closed = self.closed.iter().find(|closed| closed.number == number);
        closed.map_or(self.terms.distribution, |closed| closed.distribution)
    }

    /// What a member can still spend: the own rest, and in a shared pool what the pool still lends.
    ///
    /// # Errors
    /// [`Refusal::NotFound`] for a member or group that is not loaded; out of range when a sum does not fit.
    pub fn remaining(&self, id: PersonId) -> Result<Credits, Refusal> {
        self.remaining_in(id, self.member(id)?.group)
    }

    /// The same where the pool is that of another group: one the person has left.
    pub(crate) fn remaining_in(&self, id: PersonId, group: GroupId) -> Result<Credits, Refusal> {
        let member = self.member(id)?;
        let own = member.figures.remaining()?;
        match self.terms.distribution {
            Distribution::Individual => Ok(own),
            Distribution::SharedPool => {
                let pool = self.pool_left(member, group)?;
                Ok(own.positive_part().checked_add(pool).ok_or(OutOfRange)?)
            }
        }
    }

    /// What a shared pool still lends a member: the smaller of the group's Available and cap − already drawn.
    fn pool_left(&self, member: &MemberState, group: GroupId) -> Result<Credits, Refusal> {
        let available = self.group(group)?.figures.available()?;
        let Some(cap) = member.standing.cap else {
            return Ok(available);
        };
        let drawn = member.figures.overage()?;
        Ok(available.min(cap.checked_sub(drawn).ok_or(OutOfRange)?))
    }
}
