//! A simulated year: every cadence, several zones, every setting changed in mid-cycle, resets and their undo, thousands of
//! random operations; the identity, the books and the calendar are checked after each.

use super::*;
use crate::cycles::{Cadence, TimeZone, boundary_after, next_boundary};

/// A small generator: the same year each time.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, below: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % below
    }

    fn amount(&mut self, below: u64) -> i64 {
        i64::try_from(self.roll(below)).unwrap()
    }

    fn zone(&mut self) -> TimeZone {
        ZONES[usize::try_from(self.roll(5)).unwrap()].parse().unwrap()
    }
}

const ZONES: [&str; 5] = [
    "Europe/Stockholm",
    "America/New_York",
    "Asia/Kolkata",
    "Pacific/Apia",
    "Australia/Lord_Howe",
];
/// Operations per zone and cadence.
const OPERATIONS: u64 = 240;

/// A credit type that lives by the calendar.
struct Life {
    world: World,
    booked: Vec<Booked>,
    cadence: Cadence,
    zone: TimeZone,
    /// Where the run of cycles began.
    anchor: Timestamp,
    opened: u64,
    undone: u64,
}

impl Life {
    fn begin(cadence: Cadence, zone: TimeZone, starts_at: Timestamp) -> Self {
        let rollover = Rollover {
            percent: 50,
            cap: Some(whole(60)),
            cycles: 2,
        };
        let mut world = World::new(Enforcement::Warn, Distribution::Individual, rollover);
        world.clock = Some(starts_at);
        world.open_next(starts_at, next_boundary(cadence, &zone, starts_at));
        Self {
            world,
            booked: Vec::new(),
            cadence,
            zone,
            anchor: starts_at,
            opened: 0,
            undone: 0,
        }
    }

    /// Opens what is due, one cycle after the other.
    fn catch_up(&mut self) {
        while self.world.book.cycle.ends_at <= self.world.now() {
            let starts_at = self.world.book.cycle.ends_at;
            let ends_at = boundary_after(self.cadence, &self.zone, self.anchor, starts_at);
            assert!(ends_at > starts_at, "cycles have a length");
            self.world.open_next(starts_at, ends_at);
            self.opened += 1;
            if self.opened.is_multiple_of(64) {
                self.forget();
            }
        }
        let cycle = &self.world.book.cycle;
        assert!(cycle.starts_at <= self.world.now() && self.world.now() < cycle.ends_at);
    }

    /// Brings everyone forward, as the job does, and lets go of what no one stands in any more.
    fn forget(&mut self) {
        self.world.settle_all();
        let open = self.world.book.cycle.number;
        self.world.book.closed.retain(|closed| closed.is_remembered);
        self.world
            .posted
            .retain(|movement| movement.cycle >= open || !self.world.resets.is_empty());
        self.booked.retain(|booked| booked.cycle >= open);
    }

    /// Ends the open cycle by hand.
    fn end_by_hand(&mut self, is_reset: bool) {
        let starts_at = self
            .world
            .now()
            .max(self.world.book.cycle.starts_at.plus_micros(1));
        self.world.clock = Some(starts_at);
        let ends_at = next_boundary(self.cadence, &self.zone, starts_at);
        if is_reset {
            self.world.reset_until(starts_at, ends_at);
        } else {
            self.world.open_next(starts_at, ends_at);
        }
        self.anchor = starts_at;
    }

