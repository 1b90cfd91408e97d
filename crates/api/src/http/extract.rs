//! Extractors that hand over the checked thing: bodies, query parameters, preconditions, idempotency keys.
//!
//! Declare the guard before any of these: its refusal must win over a wrong body.

use std::marker::PhantomData;

use actix_web::dev::Payload;
use actix_web::http::header::{self, HeaderMap};
use actix_web::web::{Bytes, BytesMut, Data};
use actix_web::{FromRequest, HttpRequest};
use allowance_api_types::problem::{ErrorCode, FieldProblem};
use allowance_app::IdempotencyKey;
use allowance_values::ParseAmountError;
use futures_util::StreamExt;
use futures_util::future::LocalBoxFuture;
use serde::de::DeserializeOwned;
use serde_json::Value;
use sha2::{Digest, Sha256};
use utoipa::{IntoParams, ToSchema};

use super::bounds::{Shape, escape};
use super::problem::Failure;
use crate::document::Document;

/// A JSON body at most.
pub(crate) const BODY_LIMIT: usize = 1024 * 1024;
/// An uploaded file at most: room for a hundred thousand people.
const UPLOAD_LIMIT: usize = 32 * 1024 * 1024;

/// Whether a write needs an `Idempotency-Key`.
pub trait KeyRule: 'static {
    /// Whether it does.
    const IS_REQUIRED: bool;
}

/// The key is welcome.
#[derive(Debug)]
pub enum KeyOptional {}
impl KeyRule for KeyOptional {
    const IS_REQUIRED: bool = false;
}

/// The key is required: the write moves credits.
#[derive(Debug)]
pub enum KeyRequired {}
impl KeyRule for KeyRequired {
    const IS_REQUIRED: bool = true;
}

/// A JSON body of type `T`, refused when it has unknown fields or breaks a bound of the document, with the key it was
/// sent under.
#[derive(Debug)]
pub struct Valid<T, K = KeyOptional> {
    /// The body.
    pub body: T,
    /// The key.
    pub key: Option<IdempotencyKey>,
    rule: PhantomData<K>,
}

impl<T: DeserializeOwned + ToSchema + 'static, K: KeyRule> FromRequest for Valid<T, K> {
    type Error = Failure;
    type Future = LocalBoxFuture<'static, Result<Self, Failure>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let (request, payload) = (request.clone(), payload.take());
        Box::pin(async move {
            expect_type(&request, "application/json")?;
            let bytes = read(payload, BODY_LIMIT).await?;
            let key = idempotency_key(&request, &bytes, K::IS_REQUIRED)?;
            let document = Document::of(&request)?;
            let body = parse_json(&bytes, document)?;
            Ok(Self {
                body,
                key,
                rule: PhantomData,
            })
        })
    }
}

/// A write without a body, with the key it was sent under.
#[derive(Debug)]
pub struct Bodiless<K = KeyOptional> {
    /// The key.
    pub key: Option<IdempotencyKey>,
    rule: PhantomData<K>,
}

impl<K: KeyRule> FromRequest for Bodiless<K> {
    type Error = Failure;
    type Future = std::future::Ready<Result<Self, Failure>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let key = idempotency_key(request, b"", K::IS_REQUIRED);
        std::future::ready(key.map(|key| Self {
            key,
            rule: PhantomData,
        }))
    }
}

/// An uploaded CSV file, with the key it was sent under.
#[derive(Debug)]
pub struct CsvUpload {
    /// The file as it came.
    pub bytes: Bytes,
    /// The key.
    pub key: Option<IdempotencyKey>,
}

impl FromRequest for CsvUpload {
    type Error = Failure;
    type Future = LocalBoxFuture<'static, Result<Self, Failure>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let (request, payload) = (request.clone(), payload.take());
        Box::pin(async move {
            expect_type(&request, "text/csv")?;
            let bytes = read(payload, UPLOAD_LIMIT).await?;
            let key = idempotency_key(&request, &bytes, false)?;
            Ok(Self { bytes, key })
        })
    }
}

/// Query parameters of type `T`; unknown ones are refused, and the document's bounds hold.
#[derive(Debug)]
pub struct Query<T>(pub T);

impl<T: DeserializeOwned + IntoParams> FromRequest for Query<T> {
    type Error = Failure;
    type Future = std::future::Ready<Result<Self, Failure>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        std::future::ready(parse_query(request).map(Self))
    }
}

/// `If-Match`: the ETag the caller read. Required as it stands; an `Option<IfMatch>` takes what comes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IfMatch(pub String);

