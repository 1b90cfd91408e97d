//! `/credit-types/{id}/costs` and what lies behind the figures; `/credit-types/{id}/alerts`.

use actix_web::get;
use actix_web::web::Path;
use allowance_api_types::Page;
use allowance_api_types::costs::{
    AlertsQuery, CostEventView, CostEventsExportQuery, CostEventsQuery, CostSeriesQuery, CostSeriesView,
    CostsExportQuery, CostsQuery, CostsView, ThresholdAlertView,
};
use allowance_app::costs;
use allowance_domain::authz::operation;
use allowance_store::{CostEventStart, CostStart};
use allowance_values::CreditTypeId;
use uuid::Uuid;

use super::convert::{self, ask};
use super::export::{self, CostsExport};
use super::{spooled, workbook};
use crate::guard::{Allowed, Services};
use crate::http::answer::{self, Outcome};
use crate::http::cursor::{CursorOf, page_size};
use crate::http::extract::Query;

/// Where a page of events starts, in the order of entries and in that of events without one, and where both end.
type EventPlace = (Option<i64>, Option<(i64, Uuid)>, Option<(i64, i64)>);

/// Costs
///
/// Credits and cost of a period, told apart by day, group, person, provider, model, operation or tag, with totals, and how what
/// happened in the period differs from what was charged to it. Admins, finance and auditors see everything, others their
/// own use, that of their reports and that counted to groups they own.
#[utoipa::path(
    tag = "costs",
    params(("id" = CreditTypeId, Path, description = "The credit type."), CostsQuery),
    responses((status = 200, description = "A page of rows, and the totals of all.", body = CostsView))
)]
#[get("/credit-types/{id}/costs")]
pub(crate) async fn get_costs(
    allowed: Allowed<operation::GetCosts>,
    id: Path<CreditTypeId>,
    Query(query): Query<CostsQuery>,
) -> Outcome {
    let id = id.into_inner();
    let ask = ask!(query);
    let what = (convert::by(query.by), convert::order(query.order));
    let compares = convert::compares(query.compare);
    let cursors = CursorOf::list("costs", &(id, &ask, what, compares));
    let place: Option<(i64, i64, Option<String>)> = cursors.decode(query.cursor.as_deref())?;
    let after = match place {
        None => None,
        Some((high, low, key)) => {
            let key = costs::read_key(what.0, key.as_deref());
            Some(CostStart {
                rank: (high, low),
                key: key.ok_or_else(CursorOf::broken)?,
            })
        }
    };
    let size = page_size(query.limit);
    let mut page = allowed
        .run(|Services { app, caller }| async move {
            let asked = ask.find(&app, &caller, id, compares).await?;
            costs::get_costs(&app, asked, what, after.as_ref(), size).await
        })
        .await?;
    let size = usize::try_from(size).unwrap_or(usize::MAX);
    let has_next = page.lines.len() > size;
    page.lines.truncate(size);
    let next = page.lines.last().filter(|_| has_next).map(|last| {
        let (high, low) = last.start.rank;
        cursors.encode((high, low, costs::write_key(&last.key)))
    });
    answer::json(&convert::costs_view(&page, what.0, next))
}

/// Costs by day, in layers
///
/// For a chart: a value per day for each of the eight largest, and for the rest. At most 400 days.
#[utoipa::path(
    tag = "costs",
    params(("id" = CreditTypeId, Path, description = "The credit type."), CostSeriesQuery),
    responses((status = 200, description = "The days and their layers.", body = CostSeriesView))
)]
#[get("/credit-types/{id}/costs/series")]
pub(crate) async fn get_cost_series(
    allowed: Allowed<operation::GetCostSeries>,
    id: Path<CreditTypeId>,
    Query(query): Query<CostSeriesQuery>,
) -> Outcome {
    let id = id.into_inner();
    let ask = ask!(query);
    let what = (convert::by(query.by), convert::order(query.order));
    let series =
        allowed
            .run(|Services { app, caller }| async move {
                costs::get_cost_series(&app, &caller, id, &ask, what).await
            })
            .await?;
    answer::json(&convert::series_view(series, what.0))
}

/// Export costs as CSV
///
/// All rows, in their order, as they stand when the export begins.
#[utoipa::path(
    tag = "costs",
    params(("id" = CreditTypeId, Path, description = "The credit type."), CostsExportQuery),
    responses((status = 200, description = "The rows.", body = String, content_type = "text/csv"))
)]
#[get("/credit-types/{id}/costs.csv")]
pub(crate) async fn export_costs(
    allowed: Allowed<operation::ExportCosts>,
    id: Path<CreditTypeId>,
    Query(query): Query<CostsExportQuery>,
) -> Outcome {
    let (id, ask) = (id.into_inner(), ask!(query));
    let what = (convert::by(query.by), convert::order(query.order));
    let compares = convert::compares(query.compare);
    let has_mark = query.bom.unwrap_or(false);
    let file = allowed
        .run(move |Services { app, caller }| async move {
            let asked = ask.find(&app, &caller, id, compares).await?;
            let export = CostsExport::begin(&app, asked, what).await?;
            export.write_csv(has_mark).await
        })
        .await?;
    Ok(spooled::answer(file, "text/csv; charset=utf-8", "costs.csv"))
}

