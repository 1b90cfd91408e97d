//! The one fetch. Not generic, so it is compiled once; typed wrappers around it live in the area files.
//!
//! The access token lives here, in memory only. When it is refused, one silent refresh (by the cookie) is shared by all
//! callers that wait, each retries once, and if that fails the session is declared expired.

use std::cell::RefCell;
use std::future::Future;
use std::pin::Pin;

use allowance_api_types::Problem;
use allowance_api_types::read::Read;
use allowance_api_types::session::SessionView;
use allowance_values::Timestamp;
use js_sys::Promise;
use serde::Serialize;
use serde_json::Value;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::{JsFuture, future_to_promise};

use crate::format;

const BASE: &str = "/api/v1";
/// The token is renewed this long before it expires, so that hardly any call meets a refusal.
const HEADROOM_SECONDS: i64 = 15;

/// What can go wrong with a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ApiError {
    /// No answer came.
    Network,
    /// The session has ended.
    Unauthenticated,
    /// The server refused and said why.
    Problem(Box<Problem>),
    /// The answer is not what it should be.
    Decode,
}

impl ApiError {
    /// The problem's code, when there is one.
    pub fn code(&self) -> Option<allowance_api_types::ErrorCode> {
        match self {
            Self::Problem(problem) => Some(problem.code),
            Self::Network | Self::Unauthenticated | Self::Decode => None,
        }
    }
}

/// A call under way.
#[derive(Debug, Clone)]
pub struct Call {
    method: &'static str,
    path: String,
    headers: Vec<(&'static str, String)>,
    body: Option<JsValue>,
    until: Option<web_sys::AbortSignal>,
    is_session_call: bool,
}

impl Call {
    fn new(method: &'static str, path: String) -> Self {
        // Signing in and refreshing carry their own proof; a refusal there is an answer, not an expired session.
        let is_session_call = method == "POST" && path.starts_with("/session");
        Self {
            method,
            path,
            headers: vec![],
            body: None,
            until: None,
            is_session_call,
        }
    }

    pub fn get(path: impl Into<String>) -> Self {
        Self::new("GET", path.into())
    }

    pub fn post(path: impl Into<String>) -> Self {
        Self::new("POST", path.into())
    }

    pub fn put(path: impl Into<String>) -> Self {
        Self::new("PUT", path.into())
    }

    pub fn patch(path: impl Into<String>) -> Self {
        Self::new("PATCH", path.into())
    }

    pub fn delete(path: impl Into<String>) -> Self {
        Self::new("DELETE", path.into())
    }

    /// Query parameters: the fields of `query` that are there.
    pub fn query(mut self, query: &impl Serialize) -> Self {
        self.path.push_str(&query_string(query));
        self
    }

    /// A JSON body.
    pub fn json(self, body: &impl Serialize) -> Self {
        let text = serde_json::to_string(body).unwrap_or_default();
        self.body("application/json", JsValue::from_str(&text))
    }

    /// A body of another type: text, or a file as it is, byte for byte.
    pub fn body(mut self, content_type: &'static str, body: JsValue) -> Self {
        self.headers.push(("content-type", content_type.to_owned()));
        self.body = Some(body);
        self
    }

    /// The caller's key: made when its form opened, so a second click is not a second effect.
    pub fn key(mut self, key: &str) -> Self {
        self.headers.push(("idempotency-key", key.to_owned()));
        self
    }

    /// Only if nobody changed it since it had this ETag.
    pub fn if_match(mut self, etag: &str) -> Self {
        self.headers.push(("if-match", etag.to_owned()));
        self
    }

    /// The form the answer should have, when it is not JSON.
    pub fn accept(mut self, media_type: &'static str) -> Self {
        self.headers.push(("accept", media_type.to_owned()));
        self
    }

    /// Resumes a stream behind this event.
    pub fn after_event(mut self, id: &str) -> Self {
        self.headers.push(("last-event-id", id.to_owned()));
        self
    }

    /// Ends it, also half-way, when this signal says so.
    pub fn until(mut self, signal: web_sys::AbortSignal) -> Self {
        self.until = Some(signal);
        self
    }

