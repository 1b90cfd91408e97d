//! Credit requests: asking for more, and answering.

use allowance_api_types::Page;
use allowance_api_types::credit_requests::{
    ApproveCreditRequestBody, CreateCreditRequestBody, CreditRequestCountsView, CreditRequestDecidedView,
    CreditRequestDetailView, CreditRequestView, CreditRequestsQuery, DecideCreditRequestsBody, DecisionsView,
    DenyCreditRequestBody, RequestMessageBody,
};
use allowance_values::{CreditRequestId, CreditTypeId};

use super::Answer;
use super::client::Call;

pub async fn list(credit_type: CreditTypeId, query: &CreditRequestsQuery) -> Answer<Page<CreditRequestView>> {
    Call::get(format!("/credit-types/{credit_type}/credit-requests"))
        .query(query)
        .read()
        .await
}

pub async fn count(credit_type: CreditTypeId) -> Answer<CreditRequestCountsView> {
    Call::get(format!("/credit-types/{credit_type}/credit-request-counts"))
        .read()
        .await
}

pub async fn get(id: CreditRequestId) -> Answer<CreditRequestDetailView> {
    Call::get(format!("/credit-requests/{id}")).read().await
}

pub async fn create(
    credit_type: CreditTypeId,
    body: &CreateCreditRequestBody,
    key: &str,
) -> Answer<CreditRequestView> {
    Call::post(format!("/credit-types/{credit_type}/credit-requests"))
        .json(body)
        .key(key)
        .read()
        .await
}

/// What approving would do; nothing is written.
pub async fn preview_approval(
    id: CreditRequestId,
    body: &ApproveCreditRequestBody,
) -> Answer<CreditRequestDecidedView> {
    Call::post(format!("/credit-requests/{id}/approve?dry_run=true"))
        .json(body)
        .key(&super::new_key())
        .read()
        .await
}

pub async fn approve(
    id: CreditRequestId,
    body: &ApproveCreditRequestBody,
    etag: &str,
    key: &str,
) -> Answer<CreditRequestDecidedView> {
    Call::post(format!("/credit-requests/{id}/approve"))
        .json(body)
        .if_match(etag)
        .key(key)
        .read()
        .await
}

pub async fn deny(
    id: CreditRequestId,
    body: &DenyCreditRequestBody,
    etag: &str,
    key: &str,
) -> Answer<CreditRequestDecidedView> {
    Call::post(format!("/credit-requests/{id}/deny"))
        .json(body)
        .if_match(etag)
        .key(key)
        .read()
        .await
}

/// Asks the requester (`ask`) or answers (`answer`).
pub async fn message(
    id: CreditRequestId,
    verb: &'static str,
    body: &RequestMessageBody,
    key: &str,
) -> Answer<CreditRequestView> {
    Call::post(format!("/credit-requests/{id}/{verb}"))
        .json(body)
        .key(key)
        .read()
        .await
}

pub async fn withdraw(id: CreditRequestId, key: &str) -> Answer<CreditRequestView> {
    Call::post(format!("/credit-requests/{id}/withdraw"))
        .key(key)
        .read()
        .await
}

pub async fn decide(body: &DecideCreditRequestsBody, key: &str) -> Answer<DecisionsView> {
    Call::post("/credit-requests/decisions")
        .json(body)
        .key(key)
        .read()
        .await
}
