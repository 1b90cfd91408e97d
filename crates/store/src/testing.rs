//! What tests of every crate need of a raw database: own databases on a PostgreSQL server, statements as an attacker or
//! a broken disk would run them. Not used by the product.
#![expect(
    clippy::expect_used,
    reason = "a test that cannot prepare its database must stop"
)]

use allowance_values::{GroupId, OrganisationId, PersonId};
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{
    ColumnTrait, ConnectionTrait, Database, EntityTrait, PaginatorTrait, QueryFilter, Set, Statement,
};

use crate::connect::Store;
use crate::entities::{allocation_group, ledger_head, organisation, person, person_token};
use crate::error::StoreError;

/// Makes an empty database on the server.
pub async fn create_postgres_database(server: &str, name: &str) {
    let connection = Database::connect(server)
        .await
        .expect("the PostgreSQL server of the tests answers");
    connection
        .execute_unprepared(&format!("CREATE DATABASE {name}"))
        .await
        .expect("a database can be made");
}

/// Drops a database made for a test.
pub async fn drop_postgres_database(server: &str, name: &str) {
    let connection = Database::connect(server)
        .await
        .expect("the PostgreSQL server of the tests answers");
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
        ..Default::default()
    };
    organisation::Entity::insert(row)
        .exec_without_returning(store.writer())
        .await
        .expect("an organisation");
    let head = ledger_head::ActiveModel {
        organisation_id: Set(id),
        seq: Set(0),
        at: Set(now),
        hash: Set(vec![0; 32]),
        epoch: Set(0),
    };
    ledger_head::Entity::insert(head)
        .exec_without_returning(store.writer())
        .await
        .expect("a head");
    OrganisationId::new(id)
}

/// A group, Default when it is the first of its organisation.
pub async fn create_group(store: &Store, organisation: OrganisationId, name: &str) -> GroupId {
    let id = store.new_id();
    let siblings = allocation_group::Entity::find()
        .filter(allocation_group::Column::OrganisationId.eq(organisation.uuid()))
        .count(store.writer())
        .await
        .expect("groups can be counted");
    let row = allocation_group::ActiveModel {
        organisation_id: Set(organisation.uuid()),
        id: Set(id),
        name: Set(name.to_owned()),
        name_key: Set(name.to_lowercase()),
        is_default: Set(siblings == 0),
        owner_id: Set(None),
        member_count: Set(0),
        is_deleted: Set(false),
        version: Set(1),
        created_at: Set(store.now().micros()),
    };
    allocation_group::Entity::insert(row)
        .exec_without_returning(store.writer())
        .await
        .expect("a group");
    GroupId::new(id)
}

/// So many people in a group, named `Person 1`, `Person 2`, … with words to find them by.
pub async fn create_people(
    store: &Store,
    organisation: OrganisationId,
    group: GroupId,
    count: usize,
) -> Vec<PersonId> {
    let mut made = Vec::with_capacity(count);
    let mut rows = Vec::with_capacity(count);
    let mut tokens = Vec::with_capacity(count);
    for number in 1..=count {
        let id = store.new_id();
        made.push(PersonId::new(id));
        let email = format!("person{number}.{}@example.org", id.simple());
        tokens.push(person_token::ActiveModel {
            organisation_id: Set(organisation.uuid()),
            token: Set(format!("person{number}")),
            person_id: Set(id),
        });
        rows.push(person::ActiveModel {
            organisation_id: Set(organisation.uuid()),
            id: Set(id),
            email_key: Set(email.clone()),
            email: Set(email),
            display_name: Set(format!("Person {number}")),
            name_key: Set(format!("person {number:08}")),
            title: Set(None),
            department: Set(None),
            division: Set(None),
            location: Set(None),
            employee_number: Set(None),
            manager_id: Set(None),
            hired_on: Set(None),
            status: Set("active".to_owned()),
            role: Set("member".to_owned()),
            group_id: Set(group.uuid()),
            version: Set(1),
            created_at: Set(store.now().micros()),
        });
    }
    for rows in rows.chunks(1_000) {
        person::Entity::insert_many(rows.to_vec())
            .exec_without_returning(store.writer())
            .await
            .expect("people");
    }
    for tokens in tokens.chunks(5_000) {
        person_token::Entity::insert_many(tokens.to_vec())
            .exec_without_returning(store.writer())
            .await
            .expect("their words");
    }
    let joined = "INSERT INTO membership_change (organisation_id, person_id, version, at, group_id)
        SELECT organisation_id, id, version, created_at, group_id FROM person p
        WHERE organisation_id = $1 AND group_id = $2 AND NOT EXISTS (SELECT 1 FROM membership_change m
            WHERE m.organisation_id = p.organisation_id AND m.person_id = p.id)";
    let values = [organisation.uuid().into(), group.uuid().into()];
    store
        .writer()
        .execute_raw(Statement::from_sql_and_values(store.backend(), joined, values))
        .await
        .expect("their membership");
    let count = i64::try_from(count).unwrap_or(i64::MAX);
    allocation_group::Entity::update_many()
        .col_expr(
            allocation_group::Column::MemberCount,
            Expr::col(allocation_group::Column::MemberCount).add(count),
        )
        .filter(allocation_group::Column::OrganisationId.eq(organisation.uuid()))
        .filter(allocation_group::Column::Id.eq(group.uuid()))
        .exec(store.writer())
        .await
        .expect("the counter");
    made
}
