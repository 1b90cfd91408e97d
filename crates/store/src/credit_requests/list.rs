//! Pages and counts of requests. What the viewer may see and decide is part of the statement, so a page never holds
//! more, and never less than it could.

use allowance_domain::credit_requests::RequestStatus;
use allowance_values::{CreditRequestId, CreditTypeId, GroupId, OrganisationId, PersonId, Timestamp};
use sea_orm::{EntityTrait, FromQueryResult, Statement};

use super::rows::{CreditRequestRow, status};
use crate::clause::Clause;
use crate::connect::Store;
use crate::entities::credit_request;
use crate::error::StoreError;
use crate::people::{COUNTED, MAX_WORDS, Total, end_of};

/// Who looks at requests.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestViewer {
    /// The viewer.
    pub person: PersonId,
    /// Whether they read every request.
    pub reads_all: bool,
    /// Whether they decide every request but their own.
    pub decides_all: bool,
    /// The groups whose requests they see and decide.
    pub groups: Vec<GroupId>,
    /// Whether they see and decide those of their reports.
    pub decides_reports: bool,
}

/// Whose requests are asked for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum RequestScope {
    /// All that the viewer may see.
    #[default]
    Visible,
    /// Those the viewer can decide now.
    ToDecide,
    /// The viewer's own.
    Own,
}

/// Which requests are asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RequestFilter {
    /// Whose.
    pub scope: RequestScope,
    /// Only those that wait, for a decision or for information.
    pub is_open: bool,
    /// Only in this state.
    pub status: Option<RequestStatus>,
    /// Words, as `search_words` gives them, each of which must begin a word of the requester.
    pub words: Vec<String>,
    /// Only of people in this group now.
    pub group: Option<GroupId>,
    /// Only of this person.
    pub person: Option<PersonId>,
    /// Only those made at this instant or later.
    pub from: Option<Timestamp>,
    /// Only those made before this instant.
    pub until: Option<Timestamp>,
    /// Oldest first instead of newest.
    pub is_oldest_first: bool,
}

/// The request after which a page begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RequestStart {
    /// When it was made.
    pub submitted_at: Timestamp,
    /// Its id.
    pub id: CreditRequestId,
}

#[derive(FromQueryResult)]
struct CountsRow {
    to_decide: i64,
    open: i64,
}

const FROM: &str =
    "credit_request r JOIN person p ON p.organisation_id = r.organisation_id AND p.id = r.person_id";

/// The condition that the viewer stands above the requester.
fn decides(clause: &mut Clause, viewer: &RequestViewer) -> String {
    let RequestViewer {
        person,
        decides_all,
        groups,
        decides_reports,
        ..
    } = viewer;
    let me = clause.bind(person.uuid());
    let mut above = Vec::new();
    if *decides_all {
        above.push("1 = 1".to_owned());
    }
    if !groups.is_empty() {
        let groups = clause.bind_all(groups.iter().map(|group| group.uuid()));
        above.push(format!("p.group_id IN ({groups})"));
    }
    if *decides_reports {
        above.push(format!("p.manager_id = {me}"));
    }
    if above.is_empty() {
        above.push("1 = 0".to_owned());
    }
    format!("(r.person_id <> {me} AND ({}))", above.join(" OR "))
}

/// The condition that the viewer may see the request.
fn is_visible(clause: &mut Clause, viewer: &RequestViewer) -> String {
    if viewer.reads_all {
        return "1 = 1".to_owned();
    }
    let me = clause.bind(viewer.person.uuid());
    let mut any = format!("r.person_id = {me} OR r.decided_by = {me}");
    if viewer.decides_all || viewer.decides_reports || !viewer.groups.is_empty() {
        let decides = decides(clause, viewer);
        any = format!("{any} OR {decides}");
    }
    format!("({any})")
}

