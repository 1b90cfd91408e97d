//! `/usage-events`.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, post};
use allowance_api_types::metering::{KeptUsageView, UsageEventView, UsageEventsBody, UsageResultsView};
use allowance_app::metering::{Command, Metered};
use allowance_domain::authz::{Operation, operation};

use super::{convert, report};
use crate::document::Document;
use crate::guard::Metering;
use crate::http::answer::{self, Outcome};
use crate::http::extract::Raw;
use crate::http::problem::Failure;

/// Report usage
///
/// One event, or an array of up to 500 with a result for each. An event is unique by source and id, for good: sent again
/// it is answered as it was counted, and with other content it is refused. A cost becomes credits by the credit type's
/// rate, rounded once; while the rate is zero it is recorded and burns nothing. The rate and the group of the time it
/// happened count; what happened in a cycle that has ended counts in the open one, by those of now, marked late. Without a
/// credit type it counts against that of the organisation's rules. Where the organisation keeps usage of unknown people
/// aside, it is answered so, also where it names nobody at all; else that is refused. For platforms, by a key with the scope `usage:write`.
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
        let items = report::items(&body.0)?;
        let commands = items
            .into_iter()
            .map(|item| report::command(item.get().as_bytes(), document));
        return report::post_many(metering, commands.collect(), 1, str::to_owned).await;
    }
    post_one(metering, report::command(&body.0, document)?).await
}

/// Posts one event and answers it alone.
pub(super) async fn post_one<A: Operation>(metering: Metering<A>, command: Command) -> Outcome {
    let answered = metering.post_one(command).await?;
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
