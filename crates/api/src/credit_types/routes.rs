//! `/credit-types`, `/credit-types/{id}`, its overview and its cycles.

use actix_web::http::StatusCode;
use actix_web::web::Path;
use actix_web::{get, patch, post};
use allowance_api_types::Page;
use allowance_api_types::credit_types::{
    CreateCreditTypeBody, CreditTypeView, CycleView, OverviewView, UpdateCreditTypeBody,
};
use allowance_api_types::paging::PageQuery;
use allowance_app::credit_types;
use allowance_domain::authz::operation;
use allowance_values::CreditTypeId;

use super::convert;
use crate::guard::{Allowed, Services};
use crate::http::answer::{self, Outcome};
use crate::http::cursor::{CursorOf, page_size};
use crate::http::extract::{IfMatch, IfMatchHeader, Query, Valid};

/// Credit types, oldest first
///
/// An organisation has few credit types; the page holds all of them.
#[utoipa::path(
    tag = "credit_types",
    responses((status = 200, description = "All credit types.", body = Page<CreditTypeView>))
)]
#[get("/credit-types")]
pub(crate) async fn list_credit_types(allowed: Allowed<operation::ListCreditTypes>) -> Outcome {
    let all = allowed
        .run(|Services { app, caller }| async move { credit_types::list_credit_types(&app, &caller).await })
        .await?;
    let items = all.iter().map(convert::credit_type_view).collect();
    answer::json(&Page {
        items,
        next_cursor: None,
        total: None,
    })
}

/// Add a credit type
///
/// Opens its first cycle at once.
#[utoipa::path(
    tag = "credit_types",
    request_body = CreateCreditTypeBody,
    responses(
        (status = 201, description = "The credit type.", body = CreditTypeView),
        (status = 409, description = "The name is taken.")
    )
)]
#[post("/credit-types")]
pub(crate) async fn create_credit_type(
    allowed: Allowed<operation::CreateCreditType>,
    input: Valid<CreateCreditTypeBody>,
) -> Outcome {
    let (command, key) = (convert::create_credit_type(input.body)?, input.key);
    let answer = allowed
        .run(|Services { app, caller }| async move {
            let answered = answer::render(StatusCode::CREATED, convert::credit_type_view);
            app.change(
                &caller,
                key,
                |tx| credit_types::create_credit_type(tx, &caller, &command),
                answered,
            )
            .await
        })
        .await?;
    answer::send(answer)
}

/// One credit type
///
/// With its open cycle.
#[utoipa::path(
    tag = "credit_types",
    params(("id" = CreditTypeId, Path, description = "The credit type.")),
    responses((status = 200, description = "The credit type.", body = CreditTypeView))
)]
#[get("/credit-types/{id}")]
pub(crate) async fn get_credit_type(
    allowed: Allowed<operation::GetCreditType>,
    id: Path<CreditTypeId>,
) -> Outcome {
    let id = id.into_inner();
    let found = allowed
        .run(|Services { app, caller }| async move { credit_types::get_credit_type(&app, &caller, id).await })
        .await?;
    answer::tagged(&convert::credit_type_view(&found), &found.etag())
}

/// Change a credit type
///
/// The limit holds from now on, in the open cycle too. Lowering it takes nothing from anybody; new allocations stay shut
/// until everything fits.
#[utoipa::path(
    tag = "credit_types",
    params(("id" = CreditTypeId, Path, description = "The credit type."), IfMatchHeader),
    request_body = UpdateCreditTypeBody,
    responses(
        (status = 200, description = "The credit type.", body = CreditTypeView),
        (status = 409, description = "The name is taken, or decimals would shrink.")
    )
)]
#[patch("/credit-types/{id}")]
pub(crate) async fn update_credit_type(
    allowed: Allowed<operation::UpdateCreditType>,
    id: Path<CreditTypeId>,
    etag: IfMatch,
    input: Valid<UpdateCreditTypeBody>,
) -> Outcome {
    let id = id.into_inner();
    let (change, key) = (convert::update_credit_type(input.body)?, input.key);
    let answer = allowed
        .run(|Services { app, caller }| async move {
            let answered = answer::render(StatusCode::OK, convert::credit_type_view);
            let work = |tx| credit_types::update_credit_type(tx, &caller, id, &etag.0, &change);
            app.change(&caller, key, work, answered).await
        })
        .await?;
    answer::send(answer)
}

/// Overview of the open cycle
///
/// Cycle, balance, use, and how the limit is spread over groups.
#[utoipa::path(
    tag = "credit_types",
    params(("id" = CreditTypeId, Path, description = "The credit type.")),
    responses((status = 200, description = "The overview.", body = OverviewView))
)]
#[get("/credit-types/{id}/overview")]
pub(crate) async fn get_overview(
    allowed: Allowed<operation::GetOverview>,
    id: Path<CreditTypeId>,
) -> Outcome {
    let id = id.into_inner();
    let overview = allowed
        .run(|Services { app, caller }| async move { credit_types::get_overview(&app, &caller, id).await })
        .await?;
    answer::json(&convert::overview_view(overview)?)
}

/// Cycles, newest first
///
/// Closed cycles never change their figures.
#[utoipa::path(
    tag = "credit_types",
    params(("id" = CreditTypeId, Path, description = "The credit type."), PageQuery),
    responses((status = 200, description = "A page of cycles.", body = Page<CycleView>))
)]
#[get("/credit-types/{id}/cycles")]
pub(crate) async fn list_cycles(
    allowed: Allowed<operation::ListCycles>,
    id: Path<CreditTypeId>,
    Query(query): Query<PageQuery>,
) -> Outcome {
    let id = id.into_inner();
    let cursors = CursorOf::list("cycles", &id);
    let before: Option<i64> = cursors.decode(query.cursor.as_deref())?;
    let size = page_size(query.limit);
    let cycles = allowed
        .run(|Services { app, caller }| async move {
            credit_types::list_cycles(&app, &caller, id, before, size.saturating_add(1)).await
        })
        .await?;
    answer::json(&cursors.page_of(cycles, size, |row| row.number, |row| convert::cycle_view(&row)))
}
