//! Commands on requests: one path for one request and for many. Rows and books are loaded under the head, each command is
//! judged by the loaded rows, the ledger answers, and only then is anything written.

use std::collections::{BTreeMap, BTreeSet};

use allowance_domain::allocations::{BulkMode, Command};
use allowance_domain::authz::Action;
use allowance_domain::credit_requests::{RequestCommand, RequestStatus, RequestTerm};
use allowance_store::{Done, OpenBook, StoreError, Tx};
use allowance_values::{CreditRequestId, CreditTypeId, Credits};

use super::desk::{Changed, Desk, Figures, written, written_if_any};
use super::line::{RequestLine, action_of};
use crate::context::Caller;
use crate::error::{Error, Result};

/// A yes, and what may differ from what was asked.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Approve {
    /// How much; as asked when absent.
    pub amount: Option<Credits>,
    /// For how long; as asked when absent.
    pub term: Option<RequestTerm>,
    /// Whether the group first gets what it lacks, out of Unallocated.
    pub fills_group: bool,
    /// A word to the requester.
    pub note: Option<String>,
}

/// What approving does to those it concerns: before and after.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RequestEffect {
    /// The requester's Remaining.
    pub remaining: (Credits, Credits),
    /// The requester's Monthly.
    pub monthly: (Credits, Credits),
    /// The group's Available.
    pub available: (Credits, Credits),
    /// The organisation's Unallocated.
    pub unallocated: (Credits, Credits),
}

/// A decided request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestDecided {
    /// The request as it is now, or would be.
    pub line: RequestLine,
    /// What approving did; nothing for another command.
    pub effect: Option<RequestEffect>,
    /// Whether nothing was written.
    pub is_dry_run: bool,
}

/// One decision of many.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DecisionItem {
    /// Which request.
    pub id: CreditRequestId,
    /// What to do.
    pub decision: Decision,
}

/// What is decided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    /// Yes.
    Approve(Approve),
    /// No, and why.
    Deny(Option<String>),
}

/// The answer to one decision of many.
#[derive(Debug)]
pub struct DecisionAnswer {
    /// Which request.
    pub id: CreditRequestId,
    /// The decided request, or why it was refused.
    pub outcome: Result<RequestLine>,
}

/// What a posting granted, as the request's row keeps it.
const fn granted_by(command: &Command, open: &OpenBook) -> Option<(Credits, RequestTerm, i64)> {
    if let Command::GrantRequest { granted, .. } = command {
        Some((granted.amount, granted.term, open.book.cycle.number))
    } else {
        None
    }
}

/// Says yes: the group pays. As a rehearsal, it says what yes would do.
///
/// # Errors
/// [`Error::NotFound`], [`Error::OwnAffair`], [`Error::Forbidden`], [`Error::RequestDecided`], [`Error::RequestWithdrawn`],
/// [`Error::Stale`], [`Error::PersonNotActive`], [`Error::Fields`]; [`Error::Refused`] when the group lacks the credits.
pub async fn approve_credit_request(
    mut tx: Tx,
    caller: &Caller,
    id: CreditRequestId,
    seen: Option<&str>,
    approve: &Approve,
    is_dry_run: bool,
) -> Result<Done<RequestDecided>> {
    if is_dry_run {
        tx.rehearse();
    }
    let (action, command) = (Action::ApproveCreditRequest, RequestCommand::Approve);
    let mut desk = Desk::open(tx, caller, &[id]).await?;
    let status = desk.judge(action, command, id, seen)?;
    let text = written_if_any("/note", approve.note.as_deref())?;
    let (credit_type, requester) = {
        let row = desk.row(id)?;
        (row.credit_type, row.requester)
    };
    let mut open = desk
        .books(&[id])
        .await?
        .remove(&credit_type)
        .ok_or(Error::NotFound)?;
    let grant = desk.granting(id, approve, &open)?;
    let before = Figures::of(&open, requester)?;
    let posted = std::slice::from_ref(&grant);
    for answer in desk.tx.post(&mut open, posted, BulkMode::AllOrNothing).await? {
        answer?;
    }
    let effect = before.until(&Figures::of(&open, requester)?)?;
    let granted = granted_by(&grant, &open);
    desk.write(
        action,
        command,
        id,
        Changed {
            status,
            text,
            granted,
        },
    )
    .await?;
    let line = desk.line(id)?;
    Ok(desk.tx.done(RequestDecided {
        line,
        effect: Some(effect),
        is_dry_run,
    }))
}

