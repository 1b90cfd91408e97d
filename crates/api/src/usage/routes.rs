//! `/usage-settings` and `/unmatched-usage`.

use actix_web::http::StatusCode;
use actix_web::{get, post, put};
use allowance_api_types::Page;
use allowance_api_types::usage::{
    DiscardUsageBody, DiscardedUsageView, MatchUsageBody, MatchedUsageListView, SetUsageSettingsBody,
    UnmatchedUsageQuery, UnmatchedUsageView, UsageSettingsView,
};
use allowance_app::usage;
use allowance_domain::authz::operation;
use allowance_domain::metering::{PersonName, PersonNameKind};

use super::convert;
use crate::guard::{Allowed, MeterServices, Metering, Services};
use crate::http::answer::{self, Outcome};
use crate::http::cursor::{CursorOf, page_size};
use crate::http::extract::{IfMatch, IfMatchHeader, Query, Valid};
use crate::http::problem::Failure;

/// How usage is counted
///
/// The credit type of usage that names none: that of the first rule that fits, else the default; and what becomes of usage
/// whose person is not known.
#[utoipa::path(
    tag = "usage",
    responses((status = 200, description = "The settings.", body = UsageSettingsView))
)]
#[get("/usage-settings")]
pub(crate) async fn get_usage_settings(allowed: Allowed<operation::GetUsageSettings>) -> Outcome {
    let row = allowed
        .run(|Services { app, caller }| async move { usage::get_usage_settings(&app, &caller).await })
        .await?;
    answer::tagged(&convert::settings_view(&row), &usage::usage_etag(&row))
}

/// Set how usage is counted
///
/// All of it: what is absent is unset. It holds for what comes from now on; what an event itself names wins.
#[utoipa::path(
    tag = "usage",
    params(IfMatchHeader),
    request_body = SetUsageSettingsBody,
    responses((status = 200, description = "The settings.", body = UsageSettingsView))
)]
#[put("/usage-settings")]
pub(crate) async fn set_usage_settings(
    allowed: Allowed<operation::SetUsageSettings>,
    etag: IfMatch,
    input: Valid<SetUsageSettingsBody>,
) -> Outcome {
    let (wanted, key) = (convert::settings(input.body), input.key);
    let answer = allowed
        .run(|Services { app, caller }| async move {
            let answered = answer::render(StatusCode::OK, convert::settings_view);
            let work = |tx| usage::set_usage_settings(tx, &caller, &etag.0, &wanted);
            app.change(&caller, key, work, answered).await
        })
        .await?;
    answer::send(answer)
}

/// Usage that nobody could be found for
///
/// What was kept aside, by the name it came under, where the organisation keeps such usage.
#[utoipa::path(
    tag = "usage",
    params(UnmatchedUsageQuery),
    responses((status = 200, description = "A page of names.", body = Page<UnmatchedUsageView>))
)]
#[get("/unmatched-usage")]
pub(crate) async fn list_unmatched_usage(
    metering: Metering<operation::ListUnmatchedUsage>,
    query: Query<UnmatchedUsageQuery>,
) -> Outcome {
    let UnmatchedUsageQuery { cursor, limit } = query.0;
    let list = CursorOf::list("unmatched_usage", &());
    let broken = |_| {
        Failure::new(
            allowance_api_types::ErrorCode::InvalidCursor,
            "Start from the first page again.",
        )
    };
    let after = list
        .decode::<(String, String)>(cursor.as_deref())?
        .map(|(kind, key)| PersonNameKind::parse(&kind).map(|kind| (kind, key)).ok_or(()))
        .transpose()
        .map_err(broken)?;
    let size = page_size(limit);
    let (lines, currency) = metering
        .run(move |MeterServices { app, meter, .. }| async move {
            let most = size.saturating_add(1);
            let lines = usage::list_unmatched_usage(&app, &meter, after.as_ref(), most).await?;
            let organisation = app.store.get_organisation(meter.organisation()).await?;
            Ok((lines, organisation.currency))
        })
        .await?;
    let position = |line: &usage::UnmatchedLine| {
        let PersonName { kind, key, text: _ } = &line.row.name;
        (kind.as_str(), key.clone())
    };
    let page = list.page_of(lines, size, position, |line| {
        convert::unmatched_view(line, currency)
    });
    answer::json(&page)
}

/// Say whose usage is
///
/// All usage kept under each name becomes the person's and is counted at once, each event once: by the rate and in the
/// group of now where its cycle has ended. A name that has nothing kept under it answers none.
#[utoipa::path(
    tag = "usage",
    request_body = MatchUsageBody,
    responses((status = 200, description = "How many events each name had.", body = MatchedUsageListView))
)]
#[post("/unmatched-usage/match")]
pub(crate) async fn match_unmatched_usage(
    allowed: Allowed<operation::MatchUnmatchedUsage>,
    input: Valid<MatchUsageBody>,
) -> Outcome {
    let (matches, key) = (convert::matches(input.body), input.key);
    let answer = allowed
        .run(|Services { app, caller }| async move {
            let answered = answer::render(StatusCode::OK, |counts: &Vec<u64>| {
                convert::matched_view(&matches, counts)
            });
            let work = |tx| usage::match_unmatched_usage(tx, &caller, &matches);
            let answer = app.change(&caller, key, work, answered).await?;
            // What is matched is decided; where counting it fails now, the scheduler goes on with it.
            let organisation = Some(caller.actor.organisation);
            if let Err(error) = app.count_matched_usage(organisation).await {
                tracing::warn!(%error, "matched usage is counted later");
            }
            Ok(answer)
        })
        .await?;
    answer::send(answer)
}

/// Discard usage that is nobody's
///
/// It counts for nobody, for good; sent again it is answered so.
#[utoipa::path(
    tag = "usage",
    request_body = DiscardUsageBody,
    responses((status = 200, description = "How many events were discarded.", body = DiscardedUsageView))
)]
#[post("/unmatched-usage/discard")]
pub(crate) async fn discard_unmatched_usage(
    allowed: Allowed<operation::DiscardUnmatchedUsage>,
    input: Valid<DiscardUsageBody>,
) -> Outcome {
    let (discard, key) = (convert::discard(input.body), input.key);
    let answer = allowed
        .run(|Services { app, caller }| async move {
            let answered = answer::render(StatusCode::OK, convert::discarded_view);
            let work = |tx| usage::discard_unmatched_usage(tx, &caller, &discard);
            app.change(&caller, key, work, answered).await
        })
        .await?;
    answer::send(answer)
}
