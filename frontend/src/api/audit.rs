//! The audit log.

use allowance_api_types::Page;
use allowance_api_types::audit::{AuditEntryView, AuditQuery};

use super::Answer;
use super::client::Call;

pub async fn list(query: &AuditQuery) -> Answer<Page<AuditEntryView>> {
    Call::get("/audit-entries").query(query).read().await
}
