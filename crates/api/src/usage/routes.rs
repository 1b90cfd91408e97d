//! `/usage-settings` and `/unmatched-usage`.

use actix_web::http::StatusCode;
use actix_web::web::Path;
use actix_web::{delete, get, post, put};
use allowance_api_types::Page;
use allowance_api_types::consequences::DryRunQuery;
use allowance_api_types::usage::{
    DiscardUsageBody, DiscardedUsageView, MatchUsageBody, MatchedUsageListView, SetUsageSettingsBody,
    UnmatchedUsageQuery, UnmatchedUsageView, UsageAliasView, UsageAliasesQuery, UsageSettingsView,
};
use allowance_app::usage::{self, Matched};
use allowance_domain::authz::operation;
use allowance_domain::metering::{PersonName, PersonNameKind};
use allowance_store::SourcedName;
use allowance_values::UsageAliasId;

use super::convert;
use crate::guard::{Allowed, MeterServices, Metering, Services};
use crate::http::answer::{self, Outcome};
use crate::http::cursor::{CursorOf, page_size};
use crate::http::extract::{Bodiless, IfMatch, IfMatchHeader, Query, Valid};
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
/// What was kept aside, by the name it came under and who reported it, where the organisation keeps such usage. What named
/// nobody at all stands under the kind `nobody`.
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
    let broken = |()| {
        Failure::new(
            allowance_api_types::ErrorCode::InvalidCursor,
            "Start from the first page again.",
        )
    };
    let after = list
        .decode::<(String, String, String)>(cursor.as_deref())?
        .map(|(kind, key, source)| {
            let kind = PersonNameKind::parse(&kind).ok_or(())?;
            Ok(SourcedName { kind, key, source })
        })
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
        (kind.as_str(), key.clone(), line.row.source.clone())
    };
    let page = list.page_of(lines, size, position, |line| {
        convert::unmatched_view(line, currency)
    });
    answer::json(&page)
}

/// Say whose usage is
///
/// All usage kept under each name, of one source or of all, becomes the person's and is counted at once, each event once: by
/// the rate and in the group of now where its cycle has ended. A name that has nothing kept under it answers none. With
/// `remember` the name stands for the person from now on where those sources use it, unless somebody is known by it: later
/// events count at once. With `dry_run=true` the same runs, counting too, and is rolled back: the answer says which
/// credits it burns and what could not be counted.
#[utoipa::path(
    tag = "usage",
    params(DryRunQuery),
    request_body = MatchUsageBody,
    responses((status = 200, description = "How many events each name had.", body = MatchedUsageListView))
)]
#[post("/unmatched-usage/match")]
pub(crate) async fn match_unmatched_usage(
    allowed: Allowed<operation::MatchUnmatchedUsage>,
    Query(query): Query<DryRunQuery>,
    input: Valid<MatchUsageBody>,
) -> Outcome {
    let (matches, key) = (convert::matches(input.body), input.key);
    let is_dry_run = query.dry_run.unwrap_or(false);
    let answer = allowed
        .run(move |Services { app, caller }| async move {
            let answered = answer::render(StatusCode::OK, |results: &Vec<Matched>| {
                convert::matched_view(&matches, results)
            });
            let work = |tx| usage::match_unmatched_usage(tx, &caller, &matches, is_dry_run);
            let answer = app.change(&caller, key, work, answered).await?;
            if is_dry_run {
                return Ok(answer);
            }
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

/// Names that stand for people
///
/// Made when usage is matched and the name is remembered, the newest first. Usage that a source reports under such a name
/// counts for the person, unless somebody is known by the name itself.
#[utoipa::path(
    tag = "usage",
    params(UsageAliasesQuery),
    responses((status = 200, description = "A page of names.", body = Page<UsageAliasView>))
)]
#[get("/usage-aliases")]
pub(crate) async fn list_usage_aliases(
    allowed: Allowed<operation::ListUsageAliases>,
    Query(query): Query<UsageAliasesQuery>,
) -> Outcome {
    let cursors = CursorOf::list("usage_aliases", &());
    let before: Option<UsageAliasId> = cursors.decode(query.cursor.as_deref())?;
    let size = page_size(query.limit);
    let lines = allowed
        .run(|Services { app, caller }| async move {
            usage::list_usage_aliases(&app, &caller, before, size.saturating_add(1)).await
        })
        .await?;
    answer::json(&cursors.page_of(lines, size, |line| line.row.id, convert::alias_view))
}

/// Take back that a name stands for somebody
///
/// What was counted stays; what comes under the name from now on is treated as any other of people who are not known.
#[utoipa::path(
    tag = "usage",
    params(("id" = UsageAliasId, Path, description = "The name that stands for somebody.")),
    responses((status = 204, description = "It stands for nobody any more."))
)]
#[delete("/usage-aliases/{id}")]
pub(crate) async fn delete_usage_alias(
    allowed: Allowed<operation::DeleteUsageAlias>,
    id: Path<UsageAliasId>,
    input: Bodiless,
) -> Outcome {
    let id = id.into_inner();
    let answer = allowed
        .run(|Services { app, caller }| async move {
            let answered = answer::render(StatusCode::NO_CONTENT, |()| ());
            let work = |tx| usage::delete_usage_alias(tx, &caller, id);
            app.change(&caller, input.key, work, answered).await
        })
        .await?;
    answer::send(answer)
}

/// Discard usage that is nobody's
///
/// All that is kept under each name, of one source or of all, counts for nobody, for good; sent again it is answered so.
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