impl FromRequest for IfMatch {
    type Error = Failure;
    type Future = std::future::Ready<Result<Self, Failure>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let tag = header_text(request.headers(), &header::IF_MATCH).map(|text| {
            let text = text.trim();
            text.strip_prefix("W/")
                .unwrap_or(text)
                .trim_matches('"')
                .to_owned()
        });
        let missing = || {
            let detail = "Send the ETag you read as If-Match, so that nobody's change is lost.";
            Failure::new(ErrorCode::PreconditionRequired, detail)
        };
        std::future::ready(tag.map(Self).ok_or_else(missing))
    }
}

/// The header of [`IfMatch`], for the document.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Header)]
#[expect(dead_code, reason = "read by the document alone")]
pub struct IfMatchHeader {
    /// The `etag` of what is edited, as it was read.
    #[param(rename = "If-Match", required = true, max_length = 100)]
    if_match: String,
}

/// The header of an [`IfMatch`] that may be absent, for the document.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Header)]
#[expect(dead_code, reason = "read by the document alone")]
pub struct IfMatchIfAny {
    /// The `etag` as it was read, to be told of what happened meanwhile.
    #[param(rename = "If-Match", required = false, max_length = 100)]
    if_match: Option<String>,
}

/// The header of a required key, for the document.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Header)]
#[expect(dead_code, reason = "read by the document alone")]
pub struct KeyHeader {
    /// One key per intended effect: sent again, the first answer comes back and nothing happens twice.
    #[param(rename = "Idempotency-Key", required = true, min_length = 1, max_length = 255)]
    idempotency_key: String,
}

fn header_text<'h>(headers: &'h HeaderMap, name: &header::HeaderName) -> Option<&'h str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

fn expect_type(request: &HttpRequest, expected: &str) -> Result<(), Failure> {
    let sent = header_text(request.headers(), &header::CONTENT_TYPE).unwrap_or_default();
    let essence = sent.split(';').next().unwrap_or_default().trim();
    if essence.eq_ignore_ascii_case(expected) {
        return Ok(());
    }
    Err(Failure::new(
        ErrorCode::UnsupportedMediaType,
        format!("Send the body as {expected}."),
    ))
}

pub(crate) async fn read(mut payload: Payload, limit: usize) -> Result<Bytes, Failure> {
    let mut body = BytesMut::new();
    while let Some(chunk) = payload.next().await {
        let chunk = chunk.map_err(|_| Failure::new(ErrorCode::UnreadableBody, "The body broke off."))?;
        if body.len().saturating_add(chunk.len()) > limit {
            return Err(Failure::new(
                ErrorCode::TooLarge,
                format!("Send at most {limit} bytes."),
            ));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body.freeze())
}

fn idempotency_key(
    request: &HttpRequest,
    body: &[u8],
    is_required: bool,
) -> Result<Option<IdempotencyKey>, Failure> {
    let Some(value) = request.headers().get("idempotency-key") else {
        let detail = "Send an Idempotency-Key, so that the same request never counts twice.";
        return if is_required {
            Err(Failure::new(ErrorCode::IdempotencyKeyRequired, detail))
        } else {
            Ok(None)
        };
    };
    let key = value
        .to_str()
        .ok()
        .filter(|key| (1..=255).contains(&key.len()))
        .ok_or_else(|| {
            let detail = "Use 1 to 255 visible ASCII characters.".to_owned();
            let pointer = "Idempotency-Key".to_owned();
            Failure::fields(vec![FieldProblem {
                pointer,
                code: ErrorCode::InvalidFields,
                detail,
            }])
        })?;
    let query = request.query_string();
    Ok(Some(IdempotencyKey {
        key: key.to_owned(),
        route: format!("{} {}?{query}", request.method(), request.path()),
        body_hash: Sha256::digest(body).to_vec(),
    }))
}

/// A JSON body as it came, for operations that judge its items one by one.
#[derive(Debug)]
pub struct Raw(pub Bytes);

impl FromRequest for Raw {
    type Error = Failure;
    type Future = LocalBoxFuture<'static, Result<Self, Failure>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let (request, payload) = (request.clone(), payload.take());
        Box::pin(async move {
            expect_type(&request, "application/json")?;
            Ok(Self(read(payload, BODY_LIMIT).await?))
        })
    }
}

