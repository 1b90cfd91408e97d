//! Posting against real databases: what is stored equals what the domain decided, the books prove themselves, a row
//! changed by hand is named, and parallel spenders never overspend.

use std::collections::BTreeMap;
use std::sync::Arc;

use allowance_domain::allocations::{
    BulkMode, Command, CycleFigures, Insistence, MemberEdit, MemberFigures, NewGrant, Refusal, WhenShort,
};
use allowance_domain::credit_types::{Distribution, Enforcement, Rollover, Terms};
use allowance_domain::cycles::Cadence;
use allowance_domain::ledger::{CycleSpan, Expiry, Lot, LotSource};
use allowance_store::testing::{create_group, create_organisation, create_people, execute};
use allowance_store::{CycleReason, GroupRow, NewCreditType, Origin, SettingChange, Store, StoreError};
use allowance_values::{CreditTypeId, Credits, Decimals, GrantId, GroupId, OrganisationId, PersonId, Rate};

use crate::support::{databases, start};

pub(crate) fn whole(n: i64) -> Credits {
    Credits::from_micros(n * 1_000_000)
}

/// An organisation with three groups, six people and one credit type of 1,000 credits a month.
pub(crate) struct Org {
    pub(crate) store: Store,
    pub(crate) id: OrganisationId,
    pub(crate) credit_type: CreditTypeId,
    pub(crate) groups: Vec<GroupId>,
    pub(crate) people: Vec<PersonId>,
}

impl Org {
    pub(crate) async fn new(store: &Store, enforcement: Enforcement, rollover: Rollover) -> Self {
        let id = create_organisation(store, "Acme").await;
        let mut groups = Vec::new();
        for name in ["Default", "Engineering", "Sales"] {
            groups.push(create_group(store, id, name).await);
        }
        let mut people = Vec::new();
        for group in &groups {
            people.extend(create_people(store, id, *group, 2).await);
        }
        let credit_type = CreditTypeId::new(store.new_id());
        let terms = Terms {
            id: credit_type,
            decimals: Decimals::new(2).unwrap(),
            rate: Rate::OFF,
            limit: whole(1_000),
            enforcement,
            distribution: Distribution::Individual,
            rollover,
        };
        let new = NewCreditType {
            name: "AI usage".to_owned(),
            name_key: "ai usage".to_owned(),
            cadence: Cadence::CalendarMonth,
            terms,
        };
        let new = &new;
        store
            .transact(&Origin::system(id), |mut tx| async move {
                tx.create_credit_type(new.clone()).await?;
                let first = CycleSpan {
                    starts_at: start(),
                    ends_at: start().plus_seconds(30 * 86_400),
                };
                tx.open_first_cycle(new.terms.id, first).await?;
                Ok::<_, StoreError>(tx.done(()))
            })
            .await
            .unwrap();
        Self {
            store: store.clone(),
            id,
            credit_type,
            groups,
            people,
        }
    }

    async fn post(&self, commands: &[Command], mode: BulkMode) -> Vec<Result<Credits, Refusal>> {
        post(&self.store, self.id, self.credit_type, commands, mode).await
    }

    pub(crate) async fn run(&self, command: Command) -> Result<Credits, Refusal> {
        self.post(&[command], BulkMode::AllOrNothing).await.remove(0)
    }

    pub(crate) fn edit(&self, person: PersonId, monthly: Option<i64>, extra: Option<i64>) -> MemberEdit {
        let typed_grant = GrantId::new(self.store.new_id());
        MemberEdit {
            person,
            monthly: monthly.map(whole),
            extra: extra.map(whole),
            cap: None,
            typed_grant,
        }
    }

    pub(crate) async fn set_group(&self, group: usize, monthly: i64) {
        let group = self.groups[group];
        let monthly = Some(whole(monthly));
        self.run(Command::SetGroup {
            group,
            monthly,
            extra: None,
            reserve: None,
        })
        .await
        .unwrap();
    }

