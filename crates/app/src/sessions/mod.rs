//! Signing in, staying signed in, and who is behind a token.
//!
//! A session is a row. An access token only names it: whether it stands, and what the person may do, is read with every
//! request, so an end or a change of role acts at once and everywhere. Passwords are argon2id; tokens are kept as hashes.

mod invitations;
mod password;
mod sign_in;
mod throttle;
mod tokens;

use std::sync::Arc;

use allowance_store::Store;
use rand::RngCore;

use crate::error::Result;

pub use invitations::{Invited, invite_person};
pub(crate) use password::{Passwords, check_new_password};
pub use sign_in::{MyView, SignedIn, sign_out, sign_out_everywhere};
use throttle::Throttle;
use tokens::Tokens;
pub(crate) use tokens::token_hash;

/// What signing in needs beside the database.
#[derive(Debug, Clone)]
pub(crate) struct Desk {
    pub(crate) tokens: Arc<Tokens>,
    pub(crate) passwords: Passwords,
    pub(crate) throttle: Arc<Throttle>,
}

impl Desk {
    /// Opens the desk; the secret that signs tokens is made at the very first start, unless it is given.
    pub(crate) async fn open(store: &Store, token_secret: Option<String>) -> Result<Self> {
        let secret = match token_secret {
            Some(secret) => secret,
            None => store.secret("token_key", random_token()).await?,
        };
        Ok(Self {
            tokens: Arc::new(Tokens::new(&secret)),
            passwords: Passwords::new()?,
            throttle: Arc::new(Throttle::default()),
        })
    }
}

/// 256 random bits as text that fits into a URL.
pub(crate) fn random_token() -> String {
    use base64::Engine;
    let mut bytes = [0_u8; 32];
    rand::rng().fill_bytes(&mut bytes);
    base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(bytes)
}
