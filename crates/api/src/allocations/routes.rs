//! Group rows, the wallet, and the explanation of a member's row.

use actix_web::http::StatusCode;
use actix_web::web::Path;
use actix_web::{get, patch};
use allowance_api_types::allocations::{AsOfQuery, GroupRowView, GroupRowsView, UpdateGroupAllocationBody};
use allowance_api_types::explain::ExplainView;
use allowance_api_types::session::WalletView;
use allowance_app::allocations;
use allowance_domain::authz::operation;
use allowance_values::{CreditTypeId, GroupId, PersonId};

use super::convert;
use crate::guard::{Allowed, Services};
use crate::http::answer::{self, Outcome};
use crate::http::extract::{IfMatch, IfMatchHeader, Query, Valid};

/// Rows of the groups
///
/// A group owner sees the own groups. With `as_of`, as they were at that moment.
#[utoipa::path(
    tag = "allocations",
    params(("id" = CreditTypeId, Path, description = "The credit type."), AsOfQuery),
    responses((status = 200, description = "Default first, then by name.", body = GroupRowsView))
)]
#[get("/credit-types/{id}/groups")]
pub(crate) async fn list_group_rows(
    allowed: Allowed<operation::ListGroupRows>,
    id: Path<CreditTypeId>,
    Query(AsOfQuery { as_of }): Query<AsOfQuery>,
) -> Outcome {
    let id = id.into_inner();
    let lines = allowed
        .run(|Services { app, caller }| async move {
            allocations::list_group_rows(&app, &caller, id, as_of).await
        })
        .await?;
    answer::json(&convert::group_rows_view(&lines)?)
}

/// Set a group's cells
///
/// A save that makes or enlarges an excess is refused and says by how much; one that lessens it passes.
#[utoipa::path(
    tag = "allocations",
    params(
        ("id" = CreditTypeId, Path, description = "The credit type."),
        ("group_id" = GroupId, Path, description = "The group."),
        IfMatchHeader
    ),
    request_body = UpdateGroupAllocationBody,
    responses(
        (status = 200, description = "The row.", body = GroupRowView),
        (status = 409, description = "It does not fit; `over_by` says by how much.")
    )
)]
#[patch("/credit-types/{id}/groups/{group_id}")]
pub(crate) async fn update_group_allocation(
    allowed: Allowed<operation::UpdateGroupAllocation>,
    path: Path<(CreditTypeId, GroupId)>,
    etag: IfMatch,
    input: Valid<UpdateGroupAllocationBody>,
) -> Outcome {
    let (id, group) = path.into_inner();
    let (update, key) = (convert::update_group(&input.body), input.key);
    let answer = allowed
        .run(|Services { app, caller }| async move {
            let answered = answer::try_render(StatusCode::OK, convert::group_row_view);
            let work = |tx| allocations::update_group(tx, &caller, id, group, &etag.0, &update);
            app.change(&caller, key, work, answered).await
        })
        .await?;
    answer::send(answer)
}

/// Explain a member's row
///
/// Every figure, its formula and the entries behind it. A member explains the own row, a manager those of reports.
#[utoipa::path(
    tag = "allocations",
    params(
        ("id" = CreditTypeId, Path, description = "The credit type."),
        ("person_id" = PersonId, Path, description = "The person.")
    ),
    responses((status = 200, description = "The row, explained.", body = ExplainView))
)]
#[get("/credit-types/{id}/members/{person_id}/explain")]
pub(crate) async fn explain_member(
    allowed: Allowed<operation::ExplainMember>,
    path: Path<(CreditTypeId, PersonId)>,
) -> Outcome {
    let (id, person) = path.into_inner();
    let explained = allowed
        .run(|Services { app, caller }| async move {
            allocations::explain_member(&app, &caller, id, person).await
        })
        .await?;
    answer::json(&convert::explain_view(explained))
}

/// My wallet
///
/// The viewer's own figures, per credit type.
#[utoipa::path(
    tag = "session",
    responses((status = 200, description = "One item per credit type.", body = WalletView))
)]
#[get("/me/wallet")]
pub(crate) async fn get_wallet(allowed: Allowed<operation::GetWallet>) -> Outcome {
    let items = allowed
        .run(|Services { app, caller }| async move { allocations::get_wallet(&app, &caller).await })
        .await?;
    answer::json(&convert::wallet_view(&items))
}
