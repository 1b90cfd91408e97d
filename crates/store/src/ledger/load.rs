//! Loading a book: the terms, the open cycle, and of groups and members what is asked for.

use std::collections::{BTreeMap, BTreeSet};

use allowance_domain::allocations::{CycleFigures, GroupFigures, MemberFigures};
use allowance_domain::credit_types::Distribution;
use allowance_domain::ledger::{
    Book, CycleState, GroupStanding, GroupState, Lot, MemberStanding, MemberState,
};
use allowance_values::{
    CreditTypeId, Credits, CycleId, GrantId, GroupId, OrganisationId, PersonId, Timestamp,
};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, FromQueryResult, QueryFilter, Statement};
use uuid::Uuid;

use super::ended::Ended;
use super::post::Caused;
use super::shelf::groups_of;
use super::words;
use crate::credit_types::{CreditTypeRow, find_credit_type};
use crate::entities::{cycle, group_cycle, group_standing, lot, member_standing};
use crate::error::StoreError;
use crate::metering::open_holds;
use crate::tx::Tx;

/// How many ids one statement may name.
pub(crate) const CHUNK: usize = 5_000;

/// A book as it was loaded, and as the commands have left it since.
#[derive(Debug, Clone)]
pub struct OpenBook {
    /// The credit type's row.
    pub credit_type: CreditTypeRow,
    /// The open cycle's id.
    pub cycle_id: CycleId,
    /// As it stands.
    pub book: Book,
    /// As the database has it.
    pub(super) stored: Book,
    /// What was decided since and is not written yet.
    pub(super) pending: Vec<Caused>,
}

fn credits(micros: i64) -> Credits {
    Credits::from_micros(micros)
}

pub(super) fn cycle_state(row: &cycle::Model) -> CycleState {
    CycleState {
        number: row.number,
        starts_at: Timestamp::from_micros(row.starts_at),
        ends_at: Timestamp::from_micros(row.ends_at),
        figures: CycleFigures {
            limit: credits(row.limit_micros),
            carried: credits(row.carried),
            used: credits(row.used),
            held: credits(row.held),
            allocated: credits(row.allocated),
        },
    }
}

pub(crate) fn group_figures(row: &group_cycle::Model) -> GroupFigures {
    GroupFigures {
        monthly: credits(row.monthly),
        extra: credits(row.extra),
        carried: credits(row.carried),
        members_carried: credits(row.members_carried),
        distributed: credits(row.distributed),
        reserve: credits(row.reserve),
        reserve_given: credits(row.reserve_given),
        used: credits(row.used),
        held: credits(row.held),
        uncovered: credits(row.uncovered),
    }
}

pub(super) fn group_standing_of(row: &group_standing::Model) -> GroupStanding {
    GroupStanding {
        monthly: credits(row.monthly),
        reserve: credits(row.reserve),
        members_monthly: credits(row.members_monthly),
    }
}

pub(super) fn lot_of(row: lot::Model) -> Result<(Uuid, Lot), StoreError> {
    let priority = u16::try_from(row.priority).map_err(|_| StoreError::Corrupt("lot"))?;
    let lot = Lot {
        id: GrantId::new(row.id),
        origin: words::lot_origin::from_word(&row.origin)?,
        source: words::lot_source::from_word(&row.source)?,
        granted: credits(row.granted),
        amount: credits(row.amount),
        ended: credits(row.ended),
        priority,
        expiry: words::expiry(&row.expiry, row.expires_at, row.expires_after_cycle)?,
        made_at: Timestamp::from_micros(row.made_at),
        made_in_cycle: row.made_in_cycle,
        made_by: row.made_by.map(PersonId::new),
        reason: row.reason,
        is_open: row.is_open,
    };
    Ok((row.person_id, lot))
}

pub(crate) async fn open_cycle_row<C: ConnectionTrait>(
    connection: &C,
    organisation: OrganisationId,
    credit_type: CreditTypeId,
) -> Result<cycle::Model, StoreError> {
    cycle::Entity::find()
        .filter(cycle::Column::OrganisationId.eq(organisation.uuid()))
        .filter(cycle::Column::CreditTypeId.eq(credit_type.uuid()))
        .filter(cycle::Column::IsOpen.eq(true))
        .one(connection)
        .await?
        .ok_or(StoreError::Corrupt("cycle"))
}

#[derive(FromQueryResult)]
struct PersonRow {
    id: Uuid,
    group_id: Uuid,
    status: String,
}

#[derive(FromQueryResult)]
struct LatestRow {
    person_id: Uuid,
    cycle_number: i64,
    is_settled: bool,
    monthly: i64,
    extra: i64,
    carried: i64,
    used: i64,
    held: i64,
}

/// The earliest cycle that any of these rows stands in.
fn first_of(latest: &BTreeMap<Uuid, LatestRow>, open: i64) -> i64 {
    latest.values().map(|row| row.cycle_number).min().unwrap_or(open)
}

