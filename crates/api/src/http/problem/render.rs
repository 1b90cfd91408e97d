//! The last word on every failed answer: its document, with the request's id in it.

use std::panic::AssertUnwindSafe;

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderValue};
use actix_web::middleware::Next;
use actix_web::{Error, HttpResponse, ResponseError};
use allowance_api_types::problem::ErrorCode;
use futures_util::FutureExt;

use super::Failure;
use crate::http::headers;
use crate::http::request_id::{self, RequestId};

/// A failure on its way out past the middleware that would have put the usual headers on it: after a panic there is no
/// request left to answer.
#[derive(Debug)]
struct Fallen {
    failure: Failure,
    request_id: RequestId,
}

impl std::fmt::Display for Fallen {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.failure.fmt(f)
    }
}

impl ResponseError for Fallen {
    fn status_code(&self) -> StatusCode {
        self.failure.status()
    }

    fn error_response(&self) -> HttpResponse<BoxBody> {
        let mut response = self.failure.clone().into_response(self.request_id.as_str());
        for (name, value) in [
            (request_id::HEADER, self.request_id.as_str()),
            (header::CACHE_CONTROL, "no-store"),
            (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
            (header::CONTENT_SECURITY_POLICY, headers::NOTHING),
        ] {
            if let Ok(value) = HeaderValue::from_str(value) {
                response.headers_mut().insert(name, value);
            }
        }
        response
    }
}

/// Goes on, and gives a failed answer its problem document, a panic included.
///
/// # Errors
/// A problem as well, for what fails without an answer.
pub async fn render<B: MessageBody + 'static>(
    request: ServiceRequest,
    next: Next<B>,
    request_id: &RequestId,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let failure = match AssertUnwindSafe(next.call(request)).catch_unwind().await {
        Ok(Ok(response)) => {
            let Some(failure) = failure_of(&response) else {
                return Ok(response.map_into_boxed_body());
            };
            let (request, _) = response.into_parts();
            return Ok(ServiceResponse::new(
                request,
                failure.into_response(request_id.as_str()),
            ));
        }
        Ok(Err(error)) => match error.as_error::<Failure>() {
            Some(failure) => failure.clone(),
            None => for_status(error.as_response_error().status_code(), &error),
        },
        Err(_panic) => Failure::internal(&"a handler panicked"),
    };
    let request_id = request_id.clone();
    Err(Fallen { failure, request_id }.into())
}

/// The failure behind an answer that is no problem document yet.
fn failure_of<B>(response: &ServiceResponse<B>) -> Option<Failure> {
    let status = response.status();
    if !(status.is_client_error() || status.is_server_error()) {
        return None;
    }
    match response.response().error() {
        Some(error) => match error.as_error::<Failure>() {
            Some(failure) => Some(failure.clone()),
            None => Some(for_status(status, error)),
        },
        None => Some(for_status(status, &"the router refused")),
    }
}

/// Answers that did not come from us: the router's and the framework's.
fn for_status(status: StatusCode, cause: &dyn std::fmt::Display) -> Failure {
    let (code, detail) = match status {
        StatusCode::NOT_FOUND => (ErrorCode::NotFound, "There is nothing at this address."),
        StatusCode::METHOD_NOT_ALLOWED => (ErrorCode::MethodNotAllowed, "This method is not offered here."),
        StatusCode::PAYLOAD_TOO_LARGE => (ErrorCode::TooLarge, "The body is too large."),
        StatusCode::UNSUPPORTED_MEDIA_TYPE => (
            ErrorCode::UnsupportedMediaType,
            "This content type is not accepted.",
        ),
        StatusCode::TOO_MANY_REQUESTS => (ErrorCode::RateLimited, "Too many requests."),
        status if status.is_client_error() => (ErrorCode::UnreadableBody, "The request cannot be read."),
        _ => return Failure::internal(&cause),
    };
    Failure::new(code, detail)
}

#[cfg(test)]
mod tests {
    use actix_web::middleware::from_fn;
    use actix_web::{App, test, web};

    use allowance_api_types::Problem;

    use super::*;
    use crate::http::problem::PROBLEM_JSON;

    async fn panics() -> HttpResponse {
        panic!("on purpose");
    }

    async fn refuses() -> Result<HttpResponse, Failure> {
        Err(Failure::internal(&"a secret cause"))
    }

    #[actix_web::test]
    #[expect(
        clippy::disallowed_methods,
        reason = "handlers that only fail are no operations"
    )]
    async fn a_panic_is_a_500_with_an_id_and_the_worker_lives_on() {
        let app = test::init_service(
            App::new()
                .route("/panics", web::get().to(panics))
                .route("/refuses", web::get().to(refuses))
                .wrap(from_fn(headers::finish)),
        )
        .await;
        for path in ["/panics", "/refuses", "/panics"] {
            let request = test::TestRequest::get()
                .uri(path)
                .insert_header(("x-request-id", "r-1"))
                .to_request();
            let response = match test::try_call_service(&app, request).await {
                Ok(response) => response.into_parts().1.map_into_boxed_body(),
                Err(error) => error.error_response(),
            };
            assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR, "{path}");
            assert_eq!(response.headers().get("x-request-id").unwrap(), "r-1");
            assert_eq!(response.headers().get("content-type").unwrap(), PROBLEM_JSON);
            let body = actix_web::body::to_bytes(response.into_body()).await.unwrap();
            let problem: Problem = serde_json::from_slice(&body).unwrap();
            assert_eq!(
                (problem.code, problem.request_id.as_str()),
                (ErrorCode::Internal, "r-1")
            );
            assert!(!problem.detail.contains("secret") && !problem.detail.contains("purpose"));
        }
    }
}
