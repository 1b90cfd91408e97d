//! `/usage-events`.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, post};
use allowance_api_types::metering::{
    KeptUsageView, UsageEventBody, UsageEventView, UsageEventsBody, UsageResultsView,
};
use allowance_api_types::problem::ErrorCode;
use allowance_app::metering::{Command, MOST_COMMANDS, Metered};
use allowance_domain::authz::operation;
use serde_json::value::RawValue;

use super::convert;
use crate::document::Document;
use crate::guard::{MeterServices, Metering};
use crate::http::answer::{self, Outcome};
use crate::http::extract::{Raw, parse_json};
use crate::http::problem::Failure;

fn command(bytes: &[u8], document: &Document) -> Result<Command, Failure> {
    let body: UsageEventBody = parse_json(bytes, document)?;
    Ok(Command::Use(Box::new(convert::usage_event(body)?)))
}

/// Report usage
///
/// One event, or an array of up to 500 with a result for each. An event is unique by source and id, for good: sent again
/// it is answered as it was counted, and with other content it is refused. A cost becomes credits by the credit type's
/// rate, rounded once; while the rate is zero it is recorded and burns nothing. What happened in a cycle that has ended
/// counts in the open one, marked late. Without a credit type it counts against that of the organisation's rules. Where
/// the organisation keeps usage of unknown people aside, it is answered so. For platforms, by a key with the scope `usage:write`.
#[utoipa::path(
    tag = "metering",
    request_body = UsageEventsBody,
    responses(
        (status = 201, description = "One event: as it was counted.", body = UsageEventView),
        (status = 200, description = "A batch: what became of each event.", body = UsageResultsView),
        (status = 202, description = "One event: kept aside, because nobody is known by this name.", body = KeptUsageView),
        (status = 409, description = "One event: refused; the code names the limit that bit.")
    )
)]
#[post("/usage-events")]
pub(crate) async fn record_usage(
    metering: Metering<operation::RecordUsage>,
    request: HttpRequest,
    body: Raw,
) -> Outcome {
    let document = Document::of(&request)?;
    if body.0.trim_ascii_start().first() == Some(&b'[') {
        return record_many(metering, document, &body.0).await;
    }
    let command = command(&body.0, document)?;
    let answered = metering
        .run(
            |MeterServices {
                 app,
                 meter,
                 request_id,
             }| async move { app.meter_one(meter, &request_id, command).await },
        )
        .await?;
    match answered {
        Metered::Usage { row, is_replay } => {
            let view = convert::usage_event_view(&row, is_replay);
            answer::created(StatusCode::CREATED, &view, is_replay)
        }
        Metered::Kept { row, is_replay } => {
            let view = convert::kept_view(&row, is_replay);
            answer::created(StatusCode::ACCEPTED, &view, is_replay)
        }
        Metered::Hold { .. } => Err(Failure::internal(&"an event was answered by a hold")),
    }
}

async fn record_many(
    metering: Metering<operation::RecordUsage>,
    document: &Document,
    bytes: &[u8],
) -> Outcome {
    let unreadable = |error: serde_json::Error| {
        let detail = format!(
            "This is not JSON: line {}, column {}.",
            error.line(),
            error.column()
        );
        Failure::new(ErrorCode::UnreadableBody, detail)
    };
    let items: Vec<&RawValue> = serde_json::from_slice(bytes).map_err(unreadable)?;
    if items.is_empty() || items.len() > MOST_COMMANDS {
        return Err(Failure::new(
            ErrorCode::InvalidFields,
            format!("Send 1 to {MOST_COMMANDS} events at once."),
        ));
    }
    let request_id = metering.request_id().to_owned();
    let mut commands = Vec::with_capacity(items.len());
    let mut read = Vec::with_capacity(items.len());
    for item in items {
        read.push(command(item.get().as_bytes(), document).map(|command| commands.push(command)));
    }
    let answers = metering
        .run(
            |MeterServices {
                 app,
                 meter,
                 request_id,
             }| async move { app.meter(meter, &request_id, commands).await },
        )
        .await?;
    let mut answers = answers.into_iter();
    let missing = || Failure::internal(&"a command got no answer");
    let answers = read
        .into_iter()
        .map(|item| item.and_then(|()| answers.next().ok_or_else(missing)))
        .collect();
    answer::json(&convert::usage_results(answers, &request_id))
}
