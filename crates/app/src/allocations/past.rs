//! Rows of the grid as they were at a past moment. Nothing of the past can be edited.

use allowance_domain::allocations::ViewedMember;
use allowance_store::{MemberPlace, MemberRow, MemberView, Moment};
use allowance_values::{Credits, GroupId, PersonId};

use super::members::{MemberPage, cut};
use super::rows::{GroupLine, GroupLines, MemberLine, member_etag};
use crate::context::{App, Caller};
use crate::error::Result;

/// Rows are read so many at a time where a figure decides who is shown.
const STEP: usize = 5_000;

/// The group rows the viewer may see, as they were.
pub(super) async fn group_lines_at(app: &App, caller: &Caller, moment: &Moment) -> Result<GroupLines> {
    let actor = &caller.actor;
    let rows = app.store.group_rows_at(moment).await?;
    let visible = rows
        .into_iter()
        .filter(|row| actor.reads_everything() || actor.owns(row.id));
    let lines = visible.map(|row| GroupLine {
        editable: Vec::new(),
        ..GroupLine::of(actor, row)
    });
    Ok(GroupLines {
        lines: lines.collect(),
        figures: moment.figures,
    })
}

/// A page of those who were in a group, as their rows were.
pub(super) async fn member_page_at(
    app: &App,
    moment: &Moment,
    group: GroupId,
    view: &MemberView,
    after: Option<&MemberPlace>,
    limit: u64,
) -> Result<MemberPage> {
    let groups = app.store.group_rows_at(moment).await?;
    let named = names(app, moment, group, view).await?;
    let places = if view.is_by_name() {
        named
    } else {
        let mut places = Vec::with_capacity(named.len());
        for chunk in named.chunks(STEP) {
            let people: Vec<PersonId> = chunk.iter().map(|place| place.at.id).collect();
            let rows = app.store.member_rows_at(moment, &groups, &people).await?;
            // In the order of the chunk, which rows keep; who was not there yet is left out.
            let mut chunk = chunk.iter();
            for row in &rows {
                let place = chunk.find(|place| place.at.id == row.person);
                places.extend(place.and_then(|place| placed(moment, view, row, place)));
            }
        }
        view.sort(&mut places);
        places
    };
    let (people, next, total) = cut(view, &places, after, limit);
    let rows = app.store.member_rows_at(moment, &groups, &people).await?;
    let holders = app.store.holders(moment.organisation(), &people).await?;
    let lines = rows.into_iter().filter_map(|row| {
        Some(MemberLine {
            holder: holders.get(&row.person)?.clone(),
            etag: member_etag(&row),
            editable: Vec::new(),
            row,
        })
    });
    Ok(MemberPage {
        lines: lines.collect(),
        next,
        total,
    })
}

/// Those who were in the group and whom the view's words find, by name.
async fn names(app: &App, moment: &Moment, group: GroupId, view: &MemberView) -> Result<Vec<MemberPlace>> {
    let mut named = MemberView {
        people: view.people.clone(),
        among: Some(app.store.members_at(moment, group).await?),
        only: None,
        by: None,
    };
    named.people.group = None;
    let credit_type = moment.credit_type.terms.id;
    let places = app
        .store
        .member_places(moment.organisation(), credit_type, &named, usize::MAX)
        .await?;
    Ok(places.unwrap_or_default())
}

/// Where a row stands in the view, if the view shows it.
fn placed(moment: &Moment, view: &MemberView, row: &MemberRow, place: &MemberPlace) -> Option<MemberPlace> {
    let viewed = ViewedMember {
        distribution: moment.credit_type.terms.distribution,
        standing: row.standing,
        figures: row.figures,
        remaining: row.remaining,
    };
    view.only
        .is_none_or(|only| only.shows(&viewed))
        .then(|| MemberPlace {
            figure: view.by.map_or(Credits::ZERO, |by| by.figure.of(&viewed)),
            at: place.at.clone(),
        })
}