    /// Sends it and answers the body's text. Boxed, so that no caller carries its states along.
    pub fn text(self) -> Pin<Box<dyn Future<Output = Result<String, ApiError>>>> {
        Box::pin(async move { text_of(self.open().await?).await })
    }

    /// Sends it and answers the body's bytes.
    pub async fn blob(self) -> Result<web_sys::Blob, ApiError> {
        let reading = self.open().await?.blob().map_err(|_| ApiError::Network)?;
        let blob = JsFuture::from(reading).await.map_err(|_| ApiError::Network)?;
        blob.dyn_into().map_err(|_| ApiError::Decode)
    }

    /// Sends it and answers once a success begins to arrive.
    pub async fn open(self) -> Result<web_sys::Response, ApiError> {
        if self.is_session_call {
            return fetch(&self, None).await;
        }
        if needs_refresh() && !refresh().await? {
            return Err(ApiError::Unauthenticated);
        }
        match fetch(&self, token()).await {
            Err(ApiError::Unauthenticated) if token().is_some() => {}
            answer => return answer,
        }
        if refresh().await? {
            fetch(&self, token()).await
        } else {
            Err(ApiError::Unauthenticated)
        }
    }

    /// Sends it and reads a JSON body.
    pub async fn read<T: Read>(self) -> Result<T, ApiError> {
        T::read(self.value().await?).ok_or(ApiError::Decode)
    }

    fn value(self) -> Pin<Box<dyn Future<Output = Result<Value, ApiError>>>> {
        Box::pin(async move { serde_json::from_str(&self.text().await?).map_err(|_| ApiError::Decode) })
    }

