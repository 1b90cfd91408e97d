//! `/imports/people`, and the allocations of a credit type.

use actix_web::http::StatusCode;
use actix_web::post;
use actix_web::web::Path;
use allowance_api_types::allocations::AllocationImportView;
use allowance_api_types::imports::{ImportPeopleQuery, ImportQuery, ImportView};
use allowance_app::Error;
use allowance_app::imports::{self, AllocationFile, ImportPeople, PeopleFile};
use allowance_domain::authz::operation;
use allowance_values::CreditTypeId;

use super::convert;
use crate::guard::{Allowed, Services};
use crate::http::answer::{self, Outcome};
use crate::http::extract::{CsvUpload, Query};

/// Import people from CSV
///
/// The header names the columns, in any order: `email` and `display_name` must be there; `title`, `department`,
/// `division`, `location`, `employee_number`, `manager_email`, `hired_on` and `group` may be. Commas, semicolons or tabs;
/// UTF-8, or UTF-16 with its mark. People are told apart by address. Nobody is ever removed, and the same file again changes
/// nothing. With `dry_run=true` the same runs and is rolled back. `joiners` says whether new people get the credits of new
/// users. Who is in another group moves, with what the new group can fund; what it cannot needs attention afterwards.
#[utoipa::path(
    tag = "people",
    params(ImportPeopleQuery),
    request_body(content = String, content_type = "text/csv", description = "The file."),
    responses((status = 200, description = "What was done, or would be, row by row.", body = ImportView))
)]
#[post("/imports/people")]
pub(crate) async fn import_people(
    allowed: Allowed<operation::ImportPeople>,
    Query(query): Query<ImportPeopleQuery>,
    upload: CsvUpload,
) -> Outcome {
    let CsvUpload { bytes, key } = upload;
    let answer = allowed
        .run(|Services { app, caller }| async move {
            let read = tokio::task::spawn_blocking(move || PeopleFile::read(&bytes));
            let file = &read.await.map_err(|error| Error::Internal(error.to_string()))??;
            let answered = answer::render(StatusCode::OK, convert::import_view);
            let how = ImportPeople {
                is_dry_run: query.dry_run,
                are_joiners: query.joiners,
            };
            let work = |tx| imports::import_people(tx, &caller, file, how);
            app.change(&caller, key, work, answered).await
        })
        .await?;
    answer::send(answer)
}

/// Import allocations from CSV
///
/// The header names the columns, in any order: `email`, and one or more of `monthly`, `extra` and `cap`. Commas, semicolons
/// or tabs between cells; amounts as plain decimals with a point. An empty cell leaves `monthly` and `extra` as they are;
/// an empty `cap` is none. Rows that cannot be are refused one by one; the others are saved together, or not at all when
/// together they do not fit. The same file again changes nothing. With `dry_run=true` the same runs and is rolled back.
#[utoipa::path(
    tag = "allocations",
    params(("id" = CreditTypeId, Path, description = "The credit type."), ImportQuery),
    request_body(content = String, content_type = "text/csv", description = "The file."),
    responses(
        (status = 200, description = "What was done, or would be, row by row.", body = AllocationImportView),
        (status = 409, description = "Together the rows do not fit; `over_by` says by how much.")
    )
)]
#[post("/credit-types/{id}/allocations/import")]
pub(crate) async fn import_allocations(
    allowed: Allowed<operation::ImportAllocations>,
    id: Path<CreditTypeId>,
    Query(query): Query<ImportQuery>,
    upload: CsvUpload,
) -> Outcome {
    let (id, CsvUpload { bytes, key }) = (id.into_inner(), upload);
    let answer = allowed
        .run(|Services { app, caller }| async move {
            let read = tokio::task::spawn_blocking(move || AllocationFile::read(&bytes));
            let file = &read.await.map_err(|error| Error::Internal(error.to_string()))??;
            let answered = answer::try_render(StatusCode::OK, convert::allocation_import_view);
            let work = |tx| imports::import_allocations(tx, &caller, id, file, query.dry_run);
            app.change(&caller, key, work, answered).await
        })
        .await?;
    answer::send(answer)
}
