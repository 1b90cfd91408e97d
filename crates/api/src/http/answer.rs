//! Answers: views as JSON, and what a change answers now or answered before.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderName, HeaderValue};
use allowance_app::{Answer, Error};
use allowance_store::SavedAnswer;
use serde::Serialize;

use super::problem::Failure;

/// What a handler gives back.
pub type Outcome = Result<HttpResponse, Failure>;

/// Says whether an answer is the stored one of the first time.
const REPLAYED: HeaderName = HeaderName::from_static("idempotent-replayed");

/// 200 with a view.
///
/// # Errors
/// None in practice: views always serialise.
pub fn json(view: &impl Serialize) -> Outcome {
    let body = serde_json::to_string(view).map_err(|error| Failure::internal(&error))?;
    Ok(HttpResponse::Ok().content_type("application/json").body(body))
}

/// 200 with a view and its ETag.
///
/// # Errors
/// None in practice: views always serialise.
pub fn tagged(view: &impl Serialize, etag: &str) -> Outcome {
    let mut response = json(view)?;
    if let Ok(value) = HeaderValue::from_str(&format!("\"{etag}\"")) {
        response.headers_mut().insert(header::ETAG, value);
    }
    Ok(response)
}

/// A view of what was made now, or was made before by the same id.
///
/// # Errors
/// None in practice: views always serialise.
pub fn created(status: StatusCode, view: &impl Serialize, is_replay: bool) -> Outcome {
    let mut response = json(view)?;
    *response.status_mut() = status;
    if is_replay {
        response
            .headers_mut()
            .insert(REPLAYED, HeaderValue::from_static("true"));
    }
    Ok(response)
}

/// How a change's value is answered: the status and the view made of it. For [`allowance_app::App::change`].
pub fn render<T, V: Serialize>(
    status: StatusCode,
    view: impl Fn(&T) -> V,
) -> impl Fn(&T) -> Result<SavedAnswer, Error> {
    try_render(status, move |value| Ok(view(value)))
}

/// The same for a view whose sums may not fit.
pub fn try_render<T, V: Serialize>(
    status: StatusCode,
    view: impl Fn(&T) -> Result<V, Error>,
) -> impl Fn(&T) -> Result<SavedAnswer, Error> {
    move |value| {
        let body = match status {
            StatusCode::NO_CONTENT => String::new(),
            _ => serde_json::to_string(&view(value)?).map_err(|error| Error::Internal(error.to_string()))?,
        };
        Ok(SavedAnswer {
            status: status.as_u16(),
            body,
        })
    }
}

/// Sends what a change answered.
///
/// # Errors
/// `internal` when a stored status is none.
pub fn send(answer: Answer) -> Outcome {
    let (SavedAnswer { status, body }, is_replay) = match answer {
        Answer::Fresh(answer) => (answer, false),
        Answer::Replay(answer) => (answer, true),
    };
    let status = StatusCode::from_u16(status).map_err(|error| Failure::internal(&error))?;
    let mut response = HttpResponse::build(status);
    if is_replay {
        response.insert_header((REPLAYED, "true"));
    }
    Ok(if body.is_empty() {
        response.finish()
    } else {
        response.content_type("application/json").body(body)
    })
}