/// JSON as a `T`, within the bounds of the document.
///
/// # Errors
/// What is wrong, field by field.
pub fn parse_json<T: DeserializeOwned + ToSchema>(bytes: &[u8], document: &Document) -> Result<T, Failure> {
    let name = T::name();
    let shape = document
        .bounds()
        .shape(&name)
        .ok_or_else(|| Failure::internal(&format!("{name} is not in the document")))?;
    let unreadable = |error: serde_json::Error| {
        let detail = format!(
            "This is not JSON: line {}, column {}.",
            error.line(),
            error.column()
        );
        Failure::new(ErrorCode::UnreadableBody, detail)
    };
    let mut text = serde_json::Deserializer::from_slice(bytes);
    let problems = document
        .bounds()
        .check(shape, &mut text, "")
        .map_err(unreadable)?;
    text.end().map_err(unreadable)?;
    if !problems.is_empty() {
        return Err(Failure::fields(problems));
    }
    if let Ok(body) = serde_json::from_slice(bytes) {
        return Ok(body);
    }
    // Read once more to find out where it went wrong.
    let mut text = serde_json::Deserializer::from_slice(bytes);
    serde_path_to_error::deserialize(&mut text).map_err(|error| {
        let pointer = pointer(error.path());
        let error = error.into_inner();
        // The pointer says where; the words are those of the type that was wrong.
        let place = format!(" at line {} column {}", error.line(), error.column());
        let words = error.to_string();
        let detail = words.strip_suffix(&place).unwrap_or(&words).to_owned();
        let code = code_of(&detail);
        Failure::fields(vec![FieldProblem {
            pointer,
            code,
            detail,
        }])
    })
}

/// What was wrong with an amount has codes of its own; serde hands on no more than the words.
fn code_of(detail: &str) -> ErrorCode {
    let is = |error: ParseAmountError| error.to_string() == detail;
    if is(ParseAmountError::OutOfRange) {
        ErrorCode::AmountOutOfRange
    } else if [6, 9]
        .into_iter()
        .any(|most| is(ParseAmountError::TooManyDecimals(most)))
    {
        ErrorCode::TooManyDecimals
    } else {
        ErrorCode::InvalidFields
    }
}

/// The JSON pointer of a place that could not be read.
fn pointer(path: &serde_path_to_error::Path) -> String {
    use serde_path_to_error::Segment;
    path.iter()
        .map(|segment| match segment {
            Segment::Seq { index } => format!("/{index}"),
            Segment::Map { key } => format!("/{}", escape(key)),
            Segment::Enum { variant } => format!("/{}", escape(variant)),
            Segment::Unknown => "/?".to_owned(),
        })
        .collect()
}

fn parse_query<T: DeserializeOwned + IntoParams>(request: &HttpRequest) -> Result<T, Failure> {
    let wrong = |fields: Vec<FieldProblem>, detail: String| {
        Failure::new(ErrorCode::InvalidQuery, detail).with_fields(fields)
    };
    let text = request.query_string();
    let unreadable = |error: actix_web::error::QueryPayloadError| wrong(vec![], error.to_string());
    let pairs = actix_web::web::Query::<Vec<(String, String)>>::from_query(text)
        .map_err(unreadable)?
        .into_inner();
    let bounds = Document::of(request)?.bounds();
    let mut problems = Vec::new();
    for parameter in T::into_params(|| None) {
        let schema = serde_json::to_value(&parameter.schema).unwrap_or_default();
        for (_, value) in pairs.iter().filter(|(name, _)| *name == parameter.name) {
            let value = value.parse::<i64>().map_or_else(
                |_| Value::from(value.as_str()),
                |number| {
                    if schema.get("maximum").is_some() {
                        Value::from(number)
                    } else {
                        Value::from(value.as_str())
                    }
                },
            );
            let found = bounds.check(&Shape::of(&schema), &value, &parameter.name);
            problems.extend(found.unwrap_or_default());
        }
    }
    if !problems.is_empty() {
        return Err(wrong(
            problems,
            "One or more query parameters are wrong.".to_owned(),
        ));
    }
    actix_web::web::Query::<T>::from_query(text)
        .map(actix_web::web::Query::into_inner)
        .map_err(unreadable)
}

/// The application data of this type.
pub(crate) fn data<T: 'static>(request: &HttpRequest) -> Result<&Data<T>, Failure> {
    request
        .app_data::<Data<T>>()
        .ok_or_else(|| Failure::internal(&std::any::type_name::<T>()))
}

/// An id in the path that is none: there is nothing there.
#[must_use]
pub fn not_an_address() -> Failure {
    Failure::new(ErrorCode::NotFound, "There is nothing at this address.")
}