    pub(crate) async fn roll(&self, days: i64) {
        let (store, credit_type) = (&self.store, self.credit_type);
        let open = store.open_cycle_of(self.id, credit_type).await.unwrap();
        let next = CycleSpan {
            starts_at: open.ends_at,
            ends_at: open.ends_at.plus_seconds(days * 86_400),
        };
        store
            .transact(&Origin::system(self.id), |mut tx| async move {
                tx.open_next_cycle(credit_type, next, CycleReason::Schedule)
                    .await?;
                Ok::<_, StoreError>(tx.done(()))
            })
            .await
            .unwrap();
    }

    /// Ends the open cycle by hand, to its planned end.
    pub(crate) async fn reset(&self) {
        let (store, credit_type) = (&self.store, self.credit_type);
        store
            .transact(&Origin::system(self.id), |mut tx| async move {
                let open = tx.open_cycle_of(credit_type).await?;
                let span = CycleSpan {
                    starts_at: tx.at().max(open.starts_at.plus_micros(1)),
                    ends_at: open.ends_at,
                };
                tx.open_next_cycle(credit_type, span, CycleReason::ManualReset)
                    .await?;
                Ok::<_, StoreError>(tx.done(()))
            })
            .await
            .unwrap();
    }

    /// Undoes the reset; whether it could be undone.
    pub(crate) async fn undo(&self) -> bool {
        let (store, credit_type) = (&self.store, self.credit_type);
        store
            .transact(&Origin::system(self.id), |mut tx| async move {
                let undone = tx.undo_reset(credit_type).await?.is_some();
                Ok::<_, StoreError>(tx.done(undone))
            })
            .await
            .unwrap()
    }

    pub(crate) async fn switch(&self, to: Distribution) {
        let (store, credit_type) = (&self.store, self.credit_type);
        store
            .transact(&Origin::system(self.id), |mut tx| async move {
                let word = |distribution| match distribution {
                    Distribution::Individual => "individual".to_owned(),
                    Distribution::SharedPool => "shared_pool".to_owned(),
                };
                let was = tx
                    .find_credit_type(credit_type)
                    .await?
                    .unwrap()
                    .terms
                    .distribution;
                tx.switch_distribution(credit_type, to).await?;
                // As the use case does, so that it can be looked back at.
                let change = SettingChange {
                    setting: "distribution",
                    before: Some(word(was)),
                    after: word(to),
                };
                tx.record_settings(credit_type, vec![change]).await?;
                Ok::<_, StoreError>(tx.done(()))
            })
            .await
            .unwrap();
    }

    /// The figures of everyone and everything in the open cycle.
    async fn figures(&self) -> (CycleFigures, Vec<GroupRow>, Vec<(MemberFigures, Vec<Lot>)>) {
        let open = self.store.open_cycle_of(self.id, self.credit_type).await.unwrap();
        let groups = self
            .store
            .group_rows(self.id, self.credit_type, open.number)
            .await
            .unwrap();
        let rows = self
            .store
            .member_rows(self.id, self.credit_type, &self.people)
            .await
            .unwrap();
        let (_, cycle, rows) = rows.unwrap();
        let members = rows.into_iter().map(|row| {
            let open = |lot: &Lot| lot.is_open || !lot.amount.is_zero();
            (row.figures, row.lots.into_iter().filter(open).collect())
        });
        (cycle, groups, members.collect())
    }

    /// Proves the books beside, from where the last proof ended; then keeps a proof of its own, by turns from there and
    /// from the first entry. Says how long the ledger is.
    pub(crate) async fn assert_proven(&self) -> u64 {
        let proof = self.store.verify(self.id).await.unwrap();
        assert!(proof.findings.is_empty(), "{:#?}", proof.findings);
        let is_full = proof.seq % 2 == 0;
        let kept = self.store.prove_books(self.id, is_full).await.unwrap();
        let kept = kept.unwrap();
        assert!(kept.findings.is_empty(), "{:#?}", kept.findings);
        assert_eq!((kept.seq, &kept.head), (proof.seq, &proof.head));
        u64::try_from(proof.seq).unwrap()
    }
}

