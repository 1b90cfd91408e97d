//! `/holds`, `/holds/{id}/capture` and `/holds/{id}/release`.

use actix_web::http::StatusCode;
use actix_web::web::Path;
use actix_web::{get, post};
use allowance_api_types::Page;
use allowance_api_types::metering::{CaptureHoldBody, HoldView, HoldsQuery, PlaceHoldBody};
use allowance_app::metering::{CaptureHold, Command, Metered, ReleaseHold, list_holds as read_holds};
use allowance_domain::authz::operation;
use allowance_values::HoldId;

use super::convert;
use crate::guard::{MeterServices, Metering};
use crate::http::answer::{self, Outcome};
use crate::http::cursor::{CursorOf, page_size};
use crate::http::extract::{Query, Valid};
use crate::http::problem::Failure;

/// The answer to a command about a hold.
fn answered(status: StatusCode, answer: Metered) -> Outcome {
    match answer {
        Metered::Hold { line, is_replay } => answer::created(status, &convert::hold_view(&line), is_replay),
        Metered::Usage { .. } | Metered::Kept { .. } => {
            Err(Failure::internal(&"a hold was answered by an event"))
        }
    }
}

/// Place a hold
///
/// Asks whether a person may spend, and reserves it in the same step: the organisation, the group and the person are
/// checked together, and a refusal names the limit that bit. A hold is unique by source and id, for good: sent again it is
/// answered as it was placed, whatever became of it. It is given back by itself when its time runs out. For platforms, by
/// a key with the scope `holds:write`.
#[utoipa::path(
    tag = "metering",
    request_body = PlaceHoldBody,
    responses(
        (status = 201, description = "The hold; `over_by` says how far it goes beyond.", body = HoldView),
        (status = 409, description = "Refused; the code names the limit that bit.")
    )
)]
#[post("/holds")]
pub(crate) async fn place_hold(
    metering: Metering<operation::PlaceHold>,
    input: Valid<PlaceHoldBody>,
) -> Outcome {
    let command = Command::Hold(Box::new(convert::place_hold(input.body)?));
    answered(StatusCode::CREATED, metering.post_one(command).await?)
}

/// Capture a hold
///
/// Consumes it whole or in part; the rest returns. More than it reserves is taken only within its tolerance. Sent again
/// with the same amount it is answered as it stands.
#[utoipa::path(
    tag = "metering",
    params(("id" = HoldId, Path, description = "The hold.")),
    request_body = CaptureHoldBody,
    responses(
        (status = 200, description = "The hold.", body = HoldView),
        (status = 409, description = "It has ended, or more was asked than it reserves.")
    )
)]
#[post("/holds/{id}/capture")]
pub(crate) async fn capture_hold(
    metering: Metering<operation::CaptureHold>,
    id: Path<HoldId>,
    input: Valid<CaptureHoldBody>,
) -> Outcome {
    let command = Command::Capture(CaptureHold {
        hold: id.into_inner(),
        amount: convert::capture_amount(&input.body)?,
    });
    answered(StatusCode::OK, metering.post_one(command).await?)
}

/// Release a hold
///
/// Gives it back. Released before, it is answered as it stands. Admins and the owner of the person's group may do it as
/// well as platforms.
#[utoipa::path(
    tag = "metering",
    params(("id" = HoldId, Path, description = "The hold.")),
    responses(
        (status = 200, description = "The hold.", body = HoldView),
        (status = 409, description = "It was captured.")
    )
)]
#[post("/holds/{id}/release")]
pub(crate) async fn release_hold(metering: Metering<operation::ReleaseHold>, id: Path<HoldId>) -> Outcome {
    let command = Command::Release(ReleaseHold {
        hold: id.into_inner(),
    });
    answered(StatusCode::OK, metering.post_one(command).await?)
}

/// List holds
///
/// Newest first. Members see their own, managers their reports', owners their groups'; platforms need the scope `read`.
#[utoipa::path(
    tag = "metering",
    params(HoldsQuery),
    responses((status = 200, description = "A page of holds.", body = Page<HoldView>))
)]
#[get("/holds")]
pub(crate) async fn list_holds(
    metering: Metering<operation::ListHolds>,
    query: Query<HoldsQuery>,
) -> Outcome {
    let query = query.0;
    let size = page_size(query.limit);
    let list = CursorOf::list("holds", &convert::hold_filter(&query, None));
    let filter = convert::hold_filter(&query, list.decode::<HoldId>(query.cursor.as_deref())?);
    let lines = metering
        .run(move |MeterServices { app, meter, .. }| async move {
            read_holds(&app, &meter, &filter, size.saturating_add(1)).await
        })
        .await?;
    answer::json(&list.page_of(lines, size, |line| line.row.id, |line| convert::hold_view(&line)))
}
