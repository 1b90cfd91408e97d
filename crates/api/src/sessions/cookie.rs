//! The refresh cookie: read by the server alone, sent to the session's own addresses alone, by our own pages alone.

use actix_web::cookie::time::Duration;
use actix_web::cookie::{Cookie, SameSite};
use actix_web::dev::Payload;
use actix_web::http::StatusCode;
use actix_web::http::header;
use actix_web::{FromRequest, HttpRequest, HttpResponse};
use allowance_api_types::problem::ErrorCode;
use allowance_app::sessions::SignedIn;

use super::convert;
use crate::http::answer::Outcome;
use crate::http::problem::Failure;

const NAME: &str = "allowance_refresh";
const PATH: &str = "/api/v1/session";

/// The refresh token of the request.
pub(super) fn read(request: &HttpRequest) -> Option<String> {
    request.cookie(NAME).map(|cookie| cookie.value().to_owned())
}

/// The cookie that takes the refresh token away.
pub(super) fn removal() -> Cookie<'static> {
    Cookie::build(NAME, "")
        .path(PATH)
        .http_only(true)
        .same_site(SameSite::Strict)
        .max_age(Duration::ZERO)
        .finish()
}

/// A session that has begun: the access token in the body, the refresh token in the cookie.
pub(crate) fn begun(status: StatusCode, signed_in: SignedIn, is_https: bool) -> Outcome {
    let cookie = Cookie::build(NAME, signed_in.refresh_token.clone())
        .path(PATH)
        .http_only(true)
        .secure(is_https)
        .same_site(SameSite::Strict)
        .max_age(Duration::seconds(signed_in.refresh_expires_in))
        .finish();
    let view = convert::session_view(signed_in);
    let body = serde_json::to_string(&view).map_err(|error| Failure::internal(&error))?;
    Ok(HttpResponse::build(status)
        .cookie(cookie)
        .content_type("application/json")
        .body(body))
}

/// Proof that the request comes from our own pages, or from no browser at all. What a cookie authenticates needs it.
#[derive(Debug)]
pub(super) struct SameOrigin;

impl FromRequest for SameOrigin {
    type Error = Failure;
    type Future = std::future::Ready<Result<Self, Failure>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let text = |name: &str| request.headers().get(name).and_then(|value| value.to_str().ok());
        let is_own_site = text("sec-fetch-site").is_none_or(|site| matches!(site, "same-origin" | "none"));
        let host = text(header::HOST.as_str()).unwrap_or_default();
        let is_own_origin = text("origin")
            .is_none_or(|origin| origin.split_once("://").is_some_and(|(_, from)| from == host));
        let verdict = if is_own_site && is_own_origin {
            Ok(Self)
        } else {
            Err(Failure::new(
                ErrorCode::Forbidden,
                "This may only be called from this server's own pages.",
            ))
        };
        std::future::ready(verdict)
    }
}
