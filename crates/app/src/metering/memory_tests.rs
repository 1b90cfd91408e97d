//! What a lane remembers: it decides without asking as long as nobody else has changed the organisation, and a decision
//! that panics is the fate of its own command.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use allowance_domain::authz::{KeyActor, KeyScope};
use allowance_domain::cycles::Cadence;
use allowance_domain::metering::MeteredAmount;
use allowance_store::{KnownKey, Origin, Store, StoreError, StoreOptions};
use allowance_values::{ApiKeyId, Credits, OrganisationId, PersonId, Rate};

use super::commands::{Command, PersonKey, UsageEvent};
use super::memory::Memory;
use super::queue::{Poster, Posting, Queue};
use super::{Answer, Meter, Metered};
use crate::api_keys::KeyRing;
use crate::context::App;
use crate::error::Error;
use crate::setup::{FirstCreditType, NewOrganisation};

struct Lane {
    poster: Poster,
    organisation: OrganisationId,
    person: PersonId,
    meter: Arc<Meter>,
    memory: Memory,
    file: std::path::PathBuf,
}

impl Lane {
    async fn open() -> Self {
        let file = std::env::temp_dir().join(format!("allowance_lane_{}.db", uuid::Uuid::now_v7().simple()));
        let url = format!("sqlite://{}", file.display());
        let store = Store::connect(&url, StoreOptions::default()).await.unwrap();
        store.migrate().await.unwrap();
        let app = App::new(store.clone(), None).await.unwrap();
        let new = NewOrganisation {
            name: "Lane".to_owned(),
            time_zone: "Europe/Berlin".to_owned(),
            currency: "EUR".parse().unwrap(),
            admin_email: "a@example.org".parse().unwrap(),
            admin_name: "A".to_owned(),
            admin_password: "correct horse battery".to_owned(),
            credit_type: FirstCreditType {
                name: "AI usage".to_owned(),
                cadence: Cadence::CalendarMonth,
                limit: Credits::ZERO,
                rate: Rate::OFF,
            },
        };
        app.create_organisation(&new).await.unwrap();
        let (organisation, _) = store.list_organisations().await.unwrap().remove(0);
        let names = [("a@example.org", ())];
        let person = store
            .transact(&Origin::system(organisation), |tx| async move {
                let mut keys = allowance_store::PersonKeys::default();
                keys.emails
                    .extend(names.iter().map(|(email, ())| (*email).to_owned()));
                let found = tx.find_people_named(&keys).await?;
                let person = found.by_email.values().next().copied();
                Ok::<_, StoreError>(tx.done(person))
            })
            .await
            .unwrap()
            .unwrap();
        let epoch = store.head(organisation).await.unwrap().epoch;
        let actor = KeyActor {
            organisation,
            id: ApiKeyId::new(store.new_id()),
            scopes: vec![KeyScope::UsageWrite, KeyScope::HoldsWrite],
        };
        Self {
            poster: Poster {
                store,
                keys: KeyRing::default(),
            },
            organisation,
            person,
            meter: Arc::new(Meter::Key(KnownKey {
                actor,
                epoch,
                expires_at: None,
            })),
            memory: Memory::default(),
            file,
        }
    }

    fn event(&self, id: &str, request: &str) -> Posting {
        let event = UsageEvent {
            source: "lane".to_owned(),
            id: id.to_owned(),
            happened_at: None,
            credit_type: None,
            person: PersonKey::Id(self.person),
            amount: MeteredAmount::Credits(Credits::from_micros(1_000_000)),
            on_insufficient: None,
            provider: None,
            model: None,
            operation: None,
            tags: Vec::new(),
            metadata: None,
        };
        Posting::new(Command::Use(Box::new(event)), self.meter.clone(), request.into())
    }

    /// Under the head.
    async fn look_up(&mut self, postings: &[Posting]) -> Vec<Answer> {
        let postings: Vec<&Posting> = postings.iter().collect();
        self.poster
            .post(self.organisation, &mut self.memory, &postings)
            .await
    }

    /// From memory; nothing where that could not be done.
    async fn post_from_memory(&mut self, postings: &[Posting]) -> Option<Vec<Answer>> {
        let postings: Vec<&Posting> = postings.iter().collect();
        let decided = self.memory.decide(&self.poster.store, &postings)?;
        let (answers, written) = decided.write(self.poster.store.clone());
        if let Ok(true) = written.await {
            return Some(answers);
        }
        self.memory = Memory::default();
        None
    }

