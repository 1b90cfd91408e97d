//! The table of states and commands as a whole, when the reserve leaves a request to people, and what granting adds to a
//! group that lacks it.

use std::collections::BTreeMap;
use std::fmt::Write;

use allowance_values::{CreditTypeId, Credits, Decimals, GrantId, GroupId, PersonId, Rate, Timestamp};
use proptest::prelude::*;
use uuid::Uuid;

use super::*;
use crate::allocations::{Command, CycleFigures, GroupFigures, Refusal, decide};
use crate::credit_types::{Distribution, Enforcement, Rollover, Terms};
use crate::ledger::{Book, CycleState, GroupStanding, GroupState, MemberStanding, MemberState};

/// Read it as a decider would; change it only when the rule itself changes.
const TABLE: &str = "
Pending Approve -> Approved
Pending Deny -> Denied
Pending Ask -> InformationRequested
Pending Answer: NothingAsked
Pending Withdraw -> Withdrawn
InformationRequested Approve -> Approved
InformationRequested Deny -> Denied
InformationRequested Ask -> InformationRequested
InformationRequested Answer -> Pending
InformationRequested Withdraw -> Withdrawn
Approved Approve: Decided
Approved Deny: Decided
Approved Ask: Decided
Approved Answer: Decided
Approved Withdraw: Decided
AutoApproved Approve: Decided
AutoApproved Deny: Decided
AutoApproved Ask: Decided
AutoApproved Answer: Decided
AutoApproved Withdraw: Decided
Denied Approve: Decided
Denied Deny: Decided
Denied Ask: Decided
Denied Answer: Decided
Denied Withdraw: Decided
Withdrawn Approve: Withdrawn
Withdrawn Deny: Withdrawn
Withdrawn Ask: Withdrawn
Withdrawn Answer: Withdrawn
Withdrawn Withdraw: Withdrawn
";

#[test]
fn every_state_meets_every_command_as_the_table_says() {
    let mut table = String::from("\n");
    for status in RequestStatus::ALL {
        for command in RequestCommand::ALL {
            match step(status, command) {
                Ok(next) => writeln!(table, "{status:?} {command:?} -> {next:?}").unwrap(),
                Err(refusal) => writeln!(table, "{status:?} {command:?}: {refusal:?}").unwrap(),
            }
        }
    }
    assert_eq!(table, TABLE);
}

fn whole(n: i64) -> Credits {
    Credits::from_micros(n * 1_000_000)
}

#[test]
fn the_reserve_leaves_to_people_what_is_for_good_or_above_a_ceiling() {
    let ceilings = Ceilings {
        per_request: Some(whole(50)),
        per_person: Some(whole(80)),
    };
    let ask = |amount, term, given| may_answer(whole(amount), term, whole(500), whole(given), ceilings);
    assert_eq!(ask(50, RequestTerm::ThisCycle, 30), Ok(()));
    assert_eq!(ask(1, RequestTerm::ForGood, 0), Err(LeftToPeople::ForGood));
    assert_eq!(
        ask(51, RequestTerm::ThisCycle, 0),
        Err(LeftToPeople::RequestCeiling { ceiling: whole(50) })
    );
    assert_eq!(
        ask(50, RequestTerm::ThisCycle, 31),
        Err(LeftToPeople::PersonCeiling {
            ceiling: whole(80),
            given: whole(31)
        })
    );
    let none = Ceilings::default();
    assert_eq!(
        may_answer(whole(1_000_000), RequestTerm::ThisCycle, whole(1), whole(5), none),
        Ok(())
    );
    assert_eq!(
        may_answer(
            whole(51),
            RequestTerm::ThisCycle,
            Credits::ZERO,
            Credits::ZERO,
            ceilings
        ),
        Err(LeftToPeople::ReserveOff)
    );
}

fn person() -> PersonId {
    PersonId::new(Uuid::from_u128(100))
}

fn group() -> GroupId {
    GroupId::new(Uuid::from_u128(10))
}

