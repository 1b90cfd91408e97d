//! Cycles by several processes: boundaries that were missed while nobody served, and one that comes while all of them
//! work, also when one is killed. Each cycle opens once, everybody crosses once, every joiner is granted once.

use std::process::Child;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use allowance_store::{Store, StoreOptions, testing};
use serde_json::{Value, json};
use tokio::runtime::Runtime;

use crate::crash::{call, get, sign_in, wait_for};
use crate::program::{create_admin, database, run, scratch, started, stop};
use crate::support::{PASSWORD, postgres_database};

/// So many that bringing them forward takes several batches.
const PEOPLE: usize = 1_100;
/// The cycle that changing the cadence opened comes after the first.
const BEFORE: usize = 2;
/// Boundaries that nobody served at.
const MISSED: usize = 3;
const HOUR: i64 = 3_600_000_000;

/// The database behind the processes' backs.
pub struct Raw {
    pub runtime: Runtime,
    pub store: Store,
}

impl Raw {
    pub fn open(database: &str) -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        let store = runtime
            .block_on(Store::connect(database, StoreOptions::default()))
            .unwrap();
        Self { runtime, store }
    }

    pub fn number(&self, sql: &str) -> i64 {
        self.runtime.block_on(testing::number(&self.store, sql)).unwrap()
    }

    pub fn execute(&self, sql: &str) {
        self.runtime.block_on(testing::execute(&self.store, sql)).unwrap();
    }

    /// Moves all cycles in time, so that the open one ends in so many seconds, or has ended so long ago.
    fn end_open_cycle_in(&self, seconds: i64) {
        let ends_at = self.number("SELECT ends_at AS number FROM cycle WHERE is_open");
        let by = ends_at - self.store.now().plus_seconds(seconds).micros();
        let sql = format!(
            "UPDATE cycle SET starts_at = starts_at - {by}, ends_at = ends_at - {by}, planned_end = planned_end - {by}"
        );
        self.execute(&sql);
    }
}

/// What the callers know of the organisation.
struct Place {
    token: String,
    credit_type: String,
}

impl Place {
    fn write(&self, address: &str, request: &str, headers: &str, body: &Value) -> Option<Value> {
        let headers = format!("{}{headers}", self.token);
        let (status, _, view) = call(address, request, &headers, body)?;
        assert!(matches!(status, 200 | 201), "{request}: {status} {view}");
        Some(view)
    }

    fn edit(&self, address: &str, path: &str, etag: &Value, body: &Value) {
        let headers = format!("if-match: \"{}\"\r\n", etag.as_str().unwrap());
        self.write(address, &format!("PATCH /api/v1{path}"), &headers, body)
            .expect("an answer");
    }

    /// An hourly credit type with rollover and credits for joiners; people with Monthly.
    fn prepare(database: &str, address: &str) -> Self {
        let token = sign_in(address);
        let types = get(address, &token, "/credit-types");
        let credit_type = types["items"][0]["id"].as_str().unwrap().to_owned();
        let place = Self { token, credit_type };
        let path = format!("/credit-types/{}", place.credit_type);
        let settings = json!({
            "limit": "100000",
            "cadence": "hour",
            "rollover": {"percent": 50, "cycles": 1},
            "sign_up": {"amount": "7", "is_pro_rata": false},
        });
        place.edit(address, &path, &types["items"][0]["etag"], &settings);

        let file = scratch("people.csv");
        let rows: String = (0..PEOPLE)
            .map(|n| format!("person{n}@example.org,Person {n}\n"))
            .collect();
        std::fs::write(&file, format!("email,display_name\n{rows}")).unwrap();
        let path_of_file = file.display().to_string();
        let imported = run(&["import", "people", &path_of_file, "--joiners=yes"], database);
        assert!(imported.status.success(), "{imported:?}");

        let groups = get(address, &place.token, &format!("{path}/groups"));
        let group = &groups["items"][0];
        let group_path = format!("{path}/groups/{}", group["id"].as_str().unwrap());
        place.edit(address, &group_path, &group["etag"], &json!({"monthly": "20000"}));
        let many = format!("POST /api/v1{group_path}/allocate-many");
        let body = json!({"change": "set_monthly", "amount": "10"});
        place
            .write(address, &many, "idempotency-key: monthly\r\n", &body)
            .expect("an answer");
        place
    }

