//! Resets, their undo, and changes of the distribution among all other operations: the world of the tests learns them here,
//! and what must hold of them in particular is tested here.

use std::collections::BTreeSet;

use super::*;
use crate::ledger::{GroupStanding, OpenedGroup, Reopening, reopen_cycle, switch_distribution};

/// What a reset left behind, as the database would keep it.
#[derive(Clone)]
pub(super) struct Reset {
    cycle: CycleState,
    groups: BTreeMap<GroupId, GroupFigures>,
    distribution: Distribution,
    opened_limit: Credits,
    opened: BTreeMap<GroupId, OpenedGroup>,
    pub(super) deleted: BTreeSet<GroupId>,
}

impl World {
    pub(super) fn reset(&mut self, days: i64) {
        self.reset_until(self.now(), self.now().plus_seconds(days * DAY));
    }

    pub(super) fn reset_until(&mut self, starts_at: Timestamp, ends_at: Timestamp) {
        let figures = |world: &Self| -> BTreeMap<GroupId, GroupFigures> {
            let groups = world.book.groups.iter();
            groups.map(|(id, group)| (*id, group.figures)).collect()
        };
        let (cycle, groups) = (self.book.cycle.clone(), figures(self));
        self.last_cycle += 1;
        let next = next_cycle(self.last_cycle, starts_at, ends_at, true);
        self.posted.extend(open_cycle(&mut self.book, next).unwrap());
        let opened = figures(self);
        self.resets.push(Reset {
            cycle,
            groups,
            distribution: self.book.terms.distribution,
            opened_limit: self.book.cycle.figures.limit,
            opened: opened
                .iter()
                .map(|(id, group)| (*id, OpenedGroup::of(group)))
                .collect(),
            deleted: BTreeSet::new(),
        });
    }

    pub(super) fn undo(&mut self) {
        let Some(reset) = self.resets.pop() else { return };
        let now = self.book.terms.distribution;
        let movements = switch_distribution(&mut self.book, reset.distribution).unwrap();
        self.posted.extend(movements);
        let behind = |member: &MemberState| {
            let mut left = member.left.iter().rev();
            left.find(|left| left.cycle == reset.cycle.number).cloned()
        };
        let members = self.book.members.iter();
        let left = members
            .filter_map(|(id, member)| Some((*id, behind(member)?)))
            .collect();
        let reopening = Reopening {
            cycle: reset.cycle,
            groups: reset.groups,
            opened_limit: reset.opened_limit,
            opened: reset.opened,
            left,
            deleted: reset.deleted,
        };
        self.posted
            .extend(reopen_cycle(&mut self.book, reopening).unwrap());
        let movements = switch_distribution(&mut self.book, now).unwrap();
        self.posted.extend(movements);
    }

    pub(super) fn switch(&mut self) {
        let to = match self.book.terms.distribution {
            Distribution::Individual => Distribution::SharedPool,
            Distribution::SharedPool => Distribution::Individual,
        };
        self.posted
            .extend(switch_distribution(&mut self.book, to).unwrap());
    }

    /// Everything that figures show, without what is only remembered for an undo, and whether entries exist already.
    pub(super) fn shown(
        &self,
    ) -> (
        CycleState,
        BTreeMap<GroupId, GroupState>,
        BTreeMap<PersonId, MemberState>,
    ) {
        let mut members = self.book.members.clone();
        for member in members.values_mut() {
            member.left.clear();
            member.is_touched = false;
            member.lots.retain(|lot| lot.is_open || !lot.amount.is_zero());
        }
        (self.book.cycle.clone(), self.book.groups.clone(), members)
    }
}

