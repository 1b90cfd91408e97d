//! Looking back: every state a random history went through is found again at its moment, on both databases.

use allowance_domain::allocations::{Command, CycleFigures, Insistence, MemberFigures, NewGrant, WhenShort};
use allowance_domain::credit_requests::{Granted, RequestTerm};
use allowance_domain::credit_types::{Distribution, Enforcement, Rollover};
use allowance_domain::ledger::{Expiry, LotSource, MemberStanding};
use allowance_store::{GroupRow, ManualClock, MemberRow};
use allowance_values::{Credits, GrantId, GroupId, PersonId, Timestamp};

use crate::ledger::{Dice, Org, whole};
use crate::support::databases;

/// What a member's row shows.
type Shown = (PersonId, GroupId, MemberStanding, MemberFigures, Credits);

fn shown(rows: Vec<MemberRow>) -> Vec<Shown> {
    let one = |row: MemberRow| (row.person, row.group, row.standing, row.figures, row.remaining);
    rows.into_iter().map(one).collect()
}

/// The rows as they stand, with the moment and the cycle.
#[derive(Debug)]
struct Seen {
    at: Timestamp,
    number: i64,
    cycle: CycleFigures,
    groups: Vec<GroupRow>,
    members: Vec<Shown>,
}

async fn look(org: &Org) -> Seen {
    let open = org.store.open_cycle_of(org.id, org.credit_type).await.unwrap();
    let groups = org.store.group_rows(org.id, org.credit_type, open.number).await;
    let rows = org.store.member_rows(org.id, org.credit_type, &org.people).await;
    let (_, _, members) = rows.unwrap().unwrap();
    // Whoever is read is brought forward in memory; the organisation's figures are asked for beside.
    let nobody = org.store.member_rows(org.id, org.credit_type, &[]).await;
    let (_, cycle, _) = nobody.unwrap().unwrap();
    Seen {
        at: org.store.now(),
        number: open.number,
        cycle,
        groups: groups.unwrap(),
        members: shown(members),
    }
}

async fn assert_found_again(org: &Org, seen: &Seen, what: &str) {
    let moment = org.store.moment(org.id, org.credit_type, seen.at).await.unwrap();
    let moment = moment.unwrap();
    assert_eq!(moment.cycle.number, seen.number, "{what}");
    assert_eq!(moment.figures, seen.cycle, "{what}: the organisation");
    let groups = org.store.group_rows_at(&moment).await.unwrap();
    assert_eq!(groups, seen.groups, "{what}: groups");
    let members = org.store.member_rows_at(&moment, &groups, &org.people).await;
    let members = shown(members.unwrap());
    assert_eq!(members.len(), seen.members.len(), "{what}");
    for (found, was) in members.iter().zip(&seen.members) {
        assert_eq!(found, was, "{what}: a member");
    }
    for row in &groups {
        let there = org.store.members_at(&moment, row.id).await.unwrap();
        assert_eq!(u64::try_from(there.len()).unwrap(), row.member_count, "{what}");
    }
}

