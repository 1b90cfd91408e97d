//! Alerts with the names of those they are about.

use allowance_store::{AlertFilter, AlertRow, AlertScope, CostViewer, Holder};
use allowance_values::{CreditTypeId, CycleId, GroupId, OrganisationId, PersonId};
use uuid::Uuid;

use super::viewer;
use crate::context::{App, Caller};
use crate::error::{Error, Result};

/// So many alerts of one's own are shown: as many as there are thresholds.
const MOST_OWN: u64 = 10;

/// An alert with the name of the group or person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AlertLine {
    /// The alert.
    pub row: AlertRow,
    /// The group's name.
    pub group_name: Option<String>,
    /// The person.
    pub holder: Option<Holder>,
}

/// Which alerts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ListAlerts {
    /// Only of this cycle.
    pub cycle: Option<CycleId>,
    /// Only those of the organisation, of groups, or of members: a word of [`AlertFilter::SCOPES`].
    pub scope: Option<&'static str>,
    /// Only of this group and its people.
    pub group: Option<GroupId>,
    /// Only of this person.
    pub person: Option<PersonId>,
}

/// A page of alerts that the caller may see, newest first, older than `before`.
///
/// # Errors
/// [`Error::NotFound`] when there is no such credit type.
pub async fn list_alerts(
    app: &App,
    caller: &Caller,
    id: CreditTypeId,
    query: &ListAlerts,
    before: Option<Uuid>,
    limit: u64,
) -> Result<Vec<AlertLine>> {
    let organisation = caller.actor.organisation;
    let known = app.store.find_credit_type(organisation, id).await?;
    known.ok_or(Error::NotFound)?;
    let ListAlerts {
        cycle,
        scope,
        group,
        person,
    } = query.clone();
    let filter = AlertFilter {
        cycle,
        scope,
        group,
        person,
        before,
    };
    let viewer = viewer(&caller.actor);
    let rows = app
        .store
        .list_alerts(organisation, id, &viewer, &filter, limit)
        .await?;
    named(app, organisation, rows).await
}

/// The alerts of one person in a cycle, for their wallet.
pub(crate) async fn own_alerts(
    app: &App,
    (organisation, person): (OrganisationId, PersonId),
    id: CreditTypeId,
    cycle: CycleId,
) -> Result<Vec<AlertLine>> {
    let filter = AlertFilter {
        cycle: Some(cycle),
        person: Some(person),
        ..AlertFilter::default()
    };
    let all = CostViewer::Everything;
    let rows = app
        .store
        .list_alerts(organisation, id, &all, &filter, MOST_OWN)
        .await?;
    named(app, organisation, rows).await
}

/// The alerts of the organisation and of groups in a cycle: what needs attention.
pub(crate) async fn shared_alerts(
    app: &App,
    organisation: OrganisationId,
    id: CreditTypeId,
    cycle: CycleId,
    limit: u64,
) -> Result<Vec<AlertLine>> {
    let mut rows = Vec::new();
    for scope in AlertFilter::SCOPES.into_iter().take(2) {
        let filter = AlertFilter {
            cycle: Some(cycle),
            scope: Some(scope),
            ..AlertFilter::default()
        };
        rows.extend(
            app.store
                .list_alerts(organisation, id, &CostViewer::Everything, &filter, limit)
                .await?,
        );
    }
    named(app, organisation, rows).await
}

async fn named(app: &App, organisation: OrganisationId, rows: Vec<AlertRow>) -> Result<Vec<AlertLine>> {
    let mut groups = Vec::new();
    let mut people = Vec::new();
    for row in &rows {
        match row.scope {
            AlertScope::Organisation => {}
            AlertScope::Group(group) => groups.push(group),
            AlertScope::Member(person) => people.push(person),
        }
    }
    let groups = app.store.group_names(organisation, &groups).await?;
    let people = app.store.holders(organisation, &people).await?;
    let line = |row: AlertRow| {
        let (group_name, holder) = match row.scope {
            AlertScope::Organisation => (None, None),
            AlertScope::Group(group) => (groups.get(&group).cloned(), None),
            AlertScope::Member(person) => (None, people.get(&person).cloned()),
        };
        AlertLine {
            row,
            group_name,
            holder,
        }
    };
    Ok(rows.into_iter().map(line).collect())
}
