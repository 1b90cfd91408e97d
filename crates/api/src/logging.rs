//! Log lines: to standard error, as text or JSON. Neither secrets nor raw input get here.
//!
//! They are written by a thread of their own, those of a burst together: a request waits for no log.

use std::io::{BufWriter, Stderr, Write, stderr};
use std::thread::sleep;
use std::time::Duration;

use tracing_appender::non_blocking::{NonBlockingBuilder, WorkerGuard};
use tracing_subscriber::EnvFilter;

use crate::serve::StartError;
use crate::settings::{LogFormat, Settings};

/// How long lines gather after some were written.
const GATHER: Duration = Duration::from_millis(5);

/// Starts logging for the whole process. What waits to be written is written when the guard is dropped.
///
/// # Errors
/// When the filter cannot be read.
pub fn start(settings: &Settings) -> Result<WorkerGuard, StartError> {
    let filter = EnvFilter::try_new(&settings.log_filter).map_err(|_| {
        StartError::Other("log_filter: not a filter; write it like info or allowance_api=debug".into())
    })?;
    let (writer, guard) = NonBlockingBuilder::default()
        .lossy(false)
        .thread_name("log")
        .finish(Gathered(BufWriter::new(stderr())));
    let lines = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(writer);
    let started = match settings.log {
        LogFormat::Text => lines.with_ansi(false).try_init(),
        LogFormat::Json => lines.json().flatten_event(true).try_init(),
    };
    started.map_err(|error| StartError::Other(error.to_string()))?;
    Ok(guard)
}

/// Standard error, which rests after each flush, so that under load a write takes many lines. The first ones go out at once.
struct Gathered(BufWriter<Stderr>);

impl Write for Gathered {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.0.flush()?;
        sleep(GATHER);
        Ok(())
    }
}