    /// Adds a person and charges them one credit; asked again, it is the same.
    fn join(&self, address: &str, number: usize) -> Option<()> {
        let new = json!({"email": format!("joiner{number}@example.org"), "display_name": format!("Joiner {number}")});
        let key = format!("idempotency-key: join-{number}\r\n");
        let person = self.write(address, "POST /api/v1/people", &key, &new)?;
        let charge = json!({"person_id": person["id"], "amount": "1", "note": "First day"});
        let key = format!("idempotency-key: charge-{number}\r\n");
        let path = format!("POST /api/v1/credit-types/{}/charges", self.credit_type);
        self.write(address, &path, &key, &charge).map(|_| ())
    }

    fn cycles(&self, address: &str) -> Vec<Value> {
        let path = format!("/credit-types/{}/cycles?limit=100", self.credit_type);
        get(address, &self.token, &path)["items"]
            .as_array()
            .unwrap()
            .clone()
    }
}

/// Joiners that were asked for, and those that got no answer.
#[derive(Default)]
struct Joiners {
    next: AtomicUsize,
    answered: AtomicUsize,
    unanswered: Mutex<Vec<usize>>,
}

impl Joiners {
    /// Two callers at each address add people until `is_enough`; whose server is gone goes home.
    fn come(&self, place: &Place, addresses: &[String], is_enough: impl Fn(usize) -> bool + Sync) {
        std::thread::scope(|scope| {
            for address in addresses.iter().chain(addresses) {
                let is_enough = &is_enough;
                scope.spawn(move || {
                    while !is_enough(self.answered.load(Ordering::SeqCst)) {
                        let number = self.next.fetch_add(1, Ordering::SeqCst);
                        if place.join(address, number).is_none() {
                            self.unanswered.lock().unwrap().push(number);
                            break;
                        }
                        self.answered.fetch_add(1, Ordering::SeqCst);
                    }
                });
            }
        });
    }
}

fn start(database: &str, processes: usize) -> (Vec<Child>, Vec<String>) {
    std::thread::scope(|scope| {
        let starting: Vec<_> = (0..processes)
            .map(|_| scope.spawn(|| started(database, &[])))
            .collect();
        let started = starting.into_iter().map(|one| one.join().unwrap());
        started.map(|(child, address, _)| (child, address)).unzip()
    })
}

fn cross_boundaries(database: &str, processes: usize) {
    assert!(create_admin(database, &format!("{PASSWORD}\n")).status.success());
    let (mut first, address, _) = started(database, &[]);
    let place = Place::prepare(database, &address);
    stop(&mut first);
    let raw = Raw::open(database);
    raw.end_open_cycle_in(-2 * 3_600 - 1_800);

    // All at once find that three cycles are missing; the last of them is killed in the middle of it.
    let (mut children, mut addresses) = start(database, processes);
    let joiners = Joiners::default();
    std::thread::scope(|scope| {
        let coming = scope.spawn(|| joiners.come(&place, &addresses, |answered| answered >= 40));
        wait_for(&[coming], || joiners.answered.load(Ordering::SeqCst) >= 5);
        // SIGKILL: no handler runs, nothing is flushed.
        children.last_mut().unwrap().kill().unwrap();
    });
    children.pop().unwrap().wait().unwrap();
    addresses.pop();
    let (anew, its_address) = start(database, 1);
    children.extend(anew);
    addresses.extend(its_address);
    assert_eq!(place.cycles(&addresses[0]).len(), BEFORE + MISSED);

    // The next boundary comes while all of them work.
    raw.end_open_cycle_in(2);
    let open_before = raw.number("SELECT number FROM cycle WHERE is_open");
    let crossed = AtomicUsize::new(usize::MAX);
    joiners.come(&place, &addresses, |answered| {
        if place.cycles(&addresses[0]).len() > BEFORE + MISSED {
            crossed.fetch_min(answered, Ordering::SeqCst);
        }
        answered >= crossed.load(Ordering::SeqCst).saturating_add(20)
    });
    assert_eq!(
        raw.number("SELECT number FROM cycle WHERE is_open"),
        open_before + 1
    );
    for number in std::mem::take(&mut *joiners.unanswered.lock().unwrap()) {
        place.join(&addresses[0], number).expect("an answer");
    }

    // Everybody is brought forward, by whichever process comes first.
    let overview = format!("/credit-types/{}/overview", place.credit_type);
    let waits = |address: &String| get(address, &place.token, &overview)["to_settle"] != json!(0);
    while addresses.iter().any(waits) {
        std::thread::sleep(std::time::Duration::from_millis(200));
    }
    check(&raw, &place, &addresses, joiners.next.load(Ordering::SeqCst));
    for child in &mut children {
        stop(child);
    }
    let proof = run(&["verify", "--full"], database);
    assert!(proof.status.success(), "{proof:?}");
}

