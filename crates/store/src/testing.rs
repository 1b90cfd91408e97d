//! What tests of every crate need of a raw database: own databases on a PostgreSQL server, statements as an attacker or
//! a broken disk would run them. Not used by the product.
#![expect(clippy::expect_used, reason = "a test that cannot prepare its database must stop")]

use allowance_values::OrganisationId;
use sea_orm::{ConnectionTrait, Database, EntityTrait, Set};

use crate::connect::Store;
use crate::entities::{ledger_head, organisation};
use crate::error::StoreError;

/// Makes an empty database on the server.
pub async fn create_postgres_database(server: &str, name: &str) {
    let connection = Database::connect(server).await.expect("the PostgreSQL server of the tests answers");
    connection.execute_unprepared(&format!("CREATE DATABASE {name}")).await.expect("a database can be made");
}

/// Drops a database made for a test.
pub async fn drop_postgres_database(server: &str, name: &str) {
    let connection = Database::connect(server).await.expect("the PostgreSQL server of the tests answers");
    connection
        .execute_unprepared(&format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"))
        .await
        .expect("a database can be dropped");
}

/// Runs one statement past all rules.
///
/// # Errors
/// What the database answers.
pub async fn execute(store: &Store, sql: &str) -> Result<u64, StoreError> {
    Ok(store.writer().execute_unprepared(sql).await?.rows_affected())
}

/// A bare organisation with its head and nothing else.
pub async fn create_organisation(store: &Store, name: &str) -> OrganisationId {
    let id = store.new_id();
    let (now, name) = (store.now().micros(), name.to_owned());
    let row = organisation::ActiveModel {
        id: Set(id),
        name: Set(name),
        time_zone: Set("Europe/Berlin".to_owned()),
        currency: Set("EUR".to_owned()),
        created_at: Set(now),
    };
    organisation::Entity::insert(row).exec_without_returning(store.writer()).await.expect("an organisation");
    let head = ledger_head::ActiveModel {
        organisation_id: Set(id),
        seq: Set(0),
        at: Set(now),
        hash: Set(vec![0; 32]),
        epoch: Set(0),
    };
    ledger_head::Entity::insert(head).exec_without_returning(store.writer()).await.expect("a head");
    OrganisationId::new(id)
}
