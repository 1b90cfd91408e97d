//! Commands that decide nothing: a question, its answer, and taking the request back.

use actix_web::http::StatusCode;
use actix_web::post;
use actix_web::web::Path;
use allowance_api_types::credit_requests::{CreditRequestView, RequestMessageBody};
use allowance_app::IdempotencyKey;
use allowance_app::credit_requests;
use allowance_domain::authz::{Operation, operation};
use allowance_domain::credit_requests::RequestCommand;
use allowance_values::CreditRequestId;

use super::convert;
use crate::guard::{Allowed, Services};
use crate::http::answer::{self, Outcome};
use crate::http::extract::{Bodiless, IfMatch, IfMatchIfAny, Valid};

/// Ask the requester
///
/// The request waits for the answer; it can be decided meanwhile.
#[utoipa::path(
    tag = "credit_requests",
    params(("id" = CreditRequestId, Path, description = "The request."), IfMatchIfAny),
    request_body = RequestMessageBody,
    responses(
        (status = 200, description = "The request.", body = CreditRequestView),
        (status = 409, description = "Decided or withdrawn before.")
    )
)]
#[post("/credit-requests/{id}/ask")]
pub(crate) async fn ask_credit_request(
    allowed: Allowed<operation::AskCreditRequest>,
    id: Path<CreditRequestId>,
    etag: Option<IfMatch>,
    input: Valid<RequestMessageBody>,
) -> Outcome {
    let (text, key) = (Some(input.body.text), input.key);
    give(allowed, id.into_inner(), etag, RequestCommand::Ask, text, key).await
}

/// Answer the question
///
/// The requester's own: from then on the request waits for a decision again.
#[utoipa::path(
    tag = "credit_requests",
    params(("id" = CreditRequestId, Path, description = "The request."), IfMatchIfAny),
    request_body = RequestMessageBody,
    responses(
        (status = 200, description = "The request.", body = CreditRequestView),
        (status = 409, description = "Nothing was asked, or it was decided or withdrawn before.")
    )
)]
#[post("/credit-requests/{id}/answer")]
pub(crate) async fn answer_credit_request(
    allowed: Allowed<operation::AnswerCreditRequest>,
    id: Path<CreditRequestId>,
    etag: Option<IfMatch>,
    input: Valid<RequestMessageBody>,
) -> Outcome {
    let (text, key) = (Some(input.body.text), input.key);
    give(allowed, id.into_inner(), etag, RequestCommand::Answer, text, key).await
}

/// Take a credit request back
///
/// The requester's own, for as long as nobody has decided.
#[utoipa::path(
    tag = "credit_requests",
    params(("id" = CreditRequestId, Path, description = "The request."), IfMatchIfAny),
    responses(
        (status = 200, description = "The request.", body = CreditRequestView),
        (status = 409, description = "Decided or withdrawn before.")
    )
)]
#[post("/credit-requests/{id}/withdraw")]
pub(crate) async fn withdraw_credit_request(
    allowed: Allowed<operation::WithdrawCreditRequest>,
    id: Path<CreditRequestId>,
    etag: Option<IfMatch>,
    input: Bodiless,
) -> Outcome {
    give(
        allowed,
        id.into_inner(),
        etag,
        RequestCommand::Withdraw,
        None,
        input.key,
    )
    .await
}

async fn give<A: Operation>(
    allowed: Allowed<A>,
    id: CreditRequestId,
    etag: Option<IfMatch>,
    command: RequestCommand,
    text: Option<String>,
    key: Option<IdempotencyKey>,
) -> Outcome {
    let answer = allowed
        .run(move |Services { app, caller }| async move {
            let answered = answer::render(StatusCode::OK, |decided: &credit_requests::RequestDecided| {
                convert::request_view(&decided.line)
            });
            let (seen, text) = (etag.as_ref().map(|etag| etag.0.as_str()), text.as_deref());
            let work = |tx| credit_requests::command_credit_request(tx, &caller, id, seen, command, text);
            app.change(&caller, key, work, answered).await
        })
        .await?;
    answer::send(answer)
}