    fn change_a_setting(&mut self, dice: &mut Dice) {
        match dice.roll(8) {
            0 => {
                self.cadence = Cadence::ALL[usize::try_from(dice.roll(9)).unwrap()];
                self.end_by_hand(false);
            }
            1 => self.zone = dice.zone(),
            2 => self.world.switch(),
            3 => {
                self.world.book.terms.rollover = Rollover {
                    percent: u8::try_from(dice.roll(101)).unwrap(),
                    cap: (dice.roll(2) == 0).then(|| whole(dice.amount(80))),
                    cycles: 1 + u32::try_from(dice.roll(3)).unwrap(),
                };
            }
            4 => {
                let modes = [Enforcement::Track, Enforcement::Warn, Enforcement::Block];
                self.world.book.terms.enforcement = modes[usize::try_from(dice.roll(3)).unwrap()];
            }
            5 => self.end_by_hand(true),
            6 => {
                if self.world.resets.is_empty() {
                    self.end_by_hand(true);
                    self.world.clock = Some(self.world.now().plus_seconds(1));
                }
                self.world.undo();
                self.undone += 1;
                // The calendar goes on from where the reopened cycle had begun.
                self.anchor = self.world.book.cycle.starts_at;
                self.catch_up();
            }
            _ => {
                let limit = Step::Limit(dice.amount(2_000));
                take(&mut self.world, &limit, &mut self.booked);
            }
        }
    }

    fn operate(&mut self, dice: &mut Dice) {
        let (who, group) = (u128::from(dice.roll(6)), u128::from(dice.roll(3)));
        let step = match dice.roll(12) {
            0 | 1 => Step::Group {
                group,
                monthly: Some(dice.amount(400)),
                extra: Some(dice.amount(60)),
                reserve: Some(dice.amount(30)),
            },
            2 | 3 => Step::Member {
                who,
                monthly: Some(dice.amount(120)),
                extra: None,
            },
            4 => Step::Grant {
                who,
                amount: dice.amount(40),
                days: Some(1 + dice.amount(60)),
            },
            5 => Step::Answer {
                who,
                amount: dice.amount(20),
            },
            6 => Step::SignUp {
                who,
                due: dice.amount(50),
            },
            7 => Step::Hold {
                who,
                amount: dice.amount(60),
            },
            8 => Step::Capture {
                who,
                percent: dice.amount(101),
            },
            9 => Step::Move {
                who,
                to: group,
                when: 2,
            },
            _ => Step::Charge {
                who,
                micros: 1 + dice.amount(60_000_000),
                record: true,
            },
        };
        take(&mut self.world, &step, &mut self.booked);
    }
}

fn a_year_in(zone: &str, seed: u64) {
    let starts_at: Timestamp = "2027-10-20T09:30:00Z".parse().unwrap();
    let ends_at: Timestamp = "2028-10-20T09:30:00Z".parse().unwrap();
    let year = ends_at.micros() - starts_at.micros();
    for (index, cadence) in (0_u64..).zip(Cadence::ALL) {
        let mut dice = Dice(seed + index);
        let mut life = Life::begin(cadence, zone.parse().unwrap(), starts_at);
        for operation in 1..=OPERATIONS {
            let due = starts_at
                .plus_micros(year / i64::try_from(OPERATIONS).unwrap() * i64::try_from(operation).unwrap());
            // Bursts, silence, and operations on the boundary itself.
            let now = match dice.roll(4) {
                0 => life.world.now(),
                1 => life.world.book.cycle.ends_at.min(due).max(life.world.now()),
                _ => due.max(life.world.now()),
            };
            life.world.clock = Some(now);
            life.catch_up();
            if dice.roll(4) == 0 {
                life.change_a_setting(&mut dice);
            } else {
                life.operate(&mut dice);
            }
            life.world.assert_identity();
            life.world.assert_books();
        }
        life.world.settle_all();
        life.world.assert_identity();
        life.world.assert_books();
        assert!(
            life.opened > 3,
            "{zone}, {cadence:?}: {} cycles opened",
            life.opened
        );
        assert!(life.undone > 0, "{zone}, {cadence:?}: nothing was undone");
    }
}

#[test]
fn a_year_in_stockholm() {
    a_year_in(ZONES[0], 1);
}

#[test]
fn a_year_in_new_york() {
    a_year_in(ZONES[1], 100);
}

#[test]
fn a_year_in_kolkata() {
    a_year_in(ZONES[2], 200);
}

#[test]
fn a_year_in_apia() {
    a_year_in(ZONES[3], 300);
}

#[test]
fn a_year_on_lord_howe_where_the_clocks_move_by_half_an_hour() {
    a_year_in(ZONES[4], 400);
}
