//! What is counted after somebody moved, or after their group was deleted, stands as if it had been counted before.

use super::*;

/// A use that happened while the person was in a group, which may be gone by now; in the current one when none is named.
pub(super) fn used(who: PersonId, event: Uuid, amount: Credits, in_group: Option<(u128, bool)>) -> Command {
    let former = in_group.map(|(n, gone)| FormerGroup {
        group: group(n),
        heir: (gone && group(n) != group(0)).then(|| group(0)),
    });
    Command::Use {
        person: who,
        event,
        amount,
        insistence: Insistence::Record,
        former,
    }
}

/// A world that a history has left, as far as members and groups tell; what it posted is not compared.
fn after(steps: &[Step], distribution: Distribution, rollover: Rollover) -> World {
    let mut world = World::new(Enforcement::Warn, distribution, rollover);
    let mut booked = Vec::new();
    for step in steps {
        take(&mut world, step, &mut booked);
    }
    world.settle_all();
    world
}

fn fork(world: &World) -> World {
    World {
        book: world.book.clone(),
        posted: world.posted.clone(),
        resets: world.resets.clone(),
        ..*world
    }
}

/// The number of the group somebody is in.
fn place(world: &World, who: PersonId) -> u128 {
    (0..GROUPS)
        .find(|n| group(*n) == world.book.members[&who].group)
        .unwrap()
}

/// Monthly and Extra of a group as one: which of them a deleted group kept is of no consequence.
fn pooled(world: &World) -> Book {
    let mut book = world.book.clone();
    for state in book.groups.values_mut() {
        let figures = &mut state.figures;
        figures.monthly = figures.monthly.checked_add(figures.extra).unwrap();
        figures.extra = Credits::ZERO;
    }
    book
}

proptest! {
    #![proptest_config(search())]

    #[test]
    fn counted_after_a_move_it_stands_as_if_counted_before(
        steps in steps(),
        pool in any::<bool>(),
        rollover in rollovers(),
        who in 0_u128..PEOPLE,
        to in proptest::collection::vec(0_u128..GROUPS, 1..4),
        micros in 1_i64..400_000_000,
    ) {
        let distribution = if pool { Distribution::SharedPool } else { Distribution::Individual };
        let mut before = after(&steps, distribution, rollover);
        let mut later = fork(&before);
        let who = person(who);
        let from = place(&before, who);
        let (event, amount) = (before.id(), Credits::from_micros(micros));
        let in_time = before.run(&used(who, event, amount, None)).unwrap();
        let mut have_moved = true;
        for to in to {
            let command = Command::Move { person: who, to: group(to), when_short: WhenShort::Refuse };
            // Who has spent less needs more of the new group, so one of the two may be refused.
            have_moved &= before.run(&command).is_ok() && later.run(&command).is_ok();
        }
        prop_assume!(have_moved);
        let too_late = later.run(&used(who, event, amount, Some((from, false)))).unwrap();
        prop_assert_eq!(&later.book, &before.book);
        if later.book.terms.distribution == Distribution::Individual {
            prop_assert_eq!(too_late.over_by, in_time.over_by);
        }
        later.assert_identity();
        later.assert_books();
    }

    #[test]
    fn counted_after_its_group_was_deleted_it_stands_as_if_counted_before(
        steps in steps(),
        rollover in rollovers(),
        who in 0_u128..PEOPLE,
        micros in 1_i64..400_000_000,
    ) {
        let mut before = after(&steps, Distribution::Individual, rollover);
        let mut later = fork(&before);
        let who = person(who);
        let from = place(&before, who);
        if from == 0 {
            return Ok(());
        }
        let members = before.book.members.iter();
        let members = members.filter(|(_, member)| member.group == group(from)).map(|(id, _)| *id).collect();
        let delete = Command::DeleteGroup { group: group(from), heir: group(0), members };
        let (event, amount) = (before.id(), Credits::from_micros(micros));
        before.run(&used(who, event, amount, None)).unwrap();
        before.run(&delete).unwrap();
        later.run(&delete).unwrap();
        later.run(&used(who, event, amount, Some((from, true)))).unwrap();
        prop_assert_eq!(pooled(&later), pooled(&before));
        later.assert_identity();
        later.assert_books();
    }

    /// Whatever happens between the move and the counting: what a person has left, the organisation's figures and what each
    /// group used are those of counting in time, and so is what each group stands for. Only what of that Carried backs is
    /// judged later, by the lots as they stand then: by so much less a group has given, and more was brought along.
    #[test]
    fn whatever_happens_meanwhile_nobodys_remaining_differs(
        steps in steps(),
        meanwhile in proptest::collection::vec((0_u128..PEOPLE, 1_i64..90_000_000), 0..8),
        rollover in rollovers(),
        who in 0_u128..PEOPLE,
        to in 0_u128..GROUPS,
        micros in 1_i64..400_000_000,
    ) {
        let mut before = after(&steps, Distribution::Individual, rollover);
        let mut later = fork(&before);
        let who = person(who);
        let from = place(&before, who);
        let (event, amount) = (before.id(), Credits::from_micros(micros));
        let command = Command::Move { person: who, to: group(to), when_short: WhenShort::Refuse };
        before.run(&used(who, event, amount, None)).unwrap();
        prop_assume!(before.run(&command).is_ok() && later.run(&command).is_ok());
        for (other, micros) in meanwhile {
            let event = before.id();
            for world in [&mut before, &mut later] {
                world.run(&used(person(other), event, Credits::from_micros(micros), None)).unwrap();
            }
        }
        later.run(&used(who, event, amount, Some((from, false)))).unwrap();
        prop_assert_eq!(&later.book.members, &before.book.members);
        prop_assert_eq!(&later.book.cycle, &before.book.cycle);
        for (id, state) in &later.book.groups {
            let timely = &before.book.groups[id];
            let shifted = timely.figures.distributed.checked_sub(state.figures.distributed).unwrap();
            let brought = timely.figures.members_carried.checked_add(shifted).unwrap();
            let figures = GroupFigures {
                distributed: state.figures.distributed,
                members_carried: brought,
                ..timely.figures
            };
            prop_assert_eq!(state.figures, figures);
            prop_assert_eq!(state.standing, timely.standing);
        }
        let has_carried = before.book.members[&who].figures.carried.is_positive();
        if !has_carried {
            prop_assert_eq!(&later.book, &before.book);
        }
        later.assert_identity();
        later.assert_books();
    }
}

