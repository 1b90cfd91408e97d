//! Holds, as people see them.

use allowance_api_types::Page;
use allowance_api_types::holds::{HoldView, HoldsQuery};
use allowance_values::HoldId;

use super::Answer;
use super::client::Call;

pub async fn list(query: &HoldsQuery) -> Answer<Page<HoldView>> {
    Call::get("/holds").query(query).read().await
}

/// Gives a hold back. Released before, it is answered as it stands.
pub async fn release(id: HoldId) -> Answer<HoldView> {
    Call::post(format!("/holds/{id}/release")).read().await
}
