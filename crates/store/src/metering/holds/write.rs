//! Holds that are written: placed, changed by what was posted, captured, expired.

use allowance_domain::ledger::{Account, Hold, MemberState};
use allowance_domain::metering::CostAtRate;
use allowance_values::{ApiKeyId, Credits, GroupId, HoldId, Timestamp};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, Set};

use super::{HoldRow, HoldState, hold_state};
use crate::entities::{capture_cost, credit_hold};
use crate::error::StoreError;
use crate::ledger::{Caused, Pen, words};
use crate::metering::cost::CostColumns;
use crate::pages::Pages;
use crate::tx::Tx;

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

impl Pen {
    /// What became of holds.
    pub(crate) fn write_holds(&self, changes: Vec<HoldChange>, pages: &mut Pages) -> Result<(), StoreError> {
        use credit_hold::Column as C;
        let row = |change: HoldChange| {
            let HoldChange {
                id,
                group,
                held,
                captured,
                state,
                ended_at,
            } = change;
            credit_hold::ActiveModel {
                organisation_id: Set(self.organisation().uuid()),
                id: Set(id.uuid()),
                group_id: Set(group.uuid()),
                state: Set(hold_state::word(state).to_owned()),
                held: Set(held.micros()),
                captured: Set(captured.micros()),
                ended_at: Set(ended_at.map(Timestamp::micros)),
                ..Default::default()
            }
        };
        pages.update::<credit_hold::Entity>(
            changes.into_iter().map(row).collect(),
            &[C::OrganisationId, C::Id],
            &[C::GroupId, C::State, C::Held, C::Captured, C::EndedAt],
        )
    }

    /// Holds that were placed.
    pub(crate) fn write_new_holds(&self, rows: Vec<HoldRow>, pages: &mut Pages) -> Result<(), StoreError> {
        pages.insert::<credit_hold::Entity>(rows.into_iter().map(|row| self.hold_row(row)).collect())
    }

    fn hold_row(&self, row: HoldRow) -> credit_hold::Model {
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
        let CostColumns {
            cost_nanos,
            currency,
            rate_side,
            rate_nanos,
            exchange_nanos,
            converted_nanos,
        } = CostColumns::of(cost);
        credit_hold::Model {
            organisation_id: self.organisation().uuid(),
            id: id.uuid(),
            source,
            reference,
            digest,
            credit_type_id: credit_type.uuid(),
            person_id: person.uuid(),
            group_id: group.uuid(),
            amount: amount.micros(),
            held: amount.micros(),
            captured: captured.micros(),
            tolerance: tolerance.micros(),
            over_by: over_by.micros(),
            cost_nanos,
            currency,
            rate_side,
            rate_nanos,
            exchange_nanos,
            converted_nanos,
            note,
            state: hold_state::word(state).to_owned(),
            placed_at: placed_at.micros(),
            expires_at: expires_at.map(Timestamp::micros),
            ended_at: ended_at.map(Timestamp::micros),
            api_key_id: api_key.map(ApiKeyId::uuid),
        }
    }

    /// What holds cost that were consumed by a cost, with the rate that made credits of it.
    pub(in crate::metering) fn write_capture_costs(
        &self,
        costs: Vec<(HoldId, CostAtRate)>,
        pages: &mut Pages,
    ) -> Result<(), StoreError> {
        let row = |(
            hold,
            CostAtRate {
                cost,
                rate,
                exchanged,
            },
        ): (HoldId, CostAtRate)| capture_cost::Model {
            organisation_id: self.organisation().uuid(),
            hold_id: hold.uuid(),
            cost_nanos: cost.amount.nanos(),
            currency: cost.currency.to_string(),
            rate_side: words::rate_side::word(rate.side()).to_owned(),
            rate_nanos: rate.nanos(),
            exchange_nanos: exchanged.map(|exchanged| exchanged.rate.nanos()),
            converted_nanos: exchanged.map(|exchanged| exchanged.cost.nanos()),
        };
        pages.insert::<capture_cost::Entity>(costs.into_iter().map(row).collect())
    }
}

impl Tx {
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