/// Gives a command that posts nothing: deny, ask, answer, withdraw.
///
/// # Errors
/// [`Error::NotFound`], [`Error::OwnAffair`], [`Error::Forbidden`], [`Error::RequestDecided`], [`Error::RequestWithdrawn`],
/// [`Error::NothingAsked`], [`Error::Stale`], [`Error::ReasonRequired`], [`Error::Fields`].
pub async fn command_credit_request(
    tx: Tx,
    caller: &Caller,
    id: CreditRequestId,
    seen: Option<&str>,
    command: RequestCommand,
    text: Option<&str>,
) -> Result<Done<RequestDecided>> {
    let action = action_of(command);
    let mut desk = Desk::open(tx, caller, &[id]).await?;
    let status = desk.judge(action, command, id, seen)?;
    let text = match command {
        RequestCommand::Deny => desk.check_denial(text)?,
        RequestCommand::Ask | RequestCommand::Answer => Some(written("/text", text.unwrap_or_default())?),
        RequestCommand::Withdraw => None,
        RequestCommand::Approve => return Err(Error::Internal("approving posts".to_owned())),
    };
    let granted = None;
    desk.write(
        action,
        command,
        id,
        Changed {
            status,
            text,
            granted,
        },
    )
    .await?;
    let line = desk.line(id)?;
    Ok(desk.tx.done(RequestDecided {
        line,
        effect: None,
        is_dry_run: false,
    }))
}

/// Decides many requests in one transaction; each is judged by itself, in the order given.
///
/// # Errors
/// The store's; a decision that is refused is an answer among others.
pub async fn decide_credit_requests(
    tx: Tx,
    caller: &Caller,
    items: &[DecisionItem],
) -> Result<Done<Vec<DecisionAnswer>>> {
    let action = Action::DecideCreditRequests;
    let ids: Vec<CreditRequestId> = items.iter().map(|item| item.id).collect();
    let mut desk = Desk::open(tx, caller, &ids).await?;
    let mut judged: Vec<Result<RequestStatus>> = Vec::with_capacity(items.len());
    let mut seen = BTreeSet::new();
    for item in items {
        judged.push(if seen.insert(item.id) {
            desk.judge(action, command_of(&item.decision), item.id, None)
        } else {
            Err(Error::Stale)
        });
    }
    let approved: Vec<CreditRequestId> = items
        .iter()
        .zip(&judged)
        .filter(|(item, judged)| judged.is_ok() && matches!(item.decision, Decision::Approve(_)))
        .map(|(item, _)| item.id)
        .collect();
    let mut books = desk.books(&approved).await?;
    let mut answers = Vec::with_capacity(items.len());
    for (item, judged) in items.iter().zip(judged) {
        let decided = match judged {
            Ok(status) => decide_one(&mut desk, &mut books, item, status).await,
            Err(error) => Err(error),
        };
        let outcome = match decided {
            Ok(change) => {
                desk.write(action, command_of(&item.decision), item.id, change)
                    .await?;
                desk.line(item.id)
            }
            // What the database fails with fails the whole.
            Err(error @ (Error::Store(_) | Error::Internal(_))) => return Err(error),
            Err(error) => Err(error),
        };
        answers.push(DecisionAnswer { id: item.id, outcome });
    }
    Ok(desk.tx.done(answers))
}

const fn command_of(decision: &Decision) -> RequestCommand {
    match decision {
        Decision::Approve(_) => RequestCommand::Approve,
        Decision::Deny(_) => RequestCommand::Deny,
    }
}

/// Lets the ledger decide one of many. A refusal leaves the book as it was.
async fn decide_one(
    desk: &mut Desk<'_>,
    books: &mut BTreeMap<CreditTypeId, OpenBook>,
    item: &DecisionItem,
    status: RequestStatus,
) -> Result<Changed> {
    let approve = match &item.decision {
        Decision::Deny(reason) => {
            let text = desk.check_denial(reason.as_deref())?;
            return Ok(Changed {
                status,
                text,
                granted: None,
            });
        }
        Decision::Approve(approve) => approve,
    };
    let text = written_if_any("/note", approve.note.as_deref())?;
    let credit_type = desk.row(item.id)?.credit_type;
    let open = books.get_mut(&credit_type).ok_or(Error::NotFound)?;
    let grant = desk.granting(item.id, approve, open)?;
    let posted = std::slice::from_ref(&grant);
    let answer = desk.tx.post(open, posted, BulkMode::PerItem).await?.pop();
    answer.ok_or(StoreError::Corrupt("ledger"))??;
    let granted = granted_by(&grant, open);
    Ok(Changed {
        status,
        text,
        granted,
    })
}
