//! CSV imports.

use allowance_api_types::imports::{ImportQuery, ImportView};

use super::Answer;
use super::client::Call;

/// Imports people; a dry run answers the difference and writes nothing.
pub async fn people(csv: String, query: &ImportQuery, key: &str) -> Answer<ImportView> {
    Call::post("/imports/people")
        .query(query)
        .body("text/csv", csv)
        .key(key)
        .read()
        .await
}
