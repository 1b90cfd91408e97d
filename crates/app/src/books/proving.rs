//! The background proof: each organisation's books, again and again, by one instance at a time.

use std::time::Duration;

use allowance_store::Proof;
use allowance_values::OrganisationId;

use crate::context::App;
use crate::error::Result;

/// How many organisations one round takes.
const ROUND: u64 = 50;
/// How long the job rests between rounds.
const PAUSE: Duration = Duration::from_secs(15);

impl App {
    /// Proves an organisation's books and keeps the outcome: from where the last proof ended, or from the first entry.
    /// When another instance is at it, the proof is made beside it and not kept.
    ///
    /// # Errors
    /// The store's. What is wrong with the books is no error but a finding.
    pub async fn prove_books(&self, organisation: OrganisationId, is_full: bool) -> Result<Proof> {
        match self.store.prove_books(organisation, is_full).await? {
            Some(proof) => {
                raise_alarm(organisation, &proof);
                Ok(proof)
            }
            None => Ok(self.store.verify(organisation).await?),
        }
    }

    /// Proves the books that are due, of all organisations, and says of how many.
    ///
    /// # Errors
    /// The store's.
    pub async fn prove_due_books(&self) -> Result<usize> {
        let due = self.store.list_due_books(ROUND).await?;
        for (organisation, is_full) in &due {
            // Nothing when another instance is at it.
            if let Some(proof) = self.store.prove_books(*organisation, *is_full).await? {
                raise_alarm(*organisation, &proof);
            }
        }
        Ok(due.len())
    }

    /// The job, for as long as it is polled. A round that fails is logged and tried again.
    pub async fn keep_books(self) {
        loop {
            if let Err(error) = self.prove_due_books().await {
                tracing::warn!(%error, "a round of proving the books failed");
            }
            tokio::time::sleep(PAUSE).await;
        }
    }
}

/// Books that do not prove themselves are an error of the log, naming the first row that is wrong.
fn raise_alarm(organisation: OrganisationId, proof: &Proof) {
    if let Some(finding) = proof.findings.first() {
        tracing::error!(
            %organisation,
            finding = %finding.0,
            findings = proof.findings.len(),
            as_of = proof.seq,
            "the books do not prove themselves"
        );
    }
}
