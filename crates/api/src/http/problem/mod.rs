//! The one table from errors to problem documents (RFC 9457), and the one place that sends them.
//!
//! A cause is logged once, here, and never sent. The request's id is put in at the very end, by [`render`], which also
//! turns answers that are no problem yet (the router's, a panic's) into one: nothing leaves the API as plain text.

mod codes;
mod render;

use actix_web::body::BoxBody;
use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderName, HeaderValue};
use actix_web::{HttpResponse, ResponseError};
use allowance_api_types::problem::{ErrorCode, FieldProblem, Problem};
use allowance_app::{FieldError, FieldErrorKind};
use allowance_store::StoreError;
use allowance_values::Credits;

use codes::{kind, refusal_code};
pub use render::render;

/// The content type of every problem.
pub const PROBLEM_JSON: &str = "application/problem+json";

/// A problem before it knows its request.
#[derive(Debug, Clone)]
pub struct Failure {
    code: ErrorCode,
    detail: String,
    fields: Vec<FieldProblem>,
    over_by: Option<Credits>,
    headers: Vec<(HeaderName, HeaderValue)>,
}

impl Failure {
    /// A problem of this code.
    pub fn new(code: ErrorCode, detail: impl Into<String>) -> Self {
        let mut failure = Self {
            code,
            detail: detail.into(),
            fields: vec![],
            over_by: None,
            headers: vec![],
        };
        if failure.status() == StatusCode::UNAUTHORIZED {
            failure = failure.with_header(header::WWW_AUTHENTICATE, "Bearer");
        }
        failure
    }

    /// Something that cannot happen did; the cause goes to the log, once.
    pub fn internal(cause: &dyn std::fmt::Display) -> Self {
        tracing::error!(cause = %cause, "internal error");
        Self::new(
            ErrorCode::Internal,
            "Something broke here. The request id tells us where.",
        )
    }

    /// Wrong fields, each with its pointer.
    #[must_use]
    pub fn fields(fields: Vec<FieldProblem>) -> Self {
        Self::new(ErrorCode::InvalidFields, "One or more fields are wrong.").with_fields(fields)
    }

    /// The same with what is wrong field by field.
    #[must_use]
    pub fn with_fields(mut self, fields: Vec<FieldProblem>) -> Self {
        self.fields = fields;
        self
    }

    /// The same with its fields at other places.
    #[must_use]
    pub fn at(mut self, place: impl Fn(&str) -> String) -> Self {
        for field in &mut self.fields {
            field.pointer = place(&field.pointer);
        }
        self
    }

    /// The same with the bound that would be exceeded.
    #[must_use]
    pub fn over_by(mut self, over_by: Option<Credits>) -> Self {
        self.over_by = over_by;
        self
    }

    /// The same with a header.
    #[must_use]
    pub fn with_header(mut self, name: HeaderName, value: &str) -> Self {
        if let Ok(value) = HeaderValue::from_str(value) {
            self.headers.push((name, value));
        }
        self
    }

    /// The stable code.
    #[must_use]
    pub const fn code(&self) -> ErrorCode {
        self.code
    }

    const fn status(&self) -> StatusCode {
        kind(self.code).0
    }

    /// The document itself, also as part of a bulk answer.
    #[must_use]
    pub fn into_problem(self, request_id: &str) -> Problem {
        let Self {
            code,
            detail,
            fields,
            over_by,
            headers: _,
        } = self;
        let (status, title) = kind(code);
        let fields = fields.into_iter().map(
            |FieldProblem {
                 pointer,
                 code,
                 detail,
             }| FieldProblem {
                pointer: short(&pointer, 199),
                code,
                detail: short(&detail, 300),
            },
        );
        Problem {
            kind: "about:blank".to_owned(),
            title: title.to_owned(),
            status: status.as_u16(),
            code,
            detail: short(&detail, 600),
            request_id: request_id.to_owned(),
            fields: fields.take(1_000).collect(),
            over_by,
        }
    }

    fn into_response(self, request_id: &str) -> HttpResponse {
        let mut response = HttpResponse::build(self.status());
        response.content_type(PROBLEM_JSON);
        for (name, value) in &self.headers {
            response.insert_header((name.clone(), value.clone()));
        }
        let problem = self.into_problem(request_id);
        response.body(serde_json::to_string(&problem).unwrap_or_default())
    }
}

/// What the caller sent is repeated up to a point.
fn short(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        None => text.to_owned(),
        Some(_) => text.chars().take(most).chain(['…']).collect(),
    }
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:?}: {}", self.code, self.detail)
    }
}

impl ResponseError for Failure {
    fn status_code(&self) -> StatusCode {
        self.status()
    }

