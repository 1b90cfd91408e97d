//! Whether the database lets anybody in. The pool waits for one that is gone as it waits for one that is busy; here the two
//! are told apart.

use std::str::FromStr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use sea_orm::sqlx::postgres::PgConnectOptions;
use sea_orm::sqlx::{ConnectOptions, Connection};
use tokio::sync::Mutex;

use crate::connect::ConnectError;

/// How long an answer holds.
const HOLDS: Duration = Duration::from_millis(300);
/// How long the database may take to let one in.
const PATIENCE: Duration = Duration::from_millis(800);

/// The door of a database.
#[derive(Clone)]
pub(crate) struct Door(Option<Arc<Knocker>>);

struct Knocker {
    options: PgConnectOptions,
    /// When somebody last knocked, and whether they were let in.
    last: Mutex<Option<(Instant, bool)>>,
}

impl Door {
    /// That of a file, which is always there.
    pub(crate) const fn open() -> Self {
        Self(None)
    }

    pub(crate) fn to(url: &str) -> Result<Self, ConnectError> {
        let options = PgConnectOptions::from_str(url).map_err(|_| ConnectError::Url)?;
        Ok(Self(Some(Arc::new(Knocker {
            options: options.disable_statement_logging(),
            last: Mutex::new(None),
        }))))
    }

    pub(crate) async fn is_open(&self) -> bool {
        let Some(knocker) = &self.0 else { return true };
        let mut last = knocker.last.lock().await;
        if let Some((when, was_open)) = *last
            && when.elapsed() < HOLDS
        {
            return was_open;
        }
        let knock = async {
            let connection = knocker.options.connect().await?;
            connection.close().await
        };
        let is_open = matches!(tokio::time::timeout(PATIENCE, knock).await, Ok(Ok(())));
        *last = Some((Instant::now(), is_open));
        is_open
    }
}
