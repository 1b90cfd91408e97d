//! `/organisation`.

use actix_web::http::StatusCode;
use actix_web::{get, patch};
use allowance_api_types::organisation::{OrganisationSettingsView, UpdateOrganisationBody};
use allowance_app::organisation;
use allowance_domain::authz::operation;

use super::convert;
use crate::guard::{Allowed, Services};
use crate::http::answer::{self, Outcome};
use crate::http::extract::{IfMatch, IfMatchHeader, Valid};

/// The organisation's settings
///
/// Everybody reads them: they say who decides requests and what a denial needs.
#[utoipa::path(
    tag = "organisation",
    responses((status = 200, description = "The settings.", body = OrganisationSettingsView))
)]
#[get("/organisation")]
pub(crate) async fn get_organisation(allowed: Allowed<operation::GetOrganisation>) -> Outcome {
    let organisation = allowed
        .run(|Services { app, caller }| async move { organisation::get_organisation(&app, &caller).await })
        .await?;
    answer::tagged(
        &convert::settings_view(&organisation),
        &organisation::etag(&organisation),
    )
}

/// Change the organisation's settings
///
/// What is absent stays. A new time zone holds from the next cycle on; the open one ends when it was to end.
#[utoipa::path(
    tag = "organisation",
    params(IfMatchHeader),
    request_body = UpdateOrganisationBody,
    responses((status = 200, description = "The settings.", body = OrganisationSettingsView))
)]
#[patch("/organisation")]
pub(crate) async fn update_organisation(
    allowed: Allowed<operation::UpdateOrganisation>,
    etag: IfMatch,
    input: Valid<UpdateOrganisationBody>,
) -> Outcome {
    let (change, key) = (convert::update_organisation(input.body), input.key);
    let answer = allowed
        .run(|Services { app, caller }| async move {
            let answered = answer::render(StatusCode::OK, convert::settings_view);
            let work = |tx| organisation::update_organisation(tx, &caller, &etag.0, &change);
            app.change(&caller, key, work, answered).await
        })
        .await?;
    answer::send(answer)
}
