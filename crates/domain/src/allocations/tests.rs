//! Properties of the book under thousands of random operations: the identity, the accounts behind the figures, bounds
//! that hold, refusals that change nothing, moves that change nobody's Remaining.

use std::collections::BTreeMap;

use allowance_values::{
    CreditTypeId, Credits, Decimals, GrantId, GroupId, HoldId, PersonId, Rate, Timestamp,
};
use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use uuid::Uuid;

use super::*;
use crate::credit_requests::{Granted, RequestTerm};
use crate::credit_types::{Distribution, Enforcement, Rollover, Terms};
use crate::ledger::{
    Account, Book, CycleSpan, CycleState, EntryKind, Expiry, GroupState, LotSource, MemberStanding,
    MemberState, Movement, OpenCycle, open_cycle, settle_member,
};

#[path = "former_tests.rs"]
mod former;
#[path = "reset_tests.rs"]
mod resets;
#[cfg(feature = "zones")]
#[path = "year_tests.rs"]
mod year;

const DAY: i64 = 86_400;
const PEOPLE: u128 = 6;
const GROUPS: u128 = 3;

fn person(n: u128) -> PersonId {
    PersonId::new(Uuid::from_u128(100 + n % PEOPLE))
}

fn group(n: u128) -> GroupId {
    GroupId::new(Uuid::from_u128(10 + n % GROUPS))
}

fn whole(n: i64) -> Credits {
    Credits::from_micros(n * 1_000_000)
}

fn at(day: i64) -> Timestamp {
    Timestamp::from_micros(0).plus_seconds(day * DAY)
}

fn next_cycle(number: i64, starts_at: Timestamp, ends_at: Timestamp, may_be_undone: bool) -> OpenCycle {
    OpenCycle {
        number,
        span: CycleSpan { starts_at, ends_at },
        may_be_undone,
    }
}

/// A book, everything that was ever posted to it, and a counter for ids and days.
struct World {
    book: Book,
    posted: Vec<Movement>,
    next_id: u128,
    day: i64,
    /// A clock that runs by itself, where days are not fine enough.
    clock: Option<Timestamp>,
    /// Numbers of cycles only rise.
    last_cycle: i64,
    /// Resets that can be undone, the latest last.
    resets: Vec<resets::Reset>,
}

impl World {
    fn new(enforcement: Enforcement, distribution: Distribution, rollover: Rollover) -> Self {
        let terms = Terms {
            id: CreditTypeId::new(Uuid::from_u128(1)),
            decimals: Decimals::new(2).unwrap(),
            rate: Rate::OFF,
            limit: whole(1_000),
            enforcement,
            distribution,
            rollover,
        };
        let cycle = CycleState {
            number: 0,
            starts_at: at(-30),
            ends_at: at(0),
            figures: CycleFigures::default(),
        };
        let groups = (0..GROUPS).map(|n| (group(n), GroupState::default())).collect();
        let members = (0..PEOPLE)
            .map(|n| {
                (
                    person(n),
                    MemberState::untouched(group(n), MemberStanding::default(), Distribution::Individual, 0),
                )
            })
            .collect();
        let mut book = Book {
            terms,
            cycle,
            closed: Vec::new(),
            groups,
            members,
        };
        let posted = open_cycle(&mut book, next_cycle(1, at(0), at(30), false)).unwrap();
        Self {
            book,
            posted,
            next_id: 1_000,
            day: 0,
            clock: None,
            last_cycle: 1,
            resets: Vec::new(),
        }
    }

    /// The instant of the next operation: the day's beginning, unless a clock runs.
    fn now(&self) -> Timestamp {
        self.clock.unwrap_or_else(|| at(self.day))
    }

    fn id(&mut self) -> Uuid {
        self.next_id += 1;
        Uuid::from_u128(self.next_id)
    }

    fn run(&mut self, command: &Command) -> Result<Outcome, Refusal> {
        let (before, now) = (self.book.clone(), self.now());
        match decide(&mut self.book, command, now) {
            Ok(outcome) => {
                self.posted.extend(outcome.movements.iter().copied());
                Ok(outcome)
            }
            Err(refusal) => {
                assert_eq!(self.book, before, "a refusal changed the book: {command:?}");
                Err(refusal)
            }
        }
    }

    fn roll(&mut self, days: i64) {
        self.day = self.book.cycle.ends_at.micros() / 1_000_000 / DAY;
        self.open_next(at(self.day), at(self.day + days));
    }

