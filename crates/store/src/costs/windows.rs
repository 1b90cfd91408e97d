//! Where the entries behind a figure lie in the ledger: on the days that the roll-up knows of, and after its mark. Where few
//! people have what is asked for on a day, it knows them too.

use allowance_values::Day;
use sea_orm::{ConnectionTrait, DatabaseTransaction, Statement};
use uuid::Uuid;

use super::calendar::Calendar;
use super::facts::Mark;
use super::rollup::rolled_up;
use super::select::{CostFilter, CostQuery, CostViewer, Select};
use crate::error::StoreError;

/// So few people's entries are looked up person by person.
const FEW: i64 = 100;

/// Where entries lie.
#[derive(Clone, Copy)]
pub(super) enum Window {
    /// After the mark.
    Tail(Mark),
    /// Charged to these days.
    Days(i32, i32),
    /// Charged to this day, by few people.
    Few(i32),
}

/// Where entries lie that meet the query, the newest first: those that are not rolled up, and the days that the
/// roll-up knows of.
pub(super) async fn windows(
    tx: &DatabaseTransaction,
    query: &CostQuery,
    calendar: &Calendar,
) -> Result<Vec<Window>, StoreError> {
    let mark = rolled_up(tx, query.organisation).await?;
    // Days of several zones overlap: what one leaves out for another's sake would be missed.
    let can_be_few = calendar.has_one_zone() && query.filter.person.is_none() && is_narrow(query);
    let people = if can_be_few {
        "COUNT(DISTINCT person_id)"
    } else {
        "0"
    };
    let columns = format!("counted_day AS day, CAST({people} AS BIGINT) AS people");
    let mut windows = vec![Window::Tail(mark)];
    for row in sums(tx, query, &columns, "TRUE", "GROUP BY 1 ORDER BY 1 DESC").await? {
        let day: i32 = row.try_get("", "day")?;
        let people: i64 = row.try_get("", "people")?;
        if can_be_few && people <= FEW {
            windows.push(Window::Few(day));
        } else if let Some(Window::Days(first, _)) = windows.last_mut()
            && day.saturating_add(1) == *first
        {
            *first = day;
        } else {
            windows.push(Window::Days(day, day));
        }
    }
    Ok(windows)
}

/// Whether not everything is asked for.
fn is_narrow(query: &CostQuery) -> bool {
    query.viewer != CostViewer::Everything || query.filter != CostFilter::default()
}

/// What the roll-up knows of the period.
async fn sums(
    tx: &DatabaseTransaction,
    query: &CostQuery,
    columns: &str,
    condition: &str,
    rest: &str,
) -> Result<Vec<sea_orm::QueryResult>, StoreError> {
    let backend = tx.get_database_backend();
    let mut select = Select::new(query, backend, None);
    let within = select.within(&query.period, query.days);
    let facts = select.facts(&format!("{within} AND {condition}"));
    let sql = format!("{facts} SELECT {columns} FROM facts {rest}");
    let statement = Statement::from_sql_and_values(backend, sql, select.values());
    Ok(tx.query_all_raw(statement).await?)
}

/// From the first to the last day on which the roll-up knows of anything.
pub(super) fn days(windows: &[Window]) -> Option<(i32, i32)> {
    let days = windows.iter().filter_map(|window| match *window {
        Window::Tail(_) => None,
        Window::Days(from, to) => Some((from, to)),
        Window::Few(day) => Some((day, day)),
    });
    days.reduce(|(first, last), (from, to)| (first.min(from), last.max(to)))
}

impl Window {
    /// Between which entries a window lies; nothing when it is empty. Positions and time have one order.
    pub(super) async fn bounds(
        self,
        tx: &DatabaseTransaction,
        query: &CostQuery,
        calendar: &Calendar,
    ) -> Result<Option<(i64, i64)>, StoreError> {
        let (from, to) = match self {
            Self::Tail(mark) => return Ok(Some((mark.seq.saturating_add(1), i64::MAX))),
            Self::Days(from, to) => (from, to),
            Self::Few(day) => (day, day),
        };
        let broken = || StoreError::Corrupt("cost_sum");
        let from = Day::from_number(from).ok_or_else(broken)?;
        let to = Day::from_number(to).ok_or_else(broken)?;
        let (from, to) = calendar.span(from, to);
        let sides = [
            (
                "SELECT first_seq FROM ledger_batch WHERE organisation_id = $1 AND at >= $2
                 ORDER BY at, last_seq LIMIT 1",
                from,
            ),
            (
                "SELECT last_seq FROM ledger_batch WHERE organisation_id = $1 AND at < $2
                 ORDER BY at DESC, last_seq DESC LIMIT 1",
                to,
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

    /// Whose entries of a window meet the query, where they are few.
    pub(super) async fn people(
        self,
        tx: &DatabaseTransaction,
        query: &CostQuery,
    ) -> Result<Option<Vec<Uuid>>, StoreError> {
        let Self::Few(day) = self else { return Ok(None) };
        let on_day = format!("counted_day = {day}");
        let rows = sums(tx, query, "DISTINCT person_id", &on_day, "").await?;
        let people: Result<Vec<Uuid>, _> = rows.iter().map(|row| row.try_get_by_index(0)).collect();
        Ok(Some(people?))
    }
}
