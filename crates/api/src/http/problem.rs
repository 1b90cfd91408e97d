//! The one table from errors to problem documents (RFC 9457), and the one place that sends them.
//!
//! A cause is logged once, here, and never sent. The request's id is put in at the very end, by [`render`], which also
//! turns answers that are no problem yet (the router's, a panic's) into one: nothing leaves the API as plain text.

use std::panic::AssertUnwindSafe;

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderName, HeaderValue};
use actix_web::middleware::Next;
use actix_web::{Error, HttpResponse, ResponseError};
use allowance_api_types::problem::{ErrorCode, FieldProblem, Problem};
use allowance_app::{FieldError, FieldErrorKind};
use allowance_domain::allocations::Refusal;
use allowance_store::StoreError;
use allowance_values::Credits;
use futures_util::FutureExt;

use super::request_id::{self, RequestId};

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

/// The table: status and title of each code.
const fn kind(code: ErrorCode) -> (StatusCode, &'static str) {
    use ErrorCode as C;
    use StatusCode as S;
    match code {
        C::Unauthenticated => (S::UNAUTHORIZED, "Sign in first"),
        C::WrongCredentials => (S::UNAUTHORIZED, "Wrong e-mail address or password"),
        C::WrongToken => (S::FORBIDDEN, "Wrong token"),
        C::RateLimited => (S::TOO_MANY_REQUESTS, "Too many attempts"),
        C::Forbidden => (S::FORBIDDEN, "Not allowed"),
        C::OwnAffair => (S::FORBIDDEN, "Nobody decides for themselves"),
        C::NotFound => (S::NOT_FOUND, "Not found"),
        C::MethodNotAllowed => (S::METHOD_NOT_ALLOWED, "Method not allowed"),
        C::UnreadableBody => (S::BAD_REQUEST, "Unreadable body"),
        C::UnsupportedMediaType => (S::UNSUPPORTED_MEDIA_TYPE, "Unsupported content type"),
        C::TooLarge => (S::PAYLOAD_TOO_LARGE, "Too large"),
        C::InvalidFields => (S::UNPROCESSABLE_ENTITY, "Some fields are wrong"),
        C::InvalidQuery => (S::UNPROCESSABLE_ENTITY, "A query parameter is wrong"),
        C::InvalidCursor => (S::UNPROCESSABLE_ENTITY, "The cursor is not usable here"),
        C::PreconditionRequired => (S::PRECONDITION_REQUIRED, "If-Match is required"),
        C::PreconditionFailed => (S::PRECONDITION_FAILED, "Changed meanwhile"),
        C::IdempotencyKeyRequired => (S::BAD_REQUEST, "Idempotency-Key is required"),
        C::IdempotencyKeyReused => (S::UNPROCESSABLE_ENTITY, "Idempotency-Key was used before"),
        C::IdempotencyKeyBusy => (S::CONFLICT, "The same request is still running"),
        C::Unavailable => (S::SERVICE_UNAVAILABLE, "The database is out of reach"),
        C::Internal => (S::INTERNAL_SERVER_ERROR, "Something broke"),
        C::AlreadySetUp => (S::CONFLICT, "Set up already"),
        C::EmailTaken => (S::CONFLICT, "The e-mail address is taken"),
        C::NameTaken => (S::CONFLICT, "The name is taken"),
        C::ReportingCycle => (S::CONFLICT, "The reporting line would run in a circle"),
        C::DefaultGroup => (S::CONFLICT, "The Default group stays as it is"),
        C::LastAdmin => (S::CONFLICT, "The last admin stays admin"),
        C::PersonNotActive => (S::CONFLICT, "The person is not active"),
        C::AmountOutOfRange => (S::UNPROCESSABLE_ENTITY, "The amount is out of range"),
        C::TooManyDecimals => (S::UNPROCESSABLE_ENTITY, "Too many decimals"),
        C::LimitExceeded => (S::CONFLICT, "Groups would hold more than the limit"),
        C::GroupExceeded => (S::CONFLICT, "The group would give more than it has"),
        C::StandingExceeded => (S::CONFLICT, "Members would get more than the group's Monthly"),
        C::MoveShort => (S::CONFLICT, "The new group lacks credits"),
        C::InsufficientCredits => (S::CONFLICT, "The person has too few credits left"),
        C::GroupInsufficient => (S::CONFLICT, "The group has too few credits left"),
        C::OrganisationInsufficient => (S::CONFLICT, "The organisation has too few credits left"),
        C::NothingToTakeBack => (S::CONFLICT, "Less can be taken back"),
        C::AlreadyReversed => (S::CONFLICT, "Reversed before"),
        C::GrantEnded => (S::CONFLICT, "The grant has ended"),
        C::RateMissing => (S::CONFLICT, "The credit type has no rate"),
        C::CurrencyMismatch => (S::UNPROCESSABLE_ENTITY, "No rate for this currency"),
        C::WrongDistribution => (S::CONFLICT, "Not with this distribution"),
        C::CreditTypeArchived => (S::CONFLICT, "The credit type is archived"),
        C::DecimalsShrink => (S::CONFLICT, "Decimals only grow"),
        C::ExpiryPassed => (S::UNPROCESSABLE_ENTITY, "The expiry lies in the past"),
        C::ImportHeader => (S::UNPROCESSABLE_ENTITY, "The file has no usable header"),
        C::ImportUnreadable => (S::UNPROCESSABLE_ENTITY, "The file cannot be read"),
    }
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
            E::CurrencyMismatch => ErrorCode::CurrencyMismatch,
            E::AlreadyReversed => ErrorCode::AlreadyReversed,
            E::DecimalsShrink => ErrorCode::DecimalsShrink,
            E::ImportHeader(_) => ErrorCode::ImportHeader,
            E::ImportUnreadable(_) => ErrorCode::ImportUnreadable,
        };
        Self::new(code, detail)
    }
}