    fn open_next(&mut self, starts_at: Timestamp, ends_at: Timestamp) {
        self.last_cycle += 1;
        let next = next_cycle(self.last_cycle, starts_at, ends_at, false);
        self.posted.extend(open_cycle(&mut self.book, next).unwrap());
        // Once another cycle has opened, no reset can be undone.
        self.resets.clear();
        for closed in &mut self.book.closed {
            closed.is_remembered = false;
        }
    }

    fn settle(&mut self, person: PersonId) {
        let now = self.now();
        let movements = settle_member(&mut self.book, person, now).unwrap();
        self.posted.extend(movements);
    }

    fn settle_all(&mut self) {
        for n in 0..PEOPLE {
            self.settle(person(n));
        }
    }

    fn edit(&mut self, who: u128, monthly: Option<i64>, extra: Option<i64>) -> Command {
        let typed_grant = GrantId::new(self.id());
        let edit = MemberEdit {
            person: person(who),
            monthly: monthly.map(whole),
            extra: extra.map(whole),
            cap: None,
            typed_grant,
        };
        Command::SetMembers { edits: vec![edit] }
    }

    /// The figures of a member as they will be once settled, and as they are while nobody has settled them.
    fn figures(&self, id: PersonId) -> MemberFigures {
        let member = &self.book.members[&id];
        if member.stands_in == self.book.cycle.number {
            member.figures
        } else {
            MemberFigures {
                monthly: member.standing.monthly_in(self.book.terms.distribution),
                ..MemberFigures::ZERO
            }
        }
    }

    /// Credits balance = Unallocated + Σ Available + Σ reserve left + Σ positive remainder of members' own credits.
    fn assert_identity(&self) {
        let cycle = self.book.cycle.figures;
        let mut parts = cycle.unallocated().unwrap().micros();
        for state in self.book.groups.values() {
            parts +=
                state.figures.available().unwrap().micros() + state.figures.reserve_left().unwrap().micros();
        }
        for id in self.book.members.keys() {
            parts += self.figures(*id).remaining().unwrap().positive_part().micros();
        }
        assert_eq!(
            Credits::from_micros(parts),
            cycle.balance().unwrap(),
            "the identity"
        );
    }

    /// Balances of the accounts, by adding up what was posted in the open cycle and nothing else.
    fn balances(&self) -> BTreeMap<Account, i64> {
        let mut balances = BTreeMap::new();
        for movement in self
            .posted
            .iter()
            // Numbers above the open cycle's are stretches of it.
            .filter(|movement| movement.cycle >= self.book.cycle.number)
        {
            *balances.entry(movement.from).or_default() -= movement.amount.micros();
            *balances.entry(movement.to).or_default() += movement.amount.micros();
        }
        balances
    }

    /// What the entries of the open cycle say of a group, each figure by itself. Distributed follows from these and from
    /// what the group's account holds.
    fn group_by_entries(&self, id: GroupId) -> GroupFigures {
        let mut said = GroupFigures::default();
        let mut add = |kind: EntryKind, account: Account, other: Account, by: Credits| {
            let slot = match (account, kind, other) {
                (Account::Group(group), EntryKind::GroupMonthly, _) if group == id => &mut said.monthly,
                (Account::Group(group), EntryKind::GroupExtra, _) if group == id => &mut said.extra,
                (Account::Group(group), EntryKind::CarryIn, _) if group == id => &mut said.carried,
                (Account::Member(_, group), _, Account::Carried | Account::Lapsed)
                | (Account::Member(_, group), EntryKind::Move, Account::Member(..))
                    if group == id =>
                {
                    &mut said.members_carried
                }
                (Account::Spent(_, group), ..) if group == id => &mut said.used,
                (Account::Held(_, group), ..) if group == id => &mut said.held,
                (Account::Reserve(group), EntryKind::Grant, _) if group == id => {
                    said.reserve_given = said.reserve_given.checked_sub(by).unwrap();
                    return;
                }
                _ => return,
            };
            *slot = slot.checked_add(by).unwrap();
        };
        // Numbers above the open cycle's are stretches of it.
        let open = self.posted.iter();
        for movement in open.filter(|movement| movement.cycle >= self.book.cycle.number) {
            let Movement {
                kind,
                from,
                to,
                amount,
                ..
            } = *movement;
            add(kind, from, to, amount.checked_neg().unwrap());
            add(kind, to, from, amount);
        }
        said
    }

