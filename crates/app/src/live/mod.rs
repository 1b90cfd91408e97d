//! Who listens for changes, and the one poller that tells them.
//!
//! An organisation's head says where each of its areas last changed. While anybody listens, one task of the process reads
//! the heads of their organisations four times a second with one query, whichever instance wrote them. A listener that was
//! away compares positions; nothing is kept for it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use allowance_store::{Pulse, Store};
use allowance_values::{OrganisationId, SessionId};
use tokio::sync::watch;

use crate::context::{App, Caller};
use crate::error::{Error, Result};

/// How often heads are read.
const BEAT: Duration = Duration::from_millis(250);

#[derive(Debug, Default)]
struct Rooms {
    by_organisation: HashMap<OrganisationId, watch::Sender<Pulse>>,
    is_polled: bool,
    is_closed: bool,
}

/// The process' listeners. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct Live {
    rooms: Arc<Mutex<Rooms>>,
}

impl Live {
    fn rooms(&self) -> MutexGuard<'_, Rooms> {
        self.rooms.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Ends every stream and lets no new one begin: the server stops.
    pub fn close(&self) {
        let mut rooms = self.rooms();
        rooms.is_closed = true;
        rooms.by_organisation.clear();
    }

    /// Joins the listeners of an organisation and starts the poller when nobody listened before. Must be called on the
    /// runtime of the application.
    fn join(&self, store: &Store, pulse: Pulse) -> Result<watch::Receiver<Pulse>> {
        let mut rooms = self.rooms();
        if rooms.is_closed {
            return Err(Error::Stopping);
        }
        let listener = rooms
            .by_organisation
            .entry(pulse.organisation)
            .or_insert_with(|| watch::Sender::new(pulse))
            .subscribe();
        if !std::mem::replace(&mut rooms.is_polled, true) {
            tokio::spawn(self.clone().poll(store.clone()));
        }
        Ok(listener)
    }

    /// The organisations somebody listens to; the poller ends with the last of them.
    fn heard(&self) -> Option<Vec<OrganisationId>> {
        let mut rooms = self.rooms();
        rooms.by_organisation.retain(|_, room| !room.is_closed());
        rooms.is_polled = !rooms.by_organisation.is_empty();
        rooms
            .is_polled
            .then(|| rooms.by_organisation.keys().copied().collect())
    }

    fn tell(&self, pulses: &[Pulse]) {
        let rooms = self.rooms();
        for pulse in pulses {
            if let Some(room) = rooms.by_organisation.get(&pulse.organisation) {
                room.send_if_modified(|last| {
                    // Two readers may answer out of order; a stream never runs backwards.
                    let is_news =
                        pulse.positions.position > last.positions.position || pulse.epoch > last.epoch;
                    if is_news {
                        *last = *pulse;
                    }
                    is_news
                });
            }
        }
    }

    async fn poll(self, store: Store) {
        while let Some(organisations) = self.heard() {
            match store.pulses(&organisations).await {
                Ok(pulses) => self.tell(&pulses),
                // Readers are told as soon as the database answers again; until then they have missed nothing.
                Err(error) => tracing::debug!(%error, "heads could not be read"),
            }
            tokio::time::sleep(BEAT).await;
        }
    }
}

/// What a listener hears.
#[derive(Debug, Clone, Copy)]
pub enum Heard {
    /// How things stand after a change.
    Change(Pulse),
    /// Nothing changed for as long as it waited.
    Silence,
}

/// Somebody who listens.
#[derive(Debug)]
pub struct Listener {
    app: App,
    session: SessionId,
    room: watch::Receiver<Pulse>,
    epoch: i64,
}

impl Listener {
    /// How things stand.
    pub fn now(&mut self) -> Pulse {
        *self.room.borrow_and_update()
    }

    /// Waits for the next change, for so long. Nothing when the server stops or the listener's session has ended: whenever
    /// a role, a status or a session changed, it is looked at again.
    pub async fn next(&mut self, patience: Duration) -> Option<Heard> {
        match tokio::time::timeout(patience, self.room.changed()).await {
            Err(_) => return Some(Heard::Silence),
            Ok(changed) => changed.ok()?,
        }
        let pulse = self.now();
        if pulse.epoch != self.epoch {
            let store = &self.app.store;
            let principal = store.find_principal(pulse.organisation, self.session).await;
            // When it cannot be known, the listener comes back by the front door.
            principal.ok().flatten()?;
            self.epoch = pulse.epoch;
        }
        Some(Heard::Change(pulse))
    }
}

/// Listens to the caller's organisation.
///
/// # Errors
/// [`Error::Stopping`] when the server stops; the store's.
pub async fn listen(app: &App, caller: &Caller) -> Result<Listener> {
    let pulses = app.store.pulses(&[caller.actor.organisation]).await?;
    let pulse = pulses.first().ok_or(Error::NotFound)?;
    let room = app.live.join(&app.store, *pulse)?;
    app.live.tell(&pulses);
    Ok(Listener {
        app: app.clone(),
        session: caller.session,
        room,
        epoch: pulse.epoch,
    })
}
