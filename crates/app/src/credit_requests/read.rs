//! Lists, counts and one request with its history.

use allowance_domain::authz::{Action, Actor, Role};
use allowance_domain::credit_requests::{RequestEventKind, RequestStatus};
use allowance_domain::cycles::{local_day_start, next_local_day};
use allowance_domain::people::search_words;
use allowance_store::{
    CreditRequestRow, Holder, RequestEvent, RequestFilter, RequestScope, RequestStart, RequestViewer, Total,
};
use allowance_values::{CreditRequestId, CreditTypeId, Day, GroupId, PersonId};

use super::line::{Lens, RequestLine};
use crate::context::{App, Caller};
use crate::cycles::zone_of;
use crate::error::{Error, Result};

/// Which requests are asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ListRequests {
    /// Whose.
    pub scope: RequestScope,
    /// Only those that wait, for a decision or for information.
    pub is_open: bool,
    /// Only in this state.
    pub status: Option<RequestStatus>,
    /// Words of the requester's name or address.
    pub search: Option<String>,
    /// Only of people in this group now.
    pub group: Option<GroupId>,
    /// Only of this person.
    pub person: Option<PersonId>,
    /// Made on this local day or later.
    pub from: Option<Day>,
    /// Made on this local day or earlier.
    pub to: Option<Day>,
    /// Oldest first instead of newest.
    pub is_oldest_first: bool,
}

/// One thing that happened, with the name of whoever did it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventLine {
    /// What happened.
    pub event: RequestEvent,
    /// Who did it; nobody for the reserve.
    pub actor: Option<Holder>,
}

/// A request with everything that happened to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestDetail {
    /// The request.
    pub line: RequestLine,
    /// What happened, oldest first.
    pub events: Vec<EventLine>,
}

/// What the store needs to know of whoever looks.
fn viewer(actor: &Actor, managers_decide: bool) -> RequestViewer {
    let decides = actor.role != Role::Auditor;
    RequestViewer {
        person: actor.person,
        reads_all: actor.reads_everything(),
        decides_all: actor.role == Role::Admin,
        groups: if decides {
            actor.owned_groups.clone()
        } else {
            Vec::new()
        },
        decides_reports: decides && managers_decide && actor.is_manager,
    }
}

async fn managers_decide(app: &App, caller: &Caller) -> Result<bool> {
    let organisation = app.store.get_organisation(caller.actor.organisation).await?;
    Ok(organisation.settings.managers_decide_requests)
}

async fn credit_type_exists(app: &App, caller: &Caller, credit_type: CreditTypeId) -> Result<()> {
    let found = app
        .store
        .find_credit_type(caller.actor.organisation, credit_type)
        .await?;
    found.map(|_| ()).ok_or(Error::NotFound)
}

/// A page of the requests the caller may see, with one more row than asked for where there is a next page, and how many
/// there are in all.
///
/// # Errors
/// [`Error::NotFound`] when there is no such credit type.
pub async fn list_credit_requests(
    app: &App,
    caller: &Caller,
    credit_type: CreditTypeId,
    query: &ListRequests,
    after: Option<RequestStart>,
    limit: u64,
) -> Result<(Vec<RequestLine>, Total)> {
    credit_type_exists(app, caller, credit_type).await?;
    let organisation = caller.actor.organisation;
    let own = app.store.get_organisation(organisation).await?;
    let zone = zone_of(&own.time_zone)?;
    let managers_decide = own.settings.managers_decide_requests;
    let ListRequests {
        scope,
        is_open,
        status,
        search,
        group,
        person,
        from,
        to,
        is_oldest_first,
    } = query;
    let filter = RequestFilter {
        scope: *scope,
        is_open: *is_open,
        status: *status,
        words: search.as_deref().map(search_words).unwrap_or_default(),
        group: *group,
        person: *person,
        from: from.map(|day| local_day_start(&zone, day)),
        until: to.map(|day| next_local_day(&zone, local_day_start(&zone, day))),
        is_oldest_first: *is_oldest_first,
    };
    let viewer = viewer(&caller.actor, managers_decide);
    let total = app
        .store
        .count_credit_requests(organisation, credit_type, &viewer, &filter)
        .await?;
    let rows = app
        .store
        .list_credit_requests(
            organisation,
            credit_type,
            &viewer,
            &filter,
            after,
            limit.saturating_add(1),
        )
        .await?;
    let around = app.store.around_requests(organisation, &rows, &[]).await?;
    let lens = Lens {
        actor: &caller.actor,
        managers_decide,
        around: &around,
    };
    let lines = rows.into_iter().map(|row| lens.line(row));
    Ok((lines.collect::<Result<_>>()?, total))
}

/// How many requests wait: those the caller can decide, and those the caller sees.
///
/// # Errors
/// [`Error::NotFound`] when there is no such credit type.
pub async fn count_credit_requests(
    app: &App,
    caller: &Caller,
    credit_type: CreditTypeId,
) -> Result<(u64, u64)> {
    credit_type_exists(app, caller, credit_type).await?;
    let viewer = viewer(&caller.actor, managers_decide(app, caller).await?);
    Ok(app
        .store
        .count_open_requests(caller.actor.organisation, credit_type, &viewer)
        .await?)
}

/// One request with everything that happened to it.
///
/// # Errors
/// [`Error::NotFound`], also for one the caller may not see.
pub async fn get_credit_request(app: &App, caller: &Caller, id: CreditRequestId) -> Result<RequestDetail> {
    let organisation = caller.actor.organisation;
    let row = app.store.find_credit_request(organisation, id).await?;
    let row = row.ok_or(Error::NotFound)?;
    let managers_decide = managers_decide(app, caller).await?;
    let events = app.store.credit_request_events(organisation, id).await?;
    let actors: Vec<PersonId> = events.iter().filter_map(|event| event.actor).collect();
    let around = app
        .store
        .around_requests(organisation, std::slice::from_ref(&row), &actors)
        .await?;
    let lens = Lens {
        actor: &caller.actor,
        managers_decide,
        around: &around,
    };
    lens.permit(Action::GetCreditRequest, &row)?;
    let events = events
        .into_iter()
        .map(|event| EventLine {
            actor: event.actor.and_then(|id| around.people.get(&id).cloned()),
            event: with_text_of(&row, event),
        })
        .collect();
    Ok(RequestDetail {
        line: lens.line(row)?,
        events,
    })
}

/// Reason and note lie in the request's row; its events show them.
fn with_text_of(row: &CreditRequestRow, mut event: RequestEvent) -> RequestEvent {
    match event.kind {
        RequestEventKind::Submitted => event.text = Some(row.reason.clone()),
        RequestEventKind::Approved | RequestEventKind::Denied => event.text.clone_from(&row.decision_note),
        RequestEventKind::AutoApproved
        | RequestEventKind::LeftToPeople
        | RequestEventKind::Asked
        | RequestEventKind::Answered
        | RequestEventKind::Withdrawn => {}
    }
    event
}