    /// Every figure equals what the entries say, together with standing Monthly that has no entry yet.
    fn assert_books(&self) {
        let balances = self.balances();
        let of = |account: Account| balances.get(&account).copied().unwrap_or(0);
        assert_eq!(balances.values().sum::<i64>(), 0, "the sums are zero");
        let cycle = self.book.cycle.figures;
        assert_eq!(of(Account::Unallocated), cycle.unallocated().unwrap().micros());
        let total = |matches: fn(&Account) -> bool| -> i64 {
            balances
                .iter()
                .filter(|(account, _)| matches(account))
                .map(|(_, amount)| amount)
                .sum()
        };
        assert_eq!(
            total(|account| matches!(account, Account::Spent(..))),
            cycle.used.micros()
        );
        assert_eq!(
            total(|account| matches!(account, Account::Held(..))),
            cycle.held.micros()
        );
        for (id, state) in &self.book.groups {
            let unwritten: i64 = self
                .book
                .members
                .values()
                .filter(|member| {
                    member.group == *id && !(member.is_touched && member.stands_in == self.book.cycle.number)
                })
                .map(|member| member.standing.monthly_in(self.book.terms.distribution).micros())
                .sum();
            let expected =
                state.figures.available().unwrap().micros() + state.figures.uncovered.micros() + unwritten;
            assert_eq!(of(Account::Group(*id)), expected, "group {id}");
            let said = GroupFigures {
                distributed: state.figures.distributed,
                reserve: state.figures.reserve,
                uncovered: state.figures.uncovered,
                ..self.group_by_entries(*id)
            };
            assert_eq!(state.figures, said, "group {id}, figure by figure");
            assert_eq!(
                of(Account::Reserve(*id)),
                state.figures.reserve_left().unwrap().micros()
            );
            let overage: i64 = self
                .book
                .members
                .keys()
                .filter(|person| self.book.members[person].group == *id)
                .map(|person| self.figures(*person).overage().unwrap().micros())
                .sum();
            assert_eq!(state.figures.uncovered.micros(), overage, "uncovered of {id}");
        }
        for (id, member) in &self.book.members {
            if member.stands_in != self.book.cycle.number || !member.is_touched {
                continue;
            }
            assert_eq!(
                of(Account::Member(*id, member.group)),
                member.figures.remaining().unwrap().micros(),
                "{id}"
            );
            for past in self.book.groups.keys().filter(|past| **past != member.group) {
                assert_eq!(
                    of(Account::Member(*id, *past)),
                    0,
                    "a closed stretch holds nothing"
                );
            }
            let lots: i64 = member.lots.iter().map(|lot| lot.amount.micros()).sum();
            assert_eq!(
                lots,
                member.figures.extra.micros() + member.figures.carried.micros(),
                "lots of {id}"
            );
        }
    }
}

