//! Keys of platforms.

use allowance_api_types::Page;
use allowance_api_types::api_keys::{ApiKeyView, CreateApiKeyBody, NewApiKeyView};
use allowance_api_types::paging::PageQuery;
use allowance_values::ApiKeyId;

use super::Answer;
use super::client::Call;

pub async fn list(query: &PageQuery) -> Answer<Page<ApiKeyView>> {
    Call::get("/api-keys").query(query).read().await
}

/// Makes a key. Its secret is in this answer and never again, so there is no stored answer either.
pub async fn create(body: &CreateApiKeyBody) -> Answer<NewApiKeyView> {
    Call::post("/api-keys").json(body).read().await
}

pub async fn revoke(id: ApiKeyId, key: &str) -> Answer<ApiKeyView> {
    Call::post(format!("/api-keys/{id}/revoke")).key(key).read().await
}