/// The ledger's refusals by their codes.
const fn refusal_code(refusal: Refusal) -> ErrorCode {
    match refusal {
        Refusal::NotFound => ErrorCode::NotFound,
        Refusal::AmountOutOfRange | Refusal::NegativeAmount => ErrorCode::AmountOutOfRange,
        Refusal::TooManyDecimals => ErrorCode::TooManyDecimals,
        Refusal::LimitExceeded { .. } => ErrorCode::LimitExceeded,
        Refusal::GroupExceeded { .. } => ErrorCode::GroupExceeded,
        Refusal::StandingExceeded { .. } => ErrorCode::StandingExceeded,
        Refusal::MoveShort { .. } => ErrorCode::MoveShort,
        Refusal::InsufficientCredits { .. } => ErrorCode::InsufficientCredits,
        Refusal::GroupInsufficient { .. } => ErrorCode::GroupInsufficient,
        Refusal::OrganisationInsufficient { .. } => ErrorCode::OrganisationInsufficient,
        Refusal::NothingToTakeBack { .. } => ErrorCode::NothingToTakeBack,
        Refusal::GrantEnded => ErrorCode::GrantEnded,
        Refusal::PersonNotActive => ErrorCode::PersonNotActive,
        Refusal::WrongDistribution => ErrorCode::WrongDistribution,
        Refusal::ExpiryPassed => ErrorCode::ExpiryPassed,
        Refusal::DefaultGroup => ErrorCode::DefaultGroup,
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
            (
                header::CONTENT_SECURITY_POLICY,
                "default-src 'none'; frame-ancestors 'none'",
            ),
        ] {
            if let Ok(value) = HeaderValue::from_str(value) {
                response.headers_mut().insert(name, value);
            }
        }
        response
    }
}

/// Middleware: gives every failed answer its problem document, a panic included.
///
/// # Errors
/// A problem as well, for what fails without an answer.
pub async fn render<B: MessageBody + 'static>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let request_id = RequestId::of(request.request());
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
