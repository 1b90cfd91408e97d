//! `/imports/people`.

use actix_web::http::StatusCode;
use actix_web::post;
use allowance_api_types::imports::{ImportQuery, ImportView};
use allowance_app::Error;
use allowance_app::imports::{self, PeopleFile};
use allowance_domain::authz::operation;

use super::convert;
use crate::guard::{Allowed, Services};
use crate::http::answer::{self, Outcome};
use crate::http::extract::{CsvUpload, Query};

/// Import people from CSV
///
/// The header names the columns, in any order: `email` and `display_name` must be there; `title`, `department`,
/// `division`, `location`, `employee_number`, `manager_email` and `hired_on` may be. Commas, semicolons or tabs; UTF-8, or
/// UTF-16 with its mark. People are told apart by address. Nobody is ever removed, and the same file again changes
/// nothing. With `dry_run=true` the answer says what would happen, and nothing is written.
#[utoipa::path(
    tag = "people",
    params(ImportQuery),
    request_body(content = String, content_type = "text/csv", description = "The file."),
    responses((status = 200, description = "What was done, or would be, row by row.", body = ImportView))
)]
#[post("/imports/people")]
pub(crate) async fn import_people(
    allowed: Allowed<operation::ImportPeople>,
    Query(query): Query<ImportQuery>,
    upload: CsvUpload,
) -> Outcome {
    let CsvUpload { bytes, key } = upload;
    let answer = allowed
        .run(|Services { app, caller }| async move {
            let read = tokio::task::spawn_blocking(move || PeopleFile::read(&bytes));
            let file = &read.await.map_err(|error| Error::Internal(error.to_string()))??;
            let answered = answer::render(StatusCode::OK, convert::import_view);
            let work = |tx| imports::import_people(tx, &caller, file, query.dry_run);
            app.change(&caller, key, work, answered).await
        })
        .await?;
    answer::send(answer)
}
