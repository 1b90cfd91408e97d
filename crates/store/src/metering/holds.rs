//! Holds: rows with an owner, a state and an expiry. A hold is unique by source and reference, for good, and ends once.

use std::collections::{BTreeSet, HashMap};

use allowance_domain::ledger::{Account, Hold, MemberState};
use allowance_values::{
    ApiKeyId, CreditTypeId, Credits, GroupId, HoldId, OrganisationId, PersonId, Timestamp,
};
use sea_orm::sea_query::Expr;
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, FromQueryResult, QueryFilter, QuerySelect, Set, Statement,
};
use uuid::Uuid;

use super::usage::CostAtRate;
use crate::clause::Clause;
use crate::connect::Store;
use crate::entities::credit_hold;
use crate::error::StoreError;
use crate::ledger::{CHUNK, Caused, word_enum};
use crate::tx::Tx;

/// Rows per statement.
const ROWS: usize = 1_000;

/// Where a hold stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum HoldState {
    /// It reserves.
    Open,
    /// It was consumed, whole or in part.
    Captured,
    /// It was given back.
    Released,
    /// Its time ran out and it was given back.
    Expired,
}

word_enum!(hold_state, HoldState, "credit_hold", {
    Open = "open", Captured = "captured", Released = "released", Expired = "expired",
});

/// A hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HoldRow {
    /// Its id.
    pub id: HoldId,
    /// Who placed it.
    pub source: String,
    /// The id the source gave it.
    pub reference: String,
    /// SHA-256 of what was asked.
    pub digest: Vec<u8>,
    /// Of which credits.
    pub credit_type: CreditTypeId,
    /// Whose.
    pub person: PersonId,
    /// The group that stood behind it.
    pub group: GroupId,
    /// How much it reserves.
    pub amount: Credits,
    /// How much of it was consumed.
    pub captured: Credits,
    /// How much more than it reserves a capture may take.
    pub tolerance: Credits,
    /// By how much it went beyond what the person had left.
    pub over_by: Credits,
    /// The estimated cost it was made from.
    pub cost: Option<CostAtRate>,
    /// What for.
    pub note: Option<String>,
    /// Where it stands.
    pub state: HoldState,
    /// When it was placed.
    pub placed_at: Timestamp,
    /// When it is given back by itself.
    pub expires_at: Option<Timestamp>,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
    /// The key it was placed by.
    pub api_key: Option<ApiKeyId>,
}

/// Whose holds a list may show.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HoldViewer {
    /// Everybody's.
    Everything,
    /// One's own, one's reports', one's groups'.
    Narrow {
        /// Who looks.
        person: PersonId,
        /// The groups they own.
        groups: Vec<GroupId>,
    },
}

/// Which holds are asked for, newest first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct HoldFilter {
    /// Only those of this person.
    pub person: Option<PersonId>,
    /// Only those of this credit type.
    pub credit_type: Option<CreditTypeId>,
    /// Only those that stand so.
    pub state: Option<HoldState>,
    /// Only those older than this one.
    pub before: Option<HoldId>,
}

fn from_row(row: credit_hold::Model) -> Result<HoldRow, StoreError> {
    let credit_hold::Model {
        organisation_id: _,
        id,
        source,
        reference,
        digest,
        credit_type_id,
        person_id,
        group_id,
        amount,
        held: _,
        captured,
        tolerance,
        over_by,
        cost_nanos,
        currency,
        rate_side,
        rate_nanos,
        note,
        state,
        placed_at,
        expires_at,
        ended_at,
        api_key_id,
        captured_cost_nanos: _,
        captured_currency: _,
        captured_rate_side: _,
        captured_rate_nanos: _,
    } = row;
    Ok(HoldRow {
        id: HoldId::new(id),
        source,
        reference,
        digest,
        credit_type: CreditTypeId::new(credit_type_id),
        person: PersonId::new(person_id),
        group: GroupId::new(group_id),
        amount: Credits::from_micros(amount),
        captured: Credits::from_micros(captured),
        tolerance: Credits::from_micros(tolerance),
        over_by: Credits::from_micros(over_by),
        cost: CostAtRate::from_columns((cost_nanos, currency, rate_side, rate_nanos), "credit_hold")?,
        note,
        state: hold_state::from_word(&state)?,
        placed_at: Timestamp::from_micros(placed_at),
        expires_at: expires_at.map(Timestamp::from_micros),
        ended_at: ended_at.map(Timestamp::from_micros),
        api_key: api_key_id.map(ApiKeyId::new),
    })
}