fn check(raw: &Raw, place: &Place, addresses: &[String], joiners: usize) {
    let joiners = i64::try_from(joiners).unwrap();
    let imported = i64::try_from(PEOPLE).unwrap();
    let cycles = place.cycles(&addresses[0]);
    assert_eq!(
        cycles.len(),
        BEFORE + MISSED + 1,
        "each boundary opened one: {cycles:#?}"
    );
    for (later, earlier) in cycles.iter().zip(&cycles[1..]) {
        assert_eq!(later["starts_at"], earlier["ends_at"], "no gap and no overlap");
    }
    for cycle in &cycles[..=MISSED] {
        assert_eq!(cycle["opened_by"], "schedule");
        assert_eq!(cycle["limit"], "100000");
    }
    let hours = format!(
        "SELECT COUNT(*) AS number FROM cycle WHERE opened_by = 'schedule' AND number > 1 AND ends_at - starts_at = {HOUR}"
    );
    assert_eq!(raw.number(&hours), i64::try_from(MISSED + 1).unwrap());

    let used: i64 = cycles
        .iter()
        .map(|cycle| cycle["used"].as_str().unwrap().parse::<i64>().unwrap())
        .sum();
    assert_eq!(used, joiners, "each joiner was charged once");
    let granted = "SELECT COUNT(*) AS number FROM lot WHERE source = 'sign_up'";
    assert_eq!(
        raw.number(granted),
        imported + joiners,
        "each joiner was granted once"
    );
    let people = "SELECT COUNT(DISTINCT person_id) AS number FROM lot WHERE source = 'sign_up'";
    assert_eq!(raw.number(people), imported + joiners);

    // Half of an unused Monthly of ten, once: also of those nobody touched since, and of the admin.
    let carried = "SELECT COUNT(*) AS number FROM member_cycle mc JOIN cycle c ON c.organisation_id = mc.organisation_id
        AND c.credit_type_id = mc.credit_type_id AND c.number = mc.cycle_number AND c.is_open
        WHERE mc.carried = 5000000 AND mc.monthly = 10000000";
    assert_eq!(raw.number(carried), imported + 1);
    let twice = "SELECT COUNT(*) AS number FROM (SELECT person_id, cycle_number FROM ledger_entry WHERE kind = 'carry_in'
        GROUP BY person_id, cycle_number HAVING COUNT(*) > 1) twice";
    assert_eq!(raw.number(twice), 0, "nobody carried over twice");
    let overviews = addresses.iter().map(|address| {
        let mut view = get(
            address,
            &place.token,
            &format!("/credit-types/{}/overview", place.credit_type),
        );
        // The forecast looks at the clock.
        view["forecast"] = Value::Null;
        view
    });
    let overviews: Vec<Value> = overviews.collect();
    assert!(
        overviews.windows(2).all(|pair| pair[0] == pair[1]),
        "all processes say the same"
    );
}

#[test]
fn three_processes_open_each_cycle_once_and_settle_everybody_once() {
    if let Some(database) = postgres_database() {
        cross_boundaries(&database, 3);
    }
}

#[test]
fn a_process_killed_at_a_boundary_is_followed_by_one_that_opens_the_rest() {
    cross_boundaries(&database(), 1);
}