    fn error_response(&self) -> HttpResponse<BoxBody> {
        // The body follows in `render`, which knows the request.
        HttpResponse::new(self.status())
    }
}

fn field_problem(error: FieldError) -> FieldProblem {
    let FieldError {
        pointer,
        kind,
        detail,
    } = error;
    let code = match kind {
        FieldErrorKind::Invalid => ErrorCode::InvalidFields,
        FieldErrorKind::AmountOutOfRange => ErrorCode::AmountOutOfRange,
        FieldErrorKind::TooManyDecimals => ErrorCode::TooManyDecimals,
    };
    FieldProblem {
        pointer,
        code,
        detail,
    }
}

impl From<allowance_app::Error> for Failure {
    fn from(error: allowance_app::Error) -> Self {
        use allowance_app::Error as E;
        let detail = error.to_string();
        let code = match error {
            E::RateLimited { retry_after_seconds } => {
                let failure = Self::new(ErrorCode::RateLimited, detail);
                return failure.with_header(header::RETRY_AFTER, &retry_after_seconds.to_string());
            }
            E::Fields(fields) => return Self::fields(fields.into_iter().map(field_problem).collect()),
            E::Store(error) => return error.into(),
            E::Stopping | E::Overloaded => {
                return Self::new(ErrorCode::Unavailable, detail).with_header(header::RETRY_AFTER, "1");
            }
            E::Internal(cause) => return Self::internal(&cause),
            E::Unauthenticated => ErrorCode::Unauthenticated,
            E::WrongCredentials => ErrorCode::WrongCredentials,
            E::WrongToken => ErrorCode::WrongToken,
            E::AlreadySetUp => ErrorCode::AlreadySetUp,
            E::NotFound => ErrorCode::NotFound,
            E::Forbidden => ErrorCode::Forbidden,
            E::OwnAffair => ErrorCode::OwnAffair,
            E::Stale => ErrorCode::PreconditionFailed,
            E::KeyReused => ErrorCode::IdempotencyKeyReused,
            E::EmailTaken => ErrorCode::EmailTaken,
            E::NameTaken => ErrorCode::NameTaken,
            E::ReportingCycle => ErrorCode::ReportingCycle,
            E::DefaultGroup => ErrorCode::DefaultGroup,
            E::LastAdmin => ErrorCode::LastAdmin,
            E::PersonNotActive => ErrorCode::PersonNotActive,
            E::Refused(refusal) => {
                return Self::new(refusal_code(refusal), detail).over_by(refusal.over_by());
            }
            E::RateMissing => ErrorCode::RateMissing,
            E::CurrencyMismatch(_) => ErrorCode::CurrencyMismatch,
            E::AlreadyReversed => ErrorCode::AlreadyReversed,
            E::CreditTypeArchived => ErrorCode::CreditTypeArchived,
            E::LastCreditType => ErrorCode::LastCreditType,
            E::StillInUse => ErrorCode::StillInUse,
            E::UndoExpired => ErrorCode::UndoExpired,
            E::DecimalsShrink => ErrorCode::DecimalsShrink,
            E::RequestDecided(_) => ErrorCode::RequestDecided,
            E::RequestWithdrawn => ErrorCode::RequestWithdrawn,
            E::NothingAsked => ErrorCode::NothingAsked,
            E::ReasonRequired => ErrorCode::ReasonRequired,
            E::UnknownPerson => ErrorCode::UnknownPerson,
            E::EventReused => ErrorCode::EventReused,
            E::InTheFuture => ErrorCode::InTheFuture,
            E::HoldEnded => ErrorCode::HoldEnded,
            E::CaptureExceedsHold { over_by } => {
                return Self::new(ErrorCode::CaptureExceedsHold, detail).over_by(Some(over_by));
            }
            E::ImportHeader(_) => ErrorCode::ImportHeader,
            E::ImportUnreadable(_) => ErrorCode::ImportUnreadable,
        };
        Self::new(code, detail)
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Busy(_) | StoreError::Unavailable(_) => {
                tracing::warn!(cause = %error, "the database did not answer");
                let failure = Self::new(
                    ErrorCode::Unavailable,
                    "The database is out of reach. Try again shortly.",
                );
                failure.with_header(header::RETRY_AFTER, "1")
            }
            StoreError::StaleVersion => Self::new(
                ErrorCode::PreconditionFailed,
                "somebody changed it since you read it",
            ),
            StoreError::Constraint(_) | StoreError::Corrupt(_) | StoreError::Database(_) => {
                Self::internal(&error)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_repeated_is_cut() {
        assert_eq!(short("äöü", 3), "äöü");
        assert_eq!(short("äöüß", 3), "äöü…");
    }
}
