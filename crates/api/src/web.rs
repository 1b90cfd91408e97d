//! The web app inside the binary.
//!
//! Files are compressed when the app is built; here only the right one is picked. A page of the app (GET, accepts HTML,
//! no file extension) answers with index.html, whatever its address; everything else that is not there is a 404.

use actix_web::http::Method;
use actix_web::http::header::{self, HeaderValue};
use actix_web::{HttpRequest, HttpResponse};
use allowance_api_types::problem::ErrorCode;
use rust_embed::Embed;

use crate::http::answer::Outcome;
use crate::http::problem::Failure;

#[derive(Embed)]
#[folder = "../../frontend/dist/"]
#[allow_missing = true]
struct Dist;

const INDEX: &str = "index.html";

/// What is shown while there is no built web app in the binary.
const MISSING: &str = "<!doctype html><html lang=\"en\"><title>Allowance</title>\
    <h1>The web app is not in this binary</h1><p>Build it with <code>cargo xtask serve</code>.</p></html>";

/// The page of the app as text, for the hashes in the security policy.
#[must_use]
pub fn index_html() -> String {
    Dist::get(INDEX).map_or_else(
        || MISSING.to_owned(),
        |file| String::from_utf8_lossy(&file.data).into_owned(),
    )
}

/// Serves a file of the app or its page.
///
/// # Errors
/// 404 for what is not there; 405 for methods other than GET and HEAD.
pub fn serve(request: &HttpRequest) -> Outcome {
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        let failure = Failure::new(ErrorCode::MethodNotAllowed, "Here is only GET, HEAD.");
        return Err(failure.with_header(header::ALLOW, "GET, HEAD"));
    }
    let path = request.path().trim_start_matches('/');
    if !path.is_empty()
        && path != INDEX
        && let Some(response) = file(request, path)
    {
        return Ok(response);
    }
    let has_extension = path.rsplit('/').next().is_some_and(|name| name.contains('.')) && path != INDEX;
    if has_extension || !accepts(request, &header::ACCEPT, "text/html") {
        return Err(Failure::new(
            ErrorCode::NotFound,
            "There is nothing at this address.",
        ));
    }
    Ok(file(request, INDEX).unwrap_or_else(|| {
        HttpResponse::Ok()
            .content_type("text/html; charset=utf-8")
            .body(MISSING)
    }))
}

fn file(request: &HttpRequest, path: &str) -> Option<HttpResponse> {
    let plain = Dist::get(path)?;
    let packed = [("br", ".br"), ("gzip", ".gz")]
        .into_iter()
        .find_map(|(coding, suffix)| {
            let is_welcome = accepts(request, &header::ACCEPT_ENCODING, coding);
            is_welcome
                .then(|| Dist::get(&format!("{path}{suffix}")))
                .flatten()
                .map(|file| (coding, file))
        });
    let tag = hex(&plain.metadata.sha256_hash());
    let mut response = HttpResponse::Ok();
    response
        .content_type(content_type(path))
        .insert_header((header::VARY, "Accept-Encoding"))
        .insert_header((header::ETAG, format!("W/\"{tag}\"")))
        // Names carry a hash from before the last optimisation step, so ask again each time; the ETag makes it cheap.
        .insert_header((header::CACHE_CONTROL, "no-cache"));
    if accepts(request, &header::IF_NONE_MATCH, &tag) {
        return Some(
            HttpResponse::NotModified()
                .insert_header((header::ETAG, format!("W/\"{tag}\"")))
                .finish(),
        );
    }
    let data = match packed {
        Some((coding, file)) => {
            response.insert_header((header::CONTENT_ENCODING, coding));
            file.data
        }
        None => plain.data,
    };
    Some(response.body(data.into_owned()))
}

/// Whether a header of the request mentions the word; `Accept` also by `*/*`.
fn accepts(request: &HttpRequest, name: &header::HeaderName, word: &str) -> bool {
    let Some(text) = request.headers().get(name).map(HeaderValue::to_str) else {
        return false;
    };
    text.is_ok_and(|text| {
        text.split(',').any(|part| {
            let (value, weight) = part.split_once(';').unwrap_or((part, ""));
            let is_refused = weight.trim() == "q=0";
            (value.contains(word) || (*name == header::ACCEPT && value.trim() == "*/*")) && !is_refused
        })
    })
}

fn content_type(path: &str) -> String {
    let guess = mime_guess::from_path(path).first_or_octet_stream();
    let is_text = guess.type_() == mime_guess::mime::TEXT;
    if is_text {
        format!("{guess}; charset=utf-8")
    } else {
        guess.to_string()
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().take(16).map(|byte| format!("{byte:02x}")).collect()
}