/// `$3, $4, …` for so many values.
fn places(first: usize, count: usize) -> String {
    (0..count)
        .map(|n| format!("${}", first.saturating_add(n)))
        .collect::<Vec<_>>()
        .join(", ")
}

/// What the loader reads with, and of whom.
struct Loader<'c, C> {
    connection: &'c C,
    organisation: OrganisationId,
    credit_type: CreditTypeId,
    distribution: Distribution,
}

impl<C: ConnectionTrait> Loader<'_, C> {
    fn statement(&self, sql: &str, ids: &[Uuid]) -> Statement {
        let mut values: Vec<sea_orm::Value> =
            vec![self.organisation.uuid().into(), self.credit_type.uuid().into()];
        values.extend(ids.iter().map(|id| (*id).into()));
        let sql = sql.replace("{ids}", &places(3, ids.len()));
        Statement::from_sql_and_values(self.connection.get_database_backend(), sql, values)
    }

    /// Each person's latest row.
    async fn latest(&self, ids: &[Uuid], into: &mut BTreeMap<Uuid, LatestRow>) -> Result<(), StoreError> {
        let latest = "SELECT person_id, cycle_number, is_settled, monthly, extra, carried, used, held FROM member_cycle mc
            WHERE organisation_id = $1 AND credit_type_id = $2 AND person_id IN ({ids})
            AND cycle_number = (SELECT MAX(cycle_number) FROM member_cycle newest
                WHERE newest.organisation_id = mc.organisation_id AND newest.credit_type_id = mc.credit_type_id
                AND newest.person_id = mc.person_id)";
        let latest = LatestRow::find_by_statement(self.statement(latest, ids))
            .all(self.connection)
            .await?;
        into.extend(latest.into_iter().map(|row| (row.person_id, row)));
        Ok(())
    }

    async fn members(
        &self,
        ids: &[Uuid],
        latest: &BTreeMap<Uuid, LatestRow>,
        ended: &Ended,
        into: &mut BTreeMap<PersonId, MemberState>,
    ) -> Result<(), StoreError> {
        let people = "SELECT id, group_id, status FROM person WHERE organisation_id = $1 AND $2 = $2 AND id IN ({ids})";
        let people = PersonRow::find_by_statement(self.statement(people, ids))
            .all(self.connection)
            .await?;
        let standing = member_standing::Entity::find()
            .filter(member_standing::Column::OrganisationId.eq(self.organisation.uuid()))
            .filter(member_standing::Column::CreditTypeId.eq(self.credit_type.uuid()))
            .filter(member_standing::Column::PersonId.is_in(ids.iter().copied()))
            .all(self.connection)
            .await?;
        let lots = lot::Entity::find()
            .filter(lot::Column::OrganisationId.eq(self.organisation.uuid()))
            .filter(lot::Column::CreditTypeId.eq(self.credit_type.uuid()))
            .filter(lot::Column::PersonId.is_in(ids.iter().copied()))
            .filter(lot::Column::CycleNumber.gte(first_of(latest, ended.open)))
            .all(self.connection)
            .await?;

        let standing: BTreeMap<Uuid, MemberStanding> = standing
            .into_iter()
            .map(|row| {
                (
                    row.person_id,
                    MemberStanding {
                        monthly: credits(row.monthly),
                        cap: row.cap.map(credits),
                    },
                )
            })
            .collect();
        for PersonRow { id, group_id, status } in people {
            let standing = standing.get(&id).copied().unwrap_or_default();
            let group = GroupId::new(group_id);
            let mut member = MemberState::untouched(group, standing, self.distribution, ended.open);
            member.is_active = status == "active";
            if let Some(row) = latest.get(&id).filter(|row| row.is_settled) {
                // They left that cycle with nothing to carry, and no later one has touched them.
                let next = ended.after(row.cycle_number);
                member = MemberState::untouched(
                    group,
                    standing,
                    ended.distribution(next, self.distribution),
                    next,
                );
                member.is_active = status == "active";
            } else if let Some(row) = latest.get(&id) {
                member.stands_in = row.cycle_number;
                member.is_touched = true;
                member.figures = MemberFigures {
                    monthly: credits(row.monthly),
                    extra: credits(row.extra),
                    carried: credits(row.carried),
                    used: credits(row.used),
                    held: credits(row.held),
                };
            }
            into.insert(PersonId::new(id), member);
        }
        for row in lots {
            let cycle = row.cycle_number;
            let (person, lot) = lot_of(row)?;
            if let Some(member) = into.get_mut(&PersonId::new(person))
                && member.stands_in == cycle
            {
                member.lots.push(lot);
            }
        }
        for (person, hold) in open_holds(self.connection, self.organisation, self.credit_type, ids).await? {
            if let Some(member) = into.get_mut(&person) {
                member.holds.push(hold);
            }
        }
        for member in into.values_mut() {
            member.lots.sort_by_key(|lot| (lot.made_at, lot.id));
        }
        Ok(())
    }

    async fn groups(
        &self,
        ids: Option<Vec<Uuid>>,
        open: i64,
    ) -> Result<BTreeMap<GroupId, GroupState>, StoreError> {
        let mut standing = group_standing::Entity::find()
            .filter(group_standing::Column::OrganisationId.eq(self.organisation.uuid()))
            .filter(group_standing::Column::CreditTypeId.eq(self.credit_type.uuid()));
        let mut figures = group_cycle::Entity::find()
            .filter(group_cycle::Column::OrganisationId.eq(self.organisation.uuid()))
            .filter(group_cycle::Column::CreditTypeId.eq(self.credit_type.uuid()))
            .filter(group_cycle::Column::CycleNumber.eq(open));
        let mut groups = BTreeMap::new();
        if let Some(ids) = ids {
            standing = standing.filter(group_standing::Column::GroupId.is_in(ids.iter().copied()));
            figures = figures.filter(group_cycle::Column::GroupId.is_in(ids.iter().copied()));
            groups.extend(
                ids.into_iter()
                    .map(|id| (GroupId::new(id), GroupState::default())),
            );
        }
        for row in standing.all(self.connection).await? {
            groups.entry(GroupId::new(row.group_id)).or_default().standing = group_standing_of(&row);
        }
        for row in figures.all(self.connection).await? {
            groups.entry(GroupId::new(row.group_id)).or_default().figures = group_figures(&row);
        }
        Ok(groups)
    }
}

