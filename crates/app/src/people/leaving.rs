//! Leaving: Monthly ends, the unspent returns to the group, holds are given back, requests are withdrawn. What was spent
//! stays where it was spent. Somebody who comes back is reinstated, with nothing but what they are given anew.

use allowance_domain::allocations::{BulkMode, Command};
use allowance_domain::authz::Action;
use allowance_domain::credit_requests::{RequestCommand, RequestEventKind, step};
use allowance_domain::ledger::{Account, Movement};
use allowance_domain::people::PersonStatus;
use allowance_store::{AuditRecord, CreditTypeRow, Done, OpenBook, PersonCard, RequestChange, Tx};
use allowance_values::{Credits, PersonId};

use super::audited;
use super::standing::{leave_an_admin, permitted};
use crate::context::Caller;
use crate::cycles::open_all_books;
use crate::error::{Error, Result};

/// What leaving does in one credit type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeftCredits {
    /// The credit type.
    pub credit_type: CreditTypeRow,
    /// The Monthly that ends.
    pub monthly: Credits,
    /// What returns to the group.
    pub returned: Credits,
    /// What was carried and ends unused.
    pub lapsed: Credits,
    /// How many holds are given back.
    pub holds: u64,
}

/// Somebody who left.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Departure {
    /// As they stand now, or would.
    pub card: PersonCard,
    /// By credit type, where it does anything.
    pub credits: Vec<LeftCredits>,
    /// How many requests are withdrawn.
    pub requests: u64,
    /// Whether nothing was written.
    pub is_dry_run: bool,
}

/// Lets a person leave, or says what that would do. Whoever has left stays so.
///
/// # Errors
/// [`Error::NotFound`], [`Error::OwnAffair`], [`Error::LastAdmin`].
pub async fn leave_person(
    mut tx: Tx,
    caller: &Caller,
    id: PersonId,
    is_dry_run: bool,
) -> Result<Done<Departure>> {
    if is_dry_run {
        tx.rehearse();
    }
    let before = permitted(&tx, caller, Action::LeavePerson, id).await?;
    let mut credits = Vec::new();
    let mut requests = 0;
    if before.status != PersonStatus::Left {
        leave_an_admin(&tx, &before).await?;
        requests = withdraw_requests(&mut tx, caller, id).await?;
        for mut open in open_all_books(&mut tx, &[id], &[]).await? {
            let left = leave(&mut tx, &mut open, id).await?;
            if left.holds > 0
                || [left.monthly, left.returned, left.lapsed]
                    .iter()
                    .any(|of| !of.is_zero())
            {
                credits.push(left);
            }
        }
        tx.set_status(id, before.version, PersonStatus::Left).await?;
        tx.revoke_sessions_of(id).await?;
    }
    let card = tx.person_card(id).await?;
    if before.status != PersonStatus::Left {
        let in_type = |left: &LeftCredits| {
            serde_json::json!({
                "credit_type": left.credit_type.terms.id.to_string(),
                "monthly": left.monthly.to_string(),
                "returned": left.returned.to_string(),
                "lapsed": left.lapsed.to_string(),
                "holds": left.holds,
            })
        };
        let mut after = audited(&card.row);
        if let Some(after) = after.as_object_mut() {
            after.insert("credits".to_owned(), credits.iter().map(in_type).collect());
            after.insert("requests_withdrawn".to_owned(), requests.into());
        }
        tx.audit(AuditRecord {
            action: Action::LeavePerson.name(),
            target: id.to_string(),
            before: Some(audited(&before)),
            after: Some(after),
        });
    }
    Ok(tx.done(Departure {
        card,
        credits,
        requests,
        is_dry_run,
    }))
}

async fn withdraw_requests(tx: &mut Tx, caller: &Caller, person: PersonId) -> Result<u64> {
    let mut withdrawn = 0_u64;
    for mut row in tx.open_requests_of(person).await? {
        let status = step(row.status, RequestCommand::Withdraw).map_err(|refusal| {
            Error::Internal(format!("an open request cannot be withdrawn: {refusal:?}"))
        })?;
        let change = RequestChange {
            kind: RequestEventKind::Withdrawn,
            status,
            actor: Some(caller.actor.person),
            text: None,
            granted: None,
        };
        tx.change_credit_request(&mut row, change).await?;
        withdrawn = withdrawn.saturating_add(1);
    }
    Ok(withdrawn)
}

async fn leave(tx: &mut Tx, open: &mut OpenBook, person: PersonId) -> Result<LeftCredits> {
    let (monthly, holds) = {
        let member = open.book.member(person)?;
        let holds: Vec<_> = member.holds.iter().map(|hold| hold.id).collect();
        (member.standing.monthly, holds)
    };
    let mut commands: Vec<Command> = holds
        .iter()
        .map(|hold| Command::Release { person, hold: *hold })
        .collect();
    commands.push(Command::Leave { person });
    let mut left = LeftCredits {
        credit_type: open.credit_type.clone(),
        monthly,
        returned: Credits::ZERO,
        lapsed: Credits::ZERO,
        holds: u64::try_from(holds.len()).unwrap_or(u64::MAX),
    };
    let answers = tx.post(open, &commands, BulkMode::AllOrNothing).await?;
    for (command, answer) in commands.iter().zip(answers) {
        let outcome = answer?;
        if matches!(command, Command::Leave { .. }) {
            for movement in &outcome.movements {
                left.count(movement)?;
            }
        }
    }
    Ok(left)
}

impl LeftCredits {
    fn count(&mut self, movement: &Movement) -> Result<()> {
        let sum = match (movement.from, movement.to) {
            (Account::Member(..), Account::Group(_)) => &mut self.returned,
            (Account::Member(..), Account::Lapsed) => &mut self.lapsed,
            _ => return Ok(()),
        };
        let out_of_range = || Error::Internal("a sum of returned credits does not fit".to_owned());
        *sum = sum.checked_add(movement.amount).ok_or_else(out_of_range)?;
        Ok(())
    }
}
