//! A value that lives on the server and is shown here: fetched, kept while it is fetched again, failed with a reason.
//!
//! What is [`Remote::live`] is also fetched again, quietly, when somebody changed something in its areas.
//!
//! Everything but the edges works on values whose type is forgotten, so that it is compiled once and not for each of
//! them: the web app has to stay small.

use std::any::Any;
use std::future::Future;
use std::marker::PhantomData;
use std::pin::Pin;
use std::sync::Arc;

use allowance_api_types::live::Area;
use leptos::prelude::*;
use leptos::task::spawn_local;

use crate::api::{Answer, ApiError};
use crate::live::Live;
use crate::reactive::effect;
use crate::session::Session;

type Shared = Arc<dyn Any + Send + Sync>;
type Fetch = Box<dyn Fn() -> Pin<Box<dyn Future<Output = Answer<Shared>>>>>;
type IsSame = fn(&Shared, &Shared) -> bool;

/// A value as it was last fetched. Two are equal when they are the same fetch.
#[derive(Debug, Clone)]
pub struct Value(Shared);

impl PartialEq for Value {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl Value {
    /// The value, when it is of this type.
    pub fn read<T: Clone + 'static>(&self) -> Option<T> {
        self.0.downcast_ref().cloned()
    }
}

/// What is known of a remote value. A value and an error together: shown is what was known before.
#[derive(Debug)]
struct State {
    value: Option<Value>,
    error: Option<ApiError>,
    is_loading: bool,
}

/// A remote value whose type is forgotten.
#[derive(Debug, Clone, Copy)]
pub struct Anything {
    state: RwSignal<State>,
    asked: RwSignal<u32>,
}

impl Anything {
    fn new(areas: &'static [Area], fetch: Fetch, is_same: IsSame) -> Self {
        let state = RwSignal::new(State {
            value: None,
            error: None,
            is_loading: true,
        });
        let asked = RwSignal::new(0_u32);
        let latest = StoredValue::new(0_u64);
        let session = use_context::<Session>();
        let live = use_context::<Live>();
        let version = StoredValue::new(0_u32);
        let remote = Self { state, asked };
        effect(move || {
            asked.track();
            let now = live.map_or(0, |live| live.version(areas));
            // Nobody asked for it: what is shown stays as it is until there is something else to show.
            let is_quiet = version.get_value() != now && state.with_untracked(|state| state.value.is_some());
            version.set_value(now);
            if let Some(session) = session {
                let _times = session.sign_ins();
            }
            let answer = fetch();
            latest.update_value(|turn| *turn = turn.wrapping_add(1));
            let turn = latest.get_value();
            if !is_quiet {
                state.update(|state| state.is_loading = true);
            }
            spawn_local(async move {
                let answer = answer.await;
                if latest.try_get_value() == Some(turn) {
                    remote.take(answer, is_same);
                }
            });
        });
        remote
    }

    fn take(self, answer: Answer<Shared>, is_same: IsSame) {
        let _gone = self.state.try_update(|state| {
            state.is_loading = false;
            match answer {
                Ok(value) => {
                    state.error = None;
                    // An equal value stays the one that is shown: nothing is drawn anew, no focus is lost.
                    if !state
                        .value
                        .as_ref()
                        .is_some_and(|Value(shown)| is_same(shown, &value))
                    {
                        state.value = Some(Value(value));
                    }
                }
                Err(error) => state.error = Some(error),
            }
        });
    }

    pub fn reload(self) {
        self.asked.update(|times| *times = times.wrapping_add(1));
    }

    pub fn value(self) -> Option<Value> {
        self.state.with(|state| state.value.clone())
    }

    pub fn error(self) -> Option<ApiError> {
        self.state.with(|state| state.error.clone())
    }

    pub fn is_loading(self) -> bool {
        self.state.with(|state| state.is_loading)
    }
}

/// A remote value. It is fetched again whenever a signal that the fetch reads before its first await changes, on
/// [`Remote::reload`], and after a sign-in. Only the answer to the latest question counts.
#[derive(Debug)]
pub struct Remote<T> {
    anything: Anything,
    kind: PhantomData<fn() -> T>,
}

impl<T> Clone for Remote<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Remote<T> {}

impl<T: Clone + PartialEq + Send + Sync + 'static> Remote<T> {
    /// Starts fetching at once.
    pub fn new<F>(fetch: impl Fn() -> F + 'static) -> Self
    where
        F: Future<Output = Answer<T>> + 'static,
    {
        Self::live(&[], fetch)
    }

    /// The same, and it follows what others change in these areas.
    pub fn live<F>(areas: &'static [Area], fetch: impl Fn() -> F + 'static) -> Self
    where
        F: Future<Output = Answer<T>> + 'static,
    {
        let fetch: Fetch = Box::new(move || {
            let answer = fetch();
            Box::pin(async move { answer.await.map(share) })
        });
        Self {
            anything: Anything::new(areas, fetch, is_same::<T>),
            kind: PhantomData,
        }
    }

    /// The same without its type.
    pub const fn anything(self) -> Anything {
        self.anything
    }

    /// Asks again; what is shown stays until the answer is there.
    pub fn reload(self) {
        self.anything.reload();
    }

    /// The value, once there is one.
    pub fn value(self) -> Option<T> {
        self.anything.state.with(|state| state.value.as_ref()?.read())
    }

    /// Why the latest question failed.
    pub fn error(self) -> Option<ApiError> {
        self.anything.error()
    }

    pub fn is_loading(self) -> bool {
        self.anything.is_loading()
    }

    /// Takes over a value that another answer brought along.
    pub fn put(self, value: T) {
        let is_loading = self.anything.state.with_untracked(|state| state.is_loading);
        self.anything.take(Ok(share(value)), is_same::<T>);
        if is_loading {
            self.anything.state.update(|state| state.is_loading = true);
        }
    }
}

fn share<T: Send + Sync + 'static>(value: T) -> Shared {
    Arc::new(value)
}

fn is_same<T: PartialEq + 'static>(one: &Shared, other: &Shared) -> bool {
    one.downcast_ref::<T>() == other.downcast_ref::<T>()
}
