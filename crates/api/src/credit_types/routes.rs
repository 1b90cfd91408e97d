//! `/credit-types`, `/credit-types/{id}`, its overview and its cycles.

use actix_web::http::StatusCode;
use actix_web::web::Path;
use actix_web::{get, patch, post};
use allowance_api_types::Page;
use allowance_api_types::attention::AttentionListView;
use allowance_api_types::consequences::{CreditTypeChangedView, DryRunQuery};
use allowance_api_types::credit_types::{
    CreateCreditTypeBody, CreditTypeView, CycleView, OverviewQuery, OverviewView, SettingChangeView,
    UpdateCreditTypeBody,
};
use allowance_api_types::paging::PageQuery;
use allowance_app::credit_types;
use allowance_domain::authz::operation;
use allowance_values::CreditTypeId;

use super::{convert, effects};
use crate::guard::{Allowed, Services};
use crate::http::answer::{self, Outcome};
use crate::http::cursor::{CursorOf, page_size};
use crate::http::extract::{Bodiless, IfMatch, IfMatchHeader, KeyHeader, KeyRequired, Query, Valid};

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
/// Everything holds from now on, the limit in the open cycle too. Lowering it takes nothing from anybody; new allocations
/// stay shut until everything fits. Another cadence ends the open cycle and opens a fresh one at once; another
/// distribution keeps what was used. With `dry_run=true` the same change is run to its end and rolled back: the answer says
/// what it would do.
#[utoipa::path(
    tag = "credit_types",
    params(("id" = CreditTypeId, Path, description = "The credit type."), DryRunQuery, IfMatchHeader),
    request_body = UpdateCreditTypeBody,
    responses(
        (status = 200, description = "The credit type and what the change does.", body = CreditTypeChangedView),
        (status = 409, description = "The name is taken, decimals would shrink, or it is archived.")
    )
)]
#[patch("/credit-types/{id}")]
pub(crate) async fn update_credit_type(
    allowed: Allowed<operation::UpdateCreditType>,
    id: Path<CreditTypeId>,
    etag: IfMatch,
    Query(query): Query<DryRunQuery>,
    input: Valid<UpdateCreditTypeBody>,
) -> Outcome {
    let (id, is_dry_run) = (id.into_inner(), query.dry_run.unwrap_or(false));
    let (change, key) = (convert::update_credit_type(input.body)?, input.key);
    let answer = allowed
        .run(|Services { app, caller }| async move {
            let answered = answer::try_render(StatusCode::OK, effects::changed_view);
            let carries = credit_types::carried_by_change(&app, &caller, id, &change).await?;
            let work =
                |tx| credit_types::update_credit_type(tx, &caller, id, &etag.0, &change, carries, is_dry_run);
            app.change(&caller, key, work, answered).await
        })
        .await?;
    answer::send(answer)
}

/// Reset the cycle
///
/// Ends the open cycle now and opens a fresh one with the full limit, to the next planned end. Nothing is zeroed, and it
/// can be undone until `undo_until`. A cycle that is due opens first. With `dry_run=true` nothing is written.
#[utoipa::path(
    tag = "credit_types",
    params(("id" = CreditTypeId, Path, description = "The credit type."), DryRunQuery, IfMatchHeader, KeyHeader),
    responses(
        (status = 200, description = "The credit type and what the reset does.", body = CreditTypeChangedView),
        (status = 409, description = "The credit type is archived.")
    )
)]
#[post("/credit-types/{id}/reset")]
pub(crate) async fn reset_cycle(
    allowed: Allowed<operation::ResetCycle>,
    id: Path<CreditTypeId>,
    etag: IfMatch,
    Query(query): Query<DryRunQuery>,
    input: Bodiless<KeyRequired>,
) -> Outcome {
    let (id, is_dry_run) = (id.into_inner(), query.dry_run.unwrap_or(false));
    let answer = allowed
        .run(|Services { app, caller }| async move {
            let answered = answer::try_render(StatusCode::OK, effects::changed_view);
            let carries = credit_types::carried_if_ended(&app, &caller, id).await?;
            let work = |tx| credit_types::reset_cycle(tx, &caller, id, &etag.0, carries, is_dry_run);
            app.change(&caller, input.key, work, answered).await
        })
        .await?;
    answer::send(answer)
}

/// Undo the reset
///
/// While the cycle the reset opened is the current one and the grace time lasts: the earlier cycle reopens with its planned
/// end, and what was used since counts in it. Edits made since stay. With `dry_run=true` nothing is written.
#[utoipa::path(
    tag = "credit_types",
    params(("id" = CreditTypeId, Path, description = "The credit type."), DryRunQuery, IfMatchHeader, KeyHeader),
    responses(
        (status = 200, description = "The credit type and what undoing does.", body = CreditTypeChangedView),
        (status = 409, description = "It can no longer be undone.")
    )
)]
#[post("/credit-types/{id}/undo-reset")]
pub(crate) async fn undo_reset(
    allowed: Allowed<operation::UndoReset>,
    id: Path<CreditTypeId>,
    etag: IfMatch,
    Query(query): Query<DryRunQuery>,
    input: Bodiless<KeyRequired>,
) -> Outcome {
    let (id, is_dry_run) = (id.into_inner(), query.dry_run.unwrap_or(false));
    let answer = allowed
        .run(|Services { app, caller }| async move {
            let answered = answer::try_render(StatusCode::OK, effects::changed_view);
            let work = |tx| credit_types::undo_reset(tx, &caller, id, &etag.0, is_dry_run);
            app.change(&caller, input.key, work, answered).await
        })
        .await?;
    answer::send(answer)
}

