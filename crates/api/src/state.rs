//! What the server holds for all requests.

use std::time::Duration;

use allowance_app::App;
use allowance_store::StoreError;
use tokio::runtime::Handle;

use crate::http::problem::Failure;

/// After so long it is asked whether the database is still there.
const LONG: Duration = Duration::from_millis(900);

/// The application and the runtime its use cases run on.
#[derive(Debug, Clone)]
pub struct State {
    /// The use cases.
    pub app: App,
    /// The runtime of store and jobs. Requests run there, so that a caller who hangs up cancels nothing.
    pub runtime: Handle,
    /// Whether people come by https: cookies are marked secure then.
    pub is_https: bool,
    /// Whether X-Forwarded-For is believed.
    pub trusts_proxy: bool,
}

impl State {
    /// Runs work to its end on the application's runtime.
    ///
    /// # Errors
    /// What the work answers; `internal` when it panics.
    pub async fn run<T, W>(&self, work: W) -> Result<T, Failure>
    where
        W: Future<Output = allowance_app::Result<T>> + Send + 'static,
        T: Send + 'static,
    {
        use tracing::Instrument;
        let running = self.runtime.spawn(work.instrument(tracing::Span::current()));
        match self.awaited(running).await? {
            Ok(outcome) => outcome.map_err(Failure::from),
            Err(error) => Err(Failure::internal(&error)),
        }
    }

    /// Waits for what is done elsewhere. While it takes long it is asked whether the database can be reached: nobody waits
    /// for one that is gone, although what was begun may still be done when it comes back.
    ///
    /// # Errors
    /// `unavailable` when the database is out of reach.
    pub async fn awaited<T>(&self, work: impl Future<Output = T>) -> Result<T, Failure> {
        let mut work = std::pin::pin!(work);
        loop {
            match tokio::time::timeout(LONG, &mut work).await {
                Ok(outcome) => return Ok(outcome),
                Err(_) if self.app.store.is_reachable().await => {}
                Err(_) => return Err(StoreError::Unavailable("it does not answer".to_owned()).into()),
            }
        }
    }
}
