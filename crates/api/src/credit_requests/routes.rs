//! `/credit-types/{id}/credit-requests` and `/credit-requests/{id}`.

use actix_web::http::StatusCode;
use actix_web::web::Path;
use actix_web::{get, post};
use allowance_api_types::Page;
use allowance_api_types::credit_requests::{
    CreateCreditRequestBody, CreditRequestCountsView, CreditRequestDetailView, CreditRequestView,
    CreditRequestsQuery,
};
use allowance_app::credit_requests;
use allowance_domain::authz::operation;
use allowance_store::RequestStart;
use allowance_values::{CreditRequestId, CreditTypeId, Timestamp};

use super::convert;
use crate::guard::{Allowed, Services};
use crate::http::answer::{self, Outcome};
use crate::http::cursor::{CursorOf, page_size, total_view};
use crate::http::extract::{KeyHeader, KeyRequired, Query, Valid};

/// Ask for credits
///
/// In one's own name. The auto-approve reserve of the group answers at once, all of it or nothing; else the request waits
/// for a person, and its history says why.
#[utoipa::path(
    tag = "credit_requests",
    params(("id" = CreditTypeId, Path, description = "The credit type."), KeyHeader),
    request_body = CreateCreditRequestBody,
    responses(
        (status = 201, description = "The request; `auto_approved` when the reserve answered.", body = CreditRequestView),
        (status = 409, description = "It cannot be asked here.")
    )
)]
#[post("/credit-types/{id}/credit-requests")]
pub(crate) async fn create_credit_request(
    allowed: Allowed<operation::CreateCreditRequest>,
    id: Path<CreditTypeId>,
    input: Valid<CreateCreditRequestBody, KeyRequired>,
) -> Outcome {
    let id = id.into_inner();
    let (new, key) = (convert::create_credit_request(input.body), input.key);
    let answer = allowed
        .run(|Services { app, caller }| async move {
            let answered = answer::render(StatusCode::CREATED, convert::request_view);
            let work = |tx| credit_requests::create_credit_request(tx, &caller, id, &new);
            app.change(&caller, key, work, answered).await
        })
        .await?;
    answer::send(answer)
}

/// Credit requests
///
/// Those the viewer may see: the own ones, those of people the viewer stands above, those the viewer decided; admins,
/// finance and auditors see all. The filters are joined by "and".
#[utoipa::path(
    tag = "credit_requests",
    params(("id" = CreditTypeId, Path, description = "The credit type."), CreditRequestsQuery),
    responses((status = 200, description = "A page of requests.", body = Page<CreditRequestView>))
)]
#[get("/credit-types/{id}/credit-requests")]
pub(crate) async fn list_credit_requests(
    allowed: Allowed<operation::ListCreditRequests>,
    id: Path<CreditTypeId>,
    Query(query): Query<CreditRequestsQuery>,
) -> Outcome {
    let id = id.into_inner();
    let (cursor, size) = (query.cursor.clone(), page_size(query.limit));
    let filter = convert::list_credit_requests(query);
    let cursors = CursorOf::list("credit_requests", &(id, &filter));
    let position: Option<(Timestamp, CreditRequestId)> = cursors.decode(cursor.as_deref())?;
    let after = position.map(|(submitted_at, id)| RequestStart { submitted_at, id });
    let (lines, total) = allowed
        .run(|Services { app, caller }| async move {
            credit_requests::list_credit_requests(&app, &caller, id, &filter, after, size).await
        })
        .await?;
    let page = cursors.page_of(
        lines,
        size,
        |line| (line.row.submitted_at, line.row.id),
        |line| convert::request_view(&line),
    );
    answer::json(&Page {
        total: Some(total_view(total)),
        ..page
    })
}

/// How many credit requests wait
///
/// Of those the viewer may see; and how many of them the viewer can decide.
#[utoipa::path(
    tag = "credit_requests",
    params(("id" = CreditTypeId, Path, description = "The credit type.")),
    responses((status = 200, description = "The numbers.", body = CreditRequestCountsView))
)]
#[get("/credit-types/{id}/credit-request-counts")]
pub(crate) async fn count_credit_requests(
    allowed: Allowed<operation::CountCreditRequests>,
    id: Path<CreditTypeId>,
) -> Outcome {
    let id = id.into_inner();
    let (to_decide, pending) = allowed
        .run(|Services { app, caller }| async move {
            credit_requests::count_credit_requests(&app, &caller, id).await
        })
        .await?;
    answer::json(&CreditRequestCountsView { to_decide, pending })
}

/// One credit request
///
/// With everything that happened to it, oldest first.
#[utoipa::path(
    tag = "credit_requests",
    params(("id" = CreditRequestId, Path, description = "The request.")),
    responses((status = 200, description = "The request.", body = CreditRequestDetailView))
)]
#[get("/credit-requests/{id}")]
pub(crate) async fn get_credit_request(
    allowed: Allowed<operation::GetCreditRequest>,
    id: Path<CreditRequestId>,
) -> Outcome {
    let id = id.into_inner();
    let detail = allowed
        .run(|Services { app, caller }| async move {
            credit_requests::get_credit_request(&app, &caller, id).await
        })
        .await?;
    answer::tagged(&convert::detail_view(&detail), &detail.line.etag())
}
