//! Reading the ledger: rows of the grid as they stand now, entries, days of use.

use allowance_domain::allocations::{CycleFigures, GroupFigures, MemberFigures};
use allowance_domain::ledger::{Account, Book, EntryKind, GroupStanding, Lot, MemberStanding, settle_member};
use allowance_values::{CreditTypeId, Credits, GroupId, OrganisationId, PersonId, Timestamp};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, FromQueryResult, QueryFilter, QueryOrder,
    QuerySelect, QueryTrait, Statement,
};
use std::collections::{BTreeSet, HashMap};
use uuid::Uuid;

use super::load::{Groups, group_figures, group_standing_of, load};
use super::words;
use crate::connect::Store;
use crate::credit_types::CreditTypeRow;
use crate::entities::{allocation_group, cycle, group_cycle, group_standing, ledger_entry};
use crate::error::StoreError;
use crate::tx::Tx;

/// A group's row of the grid.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupRow {
    /// The group.
    pub id: GroupId,
    /// Its name.
    pub name: String,
    /// Whether it is the system-made one.
    pub is_default: bool,
    /// Whether it was deleted in this cycle and only shows what it used.
    pub is_deleted: bool,
    /// Who distributes within it.
    pub owner: Option<PersonId>,
    /// How many people are in it.
    pub member_count: u64,
    /// Standing orders.
    pub standing: GroupStanding,
    /// Figures of the open cycle.
    pub figures: GroupFigures,
}

/// A member's row of the grid, settled as of now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MemberRow {
    /// The person.
    pub person: PersonId,
    /// The group they are in.
    pub group: GroupId,
    /// Standing orders.
    pub standing: MemberStanding,
    /// Figures of the open cycle.
    pub figures: MemberFigures,
    /// What is left, also of a shared pool.
    pub remaining: Credits,
    /// What Extra and Carried consist of.
    pub lots: Vec<Lot>,
    /// Whether entries of the open cycle mention the person.
    pub is_touched: bool,
}

impl MemberRow {
    /// The row of a loaded member.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] when the figures do not fit or the member is not loaded.
    pub fn of(book: &Book, person: PersonId) -> Result<Self, StoreError> {
        let broken = |_| StoreError::Corrupt("member_cycle");
        let member = book.member(person).map_err(broken)?;
        Ok(Self {
            person,
            group: member.group,
            standing: member.standing,
            figures: member.figures,
            remaining: book.remaining(person).map_err(broken)?,
            lots: member.lots.clone(),
            is_touched: member.is_touched,
        })
    }
}

/// What was used on one local day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DayUse {
    /// The beginning of the interval.
    pub from: Timestamp,
    /// Used less reversed in it.
    pub used: Credits,
}

/// Which entries are asked for.
#[derive(Debug, Clone, Copy, Default)]
pub struct EntryFilter {
    /// Only of this credit type.
    pub credit_type: Option<CreditTypeId>,
    /// Only of this person.
    pub person: Option<PersonId>,
    /// Only of this group.
    pub group: Option<GroupId>,
    /// Only of this cycle.
    pub cycle: Option<i64>,
    /// Only older than this position.
    pub before: Option<i64>,
    /// Only at most this position.
    pub up_to: Option<i64>,
}

/// An entry as it is read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EntryRow {
    /// Position.
    pub seq: i64,
    /// When it was recorded.
    pub at: Timestamp,
    /// What it is about.
    pub kind: EntryKind,
    /// Of which credits.
    pub credit_type: CreditTypeId,
    /// In which cycle.
    pub cycle: i64,
    /// The account debited.
    pub from: Account,
    /// The account credited.
    pub to: Account,
    /// How much.
    pub amount: Credits,
    /// The grant, charge or hold behind it.
    pub subject: Option<Uuid>,
    /// Who caused it.
    pub actor: Option<PersonId>,
    /// The request.
    pub request_id: Option<String>,
}

pub(super) fn entry_of(row: ledger_entry::Model) -> Result<EntryRow, StoreError> {
    Ok(EntryRow {
        seq: row.seq,
        at: Timestamp::from_micros(row.at),
        kind: words::entry_kind::from_word(&row.kind)?,
        credit_type: CreditTypeId::new(row.credit_type_id),
        cycle: row.cycle_number,
        from: words::account(&row.from_kind, row.from_group, row.person_id)?,
        to: words::account(&row.to_kind, row.to_group, row.person_id)?,
        amount: Credits::from_micros(row.amount),
        subject: row.subject_id,
        actor: row.actor_id.map(PersonId::new),
        request_id: row.request_id,
    })
}

#[derive(FromQueryResult)]
struct DayRow {
    day: i64,
    used: i64,
}

