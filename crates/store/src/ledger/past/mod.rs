//! The state at a past moment: a position in the ledger, and what had changed by then.
//!
//! Figures are folded from the entries up to that position and put into the domain's own formulas; standing orders,
//! settings and membership come from their histories. Names and owners are those of today. What was written later about
//! that moment counts: people are brought forward late, and dated lots end when somebody looks.

mod before_stretch;
mod groups;
mod members;
mod rebuild;
mod sums;

pub use rebuild::Rebuilt;

use allowance_domain::allocations::CycleFigures;
use allowance_domain::credit_types::Distribution;
use allowance_domain::ledger::ClosedCycle;
use allowance_values::{CreditTypeId, CycleId, OrganisationId, Timestamp};
use sea_orm::{ColumnTrait, EntityTrait, FromQueryResult, QueryFilter, QueryOrder, QuerySelect, Statement};

use super::ended::closed;
use super::words;
use crate::connect::Store;
use crate::credit_types::{CreditTypeRow, CycleRow, cycle_row_of, find_credit_type};
use crate::entities::{credit_type_change, cycle};
use crate::error::StoreError;

/// A moment in the life of a credit type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Moment {
    /// When.
    pub at: Timestamp,
    /// The credit type, its distribution as it was.
    pub credit_type: CreditTypeRow,
    /// The cycle that was open, with its figures as they were.
    pub cycle: CycleRow,
    /// The organisation's figures.
    pub figures: CycleFigures,
    /// The last entry that counts.
    pub position: i64,
    organisation: OrganisationId,
    /// Before the first entry of the cycle.
    after: i64,
    /// The cycle and those that were stretches of it by then.
    numbers: Vec<i64>,
    /// In the stretch of a reset that was undone since: the cycle before it, as the reset ended it.
    before: Option<ClosedCycle>,
}

impl Moment {
    /// Whose credit type it is.
    #[must_use]
    pub const fn organisation(&self) -> OrganisationId {
        self.organisation
    }
}

#[derive(FromQueryResult)]
struct SeqRow {
    seq: Option<i64>,
}

impl Store {
    /// A moment, or nothing when there is no such credit type or it had no cycle then.
    ///
    /// # Errors
    /// The store's own error.
    pub async fn moment(
        &self,
        organisation: OrganisationId,
        credit_type: CreditTypeId,
        at: Timestamp,
    ) -> Result<Option<Moment>, StoreError> {
        let Some(mut row) = find_credit_type(self.read(), organisation, credit_type).await? else {
            return Ok(None);
        };
        let begun = cycle::Entity::find()
            .filter(cycle::Column::OrganisationId.eq(organisation.uuid()))
            .filter(cycle::Column::CreditTypeId.eq(credit_type.uuid()))
            .filter(cycle::Column::Number.gt(0))
            .filter(cycle::Column::StartsAt.lte(at.micros()))
            .order_by_desc(cycle::Column::Number);
        // Where a reset was undone since, its cycle and the one that reopened both span the moment: the later it was.
        let open = begun
            .clone()
            .filter(cycle::Column::EndsAt.gt(at.micros()))
            .one(self.read())
            .await?;
        let Some(open) = open else { return Ok(None) };
        let whole = open.stretch_of.unwrap_or(open.number);
        let stretches: Vec<i64> = begun
            .select_only()
            .column(cycle::Column::Number)
            .filter(cycle::Column::StretchOf.eq(whole))
            .filter(cycle::Column::StartsAt.gte(open.starts_at))
            .filter(cycle::Column::EndsAt.lte(at.micros()))
            .into_tuple()
            .all(self.read())
            .await?;
        let mut numbers = vec![open.number];
        numbers.extend(stretches.into_iter().filter(|number| *number != open.number));
        row.terms.distribution = self
            .distribution_at(organisation, credit_type, at)
            .await?
            .unwrap_or(row.terms.distribution);
        let (after, position) = self.position_at(organisation, credit_type, &open, at).await?;
        let mut cycle = cycle_row_of(&open)?;
        cycle.ends_at = open.planned_end.map_or(cycle.ends_at, Timestamp::from_micros);
        let before = self.before_stretch(&open, whole).await?;
        let mut moment = Moment {
            at,
            credit_type: row,
            cycle,
            figures: CycleFigures::default(),
            position,
            organisation,
            after,
            numbers,
            before,
        };
        moment.figures = self.cycle_figures_at(&moment).await?;
        moment.cycle.is_open = true;
        moment.cycle.limit = moment.figures.limit;
        moment.cycle.used = moment.figures.used;
        moment.cycle.carried = moment.figures.carried;
        Ok(Some(moment))
    }

