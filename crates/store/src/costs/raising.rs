//! Threshold alerts: raised by the step of the roll-up that passes what touched somebody, in the transaction that moves the
//! mark; so once, whichever instance does it and wherever one is killed. The row is unique by cycle, subject and threshold;
//! the stretches of a cycle are the cycle.

use std::collections::{BTreeMap, BTreeSet};

use allowance_domain::costs::Thresholds;
use allowance_domain::credit_types::Distribution;
use allowance_values::{Credits, GroupId, OrganisationId, PersonId};
use sea_orm::{ConnectionTrait, DatabaseTransaction, FromQueryResult, Statement};
use uuid::Uuid;

use super::alerts::AlertScope;
use super::facts::Mark;
use crate::clause::Clause;
use crate::connect::Store;
use crate::error::StoreError;
use crate::ledger::{CHUNK, words};

/// Who and what a stretch of the ledger is about.
#[derive(Debug, Default)]
pub(super) struct Touched(BTreeMap<Uuid, (BTreeSet<Uuid>, BTreeSet<Uuid>)>);

/// Whom the entries after one mark, up to another, are about: groups and people by credit type.
pub(super) async fn touched<C: ConnectionTrait>(
    connection: &C,
    organisation: OrganisationId,
    after: Mark,
    up_to: Mark,
) -> Result<Touched, StoreError> {
    #[derive(FromQueryResult)]
    struct Row {
        credit_type_id: Uuid,
        from_group: Option<Uuid>,
        to_group: Option<Uuid>,
        person_id: Option<Uuid>,
    }
    let sql = "SELECT DISTINCT credit_type_id, from_group, to_group, person_id FROM ledger_entry
        WHERE organisation_id = $1 AND seq > $2 AND seq <= $3";
    let values = [organisation.uuid().into(), after.seq.into(), up_to.seq.into()];
    let statement = Statement::from_sql_and_values(connection.get_database_backend(), sql, values);
    let mut touched = Touched::default();
    for row in Row::find_by_statement(statement).all(connection).await? {
        let (groups, people) = touched.0.entry(row.credit_type_id).or_default();
        groups.extend(row.from_group);
        groups.extend(row.to_group);
        people.extend(row.person_id);
    }
    Ok(touched)
}

/// Somebody's use, with what it is a part of.
struct Use {
    scope: AlertScope,
    used: i64,
    whole: i128,
}

#[derive(FromQueryResult)]
struct TypeRow {
    alert_thresholds: String,
    distribution: String,
    number: i64,
    used: i64,
    limit_micros: i64,
    carried: i64,
}

impl Store {
    /// Raises the alerts of those who were touched, as they stand now in the open cycle, and says how many.
    pub(super) async fn raise_alerts(
        &self,
        tx: &DatabaseTransaction,
        organisation: OrganisationId,
        touched: &Touched,
    ) -> Result<u64, StoreError> {
        let mut raised = 0_u64;
        for (credit_type, (groups, people)) in &touched.0 {
            let key = (organisation, *credit_type);
            let sql = "SELECT t.alert_thresholds, t.distribution, k.number, k.used, k.limit_micros, k.carried
                FROM credit_type t JOIN cycle k ON k.organisation_id = t.organisation_id AND k.credit_type_id = t.id
                WHERE t.organisation_id = $1 AND t.id = $2 AND k.is_open";
            let values = [organisation.uuid().into(), (*credit_type).into()];
            let statement = Statement::from_sql_and_values(self.backend(), sql, values);
            let Some(row) = TypeRow::find_by_statement(statement).one(tx).await? else {
                continue;
            };
            let thresholds: Thresholds = row
                .alert_thresholds
                .parse()
                .map_err(|_| StoreError::Corrupt("credit_type"))?;
            let is_pool = words::distribution::from_word(&row.distribution)? == Distribution::SharedPool;
            let mut uses = vec![Use {
                scope: AlertScope::Organisation,
                used: row.used,
                whole: i128::from(row.limit_micros).saturating_add(row.carried.into()),
            }];
            uses.extend(use_of_groups(tx, key, row.number, groups).await?);
            uses.extend(use_of_members(tx, key, row.number, people, is_pool).await?);
            uses.retain(|one| {
                let used = Credits::from_micros(one.used);
                thresholds.crossed(used, one.whole).next().is_some()
            });
            let known = known_alerts(tx, key, row.number, &uses).await?;
            for one in &uses {
                let (word, subject) = one.scope.parts(organisation);
                let crossed = thresholds.crossed(Credits::from_micros(one.used), one.whole);
                for threshold in crossed {
                    if !known.contains(&(word.to_owned(), subject, i32::from(threshold))) {
                        raised = raised
                            .saturating_add(self.insert_alert(tx, key, row.number, one, threshold).await?);
                    }
                }
            }
        }
        Ok(raised)
    }

    async fn insert_alert(
        &self,
        tx: &DatabaseTransaction,
        (organisation, credit_type): (OrganisationId, Uuid),
        cycle: i64,
        one: &Use,
        threshold: u16,
    ) -> Result<u64, StoreError> {
        let sql = "INSERT INTO threshold_alert
                (organisation_id, credit_type_id, cycle_number, scope, subject_id, threshold, id, at, used, whole)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT DO NOTHING";
        let (word, subject) = one.scope.parts(organisation);
        let values = [
            organisation.uuid().into(),
            credit_type.into(),
            cycle.into(),
            word.into(),
            subject.into(),
            i32::from(threshold).into(),
            self.new_id().into(),
            self.now().micros().into(),
            one.used.into(),
            i64::try_from(one.whole).unwrap_or(i64::MAX).into(),
        ];
        let done = tx
            .execute_raw(Statement::from_sql_and_values(self.backend(), sql, values))
            .await?;
        Ok(done.rows_affected())
    }
}