impl Store {
    /// The credit type, the open cycle's figures and these people's rows, settled as of now. People who do not exist here
    /// are left out. Nothing when there is no such credit type.
    ///
    /// # Errors
    /// The store's own error.
    pub async fn member_rows(
        &self,
        organisation: OrganisationId,
        credit_type: CreditTypeId,
        people: &[PersonId],
    ) -> Result<Option<(CreditTypeRow, CycleFigures, Vec<MemberRow>)>, StoreError> {
        let loaded = load(self.read(), organisation, credit_type, people, Groups::Named(&[])).await?;
        let Some(mut open) = loaded else { return Ok(None) };
        let now = self.now();
        let mut rows = Vec::with_capacity(people.len());
        for person in people {
            if !open.book.members.contains_key(person) {
                continue;
            }
            settle_member(&mut open.book, *person, now).map_err(|_| StoreError::Corrupt("member_cycle"))?;
            rows.push(MemberRow::of(&open.book, *person)?);
        }
        Ok(Some((open.credit_type, open.book.cycle.figures, rows)))
    }

    /// Rows of all groups in the open cycle, Default first, then by name; deleted ones while the cycle mentions them.
    ///
    /// # Errors
    /// The store's own error.
    pub async fn group_rows(
        &self,
        organisation: OrganisationId,
        credit_type: CreditTypeId,
        cycle_number: i64,
    ) -> Result<Vec<GroupRow>, StoreError> {
        group_rows(self.read(), organisation, credit_type, cycle_number, None).await
    }

    /// Entries, newest first.
    ///
    /// # Errors
    /// The store's own error.
    pub async fn list_entries(
        &self,
        organisation: OrganisationId,
        filter: EntryFilter,
        limit: u64,
    ) -> Result<Vec<EntryRow>, StoreError> {
        let rows = entries(organisation, filter)
            .order_by_desc(ledger_entry::Column::Seq)
            .limit(limit)
            .all(self.read())
            .await?;
        rows.into_iter().map(entry_of).collect()
    }

    /// Entries after a position, oldest first: exports and proofs page through the ledger with this.
    ///
    /// # Errors
    /// The store's own error.
    pub async fn entries_after(
        &self,
        organisation: OrganisationId,
        filter: EntryFilter,
        after: i64,
        limit: u64,
    ) -> Result<Vec<EntryRow>, StoreError> {
        let rows = entries(organisation, filter)
            .filter(ledger_entry::Column::Seq.gt(after))
            .order_by_asc(ledger_entry::Column::Seq)
            .limit(limit)
            .all(self.read())
            .await?;
        rows.into_iter().map(entry_of).collect()
    }

    /// What was used between each pair of neighbouring instants, in a cycle with its stretches, up to an instant: the burn
    /// line, by local days that the caller computes.
    ///
    /// # Errors
    /// The store's own error.
    pub async fn use_by_interval(
        &self,
        organisation: OrganisationId,
        credit_type: CreditTypeId,
        cycle: i64,
        bounds: &[Timestamp],
        until: Timestamp,
    ) -> Result<Vec<DayUse>, StoreError> {
        // Only numbers of ours go into the text; the first arm is for a cycle in its first day.
        let arms: String = (bounds.iter().enumerate().skip(1))
            .map(|(index, bound)| format!(" WHEN at < {} THEN {}", bound.micros(), index.saturating_sub(1)))
            .collect();
        let arms = format!(
            "CASE WHEN 1 = 0 THEN 0{arms} ELSE {} END",
            bounds.len().saturating_sub(1)
        );
        let sql = format!(
            "SELECT CAST({arms} AS BIGINT) AS day, CAST(SUM(CASE WHEN to_kind = 'spent' THEN amount ELSE -amount END) AS BIGINT) AS used
             FROM ledger_entry
             WHERE organisation_id = $1 AND credit_type_id = $2 AND at <= $4
               AND seq >= COALESCE((SELECT opened_seq FROM cycle WHERE organisation_id = $1
                   AND credit_type_id = $2 AND number = $3), 0)
               AND cycle_number IN (SELECT number FROM cycle WHERE organisation_id = $1 AND credit_type_id = $2
                   AND (number = $3 OR stretch_of = $3))
               AND (to_kind = 'spent' OR from_kind = 'spent')
             GROUP BY 1 ORDER BY 1"
        );
        let values = [
            organisation.uuid().into(),
            credit_type.uuid().into(),
            cycle.into(),
            until.micros().into(),
        ];
        let statement = Statement::from_sql_and_values(self.backend(), sql, values);
        let rows = DayRow::find_by_statement(statement).all(self.read()).await?;
        let day = |DayRow { day, used }: DayRow| {
            let from = usize::try_from(day)
                .ok()
                .and_then(|index| bounds.get(index))
                .copied()?;
            Some(DayUse {
                from,
                used: Credits::from_micros(used),
            })
        };
        Ok(rows.into_iter().filter_map(day).collect())
    }
}

impl Tx {
    /// Rows of these groups in the open cycle, under the head.
    ///
    /// # Errors
    /// The store's own error.
    pub async fn group_rows(
        &self,
        credit_type: CreditTypeId,
        cycle_number: i64,
        groups: &BTreeSet<GroupId>,
    ) -> Result<Vec<GroupRow>, StoreError> {
        group_rows(
            self.connection(),
            self.organisation(),
            credit_type,
            cycle_number,
            Some(groups),
        )
        .await
    }