/// The open holds of people in one credit type, as the book has them, oldest first.
pub(crate) async fn open_holds<C: ConnectionTrait>(
    connection: &C,
    organisation: OrganisationId,
    credit_type: CreditTypeId,
    people: &[Uuid],
) -> Result<Vec<(PersonId, Hold)>, StoreError> {
    let rows: Vec<(Uuid, Uuid, i64, i64, Uuid)> = credit_hold::Entity::find()
        .select_only()
        .columns([credit_hold::Column::PersonId, credit_hold::Column::Id])
        .columns([
            credit_hold::Column::Amount,
            credit_hold::Column::Held,
            credit_hold::Column::GroupId,
        ])
        .filter(credit_hold::Column::OrganisationId.eq(organisation.uuid()))
        .filter(credit_hold::Column::CreditTypeId.eq(credit_type.uuid()))
        // As the index of open holds spells it.
        .filter(Expr::cust("state = 'open'"))
        .filter(credit_hold::Column::PersonId.is_in(people.iter().copied()))
        .into_tuple()
        .all(connection)
        .await?;
    let mut holds: Vec<(PersonId, Hold)> = rows
        .into_iter()
        .map(|(person, id, amount, held, group)| {
            let hold = Hold {
                id: HoldId::new(id),
                amount: Credits::from_micros(amount),
                held: Credits::from_micros(held),
                group: GroupId::new(group),
            };
            (PersonId::new(person), hold)
        })
        .collect();
    holds.sort_by_key(|(_, hold)| hold.id);
    Ok(holds)
}

/// What became of a hold that was loaded.
pub(crate) struct HoldChange {
    id: HoldId,
    group: GroupId,
    held: Credits,
    captured: Credits,
    state: HoldState,
    ended_at: Option<Timestamp>,
}

/// What became of a member's holds: what they stand on now, or that they ended and how.
pub(crate) fn changed_holds(
    before: Option<&MemberState>,
    now: &MemberState,
    movements: &[Caused],
    at: Timestamp,
) -> Vec<HoldChange> {
    let stood = before.map_or(&[][..], |member| &member.holds);
    let change = |old: &Hold| match now.holds.iter().find(|hold| hold.id == old.id) {
        Some(kept) if kept == old => None,
        Some(kept) => Some(HoldChange {
            id: kept.id,
            group: kept.group,
            held: kept.held,
            captured: Credits::ZERO,
            state: HoldState::Open,
            ended_at: None,
        }),
        None => {
            let captured = captured_by(movements, old.id);
            let state = if captured.is_positive() {
                HoldState::Captured
            } else {
                HoldState::Released
            };
            Some(HoldChange {
                id: old.id,
                group: old.group,
                held: old.held,
                captured,
                state,
                ended_at: Some(at),
            })
        }
    };
    stood.iter().filter_map(change).collect()
}

/// What of a hold was consumed by these movements.
fn captured_by(movements: &[Caused], hold: HoldId) -> Credits {
    let of_hold = movements.iter().map(|caused| caused.movement).filter(|movement| {
        movement.subject == Some(hold.uuid()) && matches!(movement.to, Account::Spent(..))
    });
    of_hold.fold(Credits::ZERO, |sum, movement| {
        sum.checked_add(movement.amount).unwrap_or(sum)
    })
}

impl Tx {
    /// Writes what became of holds.
    pub(crate) async fn write_holds(&self, changes: Vec<HoldChange>) -> Result<(), StoreError> {
        for changes in changes.chunks(ROWS) {
            let mut clause = Clause::new("", vec![self.organisation().uuid().into()]);
            let mut rows = Vec::with_capacity(changes.len());
            for change in changes {
                let HoldChange {
                    id,
                    group,
                    held,
                    captured,
                    state,
                    ended_at,
                } = change;
                let places = [
                    clause.bind(id.uuid()),
                    clause.bind(group.uuid()),
                    clause.bind(hold_state::word(*state)),
                    format!("CAST({} AS BIGINT)", clause.bind(held.micros())),
                    format!("CAST({} AS BIGINT)", clause.bind(captured.micros())),
                    format!("CAST({} AS BIGINT)", clause.bind(ended_at.map(Timestamp::micros))),
                ];
                rows.push(format!("({})", places.join(", ")));
            }
            let sql = format!(
                "UPDATE credit_hold SET group_id = v.column2, state = v.column3, held = v.column4, captured = v.column5, \
                 ended_at = v.column6 FROM (VALUES {}) AS v WHERE organisation_id = $1 AND id = v.column1",
                rows.join(", ")
            );
            let connection = self.connection();
            let statement =
                Statement::from_sql_and_values(connection.get_database_backend(), sql, clause.values);
            connection.execute_raw(statement).await?;
        }
        Ok(())
    }

