//! What the proof of the books asks of costs: the credits of roll-up and tail by cycle and group, to compare with what the
//! entries say by the proof's own addition.

use std::collections::BTreeMap;

use allowance_values::OrganisationId;
use sea_orm::{ConnectionTrait, DatabaseTransaction, Statement};
use uuid::Uuid;

use super::fold::Fold;
use super::rollup::{end_of, rolled_up};
use crate::error::StoreError;

/// Credits by credit type, cycle and group.
pub(crate) async fn credits_by_group(
    tx: &DatabaseTransaction,
    organisation: OrganisationId,
) -> Result<BTreeMap<(Uuid, i64, Uuid), i128>, StoreError> {
    let mut credits = BTreeMap::<_, i128>::new();
    let sql = "SELECT credit_type_id, cycle_number, group_id, CAST(SUM(credits_high) AS BIGINT) AS high,
            CAST(SUM(credits_low) AS BIGINT) AS low
        FROM cost_sum WHERE organisation_id = $1 GROUP BY 1, 2, 3";
    let values = [organisation.uuid().into()];
    let statement = Statement::from_sql_and_values(tx.get_database_backend(), sql, values);
    for row in tx.query_all_raw(statement).await? {
        let key = (
            row.try_get("", "credit_type_id")?,
            row.try_get("", "cycle_number")?,
            row.try_get("", "group_id")?,
        );
        let (high, low): (i64, i64) = (row.try_get("", "high")?, row.try_get("", "low")?);
        credits.insert(key, i128::from(high) * (1 << 32) + i128::from(low));
    }
    let mut mark = rolled_up(tx, organisation).await?;
    let end = end_of(tx, organisation).await?;
    while mark != end {
        let mut fold = Fold::default();
        mark = fold.step(tx, organisation, None, (mark, end)).await?;
        for (grain, sum) in fold.sums {
            *credits
                .entry((grain.credit_type, grain.cycle, grain.group))
                .or_default() += sum.credits;
        }
    }
    Ok(credits)
}
