//! A cycle that turns out to be a stretch of an earlier one: its rows, and those of the cycle that reopens.

use allowance_values::{CreditTypeId, PersonId};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, Set};

use super::load::CHUNK;
use crate::entities::{
    cycle, group_cycle, lot, member_cycle, reset_group, reset_hold, reset_lot, reset_member,
};
use crate::error::StoreError;
use crate::tx::Tx;

/// Filters a table by the organisation, a credit type and a cycle.
macro_rules! of_cycle {
    ($query:expr, $table:ident, $tx:expr, $credit_type:expr, $cycle:expr) => {
        $query
            .filter($table::Column::OrganisationId.eq($tx.organisation().uuid()))
            .filter($table::Column::CreditTypeId.eq($credit_type.uuid()))
            .filter($table::Column::CycleNumber.eq($cycle))
    };
}

pub(super) use of_cycle;

impl Tx {
    /// The undone cycle and its own stretches become stretches of the earlier one, which is open again. Figures stand with
    /// the cycle alone.
    pub(super) async fn turn_into_stretch(
        &self,
        id: CreditTypeId,
        undone: &cycle::Model,
        earlier: &cycle::Model,
    ) -> Result<(), StoreError> {
        let row = |number: i64| cycle::ActiveModel {
            organisation_id: Set(self.organisation().uuid()),
            credit_type_id: Set(id.uuid()),
            number: Set(number),
            ..Default::default()
        };
        let ended = self.at().micros().max(undone.starts_at.saturating_add(1));
        let stretch = cycle::ActiveModel {
            ends_at: Set(ended),
            is_open: Set(false),
            stretch_of: Set(Some(earlier.number)),
            limit_micros: Set(0),
            carried: Set(0),
            used: Set(0),
            held: Set(0),
            allocated: Set(0),
            // The terms by which people crossed into it, for whoever looks back.
            rollover_percent: Set(earlier.rollover_percent),
            rollover_cap: Set(earlier.rollover_cap),
            rollover_cycles: Set(earlier.rollover_cycles),
            distribution: Set(earlier.distribution.clone()),
            ..row(undone.number)
        };
        cycle::Entity::update(stretch).exec(self.connection()).await?;
        cycle::Entity::update_many()
            .col_expr(cycle::Column::StretchOf, Expr::value(earlier.number))
            .filter(cycle::Column::OrganisationId.eq(self.organisation().uuid()))
            .filter(cycle::Column::CreditTypeId.eq(id.uuid()))
            .filter(cycle::Column::StretchOf.eq(undone.number))
            .exec(self.connection())
            .await?;
        let reopened = cycle::ActiveModel {
            ends_at: Set(earlier.planned_end.unwrap_or(earlier.ends_at)),
            planned_end: Set(None),
            is_open: Set(true),
            rollover_percent: Set(None),
            rollover_cap: Set(None),
            rollover_cycles: Set(None),
            distribution: Set(None),
            ..row(earlier.number)
        };
        cycle::Entity::update(reopened).exec(self.connection()).await?;
        Ok(())
    }

    /// Balances are kept by cycle; a stretch has none of its own.
    pub(super) async fn forget_stretch(
        &self,
        id: CreditTypeId,
        stretch: i64,
        earlier: i64,
        people: &[PersonId],
    ) -> Result<(), StoreError> {
        let connection = self.connection();
        of_cycle!(
            member_cycle::Entity::delete_many(),
            member_cycle,
            self,
            id,
            stretch
        )
        .exec(connection)
        .await?;
        of_cycle!(group_cycle::Entity::delete_many(), group_cycle, self, id, stretch)
            .exec(connection)
            .await?;
        of_cycle!(reset_group::Entity::delete_many(), reset_group, self, id, stretch)
            .exec(connection)
            .await?;
        of_cycle!(
            reset_member::Entity::delete_many(),
            reset_member,
            self,
            id,
            earlier
        )
        .exec(connection)
        .await?;
        of_cycle!(reset_hold::Entity::delete_many(), reset_hold, self, id, earlier)
            .exec(connection)
            .await?;
        of_cycle!(reset_lot::Entity::delete_many(), reset_lot, self, id, earlier)
            .exec(connection)
            .await?;
        for people in people.chunks(CHUNK) {
            of_cycle!(
                member_cycle::Entity::update_many(),
                member_cycle,
                self,
                id,
                earlier
            )
            .col_expr(member_cycle::Column::IsSettled, Expr::value(false))
            .filter(member_cycle::Column::PersonId.is_in(people.iter().map(|person| person.uuid())))
            .exec(connection)
            .await?;
        }
        Ok(())
    }

    /// Lots that stayed in the stretch were made by the crossing alone.
    pub(super) async fn close_lots(
        &self,
        id: CreditTypeId,
        stretch: i64,
        people: &[PersonId],
    ) -> Result<(), StoreError> {
        for people in people.chunks(CHUNK) {
            of_cycle!(lot::Entity::update_many(), lot, self, id, stretch)
                .col_expr(lot::Column::IsOpen, Expr::value(false))
                .col_expr(lot::Column::Amount, Expr::value(0_i64))
                .filter(lot::Column::PersonId.is_in(people.iter().map(|person| person.uuid())))
                .exec(self.connection())
                .await?;
        }
        Ok(())
    }
}
