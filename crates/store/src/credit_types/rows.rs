//! Credit types: making, reading and changing them.

use allowance_domain::costs::Thresholds;
use allowance_domain::credit_requests::Ceilings;
use allowance_domain::credit_types::{Rollover, SignUp, Terms};
use allowance_domain::cycles::Cadence;
use allowance_values::{CreditTypeId, Credits, Decimals, OrganisationId, Rate, Timestamp};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, Set};

use crate::connect::Store;
use crate::entities::{credit_request, credit_type};
use crate::error::StoreError;
use crate::ledger::words;
use crate::tx::Tx;

/// A credit type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CreditTypeRow {
    /// Its name.
    pub name: String,
    /// How often a cycle opens.
    pub cadence: Cadence,
    /// What postings read.
    pub terms: Terms,
    /// Credits per new user.
    pub sign_up: SignUp,
    /// Ceilings of what the reserve gives.
    pub ceilings: Ceilings,
    /// At which use alerts are raised.
    pub alerts: Thresholds,
    /// When it was put away: nothing can be given, asked or spent of it.
    pub archived_at: Option<Timestamp>,
    /// Rises with every edit of the settings.
    pub version: i64,
    /// When it was made.
    pub created_at: Timestamp,
}

/// A credit type to make.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewCreditType {
    /// Its name.
    pub name: String,
    /// The name as it is compared.
    pub name_key: String,
    /// How often a cycle opens.
    pub cadence: Cadence,
    /// What postings read.
    pub terms: Terms,
}

fn from_row(row: credit_type::Model) -> Result<CreditTypeRow, StoreError> {
    const BROKEN: StoreError = StoreError::Corrupt("credit_type");
    let decimals = u8::try_from(row.decimals)
        .ok()
        .and_then(Decimals::new)
        .ok_or(BROKEN)?;
    let rate = Rate::new(words::rate_side::from_word(&row.rate_side)?, row.rate_nanos).ok_or(BROKEN)?;
    let terms = Terms {
        id: CreditTypeId::new(row.id),
        decimals,
        rate,
        limit: Credits::from_micros(row.limit_micros),
        enforcement: words::enforcement::from_word(&row.enforcement)?,
        distribution: words::distribution::from_word(&row.distribution)?,
        rollover: Rollover {
            percent: u8::try_from(row.rollover_percent).map_err(|_| BROKEN)?,
            cap: row.rollover_cap.map(Credits::from_micros),
            cycles: u32::try_from(row.rollover_cycles).map_err(|_| BROKEN)?,
        },
    };
    Ok(CreditTypeRow {
        name: row.name,
        cadence: Cadence::parse(&row.cadence).ok_or(BROKEN)?,
        terms,
        sign_up: SignUp {
            amount: Credits::from_micros(row.sign_up),
            is_pro_rata: row.sign_up_is_pro_rata,
        },
        ceilings: Ceilings {
            per_request: row.most_per_request.map(Credits::from_micros),
            per_person: row.most_per_person.map(Credits::from_micros),
        },
        alerts: row.alert_thresholds.parse().map_err(|_| BROKEN)?,
        archived_at: row.archived_at.map(Timestamp::from_micros),
        version: row.version,
        created_at: Timestamp::from_micros(row.created_at),
    })
}

pub(crate) async fn find_credit_type<C: ConnectionTrait>(
    connection: &C,
    organisation: OrganisationId,
    id: CreditTypeId,
) -> Result<Option<CreditTypeRow>, StoreError> {
    credit_type::Entity::find_by_id((organisation.uuid(), id.uuid()))
        .one(connection)
        .await?
        .map(from_row)
        .transpose()
}

async fn list_all<C: ConnectionTrait>(
    connection: &C,
    organisation: OrganisationId,
) -> Result<Vec<CreditTypeRow>, StoreError> {
    credit_type::Entity::find()
        .filter(credit_type::Column::OrganisationId.eq(organisation.uuid()))
        .order_by_asc(credit_type::Column::CreatedAt)
        .order_by_asc(credit_type::Column::Id)
        .all(connection)
        .await?
        .into_iter()
        .map(from_row)
        .collect()
}

impl Store {
    /// One credit type.
    ///
    /// # Errors
    /// The store's own error.
    pub async fn find_credit_type(
        &self,
        organisation: OrganisationId,
        id: CreditTypeId,
    ) -> Result<Option<CreditTypeRow>, StoreError> {
        find_credit_type(self.read(), organisation, id).await
    }

    /// All credit types, oldest first.
    ///
    /// # Errors
    /// The store's own error.
    pub async fn list_credit_types(
        &self,
        organisation: OrganisationId,
    ) -> Result<Vec<CreditTypeRow>, StoreError> {
        list_all(self.read(), organisation).await
    }
}

