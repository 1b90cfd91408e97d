//! Credit types, their settings, cycles and overview.

use allowance_api_types::Page;
use allowance_api_types::attention::AttentionListView;
use allowance_api_types::consequences::CreditTypeChangedView;
use allowance_api_types::credit_types::{
    CreateCreditTypeBody, CreditTypeView, CycleView, OverviewQuery, OverviewView, SettingChangeView,
    UpdateCreditTypeBody,
};
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

pub async fn create(body: &CreateCreditTypeBody, key: &str) -> Answer<CreditTypeView> {
    Call::post("/credit-types").json(body).key(key).read().await
}

/// What happens to a credit type at once, with consequences for everybody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    Update(Box<UpdateCreditTypeBody>),
    Reset,
    UndoReset,
}

/// Changes a credit type; as a dry run it answers what would happen, by the same code, and writes nothing.
pub async fn change(
    id: CreditTypeId,
    change: &Change,
    is_dry_run: bool,
    etag: &str,
    key: &str,
) -> Answer<CreditTypeChangedView> {
    let query = if is_dry_run { "?dry_run=true" } else { "" };
    let call = match change {
        Change::Update(body) => Call::patch(format!("/credit-types/{id}{query}")).json(body),
        Change::Reset => Call::post(format!("/credit-types/{id}/reset{query}")),
        Change::UndoReset => Call::post(format!("/credit-types/{id}/undo-reset{query}")),
    };
    call.if_match(etag).key(key).read().await
}

/// Puts a credit type away (`archive`) or takes it back (`restore`).
pub async fn put_away(id: CreditTypeId, verb: &'static str, etag: &str, key: &str) -> Answer<CreditTypeView> {
    Call::post(format!("/credit-types/{id}/{verb}"))
        .if_match(etag)
        .key(key)
        .read()
        .await
}

pub async fn changes(id: CreditTypeId, query: &PageQuery) -> Answer<Page<SettingChangeView>> {
    Call::get(format!("/credit-types/{id}/changes"))
        .query(query)
        .read()
        .await
}

pub async fn cycles(id: CreditTypeId, query: &PageQuery) -> Answer<Page<CycleView>> {
    Call::get(format!("/credit-types/{id}/cycles"))
        .query(query)
        .read()
        .await
}

pub async fn overview(id: CreditTypeId, query: &OverviewQuery) -> Answer<OverviewView> {
    Call::get(format!("/credit-types/{id}/overview"))
        .query(query)
        .read()
        .await
}

pub async fn attention(id: CreditTypeId) -> Answer<AttentionListView> {
    Call::get(format!("/credit-types/{id}/attention")).read().await
}
