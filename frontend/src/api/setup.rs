//! The first visit.

use allowance_api_types::session::SessionView;
use allowance_api_types::setup::{SetupBody, SetupView};

use super::Answer;
use super::client::{self, Call};

pub async fn get_setup() -> Answer<SetupView> {
    Call::get("/setup").read().await
}

/// Sets up and signs the first admin in.
pub async fn set_up(body: &SetupBody, key: &str) -> Answer<()> {
    Call::post("/setup")
        .json(body)
        .key(key)
        .read::<SessionView>()
        .await
        .map(client::keep_token)
}
