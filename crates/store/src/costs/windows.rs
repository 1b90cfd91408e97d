//! Where the entries behind a figure lie in the ledger: on the days that the roll-up knows of, and after its mark.

use allowance_values::{Day, Timestamp};
use sea_orm::{ConnectionTrait, DatabaseTransaction, Statement};

use super::rollup::rolled_up;
use super::select::{CostQuery, Select};
use crate::error::StoreError;

/// No zone is further from UTC.
const ZONES_SECONDS: i64 = 15 * 3_600;

/// Where entries lie.
#[derive(Clone, Copy)]
pub(super) enum Window {
    /// After a position.
    Tail(i64),
    /// Charged to these days.
    Days(i32, i32),
}

/// Where entries lie that meet the query, the newest first: those that are not rolled up, and the days that the
/// roll-up knows of.
pub(super) async fn windows(tx: &DatabaseTransaction, query: &CostQuery) -> Result<Vec<Window>, StoreError> {
    let backend = tx.get_database_backend();
    let mark = rolled_up(tx, query.organisation).await?;
    let mut select = Select::new(query, backend, None);
    let within = select.within(&query.period, query.days);
    let sql = format!(
        "{} SELECT DISTINCT counted_day AS day FROM facts ORDER BY 1 DESC",
        select.facts(&within)
    );
    let statement = Statement::from_sql_and_values(backend, sql, select.values());
    let mut windows = vec![Window::Tail(mark.seq)];
    for row in tx.query_all_raw(statement).await? {
        let day: i32 = row.try_get("", "day")?;
        if let Some(Window::Days(first, _)) = windows.last_mut()
            && day.saturating_add(1) == *first
        {
            *first = day;
        } else {
            windows.push(Window::Days(day, day));
        }
    }
    Ok(windows)
}

impl Window {
    /// Between which entries a window lies; nothing when it is empty. Positions and time have one order.
    pub(super) async fn bounds(
        self,
        tx: &DatabaseTransaction,
        query: &CostQuery,
    ) -> Result<Option<(i64, i64)>, StoreError> {
        let (from, to) = match self {
            Self::Tail(mark) => return Ok(Some((mark.saturating_add(1), i64::MAX))),
            Self::Days(from, to) => (from, to),
        };
        let broken = || StoreError::Corrupt("cost_sum");
        let from = Day::from_number(from).ok_or_else(broken)?;
        let to = Day::from_number(to).ok_or_else(broken)?;
        let sides = [
            (
                "SELECT first_seq FROM ledger_batch WHERE organisation_id = $1 AND at >= $2
                 ORDER BY at, last_seq LIMIT 1",
                midnight(from).plus_seconds(-ZONES_SECONDS),
            ),
            (
                "SELECT last_seq FROM ledger_batch WHERE organisation_id = $1 AND at <= $2
                 ORDER BY at DESC, last_seq DESC LIMIT 1",
                midnight(to.plus_days(1)).plus_seconds(ZONES_SECONDS),
            ),
        ];
        let mut bounds = Vec::with_capacity(sides.len());
        for (sql, at) in sides {
            let values = [query.organisation.uuid().into(), at.micros().into()];
            let statement = Statement::from_sql_and_values(tx.get_database_backend(), sql, values);
            if let Some(row) = tx.query_one_raw(statement).await? {
                bounds.push(row.try_get_by_index(0)?);
            }
        }
        Ok(match bounds.as_slice() {
            [first, last] => Some((*first, *last)),
            _ => None,
        })
    }
}

/// The beginning of a day in UTC.
pub(super) fn midnight(day: Day) -> Timestamp {
    Timestamp::from_offset_date_time(day.date().midnight().assume_utc())
}
