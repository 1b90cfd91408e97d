//! How usage is counted, and usage that nobody could be found for.

use allowance_api_types::Page;
use allowance_api_types::usage::{
    DiscardUsageBody, DiscardedUsageView, MatchUsageBody, MatchedUsageListView, SetUsageSettingsBody,
    UnmatchedUsageQuery, UnmatchedUsageView, UsageAliasView, UsageAliasesQuery, UsageSettingsView,
};
use allowance_values::UsageAliasId;

use super::Answer;
use super::client::Call;

pub async fn settings() -> Answer<UsageSettingsView> {
    Call::get("/usage-settings").read().await
}

pub async fn set(body: &SetUsageSettingsBody, etag: &str, key: &str) -> Answer<UsageSettingsView> {
    Call::put("/usage-settings")
        .json(body)
        .if_match(etag)
        .key(key)
        .read()
        .await
}

pub async fn unmatched(query: &UnmatchedUsageQuery) -> Answer<Page<UnmatchedUsageView>> {
    Call::get("/unmatched-usage").query(query).read().await
}

pub async fn assign(body: &MatchUsageBody, key: &str) -> Answer<MatchedUsageListView> {
    Call::post("/unmatched-usage/match")
        .json(body)
        .key(key)
        .read()
        .await
}

/// What matching would do; nothing is changed.
pub async fn try_out(body: &MatchUsageBody, key: &str) -> Answer<MatchedUsageListView> {
    Call::post("/unmatched-usage/match?dry_run=true")
        .json(body)
        .key(key)
        .read()
        .await
}

pub async fn aliases(query: &UsageAliasesQuery) -> Answer<Page<UsageAliasView>> {
    Call::get("/usage-aliases").query(query).read().await
}

pub async fn forget(id: UsageAliasId, key: &str) -> Answer<()> {
    Call::delete(format!("/usage-aliases/{id}")).key(key).done().await
}

pub async fn discard(body: &DiscardUsageBody, key: &str) -> Answer<DiscardedUsageView> {
    Call::post("/unmatched-usage/discard")
        .json(body)
        .key(key)
        .read()
        .await
}