async fn use_of_groups(
    tx: &DatabaseTransaction,
    (organisation, credit_type): (OrganisationId, Uuid),
    cycle: i64,
    groups: &BTreeSet<Uuid>,
) -> Result<Vec<Use>, StoreError> {
    #[derive(FromQueryResult)]
    struct Row {
        group_id: Uuid,
        used: i64,
        monthly: i64,
        extra: i64,
        carried: i64,
        members_carried: i64,
    }
    let groups: Vec<Uuid> = groups.iter().copied().collect();
    let mut uses = Vec::new();
    for groups in groups.chunks(CHUNK) {
        let mut clause = Clause::new("", of_cycle((organisation, credit_type), cycle));
        let places = clause.bind_all(groups.iter().copied());
        let sql = format!(
            "SELECT group_id, used, monthly, extra, carried, members_carried FROM group_cycle
             WHERE organisation_id = $1 AND credit_type_id = $2 AND cycle_number = $3 AND used > 0
                AND group_id IN ({places})"
        );
        let statement = Statement::from_sql_and_values(tx.get_database_backend(), sql, clause.values);
        for row in Row::find_by_statement(statement).all(tx).await? {
            uses.push(Use {
                scope: AlertScope::Group(GroupId::new(row.group_id)),
                used: row.used,
                whole: sum([row.monthly, row.extra, row.carried, row.members_carried]),
            });
        }
    }
    Ok(uses)
}

/// In a shared pool members hold no Monthly; who has a cap is measured by it.
async fn use_of_members(
    tx: &DatabaseTransaction,
    (organisation, credit_type): (OrganisationId, Uuid),
    cycle: i64,
    people: &BTreeSet<Uuid>,
    is_pool: bool,
) -> Result<Vec<Use>, StoreError> {
    #[derive(FromQueryResult)]
    struct Row {
        person_id: Uuid,
        used: i64,
        monthly: i64,
        extra: i64,
        carried: i64,
        cap: Option<i64>,
    }
    let people: Vec<Uuid> = people.iter().copied().collect();
    let mut uses = Vec::new();
    for people in people.chunks(CHUNK) {
        let mut clause = Clause::new("", of_cycle((organisation, credit_type), cycle));
        let ids = people.iter().map(|id| (*id).into()).collect();
        let is_asked = clause.is_any(tx.get_database_backend(), "m.person_id", ids);
        // Looked up one by one, whatever the database believes of how many there are.
        let sql = format!(
            "SELECT m.person_id, m.used, m.monthly, m.extra, m.carried, (SELECT s.cap FROM member_standing s
                WHERE s.organisation_id = m.organisation_id AND s.credit_type_id = m.credit_type_id
                    AND s.person_id = m.person_id) AS cap
             FROM member_cycle m
             WHERE m.organisation_id = $1 AND m.credit_type_id = $2 AND m.cycle_number = $3 AND m.used > 0
                AND {is_asked}"
        );
        let statement = Statement::from_sql_and_values(tx.get_database_backend(), sql, clause.values);
        for row in Row::find_by_statement(statement).all(tx).await? {
            let recurring = if is_pool { row.cap } else { Some(row.monthly) };
            if let Some(recurring) = recurring {
                uses.push(Use {
                    scope: AlertScope::Member(PersonId::new(row.person_id)),
                    used: row.used,
                    whole: sum([recurring, row.extra, row.carried, 0]),
                });
            }
        }
    }
    Ok(uses)
}

fn of_cycle((organisation, credit_type): (OrganisationId, Uuid), cycle: i64) -> Vec<sea_orm::Value> {
    vec![organisation.uuid().into(), credit_type.into(), cycle.into()]
}

fn sum(parts: [i64; 4]) -> i128 {
    parts.into_iter().map(i128::from).sum()
}

/// What was raised before of these, in the cycle or a stretch of it.
async fn known_alerts(
    tx: &DatabaseTransaction,
    (organisation, credit_type): (OrganisationId, Uuid),
    cycle: i64,
    uses: &[Use],
) -> Result<BTreeSet<(String, Uuid, i32)>, StoreError> {
    let mut known = BTreeSet::new();
    for uses in uses.chunks(CHUNK) {
        let mut clause = Clause::new("", of_cycle((organisation, credit_type), cycle));
        let places = clause.bind_all(uses.iter().map(|one| one.scope.parts(organisation).1));
        let sql = format!(
            "SELECT scope, subject_id, threshold FROM threshold_alert
             WHERE organisation_id = $1 AND credit_type_id = $2 AND subject_id IN ({places})
                AND cycle_number IN (SELECT number FROM cycle WHERE organisation_id = $1 AND credit_type_id = $2
                    AND (number = $3 OR stretch_of = $3))"
        );
        let statement = Statement::from_sql_and_values(tx.get_database_backend(), sql, clause.values);
        for row in tx.query_all_raw(statement).await? {
            known.insert((
                row.try_get("", "scope")?,
                row.try_get("", "subject_id")?,
                row.try_get("", "threshold")?,
            ));
        }
    }
    Ok(known)
}
