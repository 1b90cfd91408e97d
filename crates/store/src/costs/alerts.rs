//! Threshold alerts as they are read.

use std::collections::BTreeMap;

use allowance_values::{CreditTypeId, Credits, CycleId, GroupId, OrganisationId, PersonId, Timestamp};
use sea_orm::{ConnectionTrait, QueryResult, Statement};
use uuid::Uuid;

use super::read::group_names;
use super::select::CostViewer;
use crate::clause::Clause;
use crate::connect::Store;
use crate::error::StoreError;

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

    pub(super) const fn parts(self, organisation: OrganisationId) -> (&'static str, Uuid) {
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

impl Store {
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
