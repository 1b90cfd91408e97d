//! One-off grants.

use allowance_api_types::Page;
use allowance_api_types::grants::{CreateGrantBody, GrantView};
use allowance_api_types::paging::PageQuery;
use allowance_values::{CreditTypeId, GrantId, PersonId};

use super::Answer;
use super::client::Call;

fn path(credit_type: CreditTypeId, person: PersonId) -> String {
    format!("/credit-types/{credit_type}/members/{person}/grants")
}

pub async fn list(credit_type: CreditTypeId, person: PersonId, query: &PageQuery) -> Answer<Page<GrantView>> {
    Call::get(path(credit_type, person)).query(query).read().await
}

pub async fn create(
    credit_type: CreditTypeId,
    person: PersonId,
    body: &CreateGrantBody,
    key: &str,
) -> Answer<GrantView> {
    Call::post(path(credit_type, person))
        .json(body)
        .key(key)
        .read()
        .await
}

pub async fn revoke(id: GrantId, key: &str) -> Answer<GrantView> {
    Call::post(format!("/grants/{id}/revoke")).key(key).read().await
}