pub(crate) fn command(org: &Org, dice: &mut Dice) -> Command {
    let person = org.people[usize::try_from(dice.roll(6)).unwrap()];
    let group = org.groups[usize::try_from(dice.roll(3)).unwrap()];
    match dice.roll(10) {
        0 | 1 => Command::SetGroup {
            group,
            monthly: Some(whole(dice.amount(400))),
            extra: Some(whole(dice.amount(80))),
            reserve: Some(whole(dice.amount(60))),
        },
        2 | 3 => {
            let edits = vec![org.edit(person, Some(dice.amount(120)), Some(dice.amount(40)))];
            Command::SetMembers { edits }
        }
        4 => {
            let days = 86_400 * (1 + dice.amount(40));
            let expiry = match dice.roll(3) {
                0 => None,
                1 => Some(Expiry::Never),
                _ => Some(Expiry::At(org.store.now().plus_seconds(days))),
            };
            let grant = NewGrant {
                id: GrantId::new(org.store.new_id()),
                amount: whole(1 + dice.amount(30)),
                source: LotSource::Manual,
                priority: 100,
                expiry,
                reason: None,
            };
            Command::Grant {
                person,
                grant,
                made_by: None,
            }
        }
        5 => Command::AnswerByReserve {
            granted: Granted {
                person,
                amount: whole(1 + dice.amount(20)),
                term: RequestTerm::ThisCycle,
                grant: GrantId::new(org.store.new_id()),
                made_by: None,
            },
        },
        6 | 7 => Command::Charge {
            person,
            charge: org.store.new_id(),
            amount: Credits::from_micros(1 + dice.amount(60_000_000)),
            insistence: Insistence::AsEnforced,
        },
        8 => Command::Move {
            person,
            to: group,
            when_short: WhenShort::BringCredits,
        },
        _ => Command::SetLimit {
            limit: whole(600 + dice.amount(900)),
        },
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_state_of_a_random_history_is_found_again_at_its_moment() {
    for database in databases().await {
        let rollover = Rollover {
            percent: 50,
            cap: Some(whole(40)),
            cycles: 2,
        };
        let org = Org::new(&database.store, Enforcement::Warn, rollover).await;
        let mut dice = Dice(23);
        let mut seen = Vec::new();
        for round in 0..200 {
            database.clock.set(org.store.now().plus_seconds(3_600));
            let _refused = org.run(command(&org, &mut dice)).await;
            seen.push((format!("round {round}"), look(&org).await));
            if round % 50 == 49 {
                let open = org.store.open_cycle_of(org.id, org.credit_type).await.unwrap();
                database.clock.set(open.ends_at);
                org.roll(30).await;
                seen.push((format!("the opening after round {round}"), look(&org).await));
            }
        }
        // Now is a moment like any other.
        database.clock.set(org.store.now().plus_seconds(60));
        seen.push(("now".to_owned(), look(&org).await));
        for (what, seen) in &seen {
            assert_found_again(&org, seen, what).await;
        }
        let before = org
            .store
            .moment(org.id, org.credit_type, seen[0].1.at.plus_seconds(-86_400));
        assert!(
            before.await.unwrap().is_none(),
            "before the first cycle there is nothing"
        );
    }
}

/// A history with resets that are undone and changes of distribution, also in the stretches between; over two boundaries,
/// so that people leave the cycle that reopened.
async fn history_with_stretches(org: &Org, clock: &ManualClock, seed: u64) -> Vec<(String, Seen)> {
    let mut dice = Dice(seed);
    let mut seen = Vec::new();
    for round in 0..200 {
        clock.set(org.store.now().plus_seconds(600));
        match round % 40 {
            9 => org.switch(Distribution::SharedPool).await,
            14 => org.switch(Distribution::Individual).await,
            19 => org.reset().await,
            24 if round > 80 => org.switch(Distribution::SharedPool).await,
            26 if round > 80 => org.switch(Distribution::Individual).await,
            29 => assert!(org.undo().await),
            39 if round > 80 => {
                let open = org.store.open_cycle_of(org.id, org.credit_type).await.unwrap();
                clock.set(open.ends_at);
                org.roll(30).await;
            }
            _ => {
                let _refused = org.run(command(org, &mut dice)).await;
            }
        }
        seen.push((format!("seed {seed}, round {round}"), look(org).await));
    }
    seen
}

#[tokio::test(flavor = "multi_thread")]
async fn an_undone_reset_is_looked_back_at_as_it_was() {
    let rollover = Rollover {
        percent: 50,
        cap: Some(whole(40)),
        cycles: 2,
    };
    for (seed, rollover) in [(5, Rollover::NONE), (6, rollover), (7, rollover)] {
        for database in databases().await {
            let org = Org::new(&database.store, Enforcement::Warn, rollover).await;
            let seen = history_with_stretches(&org, &database.clock, seed).await;
            database.clock.set(org.store.now().plus_seconds(60));
            for (what, seen) in &seen {
                assert_found_again(&org, seen, what).await;
            }
        }
    }
}