fn clause_of(
    organisation: OrganisationId,
    credit_type: CreditTypeId,
    viewer: &RequestViewer,
    filter: &RequestFilter,
) -> Clause {
    let mut clause = Clause::new(
        "r.organisation_id = $1 AND r.credit_type_id = $2",
        vec![organisation.uuid().into(), credit_type.uuid().into()],
    );
    let RequestFilter {
        scope,
        is_open,
        status: stands,
        words,
        group,
        person,
        from,
        until,
        is_oldest_first: _,
    } = filter;
    let condition = match scope {
        RequestScope::Visible => is_visible(&mut clause, viewer),
        RequestScope::ToDecide => format!("r.closed_at IS NULL AND {}", decides(&mut clause, viewer)),
        RequestScope::Own => format!("r.person_id = {}", clause.bind(viewer.person.uuid())),
    };
    clause.and(&condition);
    if *is_open {
        clause.and("r.closed_at IS NULL");
    }
    if let Some(stands) = stands {
        let word = clause.bind(status::word(*stands));
        clause.and(&format!("r.status = {word}"));
    }
    if let Some(group) = group {
        let group = clause.bind(group.uuid());
        clause.and(&format!("p.group_id = {group}"));
    }
    if let Some(person) = person {
        let person = clause.bind(person.uuid());
        clause.and(&format!("r.person_id = {person}"));
    }
    if let Some(from) = from {
        let from = clause.bind(from.micros());
        clause.and(&format!("r.submitted_at >= {from}"));
    }
    if let Some(until) = until {
        let until = clause.bind(until.micros());
        clause.and(&format!("r.submitted_at < {until}"));
    }
    for word in words.iter().take(MAX_WORDS) {
        let (first, last) = (clause.bind(word.as_str()), clause.bind(end_of(word)));
        clause.and(&format!(
            "EXISTS (SELECT 1 FROM person_token t WHERE t.organisation_id = r.organisation_id
             AND t.person_id = r.person_id AND t.token >= {first} AND t.token < {last})"
        ));
    }
    clause
}

impl Store {
    /// Requests in the order of their making, from a start on.
    ///
    /// # Errors
    /// The store's own error.
    pub async fn list_credit_requests(
        &self,
        organisation: OrganisationId,
        credit_type: CreditTypeId,
        viewer: &RequestViewer,
        filter: &RequestFilter,
        after: Option<RequestStart>,
        limit: u64,
    ) -> Result<Vec<CreditRequestRow>, StoreError> {
        let mut clause = clause_of(organisation, credit_type, viewer, filter);
        let (later, direction) = if filter.is_oldest_first {
            (">", "ASC")
        } else {
            ("<", "DESC")
        };
        if let Some(RequestStart { submitted_at, id }) = after {
            let (at, id) = (clause.bind(submitted_at.micros()), clause.bind(id.uuid()));
            clause.and(&format!("(r.submitted_at, r.id) {later} ({at}, {id})"));
        }
        let limit = clause.bind(i64::try_from(limit).unwrap_or(i64::MAX));
        let Clause { text, values } = clause;
        let sql = format!(
            "SELECT r.* FROM {FROM} WHERE {text}
             ORDER BY r.submitted_at {direction}, r.id {direction} LIMIT {limit}"
        );
        credit_request::Entity::find()
            .from_raw_sql(Statement::from_sql_and_values(self.backend(), sql, values))
            .all(self.read())
            .await?
            .into_iter()
            .map(CreditRequestRow::try_from)
            .collect()
    }

    /// How many requests there are in all; counting ends at a bound.
    ///
    /// # Errors
    /// The store's own error.
    pub async fn count_credit_requests(
        &self,
        organisation: OrganisationId,
        credit_type: CreditTypeId,
        viewer: &RequestViewer,
        filter: &RequestFilter,
    ) -> Result<Total, StoreError> {
        let clause = clause_of(organisation, credit_type, viewer, filter);
        let count = clause.count_up_to(self.read(), FROM, COUNTED).await?;
        Ok(Total::counted(count))
    }

    /// How many requests wait: those the viewer can decide, and those the viewer sees.
    ///
    /// # Errors
    /// The store's own error.
    pub async fn count_open_requests(
        &self,
        organisation: OrganisationId,
        credit_type: CreditTypeId,
        viewer: &RequestViewer,
    ) -> Result<(u64, u64), StoreError> {
        let filter = RequestFilter {
            is_open: true,
            ..RequestFilter::default()
        };
        let mut clause = clause_of(organisation, credit_type, viewer, &filter);
        let decides = decides(&mut clause, viewer);
        let Clause { text, values } = clause;
        let sql = format!(
            "SELECT COUNT(*) AS open, CAST(COALESCE(SUM(CASE WHEN {decides} THEN 1 ELSE 0 END), 0) AS BIGINT) AS to_decide
             FROM {FROM} WHERE {text}"
        );
        let row = CountsRow::find_by_statement(Statement::from_sql_and_values(self.backend(), sql, values))
            .one(self.read())
            .await?;
        let count = |count: i64| u64::try_from(count).unwrap_or(0);
        Ok(row.map_or((0, 0), |row| (count(row.to_decide), count(row.open))))
    }
}
