//! `/events` and `/usage-events/litellm`: usage as other systems write it.

use actix_web::web::Payload;
use actix_web::{HttpRequest, post};
use allowance_api_types::metering::{KeptUsageView, UsageEventView, UsageResultsView};
use allowance_api_types::problem::ErrorCode;
use allowance_api_types::reports::{CloudEvent, LitellmLogsBody, UsageEventData};
use allowance_domain::authz::operation;

use super::cloud_events::{self, Mode};
use super::usage::post_one;
use super::{litellm, report};
use crate::document::Document;
use crate::guard::Metering;
use crate::http::answer::Outcome;
use crate::http::extract::{BODY_LIMIT, read};
use crate::http::problem::Failure;

/// Logs come with their prompts, which are dropped.
const LOGS_LIMIT: usize = 16 * 1024 * 1024;

/// Report usage as CloudEvents
///
/// CloudEvents 1.0: one event (`application/cloudevents+json`), a batch of up to 500 (`application/cloudevents-batch+json`)
/// with a result for each, or one in binary mode, its attributes as `ce-` headers and its data as the body. Source and id
/// are its key, `time` is when it happened, `subject` is the person (an address, an id or an employee number) unless the
/// data names one, and `type` is the operation unless the data names one. The data is a usage event without source, id and
/// time. Extensions are ignored. For platforms, by a key with the scope `usage:write`.
#[utoipa::path(
    tag = "metering",
    request_body(
        content(
            (CloudEvent = "application/cloudevents+json"),
            (Vec<CloudEvent> = "application/cloudevents-batch+json"),
            (UsageEventData = "application/json"),
        ),
        description = "An event, a batch of them, or the data of one whose attributes are headers."
    ),
    responses(
        (status = 201, description = "One event: as it was counted.", body = UsageEventView),
        (status = 200, description = "A batch: what became of each event.", body = UsageResultsView),
        (status = 202, description = "One event: kept aside, because nobody is known by this name.", body = KeptUsageView),
        (status = 409, description = "One event: refused; the code names the limit that bit.")
    )
)]
#[post("/events")]
pub(crate) async fn record_cloud_events(
    metering: Metering<operation::RecordCloudEvents>,
    request: HttpRequest,
    payload: Payload,
) -> Outcome {
    let document = Document::of(&request)?;
    let headers = request.headers();
    let unknown = || {
        Failure::new(
            ErrorCode::UnsupportedMediaType,
            "Send CloudEvents as application/cloudevents+json, as application/cloudevents-batch+json, or with ce- headers.",
        )
    };
    let mode = cloud_events::mode(headers).ok_or_else(unknown)?;
    let body = read(payload.into_inner(), BODY_LIMIT).await?;
    match mode {
        Mode::Structured => post_one(metering, cloud_events::structured(&body, document)?).await,
        Mode::Binary => post_one(metering, cloud_events::binary(headers, &body, document)?).await,
        Mode::Batch => {
            let events = report::items(&body)?;
            let commands = events
                .into_iter()
                .map(|event| cloud_events::structured(event.get().as_bytes(), document));
            report::post_many(metering, commands.collect(), 0, cloud_events::pointer_in_event).await
        }
    }
}

/// Report the logs of a LiteLLM gateway
///
/// What its generic API logger posts: an array of up to 500 call logs, one, or one per line, each a
/// `StandardLoggingPayload`. Its id is the event's, of the source `litellm`; `response_cost` is the cost in USD, and a call
/// that failed is recorded with what it cost, mostly nothing. The person is the end user, else whom the key belongs to: the
/// first of them that is an address or an id of ours, else the first as an employee number. A log that names nobody is kept
/// aside like usage of people who are not known, or refused. Provider, model, call type,
/// tags, tokens, team and key alias are kept; prompts and answers are dropped unread. For platforms, by a key with the
/// scope `usage:write`.
#[utoipa::path(
    tag = "metering",
    request_body = LitellmLogsBody,
    responses((status = 200, description = "What became of each log.", body = UsageResultsView))
)]
#[post("/usage-events/litellm")]
pub(crate) async fn record_litellm_logs(
    metering: Metering<operation::RecordLitellmLogs>,
    request: HttpRequest,
    payload: Payload,
) -> Outcome {
    let document = Document::of(&request)?;
    let media_type = cloud_events::media_type(request.headers());
    if !["application/json", "application/x-ndjson", "application/ndjson"].contains(&media_type.as_str()) {
        return Err(Failure::new(
            ErrorCode::UnsupportedMediaType,
            "Send the logs as application/json or application/x-ndjson.",
        ));
    }
    let body = read(payload.into_inner(), LOGS_LIMIT).await?;
    let logs = report::values(&body)?;
    let commands = logs
        .into_iter()
        .map(|log| litellm::command(log.get().as_bytes(), document));
    report::post_many(metering, commands.collect(), 0, litellm::pointer_in_log).await
}
