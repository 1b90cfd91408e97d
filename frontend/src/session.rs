//! Who is signed in. The token itself lives in the API client; here is what pages see of it.
//!
//! An expired session keeps the person, so the page stays with everything typed into it and the sign-in dialog opens
//! over it. Whoever signs in as somebody else starts on a fresh page.

use allowance_api_types::session::MeView;
use leptos::prelude::*;
use leptos::task::spawn_local;

use crate::api::{self, Answer, ApiError};

/// Set while a refresh cookie probably exists; spares a refused call on the first visit.
const HINT: &str = "allowance-signed-in";

/// Where the session stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SessionState {
    /// Not known yet.
    Starting,
    /// The server did not answer at the start.
    Unreachable(ApiError),
    /// Nobody; on a fresh installation nobody can be.
    SignedOut {
        is_setup_needed: bool,
    },
    SignedIn(MeView),
    /// The session ended while the page was open.
    Expired(MeView),
}

/// The session, as a context.
#[derive(Debug, Clone, Copy)]
pub struct Session {
    state: RwSignal<SessionState>,
    signed_in: RwSignal<u32>,
    me: Memo<Option<MeView>>,
}

/// The session of this app.
pub fn use_session() -> Session {
    expect_context()
}

/// The viewer's organisation's time zone, in which every date is shown.
pub fn zone() -> String {
    use_session()
        .me
        .get_untracked()
        .map_or_else(|| "UTC".to_owned(), |me| me.organisation.time_zone)
}

/// The viewer's organisation's currency.
pub fn currency() -> String {
    let me = use_session().me.get_untracked();
    me.map_or_else(String::new, |me| me.organisation.currency.to_string())
}

impl Session {
    /// Provides the session and finds out who is signed in.
    pub fn start() -> Self {
        let state = RwSignal::new(SessionState::Starting);
        let me = Memo::new(move |_| match state.get() {
            SessionState::SignedIn(me) | SessionState::Expired(me) => Some(me),
            SessionState::Starting | SessionState::Unreachable(_) | SessionState::SignedOut { .. } => None,
        });
        let session = Self {
            state,
            signed_in: RwSignal::new(0),
            me,
        };
        provide_context(session);
        api::client::on_expired(move || session.expire());
        session.resume();
        session
    }

    pub fn state(self) -> SessionState {
        self.state.get()
    }

    /// Who is signed in, or was until the session expired.
    pub fn me(self) -> Option<MeView> {
        self.me.get()
    }

    /// Where the organisation stood before the first page was read.
    pub fn position(self) -> u64 {
        self.me
            .with_untracked(|me| me.as_ref().map_or(0, |me| me.position))
    }

    pub fn is_expired(self) -> bool {
        self.state.with(|state| matches!(state, SessionState::Expired(_)))
    }

    /// Rises with each sign-in, so that reads which failed meanwhile run again.
    pub fn sign_ins(self) -> u32 {
        self.signed_in.get()
    }

    /// Looks again who is signed in.
    pub fn resume(self) {
        self.state.set(SessionState::Starting);
        spawn_local(async move {
            if let Err(error) = self.try_resume().await {
                self.state.set(SessionState::Unreachable(error));
            }
        });
    }

    async fn try_resume(self) -> Answer<()> {
        if is_hinted() && api::client::refresh().await? {
            return self.signed_in().await;
        }
        let setup = api::setup::get_setup().await?;
        self.state.set(SessionState::SignedOut {
            is_setup_needed: setup.is_needed,
        });
        Ok(())
    }

    /// A token was just received: learn whose it is.
    pub async fn signed_in(self) -> Answer<()> {
        let me = api::session::me().await?;
        set_hint(true);
        match self.me.get_untracked() {
            Some(before) if before.id != me.id => {
                let _is_reloading = window().location().reload();
            }
            _ => {
                self.state.set(SessionState::SignedIn(me));
                self.signed_in.update(|times| *times = times.wrapping_add(1));
            }
        }
        Ok(())
    }

    /// Learns again who the viewer is; what they are offered may have changed.
    pub fn reread(self) {
        spawn_local(async move {
            let Ok(me) = api::session::me().await else { return };
            // Where the organisation stands is the stream's to tell.
            let is_news = |before: &MeView| {
                let position = before.position;
                *before
                    != MeView {
                        position,
                        ..me.clone()
                    }
            };
            let is_news = self
                .state
                .with_untracked(|state| matches!(state, SessionState::SignedIn(before) if is_news(before)));
            if is_news {
                self.state.set(SessionState::SignedIn(me));
            }
        });
    }

    /// Ends the session here and on the server.
    pub fn sign_out(self) {
        spawn_local(async move {
            let _ended = api::session::sign_out().await;
            self.forget();
        });
    }

    /// Gives an expired session up.
    pub fn forget(self) {
        api::client::forget_token();
        set_hint(false);
        self.state.set(SessionState::SignedOut {
            is_setup_needed: false,
        });
    }

    fn expire(self) {
        set_hint(false);
        if let Some(me) = self.me.get_untracked() {
            self.state.set(SessionState::Expired(me));
        }
    }
}

fn is_hinted() -> bool {
    storage().is_some_and(|storage| storage.get_item(HINT).is_ok_and(|hint| hint.is_some()))
}

fn set_hint(is_signed_in: bool) {
    if let Some(storage) = storage() {
        let _is_stored = if is_signed_in {
            storage.set_item(HINT, "1")
        } else {
            storage.remove_item(HINT)
        };
    }
}

fn storage() -> Option<web_sys::Storage> {
    window().local_storage().ok().flatten()
}
