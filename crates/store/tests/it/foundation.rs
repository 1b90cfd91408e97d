//! The head, retries and the append-only tables.

use allowance_store::{AuditFilter, AuditRecord, Origin, Store, StoreError, StoreOptions};
use allowance_values::PersonId;

use crate::support::{Scratch, databases};

#[tokio::test(flavor = "multi_thread")]
async fn migrating_twice_at_once_migrates_once() {
    for database in databases().await {
        let (first, second) = tokio::join!(database.store.migrate(), database.store.migrate());
        assert!(first.is_ok() && second.is_ok(), "{first:?} {second:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_lies_in_the_log_of_a_file_is_written_back_beside_the_writer() {
    let scratch = Scratch::default();
    let url = format!("sqlite://{}", scratch.path());
    let store = Store::connect(&url, StoreOptions::default()).await.unwrap();
    store.migrate().await.unwrap();
    let size = || std::fs::metadata(scratch.path()).unwrap().len();
    let before = size();
    let keeper = tokio::spawn(store.clone().keep_written_back());
    let is_written = async {
        while size() == before {
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
    };
    let patience = std::time::Duration::from_secs(30);
    tokio::time::timeout(patience, is_written)
        .await
        .expect("the file grows");
    keeper.abort();
    store.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_transaction_can_be_spawned_and_a_refusal_leaves_nothing() {
    for database in databases().await {
        let organisation = allowance_store::testing::create_organisation(&database.store, "Acme").await;
        let store = database.store.clone();
        let origin = Origin {
            organisation,
            actor: None,
            request_id: Some("r-1".to_owned()),
        };
        let (inner_store, inner_origin, name) = (store.clone(), origin.clone(), "x".to_owned());
        let refused: Result<(), StoreError> = tokio::spawn(async move {
            let name = &name;
            inner_store
                .transact(&inner_origin, |mut tx| async move {
                    tx.audit(AuditRecord {
                        action: "try",
                        target: name.clone(),
                        before: None,
                        after: None,
                    });
                    Err(StoreError::StaleVersion)
                })
                .await
        })
        .await
        .unwrap();
        assert!(matches!(refused, Err(StoreError::StaleVersion)));
        assert!(
            store
                .list_audit(organisation, AuditFilter::default(), 10)
                .await
                .unwrap()
                .is_empty()
        );

        let actor = PersonId::new(store.new_id());
        let origin = Origin {
            actor: Some(actor),
            ..origin
        };
        store
            .transact(&origin, |mut tx| async move {
                tx.audit(AuditRecord {
                    action: "try",
                    target: "t".to_owned(),
                    before: None,
                    after: Some(serde_json::json!({"name": "ñ"})),
                });
                Ok::<_, StoreError>(tx.done(()))
            })
            .await
            .unwrap();
        let lines = store
            .list_audit(organisation, AuditFilter::default(), 10)
            .await
            .unwrap();
        assert_eq!(lines.len(), 1);
        assert_eq!(lines[0].actor, Some(actor));
        assert_eq!(lines[0].after.as_deref(), Some(r#"{"name":"ñ"}"#));
        assert_eq!(lines[0].request_id.as_deref(), Some("r-1"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn on_sqlite_the_audit_log_cannot_be_rewritten() {
    let database = databases().await.remove(0);
    let organisation = allowance_store::testing::create_organisation(&database.store, "Acme").await;
    database
        .store
        .transact(&Origin::system(organisation), |mut tx| async move {
            tx.audit(AuditRecord {
                action: "try",
                target: "t".to_owned(),
                before: None,
                after: None,
            });
            Ok::<_, StoreError>(tx.done(()))
        })
        .await
        .unwrap();
    for sql in [
        "UPDATE audit_entry SET action = 'x'",
        "DELETE FROM audit_entry",
        "INSERT OR REPLACE INTO audit_entry SELECT organisation_id, id, 0, NULL, 'x', target, digest, NULL FROM audit_entry",
    ] {
        let outcome = allowance_store::testing::execute(&database.store, sql).await;
        assert!(outcome.is_err(), "{sql}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn on_postgres_the_serving_role_appends_and_cannot_rewrite() {
    for database in databases().await {
        if !database.url.starts_with("postgres") {
            continue;
        }
        let organisation = allowance_store::testing::create_organisation(&database.store, "Acme").await;
        let options = StoreOptions::default();
        let served = Store::connect(&database.url, options.clone()).await.unwrap();
        let served = served.restrict(&database.url, &options).await.unwrap();
        served
            .transact(&Origin::system(organisation), |mut tx| async move {
                tx.audit(AuditRecord {
                    action: "try",
                    target: "t".to_owned(),
                    before: None,
                    after: None,
                });
                Ok::<_, StoreError>(tx.done(()))
            })
            .await
            .unwrap();
        for sql in [
            "UPDATE audit_entry SET action = 'x'",
            "DELETE FROM ledger_entry",
            "UPDATE ledger_entry SET amount = 1",
            "UPDATE ledger_batch SET at = 1",
            "TRUNCATE ledger_batch",
            "DROP TABLE audit_entry CASCADE",
        ] {
            assert!(
                allowance_store::testing::execute(&served, sql).await.is_err(),
                "{sql}"
            );
        }
    }
}
