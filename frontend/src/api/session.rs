//! Signing in, staying signed in, who am I.

use allowance_api_types::session::{AcceptInvitationBody, MeView, SessionView, SignInBody, WalletView};

use super::Answer;
use super::client::{self, Call};

pub async fn sign_in(body: &SignInBody) -> Answer<()> {
    Call::post("/session")
        .json(body)
        .read()
        .await
        .map(client::keep_token)
}

/// Accepting an invitation signs in.
pub async fn accept_invitation(body: &AcceptInvitationBody) -> Answer<()> {
    Call::post("/invitations/accept")
        .json(body)
        .read::<SessionView>()
        .await
        .map(client::keep_token)
}

pub async fn sign_out() -> Answer<()> {
    let answer = Call::delete("/session").done().await;
    client::forget_token();
    answer
}

pub async fn me() -> Answer<MeView> {
    Call::get("/me").read().await
}

pub async fn wallet() -> Answer<WalletView> {
    Call::get("/me/wallet").read().await
}
