//! Signing in and out, refreshing, invitations, and who am I.

mod convert;
mod cookie;
mod routes;

pub(crate) use convert::role_word;
pub(crate) use cookie::begun;
pub(crate) use routes::{
    accept_invitation, get_me, invite_person, refresh_session, sign_in, sign_out, sign_out_everywhere,
};
