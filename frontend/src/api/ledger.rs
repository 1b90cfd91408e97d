//! The ledger and its proof.

use allowance_api_types::Page;
use allowance_api_types::ledger::{BooksView, LedgerEntryView, LedgerQuery};

use super::Answer;
use super::client::Call;

pub async fn list(query: &LedgerQuery) -> Answer<Page<LedgerEntryView>> {
    Call::get("/ledger-entries").query(query).read().await
}

/// All entries of a filter as CSV text.
pub async fn csv(query: &LedgerQuery) -> Answer<String> {
    Call::get("/ledger-entries")
        .query(query)
        .accept("text/csv")
        .text()
        .await
}

pub async fn books() -> Answer<BooksView> {
    Call::get("/books").read().await
}
