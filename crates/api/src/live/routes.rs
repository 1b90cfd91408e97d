//! `/live`.

use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, get};
use allowance_app::live;
use allowance_domain::authz::operation;

use super::stream;
use crate::guard::{Allowed, Services};
use crate::http::answer::Outcome;

/// Changes, as they happen
///
/// Server-sent events, within a second of the change, whichever instance made it. Each event `change` names the areas that
/// changed since the event before; read again what you show of them. Its `id` is a position: sent as `Last-Event-ID` when
/// you come back, the first event names everything you missed. The stream ends with your session.
#[utoipa::path(
    tag = "live",
    responses((
        status = 200,
        description = "The stream. The data of an event is a ChangeView.",
        body = String,
        content_type = "text/event-stream"
    ))
)]
#[get("/live")]
pub(crate) async fn stream_changes(
    allowed: Allowed<operation::StreamChanges>,
    request: HttpRequest,
) -> Outcome {
    let listener = allowed
        .run(|Services { app, caller }| async move { live::listen(&app, &caller).await })
        .await?;
    let last_seen = request
        .headers()
        .get("last-event-id")
        .and_then(|value| value.to_str().ok()?.trim().parse::<i64>().ok());
    Ok(HttpResponse::Ok()
        .content_type("text/event-stream")
        // Compression and proxies would hold events back to fill their buffers.
        .insert_header((header::CONTENT_ENCODING, "identity"))
        .insert_header(("x-accel-buffering", "no"))
        .streaming(stream::events(listener, last_seen)))
}
