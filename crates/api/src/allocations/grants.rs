//! Grants of one person.

use actix_web::http::StatusCode;
use actix_web::web::Path;
use actix_web::{get, post};
use allowance_api_types::Page;
use allowance_api_types::grants::{CreateGrantBody, GrantView};
use allowance_app::allocations;
use allowance_domain::authz::operation;
use allowance_values::{CreditTypeId, GrantId, PersonId};

use super::grant_words;
use crate::guard::{Allowed, Services};
use crate::http::answer::{self, Outcome};
use crate::http::extract::{Bodiless, KeyHeader, KeyRequired, Valid};

/// Grants of a member, oldest first
///
/// Those that count in the open cycle.
#[utoipa::path(
    tag = "allocations",
    params(
        ("id" = CreditTypeId, Path, description = "The credit type."),
        ("person_id" = PersonId, Path, description = "The person.")
    ),
    responses((status = 200, description = "All grants that count now.", body = Page<GrantView>))
)]
#[get("/credit-types/{id}/members/{person_id}/grants")]
pub(crate) async fn list_grants(
    allowed: Allowed<operation::ListGrants>,
    path: Path<(CreditTypeId, PersonId)>,
) -> Outcome {
    let (id, person) = path.into_inner();
    let grants =
        allowed
            .run(|Services { app, caller }| async move {
                allocations::list_grants(&app, &caller, id, person).await
            })
            .await?;
    let items = grants.iter().map(grant_words::grant_view).collect();
    answer::json(&Page {
        items,
        next_cursor: None,
        total: None,
    })
}

/// Grant credits
///
/// One-off credits with a reason, paid by the group.
#[utoipa::path(
    tag = "allocations",
    params(
        ("id" = CreditTypeId, Path, description = "The credit type."),
        ("person_id" = PersonId, Path, description = "The person."),
        KeyHeader
    ),
    request_body = CreateGrantBody,
    responses(
        (status = 201, description = "The grant.", body = GrantView),
        (status = 409, description = "The group lacks credits; `over_by` says how much.")
    )
)]
#[post("/credit-types/{id}/members/{person_id}/grants")]
pub(crate) async fn create_grant(
    allowed: Allowed<operation::CreateGrant>,
    path: Path<(CreditTypeId, PersonId)>,
    input: Valid<CreateGrantBody, KeyRequired>,
) -> Outcome {
    let (id, person) = path.into_inner();
    let (new, key) = (grant_words::create_grant(input.body)?, input.key);
    let answer = allowed
        .run(|Services { app, caller }| async move {
            let answered = answer::render(StatusCode::CREATED, grant_words::grant_view);
            let work = |tx| allocations::create_grant(tx, &caller, id, person, &new);
            app.change(&caller, key, work, answered).await
        })
        .await?;
    answer::send(answer)
}

/// Revoke a grant
///
/// What is unused of it returns to the group; what was used stays used.
#[utoipa::path(
    tag = "allocations",
    params(("id" = GrantId, Path, description = "The grant."), KeyHeader),
    responses(
        (status = 200, description = "The grant.", body = GrantView),
        (status = 409, description = "Nothing of it is left.")
    )
)]
#[post("/grants/{id}/revoke")]
pub(crate) async fn revoke_grant(
    allowed: Allowed<operation::RevokeGrant>,
    id: Path<GrantId>,
    input: Bodiless<KeyRequired>,
) -> Outcome {
    let (id, key) = (id.into_inner(), input.key);
    let answer = allowed
        .run(|Services { app, caller }| async move {
            let answered = answer::render(StatusCode::OK, grant_words::grant_view);
            app.change(
                &caller,
                key,
                |tx| allocations::revoke_grant(tx, &caller, id),
                answered,
            )
            .await
        })
        .await?;
    answer::send(answer)
}
