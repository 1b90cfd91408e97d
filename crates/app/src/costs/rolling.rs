//! The job that rolls up facts and raises alerts, by one instance at a time per organisation.

use std::time::{Duration, Instant};

use crate::context::App;
use crate::error::Result;

/// How many organisations one round takes.
const ROUND: u64 = 1_000;
/// How many steps an organisation gets before the next one has its turn.
const STEPS: u32 = 10;
/// How long the job rests between rounds, at least.
const PAUSE: Duration = Duration::from_secs(2);

impl App {
    /// Rolls up what has come, of all organisations, and says of how many.
    ///
    /// # Errors
    /// The store's.
    pub async fn roll_up_costs(&self) -> Result<usize> {
        let due = self.store.list_due_rollups(ROUND).await?;
        for organisation in &due {
            // Nothing when another instance is at it.
            if let Some(done) = self.store.roll_up(*organisation, STEPS).await?
                && done.alerts > 0
            {
                tracing::info!(%organisation, alerts = done.alerts, "thresholds of use were crossed");
            }
        }
        Ok(due.len())
    }

    /// The job, for as long as it is polled. A round that fails is logged and tried again.
    pub async fn keep_costs(self) {
        loop {
            let begun = Instant::now();
            if let Err(error) = self.roll_up_costs().await {
                tracing::warn!(%error, "a round of rolling up costs failed");
            }
            // It works for half of the time at most: what is posted meanwhile comes first.
            tokio::time::sleep(PAUSE.max(begun.elapsed())).await;
        }
    }
}
