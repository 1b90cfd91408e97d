//! What the server holds for all requests.

use allowance_app::App;
use tokio::runtime::Handle;

use crate::http::problem::Failure;

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
        match self
            .runtime
            .spawn(work.instrument(tracing::Span::current()))
            .await
        {
            Ok(outcome) => outcome.map_err(Failure::from),
            Err(error) => Err(Failure::internal(&error)),
        }
    }
}
