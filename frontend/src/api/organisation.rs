//! The organisation's own settings.

use allowance_api_types::organisation::{OrganisationSettingsView, UpdateOrganisationBody};

use super::Answer;
use super::client::Call;

pub async fn get() -> Answer<OrganisationSettingsView> {
    Call::get("/organisation").read().await
}

pub async fn update(
    body: &UpdateOrganisationBody,
    etag: &str,
    key: &str,
) -> Answer<OrganisationSettingsView> {
    Call::patch("/organisation")
        .json(body)
        .if_match(etag)
        .key(key)
        .read()
        .await
}
