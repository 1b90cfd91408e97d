//! A value that lives on the server and is shown here: fetched, kept while it is fetched again, failed with a reason.

use std::future::Future;

use leptos::prelude::*;
use leptos::task::spawn_local;

use crate::api::{Answer, ApiError};
use crate::session::Session;

/// What is known of a remote value. A value and an error together: shown is what was known before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RemoteState<T> {
    pub value: Option<T>,
    pub error: Option<ApiError>,
    pub is_loading: bool,
}

/// A remote value. It is fetched again whenever a signal that the fetch reads before its first await changes, on
/// [`Remote::reload`], and after a sign-in. Only the answer to the latest question counts.
#[derive(Debug)]
pub struct Remote<T: Send + Sync + 'static> {
    state: RwSignal<RemoteState<T>>,
    asked: RwSignal<u32>,
}

impl<T: Send + Sync + 'static> Clone for Remote<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T: Send + Sync + 'static> Copy for Remote<T> {}

impl<T: Clone + Send + Sync + 'static> Remote<T> {
    /// Starts fetching at once.
    pub fn new<F>(fetch: impl Fn() -> F + 'static) -> Self
    where
        F: Future<Output = Answer<T>> + 'static,
    {
        let state = RwSignal::new(RemoteState {
            value: None,
            error: None,
            is_loading: true,
        });
        let asked = RwSignal::new(0_u32);
        let latest = StoredValue::new(0_u64);
        let session = use_context::<Session>();
        Effect::new(move |_| {
            asked.track();
            if let Some(session) = session {
                let _times = session.sign_ins();
            }
            let answer = fetch();
            latest.update_value(|turn| *turn = turn.wrapping_add(1));
            let turn = latest.get_value();
            state.update(|state| state.is_loading = true);
            spawn_local(async move {
                let answer = answer.await;
                if latest.try_get_value() != Some(turn) {
                    return;
                }
                let _gone = state.try_update(|state| {
                    state.is_loading = false;
                    match answer {
                        Ok(value) => {
                            state.value = Some(value);
                            state.error = None;
                        }
                        Err(error) => state.error = Some(error),
                    }
                });
            });
        });
        Self { state, asked }
    }

    /// Asks again; what is shown stays until the answer is there.
    pub fn reload(self) {
        self.asked.update(|times| *times = times.wrapping_add(1));
    }

    pub fn state(self) -> RemoteState<T> {
        self.state.get()
    }

    /// The value, once there is one.
    pub fn value(self) -> Option<T> {
        self.state.with(|state| state.value.clone())
    }

    pub fn is_loading(self) -> bool {
        self.state.with(|state| state.is_loading)
    }

    /// Takes over a value that another answer brought along.
    pub fn put(self, value: T) {
        self.state.update(|state| {
            state.value = Some(value);
            state.error = None;
        });
    }
}