/// Which groups a book holds besides those its people are in.
pub(crate) enum Groups<'a> {
    Named(&'a [GroupId]),
    All,
}

/// Loads a book to read from it.
pub(crate) async fn load<C: ConnectionTrait>(
    connection: &C,
    organisation: OrganisationId,
    credit_type: CreditTypeId,
    people: &[PersonId],
    groups: Groups<'_>,
) -> Result<Option<OpenBook>, StoreError> {
    load_to_post(connection, organisation, credit_type, people, groups, None).await
}

/// Loads a book to post to it at an instant: who leaves a cycle that may still reopen then will be remembered.
pub(crate) async fn load_to_post<C: ConnectionTrait>(
    connection: &C,
    organisation: OrganisationId,
    credit_type: CreditTypeId,
    people: &[PersonId],
    groups: Groups<'_>,
    at: Option<Timestamp>,
) -> Result<Option<OpenBook>, StoreError> {
    let Some(row) = find_credit_type(connection, organisation, credit_type).await? else {
        return Ok(None);
    };
    let cycle = open_cycle_row(connection, organisation, credit_type).await?;
    let loader = Loader {
        connection,
        organisation,
        credit_type,
        distribution: row.terms.distribution,
    };
    let distinct: BTreeSet<Uuid> = people.iter().map(|person| person.uuid()).collect();
    let distinct: Vec<Uuid> = distinct.into_iter().collect();
    let mut latest = BTreeMap::new();
    for ids in distinct.chunks(CHUNK) {
        loader.latest(ids, &mut latest).await?;
    }
    let first = first_of(&latest, cycle.number);
    let ended = Ended::load(connection, organisation, credit_type, &cycle, first, at).await?;
    let mut members = BTreeMap::new();
    for ids in distinct.chunks(CHUNK) {
        loader.members(ids, &latest, &ended, &mut members).await?;
    }
    let named = match groups {
        Groups::All => None,
        Groups::Named(named) => {
            let mut ids: BTreeSet<Uuid> = named.iter().map(|group| group.uuid()).collect();
            ids.extend(members.values().flat_map(groups_of).map(GroupId::uuid));
            Some(ids.into_iter().collect())
        }
    };
    let groups = loader.groups(named, cycle.number).await?;
    let book = Book {
        terms: row.terms.clone(),
        cycle: cycle_state(&cycle),
        closed: ended.cycles,
        groups,
        members,
    };
    let cycle_id = CycleId::new(cycle.id);
    Ok(Some(OpenBook {
        pending: Vec::new(),
        credit_type: row,
        cycle_id,
        stored: book.clone(),
        book,
    }))
}

impl Tx {
    /// Loads the book of a credit type with these people, the groups they are in and the groups named. People who do not
    /// exist here are absent from it. Nothing when there is no such credit type.
    ///
    /// # Errors
    /// The store's own error.
    pub async fn open_book(
        &self,
        credit_type: CreditTypeId,
        people: &[PersonId],
        groups: &[GroupId],
    ) -> Result<Option<OpenBook>, StoreError> {
        load_to_post(
            self.connection(),
            self.organisation(),
            credit_type,
            people,
            Groups::Named(groups),
            Some(self.at()),
        )
        .await
    }
}