#[derive(Debug, Clone)]
enum Step {
    Limit(i64),
    Group {
        group: u128,
        monthly: Option<i64>,
        extra: Option<i64>,
        reserve: Option<i64>,
    },
    Member {
        who: u128,
        monthly: Option<i64>,
        extra: Option<i64>,
    },
    Cap {
        who: u128,
        cap: Option<i64>,
    },
    Grant {
        who: u128,
        amount: i64,
        days: Option<i64>,
    },
    Answer {
        who: u128,
        amount: i64,
    },
    GrantRequest {
        who: u128,
        amount: i64,
        for_good: bool,
        fills_group: bool,
    },
    Revoke {
        who: u128,
    },
    Charge {
        who: u128,
        micros: i64,
        record: bool,
    },
    Use {
        who: u128,
        micros: i64,
        group: u128,
        gone: bool,
    },
    Reverse {
        nth: usize,
    },
    Hold {
        who: u128,
        amount: i64,
    },
    Capture {
        who: u128,
        percent: i64,
    },
    Release {
        who: u128,
    },
    Move {
        who: u128,
        to: u128,
        when: u8,
    },
    Delete {
        group: u128,
    },
    Leave {
        who: u128,
    },
    Settle {
        who: u128,
    },
    Wait {
        days: i64,
    },
    Roll {
        days: i64,
    },
    SignUp {
        who: u128,
        due: i64,
    },
    Reset {
        days: i64,
    },
    Undo,
    Switch,
    Rollover(Rollover),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let n = 0_u128..12;
    let amount = || 0_i64..400;
    let maybe = || proptest::option::of(0_i64..300);
    let step = prop_oneof![
        1 => (0_i64..2_000).prop_map(Step::Limit),
        6 => (n.clone(), maybe(), maybe(), proptest::option::of(0_i64..60))
            .prop_map(|(group, monthly, extra, reserve)| Step::Group { group, monthly, extra, reserve }),
        8 => (n.clone(), maybe(), maybe())
            .prop_map(|(who, monthly, extra)| Step::Member { who, monthly, extra }),
        1 => (n.clone(), maybe()).prop_map(|(who, cap)| Step::Cap { who, cap }),
        3 => (n.clone(), amount(), proptest::option::of(1_i64..60))
            .prop_map(|(who, amount, days)| Step::Grant { who, amount, days }),
        3 => (n.clone(), 0_i64..40).prop_map(|(who, amount)| Step::Answer { who, amount }),
        3 => (n.clone(), 0_i64..100, any::<bool>(), any::<bool>()).prop_map(
            |(who, amount, for_good, fills_group)| Step::GrantRequest { who, amount, for_good, fills_group }
        ),
        2 => n.clone().prop_map(|who| Step::Revoke { who }),
        8 => (n.clone(), 1_i64..200_000_000, any::<bool>())
            .prop_map(|(who, micros, record)| Step::Charge { who, micros, record }),
        4 => (n.clone(), 1_i64..200_000_000, n.clone(), any::<bool>())
            .prop_map(|(who, micros, group, gone)| Step::Use { who, micros, group, gone }),
        2 => (0_usize..50).prop_map(|nth| Step::Reverse { nth }),
        3 => (n.clone(), amount()).prop_map(|(who, amount)| Step::Hold { who, amount }),
        2 => (n.clone(), 0_i64..=100).prop_map(|(who, percent)| Step::Capture { who, percent }),
        1 => n.clone().prop_map(|who| Step::Release { who }),
        3 => (n.clone(), n.clone(), 0_u8..4).prop_map(|(who, to, when)| Step::Move { who, to, when }),
        1 => n.clone().prop_map(|group| Step::Delete { group }),
        1 => n.clone().prop_map(|who| Step::Leave { who }),
        1 => n.clone().prop_map(|who| Step::Settle { who }),
        2 => (1_i64..5).prop_map(|days| Step::Wait { days }),
        1 => (5_i64..40).prop_map(|days| Step::Roll { days }),
        1 => (n.clone(), 0_i64..300).prop_map(|(who, due)| Step::SignUp { who, due }),
        1 => (5_i64..40).prop_map(|days| Step::Reset { days }),
        1 => Just(Step::Undo),
        1 => Just(Step::Switch),
        1 => rollovers().prop_map(Step::Rollover),
    ];
    proptest::collection::vec(step, 1..60)
}

fn rollovers() -> impl Strategy<Value = Rollover> {
    (
        prop_oneof![Just(0_u8), Just(33), Just(100)],
        proptest::option::of(1_i64..100),
        1_u32..4,
    )
        .prop_map(|(percent, cap, cycles)| Rollover {
            percent,
            cap: cap.map(whole),
            cycles,
        })
}

/// A charge that was let through and not reversed yet.
#[derive(Clone, Copy)]
struct Booked {
    who: PersonId,
    group: GroupId,
    id: Uuid,
    amount: Credits,
    cycle: i64,
}

fn request(world: &mut World, person: PersonId, amount: Credits) -> Granted {
    Granted {
        person,
        amount,
        term: RequestTerm::ThisCycle,
        grant: GrantId::new(world.id()),
        made_by: None,
    }
}

/// The reserve gives all of it or nothing, and what the group has available stays; only an overage that the grant
/// covers frees something.
fn answer_by_reserve(world: &mut World, who: PersonId, amount: Credits) {
    world.settle(who);
    let group = world.book.members[&who].group;
    let figures = |world: &World| world.book.groups[&group].figures;
    let overage = |world: &World| world.figures(who).overage().unwrap();
    let (before, over_before) = (figures(world), overage(world));
    let left = before.reserve_left().unwrap();
    let granted = request(world, who, amount);
    let answered = world.run(&Command::AnswerByReserve { granted });
    let minus = |a: Credits, b: Credits| a.checked_sub(b).unwrap();
    if amount.is_zero() {
        assert_eq!(answered, Err(Refusal::NegativeAmount));
        return;
    }
    if amount > left {
        let over_by = minus(amount, left);
        assert_eq!(answered, Err(Refusal::ReserveShort { over_by }));
        return;
    }
    answered.unwrap();
    let after = figures(world);
    assert_eq!(after.reserve_left().unwrap(), minus(left, amount));
    let freed = minus(over_before, overage(world));
    assert_eq!(
        after.available().unwrap(),
        before.available().unwrap().checked_add(freed).unwrap()
    );
}

