//! Starting and stopping the server.
//!
//! Two runtimes: actix' workers speak HTTP, one multi-thread tokio runtime runs store and use cases. On SIGTERM or SIGINT
//! the server stops accepting, finishes what runs, and only then is the runtime dropped.

use std::net::{SocketAddr, TcpListener};

use actix_web::HttpServer;
use allowance_app::App;

use crate::document::Document;
use crate::http::headers::SecurityHeaders;
use crate::settings::Settings;
use crate::state::State;
use crate::web;

/// How long requests may still run after a signal, in seconds.
const DRAIN_SECONDS: u64 = 30;
/// How long a client may take for a request's head, in seconds.
const HEAD_SECONDS: u64 = 10;

/// Everything that keeps the program from starting, in one line.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The address cannot be listened on.
    #[error("cannot listen on {address}: {reason}")]
    Listen {
        /// The address.
        address: String,
        /// Why not.
        reason: std::io::Error,
    },
    /// The configuration is wrong.
    #[error(transparent)]
    Settings(#[from] crate::settings::SettingsError),
    /// The database did not open.
    #[error(transparent)]
    Connect(#[from] allowance_store::ConnectError),
    /// A command was refused.
    #[error(transparent)]
    App(#[from] allowance_app::Error),
    /// The operating system refused.
    #[error(transparent)]
    Io(#[from] std::io::Error),
    /// Anything else, in words.
    #[error("{0}")]
    Other(String),
}

/// Takes the address before anything else is done, so that a port in use is the first thing said.
///
/// # Errors
/// [`StartError::Listen`] names the address.
pub fn listen(address: &str) -> Result<TcpListener, StartError> {
    let failed = |reason| StartError::Listen {
        address: address.to_owned(),
        reason,
    };
    // Rust's listener sets SO_REUSEADDR on Unix, so a restart need not wait for old connections.
    let listener = TcpListener::bind(address).map_err(failed)?;
    listener.set_nonblocking(true).map_err(failed)?;
    Ok(listener)
}

/// A server that is ready to run.
#[derive(Debug)]
pub struct Server {
    listener: TcpListener,
    state: State,
    document: Document,
    headers: SecurityHeaders,
}

impl Server {
    /// Puts the server together.
    ///
    /// # Errors
    /// When an operation has no permission in the table.
    pub fn new(
        listener: TcpListener,
        app: App,
        runtime: tokio::runtime::Handle,
        settings: &Settings,
    ) -> Result<Self, StartError> {
        Ok(Self {
            listener,
            state: State {
                app,
                runtime,
                is_https: settings.is_https,
                trusts_proxy: settings.trusts_proxy,
            },
            document: Document::build().map_err(StartError::Other)?,
            headers: SecurityHeaders::new(&web::index_html(), settings.is_https),
        })
    }

    /// Where it listens.
    ///
    /// # Errors
    /// The operating system's.
    pub fn address(&self) -> Result<SocketAddr, StartError> {
        Ok(self.listener.local_addr()?)
    }

    /// Starts listening. The future ends when the server has stopped; its handle stops it.
    ///
    /// # Errors
    /// The operating system's.
    pub fn start(self) -> Result<actix_web::dev::Server, StartError> {
        let Self {
            listener,
            state,
            document,
            headers,
        } = self;
        Ok(
            HttpServer::new(move || crate::app::app(state.clone(), document.clone(), headers.clone()))
                .client_request_timeout(std::time::Duration::from_secs(HEAD_SECONDS))
                .shutdown_timeout(DRAIN_SECONDS)
                .disable_signals()
                .listen(listener)?
                .run(),
        )
    }
}

/// Waits for SIGTERM or SIGINT.
///
/// # Errors
/// When the operating system gives no signals.
pub async fn told_to_stop() -> std::io::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    Ok(())
}
