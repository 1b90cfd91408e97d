//! Log lines: to standard error, as text or JSON. Neither secrets nor raw input get here.

use tracing_subscriber::EnvFilter;

use crate::serve::StartError;
use crate::settings::{LogFormat, Settings};

/// Starts logging for the whole process.
///
/// # Errors
/// When the filter cannot be read.
pub fn start(settings: &Settings) -> Result<(), StartError> {
    let filter = EnvFilter::try_new(&settings.log_filter).map_err(|_| {
        StartError::Other("log_filter: not a filter; write it like info or allowance_api=debug".into())
    })?;
    let lines = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr);
    let started = match settings.log {
        LogFormat::Text => lines.with_ansi(false).try_init(),
        LogFormat::Json => lines.json().flatten_event(true).try_init(),
    };
    started.map_err(|error| StartError::Other(error.to_string()))
}
