//! Opening a cycle, a reset, its undo and a change of the limit: the same time at a thousand and at a million members.
//!
//! Measured at the store, in one process: what grows with the people would grow here first.

use std::time::Instant;

use allowance_app::App;
use allowance_domain::allocations::{BulkMode, Command};
use allowance_domain::ledger::CycleSpan;
use allowance_store::testing::{
    create_group, create_postgres_database, drop_postgres_database, fill_members,
};
use allowance_store::{CycleReason, Origin, Store, StoreError, StoreOptions};
use allowance_values::{CreditTypeId, Credits, OrganisationId};
use serde_json::{Map, Value, json};

use crate::line;
use crate::subject::organisation;

const SMALL: u32 = 1_000;
const LARGE: u32 = 1_000_000;
/// Each operation so often; the median counts.
const ROUNDS: i64 = 31;

/// The four operations, in the order in which they are measured.
const OPERATIONS: [&str; 4] = [
    "change the limit",
    "reset the cycle",
    "undo the reset",
    "open a cycle",
];

pub(crate) async fn all(postgres: Option<&str>, results: &mut Map<String, Value>) {
    let [small, large] = medians(postgres).await;
    for ((name, small), large) in OPERATIONS.iter().zip(small).zip(large) {
        let hundredths = large * 100 / small.max(1);
        let words = format!(
            "{}.{:02} x ({small} us at {SMALL}, {large} us at {LARGE} members)",
            hundredths / 100,
            hundredths % 100
        );
        line(
            results,
            name,
            &json!({"small_us": small, "large_us": large}),
            &words,
        );
    }
}

/// Two organisations in one database take turns, so that the disk and the neighbours weigh on both alike.
async fn medians(postgres: Option<&str>) -> [[u128; 4]; 2] {
    let name = format!("allowance_bench_{}", uuid::Uuid::now_v7().simple());
    let file = std::env::temp_dir().join(format!("{name}.db"));
    let url = match postgres {
        None => format!("sqlite://{}", file.display()),
        Some(server) => {
            create_postgres_database(server, &name).await;
            let (base, _) = server.rsplit_once('/').expect("a URL with a database");
            format!("{base}/{name}")
        }
    };
    let store = Store::connect(&url, StoreOptions::default())
        .await
        .expect("a database");
    store.migrate().await.expect("a schema");
    let app = App::new(store.clone(), None).await.expect("an application");
    let mut subjects = Vec::new();
    for members in [SMALL, LARGE] {
        app.create_organisation(&organisation())
            .await
            .expect("an organisation");
        let (id, _) = store.list_organisations().await.expect("them").pop().expect("it");
        let credit_type = store.list_credit_types(id).await.expect("types")[0].terms.id;
        let group = create_group(&store, id, "Filled").await;
        let set = Command::SetGroup {
            group,
            monthly: Some(Credits::from_micros(i64::from(members) * 1_000_000)),
            extra: None,
            reserve: None,
        };
        set_limit(&store, id, credit_type, i64::from(LARGE) * 2).await;
        post(&store, id, credit_type, &set).await;
        fill_members(&store, id, credit_type, group, members).await;
        subjects.push((id, credit_type));
    }
    let mut times: [[Vec<u128>; 4]; 2] = [const { [const { Vec::new() }; 4] }; 2];
    for round in 0..ROUNDS {
        for ((id, credit_type), times) in subjects.iter().copied().zip(&mut times) {
            let begun = Instant::now();
            set_limit(&store, id, credit_type, i64::from(LARGE) * 2 + round).await;
            times[0].push(begun.elapsed().as_micros());
            let begun = Instant::now();
            open(&store, id, credit_type, CycleReason::ManualReset).await;
            times[1].push(begun.elapsed().as_micros());
            let begun = Instant::now();
            undo(&store, id, credit_type).await;
            times[2].push(begun.elapsed().as_micros());
        }
    }
    for _ in 0..ROUNDS {
        for ((id, credit_type), times) in subjects.iter().copied().zip(&mut times) {
            let begun = Instant::now();
            open(&store, id, credit_type, CycleReason::Schedule).await;
            times[3].push(begun.elapsed().as_micros());
        }
    }
    drop(app);
    store.close().await;
    match postgres {
        None => drop(std::fs::remove_file(&file)),
        Some(server) => drop_postgres_database(server, &name).await,
    }
    times.map(|of_one| {
        of_one.map(|mut times| {
            times.sort_unstable();
            times[times.len() / 2]
        })
    })
}

async fn set_limit(store: &Store, id: OrganisationId, credit_type: CreditTypeId, limit: i64) {
    let limit = Credits::from_micros(limit * 1_000_000);
    post(store, id, credit_type, &Command::SetLimit { limit }).await;
}

/// Has a command posted past HTTP.
pub(crate) async fn post(store: &Store, id: OrganisationId, credit_type: CreditTypeId, command: &Command) {
    store
        .transact(&Origin::system(id), |mut tx| async move {
            let (people, groups) = (command.people(), command.groups());
            let mut open = tx
                .open_book(credit_type, &people, &groups)
                .await?
                .expect("a credit type");
            for answer in tx
                .post(&mut open, std::slice::from_ref(command), BulkMode::AllOrNothing)
                .await?
            {
                answer.expect("it fits");
            }
            Ok::<_, StoreError>(tx.done(()))
        })
        .await
        .expect("a posting");
}

async fn open(store: &Store, id: OrganisationId, credit_type: CreditTypeId, reason: CycleReason) {
    store
        .transact(&Origin::system(id), |mut tx| async move {
            let open = tx.open_cycle_of(credit_type).await?;
            let starts_at = tx.at().max(open.starts_at.plus_micros(1));
            let ends_at = open.ends_at.max(starts_at.plus_micros(1));
            let span = CycleSpan { starts_at, ends_at };
            tx.open_next_cycle(credit_type, span, reason).await?;
            Ok::<_, StoreError>(tx.done(()))
        })
        .await
        .expect("a cycle");
}

async fn undo(store: &Store, id: OrganisationId, credit_type: CreditTypeId) {
    store
        .transact(&Origin::system(id), |mut tx| async move {
            tx.undo_reset(credit_type).await?.expect("it can be undone");
            Ok::<_, StoreError>(tx.done(()))
        })
        .await
        .expect("an undo");
}