fn take(world: &mut World, step: &Step, booked: &mut Vec<Booked>) {
    let command = match *step {
        Step::Limit(limit) => Command::SetLimit { limit: whole(limit) },
        Step::Group {
            group: n,
            monthly,
            extra,
            reserve,
        } => Command::SetGroup {
            group: group(n),
            monthly: monthly.map(whole),
            extra: extra.map(whole),
            reserve: reserve.map(whole),
        },
        Step::Member { who, monthly, extra } => world.edit(who, monthly, extra),
        Step::Cap { who, cap } => {
            let typed_grant = GrantId::new(world.id());
            let cap = Some(cap.map(whole));
            let edit = MemberEdit {
                person: person(who),
                monthly: None,
                extra: None,
                cap,
                typed_grant,
            };
            Command::SetMembers { edits: vec![edit] }
        }
        Step::Grant { who, amount, days } => {
            let expiry = days.map(|days| Expiry::At(world.now().plus_seconds(days * DAY)));
            let grant = NewGrant {
                id: GrantId::new(world.id()),
                amount: whole(amount),
                source: LotSource::Manual,
                priority: 100,
                expiry: if amount % 5 == 0 {
                    Some(Expiry::Never)
                } else {
                    expiry
                },
                reason: None,
            };
            Command::Grant {
                person: person(who),
                grant,
                made_by: None,
            }
        }
        Step::Answer { who, amount } => {
            answer_by_reserve(world, person(who), whole(amount));
            return;
        }
        Step::GrantRequest {
            who,
            amount,
            for_good,
            fills_group,
        } => {
            let term = if for_good {
                RequestTerm::ForGood
            } else {
                RequestTerm::ThisCycle
            };
            let granted = Granted {
                term,
                ..request(world, person(who), whole(amount))
            };
            Command::GrantRequest { granted, fills_group }
        }
        Step::Revoke { who } => {
            // Whoever revokes has read the row, which settles it.
            world.settle(person(who));
            let Some(lot) = world.book.members[&person(who)].lots.first() else {
                return;
            };
            Command::Revoke {
                person: person(who),
                grant: lot.id,
            }
        }
        Step::Charge { who, micros, record } => {
            let insistence = if record {
                Insistence::Record
            } else {
                Insistence::AsEnforced
            };
            let (charge, amount) = (world.id(), Credits::from_micros(micros));
            let command = Command::Charge {
                person: person(who),
                charge,
                amount,
                insistence,
            };
            if world.run(&command).is_ok() {
                let group = world.book.members[&person(who)].group;
                booked.push(Booked {
                    who: person(who),
                    group,
                    id: charge,
                    amount,
                    cycle: world.book.cycle.number,
                });
            }
            return;
        }
        Step::Use {
            who,
            micros,
            group: n,
            gone,
        } => {
            let event = world.id();
            former::used(person(who), event, Credits::from_micros(micros), Some((n, gone)))
        }
        Step::Reverse { nth } => {
            if booked.is_empty() {
                return;
            }
            let Booked {
                who,
                group,
                id,
                amount,
                cycle,
            } = booked.remove(nth % booked.len());
            Command::Reverse {
                person: who,
                group,
                charge: id,
                amount,
                cycle,
            }
        }
        Step::Hold { who, amount } => {
            let hold = HoldId::new(world.id());
            let insistence = Insistence::AsEnforced;
            Command::Hold {
                person: person(who),
                hold,
                amount: whole(amount),
                insistence,
            }
        }
        Step::Capture { who, percent } => {
            let Some(hold) = world.book.members[&person(who)].holds.first() else {
                return;
            };
            let amount = Credits::from_micros(hold.amount.micros() / 100 * percent);
            Command::Capture {
                person: person(who),
                hold: hold.id,
                amount,
            }
        }
        Step::Release { who } => {
            let Some(hold) = world.book.members[&person(who)].holds.first() else {
                return;
            };
            Command::Release {
                person: person(who),
                hold: hold.id,
            }
        }
        Step::Move { who, to, when } => {
            world.settle(person(who));
            let when_short = match when {
                0 => WhenShort::Refuse,
                1 => WhenShort::SmallerMonthly,
                2 => WhenShort::BringCredits,
                _ => WhenShort::TakeWhatFits,
            };
            let before = world.figures(person(who)).remaining().unwrap();
            let room = world.book.groups[&group(to)]
                .figures
                .available()
                .unwrap()
                .positive_part();
            let command = Command::Move {
                person: person(who),
                to: group(to),
                when_short,
            };
            let moved = world.run(&command).is_ok();
            let after = world.figures(person(who)).remaining().unwrap();
            match when_short {
                WhenShort::Refuse | WhenShort::BringCredits => {
                    assert!(!moved || after == before, "a move changed Remaining");
                }
                WhenShort::SmallerMonthly => {}
                WhenShort::TakeWhatFits => {
                    assert!(
                        moved && after <= before,
                        "HR's moves are never refused and give nothing"
                    );
                    let available = world.book.groups[&group(to)].figures.available().unwrap();
                    assert!(
                        available >= Credits::ZERO || room.is_zero(),
                        "it took more than the group had"
                    );
                }
            }
            return;
        }
        Step::Delete { group: n } => {
            if group(n) == group(0) {
                return;
            }
            let members = world
                .book
                .members
                .iter()
                .filter(|(_, m)| m.group == group(n))
                .map(|(id, _)| *id)
                .collect();
            world.settle_all();
            let before: Vec<_> = (0..PEOPLE)
                .map(|n| world.book.remaining(person(n)).unwrap())
                .collect();
            let individual = world.book.terms.distribution == Distribution::Individual;
            for reset in &mut world.resets {
                reset.deleted.insert(group(n));
            }
            let command = Command::DeleteGroup {
                group: group(n),
                heir: group(0),
                members,
            };
            if world.run(&command).is_ok() && individual {
                let after: Vec<_> = (0..PEOPLE)
                    .map(|n| world.book.remaining(person(n)).unwrap())
                    .collect();
                assert_eq!(before, after, "deleting a group changed somebody's Remaining");
            }
            return;
        }
        Step::Leave { who } => Command::Leave { person: person(who) },
        Step::Settle { who } => Command::Settle { person: person(who) },
        Step::Wait { days } => {
            let last = world.book.cycle.ends_at.micros() / 1_000_000 / DAY - 1;
            world.day = (world.day + days).min(last).max(world.day);
            return;
        }
        Step::Roll { days } => {
            world.roll(days);
            return;
        }
        Step::SignUp { who, due } => {
            let free = world.book.cycle.figures.unallocated().unwrap().positive_part();
            let (grant, due) = (GrantId::new(world.id()), whole(due));
            let (person, before) = (person(who), world.book.clone());
            let command = Command::SignUp { person, grant, due };
            world.run(&command).unwrap();
            let lots = &world.book.members[&person].lots;
            let granted = lots
                .iter()
                .find(|lot| lot.id == grant)
                .map_or(Credits::ZERO, |lot| lot.amount);
            let missing = due.min(free).checked_sub(granted).unwrap();
            let step = world.book.terms.decimals.step_micros();
            assert!(
                (0..step).contains(&missing.micros()),
                "what Unallocated covers, to a cent"
            );
            let others = before.members.iter().filter(|(id, _)| **id != person);
            assert!(
                others
                    .into_iter()
                    .all(|(id, member)| world.book.members[id] == *member)
            );
            return;
        }
        Step::Reset { days } => {
            world.reset(days);
            return;
        }
        Step::Undo => {
            world.undo();
            return;
        }
        Step::Switch => {
            world.switch();
            return;
        }
        Step::Rollover(rollover) => {
            world.book.terms.rollover = rollover;
            return;
        }
    };
    let excess = |world: &World| {
        let given: i64 = world
            .book
            .groups
            .values()
            .map(|group| (-group.figures.available().unwrap().micros()).max(0))
            .sum();
        let over = (-world.book.cycle.figures.unallocated().unwrap().micros()).max(0);
        (given, over)
    };
    let before = excess(world);
    let is_save = matches!(
        command,
        Command::SetMembers { .. } | Command::Grant { .. } | Command::GrantRequest { .. }
    );
    if world.run(&command).is_ok() && is_save {
        let after = excess(world);
        assert!(
            after.0 <= before.0 && after.1 <= before.1,
            "a save enlarged an excess: {command:?}"
        );
    }
}

