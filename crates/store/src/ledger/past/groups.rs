//! Groups at a moment.

use allowance_domain::allocations::GroupFigures;
use allowance_domain::credit_types::Distribution;
use allowance_domain::ledger::GroupStanding;
use allowance_values::{Credits, GroupId, PersonId};
use sea_orm::{ColumnTrait, EntityTrait, FromQueryResult, QueryFilter, QueryOrder, Statement, Value};
use std::collections::HashMap;
use uuid::Uuid;

use super::Moment;
use super::sums::{MEMBER_SUMS, entries_of, sides, written_by};
use crate::clause::Clause;
use crate::connect::Store;
use crate::entities::allocation_group;
use crate::error::StoreError;
use crate::ledger::GroupRow;

/// Each person's latest membership by a moment; `$1` is the organisation, `{at}` the moment.
pub(super) const HERE: &str = "SELECT mc.person_id, mc.group_id FROM membership_change mc
    WHERE mc.organisation_id = $1 AND mc.at <= {at} AND NOT EXISTS (SELECT 1 FROM membership_change newer
        WHERE newer.organisation_id = mc.organisation_id AND newer.person_id = mc.person_id
        AND newer.version > mc.version AND newer.at <= {at})";

/// The latest of each standing order by a moment; `$1` is the organisation, `$2` the credit type.
pub(super) const STANDING: &str = "SELECT sc.subject_id, sc.what, sc.after_amount FROM standing_change sc
    WHERE sc.organisation_id = $1 AND sc.credit_type_id = $2 AND sc.at <= {at} AND NOT EXISTS (
        SELECT 1 FROM standing_change newer WHERE newer.organisation_id = sc.organisation_id
        AND newer.credit_type_id = sc.credit_type_id AND newer.subject_id = sc.subject_id AND newer.what = sc.what
        AND newer.id > sc.id AND newer.at <= {at})";

#[derive(FromQueryResult)]
struct GroupSums {
    group_id: Uuid,
    monthly: i64,
    extra: i64,
    carried: i64,
    members_carried: i64,
    undistributed: i64,
    reserve_left: i64,
    reserve_given: i64,
    used: i64,
    held: i64,
}

#[derive(FromQueryResult)]
struct PeopleRow {
    group_id: Uuid,
    members: i64,
    members_monthly: i64,
    unwritten: i64,
    uncovered: i64,
}

#[derive(FromQueryResult)]
struct StandingRow {
    subject_id: Uuid,
    what: String,
    after_amount: Option<i64>,
}

const fn credits(micros: i64) -> Credits {
    Credits::from_micros(micros)
}

impl Store {
    /// Rows of all groups as they were, Default first, then by name.
    ///
    /// # Errors
    /// The store's own error.
    pub async fn group_rows_at(&self, moment: &Moment) -> Result<Vec<GroupRow>, StoreError> {
        let groups = allocation_group::Entity::find()
            .filter(allocation_group::Column::OrganisationId.eq(moment.organisation.uuid()))
            .filter(allocation_group::Column::CreatedAt.lte(moment.at.micros()))
            .order_by_desc(allocation_group::Column::IsDefault)
            .order_by_asc(allocation_group::Column::NameKey)
            .order_by_asc(allocation_group::Column::Id)
            .all(self.read())
            .await?;
        let mut sums = self.group_sums_at(moment).await?;
        let mut people = self.people_at(moment).await?;
        let mut standing = self.group_standing_at(moment).await?;
        let mut rows = Vec::with_capacity(groups.len());
        for group in groups {
            let people = people.remove(&group.id);
            let (monthly, reserve) = standing.remove(&group.id).unwrap_or_default();
            let standing = GroupStanding {
                monthly,
                reserve,
                members_monthly: people
                    .as_ref()
                    .map_or(Credits::ZERO, |people| credits(people.members_monthly)),
            };
            let figures = figures_of(sums.remove(&group.id), people.as_ref(), &standing)
                .ok_or(StoreError::Corrupt("ledger_entry"))?;
            let member_count = people.map_or(0, |people| people.members);
            if group.is_deleted && figures == GroupFigures::default() && member_count == 0 {
                continue;
            }
            rows.push(GroupRow {
                id: GroupId::new(group.id),
                name: group.name,
                is_default: group.is_default,
                is_deleted: group.is_deleted,
                owner: group.owner_id.map(PersonId::new),
                member_count: u64::try_from(member_count).unwrap_or(0),
                standing,
                figures,
            });
        }
        Ok(rows)
    }