    /// Sends it; a success says all.
    pub async fn done(self) -> Result<(), ApiError> {
        self.text().await.map(|_text| ())
    }
}

struct Token {
    text: String,
    renew_at: Timestamp,
}

thread_local! {
    static TOKEN: RefCell<Option<Token>> = const { RefCell::new(None) };
    static REFRESHING: RefCell<Option<Promise>> = const { RefCell::new(None) };
    static ON_EXPIRED: RefCell<Option<Box<dyn Fn()>>> = const { RefCell::new(None) };
}

/// Takes over a new access token.
pub fn keep_token(session: SessionView) {
    let seconds = i64::from(session.expires_in).saturating_sub(HEADROOM_SECONDS);
    let renew_at = format::now().plus_seconds(seconds);
    TOKEN.set(Some(Token {
        text: session.access_token,
        renew_at,
    }));
}

/// Forgets the access token.
pub fn forget_token() {
    TOKEN.set(None);
}

/// Who hears that the session has ended.
pub fn on_expired(listener: impl Fn() + 'static) {
    ON_EXPIRED.set(Some(Box::new(listener)));
}

fn token() -> Option<String> {
    TOKEN.with_borrow(|token| token.as_ref().map(|token| token.text.clone()))
}

fn needs_refresh() -> bool {
    TOKEN.with_borrow(|token| {
        token
            .as_ref()
            .is_some_and(|token| token.renew_at <= format::now())
    })
}

/// Renews the token by the cookie; whoever asks meanwhile waits for the same answer. False: the session has ended.
pub async fn refresh() -> Result<bool, ApiError> {
    let running = REFRESHING.with_borrow(Clone::clone);
    let promise = running.unwrap_or_else(|| {
        let promise = future_to_promise(async {
            let answer = Call::post("/session/refresh").read::<SessionView>().await;
            REFRESHING.set(None);
            let word = match answer {
                Ok(session) => {
                    keep_token(session);
                    JsValue::TRUE
                }
                Err(ApiError::Network) => JsValue::NULL,
                Err(ApiError::Problem(problem)) if problem.status >= 429 => JsValue::NULL,
                Err(ApiError::Unauthenticated | ApiError::Problem(_) | ApiError::Decode) => {
                    forget_token();
                    ON_EXPIRED.with_borrow(|listener| listener.iter().for_each(|hear| hear()));
                    JsValue::FALSE
                }
            };
            Ok(word)
        });
        REFRESHING.set(Some(promise.clone()));
        promise
    });
    let word = JsFuture::from(promise).await.map_err(|_| ApiError::Network)?;
    word.as_bool().ok_or(ApiError::Network)
}

async fn fetch(call: &Call, token: Option<String>) -> Result<web_sys::Response, ApiError> {
    let response = request(call, token).await.ok_or(ApiError::Network)?;
    if response.ok() {
        return Ok(response);
    }
    let status = response.status();
    Err(refusal(status, &text_of(response).await?, call.is_session_call))
}

async fn text_of(response: web_sys::Response) -> Result<String, ApiError> {
    let reading = response.text().map_err(|_| ApiError::Network)?;
    let text = JsFuture::from(reading).await.ok();
    text.and_then(|text| text.as_string()).ok_or(ApiError::Network)
}

/// What an answer that is no success means.
fn refusal(status: u16, text: &str, is_session_call: bool) -> ApiError {
    if status == 401 && !is_session_call {
        return ApiError::Unauthenticated;
    }
    let problem = serde_json::from_str(text).ok().and_then(Problem::read);
    problem.map_or(ApiError::Decode, |problem| ApiError::Problem(Box::new(problem)))
}

async fn request(call: &Call, token: Option<String>) -> Option<web_sys::Response> {
    let headers = web_sys::Headers::new().ok()?;
    for (name, value) in &call.headers {
        headers.set(name, value).ok()?;
    }
    if let Some(token) = token {
        headers.set("authorization", &format!("Bearer {token}")).ok()?;
    }
    let init = web_sys::RequestInit::new();
    init.set_method(call.method);
    init.set_headers(&headers);
    init.set_credentials(web_sys::RequestCredentials::SameOrigin);
    if let Some(body) = &call.body {
        init.set_body(body);
    }
    init.set_signal(call.until.as_ref());
    let url = format!("{BASE}{}", call.path);
    let answer = JsFuture::from(leptos::prelude::window().fetch_with_str_and_init(&url, &init))
        .await
        .ok()?;
    answer.dyn_into().ok()
}

/// `?a=1&b=x` out of a struct's fields that are there; nothing when there are none.
pub fn query_string(query: &impl Serialize) -> String {
    let mut text = String::new();
    let Ok(Value::Object(fields)) = serde_json::to_value(query) else {
        return text;
    };
    for (name, value) in fields {
        let value = match value {
            Value::Null => continue,
            Value::String(value) => value,
            other => other.to_string(),
        };
        text.push(if text.is_empty() { '?' } else { '&' });
        text.push_str(&name);
        text.push('=');
        text.push_str(&encode(&value));
    }
    text
}

/// Percent-encodes one part of an address.
pub fn encode(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use allowance_api_types::ErrorCode;
    use allowance_api_types::people::{PeopleQuery, PersonStatus};

    use super::*;

    #[test]
    fn absent_filters_are_not_sent_and_values_are_encoded() {
        assert_eq!(query_string(&PeopleQuery::default()), "");
        let query = PeopleQuery {
            search: Some("françois & co".to_owned()),
            status: Some(PersonStatus::Active),
            limit: Some(25),
            ..PeopleQuery::default()
        };
        assert_eq!(
            query_string(&query),
            "?limit=25&search=fran%C3%A7ois%20%26%20co&status=active"
        );
    }

    #[test]
    fn a_refused_sign_in_is_an_answer_and_elsewhere_a_401_is_an_expired_session() {
        let body = r#"{"type":"about:blank","title":"","status":401,"code":"wrong_credentials","detail":"","request_id":"r"}"#;
        assert_eq!(refusal(401, body, false), ApiError::Unauthenticated);
        assert_eq!(refusal(401, body, true).code(), Some(ErrorCode::WrongCredentials));
        assert_eq!(refusal(502, "<html>", true), ApiError::Decode);
    }

    #[test]
    fn a_newer_servers_code_is_still_a_problem() {
        let body = r#"{"type":"about:blank","title":"","status":409,"code":"brand_new","detail":"x","request_id":"r"}"#;
        assert_eq!(refusal(409, body, false).code(), Some(ErrorCode::Unknown));
    }
}