impl Tx {
    /// Makes a credit type. Its first cycle is opened by [`Tx::open_first_cycle`].
    ///
    /// # Errors
    /// The constraint `credit_type_name_unique`, or the store's own error.
    pub async fn create_credit_type(&self, new: NewCreditType) -> Result<(), StoreError> {
        let NewCreditType {
            name,
            name_key,
            cadence,
            terms,
        } = new;
        let Terms {
            id,
            decimals,
            rate,
            limit,
            enforcement,
            distribution,
            rollover,
        } = terms;
        credit_type::Entity::insert(credit_type::ActiveModel {
            organisation_id: Set(self.organisation().uuid()),
            id: Set(id.uuid()),
            name: Set(name),
            name_key: Set(name_key),
            decimals: Set(i32::from(decimals.count())),
            rate_side: Set(words::rate_side::word(rate.side()).to_owned()),
            rate_nanos: Set(rate.nanos()),
            cadence: Set(cadence.as_str().to_owned()),
            limit_micros: Set(limit.micros()),
            enforcement: Set(words::enforcement::word(enforcement).to_owned()),
            distribution: Set(words::distribution::word(distribution).to_owned()),
            rollover_percent: Set(i32::from(rollover.percent)),
            rollover_cap: Set(rollover.cap.map(Credits::micros)),
            rollover_cycles: Set(i32::try_from(rollover.cycles).unwrap_or(i32::MAX)),
            version: Set(1),
            created_at: Set(self.at().micros()),
            ..Default::default()
        })
        .exec_without_returning(self.connection())
        .await?;
        self.keep_rate(id, 1, rate).await
    }

    /// One credit type, read under the head.
    ///
    /// # Errors
    /// The store's own error.
    pub async fn find_credit_type(&self, id: CreditTypeId) -> Result<Option<CreditTypeRow>, StoreError> {
        find_credit_type(self.connection(), self.organisation(), id).await
    }

    /// All credit types, oldest first, read under the head.
    ///
    /// # Errors
    /// The store's own error.
    pub async fn list_credit_types(&self) -> Result<Vec<CreditTypeRow>, StoreError> {
        list_all(self.connection(), self.organisation()).await
    }

    /// Writes the settings of a row and raises its version, also when nothing differs: whoever read it before must read
    /// again. The limit is not written: it moves with its entry, by [`Tx::post`](crate::Tx::post). Another rate than the
    /// row has by now is kept with the instant it holds from.
    ///
    /// # Errors
    /// The constraint `credit_type_name_unique`, or the store's own error.
    pub async fn write_credit_type(
        &mut self,
        row: &CreditTypeRow,
        name_key: String,
    ) -> Result<(), StoreError> {
        let CreditTypeRow {
            name,
            cadence,
            terms,
            sign_up,
            ceilings,
            alerts,
            archived_at,
            version,
            created_at: _,
        } = row.clone();
        let Terms {
            id,
            decimals,
            rate,
            limit: _,
            enforcement,
            distribution,
            rollover,
        } = terms;
        let version = version.saturating_add(1);
        let before = self.find_credit_type(id).await?;
        if before.is_none_or(|before| before.terms.rate != rate) {
            self.keep_rate(id, version, rate).await?;
            self.change_terms();
        }
        let model = credit_type::ActiveModel {
            organisation_id: Set(self.organisation().uuid()),
            id: Set(id.uuid()),
            name: Set(name),
            name_key: Set(name_key),
            decimals: Set(i32::from(decimals.count())),
            rate_side: Set(words::rate_side::word(rate.side()).to_owned()),
            rate_nanos: Set(rate.nanos()),
            cadence: Set(cadence.as_str().to_owned()),
            enforcement: Set(words::enforcement::word(enforcement).to_owned()),
            distribution: Set(words::distribution::word(distribution).to_owned()),
            rollover_percent: Set(i32::from(rollover.percent)),
            rollover_cap: Set(rollover.cap.map(Credits::micros)),
            rollover_cycles: Set(i32::try_from(rollover.cycles).unwrap_or(i32::MAX)),
            sign_up: Set(sign_up.amount.micros()),
            sign_up_is_pro_rata: Set(sign_up.is_pro_rata),
            most_per_request: Set(ceilings.per_request.map(Credits::micros)),
            most_per_person: Set(ceilings.per_person.map(Credits::micros)),
            alert_thresholds: Set(alerts.to_string()),
            archived_at: Set(archived_at.map(Timestamp::micros)),
            version: Set(version),
            ..Default::default()
        };
        credit_type::Entity::update(model).exec(self.connection()).await?;
        Ok(())
    }

    /// Whether an open hold or a credit request that waits stands on a credit type.
    ///
    /// # Errors
    /// The store's own error.
    pub async fn is_in_use(&self, id: CreditTypeId) -> Result<bool, StoreError> {
        let open = crate::ledger::open_cycle_row(self.connection(), self.organisation(), id).await?;
        let waiting = credit_request::Entity::find()
            .filter(credit_request::Column::OrganisationId.eq(self.organisation().uuid()))
            .filter(credit_request::Column::CreditTypeId.eq(id.uuid()))
            .filter(credit_request::Column::ClosedAt.is_null())
            .one(self.connection())
            .await?;
        Ok(open.held > 0 || waiting.is_some())
    }
}
