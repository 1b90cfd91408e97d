//! Undoing a reset: the rows around what the domain joins. Costs by groups and by the people the reset's cycle touched.

use std::collections::{BTreeMap, BTreeSet};

use allowance_domain::allocations::{GroupFigures, MemberFigures};
use allowance_domain::credit_types::Distribution;
use allowance_domain::ledger::{
    Book, CycleState, Hold, LeftBehind, Lot, MemberState, OpenedGroup, Reopening, reopen_cycle,
};
use allowance_values::{CreditTypeId, Credits, GroupId, HoldId, PersonId, Timestamp};
use sea_orm::{ColumnTrait, EntityTrait, FromQueryResult, QueryFilter, QuerySelect, Statement};
use uuid::Uuid;

use super::load::{CHUNK, OpenBook, cycle_state, group_figures, lot_of, open_cycle_row};
use super::stretch::of_cycle;
use super::switch::{MemberOverage, changed_overages, overages_of};
use super::words;
use crate::credit_types::{cycle_before, undo_hours, undo_until};
use crate::entities::{
    allocation_group, cycle, group_cycle, lot, reset_group, reset_hold, reset_lot, reset_member,
};
use crate::error::StoreError;
use crate::tx::Tx;

#[derive(FromQueryResult)]
struct OverRow {
    person_id: Uuid,
    overage: i64,
}

const fn credits(micros: i64) -> Credits {
    Credits::from_micros(micros)
}

impl Tx {
    /// Undoes the reset that opened the open cycle: the cycle before reopens with its planned end, and the open one
    /// becomes a stretch of it. Answers whose overage is another; nothing when it can no longer be undone.
    ///
    /// # Errors
    /// The store's own error.
    pub async fn undo_reset(&mut self, id: CreditTypeId) -> Result<Option<Vec<MemberOverage>>, StoreError> {
        let undone = open_cycle_row(self.connection(), self.organisation(), id).await?;
        let hours = undo_hours(self.connection(), self.organisation(), &undone).await?;
        if undo_until(&undone, hours).is_none_or(|until| self.at() >= until) {
            return Ok(None);
        }
        let Some(earlier) = cycle_before(self.connection(), &undone).await? else {
            return Ok(None);
        };
        // The two cycles are joined as they were distributed when the reset came between them.
        let then = words::distribution::from_word(
            earlier
                .distribution
                .as_deref()
                .ok_or(StoreError::Corrupt("cycle"))?,
        )?;
        let now = self
            .find_credit_type(id)
            .await?
            .ok_or(StoreError::Corrupt("credit_type"))?
            .terms
            .distribution;
        if then != now {
            self.switch_distribution(id, then).await?;
        }
        let mut overages = self.join_cycles(id, &undone, &earlier, then).await?;
        if then != now {
            overages = self.switch_distribution(id, now).await?;
        }
        Ok(Some(overages))
    }

    async fn join_cycles(
        &mut self,
        id: CreditTypeId,
        undone: &cycle::Model,
        earlier: &cycle::Model,
        distribution: Distribution,
    ) -> Result<Vec<MemberOverage>, StoreError> {
        let mut people = self.touched_in(id, undone.number).await?;
        let left = of_cycle!(
            reset_member::Entity::find(),
            reset_member,
            self,
            id,
            earlier.number
        )
        .all(self.connection())
        .await?;
        people.extend(left.iter().map(|row| PersonId::new(row.person_id)));
        let mut open = self.open_whole_book(id, &people).await?;
        let mut before = overages_of(&open.book)?;
        let left = self.left_behind(id, earlier.number, left).await?;
        let reopening = self.reopening(id, undone, earlier, left, &open.book).await?;
        let groups = reopening.groups.clone();
        let movements = reopen_cycle(&mut open.book, reopening).map_err(|refusal| {
            tracing::error!(%refusal, "a cycle could not be reopened");
            StoreError::Corrupt("member_cycle")
        })?;
        let mut after = overages_of(&open.book)?;
        if distribution == Distribution::Individual {
            // Whoever was over when the reset came is over again.
            for (person, overage) in self.over_in(id, earlier.number, &groups).await? {
                after.entry(person).or_insert(overage);
                before.entry(person).or_default();
            }
        }
        self.turn_into_stretch(id, undone, earlier).await?;
        self.forget_stretch(id, undone.number, earlier.number, &people)
            .await?;
        as_if_stored(&mut open, &groups);
        self.write_back(&mut open, movements).await?;
        self.close_lots(id, undone.number, &people).await?;
        Ok(changed_overages(&before, &after))
    }

