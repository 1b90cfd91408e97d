//! Member rows: a group's, one's reports', saving one, saving many.

use actix_web::http::StatusCode;
use actix_web::web::Path;
use actix_web::{get, patch, post};
use allowance_api_types::Page;
use allowance_api_types::allocations::{
    AllocateManyBody, BulkSaveBody, BulkSavedView, LookUpMembersBody, ManyAllocatedView, MemberOrderView,
    MemberRowView, MemberRowsView, MemberSavedView, MemberSort, MembersQuery, UpdateMemberAllocationBody,
};
use allowance_api_types::consequences::DryRunQuery;
use allowance_api_types::problem::ErrorCode;
use allowance_app::allocations;
use allowance_domain::allocations::MemberFigure;
use allowance_domain::authz::operation;
use allowance_store::{MemberPlace, MemberView, OrderBy, PeopleOrder};
use allowance_values::{CreditTypeId, GroupId, PersonId};

use super::{convert, export};
use crate::guard::{Allowed, Services};
use crate::http::answer::{self, Outcome};
use crate::http::cursor::{CursorOf, page_size};
use crate::http::extract::{IfMatch, IfMatchHeader, KeyHeader, KeyRequired, Query, Valid};
use crate::http::problem::Failure;

/// What the query says, as the store understands it.
fn view_of(query: &MembersQuery, group: Option<GroupId>) -> MemberView {
    let mut view = convert::member_view(query.search.as_deref(), query.filter, group);
    let by = |figure, is_descending| {
        Some(OrderBy {
            figure,
            is_descending,
        })
    };
    view.by = match query.sort.unwrap_or(MemberSort::Name) {
        MemberSort::Name => None,
        MemberSort::NameDescending => {
            view.people.order = PeopleOrder::NameDescending;
            None
        }
        MemberSort::Monthly => by(MemberFigure::Monthly, false),
        MemberSort::MonthlyDescending => by(MemberFigure::Monthly, true),
        MemberSort::Extra => by(MemberFigure::Extra, false),
        MemberSort::ExtraDescending => by(MemberFigure::Extra, true),
        MemberSort::Used => by(MemberFigure::Used, false),
        MemberSort::UsedDescending => by(MemberFigure::Used, true),
        MemberSort::Remaining => by(MemberFigure::Remaining, false),
        MemberSort::RemainingDescending => by(MemberFigure::Remaining, true),
    };
    view
}

/// A page that is asked for: which rows, from where on, how many.
struct Listing {
    view: MemberView,
    cursors: CursorOf,
    after: Option<MemberPlace>,
    size: u64,
}

impl Listing {
    fn of(
        list: &str,
        id: CreditTypeId,
        query: &MembersQuery,
        group: Option<GroupId>,
    ) -> Result<Self, Failure> {
        let view = view_of(query, group);
        let cursors = CursorOf::list(list, &(id, &view, query.as_of));
        let after = cursors.decode(query.cursor.as_deref())?;
        Ok(Self {
            after: after.map(convert::member_place),
            size: page_size(query.limit),
            view,
            cursors,
        })
    }
}

/// Only pages look back.
pub(super) fn only_now(query: &MembersQuery) -> Result<(), Failure> {
    if query.as_of.is_none() {
        return Ok(());
    }
    let detail = "Only the pages of a group's members look back.";
    Err(Failure::new(ErrorCode::InvalidQuery, detail))
}

/// Rows of a group's members
///
/// Searched by the beginnings of words of name and address. With `as_of`, those who were in it at that moment, as their
/// rows were.
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
    let Listing {
        view,
        cursors,
        after,
        size,
    } = Listing::of("members", id, &query, Some(group))?;
    let as_of = query.as_of;
    let page = allowed
        .run(|Services { app, caller }| async move {
            allocations::list_member_rows(&app, &caller, id, &view, as_of, after.as_ref(), size).await
        })
        .await?;
    answer::json(&convert::member_page_view(page, &cursors))
}

/// The order of a group's members
///
/// All whom the view shows, ids alone and once: look the rows up by id as they are needed. Up to a million.
#[utoipa::path(
    tag = "allocations",
    params(
        ("id" = CreditTypeId, Path, description = "The credit type."),
        ("group_id" = GroupId, Path, description = "The group."),
        MembersQuery
    ),
    responses((status = 200, description = "The ids in order.", body = MemberOrderView))
)]
#[get("/credit-types/{id}/groups/{group_id}/member-order")]
pub(crate) async fn order_members(
    allowed: Allowed<operation::OrderMembers>,
    path: Path<(CreditTypeId, GroupId)>,
    Query(query): Query<MembersQuery>,
) -> Outcome {
    let (id, group) = path.into_inner();
    only_now(&query)?;
    let view = view_of(&query, Some(group));
    let order =
        allowed
            .run(|Services { app, caller }| async move {
                allocations::order_members(&app, &caller, id, &view).await
            })
            .await?;
    answer::json(&convert::member_order_view(order))
}

