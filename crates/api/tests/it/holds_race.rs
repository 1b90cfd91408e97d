//! Capture, release and expiry of the same holds, asked of several processes at once, of which one is killed: every hold
//! ends once and in one state, and whoever asked was told of that one.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Child;
use std::sync::Barrier;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use allowance_app::App;
use allowance_store::{Clock, SystemClock};
use allowance_values::{Credits, Timestamp};
use serde_json::{Value, json};

use crate::crash::{Over, call, call_once, get, sign_in, wait_for};
use crate::cycles_crash::Raw;
use crate::metering_crash::Platform;
use crate::program::{database, run, started, stop};
use crate::support::postgres_database;

/// Holds of a round, all asked for at the same time.
const HOLDS: usize = 24;
/// What each reserves.
const AMOUNT: i64 = 10;
/// What the person has: enough for some rounds, and less than all of them would take.
const MONTHLY: &str = "1500";
/// So many must have ended in each of the three ways.
const ENOUGH: usize = 12;

/// What a caller asks of a hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ask {
    Capture(i64),
    Release,
}

/// A question about a hold, and what was answered: the status, whether it was a repetition, the body.
#[derive(Debug)]
struct Told {
    hold: String,
    ask: Ask,
    /// Whether an answer before it may have been lost.
    is_again: bool,
    answer: Option<(u16, bool, Value)>,
}

fn text(view: &Value, field: &str) -> String {
    view[field].as_str().unwrap_or_default().to_owned()
}

fn credits(view: &Value, field: &str) -> Credits {
    view[field].as_str().unwrap().parse().unwrap()
}

fn whole(amount: i64) -> Credits {
    Credits::from_micros(amount * 1_000_000)
}

impl Ask {
    /// Asks, until it is answered; says whether it had to be asked again, so that it may have been done before.
    fn of(self, address: &str, key: &str, hold: &str) -> (bool, Option<(u16, bool, Value)>) {
        let (name, body) = match self {
            Self::Capture(amount) => ("capture", json!({"amount": amount.to_string()})),
            Self::Release => ("release", json!({})),
        };
        let request = format!("POST /api/v1/holds/{hold}/{name}");
        let mut is_again = false;
        loop {
            match call_once(address, &request, key, &body) {
                None => return (true, None),
                Some((503, ..)) => is_again = true,
                Some((status, head, view)) => {
                    let is_replay = head.contains("idempotent-replayed: true");
                    return (is_again, Some((status, is_replay, view)));
                }
            }
            std::thread::sleep(Duration::from_millis(50));
        }
    }
}

/// Who asks what of the hold of this number: some holds are wanted by all, some by those who capture alone, so that time
/// is what ends them, and some by those who release.
fn contenders(number: usize) -> Vec<Ask> {
    match number % 4 {
        0 | 1 => vec![Ask::Capture(AMOUNT), Ask::Release, Ask::Capture(4), Ask::Release],
        2 => vec![Ask::Capture(AMOUNT), Ask::Capture(AMOUNT), Ask::Capture(7)],
        _ => vec![Ask::Release, Ask::Release],
    }
}

/// The processes, how to reach them, and whose credits are fought over.
struct Race {
    database: String,
    children: Vec<Child>,
    addresses: Vec<String>,
    person: String,
    credit_type: String,
    key: String,
    /// Questions that are answered, or will never be.
    settled: AtomicUsize,
}

impl Race {
    fn start(database: &str, processes: usize) -> Self {
        let platform = Platform::new(database);
        platform.block_at(MONTHLY);
        let Platform {
            child,
            address,
            person,
            credit_type,
            key,
        } = platform;
        let mut race = Self {
            database: database.to_owned(),
            children: vec![child],
            addresses: vec![address],
            person,
            credit_type,
            key,
            settled: AtomicUsize::new(0),
        };
        for _ in 1..processes {
            race.join();
        }
        race
    }

    fn join(&mut self) {
        let (child, address, _) = started(&self.database, &[]);
        self.children.push(child);
        self.addresses.push(address);
    }

    fn address(&self, number: usize) -> &str {
        &self.addresses[number % self.addresses.len()]
    }

    /// Has holds placed and fought over. With `kills`, the last process is killed in the middle of it, and another one
    /// comes in its place.
    fn round(&mut self, round: usize, kills: bool) -> Vec<Told> {
        let enough = self.settled.load(Ordering::SeqCst) + HOLDS;
        let mut victim = self.children.pop().unwrap();
        let race = &*self;
        let told = std::thread::scope(|scope| {
            let fights: Vec<_> = (0..HOLDS)
                .map(|number| scope.spawn(move || race.fight(round * HOLDS + number)))
                .collect();
            if kills {
                wait_for(&fights, || race.settled.load(Ordering::SeqCst) >= enough);
                // SIGKILL: no handler runs, nothing is flushed.
                victim.kill().unwrap();
            }
            let told = fights.into_iter().map(|fight| fight.join().unwrap());
            told.flatten().collect()
        });
        if kills {
            victim.wait().unwrap();
            self.addresses.pop();
            self.join();
        } else {
            self.children.push(victim);
        }
        told
    }