    async fn reopening(
        &self,
        id: CreditTypeId,
        undone: &cycle::Model,
        earlier: &cycle::Model,
        left: BTreeMap<PersonId, LeftBehind>,
        book: &Book,
    ) -> Result<Reopening, StoreError> {
        let planned = earlier.planned_end.ok_or(StoreError::Corrupt("cycle"))?;
        let groups = of_cycle!(group_cycle::Entity::find(), group_cycle, self, id, earlier.number)
            .all(self.connection())
            .await?;
        let opened = of_cycle!(reset_group::Entity::find(), reset_group, self, id, undone.number)
            .all(self.connection())
            .await?;
        let opened = opened.into_iter().map(|row| {
            let opened = OpenedGroup {
                monthly: credits(row.monthly),
                reserve: credits(row.reserve),
                distributed: credits(row.distributed),
                carried: credits(row.carried),
            };
            (GroupId::new(row.group_id), opened)
        });
        let deleted: Vec<Uuid> = allocation_group::Entity::find()
            .select_only()
            .column(allocation_group::Column::Id)
            .filter(allocation_group::Column::OrganisationId.eq(self.organisation().uuid()))
            .filter(allocation_group::Column::IsDeleted.eq(true))
            .into_tuple()
            .all(self.connection())
            .await?;
        let groups: BTreeMap<GroupId, GroupFigures> = groups
            .iter()
            .map(|row| (GroupId::new(row.group_id), group_figures(row)))
            .collect();
        let known = |group: &GroupId| groups.contains_key(group) || book.groups.contains_key(group);
        Ok(Reopening {
            cycle: CycleState {
                ends_at: Timestamp::from_micros(planned),
                ..cycle_state(earlier)
            },
            opened_limit: credits(undone.opened_limit.ok_or(StoreError::Corrupt("cycle"))?),
            opened: opened.collect(),
            left,
            deleted: deleted.into_iter().map(GroupId::new).filter(known).collect(),
            groups,
        })
    }

    /// Those who have left the earlier cycle, with their lots and holds as they stood.
    async fn left_behind(
        &self,
        id: CreditTypeId,
        cycle: i64,
        rows: Vec<reset_member::Model>,
    ) -> Result<BTreeMap<PersonId, LeftBehind>, StoreError> {
        let stood = of_cycle!(reset_lot::Entity::find(), reset_lot, self, id, cycle)
            .all(self.connection())
            .await?;
        let ids: Vec<Uuid> = stood.iter().map(|row| row.lot_id).collect();
        let mut known: BTreeMap<Uuid, Lot> = BTreeMap::new();
        for ids in ids.chunks(CHUNK) {
            let rows = lot::Entity::find()
                .filter(lot::Column::OrganisationId.eq(self.organisation().uuid()))
                .filter(lot::Column::Id.is_in(ids.iter().copied()))
                .all(self.connection())
                .await?;
            for row in rows {
                let (_, lot) = lot_of(row)?;
                known.insert(lot.id.uuid(), lot);
            }
        }
        let mut lots: BTreeMap<Uuid, Vec<Lot>> = BTreeMap::new();
        for row in stood {
            let lot = known.get(&row.lot_id).ok_or(StoreError::Corrupt("reset_lot"))?;
            let word = words::expiry_parts(lot.expiry).0;
            lots.entry(row.person_id).or_default().push(Lot {
                amount: credits(row.amount),
                ended: credits(row.ended),
                expiry: words::expiry(word, words::expiry_parts(lot.expiry).1, row.expires_after_cycle)?,
                is_open: row.is_open,
                ..lot.clone()
            });
        }
        let mut holds = self.holds_left_in(id, cycle).await?;
        let behind = rows.into_iter().map(|row| {
            let behind = LeftBehind {
                cycle,
                group: GroupId::new(row.group_id),
                is_touched: row.is_touched,
                is_counted: row.is_counted,
                figures: MemberFigures {
                    monthly: credits(row.monthly),
                    extra: credits(row.extra),
                    carried: credits(row.carried),
                    used: credits(row.used),
                    held: credits(row.held),
                },
                lots: lots.remove(&row.person_id).unwrap_or_default(),
                holds: holds.remove(&row.person_id).unwrap_or_default(),
                given: credits(row.given),
                crossed: credits(row.crossed),
                lapsed: credits(row.lapsed),
            };
            (PersonId::new(row.person_id), behind)
        });
        Ok(behind.collect())
    }