/// Export costs as an Excel file
///
/// All rows, in their order, as they stand when the export begins. Amounts are numbers; those with more digits than Excel keeps are exact texts.
#[utoipa::path(
    tag = "costs",
    params(("id" = CreditTypeId, Path, description = "The credit type."), CostsExportQuery),
    responses((
        status = 200,
        description = "The workbook.",
        body = String,
        content_type = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    ))
)]
#[get("/credit-types/{id}/costs.xlsx")]
pub(crate) async fn export_costs_workbook(
    allowed: Allowed<operation::ExportCostsWorkbook>,
    id: Path<CreditTypeId>,
    Query(query): Query<CostsExportQuery>,
) -> Outcome {
    let (id, ask) = (id.into_inner(), ask!(query));
    let what = (convert::by(query.by), convert::order(query.order));
    let compares = convert::compares(query.compare);
    let file = allowed
        .run(move |Services { app, caller }| async move {
            let asked = ask.find(&app, &caller, id, compares).await?;
            workbook::write(CostsExport::begin(&app, asked, what).await?).await
        })
        .await?;
    Ok(workbook::answer(file))
}

/// Events behind costs
///
/// Usage, charges, captured holds and reversals one by one, those charged last first. By tag, day and cycle they are those
/// that the figures are made of.
#[utoipa::path(
    tag = "costs",
    params(("id" = CreditTypeId, Path, description = "The credit type."), CostEventsQuery),
    responses((status = 200, description = "A page of events.", body = Page<CostEventView>))
)]
#[get("/credit-types/{id}/costs/events")]
pub(crate) async fn list_cost_events(
    allowed: Allowed<operation::ListCostEvents>,
    id: Path<CreditTypeId>,
    Query(query): Query<CostEventsQuery>,
) -> Outcome {
    let id = id.into_inner();
    let ask = ask!(query);
    let cursors = CursorOf::list("cost_events", &(id, &ask));
    let place: Option<EventPlace> = cursors.decode(query.cursor.as_deref())?;
    let after = place.map_or_else(CostEventStart::default, |(entry, event, until)| CostEventStart {
        entry,
        event,
        until,
    });
    let size = usize::try_from(page_size(query.limit)).unwrap_or(usize::MAX);
    let (lines, next) = allowed
        .run(|Services { app, caller }| async move {
            let asked = ask.find(&app, &caller, id, false).await?;
            costs::list_cost_events(&app, &asked, after, size).await
        })
        .await?;
    answer::json(&Page {
        items: lines.into_iter().map(convert::event_view).collect(),
        next_cursor: next.map(|CostEventStart { entry, event, until }| cursors.encode((entry, event, until))),
        total: None,
    })
}

/// Export the events behind costs
///
/// As CSV, all of them, those charged last first, as they stand when the export begins.
#[utoipa::path(
    tag = "costs",
    params(("id" = CreditTypeId, Path, description = "The credit type."), CostEventsExportQuery),
    responses((status = 200, description = "The events.", body = String, content_type = "text/csv"))
)]
#[get("/credit-types/{id}/costs/events.csv")]
pub(crate) async fn export_cost_events(
    allowed: Allowed<operation::ExportCostEvents>,
    id: Path<CreditTypeId>,
    Query(query): Query<CostEventsExportQuery>,
) -> Outcome {
    let id = id.into_inner();
    let ask = ask!(query);
    let (app, asked) = allowed
        .run(|Services { app, caller }| async move {
            let asked = ask.find(&app, &caller, id, false).await?;
            Ok((app, asked))
        })
        .await?;
    Ok(export::events_answer(app, asked, query.bom.unwrap_or(false)))
}

/// Threshold alerts
///
/// Each threshold of use that was crossed, once per cycle and subject, newest first: the organisation's, those of groups and
/// members that the viewer sees.
#[utoipa::path(
    tag = "costs",
    params(("id" = CreditTypeId, Path, description = "The credit type."), AlertsQuery),
    responses((status = 200, description = "A page of alerts.", body = Page<ThresholdAlertView>))
)]
#[get("/credit-types/{id}/alerts")]
pub(crate) async fn list_alerts(
    allowed: Allowed<operation::ListAlerts>,
    id: Path<CreditTypeId>,
    Query(query): Query<AlertsQuery>,
) -> Outcome {
    let id = id.into_inner();
    let wanted = convert::list_alerts(&query);
    let cursors = CursorOf::list("alerts", &(id, &wanted));
    let before: Option<Uuid> = cursors.decode(query.cursor.as_deref())?;
    let size = page_size(query.limit);
    let lines = allowed
        .run(|Services { app, caller }| async move {
            costs::list_alerts(&app, &caller, id, &wanted, before, size.saturating_add(1)).await
        })
        .await?;
    answer::json(&cursors.page_of(lines, size, |line| line.row.id, convert::threshold_alert_view))
}