    /// Holds that were placed before, by source and reference.
    ///
    /// # Errors
    /// The store's own error.
    pub async fn find_holds_by_reference(
        &self,
        by_source: &HashMap<&str, Vec<&str>>,
    ) -> Result<Vec<HoldRow>, StoreError> {
        let mut found = Vec::new();
        for (source, references) in by_source {
            for references in references.chunks(CHUNK) {
                let rows = credit_hold::Entity::find()
                    .filter(credit_hold::Column::OrganisationId.eq(self.organisation().uuid()))
                    .filter(credit_hold::Column::Source.eq(*source))
                    .filter(credit_hold::Column::Reference.is_in(references.iter().copied()))
                    .all(self.connection())
                    .await?;
                for row in rows {
                    found.push(from_row(row)?);
                }
            }
        }
        Ok(found)
    }

    /// Holds by id, as far as they exist here.
    ///
    /// # Errors
    /// The store's own error.
    pub async fn find_holds(&self, ids: &BTreeSet<HoldId>) -> Result<Vec<HoldRow>, StoreError> {
        let ids: Vec<Uuid> = ids.iter().map(|id| id.uuid()).collect();
        let mut found = Vec::new();
        for ids in ids.chunks(CHUNK) {
            let rows = credit_hold::Entity::find()
                .filter(credit_hold::Column::OrganisationId.eq(self.organisation().uuid()))
                .filter(credit_hold::Column::Id.is_in(ids.iter().copied()))
                .all(self.connection())
                .await?;
            for row in rows {
                found.push(from_row(row)?);
            }
        }
        Ok(found)
    }

    /// Keeps holds whose commands were posted.
    ///
    /// # Errors
    /// The store's own error.
    pub async fn insert_holds(&self, rows: &[HoldRow]) -> Result<(), StoreError> {
        for rows in rows.chunks(ROWS) {
            let rows = rows.iter().map(|row| self.hold_row(row.clone()));
            credit_hold::Entity::insert_many(rows)
                .exec_without_returning(self.connection())
                .await?;
        }
        Ok(())
    }

    fn hold_row(&self, row: HoldRow) -> credit_hold::ActiveModel {
        let HoldRow {
            id,
            source,
            reference,
            digest,
            credit_type,
            person,
            group,
            amount,
            captured,
            tolerance,
            over_by,
            cost,
            note,
            state,
            placed_at,
            expires_at,
            ended_at,
            api_key,
        } = row;
        let (cost_nanos, currency, rate_side, rate_nanos) = CostAtRate::columns(cost);
        credit_hold::ActiveModel {
            organisation_id: Set(self.organisation().uuid()),
            id: Set(id.uuid()),
            source: Set(source),
            reference: Set(reference),
            digest: Set(digest),
            credit_type_id: Set(credit_type.uuid()),
            person_id: Set(person.uuid()),
            group_id: Set(group.uuid()),
            amount: Set(amount.micros()),
            held: Set(amount.micros()),
            captured: Set(captured.micros()),
            tolerance: Set(tolerance.micros()),
            over_by: Set(over_by.micros()),
            cost_nanos: Set(cost_nanos),
            currency: Set(currency),
            rate_side: Set(rate_side),
            rate_nanos: Set(rate_nanos),
            note: Set(note),
            state: Set(hold_state::word(state).to_owned()),
            placed_at: Set(placed_at.micros()),
            expires_at: Set(expires_at.map(Timestamp::micros)),
            ended_at: Set(ended_at.map(Timestamp::micros)),
            api_key_id: Set(api_key.map(ApiKeyId::uuid)),
            ..Default::default()
        }
    }