/// A group of one person, in any state a group can be in.
fn book(monthly: i64, extra: i64, distributed: i64, reserve: i64, member_monthly: i64) -> Book {
    let limit = whole(2_000);
    let micros = |n: i64| Credits::from_micros(n * 10_000);
    let figures = GroupFigures {
        monthly: micros(monthly),
        extra: micros(extra),
        // What metering posted has more decimals than people type.
        distributed: Credits::from_micros(distributed * 10_000 + member_monthly * 10_000 + 1_234),
        reserve: micros(reserve),
        ..GroupFigures::default()
    };
    let standing = GroupStanding {
        monthly: micros(monthly),
        reserve: micros(reserve),
        members_monthly: micros(member_monthly),
    };
    let member = MemberStanding {
        monthly: micros(member_monthly),
        cap: None,
    };
    Book {
        terms: Terms {
            id: CreditTypeId::new(Uuid::from_u128(1)),
            decimals: Decimals::new(2).unwrap(),
            rate: Rate::OFF,
            limit,
            enforcement: Enforcement::Warn,
            distribution: Distribution::Individual,
            rollover: Rollover::NONE,
        },
        cycle: CycleState {
            number: 1,
            starts_at: Timestamp::from_micros(0),
            ends_at: Timestamp::from_micros(0).plus_seconds(86_400),
            figures: CycleFigures {
                limit,
                allocated: micros(monthly + extra),
                ..CycleFigures::default()
            },
        },
        closed: Vec::new(),
        groups: BTreeMap::from([(group(), GroupState { standing, figures })]),
        members: BTreeMap::from([(
            person(),
            MemberState::untouched(group(), member, Distribution::Individual, 1),
        )]),
    }
}

proptest! {
    /// With the group filled, granting is refused for the limit alone; and nothing is added that is not needed.
    #[test]
    fn an_admin_adds_to_the_group_what_it_lacks_and_no_more(
        monthly in 0_i64..60_000,
        extra in 0_i64..30_000,
        distributed in 0_i64..60_000,
        reserve in 0_i64..10_000,
        member_monthly in 0_i64..30_000,
        amount in 1_i64..100_000,
        for_good in any::<bool>(),
    ) {
        let mut book = book(monthly, extra, distributed, reserve, member_monthly);
        let unit = Credits::from_micros(10_000);
        let granted = Granted {
            person: person(),
            amount: Credits::from_micros(amount * 10_000),
            term: if for_good { RequestTerm::ForGood } else { RequestTerm::ThisCycle },
            grant: GrantId::new(Uuid::from_u128(7)),
            made_by: None,
        };
        let at = Timestamp::from_micros(1);
        let command = |fills_group| Command::GrantRequest { granted, fills_group };
        let fits = decide(&mut book.clone(), &command(false), at).is_ok();
        let before = book.clone();
        match decide(&mut book, &command(true), at) {
            Ok(_) => {
                let allocated = |book: &Book| book.cycle.figures.allocated;
                let added = allocated(&book).checked_sub(allocated(&before)).unwrap();
                prop_assert_eq!(added.is_zero(), fits);
                prop_assert!(added <= granted.amount.checked_add(unit).unwrap(), "{added}");
                prop_assert_eq!(
                    book.remaining(person()).unwrap().checked_sub(before.remaining(person()).unwrap()).unwrap(),
                    granted.amount
                );
                let over = |book: &Book| {
                    book.groups[&group()].figures.available().unwrap().checked_neg().unwrap().positive_part()
                };
                prop_assert!(over(&book) <= over(&before));
                if !fits {
                    // Had the group got a typed unit less, it would not have fitted.
                    let state = book.groups.get_mut(&group()).unwrap();
                    let slack = |free: Credits| free < unit;
                    let standing = state.standing;
                    let free_monthly = standing.monthly
                        .checked_sub(standing.members_monthly.checked_add(standing.reserve).unwrap()).unwrap();
                    let free_now = state.figures.available().unwrap();
                    prop_assert!(slack(free_now) || (for_good && slack(free_monthly)));
                }
            }
            Err(Refusal::LimitExceeded { .. }) => {
                prop_assert!(!fits);
                prop_assert_eq!(&book, &before);
            }
            Err(refusal) => prop_assert!(false, "{refusal}"),
        }
    }
}

#[test]
fn for_good_is_refused_where_members_hold_no_monthly() {
    let mut book = book(100, 0, 0, 0, 0);
    book.terms.distribution = Distribution::SharedPool;
    let granted = Granted {
        person: person(),
        amount: whole(1),
        term: RequestTerm::ForGood,
        grant: GrantId::new(Uuid::from_u128(7)),
        made_by: None,
    };
    let raise = Command::GrantRequest {
        granted,
        fills_group: false,
    };
    assert_eq!(
        decide(&mut book, &raise, Timestamp::from_micros(1)),
        Err(Refusal::WrongDistribution)
    );
}
