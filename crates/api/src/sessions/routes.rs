//! `/session`, `/me`, `/people/{id}/invitation`, `/invitations/accept`.

use actix_web::http::StatusCode;
use actix_web::http::header;
use actix_web::web::Path;
use actix_web::{HttpRequest, HttpResponse, delete, get, post};
use allowance_api_types::problem::ErrorCode;
use allowance_api_types::session::{AcceptInvitationBody, InvitationView, MeView, SessionView, SignInBody};
use allowance_app::sessions;
use allowance_domain::authz::operation;
use allowance_values::PersonId;

use super::convert;
use super::cookie::{self, SameOrigin, begun};
use crate::guard::{Allowed, Public, Services};
use crate::http::answer::{self, Outcome};
use crate::http::extract::Valid;
use crate::http::problem::Failure;

/// Sign in
///
/// Answers an access token for the `Authorization` header, and sets the refresh token as a cookie.
#[utoipa::path(
    tag = "session",
    request_body = SignInBody,
    responses(
        (status = 200, description = "The session.", body = SessionView),
        (status = 401, description = "Wrong address or password."),
        (status = 429, description = "Too many attempts.")
    )
)]
#[post("/session")]
pub(crate) async fn sign_in(public: Public<operation::SignIn>, input: Valid<SignInBody>) -> Outcome {
    let SignInBody { email, password } = input.body;
    let (is_https, address, id) = (
        public.is_https(),
        public.address.clone(),
        public.request_id.clone(),
    );
    let signed_in = public
        .run(|app| async move { app.sign_in(&email, password, &address, id).await })
        .await?;
    begun(StatusCode::OK, signed_in, is_https)
}

/// Refresh the session
///
/// Exchanges the refresh cookie for a new access token and a new cookie. A cookie that was exchanged before ends the
/// session, but for a moment after the exchange, when it answers the same as before.
#[utoipa::path(
    tag = "session",
    responses(
        (status = 200, description = "The session.", body = SessionView),
        (status = 401, description = "No session, or one that has ended."),
        (status = 403, description = "Called from another site.")
    )
)]
#[post("/session/refresh")]
pub(crate) async fn refresh_session(
    public: Public<operation::RefreshSession>,
    _same_origin: SameOrigin,
    request: HttpRequest,
) -> Outcome {
    let ended = |failure: Failure| match failure.code() {
        ErrorCode::Unauthenticated => failure.with_header(header::SET_COOKIE, &cookie::removal().to_string()),
        _ => failure,
    };
    let (is_https, id) = (public.is_https(), public.request_id.clone());
    let token = cookie::read(&request)
        .ok_or_else(|| Failure::new(ErrorCode::Unauthenticated, "There is no session to refresh."))?;
    let signed_in = public
        .run(|app| async move { app.refresh_session(&token, id).await })
        .await
        .map_err(ended)?;
    begun(StatusCode::OK, signed_in, is_https)
}

/// Sign out
///
/// Ends the session at once, on every instance.
#[utoipa::path(
    tag = "session",
    responses((status = 204, description = "The session has ended."))
)]
#[delete("/session")]
pub(crate) async fn sign_out(allowed: Allowed<operation::SignOut>, _same_origin: SameOrigin) -> Outcome {
    let answered = answer::render(StatusCode::NO_CONTENT, |(): &()| ());
    allowed
        .run(|Services { app, caller }| async move {
            app.change(&caller, None, |tx| sessions::sign_out(tx, &caller), answered)
                .await
        })
        .await?;
    Ok(HttpResponse::NoContent().cookie(cookie::removal()).finish())
}

/// Sign out everywhere
///
/// Ends all sessions of the caller at once, this one too, on every instance.
#[utoipa::path(
    tag = "session",
    responses((status = 204, description = "The sessions have ended."))
)]
#[delete("/sessions")]
pub(crate) async fn sign_out_everywhere(
    allowed: Allowed<operation::SignOutEverywhere>,
    _same_origin: SameOrigin,
) -> Outcome {
    let answered = answer::render(StatusCode::NO_CONTENT, |(): &()| ());
    allowed
        .run(|Services { app, caller }| async move {
            app.change(
                &caller,
                None,
                |tx| sessions::sign_out_everywhere(tx, &caller),
                answered,
            )
            .await
        })
        .await?;
    Ok(HttpResponse::NoContent().cookie(cookie::removal()).finish())
}

/// Who am I
///
/// The person behind the token, with what the web app needs to know to offer the right pages.
#[utoipa::path(
    tag = "session",
    responses((status = 200, description = "The viewer.", body = MeView))
)]
#[get("/me")]
pub(crate) async fn get_me(allowed: Allowed<operation::GetMe>) -> Outcome {
    let mine = allowed
        .run(|Services { app, caller }| async move { app.get_me(&caller).await })
        .await?;
    answer::json(&convert::me_view(mine))
}

/// Invite a person to sign in
///
/// Answers a link that is shown once; an earlier invitation of the person ends.
#[utoipa::path(
    tag = "people",
    params(("id" = PersonId, Path, description = "The person.")),
    responses(
        (status = 201, description = "The invitation.", body = InvitationView),
        (status = 409, description = "The person is not active.")
    )
)]
#[post("/people/{id}/invitation")]
pub(crate) async fn invite_person(allowed: Allowed<operation::InvitePerson>, id: Path<PersonId>) -> Outcome {
    let id = id.into_inner();
    let answer = allowed
        .run(|Services { app, caller }| async move {
            let answered = answer::render(StatusCode::CREATED, convert::invitation_view);
            // No key: a stored answer would keep the token readable. Asking again ends the first invitation.
            app.change(
                &caller,
                None,
                |tx| sessions::invite_person(tx, &caller, id),
                answered,
            )
            .await
        })
        .await?;
    answer::send(answer)
}

/// Accept an invitation
///
/// Chooses the password and signs in.
#[utoipa::path(
    tag = "session",
    request_body = AcceptInvitationBody,
    responses(
        (status = 200, description = "The session.", body = SessionView),
        (status = 403, description = "The token is wrong, was used, or has expired."),
        (status = 429, description = "Too many attempts.")
    )
)]
#[post("/invitations/accept")]
pub(crate) async fn accept_invitation(
    public: Public<operation::AcceptInvitation>,
    input: Valid<AcceptInvitationBody>,
) -> Outcome {
    let AcceptInvitationBody { token, password } = input.body;
    let (is_https, address, id) = (
        public.is_https(),
        public.address.clone(),
        public.request_id.clone(),
    );
    let signed_in = public
        .run(|app| async move { app.accept_invitation(&token, password, &address, id).await })
        .await?;
    begun(StatusCode::OK, signed_in, is_https)
}