/// The same cases each time, so that a run of the checks says the same about the same code. To search further, name a
/// seed and a number: `PROPTEST_RNG_SEED=7 PROPTEST_CASES=60000 cargo test -p allowance-domain`.
fn search() -> ProptestConfig {
    let asked = ProptestConfig::default();
    if matches!(asked.rng_seed, RngSeed::Fixed(_)) {
        return asked;
    }
    ProptestConfig {
        cases: 1_000,
        rng_seed: RngSeed::Fixed(20_261_125),
        ..asked
    }
}

proptest! {
    #![proptest_config(search())]

    #[test]
    fn the_identity_and_the_books_hold_after_any_operations(
        steps in steps(),
        block in any::<bool>(),
        pool in any::<bool>(),
        rollover in rollovers(),
    ) {
        let enforcement = if block { Enforcement::Block } else { Enforcement::Warn };
        let distribution = if pool { Distribution::SharedPool } else { Distribution::Individual };
        let mut world = World::new(enforcement, distribution, rollover);
        let mut booked = Vec::new();
        for step in &steps {
            take(&mut world, step, &mut booked);
            world.assert_identity();
            world.assert_books();
        }
        world.settle_all();
        world.assert_identity();
        world.assert_books();
    }

    #[test]
    fn early_late_or_never_settled_the_figures_are_equal(
        steps in steps(),
        early in proptest::collection::vec(any::<bool>(), 60),
        rollover in rollovers(),
    ) {
        let mut late = World::new(Enforcement::Warn, Distribution::Individual, rollover);
        let mut eager = World::new(Enforcement::Warn, Distribution::Individual, rollover);
        let (mut late_booked, mut eager_booked) = (Vec::new(), Vec::new());
        for (step, settle) in steps.iter().zip(early) {
            if settle {
                eager.settle_all();
            }
            // Dated lots lapse when their time comes; both worlds let them, as the job does.
            if matches!(
                step,
                Step::Roll { .. } | Step::Reset { .. } | Step::Grant { .. } | Step::Wait { .. }
            ) {
                late.settle_all();
                eager.settle_all();
            }
            take(&mut late, step, &mut late_booked);
            take(&mut eager, step, &mut eager_booked);
        }
        late.settle_all();
        eager.settle_all();
        prop_assert_eq!(late.shown(), eager.shown());
    }
}

