//! Who has left which cycle: rows of earlier cycles that are brought forward, and members as they stood when they left a
//! cycle that may reopen.

use std::collections::BTreeMap;

use allowance_domain::ledger::LeftBehind;
use allowance_values::{CreditTypeId, PersonId};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, Set};
use uuid::Uuid;

use super::load::CHUNK;
use super::words;
use crate::entities::{member_cycle, reset_hold, reset_lot, reset_member};
use crate::error::StoreError;
use crate::tx::Tx;

/// Rows per statement.
const ROWS: usize = 2_000;

impl Tx {
    /// Marks rows of earlier cycles whose members stand in a later one now.
    pub(super) async fn mark_settled(
        &self,
        credit_type: CreditTypeId,
        settled: BTreeMap<i64, Vec<Uuid>>,
    ) -> Result<(), StoreError> {
        for (cycle, people) in settled {
            for people in people.chunks(CHUNK) {
                member_cycle::Entity::update_many()
                    .col_expr(member_cycle::Column::IsSettled, Expr::value(true))
                    .filter(member_cycle::Column::OrganisationId.eq(self.organisation().uuid()))
                    .filter(member_cycle::Column::CreditTypeId.eq(credit_type.uuid()))
                    .filter(member_cycle::Column::CycleNumber.eq(cycle))
                    .filter(member_cycle::Column::PersonId.is_in(people.iter().copied()))
                    .exec(self.connection())
                    .await?;
            }
        }
        Ok(())
    }

    /// Keeps members as they stood, until the cycle they left can no longer reopen.
    pub(super) async fn keep_left(
        &self,
        credit_type: CreditTypeId,
        left: &[(PersonId, LeftBehind)],
    ) -> Result<(), StoreError> {
        let organisation = self.organisation().uuid();
        let mut members = Vec::with_capacity(left.len());
        let mut lots = Vec::new();
        let mut holds = Vec::new();
        for (person, behind) in left {
            let LeftBehind {
                cycle,
                group,
                is_touched,
                is_counted,
                figures,
                lots: stood,
                holds: reserved,
                given,
                crossed,
                lapsed,
            } = behind;
            members.push(reset_member::ActiveModel {
                organisation_id: Set(organisation),
                credit_type_id: Set(credit_type.uuid()),
                cycle_number: Set(*cycle),
                person_id: Set(person.uuid()),
                group_id: Set(group.uuid()),
                is_touched: Set(*is_touched),
                is_counted: Set(*is_counted),
                monthly: Set(figures.monthly.micros()),
                extra: Set(figures.extra.micros()),
                carried: Set(figures.carried.micros()),
                used: Set(figures.used.micros()),
                held: Set(figures.held.micros()),
                given: Set(given.micros()),
                crossed: Set(crossed.micros()),
                lapsed: Set(lapsed.micros()),
            });
            holds.extend(reserved.iter().map(|hold| reset_hold::ActiveModel {
                organisation_id: Set(organisation),
                credit_type_id: Set(credit_type.uuid()),
                cycle_number: Set(*cycle),
                person_id: Set(person.uuid()),
                hold_id: Set(hold.id.uuid()),
                group_id: Set(hold.group.uuid()),
                held: Set(hold.held.micros()),
            }));
            lots.extend(stood.iter().map(|lot| reset_lot::ActiveModel {
                organisation_id: Set(organisation),
                credit_type_id: Set(credit_type.uuid()),
                cycle_number: Set(*cycle),
                person_id: Set(person.uuid()),
                lot_id: Set(lot.id.uuid()),
                amount: Set(lot.amount.micros()),
                ended: Set(lot.ended.micros()),
                expires_after_cycle: Set(words::expiry_parts(lot.expiry).2),
                is_open: Set(lot.is_open),
            }));
        }
        for rows in members.chunks(ROWS) {
            reset_member::Entity::insert_many(rows.iter().cloned())
                .exec_without_returning(self.connection())
                .await?;
        }
        for rows in holds.chunks(ROWS) {
            reset_hold::Entity::insert_many(rows.iter().cloned())
                .exec_without_returning(self.connection())
                .await?;
        }
        for rows in lots.chunks(ROWS) {
            reset_lot::Entity::insert_many(rows.iter().cloned())
                .exec_without_returning(self.connection())
                .await?;
        }
        Ok(())
    }
}
