//! What answers when no operation does: 405 with `Allow` where the address exists under another method, 404 elsewhere in
//! the API, the web app for the rest.

use actix_web::HttpRequest;
use actix_web::http::header;
use allowance_api_types::problem::ErrorCode;

use super::answer::Outcome;
use super::problem::Failure;
use crate::document::Document;
use crate::web;

/// The last resort of the router.
///
/// # Errors
/// 404 and 405 problems.
pub async fn answer(request: HttpRequest) -> Outcome {
    let path = request.path();
    let allowed = Document::of(&request)?.methods_at(path);
    if !allowed.is_empty() {
        let allow = allowed.join(", ");
        let failure = Failure::new(ErrorCode::MethodNotAllowed, format!("Here is only {allow}."));
        return Err(failure.with_header(header::ALLOW, &allow));
    }
    if path == "/api" || path.starts_with("/api/") {
        return Err(Failure::new(
            ErrorCode::NotFound,
            "There is nothing at this address.",
        ));
    }
    web::serve(&request)
}
