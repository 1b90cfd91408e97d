//! Live changes: when somebody changes something, whoever shows it reads it again, quietly.
//!
//! One stream per browser: the tab that holds the lock reads it and tells the others over a channel. Where locks are
//! missing, each tab reads a stream of its own. It is a fetch and not an EventSource, since it carries the bearer token. A
//! broken connection is taken up again behind the last event, so nothing is missed; a session that ends ends it.

mod frames;

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use allowance_api_types::live::{Area, ChangeView};
use allowance_api_types::read::Read;
use allowance_values::PersonId;
use gloo_timers::future::TimeoutFuture;
use js_sys::{Function, Object, Promise, Reflect, Uint8Array};
use leptos::prelude::*;
use leptos::task::spawn_local;
use wasm_bindgen::prelude::Closure;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::{JsFuture, future_to_promise};
use web_sys::{AbortController, BroadcastChannel, MessageEvent, ReadableStreamDefaultReader};

use crate::api::client::Call;
use crate::api::{Answer, ApiError};
use crate::reactive::effect;
use crate::session::{Session, SessionState};
use frames::Frames;

/// Changes that come close together are shown together.
const GATHER_MILLIS: u32 = 80;
/// And after that, a storm of them is shown this often.
const PACE_MILLIS: u32 = 400;
/// The server is never silent for so long: the connection is dead.
const SILENCE_MILLIS: u32 = 40_000;
const FIRST_PAUSE_MILLIS: u32 = 500;
const LONGEST_PAUSE_MILLIS: u32 = 15_000;

/// What changed when, as a context.
#[derive(Debug, Clone, Copy)]
pub struct Live {
    versions: StoredValue<Vec<RwSignal<u32>>>,
    pending: StoredValue<Vec<Area>>,
    is_showing: StoredValue<bool>,
}

impl Live {
    /// Listens for as long as somebody is signed in.
    pub fn start(session: Session) {
        let live = Self {
            versions: StoredValue::new(Area::ALL.iter().map(|_| RwSignal::new(0)).collect()),
            pending: StoredValue::default(),
            is_showing: StoredValue::new(false),
        };
        provide_context(live);
        let viewer = Memo::new(move |_| match session.state() {
            SessionState::SignedIn(me) => Some(me.id),
            _ => None,
        });
        let running: RefCell<Option<Rc<Run>>> = RefCell::default();
        effect(move || {
            if let Some(run) = running.take() {
                run.stop();
            }
            running.replace(
                viewer
                    .get()
                    .map(|viewer| Run::start(live, viewer, session.position())),
            );
        });
        // Roles, groups and reports decide what the viewer is offered.
        effect(move || {
            if live.version(&[Area::People, Area::Groups]) > 0 {
                session.reread();
            }
        });
    }

    /// Rises whenever something in these areas has changed. Tracked.
    pub fn version(self, areas: &[Area]) -> u32 {
        self.versions.with_value(|versions| {
            Area::ALL
                .iter()
                .zip(versions)
                .filter(|(area, _)| areas.contains(area))
                .fold(0, |sum: u32, (_, version)| sum.wrapping_add(version.get()))
        })
    }

    fn take(self, areas: Vec<Area>) {
        if areas.is_empty() {
            return;
        }
        self.pending.update_value(|pending| pending.extend(areas));
        if !self.is_showing.get_value() {
            self.is_showing.set_value(true);
            spawn_local(self.show_pending());
        }
    }

    async fn show_pending(self) {
        TimeoutFuture::new(GATHER_MILLIS).await;
        loop {
            let areas = self.pending.try_update_value(std::mem::take).unwrap_or_default();
            if areas.is_empty() {
                break;
            }
            for (area, version) in Area::ALL.iter().zip(self.versions.get_value()) {
                if areas.contains(area) {
                    version.update(|version| *version = version.wrapping_add(1));
                }
            }
            TimeoutFuture::new(PACE_MILLIS).await;
        }
        self.is_showing.set_value(false);
    }
}

/// Listening on behalf of one viewer, in this tab.
struct Run {
    live: Live,
    is_over: Cell<bool>,
    /// Where the stream is taken up again, by this tab or by the next one that reads it.
    last_id: RefCell<String>,
    channel: Option<BroadcastChannel>,
    /// Ends the waiting for the lock.
    waiting: Option<AbortController>,
    connection: RefCell<Option<AbortController>>,
}

impl Run {
    fn start(live: Live, viewer: PersonId, since: u64) -> Rc<Self> {
        let name = format!("allowance-live-{viewer}");
        let run = Rc::new(Self {
            live,
            is_over: Cell::new(false),
            last_id: RefCell::new(since.to_string()),
            channel: BroadcastChannel::new(&name).ok(),
            waiting: AbortController::new().ok(),
            connection: RefCell::default(),
        });
        run.hear_other_tabs();
        if run.wait_for_lock(&name).is_none() {
            let run = Rc::clone(&run);
            spawn_local(async move { run.lead().await });
        }
        run
    }