    /// Keeps the cost that a hold was captured by, with the rate that made credits of it.
    ///
    /// # Errors
    /// The store's own error.
    pub async fn keep_captured_cost(&self, hold: HoldId, cost: CostAtRate) -> Result<(), StoreError> {
        let (nanos, currency, side, rate) = CostAtRate::columns(Some(cost));
        credit_hold::Entity::update_many()
            .col_expr(credit_hold::Column::CapturedCostNanos, Expr::value(nanos))
            .col_expr(credit_hold::Column::CapturedCurrency, Expr::value(currency))
            .col_expr(credit_hold::Column::CapturedRateSide, Expr::value(side))
            .col_expr(credit_hold::Column::CapturedRateNanos, Expr::value(rate))
            .filter(credit_hold::Column::OrganisationId.eq(self.organisation().uuid()))
            .filter(credit_hold::Column::Id.eq(hold.uuid()))
            .exec(self.connection())
            .await?;
        Ok(())
    }

    /// Names released holds as expired.
    ///
    /// # Errors
    /// The store's own error.
    pub async fn mark_expired(&self, ids: &[HoldId]) -> Result<(), StoreError> {
        credit_hold::Entity::update_many()
            .col_expr(
                credit_hold::Column::State,
                Expr::value(hold_state::word(HoldState::Expired)),
            )
            .filter(credit_hold::Column::OrganisationId.eq(self.organisation().uuid()))
            .filter(credit_hold::Column::Id.is_in(ids.iter().map(|id| id.uuid())))
            .filter(credit_hold::Column::State.eq(hold_state::word(HoldState::Released)))
            .exec(self.connection())
            .await?;
        Ok(())
    }
}

impl Store {
    /// Holds, newest first.
    ///
    /// # Errors
    /// The store's own error.
    pub async fn list_holds(
        &self,
        organisation: OrganisationId,
        viewer: &HoldViewer,
        filter: &HoldFilter,
        limit: u64,
    ) -> Result<Vec<HoldRow>, StoreError> {
        let mut clause = Clause::new("h.organisation_id = $1", vec![organisation.uuid().into()]);
        if let HoldViewer::Narrow { person, groups } = viewer {
            let own = clause.bind(person.uuid());
            let groups = clause.bind_all(groups.iter().map(|group| group.uuid()));
            clause.and(&format!(
                "(p.id = {own} OR p.manager_id = {own} OR p.group_id IN ({groups}))"
            ));
        }
        let HoldFilter {
            person,
            credit_type,
            state,
            before,
        } = filter;
        if let Some(person) = person {
            let place = clause.bind(person.uuid());
            clause.and(&format!("h.person_id = {place}"));
        }
        if let Some(credit_type) = credit_type {
            let place = clause.bind(credit_type.uuid());
            clause.and(&format!("h.credit_type_id = {place}"));
        }
        if let Some(state) = state {
            clause.and(&format!("h.state = '{}'", hold_state::word(*state)));
        }
        if let Some(before) = before {
            let place = clause.bind(before.uuid());
            clause.and(&format!("h.id < {place}"));
        }
        let sql = format!(
            "SELECT h.* FROM credit_hold h JOIN person p ON p.organisation_id = h.organisation_id AND p.id = h.person_id \
             WHERE {} ORDER BY h.id DESC LIMIT {limit}",
            clause.text
        );
        let statement = Statement::from_sql_and_values(self.backend(), sql, clause.values);
        let rows = credit_hold::Model::find_by_statement(statement)
            .all(self.read())
            .await?;
        rows.into_iter().map(from_row).collect()
    }

    /// Open holds whose time has run out, of all organisations.
    ///
    /// # Errors
    /// The store's own error.
    pub async fn list_expired_holds(&self, limit: u64) -> Result<Vec<(OrganisationId, HoldId)>, StoreError> {
        let rows: Vec<(Uuid, Uuid)> = credit_hold::Entity::find()
            .select_only()
            .columns([credit_hold::Column::OrganisationId, credit_hold::Column::Id])
            .filter(Expr::cust("state = 'open'"))
            .filter(credit_hold::Column::ExpiresAt.lte(self.now().micros()))
            .limit(limit)
            .into_tuple()
            .all(self.read())
            .await?;
        Ok(rows
            .into_iter()
            .map(|(organisation, id)| (OrganisationId::new(organisation), HoldId::new(id)))
            .collect())
    }
}