    /// The cycle of an id, as it stood in its last instant; nothing when it is none of this credit type's.
    ///
    /// # Errors
    /// The store's own error.
    pub async fn last_instant_of(
        &self,
        organisation: OrganisationId,
        credit_type: CreditTypeId,
        id: CycleId,
    ) -> Result<Option<Timestamp>, StoreError> {
        let row = cycle::Entity::find()
            .filter(cycle::Column::OrganisationId.eq(organisation.uuid()))
            .filter(cycle::Column::CreditTypeId.eq(credit_type.uuid()))
            .filter(cycle::Column::Id.eq(id.uuid()))
            .filter(cycle::Column::Number.gt(0))
            .one(self.read())
            .await?;
        Ok(row.map(|row| {
            let last = Timestamp::from_micros(row.ends_at).plus_micros(-1);
            if row.is_open { last.min(self.now()) } else { last }
        }))
    }

    /// The cycle before a stretch, by the terms that led into it; nothing for a cycle that is no stretch, and where another
    /// stretch lies between.
    async fn before_stretch(
        &self,
        open: &cycle::Model,
        whole: i64,
    ) -> Result<Option<ClosedCycle>, StoreError> {
        // Stretches of former days do not say by which terms people crossed into them.
        if open.stretch_of.is_none() || open.rollover_percent.is_none() {
            return Ok(None);
        }
        let between = cycle::Entity::find()
            .filter(cycle::Column::OrganisationId.eq(open.organisation_id))
            .filter(cycle::Column::CreditTypeId.eq(open.credit_type_id))
            .filter(cycle::Column::StretchOf.eq(whole))
            .filter(cycle::Column::Number.lt(open.number))
            .filter(cycle::Column::EndsAt.gt(open.starts_at))
            .one(self.read())
            .await?;
        let before = ClosedCycle {
            number: whole,
            ends_at: Timestamp::from_micros(open.starts_at),
            ..closed(open)?
        };
        Ok(between.is_none().then_some(before))
    }

    async fn distribution_at(
        &self,
        organisation: OrganisationId,
        credit_type: CreditTypeId,
        at: Timestamp,
    ) -> Result<Option<Distribution>, StoreError> {
        // The first change since says how it was.
        let since = credit_type_change::Entity::find()
            .filter(credit_type_change::Column::OrganisationId.eq(organisation.uuid()))
            .filter(credit_type_change::Column::CreditTypeId.eq(credit_type.uuid()))
            .filter(credit_type_change::Column::Setting.eq("distribution"))
            .filter(credit_type_change::Column::At.gt(at.micros()))
            .order_by_asc(credit_type_change::Column::Id)
            .one(self.read())
            .await?;
        let before = since.and_then(|change| change.before_text);
        before
            .map(|word| words::distribution::from_word(&word))
            .transpose()
    }

    /// After which entry the cycle begins, and the last one that counts: also the cycle's opening, which whoever looked
    /// first after the boundary has written.
    async fn position_at(
        &self,
        organisation: OrganisationId,
        credit_type: CreditTypeId,
        open: &cycle::Model,
        at: Timestamp,
    ) -> Result<(i64, i64), StoreError> {
        let organisation = organisation.uuid();
        let last = "SELECT last_seq AS seq FROM ledger_batch WHERE organisation_id = $1 AND at <= $2
            ORDER BY at DESC, last_seq DESC LIMIT 1";
        let last = self
            .seq(last, vec![organisation.into(), at.micros().into()])
            .await?;
        let before = "SELECT last_seq AS seq FROM ledger_batch WHERE organisation_id = $1 AND at < $2
            ORDER BY at DESC, last_seq DESC LIMIT 1";
        let before = self
            .seq(before, vec![organisation.into(), open.starts_at.into()])
            .await?;
        let opening = "SELECT MIN(b.last_seq) AS seq FROM ledger_batch b WHERE b.organisation_id = $1 AND b.last_seq >=
            (SELECT e.seq FROM ledger_entry e WHERE e.organisation_id = $1 AND e.seq > $2 AND e.credit_type_id = $3
             AND e.cycle_number = $4 ORDER BY e.seq LIMIT 1)";
        let opening = self
            .seq(
                opening,
                vec![
                    organisation.into(),
                    before.into(),
                    credit_type.uuid().into(),
                    open.number.into(),
                ],
            )
            .await?;
        Ok((before, last.max(opening)))
    }

    async fn seq(&self, sql: &str, values: Vec<sea_orm::Value>) -> Result<i64, StoreError> {
        let statement = Statement::from_sql_and_values(self.backend(), sql, values);
        let row = SeqRow::find_by_statement(statement).one(self.read()).await?;
        Ok(row.and_then(|row| row.seq).unwrap_or(0))
    }
}