/// Archive a credit type
///
/// Its figures stay readable; nothing can be given, asked or spent of it any more, and its cycles rest. The last one stays,
/// and one on which holds or requests still stand.
#[utoipa::path(
    tag = "credit_types",
    params(("id" = CreditTypeId, Path, description = "The credit type."), IfMatchHeader),
    responses(
        (status = 200, description = "The credit type.", body = CreditTypeView),
        (status = 409, description = "It is the last one, or still in use.")
    )
)]
#[post("/credit-types/{id}/archive")]
pub(crate) async fn archive_credit_type(
    allowed: Allowed<operation::ArchiveCreditType>,
    id: Path<CreditTypeId>,
    etag: IfMatch,
    input: Bodiless,
) -> Outcome {
    let id = id.into_inner();
    let answer = allowed
        .run(|Services { app, caller }| async move {
            let answered = answer::render(StatusCode::OK, convert::credit_type_view);
            let work = |tx| credit_types::archive_credit_type(tx, &caller, id, &etag.0);
            app.change(&caller, input.key, work, answered).await
        })
        .await?;
    answer::send(answer)
}

/// Restore a credit type
///
/// Takes an archived credit type out again; cycles that were missed get their rows.
#[utoipa::path(
    tag = "credit_types",
    params(("id" = CreditTypeId, Path, description = "The credit type."), IfMatchHeader),
    responses((status = 200, description = "The credit type.", body = CreditTypeView))
)]
#[post("/credit-types/{id}/restore")]
pub(crate) async fn restore_credit_type(
    allowed: Allowed<operation::RestoreCreditType>,
    id: Path<CreditTypeId>,
    etag: IfMatch,
    input: Bodiless,
) -> Outcome {
    let id = id.into_inner();
    let answer = allowed
        .run(|Services { app, caller }| async move {
            let answered = answer::render(StatusCode::OK, convert::credit_type_view);
            let work = |tx| credit_types::restore_credit_type(tx, &caller, id, &etag.0);
            app.change(&caller, input.key, work, answered).await
        })
        .await?;
    answer::send(answer)
}

/// Changes of settings, newest first
///
/// What held before a change holds for what happened before it.
#[utoipa::path(
    tag = "credit_types",
    params(("id" = CreditTypeId, Path, description = "The credit type."), PageQuery),
    responses((status = 200, description = "A page of changes.", body = Page<SettingChangeView>))
)]
#[get("/credit-types/{id}/changes")]
pub(crate) async fn list_setting_changes(
    allowed: Allowed<operation::ListSettingChanges>,
    id: Path<CreditTypeId>,
    Query(query): Query<PageQuery>,
) -> Outcome {
    let id = id.into_inner();
    let cursors = CursorOf::list("setting_changes", &id);
    let before: Option<uuid::Uuid> = cursors.decode(query.cursor.as_deref())?;
    let size = page_size(query.limit);
    let changes = allowed
        .run(|Services { app, caller }| async move {
            credit_types::list_setting_changes(&app, &caller, id, before, size.saturating_add(1)).await
        })
        .await?;
    answer::json(&cursors.page_of(changes, size, |line| line.row.id, convert::setting_change_view))
}

/// Overview of the open cycle
///
/// Cycle, balance, use, and how the limit is spread over groups. With `as_of`, as it was at that moment; with `cycle_id`,
/// as a past cycle ended.
#[utoipa::path(
    tag = "credit_types",
    params(("id" = CreditTypeId, Path, description = "The credit type."), OverviewQuery),
    responses((status = 200, description = "The overview.", body = OverviewView))
)]
#[get("/credit-types/{id}/overview")]
pub(crate) async fn get_overview(
    allowed: Allowed<operation::GetOverview>,
    id: Path<CreditTypeId>,
    Query(query): Query<OverviewQuery>,
) -> Outcome {
    let id = id.into_inner();
    let OverviewQuery { cycle_id, as_of } = query;
    let when = credit_types::When {
        cycle: cycle_id,
        at: as_of,
    };
    let overview =
        allowed
            .run(|Services { app, caller }| async move {
                credit_types::get_overview(&app, &caller, id, when).await
            })
            .await?;
    answer::json(&convert::overview_view(overview)?)
}

/// What needs attention, the gravest first
///
/// Books that do not prove themselves, overhangs and groups that are over, spent reserves, requests that wait, joiners
/// without their credits, and what else is worth knowing of the open cycle.
#[utoipa::path(
    tag = "credit_types",
    params(("id" = CreditTypeId, Path, description = "The credit type.")),
    responses((status = 200, description = "The list.", body = AttentionListView))
)]
#[get("/credit-types/{id}/attention")]
pub(crate) async fn list_attention(
    allowed: Allowed<operation::ListAttention>,
    id: Path<CreditTypeId>,
) -> Outcome {
    let id = id.into_inner();
    let found = allowed
        .run(|Services { app, caller }| async move { credit_types::list_attention(&app, &caller, id).await })
        .await?;
    answer::json(&effects::attention_view(id, found))
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
