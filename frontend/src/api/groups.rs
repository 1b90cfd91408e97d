//! Groups people belong to.

use allowance_api_types::Page;
use allowance_api_types::groups::{CreateGroupBody, GroupView, UpdateGroupBody};
use allowance_api_types::paging::PageQuery;
use allowance_values::GroupId;

use super::Answer;
use super::client::Call;

pub async fn list(query: &PageQuery) -> Answer<Page<GroupView>> {
    Call::get("/groups").query(query).read().await
}

pub async fn create(body: &CreateGroupBody, key: &str) -> Answer<GroupView> {
    Call::post("/groups").json(body).key(key).read().await
}

pub async fn update(id: GroupId, body: &UpdateGroupBody, etag: &str, key: &str) -> Answer<GroupView> {
    Call::patch(format!("/groups/{id}"))
        .json(body)
        .if_match(etag)
        .key(key)
        .read()
        .await
}

pub async fn delete(id: GroupId, etag: &str, key: &str) -> Answer<()> {
    Call::delete(format!("/groups/{id}"))
        .if_match(etag)
        .key(key)
        .done()
        .await
}