    fn place(&self, number: usize, amount: &str, expires_in: u32) -> Option<(u16, Value)> {
        let body = json!({
            "source": "race", "id": number.to_string(), "person_id": self.person,
            "amount": amount, "expires_in": expires_in,
        });
        let (status, _, view) = call(self.address(number), "POST /api/v1/holds", &self.key, &body)?;
        Some((status, view))
    }

    /// Places one hold and lets everybody who wants it ask at once, each somewhere else.
    fn fight(&self, number: usize) -> Vec<Told> {
        let asks = contenders(number);
        let is_short = !number.is_multiple_of(3);
        let placed = self.place(number, &AMOUNT.to_string(), if is_short { 1 } else { 3_600 });
        let Some((201, hold)) = placed else {
            // Whoever was not answered, or found too little left, has no hold to fight over.
            assert!(
                placed.as_ref().is_none_or(|(status, _)| *status == 409),
                "{placed:?}"
            );
            self.settled.fetch_add(asks.len(), Ordering::SeqCst);
            return Vec::new();
        };
        let id = text(&hold, "hold_id");
        let ends: Timestamp = text(&hold, "expires_at").parse().unwrap();
        let together = Barrier::new(asks.len());
        std::thread::scope(|scope| {
            let asking = asks.into_iter().enumerate().map(|(place, ask)| {
                let (hold, together) = (id.clone(), &together);
                scope.spawn(move || {
                    // Around the end of its time, a little before or after.
                    let shift = i64::try_from(number * 7 % 60).unwrap() - 30;
                    let begin = ends.micros() + shift * 1_000;
                    while is_short && SystemClock.now().micros() < begin {
                        std::thread::sleep(Duration::from_millis(1));
                    }
                    together.wait();
                    let (is_again, answer) = ask.of(self.address(number + place), &self.key, &hold);
                    self.settled.fetch_add(1, Ordering::SeqCst);
                    Told {
                        hold,
                        ask,
                        is_again,
                        answer,
                    }
                })
            });
            let asking: Vec<_> = asking.collect();
            asking.into_iter().map(|one| one.join().unwrap()).collect()
        })
    }

    /// Every hold there is, by its id.
    fn holds(&self, token: &str) -> BTreeMap<String, Value> {
        let mut all = BTreeMap::new();
        let mut cursor = String::new();
        loop {
            let page = get(self.address(0), token, &format!("/holds?limit=200{cursor}"));
            for hold in page["items"].as_array().unwrap() {
                all.insert(text(hold, "hold_id"), hold.clone());
            }
            match page["next_cursor"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => return all,
            }
        }
    }
}

/// Gives holds back whose time has run out, like one more process, but without a rest.
fn sweep_until(behind: &Raw, is_over: &AtomicBool) {
    let app = behind
        .runtime
        .block_on(App::new(behind.store.clone(), None))
        .unwrap();
    while !is_over.load(Ordering::SeqCst) {
        // Where the database was too busy, the next round does it.
        let _swept = behind.runtime.block_on(app.expire_holds());
        std::thread::sleep(Duration::from_millis(2));
    }
}

fn count(holds: &BTreeMap<String, Value>, state: &str) -> usize {
    holds.values().filter(|hold| hold["state"] == state).count()
}

/// What was answered is how the hold stands; gives whether this caller ended it.
fn agrees(told: &Told, hold: &Value) -> bool {
    let (status, is_replay, view) = told.answer.as_ref().expect("an answer");
    let (state, captured) = (text(hold, "state"), credits(hold, "captured"));
    let is_captured_so = |amount| state == "captured" && captured == whole(amount);
    match (told.ask, status) {
        (Ask::Capture(amount), 200) => assert!(is_captured_so(amount), "{told:?} and now {hold}"),
        (Ask::Capture(amount), 409) => {
            assert_eq!(view["code"], "hold_ended", "{view}");
            assert!(!is_captured_so(amount), "{told:?} and now {hold}");
        }
        (Ask::Release, 200) => assert!(
            state == "released" || (state == "expired" && *is_replay),
            "{told:?} and now {hold}"
        ),
        (Ask::Release, 409) => {
            assert_eq!(view["code"], "hold_ended", "{view}");
            assert_eq!(state, "captured", "{told:?}");
        }
        _ => panic!("{told:?}"),
    }
    if *status == 200 {
        assert_eq!(view, hold, "it was told as it stands");
    }
    *status == 200 && !is_replay
}