    /// Holds that were open when their owners left a cycle, as they stood then.
    async fn holds_left_in(
        &self,
        id: CreditTypeId,
        cycle: i64,
    ) -> Result<BTreeMap<Uuid, Vec<Hold>>, StoreError> {
        let mut holds: BTreeMap<Uuid, Vec<Hold>> = BTreeMap::new();
        let stood = of_cycle!(reset_hold::Entity::find(), reset_hold, self, id, cycle)
            .all(self.connection())
            .await?;
        let ids: BTreeSet<HoldId> = stood.iter().map(|row| HoldId::new(row.hold_id)).collect();
        let known: BTreeMap<HoldId, _> = self
            .find_holds(&ids)
            .await?
            .into_iter()
            .map(|row| (row.id, row))
            .collect();
        for row in stood {
            let hold = known
                .get(&HoldId::new(row.hold_id))
                .ok_or(StoreError::Corrupt("reset_hold"))?;
            holds.entry(row.person_id).or_default().push(Hold {
                id: hold.id,
                amount: hold.amount,
                held: credits(row.held),
                group: GroupId::new(row.group_id),
            });
        }
        Ok(holds)
    }

    /// Members of a cycle who used more than they had. Only groups that count an overage are looked into.
    async fn over_in(
        &self,
        id: CreditTypeId,
        cycle: i64,
        groups: &BTreeMap<GroupId, GroupFigures>,
    ) -> Result<Vec<(PersonId, Credits)>, StoreError> {
        let mut over = Vec::new();
        for (group, _) in groups
            .iter()
            .filter(|(_, figures)| figures.uncovered.is_positive())
        {
            let sql = "SELECT person_id, used + held - monthly - extra - carried AS overage FROM member_cycle
                WHERE organisation_id = $1 AND credit_type_id = $2 AND cycle_number = $3 AND group_id = $4
                AND used + held > monthly + extra + carried";
            let values = [
                self.organisation().uuid().into(),
                id.uuid().into(),
                cycle.into(),
                group.uuid().into(),
            ];
            let statement = Statement::from_sql_and_values(self.backend(), sql, values);
            let rows = OverRow::find_by_statement(statement)
                .all(self.connection())
                .await?;
            over.extend(
                rows.iter()
                    .map(|row| (PersonId::new(row.person_id), credits(row.overage))),
            );
        }
        Ok(over)
    }
}

/// What the database has of the reopened cycle: its groups as they stood, and of each member nothing that could pass for
/// unchanged, so that every joined row is written.
fn as_if_stored(open: &mut OpenBook, groups: &BTreeMap<GroupId, GroupFigures>) {
    let mut stored = open.book.clone();
    stored.cycle.figures = Default::default();
    for (id, group) in &mut stored.groups {
        group.figures = groups.get(id).copied().unwrap_or_default();
    }
    for member in stored.members.values_mut() {
        *member = MemberState {
            is_touched: false,
            lots: Vec::new(),
            // No hold stands on less than nothing.
            holds: member
                .holds
                .iter()
                .map(|hold| Hold {
                    held: credits(-1),
                    ..*hold
                })
                .collect(),
            ..member.clone()
        };
    }
    open.stored = stored;
}
