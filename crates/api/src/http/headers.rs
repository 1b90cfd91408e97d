//! Security headers of every answer.
//!
//! Trunk writes an inline module script into index.html; its hash goes into the policy, so no `unsafe-inline` is needed.

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{self, HeaderMap, HeaderName, HeaderValue};
use actix_web::middleware::Next;
use actix_web::{Error, web};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};

/// The headers, computed once at start.
#[derive(Debug, Clone)]
pub struct SecurityHeaders(Vec<(HeaderName, HeaderValue)>);

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
        let policy = HeaderValue::from_str(&policy).unwrap_or(HeaderValue::from_static("default-src 'none'"));
        let mut headers = vec![(header::CONTENT_SECURITY_POLICY, policy)];
        let fixed = [
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
        ];
        headers.extend(fixed.map(|(name, value)| (name, HeaderValue::from_static(value))));
        if is_https {
            let year = HeaderValue::from_static("max-age=31536000; includeSubDomains");
            headers.push((header::STRICT_TRANSPORT_SECURITY, year));
        }
        Self(headers)
    }

    fn put(&self, path: &str, headers: &mut HeaderMap) {
        for (name, value) in &self.0 {
            headers.insert(name.clone(), value.clone());
        }
        if path.starts_with("/api/v1") {
            headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
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

/// Middleware: puts the headers on every answer.
///
/// # Errors
/// What the rest of the way answers.
pub async fn secure<B: MessageBody>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<B>, Error> {
    let headers = request.app_data::<web::Data<SecurityHeaders>>().cloned();
    let path = request.path().to_owned();
    let mut response = next.call(request).await?;
    if let Some(headers) = headers {
        headers.put(&path, response.headers_mut());
    }
    Ok(response)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inline_scripts_are_hashed_exactly_and_linked_ones_are_not() {
        let html = "<head><script type=\"module\">\nboot();\n</script><script src=\"/a.js\"></script></head>";
        let headers = SecurityHeaders::new(html, false).0;
        let (_, policy) = headers.first().unwrap();
        let hash = STANDARD.encode(Sha256::digest(b"\nboot();\n"));
        let policy = policy.to_str().unwrap();
        assert_eq!(policy.matches("sha256-").count(), 1);
        assert!(policy.contains(&hash) && !policy.contains("unsafe-inline"));
    }
}