proptest! {
    #![proptest_config(search())]

    #[test]
    fn a_reset_undone_with_nothing_in_between_restores_every_figure(
        steps in steps(),
        pool in any::<bool>(),
        settled in any::<bool>(),
        twice in any::<bool>(),
        rollover in rollovers(),
    ) {
        let distribution = if pool { Distribution::SharedPool } else { Distribution::Individual };
        let mut world = World::new(Enforcement::Warn, distribution, rollover);
        let mut booked = Vec::new();
        for step in &steps {
            take(&mut world, step, &mut booked);
        }
        world.settle_all();
        let before = world.shown();
        for _ in 0..=i32::from(twice) {
            world.reset(40);
            if settled {
                world.settle_all();
            }
        }
        for _ in 0..=i32::from(twice) {
            world.undo();
        }
        world.assert_identity();
        world.assert_books();
        prop_assert_eq!(world.shown(), before);
    }

    #[test]
    fn a_distribution_changed_and_changed_back_restores_every_figure(
        steps in steps(),
        rollover in rollovers(),
    ) {
        let mut world = World::new(Enforcement::Warn, Distribution::Individual, rollover);
        let mut booked = Vec::new();
        // Whoever has left has no Monthly that could be restored.
        for step in steps.iter().filter(|step| !matches!(step, Step::Leave { .. })) {
            take(&mut world, step, &mut booked);
        }
        let before = world.shown();
        world.switch();
        world.assert_identity();
        world.assert_books();
        world.switch();
        prop_assert_eq!(world.shown(), before);
    }

    #[test]
    fn what_is_used_after_a_reset_counts_once_in_the_reopened_cycle(
        before in 1_i64..150,
        after in 1_i64..150,
        monthly in 10_i64..200,
        later in 10_i64..200,
        rollover in rollovers(),
    ) {
        let mut world = World::new(Enforcement::Warn, Distribution::Individual, rollover);
        let set = Command::SetGroup { group: group(0), monthly: Some(whole(400)), extra: None, reserve: Some(whole(20)) };
        world.run(&set).unwrap();
        let edit = world.edit(0, Some(monthly), None);
        world.run(&edit).unwrap();
        let charge = |world: &mut World, amount| {
            let charge = world.id();
            let insistence = Insistence::Record;
            world.run(&Command::Charge { person: person(0), charge, amount: whole(amount), insistence }).unwrap();
        };
        charge(&mut world, before);
        world.reset(30);
        charge(&mut world, after);
        let edit = world.edit(0, Some(later), None);
        world.run(&edit).unwrap();
        world.undo();
        world.assert_identity();
        world.assert_books();
        let figures = world.figures(person(0));
        prop_assert_eq!(figures.used, whole(before + after));
        prop_assert_eq!(figures.monthly, whole(later), "the edit stays");
        prop_assert_eq!(figures.carried, Credits::ZERO);
        let standing = GroupStanding { monthly: whole(400), reserve: whole(20), members_monthly: whole(later) };
        prop_assert_eq!(world.book.groups[&group(0)].standing, standing);
        prop_assert_eq!(world.book.cycle.figures.limit, whole(1_000));
        prop_assert_eq!(world.book.cycle.figures.used, whole(before + after));
    }
}

#[test]
fn rollover_lives_as_many_cycles_whether_a_reset_was_undone_or_not() {
    let rollover = Rollover {
        percent: 100,
        cap: None,
        cycles: 3,
    };
    let mut plain = World::new(Enforcement::Warn, Distribution::Individual, rollover);
    let mut undone = World::new(Enforcement::Warn, Distribution::Individual, rollover);
    let mut carried = Vec::new();
    for world in [&mut plain, &mut undone] {
        let set = Command::SetGroup {
            group: group(0),
            monthly: Some(whole(100)),
            extra: None,
            reserve: None,
        };
        world.run(&set).unwrap();
        let edit = world.edit(0, Some(40), None);
        world.run(&edit).unwrap();
    }
    for round in 0..6 {
        for (world, resets) in [(&mut plain, false), (&mut undone, round % 2 == 0)] {
            world.settle_all();
            if resets {
                world.reset(9);
                world.settle_all();
                world.undo();
            }
            world.roll(10);
            world.settle_all();
            carried.push(world.figures(person(0)).carried);
        }
    }
    let pairs: Vec<_> = carried.chunks(2).map(|pair| (pair[0], pair[1])).collect();
    assert!(pairs.iter().all(|(plain, undone)| plain == undone), "{pairs:?}");
    assert_eq!(pairs.last().unwrap().0, whole(120), "three cycles' worth");
}
