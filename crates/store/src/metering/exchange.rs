//! Exchange rates: append-only. One is in force from its instant until that of the next; of two from the same instant the
//! one that was recorded later is.

use std::sync::Arc;

use allowance_domain::metering::ExchangeRates;
use allowance_values::{Currency, ExchangeRate, ExchangeRateId, OrganisationId, PersonId, Timestamp};
use sea_orm::{ColumnTrait, EntityTrait, FromQueryResult, QueryFilter, QueryOrder, Set, Statement};
use uuid::Uuid;

use crate::clause::Clause;
use crate::connect::Store;
use crate::entities::exchange_rate;
use crate::error::StoreError;
use crate::tx::Tx;

const BROKEN: StoreError = StoreError::Corrupt("exchange_rate");

/// An exchange rate as it was recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExchangeRateRow {
    /// Its id.
    pub id: ExchangeRateId,
    /// Of which currency.
    pub currency: Currency,
    /// What one unit of it is worth in the organisation's currency.
    pub rate: ExchangeRate,
    /// From when it is in force.
    pub since: Timestamp,
    /// When it was recorded.
    pub recorded_at: Timestamp,
    /// By whom.
    pub recorded_by: PersonId,
}

/// Which exchange rates.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ExchangeRateFilter {
    /// Of one currency.
    pub currency: Option<Currency>,
    /// Those that are in force now, or those that are not.
    pub is_current: Option<bool>,
}

#[derive(FromQueryResult)]
struct RateRow {
    id: Uuid,
    currency: String,
    rate_nanos: i64,
    since: i64,
    recorded_at: i64,
    recorded_by: Uuid,
    is_current: bool,
}

impl RateRow {
    fn read(self) -> Result<(ExchangeRateRow, bool), StoreError> {
        let row = ExchangeRateRow {
            id: ExchangeRateId::new(self.id),
            currency: self.currency.parse().map_err(|_| BROKEN)?,
            rate: ExchangeRate::from_nanos(self.rate_nanos).ok_or(BROKEN)?,
            since: Timestamp::from_micros(self.since),
            recorded_at: Timestamp::from_micros(self.recorded_at),
            recorded_by: PersonId::new(self.recorded_by),
        };
        Ok((row, self.is_current))
    }
}

impl Store {
    /// Exchange rates, those recorded last first, recorded before the one named; each with whether it is in force now.
    ///
    /// # Errors
    /// The store's own error.
    pub async fn list_exchange_rates(
        &self,
        organisation: OrganisationId,
        filter: ExchangeRateFilter,
        before: Option<(Timestamp, ExchangeRateId)>,
        limit: u64,
    ) -> Result<Vec<(ExchangeRateRow, bool)>, StoreError> {
        let mut clause = Clause::new(
            "r.organisation_id = $1",
            vec![organisation.uuid().into(), self.now().micros().into()],
        );
        if let Some(currency) = filter.currency {
            let currency = clause.bind(currency.as_str());
            clause.and(&format!("r.currency = {currency}"));
        }
        if let Some((at, id)) = before {
            let (at, id) = (clause.bind(at.micros()), clause.bind(id.uuid()));
            clause.and(&format!("(r.recorded_at, r.id) < ({at}, {id})"));
        }
        let is_current = "(r.since <= $2 AND NOT EXISTS (SELECT 1 FROM exchange_rate n
            WHERE n.organisation_id = r.organisation_id AND n.currency = r.currency AND n.since <= $2
            AND (n.since, n.recorded_at, n.id) > (r.since, r.recorded_at, r.id)))";
        match filter.is_current {
            Some(true) => clause.and(is_current),
            Some(false) => clause.and(&format!("NOT {is_current}")),
            None => {}
        }
        let Clause { text, values } = clause;
        let sql = format!(
            "SELECT r.id, r.currency, r.rate_nanos, r.since, r.recorded_at, r.recorded_by, {is_current} AS is_current
             FROM exchange_rate r WHERE {text} ORDER BY r.recorded_at DESC, r.id DESC LIMIT {limit}"
        );
        let statement = Statement::from_sql_and_values(self.backend(), sql, values);
        let rows = RateRow::find_by_statement(statement).all(self.read()).await?;
        rows.into_iter().map(RateRow::read).collect()
    }
}

impl Tx {
    /// Records an exchange rate.
    ///
    /// # Errors
    /// The store's own error.
    pub async fn insert_exchange_rate(&self, row: &ExchangeRateRow) -> Result<(), StoreError> {
        exchange_rate::Entity::insert(exchange_rate::ActiveModel {
            organisation_id: Set(self.organisation().uuid()),
            id: Set(row.id.uuid()),
            currency: Set(row.currency.to_string()),
            rate_nanos: Set(row.rate.nanos()),
            since: Set(row.since.micros()),
            recorded_at: Set(row.recorded_at.micros()),
            recorded_by: Set(row.recorded_by.uuid()),
        })
        .exec_without_returning(self.connection())
        .await?;
        Ok(())
    }

    /// All exchange rates of some currencies; of one that has none, that it has none.
    ///
    /// # Errors
    /// The store's own error.
    pub async fn exchange_rates(
        &self,
        currencies: impl IntoIterator<Item = Currency> + Send,
    ) -> Result<ExchangeRates, StoreError> {
        let mut rates = ExchangeRates::default();
        for currency in currencies {
            let rows = exchange_rate::Entity::find()
                .filter(exchange_rate::Column::OrganisationId.eq(self.organisation().uuid()))
                .filter(exchange_rate::Column::Currency.eq(currency.as_str()))
                .order_by_asc(exchange_rate::Column::Since)
                .order_by_asc(exchange_rate::Column::RecordedAt)
                .order_by_asc(exchange_rate::Column::Id)
                .all(self.connection())
                .await?;
            let rate = |row: exchange_rate::Model| {
                let rate = ExchangeRate::from_nanos(row.rate_nanos).ok_or(BROKEN)?;
                Ok((Timestamp::from_micros(row.since), rate))
            };
            let history: Result<Arc<[_]>, StoreError> = rows.into_iter().map(rate).collect();
            rates.learn(currency, history?);
        }
        Ok(rates)
    }
}
