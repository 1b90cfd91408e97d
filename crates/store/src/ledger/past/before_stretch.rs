//! People whom the stretch of an undone reset never touched. No entry says what they would have carried into it; so they
//! are put back to how they stood when the reset came, and settled into the stretch by the domain's own rule.
//!
//! How they stood is known: figures are sums of entries up to the reset; lots are those they have in the reopened cycle (or
//! had when they left it), without what was made and with what was ended since. Where one stretch lies within another the
//! outer one is not looked through.

use std::collections::{BTreeSet, HashMap};

use allowance_domain::ledger::{Book, ClosedCycle, Lot, MemberStanding, MemberState};
use allowance_values::{Credits, GroupId, PersonId};
use sea_orm::{ColumnTrait, EntityTrait, FromQueryResult, QueryFilter, Statement};
use uuid::Uuid;

use super::Moment;
use crate::clause::Clause;
use crate::connect::Store;
use crate::entities::{lot, reset_lot};
use crate::error::StoreError;
use crate::ledger::load::lot_of;
use crate::ledger::words;

/// What became of lots since a position.
#[derive(Default)]
struct Since {
    /// How much of each ended.
    ended: HashMap<Uuid, i64>,
    /// Those that were made.
    made: BTreeSet<Uuid>,
}

#[derive(FromQueryResult)]
struct SinceRow {
    subject_id: Uuid,
    made: i64,
    ended: i64,
}

impl Since {
    /// A lot as it was at the position; nothing for one that was not there.
    fn undo(&self, lot: Lot) -> Option<Lot> {
        let id = lot.id.uuid();
        if self.made.contains(&id) {
            return None;
        }
        let Some(ended) = self.ended.get(&id).copied().map(Credits::from_micros) else {
            return Some(lot);
        };
        Some(Lot {
            amount: lot.amount.checked_add(ended)?,
            ended: lot.ended.checked_sub(ended)?,
            is_open: lot.is_open || ended.is_positive(),
            ..lot
        })
    }
}

impl Store {
    /// Puts these people, as far as they stand in the cycle before the stretch of this moment or have left it, to how they
    /// stood when the stretch began. The book then leads from that cycle into the stretch.
    pub(super) async fn stand_before(
        &self,
        moment: &Moment,
        before: ClosedCycle,
        book: &mut Book,
        people: &[(PersonId, GroupId, MemberStanding)],
    ) -> Result<(), StoreError> {
        book.closed.retain(|closed| closed.number < before.number);
        book.closed.push(before);
        let credit_type = moment.credit_type.terms.id;
        let earlier = self
            .moment(moment.organisation, credit_type, before.ends_at.plus_micros(-1))
            .await?
            .ok_or(StoreError::Corrupt("cycle"))?;
        let ids: Vec<PersonId> = people.iter().map(|(person, ..)| *person).collect();
        let sums = self.member_sums_at(&earlier, &ids).await?;
        let since = self.lots_since(&earlier, before, &ids).await?;
        let mut left = self.lots_left_in(moment, before.number, &ids).await?;
        for (person, group, standing) in people {
            let Some(member) = book.members.get_mut(person) else {
                continue;
            };
            if member.stands_in < before.number {
                continue;
            }
            let lots = if member.stands_in == before.number {
                std::mem::take(&mut member.lots)
            } else {
                left.remove(person).unwrap_or_default()
            };
            let mut then = MemberState::untouched(*group, *standing, before.distribution, before.number);
            if let Some(sums) = sums.get(person) {
                then.is_touched = true;
                then.figures = sums.figures(*standing, before.distribution);
            }
            then.lots = lots.into_iter().filter_map(|lot| since.undo(lot)).collect();
            then.lots.sort_by_key(|lot| (lot.made_at, lot.id));
            *member = then;
            book.groups.entry(*group).or_default();
        }
        Ok(())
    }

    /// What became of these people's lots since the moment before a stretch. Lots whose time had come by then count as
    /// ended, whenever that was written.
    async fn lots_since(
        &self,
        earlier: &Moment,
        before: ClosedCycle,
        people: &[PersonId],
    ) -> Result<Since, StoreError> {
        let mut clause = Clause::new(
            "organisation_id = $1 AND credit_type_id = $2 AND seq > $3 AND subject_id IS NOT NULL
             AND kind IN ('grant', 'carry_in', 'grant_taken_back', 'lapse')
             AND NOT (kind = 'lapse' AND EXISTS (SELECT 1 FROM lot l WHERE l.organisation_id = ledger_entry.organisation_id
                AND l.id = ledger_entry.subject_id AND l.expires_at <= $4))",
            vec![
                earlier.organisation.uuid().into(),
                earlier.credit_type.terms.id.uuid().into(),
                earlier.position.into(),
                before.ends_at.micros().into(),
            ],
        );
        let ids = clause.bind_all(people.iter().map(|person| person.uuid()));
        clause.and(&format!("person_id IN ({ids})"));
        let Clause { text, values } = clause;
        let sql = format!(
            "SELECT subject_id,
                CAST(SUM(CASE WHEN kind IN ('grant', 'carry_in') THEN 1 ELSE 0 END) AS BIGINT) AS made,
                CAST(SUM(CASE WHEN kind IN ('grant', 'carry_in') THEN 0
                    WHEN from_kind = 'member' THEN amount ELSE -amount END) AS BIGINT) AS ended
             FROM ledger_entry WHERE {text} GROUP BY subject_id"
        );
        let statement = Statement::from_sql_and_values(self.backend(), sql, values);
        let mut since = Since::default();
        for row in SinceRow::find_by_statement(statement).all(self.read()).await? {
            if row.made > 0 {
                since.made.insert(row.subject_id);
            }
            since.ended.insert(row.subject_id, row.ended);
        }
        Ok(since)
    }

    /// Lots of those who left a cycle that is remembered, as they stood when they left it.
    async fn lots_left_in(
        &self,
        moment: &Moment,
        cycle: i64,
        people: &[PersonId],
    ) -> Result<HashMap<PersonId, Vec<Lot>>, StoreError> {
        let stood = reset_lot::Entity::find()
            .filter(reset_lot::Column::OrganisationId.eq(moment.organisation.uuid()))
            .filter(reset_lot::Column::CreditTypeId.eq(moment.credit_type.terms.id.uuid()))
            .filter(reset_lot::Column::CycleNumber.eq(cycle))
            .filter(reset_lot::Column::PersonId.is_in(people.iter().map(|person| person.uuid())))
            .all(self.read())
            .await?;
        let known = lot::Entity::find()
            .filter(lot::Column::OrganisationId.eq(moment.organisation.uuid()))
            .filter(lot::Column::Id.is_in(stood.iter().map(|row| row.lot_id)))
            .all(self.read())
            .await?;
        let known: HashMap<Uuid, lot::Model> = known.into_iter().map(|row| (row.id, row)).collect();
        let mut left: HashMap<PersonId, Vec<Lot>> = HashMap::new();
        for row in stood {
            let stored = known
                .get(&row.lot_id)
                .cloned()
                .ok_or(StoreError::Corrupt("reset_lot"))?;
            let (expiry, expires_at) = (stored.expiry.clone(), stored.expires_at);
            let (_, lot) = lot_of(stored)?;
            left.entry(PersonId::new(row.person_id)).or_default().push(Lot {
                amount: Credits::from_micros(row.amount),
                ended: Credits::from_micros(row.ended),
                expiry: words::expiry(&expiry, expires_at, row.expires_after_cycle)?,
                is_open: row.is_open,
                ..lot
            });
        }
        Ok(left)
    }
}
