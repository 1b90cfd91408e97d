//! Decisions: yes and no, about one request or about many.

use actix_web::http::StatusCode;
use actix_web::post;
use actix_web::web::Path;
use allowance_api_types::consequences::DryRunQuery;
use allowance_api_types::credit_requests::{
    ApproveCreditRequestBody, CreditRequestDecidedView, DecideCreditRequestsBody, DecisionsView,
    DenyCreditRequestBody,
};
use allowance_app::credit_requests;
use allowance_domain::authz::operation;
use allowance_domain::credit_requests::RequestCommand;
use allowance_values::CreditRequestId;

use super::convert;
use crate::guard::{Allowed, Services};
use crate::http::answer::{self, Outcome};
use crate::http::extract::{IfMatch, IfMatchIfAny, KeyHeader, KeyRequired, Query, Valid};

/// Approve a credit request
///
/// The group pays. The amount and the term may differ from what was asked. With `dry_run=true` the same is run and rolled
/// back: the answer says what approving would do.
#[utoipa::path(
    tag = "credit_requests",
    params(
        ("id" = CreditRequestId, Path, description = "The request."),
        DryRunQuery,
        IfMatchIfAny,
        KeyHeader
    ),
    request_body = ApproveCreditRequestBody,
    responses(
        (status = 200, description = "The request, and what approving did.", body = CreditRequestDecidedView),
        (status = 409, description = "Decided before, or nobody can fund it: `over_by` says what is missing.")
    )
)]
#[post("/credit-requests/{id}/approve")]
pub(crate) async fn approve_credit_request(
    allowed: Allowed<operation::ApproveCreditRequest>,
    id: Path<CreditRequestId>,
    etag: Option<IfMatch>,
    Query(query): Query<DryRunQuery>,
    input: Valid<ApproveCreditRequestBody, KeyRequired>,
) -> Outcome {
    let id = id.into_inner();
    let is_dry_run = query.dry_run.unwrap_or(false);
    let (approve, key) = (convert::approve(input.body), input.key);
    let answer = allowed
        .run(|Services { app, caller }| async move {
            let answered = answer::try_render(StatusCode::OK, convert::decided_view);
            let seen = etag.as_ref().map(|etag| etag.0.as_str());
            let work =
                |tx| credit_requests::approve_credit_request(tx, &caller, id, seen, &approve, is_dry_run);
            app.change(&caller, key, work, answered).await
        })
        .await?;
    answer::send(answer)
}

/// Deny a credit request
///
/// Some organisations ask for a reason.
#[utoipa::path(
    tag = "credit_requests",
    params(("id" = CreditRequestId, Path, description = "The request."), IfMatchIfAny),
    request_body = DenyCreditRequestBody,
    responses(
        (status = 200, description = "The request.", body = CreditRequestDecidedView),
        (status = 409, description = "Decided or withdrawn before.")
    )
)]
#[post("/credit-requests/{id}/deny")]
pub(crate) async fn deny_credit_request(
    allowed: Allowed<operation::DenyCreditRequest>,
    id: Path<CreditRequestId>,
    etag: Option<IfMatch>,
    input: Valid<DenyCreditRequestBody>,
) -> Outcome {
    let id = id.into_inner();
    let (DenyCreditRequestBody { reason }, key) = (input.body, input.key);
    let answer = allowed
        .run(|Services { app, caller }| async move {
            let answered = answer::try_render(StatusCode::OK, convert::decided_view);
            let seen = etag.as_ref().map(|etag| etag.0.as_str());
            let (command, text) = (RequestCommand::Deny, reason.as_deref());
            let work = |tx| credit_requests::command_credit_request(tx, &caller, id, seen, command, text);
            app.change(&caller, key, work, answered).await
        })
        .await?;
    answer::send(answer)
}

/// Decide many credit requests
///
/// In one transaction, each judged by itself in the order given: an answer per item, either the request or a problem.
#[utoipa::path(
    tag = "credit_requests",
    params(KeyHeader),
    request_body = DecideCreditRequestsBody,
    responses((status = 200, description = "An answer per item, in order.", body = DecisionsView))
)]
#[post("/credit-requests/decisions")]
pub(crate) async fn decide_credit_requests(
    allowed: Allowed<operation::DecideCreditRequests>,
    input: Valid<DecideCreditRequestsBody, KeyRequired>,
) -> Outcome {
    let request_id = allowed.request_id().to_owned();
    let (items, key) = (convert::decisions(input.body), input.key);
    let answer = allowed
        .run(|Services { app, caller }| async move {
            let view = move |answers: &Vec<_>| convert::decisions_view(answers, &request_id);
            let answered = answer::render(StatusCode::OK, view);
            let work = |tx| credit_requests::decide_credit_requests(tx, &caller, &items);
            app.change(&caller, key, work, answered).await
        })
        .await?;
    answer::send(answer)
}
