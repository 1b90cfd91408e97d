//! Threshold alerts: raised by the step of the roll-up that passes what touched somebody, in the transaction that moves the
//! mark; so once, whichever instance does it and wherever one is killed. The row is unique by cycle, subject and threshold;
//! the stretches of a cycle are the cycle.

use std::collections::{BTreeMap, BTreeSet};

use allowance_domain::costs::Thresholds;
use allowance_domain::credit_types::Distribution;
use allowance_values::{CreditTypeId, Credits, CycleId, GroupId, OrganisationId, PersonId, Timestamp};
use sea_orm::{ConnectionTrait, DatabaseTransaction, FromQueryResult, QueryResult, Statement};
use uuid::Uuid;

use super::facts::Mark;
use super::read::group_names;
use super::select::CostViewer;
use crate::clause::Clause;
use crate::connect::Store;
use crate::error::StoreError;
use crate::ledger::{CHUNK, words};

/// Whose use crossed a threshold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AlertScope {
    /// The organisation's.
    Organisation,
    /// A group's.
    Group(GroupId),
    /// A member's.
    Member(PersonId),
}

impl AlertScope {
    /// The words of the three, as rows hold them.
    const ORGANISATION: &str = "organisation";
    const GROUP: &str = "group";
    const MEMBER: &str = "member";

    const fn parts(self, organisation: OrganisationId) -> (&'static str, Uuid) {
        match self {
            Self::Organisation => (Self::ORGANISATION, organisation.uuid()),
            Self::Group(group) => (Self::GROUP, group.uuid()),
            Self::Member(person) => (Self::MEMBER, person.uuid()),
        }
    }

    fn read(word: &str, subject: Uuid) -> Result<Self, StoreError> {
        match word {
            Self::ORGANISATION => Ok(Self::Organisation),
            Self::GROUP => Ok(Self::Group(GroupId::new(subject))),
            Self::MEMBER => Ok(Self::Member(PersonId::new(subject))),
            _ => Err(StoreError::Corrupt("threshold_alert")),
        }
    }
}

/// A threshold that was crossed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AlertRow {
    /// Rises with time.
    pub id: Uuid,
    /// Whose use.
    pub scope: AlertScope,
    /// The cycle.
    pub cycle: CycleId,
    /// In percent.
    pub threshold: u16,
    /// When it was noticed.
    pub at: Timestamp,
    /// Used, then.
    pub used: Credits,
    /// Of how much, then.
    pub whole: Credits,
}

/// Which alerts, newest first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AlertFilter {
    /// Only of this cycle.
    pub cycle: Option<CycleId>,
    /// Only those of the organisation, of groups, or of members.
    pub scope: Option<&'static str>,
    /// Only of this group and its people.
    pub group: Option<GroupId>,
    /// Only of this person.
    pub person: Option<PersonId>,
    /// Older than this one.
    pub before: Option<Uuid>,
}

impl AlertFilter {
    /// The words of `scope`.
    pub const SCOPES: [&str; 3] = [AlertScope::ORGANISATION, AlertScope::GROUP, AlertScope::MEMBER];
}

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

    /// Alerts, newest first.
    ///
    /// # Errors
    /// The store's own error.
    pub async fn list_alerts(
        &self,
        organisation: OrganisationId,
        credit_type: CreditTypeId,
        viewer: &CostViewer,
        filter: &AlertFilter,
        limit: u64,
    ) -> Result<Vec<AlertRow>, StoreError> {
        let values = vec![organisation.uuid().into(), credit_type.uuid().into()];
        let mut clause = Clause::new("a.organisation_id = $1 AND a.credit_type_id = $2", values);
        if let CostViewer::Narrow { person, groups } = viewer {
            let own = clause.bind(person.uuid());
            let groups = clause.bind_all(groups.iter().map(|group| group.uuid()));
            clause.and(&format!(
                "((a.scope = 'group' AND a.subject_id IN ({groups}))
                 OR p.id = {own} OR p.manager_id = {own} OR p.group_id IN ({groups}))"
            ));
        }
        let AlertFilter {
            cycle,
            scope,
            group,
            person,
            before,
        } = filter;
        if let Some(cycle) = cycle {
            let place = clause.bind(cycle.uuid());
            clause.and(&format!("COALESCE(r.id, k.id) = {place}"));
        }
        if let Some(scope) = scope {
            let place = clause.bind(*scope);
            clause.and(&format!("a.scope = {place}"));
        }
        if let Some(group) = group {
            let place = clause.bind(group.uuid());
            clause.and(&format!(
                "((a.scope = 'group' AND a.subject_id = {place}) OR p.group_id = {place})"
            ));
        }
        if let Some(person) = person {
            let place = clause.bind(person.uuid());
            clause.and(&format!("p.id = {place}"));
        }
        if let Some(before) = before {
            let place = clause.bind(*before);
            clause.and(&format!("a.id < {place}"));
        }
        let sql = format!(
            "SELECT a.id, a.scope, a.subject_id, a.threshold, a.at, a.used, a.whole, COALESCE(r.id, k.id) AS cycle_id
             FROM threshold_alert a
             JOIN cycle k ON k.organisation_id = a.organisation_id AND k.credit_type_id = a.credit_type_id
                AND k.number = a.cycle_number
             LEFT JOIN cycle r ON r.organisation_id = k.organisation_id AND r.credit_type_id = k.credit_type_id
                AND r.number = k.stretch_of
             LEFT JOIN person p ON a.scope = 'member' AND p.organisation_id = a.organisation_id AND p.id = a.subject_id
             WHERE {} ORDER BY a.id DESC LIMIT {limit}",
            clause.text
        );
        let statement = Statement::from_sql_and_values(self.backend(), sql, clause.values);
        let rows = self.read().query_all_raw(statement).await?;
        rows.iter().map(alert).collect()
    }

    /// The names of groups, also of deleted ones.
    ///
    /// # Errors
    /// The store's own error.
    pub async fn group_names(
        &self,
        organisation: OrganisationId,
        groups: &[GroupId],
    ) -> Result<BTreeMap<GroupId, String>, StoreError> {
        group_names(self.read(), organisation, groups).await
    }
}

fn alert(row: &QueryResult) -> Result<AlertRow, StoreError> {
    let threshold: i32 = row.try_get("", "threshold")?;
    Ok(AlertRow {
        id: row.try_get("", "id")?,
        scope: AlertScope::read(
            &row.try_get::<String>("", "scope")?,
            row.try_get("", "subject_id")?,
        )?,
        cycle: CycleId::new(row.try_get("", "cycle_id")?),
        threshold: u16::try_from(threshold).map_err(|_| StoreError::Corrupt("threshold_alert"))?,
        at: Timestamp::from_micros(row.try_get("", "at")?),
        used: Credits::from_micros(row.try_get("", "used")?),
        whole: Credits::from_micros(row.try_get("", "whole")?),
    })
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
        let places = clause.bind_all(people.iter().copied());
        let sql = format!(
            "SELECT m.person_id, m.used, m.monthly, m.extra, m.carried, s.cap FROM member_cycle m
             LEFT JOIN member_standing s ON s.organisation_id = m.organisation_id
                AND s.credit_type_id = m.credit_type_id AND s.person_id = m.person_id
             WHERE m.organisation_id = $1 AND m.credit_type_id = $2 AND m.cycle_number = $3 AND m.used > 0
                AND m.person_id IN ({places})"
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
