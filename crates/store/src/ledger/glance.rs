//! All members that a filter names, at a glance: one pass reads whoever stands in the open cycle. Whoever must first be
//! brought forward, or has lots whose time has come, is told apart, for the loader to load and settle.

use std::collections::HashSet;

use allowance_domain::allocations::MemberFigures;
use allowance_domain::ledger::{Book, MemberStanding, MemberState};
use allowance_values::{Credits, GroupId, OrganisationId, PersonId, Timestamp};
use sea_orm::{ConnectionTrait, FromQueryResult, Statement, Value};
use uuid::Uuid;

use crate::clause::Clause;
use crate::error::StoreError;
use crate::people::{Matching, PageStart, PeopleFilter};

/// The members a filter names.
pub(super) struct Glance {
    /// Those who are in the book now.
    pub(super) here: Vec<PageStart>,
    /// Those who are not.
    pub(super) behind: Vec<PageStart>,
}

#[derive(FromQueryResult)]
struct Row {
    id: Uuid,
    name_key: String,
    group_id: Uuid,
    standing: Option<i64>,
    cap: Option<i64>,
    monthly: Option<i64>,
    extra: Option<i64>,
    carried: Option<i64>,
    used: Option<i64>,
    held: Option<i64>,
}

#[derive(FromQueryResult)]
struct PersonRow {
    person_id: Uuid,
}

/// Rows of earlier cycles that no later one has taken up; lots whose time has come, as far as something is left of them.
const WAITING: &str = "SELECT person_id FROM member_cycle
    WHERE organisation_id = $1 AND credit_type_id = $2 AND NOT is_settled AND cycle_number < $3
    UNION SELECT person_id FROM lot
    WHERE organisation_id = $1 AND credit_type_id = $2 AND cycle_number = $3 AND expires_at <= $4 AND amount > 0";

/// Whether any cycle that ended let Monthly roll over: then also those without a row may carry something.
const ROLLED: &str = "SELECT credit_type_id AS person_id FROM cycle
    WHERE organisation_id = $1 AND credit_type_id = $2 AND number < $3 AND rollover_percent > 0 AND $4 = $4 LIMIT 1";

async fn people<C: ConnectionTrait>(
    connection: &C,
    sql: &str,
    values: &[Value],
) -> Result<HashSet<Uuid>, StoreError> {
    let backend = connection.get_database_backend();
    let statement = Statement::from_sql_and_values(backend, sql, values.iter().cloned());
    let rows = PersonRow::find_by_statement(statement).all(connection).await?;
    Ok(rows.into_iter().map(|row| row.person_id).collect())
}

impl Glance {
    /// Reads the members a filter names, in no order, and puts those who stand in the open cycle into the book, without
    /// their lots and holds.
    pub(super) async fn of<C: ConnectionTrait>(
        connection: &C,
        organisation: OrganisationId,
        book: &mut Book,
        filter: &PeopleFilter,
        now: Timestamp,
    ) -> Result<Self, StoreError> {
        let (credit_type, cycle) = (book.terms.id, book.cycle.number);
        let values: [Value; 4] = [
            organisation.uuid().into(),
            credit_type.uuid().into(),
            cycle.into(),
            now.micros().into(),
        ];
        let waiting = people(connection, WAITING, &values).await?;
        let has_rolled = !people(connection, ROLLED, &values).await?.is_empty();

        let Matching { from, mut clause } = Matching::everybody(connection, organisation, filter).await?;
        let (of_type, of_cycle) = (clause.bind(credit_type.uuid()), clause.bind(cycle));
        let Clause { text, values } = clause;
        let sql = format!(
            "SELECT p.id, p.name_key, p.group_id, s.monthly AS standing, s.cap, c.monthly, c.extra, c.carried, c.used, c.held
             FROM {from}
             LEFT JOIN member_standing s ON s.organisation_id = p.organisation_id AND s.credit_type_id = {of_type}
                AND s.person_id = p.id
             LEFT JOIN member_cycle c ON c.organisation_id = p.organisation_id AND c.credit_type_id = {of_type}
                AND c.person_id = p.id AND c.cycle_number = {of_cycle}
             WHERE {text}"
        );
        let statement = Statement::from_sql_and_values(connection.get_database_backend(), sql, values);
        let rows = Row::find_by_statement(statement).all(connection).await?;
        let mut glance = Self {
            here: Vec::with_capacity(rows.len()),
            behind: Vec::new(),
        };
        for row in rows {
            let may_carry =
                has_rolled && row.monthly.is_none() && row.standing.is_some_and(|monthly| monthly > 0);
            let at = PageStart {
                id: PersonId::new(row.id),
                name_key: row.name_key.clone(),
            };
            if may_carry || waiting.contains(&row.id) {
                glance.behind.push(at);
            } else {
                book.members.insert(at.id, member_of(book, &row));
                glance.here.push(at);
            }
        }
        Ok(glance)
    }
}

fn member_of(book: &Book, row: &Row) -> MemberState {
    let credits = |micros: Option<i64>| Credits::from_micros(micros.unwrap_or(0));
    let standing = MemberStanding {
        monthly: credits(row.standing),
        cap: row.cap.map(Credits::from_micros),
    };
    let group = GroupId::new(row.group_id);
    let mut member = MemberState::untouched(group, standing, book.terms.distribution, book.cycle.number);
    if row.monthly.is_some() {
        member.is_touched = true;
        member.figures = MemberFigures {
            monthly: credits(row.monthly),
            extra: credits(row.extra),
            carried: credits(row.carried),
            used: credits(row.used),
            held: credits(row.held),
        };
    }
    member
}
