//! What a rate was, and from when: append-only, so that what happened before a change is counted at the rate it happened
//! under.

use std::collections::BTreeMap;

use allowance_values::{CreditTypeId, Rate, Timestamp};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, Set};

use crate::entities::rate_change;
use crate::error::StoreError;
use crate::ledger::words;
use crate::tx::Tx;

impl Tx {
    /// Keeps that a credit type has this rate from now on.
    pub(super) async fn keep_rate(
        &self,
        credit_type: CreditTypeId,
        version: i64,
        rate: Rate,
    ) -> Result<(), StoreError> {
        rate_change::Entity::insert(rate_change::ActiveModel {
            organisation_id: Set(self.organisation().uuid()),
            credit_type_id: Set(credit_type.uuid()),
            version: Set(version),
            at: Set(self.at().micros()),
            rate_side: Set(words::rate_side::word(rate.side()).to_owned()),
            rate_nanos: Set(rate.nanos()),
        })
        .exec_without_returning(self.connection())
        .await?;
        Ok(())
    }

    /// The rates of all credit types with the instants they hold from, the first one first.
    ///
    /// # Errors
    /// The store's own error.
    pub async fn list_rates(&self) -> Result<BTreeMap<CreditTypeId, Vec<(Timestamp, Rate)>>, StoreError> {
        let rows = rate_change::Entity::find()
            .filter(rate_change::Column::OrganisationId.eq(self.organisation().uuid()))
            .order_by_asc(rate_change::Column::Version)
            .all(self.connection())
            .await?;
        let mut rates: BTreeMap<CreditTypeId, Vec<(Timestamp, Rate)>> = BTreeMap::new();
        for row in rows {
            let side = words::rate_side::from_word(&row.rate_side)?;
            let rate = Rate::new(side, row.rate_nanos).ok_or(StoreError::Corrupt("rate_change"))?;
            let since = Timestamp::from_micros(row.at);
            rates
                .entry(CreditTypeId::new(row.credit_type_id))
                .or_default()
                .push((since, rate));
        }
        Ok(rates)
    }
}
