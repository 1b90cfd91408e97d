//! `/healthz` and `/readyz`.

use actix_web::{HttpResponse, get};
use allowance_domain::authz::operation;

use crate::guard::Public;
use crate::http::answer::Outcome;

/// Whether the process lives
///
/// Whether the process lives. Asks nothing of the database.
#[utoipa::path(
    tag = "health",
    responses((status = 204, description = "It does."))
)]
#[get("/healthz")]
pub(crate) async fn get_health(_public: Public<operation::GetHealth>) -> Outcome {
    Ok(HttpResponse::NoContent().finish())
}

/// Whether requests can be served
///
/// Whether requests can be served: the database answers.
#[utoipa::path(
    tag = "health",
    responses((status = 204, description = "The database answers."))
)]
#[get("/readyz")]
pub(crate) async fn get_readiness(public: Public<operation::GetReadiness>) -> Outcome {
    public.run(|app| async move { app.is_ready().await }).await?;
    Ok(HttpResponse::NoContent().finish())
}