#[test]
fn in_block_forty_spenders_of_three_get_exactly_what_is_there() {
    let mut world = World::new(Enforcement::Block, Distribution::Individual, Rollover::NONE);
    world
        .run(&Command::SetGroup {
            group: group(0),
            monthly: Some(whole(100)),
            extra: None,
            reserve: None,
        })
        .unwrap();
    let edit = world.edit(0, Some(100), None);
    world.run(&edit).unwrap();
    let mut granted = 0;
    for _ in 0..64 {
        let charge = world.id();
        let command = Command::Charge {
            person: person(0),
            charge,
            amount: whole(3),
            insistence: Insistence::AsEnforced,
        };
        match world.run(&command) {
            Ok(_) => granted += 1,
            Err(refusal) => assert_eq!(refusal, Refusal::InsufficientCredits { over_by: whole(2) }),
        }
    }
    assert_eq!(granted, 33);
}

#[test]
fn a_save_that_makes_an_excess_says_by_how_much_and_one_that_lessens_it_passes() {
    let mut world = World::new(Enforcement::Warn, Distribution::Individual, Rollover::NONE);
    let set = |monthly| Command::SetGroup {
        group: group(0),
        monthly: Some(whole(monthly)),
        extra: None,
        reserve: None,
    };
    assert_eq!(
        world.run(&set(1_200)),
        Err(Refusal::LimitExceeded { over_by: whole(200) })
    );
    world.run(&set(1_000)).unwrap();
    world.run(&Command::SetLimit { limit: whole(600) }).unwrap();
    assert_eq!(world.book.cycle.figures.unallocated().unwrap(), whole(-400));
    world.run(&set(900)).unwrap();
    assert_eq!(
        world.run(&set(901)),
        Err(Refusal::LimitExceeded { over_by: whole(301) })
    );
    let edit = world.edit(0, Some(901), None);
    assert_eq!(
        world.run(&edit),
        Err(Refusal::GroupExceeded { over_by: whole(1) })
    );
}

#[test]
fn typing_less_extra_takes_back_typed_grants_newest_first_and_nothing_else() {
    let mut world = World::new(Enforcement::Warn, Distribution::Individual, Rollover::NONE);
    world
        .run(&Command::SetGroup {
            group: group(0),
            monthly: Some(whole(500)),
            extra: None,
            reserve: None,
        })
        .unwrap();
    let grant = NewGrant {
        id: GrantId::new(world.id()),
        amount: whole(50),
        source: LotSource::Manual,
        priority: 100,
        expiry: None,
        reason: Some("conference".to_owned()),
    };
    world
        .run(&Command::Grant {
            person: person(0),
            grant,
            made_by: None,
        })
        .unwrap();
    for extra in [60, 80] {
        let edit = world.edit(0, None, Some(extra));
        world.run(&edit).unwrap();
    }
    let edit = world.edit(0, None, Some(65));
    world.run(&edit).unwrap();
    let amounts: Vec<_> = world.book.members[&person(0)]
        .lots
        .iter()
        .map(|lot| lot.amount)
        .collect();
    assert_eq!(amounts, [whole(50), whole(10), whole(5)]);
    let edit = world.edit(0, None, Some(20));
    assert_eq!(
        world.run(&edit),
        Err(Refusal::NothingToTakeBack { over_by: whole(30) })
    );
}

