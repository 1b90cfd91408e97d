//! Posting within a transaction of somebody else's: what a rehearsal answers is computed by doing it.

use std::sync::Arc;

use allowance_store::Tx;

use super::batch::load;
use super::commands::Command;
use super::queue::Posting;
use super::{Answer, Meter};
use crate::error::{Error, Result};

/// Posts commands of the system itself, in order, and answers each.
///
/// # Errors
/// The store's: nothing of the transaction may be kept then.
pub(crate) async fn try_out(tx: &mut Tx, commands: Vec<Command>) -> Result<Vec<Answer>> {
    let meter = Arc::new(Meter::System(tx.organisation()));
    let request_id: Arc<str> = Arc::from("rehearsal");
    let posting = |command| Posting::new(command, meter.clone(), request_id.clone());
    let postings: Vec<Posting> = commands.into_iter().map(posting).collect();
    let postings: Vec<&Posting> = postings.iter().collect();
    let mut desk = load(tx, &postings).await?;
    let mut answers = Vec::with_capacity(postings.len());
    for posting in postings {
        match desk.decide(tx.pen(), posting) {
            Err(error @ (Error::Store(_) | Error::Internal(_))) => return Err(error),
            answer => answers.push(answer),
        }
    }
    desk.write(tx).await?;
    Ok(answers)
}
