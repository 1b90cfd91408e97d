//! The guard: the only way for a handler to reach the application.
//!
//! A handler declares `Allowed<operation::…>` (or `Public<operation::…>`) as its first parameter. The guard decides
//! synchronously, because actix polls extractors together and a refusal must win over a wrong body: [`authenticate`] has
//! loaded the principal before. Fine permissions are the use case's business, from loaded rows.

use std::future::{Ready, ready};
use std::marker::PhantomData;

use actix_web::body::MessageBody;
use actix_web::dev::{Payload, ServiceRequest, ServiceResponse};
use actix_web::http::header;
use actix_web::middleware::Next;
use actix_web::{Error, FromRequest, HttpMessage, HttpRequest};
use allowance_api_types::problem::ErrorCode;
use allowance_app::metering::{Answer, Command, Meter, Metered};
use allowance_app::{App, Caller};
use allowance_domain::authz::{Action, Actor, Operation, PublicOperation, Verdict, key_may, may};
use allowance_store::KnownKey;
use allowance_values::SessionId;

use crate::http::extract::data;
use crate::http::problem::Failure;
use crate::http::request_id::RequestId;
use crate::state::State;

/// Who is behind the request, as [`authenticate`] found out.
#[derive(Debug, Clone)]
enum Principal {
    /// A session that stands.
    Known { actor: Actor, session: SessionId },
    /// A platform's key that was good a moment ago.
    Key(KnownKey),
    /// No token, or one that is wrong or has ended.
    Unknown,
    /// It could not be found out.
    Broken(Failure),
}

/// Middleware: finds out who is behind the bearer token, with one query; a key that was good a moment ago needs none.
///
/// # Errors
/// What the rest of the way answers.
pub async fn authenticate<B: MessageBody>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<B>, Error> {
    if let Some(token) = bearer(request.request()) {
        let principal = match data::<State>(request.request()) {
            Ok(state) => match state.app.remembered_key(&token) {
                Some(key) => Principal::Key(key),
                None => {
                    let app = state.app.clone();
                    state
                        .run(async move { identify(&app, &token).await })
                        .await
                        .unwrap_or_else(Principal::Broken)
                }
            },
            Err(failure) => Principal::Broken(failure),
        };
        request.extensions_mut().insert(principal);
    }
    next.call(request).await
}

async fn identify(app: &App, token: &str) -> allowance_app::Result<Principal> {
    if App::is_key(token) {
        let key = app.identify_key(token).await?;
        return Ok(key.map_or(Principal::Unknown, Principal::Key));
    }
    let found = app.identify(token).await?;
    Ok(
        found.map_or(Principal::Unknown, |(actor, session)| Principal::Known {
            actor,
            session,
        }),
    )
}

fn bearer(request: &HttpRequest) -> Option<String> {
    let text = request.headers().get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = text.split_once(' ')?;
    scheme
        .eq_ignore_ascii_case("bearer")
        .then(|| token.trim().to_owned())
}

/// What a use case gets.
#[derive(Debug)]
pub struct Services {
    /// The use cases.
    pub app: App,
    /// Who calls.
    pub caller: Caller,
}

/// Proof that the caller may call operation `A`. Yields the application.
#[derive(Debug)]
pub struct Allowed<A> {
    state: State,
    caller: Caller,
    operation: PhantomData<A>,
}

impl<A: Operation> Allowed<A> {
    /// The request's id, for problems inside an answer.
    #[must_use]
    pub fn request_id(&self) -> &str {
        &self.caller.request_id
    }

    /// Runs work to its end, whether or not the caller waits for it.
    ///
    /// # Errors
    /// What the work answers, as a problem.
    pub async fn run<T, F, W>(self, work: F) -> Result<T, Failure>
    where
        F: FnOnce(Services) -> W,
        W: Future<Output = allowance_app::Result<T>> + Send + 'static,
        T: Send + 'static,
    {
        let Self {
            state,
            caller,
            operation: _,
        } = self;
        let work = work(Services {
            app: state.app.clone(),
            caller,
        });
        state.run(work).await
    }

    fn check(request: &HttpRequest) -> Result<Self, Failure> {
        let (actor, session) = match principal_of(request) {
            Principal::Known { actor, session } => (actor, session),
            Principal::Key(_) => {
                return Err(Failure::new(
                    ErrorCode::Forbidden,
                    "This is for people who are signed in, not for keys.",
                ));
            }
            Principal::Unknown => return Err(unauthenticated()),
            Principal::Broken(failure) => return Err(failure),
        };
        note(A::ACTION, Some(&actor));
        match may(&actor, A::ACTION) {
            Verdict::Allowed(_) => {
                let request_id = RequestId::of(request).as_str().to_owned();
                let state = data::<State>(request)?.get_ref().clone();
                Ok(Self {
                    state,
                    caller: Caller {
                        actor,
                        session,
                        request_id,
                    },
                    operation: PhantomData,
                })
            }
            Verdict::Refused => Err(refused(A::ACTION)),
        }
    }
}

impl<A: Operation> FromRequest for Allowed<A> {
    type Error = Failure;
    type Future = Ready<Result<Self, Failure>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Self::check(request))
    }
}

/// Proof that the caller, a platform or a person, may call operation `A`. Yields the application.
#[derive(Debug)]
pub struct Metering<A> {
    state: State,
    meter: Meter,
    request_id: String,
    operation: PhantomData<A>,
}