/// Look up member rows
///
/// Rows by id, in the order asked; those that are not in the group are left out. It only reads: it is a POST because so
/// many ids do not fit an address.
#[utoipa::path(
    tag = "allocations",
    params(
        ("id" = CreditTypeId, Path, description = "The credit type."),
        ("group_id" = GroupId, Path, description = "The group.")
    ),
    request_body = LookUpMembersBody,
    responses((status = 200, description = "The rows.", body = MemberRowsView))
)]
#[post("/credit-types/{id}/groups/{group_id}/member-rows/look-up")]
pub(crate) async fn look_up_member_rows(
    allowed: Allowed<operation::LookUpMemberRows>,
    path: Path<(CreditTypeId, GroupId)>,
    input: Valid<LookUpMembersBody>,
) -> Outcome {
    let (id, group) = path.into_inner();
    let LookUpMembersBody { ids } = input.body;
    let lines = allowed
        .run(|Services { app, caller }| async move {
            allocations::look_up_member_rows(&app, &caller, id, group, &ids).await
        })
        .await?;
    answer::json(&MemberRowsView {
        items: lines.iter().map(convert::member_row_view).collect(),
    })
}

/// Export a group's members
///
/// As CSV, every row the view shows, in its order; `email`, `monthly`, `extra` and `cap` are the columns an import takes.
#[utoipa::path(
    tag = "allocations",
    params(
        ("id" = CreditTypeId, Path, description = "The credit type."),
        ("group_id" = GroupId, Path, description = "The group."),
        MembersQuery
    ),
    responses((status = 200, description = "The rows.", body = String, content_type = "text/csv"))
)]
#[get("/credit-types/{id}/groups/{group_id}/members.csv")]
pub(crate) async fn export_member_rows(
    allowed: Allowed<operation::ExportMemberRows>,
    path: Path<(CreditTypeId, GroupId)>,
    Query(query): Query<MembersQuery>,
) -> Outcome {
    let (id, group) = path.into_inner();
    only_now(&query)?;
    let view = view_of(&query, Some(group));
    let begun = allowed
        .run(|Services { app, caller }| async move {
            allocations::export_member_rows(app, caller, id, &view).await
        })
        .await?;
    Ok(export::answer(begun))
}

/// Change many members at once
///
/// Splits an amount equally, to the last unit, or sets a cell, for every member the view shows; as a whole, or refused with
/// `over_by`. Your own row is left out. With `dry_run=true` the same runs and is rolled back.
#[utoipa::path(
    tag = "allocations",
    params(
        ("id" = CreditTypeId, Path, description = "The credit type."),
        ("group_id" = GroupId, Path, description = "The group."),
        DryRunQuery,
        KeyHeader
    ),
    request_body = AllocateManyBody,
    responses(
        (status = 200, description = "What changed, or would change.", body = ManyAllocatedView),
        (status = 409, description = "It does not fit; `over_by` says by how much, and nothing was saved.")
    )
)]
#[post("/credit-types/{id}/groups/{group_id}/allocate-many")]
pub(crate) async fn allocate_many(
    allowed: Allowed<operation::AllocateMany>,
    path: Path<(CreditTypeId, GroupId)>,
    Query(query): Query<DryRunQuery>,
    input: Valid<AllocateManyBody, KeyRequired>,
) -> Outcome {
    let (id, group) = path.into_inner();
    let (wanted, key) = (
        convert::allocate_many(input.body, group, query.dry_run.unwrap_or(false)),
        input.key,
    );
    let answer = allowed
        .run(|Services { app, caller }| async move {
            let answered = answer::try_render(StatusCode::OK, convert::many_allocated_view);
            let work = |tx| allocations::allocate_many(tx, &caller, id, &wanted);
            app.change(&caller, key, work, answered).await
        })
        .await?;
    answer::send(answer)
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
    only_now(&query)?;
    let Listing {
        view,
        cursors,
        after,
        size,
    } = Listing::of("reports", id, &query, None)?;
    let page = allowed
        .run(|Services { app, caller }| async move {
            allocations::list_reports(&app, &caller, id, &view, after.as_ref(), size).await
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
