//! `/people/{id}/role`, `/people/{id}/group`, `/people/{id}/suspend`, `/people/{id}/reinstate` and `/people/{id}/leave`.

use actix_web::http::StatusCode;
use actix_web::web::Path;
use actix_web::{post, put};
use allowance_api_types::consequences::DryRunQuery;
use allowance_api_types::people::{ChangeRoleBody, DepartureView, MovePersonBody, PersonView};
use allowance_app::people;
use allowance_domain::authz::operation;
use allowance_values::PersonId;

use super::convert;
use crate::guard::{Allowed, Services};
use crate::http::answer::{self, Outcome};
use crate::http::extract::{Bodiless, Query, Valid};

/// Change what a person may do
///
/// It holds from their next request on. Nobody changes their own role, and one admin always remains.
#[utoipa::path(
    tag = "people",
    params(("id" = PersonId, Path, description = "The person.")),
    request_body = ChangeRoleBody,
    responses(
        (status = 200, description = "The person.", body = PersonView),
        (status = 409, description = "The last admin stays admin.")
    )
)]
#[put("/people/{id}/role")]
pub(crate) async fn change_role(
    allowed: Allowed<operation::ChangeRole>,
    id: Path<PersonId>,
    input: Valid<ChangeRoleBody>,
) -> Outcome {
    let id = id.into_inner();
    let (role, key) = (convert::role(input.body.role), input.key);
    let answer = allowed
        .run(|Services { app, caller }| async move {
            let answered = answer::render(StatusCode::OK, convert::person_view);
            app.change(
                &caller,
                key,
                |tx| people::change_role(tx, &caller, id, role),
                answered,
            )
            .await
        })
        .await?;
    answer::send(answer)
}

/// Move a person to another group
///
/// Nobody's Remaining changes. What was used or is held stays with the old group, the unspent returns to it, and the new
/// group funds the same. If it lacks the credits, the answer says by how much, and `when_short` says what to do.
#[utoipa::path(
    tag = "people",
    params(("id" = PersonId, Path, description = "The person.")),
    request_body = MovePersonBody,
    responses(
        (status = 200, description = "The person.", body = PersonView),
        (status = 409, description = "The new group lacks credits; `over_by` says how many.")
    )
)]
#[put("/people/{id}/group")]
pub(crate) async fn move_person(
    allowed: Allowed<operation::MovePerson>,
    id: Path<PersonId>,
    input: Valid<MovePersonBody>,
) -> Outcome {
    let id = id.into_inner();
    let (MovePersonBody { group_id, when_short }, key) = (input.body, input.key);
    let when_short = convert::when_short(when_short);
    let answer = allowed
        .run(|Services { app, caller }| async move {
            let answered = answer::render(StatusCode::OK, convert::person_view);
            let work = |tx| people::move_person(tx, &caller, id, group_id, when_short);
            app.change(&caller, key, work, answered).await
        })
        .await?;
    answer::send(answer)
}

/// Suspend a person
///
/// They keep what they have, cannot spend and cannot sign in.
#[utoipa::path(
    tag = "people",
    params(("id" = PersonId, Path, description = "The person.")),
    responses(
        (status = 200, description = "The person.", body = PersonView),
        (status = 409, description = "The last admin stays, and who has left cannot be suspended.")
    )
)]
#[post("/people/{id}/suspend")]
pub(crate) async fn suspend_person(
    allowed: Allowed<operation::SuspendPerson>,
    id: Path<PersonId>,
    input: Bodiless,
) -> Outcome {
    let id = id.into_inner();
    let answer = allowed
        .run(|Services { app, caller }| async move {
            let answered = answer::render(StatusCode::OK, convert::person_view);
            app.change(
                &caller,
                input.key,
                |tx| people::suspend_person(tx, &caller, id),
                answered,
            )
            .await
        })
        .await?;
    answer::send(answer)
}

/// Reinstate a person
///
/// Ends a suspension, or brings somebody back who has left: they can spend and sign in again. After leaving they have
/// nothing but what they are given anew.
#[utoipa::path(
    tag = "people",
    params(("id" = PersonId, Path, description = "The person.")),
    responses((status = 200, description = "The person.", body = PersonView))
)]
#[post("/people/{id}/reinstate")]
pub(crate) async fn reinstate_person(
    allowed: Allowed<operation::ReinstatePerson>,
    id: Path<PersonId>,
    input: Bodiless,
) -> Outcome {
    let id = id.into_inner();
    let answer = allowed
        .run(|Services { app, caller }| async move {
            let answered = answer::render(StatusCode::OK, convert::person_view);
            app.change(
                &caller,
                input.key,
                |tx| people::reinstate_person(tx, &caller, id),
                answered,
            )
            .await
        })
        .await?;
    answer::send(answer)
}

/// Let a person leave
///
/// Their Monthly ends, the unspent returns to their group, what they carried lapses, holds are given back, requests are
/// withdrawn, and they cannot sign in any more. What they spent stays where it was spent; the person stays readable.
/// With `dry_run=true` the answer says what would happen, and nothing is written.
#[utoipa::path(
    tag = "people",
    params(("id" = PersonId, Path, description = "The person."), DryRunQuery),
    responses(
        (status = 200, description = "The person and what leaving does.", body = DepartureView),
        (status = 409, description = "The last admin stays.")
    )
)]
#[post("/people/{id}/leave")]
pub(crate) async fn leave_person(
    allowed: Allowed<operation::LeavePerson>,
    id: Path<PersonId>,
    Query(query): Query<DryRunQuery>,
    input: Bodiless,
) -> Outcome {
    let (id, is_dry_run) = (id.into_inner(), query.dry_run.unwrap_or(false));
    let answer = allowed
        .run(|Services { app, caller }| async move {
            let answered = answer::render(StatusCode::OK, convert::departure_view);
            let work = |tx| people::leave_person(tx, &caller, id, is_dry_run);
            app.change(&caller, input.key, work, answered).await
        })
        .await?;
    answer::send(answer)
}
