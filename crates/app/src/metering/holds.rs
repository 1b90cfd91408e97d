//! Reading holds, and giving back those whose time has run out.

use std::collections::{BTreeMap, BTreeSet};

use allowance_domain::allocations::{BulkMode, Command};
use allowance_store::{Done, HoldFilter, HoldRow, HoldState, HoldViewer, Holder, Origin, Tx};
use allowance_values::{CreditTypeId, HoldId, OrganisationId, PersonId};

use super::Meter;
use crate::context::App;
use crate::cycles::open_book_of;
use crate::error::{Error, Result};

/// How many expired holds one round of the scheduler takes.
const ROUND: u64 = 500;

/// A hold with the person's name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HoldLine {
    /// The hold.
    pub row: HoldRow,
    /// Whose.
    pub holder: Holder,
}

/// Holds that the caller may see, newest first.
///
/// # Errors
/// The store's; [`Error::Unauthenticated`] for a key that was revoked.
pub async fn list_holds(app: &App, meter: &Meter, filter: &HoldFilter, limit: u64) -> Result<Vec<HoldLine>> {
    app.confirm(meter).await?;
    let viewer = match meter {
        Meter::Person(actor) if !actor.reads_everything() => HoldViewer::Narrow {
            person: actor.person,
            groups: actor.owned_groups.clone(),
        },
        Meter::Person(_) | Meter::Key(_) | Meter::System(_) => HoldViewer::Everything,
    };
    let organisation = meter.organisation();
    let rows = app.store.list_holds(organisation, &viewer, filter, limit).await?;
    app.hold_lines(organisation, rows).await
}

/// Gives holds back whose time has run out, as far as they are still open: of several instances one does it.
async fn expire(mut tx: Tx, holds: &BTreeSet<HoldId>) -> Result<Done<()>> {
    let mut due: BTreeMap<CreditTypeId, Vec<(PersonId, HoldId)>> = BTreeMap::new();
    for row in tx.find_holds(holds).await? {
        let is_over = row.expires_at.is_some_and(|end| end <= tx.at());
        if row.state == HoldState::Open && is_over {
            due.entry(row.credit_type).or_default().push((row.person, row.id));
        }
    }
    for (credit_type, holds) in due {
        let people: Vec<PersonId> = holds.iter().map(|(person, _)| *person).collect();
        let mut open = open_book_of(&mut tx, credit_type, &people, &[]).await?;
        let commands: Vec<Command> = holds
            .iter()
            .map(|(person, hold)| Command::Release {
                person: *person,
                hold: *hold,
            })
            .collect();
        for answer in tx.post(&mut open, &commands, BulkMode::PerItem).await? {
            answer?;
        }
        let ids: Vec<HoldId> = holds.into_iter().map(|(_, hold)| hold).collect();
        tx.mark_expired(&ids).await?;
    }
    Ok(tx.done(()))
}

impl App {
    /// Holds with the names of those they are for.
    ///
    /// # Errors
    /// The store's.
    pub async fn hold_lines(
        &self,
        organisation: OrganisationId,
        rows: Vec<HoldRow>,
    ) -> Result<Vec<HoldLine>> {
        let people: Vec<PersonId> = rows.iter().map(|row| row.person).collect();
        let holders = self.store.holders(organisation, &people).await?;
        let line = |row: HoldRow| {
            let holder = holders.get(&row.person).cloned();
            let holder = holder.ok_or_else(|| Error::Internal(format!("{} belongs to nobody", row.id)))?;
            Ok(HoldLine { row, holder })
        };
        rows.into_iter().map(line).collect()
    }

    /// Gives back every hold whose time has run out, of all organisations.
    ///
    /// # Errors
    /// The store's.
    pub async fn expire_holds(&self) -> Result<usize> {
        let due = self.store.list_expired_holds(ROUND).await?;
        let count = due.len();
        let mut by_organisation: BTreeMap<OrganisationId, BTreeSet<HoldId>> = BTreeMap::new();
        for (organisation, hold) in due {
            by_organisation.entry(organisation).or_default().insert(hold);
        }
        for (organisation, holds) in &by_organisation {
            self.store
                .transact(&Origin::system(*organisation), |tx| expire(tx, holds))
                .await?;
        }
        Ok(count)
    }
}