    fn stop(&self) {
        self.is_over.set(true);
        if let Some(channel) = &self.channel {
            channel.close();
        }
        for controller in self.waiting.iter().chain(self.connection.take().iter()) {
            controller.abort();
        }
    }

    /// What the reading tab says: the event's id, then its data.
    fn hear_other_tabs(self: &Rc<Self>) {
        let Some(channel) = &self.channel else { return };
        let run = Rc::downgrade(self);
        let hear = Closure::<dyn Fn(MessageEvent)>::new(move |event: MessageEvent| {
            if let (Some(run), Some(text)) = (run.upgrade(), event.data().as_string())
                && let Some((id, data)) = text.split_once(' ')
            {
                run.take(id, data);
            }
        });
        channel.set_onmessage(Some(hear.as_ref().unchecked_ref()));
        hear.forget();
    }

    fn take(&self, id: &str, data: &str) {
        self.last_id.replace(id.to_owned());
        if let Some(change) = serde_json::from_str(data).ok().and_then(ChangeView::read) {
            self.live.take(change.areas);
        }
    }

    /// Reads the stream once no other tab does. Nothing where the browser has no locks.
    fn wait_for_lock(self: &Rc<Self>, name: &str) -> Option<()> {
        let locks = Reflect::get(&window().navigator(), &"locks".into()).ok()?;
        let request: Function = Reflect::get(&locks, &"request".into()).ok()?.dyn_into().ok()?;
        let options = Object::new();
        let signal = self.waiting.as_ref()?.signal();
        Reflect::set(&options, &"signal".into(), &signal).ok()?;
        let run = Rc::clone(self);
        let lead = Closure::once_into_js(move |_lock: JsValue| {
            future_to_promise(async move {
                run.lead().await;
                Ok(JsValue::UNDEFINED)
            })
        });
        let granted = request.call3(&locks, &name.into(), &options, &lead).ok()?;
        let granted: Promise = granted.dyn_into().ok()?;
        // It fails when the waiting is ended, which is no news.
        spawn_local(async move {
            let _ended = JsFuture::from(granted).await;
        });
        Some(())
    }

    async fn lead(&self) {
        let mut pause = FIRST_PAUSE_MILLIS;
        while !self.is_over.get() {
            let mut was_open = false;
            match self.read(&mut was_open).await {
                Err(ApiError::Unauthenticated) => break,
                Ok(()) | Err(_) if was_open => pause = FIRST_PAUSE_MILLIS,
                Ok(()) | Err(_) => pause = pause.saturating_mul(2).min(LONGEST_PAUSE_MILLIS),
            }
            if !self.is_over.get() {
                TimeoutFuture::new(pause.saturating_add(jitter())).await;
            }
        }
    }

    /// One connection, to its end.
    async fn read(&self, was_open: &mut bool) -> Answer<()> {
        let controller = AbortController::new().map_err(|_| ApiError::Network)?;
        self.connection.replace(Some(controller.clone()));
        let last_id = self.last_id.borrow().clone();
        let call = Call::get("/live")
            .accept("text/event-stream")
            .after_event(&last_id)
            .until(controller.signal());
        let body = call.open().await?.body().ok_or(ApiError::Decode)?;
        let reader: ReadableStreamDefaultReader = body.get_reader().unchecked_into();
        *was_open = true;
        let heard = Rc::new(Cell::new(true));
        watch_over(Rc::downgrade(&heard), controller);
        let mut frames = Frames::default();
        loop {
            let part = JsFuture::from(reader.read())
                .await
                .map_err(|_| ApiError::Network)?;
            heard.set(true);
            let Ok(bytes) = Reflect::get(&part, &"value".into()).and_then(JsCast::dyn_into::<Uint8Array>)
            else {
                return Ok(());
            };
            for event in frames.push(&bytes.to_vec()) {
                self.take(&event.id, &event.data);
                if let Some(channel) = &self.channel {
                    let text = format!("{} {}", event.id, event.data);
                    let _is_told = channel.post_message(&text.into());
                }
            }
        }
    }
}

/// Ends a connection on which nothing was heard for too long.
fn watch_over(heard: std::rc::Weak<Cell<bool>>, controller: AbortController) {
    spawn_local(async move {
        loop {
            TimeoutFuture::new(SILENCE_MILLIS).await;
            match heard.upgrade() {
                Some(heard) if heard.replace(false) => {}
                Some(_) => return controller.abort(),
                None => return,
            }
        }
    });
}

/// So that after a restart not everybody comes back in the same instant.
fn jitter() -> u32 {
    let random = uuid::Uuid::now_v7().as_bytes().last().copied().unwrap_or(0);
    u32::from(random).saturating_mul(2)
}
