//! Credit types, their overview and cycles.

use allowance_api_types::Page;
use allowance_api_types::credit_types::{CreditTypeView, OverviewView, UpdateCreditTypeBody};
use allowance_api_types::paging::PageQuery;
use allowance_values::CreditTypeId;

use super::Answer;
use super::client::Call;

pub async fn list(query: &PageQuery) -> Answer<Page<CreditTypeView>> {
    Call::get("/credit-types").query(query).read().await
}

pub async fn get(id: CreditTypeId) -> Answer<CreditTypeView> {
    Call::get(format!("/credit-types/{id}")).read().await
}

pub async fn update(
    id: CreditTypeId,
    body: &UpdateCreditTypeBody,
    etag: &str,
    key: &str,
) -> Answer<CreditTypeView> {
    Call::patch(format!("/credit-types/{id}"))
        .json(body)
        .if_match(etag)
        .key(key)
        .read()
        .await
}

pub async fn overview(id: CreditTypeId) -> Answer<OverviewView> {
    Call::get(format!("/credit-types/{id}/overview")).read().await
}
