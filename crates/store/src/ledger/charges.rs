//! Charges: what was booked by hand, with its note and the rate it was made by.

use allowance_domain::metering::CostAtRate;
use allowance_values::{ChargeId, CreditTypeId, Credits, GroupId, OrganisationId, PersonId, Timestamp};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, Set};

use crate::connect::Store;
use crate::entities::charge;
use crate::error::StoreError;
use crate::metering::CostColumns;
use crate::tx::Tx;

/// A charge to keep beside its entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewCharge {
    /// Its id.
    pub id: ChargeId,
    /// Of which credits.
    pub credit_type: CreditTypeId,
    /// Who spent.
    pub person: PersonId,
    /// The group it was booked in.
    pub group: GroupId,
    /// The cycle it was booked in.
    pub cycle: i64,
    /// How much.
    pub amount: Credits,
    /// By how much it went beyond what the person had left.
    pub over_by: Credits,
    /// The cost it was made from.
    pub cost: Option<CostAtRate>,
    /// What it was.
    pub note: String,
}

/// A charge as it is read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChargeRow {
    /// What was booked.
    pub charge: NewCharge,
    /// When.
    pub made_at: Timestamp,
    /// When it was reversed.
    pub reversed_at: Option<Timestamp>,
}

fn from_row(row: charge::Model) -> Result<ChargeRow, StoreError> {
    let cost = CostColumns {
        cost_nanos: row.cost_nanos,
        currency: row.currency,
        rate_side: row.rate_side,
        rate_nanos: row.rate_nanos,
        exchange_nanos: row.exchange_nanos,
        converted_nanos: row.converted_nanos,
    }
    .cost("charge")?;
    Ok(ChargeRow {
        charge: NewCharge {
            id: ChargeId::new(row.id),
            credit_type: CreditTypeId::new(row.credit_type_id),
            person: PersonId::new(row.person_id),
            group: GroupId::new(row.group_id),
            cycle: row.cycle_number,
            amount: Credits::from_micros(row.amount),
            over_by: Credits::from_micros(row.over_by),
            cost,
            note: row.note,
        },
        made_at: Timestamp::from_micros(row.made_at),
        reversed_at: row.reversed_at.map(Timestamp::from_micros),
    })
}

async fn find<C: ConnectionTrait>(
    connection: &C,
    organisation: OrganisationId,
    id: ChargeId,
) -> Result<Option<ChargeRow>, StoreError> {
    charge::Entity::find_by_id((organisation.uuid(), id.uuid()))
        .one(connection)
        .await?
        .map(from_row)
        .transpose()
}

impl Store {
    /// Notes of charges by id, for the ledger's readers.
    ///
    /// # Errors
    /// The store's own error.
    pub async fn find_charge(
        &self,
        organisation: OrganisationId,
        id: ChargeId,
    ) -> Result<Option<ChargeRow>, StoreError> {
        find(self.read(), organisation, id).await
    }
}

impl Tx {
    /// One charge, under the head.
    ///
    /// # Errors
    /// The store's own error.
    pub async fn find_charge(&self, id: ChargeId) -> Result<Option<ChargeRow>, StoreError> {
        find(self.connection(), self.organisation(), id).await
    }

    /// Keeps a charge whose command was posted.
    ///
    /// # Errors
    /// The store's own error.
    pub async fn insert_charge(&self, new: NewCharge) -> Result<(), StoreError> {
        let NewCharge {
            id,
            credit_type,
            person,
            group,
            cycle,
            amount,
            over_by,
            cost,
            note,
        } = new;
        let CostColumns {
            cost_nanos,
            currency,
            rate_side,
            rate_nanos,
            exchange_nanos,
            converted_nanos,
        } = CostColumns::of(cost);
        charge::Entity::insert(charge::ActiveModel {
            organisation_id: Set(self.organisation().uuid()),
            id: Set(id.uuid()),
            credit_type_id: Set(credit_type.uuid()),
            person_id: Set(person.uuid()),
            group_id: Set(group.uuid()),
            cycle_number: Set(cycle),
            amount: Set(amount.micros()),
            over_by: Set(over_by.micros()),
            cost_nanos: Set(cost_nanos),
            currency: Set(currency),
            rate_side: Set(rate_side),
            rate_nanos: Set(rate_nanos),
            exchange_nanos: Set(exchange_nanos),
            converted_nanos: Set(converted_nanos),
            note: Set(note),
            made_at: Set(self.at().micros()),
            made_by: Set(self.origin().actor.map(PersonId::uuid)),
            reversed_at: Set(None),
        })
        .exec_without_returning(self.connection())
        .await?;
        Ok(())
    }

    /// Marks a charge as reversed, once.
    ///
    /// # Errors
    /// [`StoreError::StaleVersion`] when it was reversed before.
    pub async fn mark_reversed(&self, id: ChargeId) -> Result<(), StoreError> {
        let done = charge::Entity::update_many()
            .col_expr(charge::Column::ReversedAt, Expr::value(self.at().micros()))
            .filter(charge::Column::OrganisationId.eq(self.organisation().uuid()))
            .filter(charge::Column::Id.eq(id.uuid()))
            .filter(charge::Column::ReversedAt.is_null())
            .exec(self.connection())
            .await?;
        if done.rows_affected == 1 {
            Ok(())
        } else {
            Err(StoreError::StaleVersion)
        }
    }
}