async fn post(
    store: &Store,
    organisation: OrganisationId,
    credit_type: CreditTypeId,
    commands: &[Command],
    mode: BulkMode,
) -> Vec<Result<Credits, Refusal>> {
    let people: Vec<PersonId> = commands.iter().flat_map(Command::people).collect();
    let groups: Vec<GroupId> = commands.iter().flat_map(Command::groups).collect();
    let (people, groups) = (&people, &groups);
    let answers = store
        .transact(&Origin::system(organisation), |mut tx| async move {
            let mut book = tx.open_book(credit_type, people, groups).await?.unwrap();
            let answers = tx.post(&mut book, commands, mode).await?;
            Ok::<_, StoreError>(tx.done(answers))
        })
        .await
        .unwrap();
    answers
        .into_iter()
        .map(|answer| answer.map(|outcome| outcome.over_by))
        .collect()
}

/// A small generator, so that both databases see the same commands.
pub(crate) struct Dice(pub(crate) u64);

impl Dice {
    pub(crate) fn roll(&mut self, below: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % below
    }

    pub(crate) fn amount(&mut self, below: u64) -> i64 {
        i64::try_from(self.roll(below)).unwrap()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn after_hundreds_of_random_commands_over_several_cycles_the_books_prove_themselves() {
    for database in databases().await {
        let rollover = Rollover {
            percent: 50,
            cap: Some(whole(40)),
            cycles: 2,
        };
        let org = Org::new(&database.store, Enforcement::Warn, rollover).await;
        let mut dice = Dice(7);
        let mut refused = 0;
        for round in 0..300 {
            let person = org.people[usize::try_from(dice.roll(6)).unwrap()];
            let group = org.groups[usize::try_from(dice.roll(3)).unwrap()];
            let command = match dice.roll(9) {
                0 | 1 => Command::SetGroup {
                    group,
                    monthly: Some(whole(dice.amount(400))),
                    extra: Some(whole(dice.amount(80))),
                    reserve: Some(whole(dice.amount(30))),
                },
                2 | 3 => {
                    let edits = vec![org.edit(person, Some(dice.amount(120)), Some(dice.amount(40)))];
                    Command::SetMembers { edits }
                }
                4 => {
                    let expiry = match dice.roll(3) {
                        0 => None,
                        1 => Some(Expiry::Never),
                        _ => Some(Expiry::At(
                            database.store.now().plus_seconds(86_400 * (1 + dice.amount(40))),
                        )),
                    };
                    let grant = NewGrant {
                        id: GrantId::new(org.store.new_id()),
                        amount: whole(1 + dice.amount(30)),
                        source: LotSource::Manual,
                        priority: 100,
                        expiry,
                        reason: Some("conference".to_owned()),
                    };
                    Command::Grant {
                        person,
                        grant,
                        made_by: None,
                    }
                }
                5 | 6 => Command::Charge {
                    person,
                    charge: org.store.new_id(),
                    amount: Credits::from_micros(1 + dice.amount(60_000_000)),
                    insistence: Insistence::AsEnforced,
                },
                7 => {
                    let when_short = if dice.roll(2) == 0 {
                        WhenShort::BringCredits
                    } else {
                        WhenShort::Refuse
                    };
                    Command::Move {
                        person,
                        to: group,
                        when_short,
                    }
                }
                _ => Command::SetLimit {
                    limit: whole(600 + dice.amount(900)),
                },
            };
            refused += usize::from(org.run(command).await.is_err());
            if round % 60 == 59 {
                org.assert_proven().await;
                database.clock.set(
                    org.store
                        .open_cycle_of(org.id, org.credit_type)
                        .await
                        .unwrap()
                        .ends_at,
                );
                org.roll(30).await;
                org.assert_proven().await;
            }
        }
        assert!(
            (20..280).contains(&refused),
            "the commands exercise both outcomes: {refused} refused"
        );
        // Reading settles in memory what nobody has settled in the database yet; doing it for real changes no figure.
        let (_, _, before) = org
            .store
            .member_rows(org.id, org.credit_type, &org.people)
            .await
            .unwrap()
            .unwrap();
        let settle: Vec<Command> = org
            .people
            .iter()
            .map(|person| Command::Settle { person: *person })
            .collect();
        org.post(&settle, BulkMode::PerItem).await;
        let (_, _, after) = org
            .store
            .member_rows(org.id, org.credit_type, &org.people)
            .await
            .unwrap()
            .unwrap();
        let figures = |rows: Vec<allowance_store::MemberRow>| -> BTreeMap<PersonId, _> {
            rows.into_iter()
                .map(|row| (row.person, (row.figures, row.remaining)))
                .collect()
        };
        assert_eq!(figures(before), figures(after));
        assert!(org.assert_proven().await > 300);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn resets_and_their_undo_among_random_commands_leave_books_that_prove_themselves() {
    for database in databases().await {
        let rollover = Rollover {
            percent: 50,
            cap: Some(whole(40)),
            cycles: 2,
        };
        let org = Org::new(&database.store, Enforcement::Warn, rollover).await;
        let mut dice = Dice(11);
        let (mut resets, mut undone) = (0, 0);
        for round in 0..360 {
            let person = org.people[usize::try_from(dice.roll(6)).unwrap()];
            let group = org.groups[usize::try_from(dice.roll(3)).unwrap()];
            match dice.roll(14) {
                0..=2 => {
                    let command = Command::SetGroup {
                        group,
                        monthly: Some(whole(dice.amount(400))),
                        extra: Some(whole(dice.amount(80))),
                        reserve: Some(whole(dice.amount(30))),
                    };
                    let _refused = org.run(command).await;
                }
                3..=5 => {
                    let edits = vec![org.edit(person, Some(dice.amount(120)), Some(dice.amount(40)))];
                    let _refused = org.run(Command::SetMembers { edits }).await;
                }
                6..=8 => {
                    let command = Command::Charge {
                        person,
                        charge: org.store.new_id(),
                        amount: Credits::from_micros(1 + dice.amount(60_000_000)),
                        insistence: Insistence::AsEnforced,
                    };
                    let _refused = org.run(command).await;
                }
                9 => {
                    let command = Command::Move {
                        person,
                        to: group,
                        when_short: WhenShort::BringCredits,
                    };
                    let _refused = org.run(command).await;
                }
                10 => {
                    let grant = NewGrant {
                        id: GrantId::new(org.store.new_id()),
                        amount: whole(1 + dice.amount(30)),
                        source: LotSource::Manual,
                        priority: 100,
                        expiry: Some(Expiry::Never),
                        reason: None,
                    };
                    let _refused = org
                        .run(Command::Grant {
                            person,
                            grant,
                            made_by: None,
                        })
                        .await;
                }
                11 => {
                    org.reset().await;
                    resets += 1;
                }
                12 => undone += usize::from(org.undo().await),
                _ => {
                    let to = if dice.roll(2) == 0 {
                        Distribution::SharedPool
                    } else {
                        Distribution::Individual
                    };
                    org.switch(to).await;
                }
            }
            if round % 10 == 9 {
                org.assert_proven().await;
            }
            if round % 120 == 119 {
                let open = org.store.open_cycle_of(org.id, org.credit_type).await.unwrap();
                database.clock.set(open.ends_at);
                org.roll(30).await;
                org.assert_proven().await;
                assert!(!org.undo().await, "a cycle that the schedule opened stays open");
            }
        }
        assert!(resets > 8 && undone > 5, "{resets} resets, {undone} undone");
        // With nothing in between, an undone reset leaves no trace in any figure: whoever was brought forward goes back.
        let settle: Vec<Command> = org
            .people
            .iter()
            .map(|person| Command::Settle { person: *person })
            .collect();
        org.post(&settle, BulkMode::PerItem).await;
        let before = org.figures().await;
        org.reset().await;
        org.post(&settle, BulkMode::PerItem).await;
        assert_ne!(org.figures().await, before);
        assert!(org.undo().await);
        assert_eq!(org.figures().await, before);
        org.reset().await;
        database.clock.set(org.store.now().plus_seconds(24 * 3_600 + 1));
        assert!(!org.undo().await, "the grace time is over");
        org.assert_proven().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn sixty_four_spenders_of_three_share_a_hundred_exactly() {
    for database in databases().await {
        let org = Org::new(&database.store, Enforcement::Block, Rollover::NONE).await;
        org.set_group(0, 100).await;
        let person = org.people[0];
        org.run(Command::SetMembers {
            edits: vec![org.edit(person, Some(100), None)],
        })
        .await
        .unwrap();
        let store = Arc::new(database.store.clone());
        let tasks: Vec<_> = (0..64)
            .map(|_| {
                let (store, organisation, credit_type) = (store.clone(), org.id, org.credit_type);
                tokio::spawn(async move {
                    let charge = store.new_id();
                    let insistence = Insistence::AsEnforced;
                    let command = Command::Charge {
                        person,
                        charge,
                        amount: whole(3),
                        insistence,
                    };
                    post(
                        &store,
                        organisation,
                        credit_type,
                        &[command],
                        BulkMode::AllOrNothing,
                    )
                    .await
                    .remove(0)
                })
            })
            .collect();
        let mut granted = 0;
        for task in tasks {
            match task.await.unwrap() {
                Ok(over_by) => {
                    assert_eq!(over_by, Credits::ZERO);
                    granted += 1;
                }
                Err(refusal) => assert_eq!(refusal, Refusal::InsufficientCredits { over_by: whole(2) }),
            }
        }
        assert_eq!(granted, 33);
        org.assert_proven().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_of_hundreds_answers_each_and_all_or_nothing_means_it() {
    for database in databases().await {
        let store = &database.store;
        let org = Org::new(store, Enforcement::Warn, Rollover::NONE).await;
        let people = create_people(store, org.id, org.groups[1], 500).await;
        org.set_group(1, 999).await;
        let edits = |monthly: i64| -> Vec<MemberEdit> {
            people
                .iter()
                .map(|person| org.edit(*person, Some(monthly), None))
                .collect()
        };
        let too_much = Command::SetMembers { edits: edits(2) };
        assert_eq!(
            org.run(too_much).await,
            Err(Refusal::GroupExceeded { over_by: whole(1) })
        );
        let before = org.assert_proven().await;
        let each: Vec<Command> = edits(2)
            .into_iter()
            .map(|edit| Command::SetMembers { edits: vec![edit] })
            .collect();
        let answers = org.post(&each, BulkMode::PerItem).await;
        assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 499);
        assert_eq!(
            answers.last(),
            Some(&Err(Refusal::GroupExceeded { over_by: whole(1) }))
        );
        assert_eq!(org.assert_proven().await, before + 499);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cycle_in_which_nothing_happened_is_a_cycle_too() {
    for database in databases().await {
        let org = Org::new(&database.store, Enforcement::Warn, Rollover::NONE).await;
        org.set_group(0, 300).await;
        let edits = vec![org.edit(org.people[0], Some(100), None)];
        org.run(Command::SetMembers { edits }).await.unwrap();
        for _ in 0..3 {
            org.roll(30).await;
            org.assert_proven().await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_row_changed_by_hand_is_named() {
    for database in databases().await {
        let store = &database.store;
        let org = Org::new(store, Enforcement::Warn, Rollover::NONE).await;
        org.set_group(0, 300).await;
        org.run(Command::SetMembers {
            edits: vec![org.edit(org.people[0], Some(100), Some(20))],
        })
        .await
        .unwrap();
        let charge = Command::Charge {
            person: org.people[0],
            charge: store.new_id(),
            amount: whole(130),
            insistence: Insistence::AsEnforced,
        };
        assert_eq!(org.run(charge).await, Ok(whole(10)));
        org.assert_proven().await;
        for (sql, back, named) in [
            (
                "UPDATE member_cycle SET used = used + 1",
                "UPDATE member_cycle SET used = used - 1",
                "remaining of member",
            ),
            (
                "UPDATE group_cycle SET distributed = distributed + 1 WHERE used > 0",
                "UPDATE group_cycle SET distributed = distributed - 1 WHERE used > 0",
                "to give",
            ),
            (
                "UPDATE group_cycle SET uncovered = uncovered + 1 WHERE used > 0",
                "UPDATE group_cycle SET uncovered = uncovered - 1 WHERE used > 0",
                "uncovered of group",
            ),
            (
                "UPDATE cycle SET used = used + 1 WHERE is_open",
                "UPDATE cycle SET used = used - 1 WHERE is_open",
                "cycle 1: used",
            ),
            (
                "UPDATE cycle SET allocated = allocated + 1 WHERE is_open",
                "UPDATE cycle SET allocated = allocated - 1 WHERE is_open",
                "allocated to groups",
            ),
            (
                "UPDATE group_standing SET members_monthly = members_monthly + 1",
                "UPDATE group_standing SET members_monthly = members_monthly - 1",
                "members' Monthly",
            ),
            (
                "UPDATE ledger_head SET seq = seq + 1",
                "UPDATE ledger_head SET seq = seq - 1",
                "ledger head",
            ),
        ] {
            // Other tests' organisations live in the same database only in their own one; these statements touch all.
            execute(store, sql).await.unwrap();
            let proof = store.verify(org.id).await.unwrap();
            assert!(
                proof.findings.iter().any(|finding| finding.0.contains(named)),
                "{sql}: {:?} lacks {named:?}",
                proof.findings
            );
            execute(store, back).await.unwrap();
        }
        org.assert_proven().await;
        // The ledger itself: on SQLite the triggers have to be taken away first.
        for table in ["ledger_entry", "ledger_batch"] {
            for verb in ["UPDATE", "DELETE"] {
                drop(execute(store, &format!("DROP TRIGGER {table}_no_{verb}")).await);
            }
        }
        execute(
            store,
            "UPDATE ledger_entry SET amount = amount + 1 WHERE kind = 'charge'",
        )
        .await
        .unwrap();
        // What was proven before is not read again, unless somebody asks for all of it.
        let proof = store.prove_books(org.id, true).await.unwrap().unwrap();
        assert!(
            proof.findings[0].0.contains("the first broken link"),
            "{:?}",
            proof.findings
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn another_organisation_sees_none_of_it() {
    for database in databases().await {
        let org = Org::new(&database.store, Enforcement::Warn, Rollover::NONE).await;
        let other = Org::new(&database.store, Enforcement::Warn, Rollover::NONE).await;
        let rows = database
            .store
            .member_rows(other.id, org.credit_type, &org.people)
            .await
            .unwrap();
        assert!(rows.is_none());
        let (_, _, rows) = database
            .store
            .member_rows(other.id, other.credit_type, &org.people)
            .await
            .unwrap()
            .unwrap();
        assert!(rows.is_empty());
        let charge = Command::Charge {
            person: org.people[0],
            charge: database.store.new_id(),
            amount: whole(1),
            insistence: Insistence::Record,
        };
        assert_eq!(other.run(charge).await, Err(Refusal::NotFound));
    }
}
