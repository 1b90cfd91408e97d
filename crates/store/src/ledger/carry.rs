//! What members would carry over if the open cycle ended now, for those who are about to end it.
//!
//! Where nothing rolls over only holders of credits that outlive the cycle are read. Where Monthly rolls over everyone
//! carries something: whoever holds no lots is added up by the database, the others are crossed in memory.

use allowance_domain::credit_types::{Distribution, Rollover};
use allowance_domain::ledger::{carried_if_ended, settle_member};
use allowance_values::{CreditTypeId, Credits, OrganisationId, PersonId, Timestamp};
use sea_orm::{ConnectionTrait, FromQueryResult, Statement};
use uuid::Uuid;

use super::load::{CHUNK, Groups, load, open_cycle_row};
use crate::connect::Store;
use crate::credit_types::find_credit_type;
use crate::error::StoreError;
use crate::tx::Tx;

#[derive(FromQueryResult)]
struct PersonRow {
    person_id: Uuid,
}

#[derive(FromQueryResult)]
struct SumRow {
    carried: i64,
}

/// Everyone of the credit type who holds an open lot; `{outliving}` may narrow it.
const HOLDERS: &str = "SELECT DISTINCT person_id FROM lot
    WHERE organisation_id = $1 AND credit_type_id = $2 AND is_open AND (expires_after_cycle IS NULL OR expires_after_cycle {from} $3)
    ORDER BY person_id";

/// What crosses of an amount, in whole micro-credits: divided first, so that no product overflows.
const ROLLED: &str = "CASE WHEN {cap} IS NOT NULL AND {share} > {cap} THEN {cap} ELSE {share} END";

fn rolled(amount: &str) -> String {
    let share = format!("(({amount}) / 100 * $4 + ({amount}) % 100 * $4 / 100)");
    ROLLED
        .replace("{share}", &share)
        .replace("{cap}", "CAST($5 AS BIGINT)")
}

impl Store {
    /// The sum of what members would carry over under a rollover, read before the head is taken: it costs by people.
    ///
    /// # Errors
    /// The store's own error.
    pub async fn carried_by_members(
        &self,
        organisation: OrganisationId,
        credit_type: CreditTypeId,
        rollover: Rollover,
    ) -> Result<Credits, StoreError> {
        let carrying = Carrying {
            connection: self.read(),
            organisation,
            credit_type,
            at: self.now(),
        };
        carrying.by_members(rollover).await
    }
}

impl Tx {
    /// The same under the head, for a change that gives members other figures before it ends the cycle.
    ///
    /// # Errors
    /// The store's own error.
    pub async fn carried_by_members(
        &self,
        credit_type: CreditTypeId,
        rollover: Rollover,
    ) -> Result<Credits, StoreError> {
        let carrying = Carrying {
            connection: self.connection(),
            organisation: self.organisation(),
            credit_type,
            at: self.at(),
        };
        carrying.by_members(rollover).await
    }
}

/// Whose carry-over is added up, read with what, as of when.
struct Carrying<'c, C> {
    connection: &'c C,
    organisation: OrganisationId,
    credit_type: CreditTypeId,
    at: Timestamp,
}

impl<C: ConnectionTrait> Carrying<'_, C> {
    async fn by_members(&self, rollover: Rollover) -> Result<Credits, StoreError> {
        let row = find_credit_type(self.connection, self.organisation, self.credit_type)
            .await?
            .ok_or(StoreError::Corrupt("credit_type"))?;
        let open = open_cycle_row(self.connection, self.organisation, self.credit_type).await?;
        let rollover = match row.terms.distribution {
            Distribution::Individual => rollover,
            Distribution::SharedPool => Rollover::NONE,
        };
        let rolls = rollover.percent > 0;
        let mut carried = self.by_holders(open.number, rollover).await?;
        if rolls {
            let others = self.without_lots(open.number, rollover).await?;
            carried = carried
                .checked_add(others)
                .ok_or(StoreError::Corrupt("member_cycle"))?;
        }
        Ok(carried)
    }

    async fn by_holders(&self, cycle: i64, rollover: Rollover) -> Result<Credits, StoreError> {
        let sql = HOLDERS.replace("{from}", if rollover.percent > 0 { ">=" } else { ">" });
        let values = [
            self.organisation.uuid().into(),
            self.credit_type.uuid().into(),
            cycle.into(),
        ];
        let statement = Statement::from_sql_and_values(self.connection.get_database_backend(), sql, values);
        let holders = PersonRow::find_by_statement(statement)
            .all(self.connection)
            .await?;
        let mut carried = Credits::ZERO;
        for chunk in holders.chunks(CHUNK) {
            let people: Vec<PersonId> = chunk.iter().map(|row| PersonId::new(row.person_id)).collect();
            let loaded = load(
                self.connection,
                self.organisation,
                self.credit_type,
                &people,
                Groups::Named(&[]),
            );
            let mut open = loaded.await?.ok_or(StoreError::Corrupt("credit_type"))?;
            open.book.terms.rollover = rollover;
            for person in people {
                let broken = |_| StoreError::Corrupt("lot");
                settle_member(&mut open.book, person, self.at).map_err(broken)?;
                let of_member = carried_if_ended(&open.book, person, self.at).map_err(broken)?;
                carried = carried.checked_add(of_member).ok_or(StoreError::Corrupt("lot"))?;
            }
        }
        Ok(carried)
    }

    async fn without_lots(&self, cycle: i64, rollover: Rollover) -> Result<Credits, StoreError> {
        const NO_LOTS: &str = "NOT EXISTS (SELECT 1 FROM lot WHERE lot.organisation_id = member.organisation_id
            AND lot.credit_type_id = member.credit_type_id AND lot.person_id = member.person_id AND lot.is_open
            AND (lot.expires_after_cycle IS NULL OR lot.expires_after_cycle >= $3))";
        let touched = rolled("member.monthly - member.used - member.held");
        let untouched = rolled("member.monthly");
        let sql = format!(
            "SELECT CAST(COALESCE(SUM(carried), 0) AS BIGINT) AS carried FROM (
                SELECT {touched} AS carried FROM member_cycle member
                WHERE organisation_id = $1 AND credit_type_id = $2 AND cycle_number = $3
                AND monthly > used + held AND {NO_LOTS}
                UNION ALL
                SELECT {untouched} AS carried FROM member_standing member
                WHERE organisation_id = $1 AND credit_type_id = $2 AND monthly > 0 AND {NO_LOTS}
                AND NOT EXISTS (SELECT 1 FROM member_cycle mc WHERE mc.organisation_id = member.organisation_id
                    AND mc.credit_type_id = member.credit_type_id AND mc.person_id = member.person_id
                    AND mc.cycle_number = $3)
             ) parts"
        );
        let values: [sea_orm::Value; 5] = [
            self.organisation.uuid().into(),
            self.credit_type.uuid().into(),
            cycle.into(),
            i64::from(rollover.percent).into(),
            rollover.cap.map(Credits::micros).into(),
        ];
        let statement = Statement::from_sql_and_values(self.connection.get_database_backend(), sql, values);
        let row = SumRow::find_by_statement(statement).one(self.connection).await?;
        Ok(row.map_or(Credits::ZERO, |row| Credits::from_micros(row.carried)))
    }
}