#[test]
fn a_move_into_a_group_that_lacks_credits_offers_two_ways() {
    let mut world = World::new(Enforcement::Warn, Distribution::Individual, Rollover::NONE);
    for (n, monthly) in [(0, 300), (1, 40)] {
        world
            .run(&Command::SetGroup {
                group: group(n),
                monthly: Some(whole(monthly)),
                extra: None,
                reserve: None,
            })
            .unwrap();
    }
    let edit = world.edit(0, Some(100), None);
    world.run(&edit).unwrap();
    let to = |when_short| Command::Move {
        person: person(0),
        to: group(1),
        when_short,
    };
    assert_eq!(
        world.run(&to(WhenShort::Refuse)),
        Err(Refusal::MoveShort { over_by: whole(60) })
    );
    let mut smaller = World {
        book: world.book.clone(),
        posted: world.posted.clone(),
        resets: Vec::new(),
        ..world
    };
    smaller.run(&to(WhenShort::SmallerMonthly)).unwrap();
    assert_eq!(smaller.figures(person(0)).monthly, whole(40));
    assert_eq!(
        smaller.book.groups[&group(1)].figures.available().unwrap(),
        Credits::ZERO
    );
    world.run(&to(WhenShort::BringCredits)).unwrap();
    assert_eq!(world.figures(person(0)).monthly, whole(100));
    assert_eq!(world.book.groups[&group(1)].standing.monthly, whole(100));
    assert_eq!(world.book.groups[&group(0)].standing.monthly, whole(240));
}

#[test]
fn a_move_by_hr_takes_what_fits_monthly_first_then_the_newest_extra() {
    let mut world = World::new(Enforcement::Warn, Distribution::Individual, Rollover::NONE);
    for (n, monthly) in [(0, 300), (1, 40)] {
        let edit = Command::SetGroup {
            group: group(n),
            monthly: Some(whole(monthly)),
            extra: None,
            reserve: None,
        };
        world.run(&edit).unwrap();
    }
    for extra in [50, 60] {
        let edit = world.edit(0, Some(20), Some(extra));
        world.run(&edit).unwrap();
    }
    let charge = Command::Charge {
        person: person(0),
        charge: world.id(),
        amount: whole(25),
        insistence: Insistence::AsEnforced,
    };
    world.run(&charge).unwrap();
    let to = Command::Move {
        person: person(0),
        to: group(1),
        when_short: WhenShort::TakeWhatFits,
    };
    world.run(&to).unwrap();
    // 55 were left and 40 fit: Monthly covers the missing 15.
    let figures = world.figures(person(0));
    assert_eq!((figures.monthly, figures.extra), (whole(5), whole(60)));
    assert_eq!(figures.remaining().unwrap(), whole(40));

    // Back again nothing is short; into a group that has nothing, nothing comes along.
    for (n, left) in [(0, 40), (2, 0)] {
        let to = Command::Move {
            person: person(0),
            to: group(n),
            when_short: WhenShort::TakeWhatFits,
        };
        world.run(&to).unwrap();
        assert_eq!(world.figures(person(0)).remaining().unwrap(), whole(left));
    }
    let member = &world.book.members[&person(0)];
    assert_eq!(member.standing.monthly, Credits::ZERO);
    assert!(
        member.lots.iter().all(|lot| lot.amount <= whole(25)),
        "what was spent stays"
    );
    world.assert_books();
}

#[test]
fn amounts_near_the_end_of_the_range_are_refused_never_wrapped() {
    let mut world = World::new(Enforcement::Warn, Distribution::Individual, Rollover::NONE);
    let huge = Credits::from_micros(i64::MAX);
    assert_eq!(
        world.run(&Command::SetLimit { limit: huge }),
        Err(Refusal::AmountOutOfRange)
    );
    for (charge, expected) in [(1, true), (2, false)] {
        let command = Command::Charge {
            person: person(0),
            charge: Uuid::from_u128(charge),
            amount: huge,
            insistence: Insistence::Record,
        };
        assert_eq!(world.run(&command).is_ok(), expected);
    }
    let too_fine = Command::SetLimit {
        limit: Credits::from_micros(1),
    };
    assert_eq!(world.run(&too_fine), Err(Refusal::TooManyDecimals));
    assert_eq!(
        world.run(&Command::SetLimit { limit: whole(-1) }),
        Err(Refusal::NegativeAmount)
    );
}
