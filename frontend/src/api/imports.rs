//! CSV imports.

use allowance_api_types::allocations::AllocationImportView;
use allowance_api_types::imports::{ImportPeopleQuery, ImportQuery, ImportView};
use allowance_values::CreditTypeId;
use web_sys::File;

use super::Answer;
use super::client::Call;

/// Imports people; a dry run answers the difference and writes nothing. The file goes as it is: the server knows more
/// encodings than a page does.
pub async fn people(file: &File, query: &ImportPeopleQuery, key: &str) -> Answer<ImportView> {
    Call::post("/imports/people")
        .query(query)
        .body("text/csv", file.into())
        .key(key)
        .read()
        .await
}

/// Sets cells of members from a file, in the same way.
pub async fn allocations(
    credit_type: CreditTypeId,
    file: &File,
    query: &ImportQuery,
    key: &str,
) -> Answer<AllocationImportView> {
    Call::post(format!("/credit-types/{credit_type}/allocations/import"))
        .query(query)
        .body("text/csv", file.into())
        .key(key)
        .read()
        .await
}