fn race(database: &str, processes: usize) {
    let mut race = Race::start(database, processes);
    let token = sign_in(race.address(0));
    let behind = Raw::open(database);
    let is_over = AtomicBool::new(false);
    let mut told: Vec<Told> = Vec::new();
    let holds = std::thread::scope(|scope| {
        scope.spawn(|| sweep_until(&behind, &is_over));
        let over = Over(&is_over);
        let mut round = 0;
        loop {
            told.extend(race.round(round, round % 3 == 1));
            round += 1;
            let holds = race.holds(&token);
            let is_enough = |state| count(&holds, state) >= ENOUGH;
            if round > 4 && ["captured", "released", "expired"].into_iter().all(is_enough) {
                break;
            }
            assert!(round < 30, "not every way to end a hold is seen: {holds:#?}");
        }
        // Who was killed while it placed a hold left it to nobody.
        for (hold, _) in race
            .holds(&token)
            .iter()
            .filter(|(_, hold)| hold["state"] == "open")
        {
            let (_, answer) = Ask::Release.of(race.address(0), &race.key, hold);
            answer.expect("an answer");
        }
        let deadline = Instant::now() + Duration::from_secs(60);
        while count(&race.holds(&token), "open") > 0 {
            assert!(Instant::now() < deadline, "a hold is never given back");
            std::thread::sleep(Duration::from_millis(20));
        }
        drop(over);
        race.holds(&token)
    });
    let used = judge(&race, &mut told, &holds);

    // The books, by themselves.
    let count = i64::try_from(holds.len()).unwrap();
    let placed = "SELECT COUNT(*) AS number FROM ledger_entry WHERE to_kind = 'held'";
    assert_eq!(behind.number(placed), count);
    let ended = format!(
        "SELECT COUNT(*) AS number FROM (SELECT subject_id FROM ledger_entry WHERE from_kind = 'held'
         GROUP BY subject_id HAVING SUM(amount) = {} AND MIN(at) = MAX(at)) ended",
        whole(AMOUNT).micros()
    );
    assert_eq!(behind.number(&ended), count, "each ended once, wholly");

    // Every process says the same, and what is left is exactly what was not captured.
    let left = MONTHLY.parse::<Credits>().unwrap().checked_sub(used).unwrap();
    for address in &race.addresses {
        let overview = get(
            address,
            &token,
            &format!("/credit-types/{}/overview", race.credit_type),
        );
        assert_eq!(credits(&overview["cycle"], "used"), used);
        assert_eq!(credits(&overview, "held"), Credits::ZERO);
        assert_eq!(get(address, &token, "/holds?state=open")["items"], json!([]));
    }
    let beyond = left.checked_add(Credits::from_micros(1)).unwrap();
    let (status, refused) = race.place(1_000_000, &beyond.to_string(), 60).unwrap();
    assert_eq!(
        (status, &refused["over_by"]),
        (409, &json!("0.000001")),
        "{refused}"
    );
    let (status, hold) = race.place(1_000_001, &left.to_string(), 60).unwrap();
    assert_eq!(status, 201, "{hold}");
    for child in &mut race.children {
        stop(child);
    }
    let proof = run(&["verify", "--full", "--rebuild"], database);
    assert!(proof.status.success(), "{proof:?}");
}

/// Holds what every caller was told against how the holds stand. Gives what was captured, by what callers were told.
fn judge(race: &Race, told: &mut [Told], holds: &BTreeMap<String, Value>) -> Credits {
    let mut unheard = BTreeSet::new();
    for one in told.iter_mut().filter(|one| one.is_again) {
        unheard.insert(one.hold.clone());
        if one.answer.is_none() {
            // Who got no answer asks again.
            one.answer = one.ask.of(race.address(0), &race.key, &one.hold).1;
        }
    }
    let mut winners: BTreeMap<&str, usize> = BTreeMap::new();
    let mut captured: BTreeMap<&str, Credits> = BTreeMap::new();
    for one in &*told {
        let hold = &holds[&one.hold];
        let (wins, so_far) = (agrees(one, hold), winners.entry(&one.hold).or_default());
        *so_far += usize::from(wins);
        if let (Ask::Capture(amount), Some((200, _, _))) = (one.ask, &one.answer) {
            captured.insert(&one.hold, whole(amount));
        }
    }
    for (hold, wins) in winners {
        let expected = usize::from(holds[hold]["state"] != "expired");
        let is_explained = wins == expected || (wins == 0 && unheard.contains(hold));
        assert!(is_explained, "{wins} ended {}", holds[hold]);
    }
    let sum = |amounts: &mut dyn Iterator<Item = Credits>| {
        amounts.fold(Credits::ZERO, |sum, amount| sum.checked_add(amount).unwrap())
    };
    let used = sum(&mut captured.into_values());
    assert_eq!(
        sum(&mut holds.values().map(|hold| credits(hold, "captured"))),
        used
    );
    used
}

#[test]
fn three_processes_end_every_hold_once_and_tell_everybody_the_same() {
    if let Some(database) = postgres_database() {
        race(&database, 3);
    }
}

#[test]
fn one_process_beside_a_sweeper_ends_every_hold_once() {
    race(&database(), 1);
}
