//! Rows of members as a view asks for them: a page, the order of all, rows by id, and the export.

use std::collections::BTreeSet;

use allowance_domain::authz::{Action, GroupFacts, Permit};
use allowance_store::{MemberPlace, MemberView, Total};
use allowance_values::{CreditTypeId, Credits, GroupId, PersonId, Timestamp};

use super::past::member_page_at;
use super::rows::{MemberLine, member_lines};
use crate::context::{App, Caller};
use crate::error::{Error, Result};
use crate::past::look_back;

/// So many ids an order holds.
const MOST_ORDERED: usize = 1_000_000;
/// Rows per step of an export.
const STEP: usize = 1_000;

/// A page of member rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MemberPage {
    /// The rows, in the order asked for.
    pub lines: Vec<MemberLine>,
    /// After which the next page begins.
    pub next: Option<MemberPlace>,
    /// How many there are in all.
    pub total: Total,
}

/// The order of a view.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MemberOrder {
    /// Whose rows.
    pub ids: Vec<PersonId>,
    /// Whether there are more than fit.
    pub is_truncated: bool,
}

async fn member_page(
    app: &App,
    caller: &Caller,
    credit_type: CreditTypeId,
    view: &MemberView,
    after: Option<&MemberPlace>,
    limit: u64,
) -> Result<MemberPage> {
    let organisation = caller.actor.organisation;
    let (people, next, total) = if view.is_by_name() {
        let start = after.map(|place| &place.at);
        let page = app
            .store
            .list_people(organisation, &view.people, start, limit)
            .await?;
        let next = page.next.map(|at| MemberPlace {
            figure: Credits::ZERO,
            at,
        });
        let people: Vec<PersonId> = page.rows.iter().map(|row| row.id).collect();
        (people, next, page.total)
    } else {
        app.current_cycle(organisation, credit_type).await?;
        let places = app
            .store
            .member_places(organisation, credit_type, view, usize::MAX)
            .await?
            .ok_or(Error::NotFound)?;
        cut(view, &places, after, limit)
    };
    let (_, lines) = member_lines(app, caller, credit_type, &people).await?;
    Ok(MemberPage { lines, next, total })
}

/// A page of a view that is at hand: whose rows, where the next page begins, and how many there are in all.
pub(super) fn cut(
    view: &MemberView,
    places: &[MemberPlace],
    after: Option<&MemberPlace>,
    limit: u64,
) -> (Vec<PersonId>, Option<MemberPlace>, Total) {
    let rest = after.map_or(places, |start| view.after(places, start));
    let size = usize::try_from(limit).unwrap_or(usize::MAX);
    let (page, later) = rest.split_at_checked(size).unwrap_or((rest, &[]));
    let next = page.last().filter(|_| !later.is_empty()).cloned();
    let total = Total {
        count: u64::try_from(places.len()).unwrap_or(u64::MAX),
        is_exact: true,
    };
    (page.iter().map(|place| place.at.id).collect(), next, total)
}

/// The group exists, and the caller may do this to its rows.
async fn permit(app: &App, caller: &Caller, action: Action, group: Option<GroupId>) -> Result<Permit> {
    let group = group.ok_or(Error::NotFound)?;
    app.store
        .find_group(caller.actor.organisation, group)
        .await?
        .ok_or(Error::NotFound)?;
    Ok(Permit::for_group(
        &caller.actor,
        action,
        &GroupFacts { id: group },
    )?)
}

/// A page of the members of a group, of now or of a past moment.
///
/// # Errors
/// [`Error::NotFound`] when there is no such credit type or group, or the viewer may not see the group.
pub async fn list_member_rows(
    app: &App,
    caller: &Caller,
    credit_type: CreditTypeId,
    view: &MemberView,
    as_of: Option<Timestamp>,
    after: Option<&MemberPlace>,
    limit: u64,
) -> Result<MemberPage> {
    permit(app, caller, Action::ListMemberRows, view.people.group).await?;
    if let Some(group) = view.people.group
        && let Some(moment) = look_back(app, caller.actor.organisation, credit_type, as_of).await?
    {
        return member_page_at(app, &moment, group, view, after, limit).await;
    }
    member_page(app, caller, credit_type, view, after, limit).await
}

