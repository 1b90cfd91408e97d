//! The first visit.

use allowance_api_types::session::SessionView;
use allowance_api_types::setup::{SetupBody, SetupView};

use super::Answer;
use super::client::{self, Call};

pub async fn get_setup() -> Answer<SetupView> {
    Call::get("/setup").read().await
}

/// Sets up and signs the first admin in.
pub async fn set_up(body: &SetupBody) -> Answer<()> {
    Call::post("/setup")
        .json(body)
        .read::<SessionView>()
        .await
        .map(client::keep_token)
}