    async fn group_sums_at(&self, moment: &Moment) -> Result<HashMap<Uuid, GroupSums>, StoreError> {
        let mut clause = entries_of(moment);
        written_by(&mut clause, moment, false);
        let Clause { text, values } = clause;
        let sum =
            |condition: &str| format!("CAST(SUM(CASE WHEN {condition} THEN amount ELSE 0 END) AS BIGINT)");
        let sql = format!(
            "SELECT group_id, {} AS monthly, {} AS extra, {} AS carried, {} AS members_carried, {} AS undistributed,
                {} AS reserve_left, {} AS reserve_given, {} AS used, {} AS held
             FROM ({}) AS side WHERE group_id IS NOT NULL GROUP BY group_id",
            sum("account = 'group' AND kind = 'group_monthly'"),
            sum("account = 'group' AND kind = 'group_extra'"),
            sum("account = 'group' AND kind = 'carry_in'"),
            sum("account = 'member' AND (other IN ('carried', 'lapsed') OR (kind = 'move' AND other = 'member'))"),
            sum("account = 'group'"),
            sum("account = 'reserve'"),
            sum("account = 'reserve' AND kind = 'grant'"),
            sum("account = 'spent'"),
            sum("account = 'held'"),
            sides(&text)
        );
        let statement = Statement::from_sql_and_values(self.backend(), sql, values);
        let rows = GroupSums::find_by_statement(statement).all(self.read()).await?;
        Ok(rows.into_iter().map(|row| (row.group_id, row)).collect())
    }

    /// By group: how many were in it, their Monthly, what of it no entry says yet, and their overage.
    async fn people_at(&self, moment: &Moment) -> Result<HashMap<Uuid, PeopleRow>, StoreError> {
        let mut clause = entries_of(moment);
        written_by(&mut clause, moment, false);
        clause.and("person_id IS NOT NULL");
        let at = clause.bind(moment.at.micros());
        let Clause { text, values } = clause;
        let unwritten = match moment.credit_type.terms.distribution {
            Distribution::Individual => {
                "CASE WHEN t.person_id IS NULL THEN COALESCE(s.after_amount, 0) ELSE 0 END"
            }
            // In a shared pool members hold no Monthly.
            Distribution::SharedPool => "0",
        };
        let sql = format!(
            "SELECT here.group_id, COUNT(*) AS members,
                CAST(SUM(COALESCE(s.after_amount, 0)) AS BIGINT) AS members_monthly,
                CAST(SUM({unwritten}) AS BIGINT) AS unwritten,
                CAST(SUM(CASE WHEN t.used + t.held > t.monthly + t.extra + t.carried
                    THEN t.used + t.held - t.monthly - t.extra - t.carried ELSE 0 END) AS BIGINT) AS uncovered
             FROM ({}) AS here
             LEFT JOIN ({}) AS s ON s.subject_id = here.person_id AND s.what = 'monthly'
             LEFT JOIN (SELECT person_id, {MEMBER_SUMS} FROM ({}) AS side GROUP BY person_id) AS t
                ON t.person_id = here.person_id
             GROUP BY here.group_id",
            HERE.replace("{at}", &at),
            STANDING.replace("{at}", &at),
            sides(&text)
        );
        let statement = Statement::from_sql_and_values(self.backend(), sql, values);
        let rows = PeopleRow::find_by_statement(statement).all(self.read()).await?;
        Ok(rows.into_iter().map(|row| (row.group_id, row)).collect())
    }

    async fn group_standing_at(
        &self,
        moment: &Moment,
    ) -> Result<HashMap<Uuid, (Credits, Credits)>, StoreError> {
        let sql = format!(
            "SELECT subject_id, what, after_amount FROM ({}) AS s WHERE what IN ('group_monthly', 'reserve')",
            STANDING.replace("{at}", "$3")
        );
        let values: [Value; 3] = [
            moment.organisation.uuid().into(),
            moment.credit_type.terms.id.uuid().into(),
            moment.at.micros().into(),
        ];
        let statement = Statement::from_sql_and_values(self.backend(), sql, values);
        let mut standing: HashMap<Uuid, (Credits, Credits)> = HashMap::new();
        for row in StandingRow::find_by_statement(statement).all(self.read()).await? {
            let of_group = standing.entry(row.subject_id).or_default();
            let amount = credits(row.after_amount.unwrap_or(0));
            if row.what == "reserve" {
                of_group.1 = amount;
            } else {
                of_group.0 = amount;
            }
        }
        Ok(standing)
    }
}

/// The group's figures. What its account still holds is Available + uncovered + Monthly that no entry says yet.
fn figures_of(
    sums: Option<GroupSums>,
    people: Option<&PeopleRow>,
    standing: &GroupStanding,
) -> Option<GroupFigures> {
    let (unwritten, uncovered) = people.map_or((0, 0), |row| (row.unwritten, row.uncovered));
    let Some(sums) = sums else {
        return Some(GroupFigures {
            distributed: credits(unwritten),
            uncovered: credits(uncovered),
            ..GroupFigures::default()
        });
    };
    let given = sums.reserve_given.checked_neg()?;
    let by_standing = standing.reserve.micros().checked_sub(given)?.max(0);
    let reserve = if by_standing == sums.reserve_left {
        standing.reserve
    } else {
        credits(given.checked_add(sums.reserve_left)?)
    };
    let pool = sums.monthly.checked_add(sums.extra)?.checked_add(sums.carried)?;
    let distributed = pool
        .checked_sub(sums.reserve_left)?
        .checked_sub(sums.undistributed)?
        .checked_add(unwritten)?;
    Some(GroupFigures {
        monthly: credits(sums.monthly),
        extra: credits(sums.extra),
        carried: credits(sums.carried),
        members_carried: credits(sums.members_carried),
        distributed: credits(distributed),
        reserve,
        reserve_given: credits(given),
        used: credits(sums.used),
        held: credits(sums.held),
        uncovered: credits(uncovered),
    })
}