proptest! {
    #![proptest_config(search())]

    /// What a hold gives back, and what the reversal of a charge does, goes where it would be had it come back before the
    /// person moved: to the old group what was its own, and along with the person what was Carried.
    #[test]
    fn come_back_after_a_move_it_stands_as_if_come_back_before(
        steps in steps(),
        pool in any::<bool>(),
        rollover in rollovers(),
        who in 0_u128..PEOPLE,
        to in proptest::collection::vec(0_u128..GROUPS, 1..4),
        micros in 1_i64..400_000_000,
        taken in 0_i64..=100,
        is_charge in any::<bool>(),
    ) {
        let distribution = if pool { Distribution::SharedPool } else { Distribution::Individual };
        let mut before = after(&steps, distribution, rollover);
        let (who, amount) = (person(who), Credits::from_micros(micros));
        let (id, insistence) = (before.id(), Insistence::Record);
        let group_then = before.book.members[&who].group;
        let (spend, come_back) = if is_charge {
            let cycle = before.book.cycle.number;
            let spend = Command::Charge { person: who, charge: id, amount, insistence };
            (spend, Command::Reverse { person: who, group: group_then, charge: id, amount, cycle })
        } else {
            let hold = HoldId::new(id);
            let spend = Command::Hold { person: who, hold, amount, insistence };
            let amount = Credits::from_micros(micros / 100 * taken);
            (spend, Command::Capture { person: who, hold, amount })
        };
        before.run(&spend).unwrap();
        let mut later = fork(&before);
        before.run(&come_back).unwrap();
        let mut have_moved = true;
        for to in to {
            let command = Command::Move { person: who, to: group(to), when_short: WhenShort::Refuse };
            have_moved &= before.run(&command).is_ok() && later.run(&command).is_ok();
        }
        prop_assume!(have_moved);
        later.run(&come_back).unwrap();
        prop_assert_eq!(&later.book, &before.book);
        later.assert_identity();
        later.assert_books();
    }
}
