//! Member rows: a group's, one's reports', saving one, saving many.

use actix_web::http::StatusCode;
use actix_web::web::Path;
use actix_web::{get, patch};
use allowance_api_types::Page;
use allowance_api_types::allocations::{
    BulkSaveBody, BulkSavedView, MemberRowView, MemberSavedView, MemberSort, MembersQuery,
    UpdateMemberAllocationBody,
};
use allowance_app::allocations;
use allowance_domain::authz::operation;
use allowance_domain::people::search_words;
use allowance_store::{PageStart, PeopleFilter, PeopleOrder};
use allowance_values::{CreditTypeId, GroupId, PersonId};

use super::convert;
use crate::guard::{Allowed, Services};
use crate::http::answer::{self, Outcome};
use crate::http::cursor::{CursorOf, page_size};
use crate::http::extract::{IfMatch, IfMatchHeader, KeyHeader, KeyRequired, Query, Valid};

/// What the query says, as the store understands it.
fn filter_of(query: &MembersQuery, group: Option<GroupId>) -> PeopleFilter {
    PeopleFilter {
        words: query.search.as_deref().map(search_words).unwrap_or_default(),
        group,
        order: match query.sort {
            Some(MemberSort::NameDescending) => PeopleOrder::NameDescending,
            _ => PeopleOrder::Name,
        },
        ..PeopleFilter::default()
    }
}

fn page_start(position: Option<(String, PersonId)>) -> Option<PageStart> {
    position.map(|(name_key, id)| PageStart { name_key, id })
}

/// Rows of a group's members
///
/// Searched by the beginnings of words of name and address.
#[utoipa::path(
    tag = "allocations",
    params(
        ("id" = CreditTypeId, Path, description = "The credit type."),
        ("group_id" = GroupId, Path, description = "The group."),
        MembersQuery
    ),
    responses((status = 200, description = "A page of rows.", body = Page<MemberRowView>))
)]
#[get("/credit-types/{id}/groups/{group_id}/members")]
pub(crate) async fn list_member_rows(
    allowed: Allowed<operation::ListMemberRows>,
    path: Path<(CreditTypeId, GroupId)>,
    Query(query): Query<MembersQuery>,
) -> Outcome {
    let (id, group) = path.into_inner();
    let filter = filter_of(&query, Some(group));
    let cursors = CursorOf::list("members", &(id, &filter));
    let after = page_start(cursors.decode(query.cursor.as_deref())?);
    let size = page_size(query.limit);
    let page = allowed
        .run(|Services { app, caller }| async move {
            allocations::list_member_rows(&app, &caller, id, &filter, after.as_ref(), size).await
        })
        .await?;
    answer::json(&convert::member_page_view(page, &cursors))
}

/// Rows of my direct reports
///
/// Read-only: whoever has reports sees their figures.
#[utoipa::path(
    tag = "allocations",
    params(("id" = CreditTypeId, Path, description = "The credit type."), MembersQuery),
    responses((status = 200, description = "A page of rows.", body = Page<MemberRowView>))
)]
#[get("/credit-types/{id}/reports")]
pub(crate) async fn list_reports(
    allowed: Allowed<operation::ListReports>,
    id: Path<CreditTypeId>,
    Query(query): Query<MembersQuery>,
) -> Outcome {
    let id = id.into_inner();
    let filter = filter_of(&query, None);
    let cursors = CursorOf::list("reports", &(id, &filter));
    let after = page_start(cursors.decode(query.cursor.as_deref())?);
    let size = page_size(query.limit);
    let page = allowed
        .run(|Services { app, caller }| async move {
            allocations::list_reports(&app, &caller, id, &filter, after.as_ref(), size).await
        })
        .await?;
    answer::json(&convert::member_page_view(page, &cursors))
}

/// Set a member's cells
///
/// Typing more Extra makes a grant to the end of the cycle for the difference; typing less takes back from such grants,
/// newest first.
#[utoipa::path(
    tag = "allocations",
    params(
        ("id" = CreditTypeId, Path, description = "The credit type."),
        ("person_id" = PersonId, Path, description = "The person."),
        IfMatchHeader
    ),
    request_body = UpdateMemberAllocationBody,
    responses(
        (status = 200, description = "The row and its group's new figures.", body = MemberSavedView),
        (status = 409, description = "It does not fit; `over_by` says by how much.")
    )
)]
#[patch("/credit-types/{id}/members/{person_id}")]
pub(crate) async fn update_member_allocation(
    allowed: Allowed<operation::UpdateMemberAllocation>,
    path: Path<(CreditTypeId, PersonId)>,
    etag: IfMatch,
    input: Valid<UpdateMemberAllocationBody>,
) -> Outcome {
    let (id, person) = path.into_inner();
    let (update, key) = (convert::update_member(&input.body), input.key);
    let answer = allowed
        .run(|Services { app, caller }| async move {
            let answered = answer::try_render(StatusCode::OK, convert::member_saved_view);
            let work = |tx| allocations::update_member(tx, &caller, id, person, &etag.0, &update);
            app.change(&caller, key, work, answered).await
        })
        .await?;
    answer::send(answer)
}

/// Set many members' cells
///
/// All or nothing is judged by the end state; per item, cuts go first and each item has its answer.
#[utoipa::path(
    tag = "allocations",
    params(("id" = CreditTypeId, Path, description = "The credit type."), KeyHeader),
    request_body = BulkSaveBody,
    responses(
        (status = 200, description = "An answer per item, in order.", body = BulkSavedView),
        (status = 409, description = "All or nothing: it does not fit, and nothing was saved.")
    )
)]
#[patch("/credit-types/{id}/members")]
pub(crate) async fn save_member_allocations(
    allowed: Allowed<operation::SaveMemberAllocations>,
    id: Path<CreditTypeId>,
    input: Valid<BulkSaveBody, KeyRequired>,
) -> Outcome {
    let id = id.into_inner();
    let request_id = allowed.request_id().to_owned();
    let ((mode, items), key) = (convert::bulk_save(input.body), input.key);
    let answer = allowed
        .run(|Services { app, caller }| async move {
            let view = move |saved: &_| convert::bulk_saved_view(saved, &request_id);
            let answered = answer::try_render(StatusCode::OK, view);
            let work = |tx| allocations::save_members(tx, &caller, id, mode, &items);
            app.change(&caller, key, work, answered).await
        })
        .await?;
    answer::send(answer)
}