/// What a use case for platforms gets.
#[derive(Debug)]
pub struct MeterServices {
    /// The use cases.
    pub app: App,
    /// Who calls.
    pub meter: Meter,
    /// The request's id.
    pub request_id: String,
}

impl<A: Operation> Metering<A> {
    /// The request's id, for problems inside an answer.
    #[must_use]
    pub fn request_id(&self) -> &str {
        &self.request_id
    }

    /// Has commands posted, in order. They are handed over at once and only waited for here, so a caller who hangs up
    /// cancels nothing.
    ///
    /// # Errors
    /// When too many wait already; nothing was posted then.
    pub async fn post(self, commands: Vec<Command>) -> Result<Vec<Answer>, Failure> {
        let Self {
            state,
            meter,
            request_id,
            operation: _,
        } = self;
        Ok(state
            .awaited(state.app.meter(meter, &request_id, commands))
            .await??)
    }

    /// The same for one command.
    ///
    /// # Errors
    /// What the command met.
    pub async fn post_one(self, command: Command) -> Result<Metered, Failure> {
        let mut answers = self.post(vec![command]).await?;
        let answer = answers
            .pop()
            .ok_or_else(|| Failure::internal(&"a command got no answer"))?;
        Ok(answer?)
    }

    /// Runs work to its end, whether or not the caller waits for it.
    ///
    /// # Errors
    /// What the work answers, as a problem.
    pub async fn run<T, F, W>(self, work: F) -> Result<T, Failure>
    where
        F: FnOnce(MeterServices) -> W,
        W: Future<Output = allowance_app::Result<T>> + Send + 'static,
        T: Send + 'static,
    {
        let Self {
            state,
            meter,
            request_id,
            operation: _,
        } = self;
        let work = work(MeterServices {
            app: state.app.clone(),
            meter,
            request_id,
        });
        state.run(work).await
    }

    fn check(request: &HttpRequest) -> Result<Self, Failure> {
        let meter = match principal_of(request) {
            Principal::Known { actor, session: _ } => {
                note(A::ACTION, Some(&actor));
                match may(&actor, A::ACTION) {
                    Verdict::Allowed(_) => Meter::Person(actor),
                    Verdict::Refused => return Err(refused(A::ACTION)),
                }
            }
            Principal::Key(key) => {
                note(A::ACTION, None);
                if !key_may(&key.actor, A::ACTION) {
                    return Err(refused(A::ACTION));
                }
                Meter::Key(key)
            }
            Principal::Unknown => return Err(unauthenticated()),
            Principal::Broken(failure) => return Err(failure),
        };
        Ok(Self {
            state: data::<State>(request)?.get_ref().clone(),
            meter,
            request_id: RequestId::of(request).as_str().to_owned(),
            operation: PhantomData,
        })
    }
}

impl<A: Operation> FromRequest for Metering<A> {
    type Error = Failure;
    type Future = Ready<Result<Self, Failure>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Self::check(request))
    }
}

/// Whether the request came by a platform's key that is good.
pub(crate) fn is_by_key(request: &HttpRequest) -> bool {
    matches!(request.extensions().get::<Principal>(), Some(Principal::Key(_)))
}

fn principal_of(request: &HttpRequest) -> Principal {
    let extensions = request.extensions();
    extensions
        .get::<Principal>()
        .cloned()
        .unwrap_or(Principal::Unknown)
}

fn unauthenticated() -> Failure {
    Failure::new(ErrorCode::Unauthenticated, "Sign in and send the access token.")
}

fn refused(action: Action) -> Failure {
    let detail = format!("This needs the permission {}.", action.permission().as_str());
    Failure::new(ErrorCode::Forbidden, detail)
}

/// Access for operations that anybody may call.
#[derive(Debug)]
pub struct Public<A> {
    state: State,
    /// Where the request comes from, for throttling.
    pub address: String,
    /// The request's id.
    pub request_id: String,
    operation: PhantomData<A>,
}

impl<A: PublicOperation> Public<A> {
    /// Whether cookies are marked secure.
    #[must_use]
    pub const fn is_https(&self) -> bool {
        self.state.is_https
    }

    /// Runs work to its end, whether or not the caller waits for it.
    ///
    /// # Errors
    /// What the work answers, as a problem.
    pub async fn run<T, F, W>(self, work: F) -> Result<T, Failure>
    where
        F: FnOnce(App) -> W,
        W: Future<Output = allowance_app::Result<T>> + Send + 'static,
        T: Send + 'static,
    {
        let work = work(self.state.app.clone());
        self.state.run(work).await
    }
}

impl<A: PublicOperation> FromRequest for Public<A> {
    type Error = Failure;
    type Future = Ready<Result<Self, Failure>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        note(A::ACTION, None);
        ready(data::<State>(request).map(|state| {
            let connection = request.connection_info();
            let address = if state.trusts_proxy {
                connection.realip_remote_addr()
            } else {
                connection.peer_addr()
            };
            Self {
                state: state.get_ref().clone(),
                address: address.unwrap_or_default().to_owned(),
                request_id: RequestId::of(request).as_str().to_owned(),
                operation: PhantomData,
            }
        }))
    }
}

/// Puts the operation and the person on the request's trace.
fn note(action: Action, actor: Option<&Actor>) {
    let span = tracing::Span::current();
    span.record("action", action.name());
    if let Some(actor) = actor {
        span.record("person", tracing::field::display(actor.person));
    }
}
