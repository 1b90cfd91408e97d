//! What tests of every crate need of a raw database: own databases on a PostgreSQL server, statements as an attacker or
//! a broken disk would run them. Not used by the product.
#![expect(
    clippy::expect_used,
    reason = "a test that cannot prepare its database must stop"
)]

use allowance_values::{CreditTypeId, GroupId, OrganisationId, PersonId};
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{
    ColumnTrait, ConnectionTrait, Database, DbBackend, EntityTrait, FromQueryResult, PaginatorTrait,
    QueryFilter, Set, Statement,
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

/// The one number a statement answers, in a column of this name.
///
/// # Errors
/// What the database answers.
pub async fn number(store: &Store, sql: &str) -> Result<i64, StoreError> {
    #[derive(FromQueryResult)]
    struct NumberRow {
        number: i64,
    }
    let statement = Statement::from_string(store.backend(), sql);
    let row = NumberRow::find_by_statement(statement)
        .one(store.writer())
        .await?;
    row.map(|row| row.number).ok_or(StoreError::Corrupt("no row"))
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

/// So many members of a group, each with one credit of Monthly and a row in the open cycle, by statements of the database
/// alone: a million in seconds. Their entries are left out, so the books of such an organisation are not proven.
pub async fn fill_members(
    store: &Store,
    organisation: OrganisationId,
    credit_type: CreditTypeId,
    group: GroupId,
    count: u32,
) {
    let (organisation, credit_type, group) = match store.backend() {
        DbBackend::Postgres => (
            format!("'{}'::uuid", organisation.uuid()),
            format!("'{}'::uuid", credit_type.uuid()),
            format!("'{}'::uuid", group.uuid()),
        ),
        _ => (
            format!("X'{}'", organisation.uuid().simple()),
            format!("X'{}'", credit_type.uuid().simple()),
            format!("X'{}'", group.uuid().simple()),
        ),
    };
    let (id, numbers) = match store.backend() {
        DbBackend::Postgres => (
            "gen_random_uuid()",
            format!("WITH n(i) AS (SELECT generate_series(1, {count}))"),
        ),
        _ => (
            "randomblob(16)",
            format!("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {count})"),
        ),
    };
    let of_group = format!("organisation_id = {organisation} AND group_id = {group}");
    let of_cycle = format!(
        "organisation_id = {organisation} AND credit_type_id = {credit_type}
         AND {{number}} = (SELECT number FROM cycle WHERE organisation_id = {organisation}
             AND credit_type_id = {credit_type} AND is_open)"
    );
    let million = 1_000_000;
    let sum = u64::from(count) * million;
    for sql in [
        format!(
            "INSERT INTO person (organisation_id, id, email, email_key, display_name, name_key, status, role, group_id,
                version, created_at)
             {numbers} SELECT {organisation}, {id}, 'filled' || i || '@example.org', 'filled' || i || '@example.org',
                'Filled ' || i, 'filled ' || i, 'active', 'member', {group}, 1, 0 FROM n"
        ),
        format!(
            "INSERT INTO member_standing (organisation_id, credit_type_id, person_id, monthly)
             SELECT organisation_id, {credit_type}, id, {million} FROM person
             WHERE {of_group} AND name_key LIKE 'filled %'"
        ),
        format!(
            "INSERT INTO member_cycle (organisation_id, credit_type_id, person_id, cycle_number, group_id, monthly, extra,
                carried, used, held)
             SELECT p.organisation_id, {credit_type}, p.id, c.number, p.group_id, {million}, 0, 0, {million} / 2, 0
             FROM person p JOIN cycle c ON c.organisation_id = p.organisation_id AND c.credit_type_id = {credit_type}
                AND c.is_open
             WHERE p.organisation_id = {organisation} AND p.group_id = {group} AND p.name_key LIKE 'filled %'"
        ),
        format!("UPDATE group_standing SET members_monthly = {sum} WHERE {of_group} AND credit_type_id = {credit_type}"),
        format!(
            "UPDATE group_cycle SET distributed = {sum}, used = {sum} / 2 WHERE {of_group} AND {}",
            of_cycle.replace("{number}", "cycle_number")
        ),
        format!("UPDATE cycle SET used = {sum} / 2 WHERE {}", of_cycle.replace("{number}", "number")),
        format!("UPDATE allocation_group SET member_count = {count} WHERE organisation_id = {organisation} AND id = {group}"),
        "ANALYZE".to_owned(),
    ] {
        store
            .writer()
            .execute_unprepared(&sql)
            .await
            .expect("members by the million");
    }
    if store.backend() == DbBackend::Sqlite {
        // What follows is not to wait for what was filled in.
        store
            .writer()
            .execute_unprepared("PRAGMA wal_checkpoint(TRUNCATE)")
            .await
            .expect("the log is folded into the file");
    }
}