/// A page of the viewer's direct reports.
///
/// # Errors
/// [`Error::NotFound`] when there is no such credit type.
pub async fn list_reports(
    app: &App,
    caller: &Caller,
    credit_type: CreditTypeId,
    view: &MemberView,
    after: Option<&MemberPlace>,
    limit: u64,
) -> Result<MemberPage> {
    let mut view = view.clone();
    view.people.manager = Some(caller.actor.person);
    member_page(app, caller, credit_type, &view, after, limit).await
}

/// All members of a group that a view shows, in its order: ids alone.
///
/// # Errors
/// As for a page.
pub async fn order_members(
    app: &App,
    caller: &Caller,
    credit_type: CreditTypeId,
    view: &MemberView,
) -> Result<MemberOrder> {
    permit(app, caller, Action::OrderMembers, view.people.group).await?;
    let mut ids = order(app, caller, credit_type, view, MOST_ORDERED.saturating_add(1)).await?;
    let is_truncated = ids.len() > MOST_ORDERED;
    ids.truncate(MOST_ORDERED);
    Ok(MemberOrder { ids, is_truncated })
}

async fn order(
    app: &App,
    caller: &Caller,
    credit_type: CreditTypeId,
    view: &MemberView,
    limit: usize,
) -> Result<Vec<PersonId>> {
    let organisation = caller.actor.organisation;
    app.current_cycle(organisation, credit_type).await?;
    let places = app
        .store
        .member_places(organisation, credit_type, view, limit)
        .await?
        .ok_or(Error::NotFound)?;
    Ok(places.into_iter().map(|place| place.at.id).collect())
}

/// Rows of these people, in the order given; whoever is not in the group is left out.
///
/// # Errors
/// As for a page.
pub async fn look_up_member_rows(
    app: &App,
    caller: &Caller,
    credit_type: CreditTypeId,
    group: GroupId,
    people: &[PersonId],
) -> Result<Vec<MemberLine>> {
    permit(app, caller, Action::LookUpMemberRows, Some(group)).await?;
    let mut seen = BTreeSet::new();
    let people: Vec<PersonId> = people
        .iter()
        .copied()
        .filter(|person| seen.insert(*person))
        .collect();
    let (_, mut lines) = member_lines(app, caller, credit_type, &people).await?;
    lines.retain(|line| line.row.group == group);
    Ok(lines)
}

/// An export under way: the order is fetched first, ids alone; the rows follow in steps.
#[derive(Debug)]
pub struct MemberExport {
    app: App,
    caller: Caller,
    credit_type: CreditTypeId,
    rest: std::vec::IntoIter<PersonId>,
}

/// Begins the export of all rows a view shows.
///
/// # Errors
/// As for a page.
pub async fn export_member_rows(
    app: App,
    caller: Caller,
    credit_type: CreditTypeId,
    view: &MemberView,
) -> Result<MemberExport> {
    permit(&app, &caller, Action::ExportMemberRows, view.people.group).await?;
    let rest = order(&app, &caller, credit_type, view, usize::MAX)
        .await?
        .into_iter();
    Ok(MemberExport {
        app,
        caller,
        credit_type,
        rest,
    })
}

impl MemberExport {
    /// The next rows; nothing after the last.
    ///
    /// # Errors
    /// The store's.
    pub async fn step(&mut self) -> Result<Option<Vec<MemberLine>>> {
        let people: Vec<PersonId> = self.rest.by_ref().take(STEP).collect();
        if people.is_empty() {
            return Ok(None);
        }
        let (_, lines) = member_lines(&self.app, &self.caller, self.credit_type, &people).await?;
        Ok(Some(lines))
    }
}
