//! Cost tracking: where credits and money went.

use allowance_api_types::Page;
use allowance_api_types::costs::{
    AlertsQuery, CostEventView, CostEventsExportQuery, CostEventsQuery, CostSeriesQuery, CostSeriesView,
    CostsExportQuery, CostsQuery, CostsView, ThresholdAlertView,
};
use allowance_values::CreditTypeId;

use super::Answer;
use super::client::Call;

pub async fn list(credit_type: CreditTypeId, query: &CostsQuery) -> Answer<CostsView> {
    Call::get(format!("/credit-types/{credit_type}/costs"))
        .query(query)
        .read()
        .await
}

pub async fn series(credit_type: CreditTypeId, query: &CostSeriesQuery) -> Answer<CostSeriesView> {
    Call::get(format!("/credit-types/{credit_type}/costs/series"))
        .query(query)
        .read()
        .await
}

pub async fn events(credit_type: CreditTypeId, query: &CostEventsQuery) -> Answer<Page<CostEventView>> {
    Call::get(format!("/credit-types/{credit_type}/costs/events"))
        .query(query)
        .read()
        .await
}

/// Thresholds of use that were crossed, newest first.
pub async fn alerts(credit_type: CreditTypeId, query: &AlertsQuery) -> Answer<Page<ThresholdAlertView>> {
    Call::get(format!("/credit-types/{credit_type}/alerts"))
        .query(query)
        .read()
        .await
}

/// All rows as a file of the given kind.
pub async fn export(
    credit_type: CreditTypeId,
    kind: &'static str,
    query: &CostsExportQuery,
) -> Answer<web_sys::Blob> {
    Call::get(format!("/credit-types/{credit_type}/costs.{kind}"))
        .query(query)
        .blob()
        .await
}

/// All events as CSV.
pub async fn export_events(
    credit_type: CreditTypeId,
    query: &CostEventsExportQuery,
) -> Answer<web_sys::Blob> {
    Call::get(format!("/credit-types/{credit_type}/costs/events.csv"))
        .query(query)
        .blob()
        .await
}
