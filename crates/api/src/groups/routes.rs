//! `/groups` and `/groups/{id}`.

use actix_web::http::StatusCode;
use actix_web::web::Path;
use actix_web::{delete, get, patch, post};
use allowance_api_types::Page;
use allowance_api_types::groups::{CreateGroupBody, GroupView, UpdateGroupBody};
use allowance_api_types::paging::PageQuery;
use allowance_app::groups;
use allowance_domain::authz::operation;
use allowance_store::GroupStart;
use allowance_values::GroupId;

use super::convert;
use crate::guard::{Allowed, Services};
use crate::http::answer::{self, Outcome};
use crate::http::cursor::{CursorOf, page_size};
use crate::http::extract::{Bodiless, IfMatch, IfMatchHeader, Query, Valid};

/// Groups
///
/// Those the caller sees, Default first, then by name.
#[utoipa::path(
    tag = "groups",
    params(PageQuery),
    responses((status = 200, description = "A page of groups.", body = Page<GroupView>))
)]
#[get("/groups")]
pub(crate) async fn list_groups(
    allowed: Allowed<operation::ListGroups>,
    Query(query): Query<PageQuery>,
) -> Outcome {
    let cursors = CursorOf::list("groups", &());
    let position: Option<(bool, String, GroupId)> = cursors.decode(query.cursor.as_deref())?;
    let after = position.map(|(is_default, name_key, id)| GroupStart {
        is_default,
        name_key,
        id,
    });
    let size = page_size(query.limit);
    let cards = allowed
        .run(|Services { app, caller }| async move {
            groups::list_groups(&app, &caller, after.as_ref(), size.saturating_add(1)).await
        })
        .await?;
    let position = |card: &groups::GroupCard| {
        let GroupStart {
            is_default,
            name_key,
            id,
        } = GroupStart::after(&card.group);
        (is_default, name_key, id)
    };
    answer::json(&cursors.page_of(cards, size, position, |card| convert::group_view(&card)))
}

/// Add a group
///
/// It begins without people and without credits.
#[utoipa::path(
    tag = "groups",
    request_body = CreateGroupBody,
    responses(
        (status = 201, description = "The group.", body = GroupView),
        (status = 409, description = "The name is taken, or the owner is not active.")
    )
)]
#[post("/groups")]
pub(crate) async fn create_group(
    allowed: Allowed<operation::CreateGroup>,
    input: Valid<CreateGroupBody>,
) -> Outcome {
    let (new, key) = (convert::create_group(input.body), input.key);
    let answer = allowed
        .run(|Services { app, caller }| async move {
            let answered = answer::render(StatusCode::CREATED, convert::group_view);
            app.change(
                &caller,
                key,
                |tx| groups::create_group(tx, &caller, &new),
                answered,
            )
            .await
        })
        .await?;
    answer::send(answer)
}

/// One group
///
/// With the ETag that an edit needs.
#[utoipa::path(
    tag = "groups",
    params(("id" = GroupId, Path, description = "The group.")),
    responses((status = 200, description = "The group.", body = GroupView))
)]
#[get("/groups/{id}")]
pub(crate) async fn get_group(allowed: Allowed<operation::GetGroup>, id: Path<GroupId>) -> Outcome {
    let id = id.into_inner();
    let card = allowed
        .run(|Services { app, caller }| async move { groups::get_group(&app, &caller, id).await })
        .await?;
    answer::tagged(&convert::group_view(&card), &card.etag())
}

/// Change a group
///
/// Its name and who owns it. The Default group keeps its name.
#[utoipa::path(
    tag = "groups",
    params(("id" = GroupId, Path, description = "The group."), IfMatchHeader),
    request_body = UpdateGroupBody,
    responses(
        (status = 200, description = "The group.", body = GroupView),
        (status = 409, description = "The name is taken, the owner is not active, or it is the Default group.")
    )
)]
#[patch("/groups/{id}")]
pub(crate) async fn update_group(
    allowed: Allowed<operation::UpdateGroup>,
    id: Path<GroupId>,
    etag: IfMatch,
    input: Valid<UpdateGroupBody>,
) -> Outcome {
    let id = id.into_inner();
    let (change, key) = (convert::update_group(input.body), input.key);
    let answer = allowed
        .run(|Services { app, caller }| async move {
            let answered = answer::render(StatusCode::OK, convert::group_view);
            let work = |tx| groups::update_group(tx, &caller, id, &etag.0, &change);
            app.change(&caller, key, work, answered).await
        })
        .await?;
    answer::send(answer)
}

/// Delete a group
///
/// Its people and what backs their Monthly and unspent Extra go to Default, the rest to Unallocated. What it used stays
/// readable.
#[utoipa::path(
    tag = "groups",
    params(("id" = GroupId, Path, description = "The group.")),
    responses(
        (status = 204, description = "It is deleted."),
        (status = 409, description = "It is the Default group.")
    )
)]
#[delete("/groups/{id}")]
pub(crate) async fn delete_group(
    allowed: Allowed<operation::DeleteGroup>,
    id: Path<GroupId>,
    input: Bodiless,
) -> Outcome {
    let id = id.into_inner();
    let answer = allowed
        .run(|Services { app, caller }| async move {
            let answered = answer::render(StatusCode::NO_CONTENT, |()| ());
            app.change(
                &caller,
                input.key,
                |tx| groups::delete_group(tx, &caller, id),
                answered,
            )
            .await
        })
        .await?;
    answer::send(answer)
}
