//! Joiners' grants: one per person and credit type, ever.

use allowance_values::{CreditTypeId, Credits, OrganisationId, PersonId, Timestamp};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect, Set};

use crate::connect::Store;
use crate::entities::sign_up_grant;
use crate::error::StoreError;
use crate::tx::Tx;

/// Rows per statement.
const ROWS: usize = 4_000;

/// Whether a joiner is still here and nobody has granted them anything else since.
const NOT_MADE_UP: &str =
    "EXISTS (SELECT 1 FROM person p WHERE p.organisation_id = sign_up_grant.organisation_id
        AND p.id = sign_up_grant.person_id AND p.status <> 'left')
    AND NOT EXISTS (SELECT 1 FROM lot WHERE lot.organisation_id = sign_up_grant.organisation_id
        AND lot.credit_type_id = sign_up_grant.credit_type_id AND lot.person_id = sign_up_grant.person_id
        AND lot.origin = 'grant' AND lot.source <> 'sign_up' AND lot.made_at >= sign_up_grant.at)";

/// What was due to a joiner, and what of it was granted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SignUpRow {
    /// Who.
    pub person: PersonId,
    /// What was due.
    pub due: Credits,
    /// What Unallocated covered.
    pub granted: Credits,
    /// When.
    pub at: Timestamp,
}

impl Store {
    /// Joiners whose credits Unallocated did not cover and who got nothing by hand since, in whichever cycle they joined:
    /// the latest first, and how many there are.
    ///
    /// # Errors
    /// The store's own error.
    pub async fn list_unfunded_sign_ups(
        &self,
        organisation: OrganisationId,
        credit_type: CreditTypeId,
        limit: u64,
    ) -> Result<(Vec<SignUpRow>, u64), StoreError> {
        let unfunded = sign_up_grant::Entity::find()
            .filter(sign_up_grant::Column::OrganisationId.eq(organisation.uuid()))
            .filter(sign_up_grant::Column::CreditTypeId.eq(credit_type.uuid()))
            // As the index spells it.
            .filter(Expr::cust("granted < due"))
            .filter(Expr::cust(NOT_MADE_UP));
        let count = unfunded.clone().count(self.read()).await?;
        let rows = unfunded
            .order_by_desc(sign_up_grant::Column::At)
            .order_by_asc(sign_up_grant::Column::PersonId)
            .limit(limit)
            .all(self.read())
            .await?;
        let row = |row: sign_up_grant::Model| SignUpRow {
            person: PersonId::new(row.person_id),
            due: Credits::from_micros(row.due),
            granted: Credits::from_micros(row.granted),
            at: Timestamp::from_micros(row.at),
        };
        Ok((rows.into_iter().map(row).collect(), count))
    }
}

impl Tx {
    /// Writes down what joiners got. A second grant to somebody breaks the key, and with it everything.
    ///
    /// # Errors
    /// The constraint `sign_up_grant_key`, or the store's own error.
    pub async fn insert_sign_ups(
        &self,
        credit_type: CreditTypeId,
        rows: &[SignUpRow],
    ) -> Result<(), StoreError> {
        let rows: Vec<sign_up_grant::ActiveModel> = rows
            .iter()
            .map(|row| sign_up_grant::ActiveModel {
                organisation_id: Set(self.organisation().uuid()),
                credit_type_id: Set(credit_type.uuid()),
                person_id: Set(row.person.uuid()),
                due: Set(row.due.micros()),
                granted: Set(row.granted.micros()),
                at: Set(row.at.micros()),
            })
            .collect();
        for rows in rows.chunks(ROWS) {
            sign_up_grant::Entity::insert_many(rows.iter().cloned())
                .exec_without_returning(self.connection())
                .await?;
        }
        Ok(())
    }
}