    /// As a lane does.
    async fn post(&mut self, postings: &[Posting]) -> Vec<Answer> {
        match self.post_from_memory(postings).await {
            Some(answers) => answers,
            None => self.look_up(postings).await,
        }
    }
}

impl Drop for Lane {
    fn drop(&mut self) {
        for suffix in ["", "-wal", "-shm"] {
            std::fs::remove_file(format!("{}{suffix}", self.file.display())).ok();
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_known_is_decided_without_asking_until_somebody_else_changes_anything() {
    let mut lane = Lane::open().await;
    let [first, second, third, fourth] = ["1", "2", "3", "4"].map(|id| lane.event(id, "request"));
    assert!(
        lane.post_from_memory(std::slice::from_ref(&first))
            .await
            .is_none(),
        "nothing is known yet"
    );
    assert!(lane.post(&[first]).await.iter().all(Result::is_ok));
    let answers = lane.post_from_memory(std::slice::from_ref(&second)).await;
    assert!(answers.expect("known").iter().all(Result::is_ok));
    // The same again is a repetition, which a look-up finds.
    assert!(
        lane.post_from_memory(std::slice::from_ref(&second))
            .await
            .is_none()
    );
    assert!(
        lane.post(&[second])
            .await
            .iter()
            .flatten()
            .all(Metered::is_replay)
    );
    assert!(
        lane.post(&[lane.event("5", "request")])
            .await
            .iter()
            .all(Result::is_ok)
    );
    // Any change under the head, whatever it is.
    lane.poster
        .store
        .transact(&Origin::system(lane.organisation), |tx| async move {
            Ok::<_, StoreError>(tx.done(()))
        })
        .await
        .unwrap();
    assert!(
        lane.post_from_memory(std::slice::from_ref(&third))
            .await
            .is_none()
    );
    assert!(lane.post(&[third]).await.iter().all(Result::is_ok));
    assert!(lane.post_from_memory(&[fourth]).await.is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_decision_that_panics_is_the_fate_of_its_own_command() {
    let mut lane = Lane::open().await;
    for round in ["looked up", "from memory"] {
        let batch = ["1", "panic", "2"].map(|id| lane.event(&format!("{round} {id}"), id));
        let answers = lane.post(&batch).await;
        let are_ok: Vec<bool> = answers.iter().map(Result::is_ok).collect();
        assert_eq!(are_ok, [true, false, true], "{round}");
        assert!(matches!(answers.get(1), Some(Err(Error::Internal(_)))), "{round}");
    }
}

/// While a batch is written the next one is decided on top of it. When somebody else comes between, neither is written: both
/// are decided again, every command once.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn what_was_decided_on_a_batch_that_is_not_written_is_decided_again() {
    const CALLERS: usize = 32;
    const EACH: usize = 12;
    let lane = Lane::open().await;
    let queue = Queue::new(lane.poster.store.clone(), KeyRing::default());
    let is_over = Arc::new(AtomicBool::new(false));
    let others = {
        let (store, organisation, is_over) = (lane.poster.store.clone(), lane.organisation, is_over.clone());
        tokio::spawn(async move {
            let mut changes = 0;
            while !is_over.load(Ordering::Relaxed) {
                let change = |tx: allowance_store::Tx| async move { Ok::<_, StoreError>(tx.done(())) };
                store
                    .transact(&Origin::system(organisation), change)
                    .await
                    .unwrap();
                changes += 1;
                tokio::time::sleep(std::time::Duration::from_millis(3)).await;
            }
            changes
        })
    };
    let callers = (0..CALLERS).map(|caller| {
        let (queue, meter) = (queue.clone(), lane.meter.clone());
        let commands: Vec<Command> = (0..EACH)
            .map(|number| lane.event(&format!("{caller}-{number}"), "request").command)
            .collect();
        tokio::spawn(async move {
            for command in commands {
                let answers = queue
                    .post((*meter).clone(), "request".into(), vec![command])
                    .await
                    .unwrap();
                assert!(matches!(answers.as_slice(), [Ok(answer)] if !answer.is_replay()));
            }
        })
    });
    for caller in callers.collect::<Vec<_>>() {
        caller.await.unwrap();
    }
    is_over.store(true, Ordering::Relaxed);
    assert!(others.await.unwrap() > 0);
    let proof = lane.poster.store.verify(lane.organisation).await.unwrap();
    assert!(proof.findings.is_empty(), "{:?}", proof.findings);
    assert_eq!(proof.seq, i64::try_from(CALLERS * EACH).unwrap());
}
