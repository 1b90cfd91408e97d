//! What a lane remembers: it decides without asking as long as nobody else has changed the organisation, and a decision
//! that panics is the fate of its own command.

use std::sync::Arc;

use allowance_domain::authz::{KeyActor, KeyScope};
use allowance_domain::cycles::Cadence;
use allowance_domain::metering::MeteredAmount;
use allowance_store::{KnownKey, Origin, Store, StoreError, StoreOptions};
use allowance_values::{ApiKeyId, Credits, OrganisationId, PersonId, Rate};

use super::commands::{Command, PersonKey, UsageEvent};
use super::memory::Memory;
use super::queue::{Poster, Posting};
use super::{Answer, Meter};
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

    async fn post(&mut self, postings: &[Posting]) -> Vec<Answer> {
        let postings: Vec<&Posting> = postings.iter().collect();
        self.poster
            .post(self.organisation, &mut self.memory, &postings)
            .await
    }

    /// The same from memory alone.
    async fn post_from_memory(&mut self, postings: &[Posting]) -> Option<Vec<Answer>> {
        let postings: Vec<&Posting> = postings.iter().collect();
        self.memory.post(&self.poster.store, &postings).await.unwrap()
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
    assert!(lane.memory.post(&lane.poster.store, &[&second]).await.is_err());
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
