//! Balances built again from the ledger and the histories, in an empty database, equal those that are kept.

use allowance_domain::allocations::{Command, FormerGroup, Insistence};
use allowance_domain::credit_types::{Distribution, Enforcement, Rollover};
use allowance_store::{Rebuilt, testing};
use allowance_values::Credits;

use crate::ledger::{Dice, Org, whole};
use crate::past::command;
use crate::support::{Scratch, databases};

async fn rebuild(org: &Org) -> Rebuilt {
    let scratch = Scratch::default();
    org.store.rebuild(org.id, scratch.path()).await.unwrap()
}

/// Late uses that Carried backs in part: what of it went back to the group they happened in.
const BROUGHT_BACK: &str = "SELECT COUNT(*) AS number FROM ledger_entry moved JOIN ledger_entry used
    ON used.organisation_id = moved.organisation_id AND used.seq = moved.seq + 1 AND used.kind = 'usage'
    AND used.from_group = moved.to_group AND used.person_id = moved.person_id
    WHERE moved.kind = 'move' AND moved.from_kind = 'member' AND moved.to_kind = 'member'";

/// Any command, or a use that is counted late: it happened while the person was in any of the groups.
fn late_or_any(org: &Org, dice: &mut Dice) -> Command {
    if dice.roll(4) > 0 {
        return command(org, dice);
    }
    let place = |number: u64| usize::try_from(number).unwrap();
    let former = FormerGroup {
        group: org.groups[place(dice.roll(3))],
        heir: None,
    };
    Command::Use {
        person: org.people[place(dice.roll(6))],
        event: org.store.new_id(),
        amount: Credits::from_micros(1 + dice.amount(60_000_000)),
        insistence: Insistence::Record,
        former: Some(former),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_random_history_every_balance_is_built_again_from_what_never_changes() {
    for database in databases().await {
        let rollover = Rollover {
            percent: 50,
            cap: Some(whole(40)),
            cycles: 2,
        };
        let org = Org::new(&database.store, Enforcement::Warn, rollover).await;
        let mut dice = Dice(31);
        let (mut built, mut brought_back) = (0, 0);
        for round in 0..240 {
            database.clock.set(org.store.now().plus_seconds(3_600));
            match round % 60 {
                19 => org.reset().await,
                29 => assert!(org.undo().await),
                39 => org.switch(Distribution::SharedPool).await,
                49 => org.switch(Distribution::Individual).await,
                59 => {
                    let open = org.store.open_cycle_of(org.id, org.credit_type).await.unwrap();
                    database.clock.set(open.ends_at);
                    org.roll(30).await;
                }
                _ => {
                    let _refused = org.run(late_or_any(&org, &mut dice)).await;
                }
            }
            if round % 30 == 15 || round == 239 {
                let Rebuilt {
                    entries,
                    balances,
                    differences,
                } = rebuild(&org).await;
                assert!(differences.is_empty(), "round {round}: {differences:#?}");
                assert!(entries > built, "round {round}: {entries} entries");
                assert!(balances > 5, "round {round}: {balances} balances");
                built = entries;
                // Late uses did bring Carried back to groups that people had left.
                brought_back = testing::number(&org.store, BROUGHT_BACK).await.unwrap();
            }
        }
        assert!(brought_back > 0, "{brought_back}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_balance_changed_by_hand_is_not_built_again() {
    for database in databases().await {
        let org = Org::new(&database.store, Enforcement::Warn, Rollover::NONE).await;
        let mut dice = Dice(7);
        for _ in 0..60 {
            let _refused = org.run(command(&org, &mut dice)).await;
        }
        assert!(rebuild(&org).await.differences.is_empty());
        for (table, column) in [
            ("member_cycle", "used"),
            ("group_cycle", "distributed"),
            ("cycle", "carried"),
            ("group_standing", "members_monthly"),
            ("member_standing", "monthly"),
        ] {
            let shift = |by: i64| {
                format!(
                    "UPDATE {table} SET {column} = {column} + {by} WHERE {column} > 0 OR '{table}' = 'cycle'"
                )
            };
            testing::execute(&org.store, &shift(1_500_000)).await.unwrap();
            let differences = rebuild(&org).await.differences;
            assert!(
                differences
                    .iter()
                    .any(|line| line.starts_with(&format!("{table}, ")) && line.contains(column)),
                "{table}: {differences:?}"
            );
            testing::execute(&org.store, &shift(-1_500_000)).await.unwrap();
        }
        assert!(rebuild(&org).await.differences.is_empty());
    }
}