    /// Rows of all groups in a cycle, under the head.
    ///
    /// # Errors
    /// The store's own error.
    pub async fn all_group_rows(
        &self,
        credit_type: CreditTypeId,
        cycle_number: i64,
    ) -> Result<Vec<GroupRow>, StoreError> {
        group_rows(
            self.connection(),
            self.organisation(),
            credit_type,
            cycle_number,
            None,
        )
        .await
    }
}

async fn group_rows<C: ConnectionTrait>(
    connection: &C,
    organisation: OrganisationId,
    credit_type: CreditTypeId,
    cycle_number: i64,
    only: Option<&BTreeSet<GroupId>>,
) -> Result<Vec<GroupRow>, StoreError> {
    let mut groups = allocation_group::Entity::find()
        .filter(allocation_group::Column::OrganisationId.eq(organisation.uuid()));
    let mut standing = group_standing::Entity::find()
        .filter(group_standing::Column::OrganisationId.eq(organisation.uuid()))
        .filter(group_standing::Column::CreditTypeId.eq(credit_type.uuid()));
    let mut figures = group_cycle::Entity::find()
        .filter(group_cycle::Column::OrganisationId.eq(organisation.uuid()))
        .filter(group_cycle::Column::CreditTypeId.eq(credit_type.uuid()))
        .filter(group_cycle::Column::CycleNumber.eq(cycle_number));
    if let Some(only) = only {
        let ids = || only.iter().map(|group| group.uuid());
        groups = groups.filter(allocation_group::Column::Id.is_in(ids()));
        standing = standing.filter(group_standing::Column::GroupId.is_in(ids()));
        figures = figures.filter(group_cycle::Column::GroupId.is_in(ids()));
    }
    let groups = groups
        .order_by_desc(allocation_group::Column::IsDefault)
        .order_by_asc(allocation_group::Column::NameKey)
        .order_by_asc(allocation_group::Column::Id)
        .all(connection)
        .await?;
    let standing: HashMap<Uuid, GroupStanding> = standing
        .all(connection)
        .await?
        .iter()
        .map(|row| (row.group_id, group_standing_of(row)))
        .collect();
    let figures: HashMap<Uuid, GroupFigures> = figures
        .all(connection)
        .await?
        .iter()
        .map(|row| (row.group_id, group_figures(row)))
        .collect();
    let rows = groups.into_iter().map(|row| GroupRow {
        id: GroupId::new(row.id),
        name: row.name,
        is_default: row.is_default,
        is_deleted: row.is_deleted,
        owner: row.owner_id.map(PersonId::new),
        member_count: u64::try_from(row.member_count).unwrap_or(0),
        standing: standing.get(&row.id).copied().unwrap_or_default(),
        figures: figures.get(&row.id).copied().unwrap_or_default(),
    });
    Ok(rows
        .filter(|row| !row.is_deleted || row.figures != GroupFigures::default())
        .collect())
}

fn entries(organisation: OrganisationId, filter: EntryFilter) -> sea_orm::Select<ledger_entry::Entity> {
    let EntryFilter {
        credit_type,
        person,
        group,
        cycle,
        before,
        up_to,
    } = filter;
    let mut condition = Condition::all().add(ledger_entry::Column::OrganisationId.eq(organisation.uuid()));
    if let Some(credit_type) = credit_type {
        condition = condition.add(ledger_entry::Column::CreditTypeId.eq(credit_type.uuid()));
    }
    if let Some(person) = person {
        condition = condition.add(ledger_entry::Column::PersonId.eq(person.uuid()));
    }
    if let Some(group) = group {
        let either = Condition::any()
            .add(ledger_entry::Column::FromGroup.eq(group.uuid()))
            .add(ledger_entry::Column::ToGroup.eq(group.uuid()));
        condition = condition.add(either);
    }
    if let Some(number) = cycle {
        // A cycle is the sum of its stretches.
        let mut numbers = cycle::Entity::find()
            .select_only()
            .column(cycle::Column::Number)
            .filter(cycle::Column::OrganisationId.eq(organisation.uuid()))
            .filter(
                Condition::any()
                    .add(cycle::Column::Number.eq(number))
                    .add(cycle::Column::StretchOf.eq(number)),
            );
        if let Some(credit_type) = credit_type {
            numbers = numbers.filter(cycle::Column::CreditTypeId.eq(credit_type.uuid()));
        }
        condition = condition.add(ledger_entry::Column::CycleNumber.in_subquery(numbers.into_query()));
    }
    if let Some(before) = before {
        condition = condition.add(ledger_entry::Column::Seq.lt(before));
    }
    if let Some(up_to) = up_to {
        condition = condition.add(ledger_entry::Column::Seq.lte(up_to));
    }
    ledger_entry::Entity::find().filter(condition)
}
