//! The request's id: the caller's `X-Request-Id` where it is sane, else a new one; echoed, logged, in every problem.

use std::sync::Arc;

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::HeaderName;
use actix_web::{Error, HttpMessage, HttpRequest};
use tracing::Span;
use tracing_actix_web::RootSpanBuilder;
use uuid::Uuid;

use crate::guard;

/// The header that carries it.
pub(super) const HEADER: HeaderName = HeaderName::from_static("x-request-id");

/// The id of one request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestId(Arc<str>);

impl RequestId {
    /// As text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The id of this request; empty where none was given to it.
    #[must_use]
    pub fn of(request: &HttpRequest) -> Self {
        request
            .extensions()
            .get::<Self>()
            .cloned()
            .unwrap_or_else(|| Self(Arc::from("")))
    }

    /// The id of this request, given to it where it has none yet.
    pub(super) fn given(request: &ServiceRequest) -> Self {
        if let Some(id) = request.extensions().get::<Self>() {
            return id.clone();
        }
        let id =
            Self::from_caller(request).unwrap_or_else(|| Self(Uuid::now_v7().simple().to_string().into()));
        request.extensions_mut().insert(id.clone());
        id
    }

    /// Letters, digits and `-_.` only, so that an id can neither break a log line nor grow without end.
    fn from_caller(request: &ServiceRequest) -> Option<Self> {
        let text = request.headers().get(HEADER)?.to_str().ok()?;
        let is_sane = (1..=128).contains(&text.len())
            && text
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'));
        is_sane.then(|| Self(text.into()))
    }
}

/// One span per request. It names the operation and never a header or a body. What platforms report by the thousand is in the
/// books with the id of its request, so answers to them that went well are no news.
#[derive(Debug)]
pub struct Spans;

impl RootSpanBuilder for Spans {
    fn on_request_start(request: &ServiceRequest) -> Span {
        let id = RequestId::given(request);
        tracing::info_span!(
            "request",
            request_id = id.as_str(),
            method = request.method().as_str(),
            path = request.path(),
            action = tracing::field::Empty,
            person = tracing::field::Empty,
        )
    }

    fn on_request_end<B: MessageBody>(span: Span, outcome: &Result<ServiceResponse<B>, Error>) {
        let (status, is_routine) = match outcome {
            Ok(response) => {
                let status = response.status();
                (
                    status,
                    status.is_success() && guard::is_by_key(response.request()),
                )
            }
            Err(error) => (error.as_response_error().status_code(), false),
        };
        if is_routine {
            span.in_scope(|| tracing::debug!(status = status.as_u16(), "answered"));
        } else {
            span.in_scope(|| tracing::info!(status = status.as_u16(), "answered"));
        }
    }
}
