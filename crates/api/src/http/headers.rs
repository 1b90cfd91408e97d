//! What every answer passes last: a failure gets its problem document, then the request's id and the security headers are
//! put on. It is one layer, because each layer costs every request an allocation.
//!
//! Trunk writes an inline module script into index.html; its hash goes into the policy, so no `unsafe-inline` is needed.

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{self, HeaderName, HeaderValue};
use actix_web::middleware::Next;
use actix_web::{Error, web};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};

use super::problem;
use super::request_id::{self, RequestId};

/// What no answer of the API may do in a browser; a page may do more.
pub(super) const NOTHING: &str = "default-src 'none'; frame-ancestors 'none'";

/// The headers, computed once at start.
#[derive(Debug, Clone)]
pub struct SecurityHeaders {
    /// Of pages and what belongs to them.
    of_pages: Vec<(HeaderName, HeaderValue)>,
    /// Of answers of the API, which no browser shows.
    of_answers: Vec<(HeaderName, HeaderValue)>,
}

impl SecurityHeaders {
    /// For an application whose page is `index_html`.
    #[must_use]
    pub fn new(index_html: &str, is_https: bool) -> Self {
        let hashes: String = inline_scripts(index_html)
            .map(|script| format!(" 'sha256-{}'", STANDARD.encode(Sha256::digest(script.as_bytes()))))
            .collect();
        let policy = format!(
            "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'{hashes}; style-src 'self'; img-src 'self' data:; \
             font-src 'self'; connect-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'self'; \
             frame-ancestors 'none'"
        );
        let policy = HeaderValue::from_str(&policy).unwrap_or(HeaderValue::from_static(NOTHING));
        let fixed = |(name, value)| (name, HeaderValue::from_static(value));
        let mut of_pages = vec![(header::CONTENT_SECURITY_POLICY, policy)];
        of_pages.extend(
            [
                (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
                (header::X_FRAME_OPTIONS, "DENY"),
                (header::REFERRER_POLICY, "same-origin"),
                (
                    HeaderName::from_static("cross-origin-opener-policy"),
                    "same-origin",
                ),
                (
                    HeaderName::from_static("cross-origin-resource-policy"),
                    "same-origin",
                ),
                (
                    HeaderName::from_static("permissions-policy"),
                    "camera=(), geolocation=(), microphone=()",
                ),
            ]
            .map(fixed),
        );
        let mut of_answers = vec![
            fixed((header::CONTENT_SECURITY_POLICY, NOTHING)),
            fixed((header::X_CONTENT_TYPE_OPTIONS, "nosniff")),
            fixed((header::CACHE_CONTROL, "no-store")),
        ];
        if is_https {
            let year = fixed((
                header::STRICT_TRANSPORT_SECURITY,
                "max-age=31536000; includeSubDomains",
            ));
            of_pages.push(year.clone());
            of_answers.push(year);
        }
        Self { of_pages, of_answers }
    }

    fn at(&self, path: &str) -> &[(HeaderName, HeaderValue)] {
        if path.starts_with("/api/v1") {
            &self.of_answers
        } else {
            &self.of_pages
        }
    }
}

/// The contents of `<script>` elements without `src`.
fn inline_scripts(html: &str) -> impl Iterator<Item = &str> {
    html.split("<script").skip(1).filter_map(|rest| {
        let (attributes, rest) = rest.split_once('>')?;
        let (script, _) = rest.split_once("</script>")?;
        (!attributes.contains("src=")).then_some(script)
    })
}

/// Middleware: the last layer.
///
/// # Errors
/// A problem as well, for what fails without an answer.
pub async fn finish<B: MessageBody + 'static>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let id = RequestId::given(&request);
    let response = problem::render(request, next, &id).await?;
    let (request, mut response) = response.into_parts();
    if let Some(headers) = request.app_data::<web::Data<SecurityHeaders>>() {
        for (name, value) in headers.at(request.path()) {
            response.headers_mut().insert(name.clone(), value.clone());
        }
    }
    if let Ok(value) = HeaderValue::from_str(id.as_str()) {
        response.headers_mut().insert(request_id::HEADER, value);
    }
    Ok(ServiceResponse::new(request, response))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inline_scripts_are_hashed_exactly_and_linked_ones_are_not() {
        let html = "<head><script type=\"module\">\nboot();\n</script><script src=\"/a.js\"></script></head>";
        let headers = SecurityHeaders::new(html, false).of_pages;
        let (_, policy) = headers.first().unwrap();
        let hash = STANDARD.encode(Sha256::digest(b"\nboot();\n"));
        let policy = policy.to_str().unwrap();
        assert_eq!(policy.matches("sha256-").count(), 1);
        assert!(policy.contains(&hash) && !policy.contains("unsafe-inline"));
    }
}
