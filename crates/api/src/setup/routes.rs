//! `/setup`.

use actix_web::http::StatusCode;
use actix_web::{get, post};
use allowance_api_types::session::SessionView;
use allowance_api_types::setup::{SetupBody, SetupView};
use allowance_domain::authz::operation;

use super::convert;
use crate::guard::Public;
use crate::http::answer::{self, Outcome};
use crate::http::extract::Valid;
use crate::sessions::begun;

/// Whether set-up is still to be done
///
/// True until the first organisation is there.
#[utoipa::path(
    tag = "setup",
    responses((status = 200, description = "The answer.", body = SetupView))
)]
#[get("/setup")]
pub(crate) async fn get_setup(public: Public<operation::GetSetup>) -> Outcome {
    let is_needed = public
        .run(|app| async move { app.is_setup_needed().await })
        .await?;
    answer::json(&SetupView { is_needed })
}

/// Set the organisation up
///
/// Makes the organisation, its first admin and its first credit type, and signs the admin in.
#[utoipa::path(
    tag = "setup",
    request_body = SetupBody,
    responses(
        (status = 201, description = "The admin's session.", body = SessionView),
        (status = 403, description = "The one-time token is wrong."),
        (status = 409, description = "Set-up was done before."),
        (status = 429, description = "Too many attempts.")
    )
)]
#[post("/setup")]
pub(crate) async fn set_up(public: Public<operation::SetUp>, input: Valid<SetupBody>) -> Outcome {
    let (token, new) = convert::set_up(input.body)?;
    let (is_https, address, id) = (
        public.is_https(),
        public.address.clone(),
        public.request_id.clone(),
    );
    let signed_in = public
        .run(|app| async move { app.set_up(&token, &new, &address, id).await })
        .await?;
    begun(StatusCode::CREATED, signed_in, is_https)
}
