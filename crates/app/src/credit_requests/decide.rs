//! Commands on requests: one path for one request and for many. Rows and books are loaded under the head, each command is
//! judged by the loaded rows, the ledger answers, and only then is anything written.

use std::collections::{BTreeMap, BTreeSet};

use allowance_domain::allocations::{BulkMode, Command, CycleFigures, GroupFigures, Refusal};
use allowance_domain::authz::{Action, Role};
use allowance_domain::credit_requests::{Granted, RequestCommand, RequestStatus, RequestTerm};
use allowance_store::{
    Around, AuditRecord, CreditRequestRow, Done, OpenBook, OrganisationSettings, RequestChange, StoreError,
    Tx,
};
use allowance_values::{CreditRequestId, CreditTypeId, Credits, GrantId, PersonId};

use super::line::{Lens, RequestLine, action_of, etag};
use super::submit::check_amount;
use crate::context::Caller;
use crate::cycles::open_current_book;
use crate::error::{Error, FieldError, Result};

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

/// A text that somebody wrote: not empty, not too long.
pub(super) fn written(pointer: &str, text: &str) -> Result<String> {
    match text.trim() {
        "" => Err(Error::Fields(vec![FieldError::invalid(
            pointer,
            "Write something.",
        )])),
        text => Ok(text.to_owned()),
    }
}

fn written_if_any(pointer: &str, text: Option<&str>) -> Result<Option<String>> {
    text.map(|text| written(pointer, text)).transpose()
}

pub(super) fn audit(
    tx: &mut Tx,
    action: Action,
    before: Option<&CreditRequestRow>,
    after: &CreditRequestRow,
) {
    let json = |row: &CreditRequestRow| {
        serde_json::json!({
            "credit_type": row.credit_type.to_string(),
            "requester": row.requester.to_string(),
            "amount": row.amount.to_string(),
            "term": term_word(row.term),
            "status": status_word(row.status),
            "approved": row.approved.map(|(amount, _)| amount.to_string()),
            "approved_term": row.approved.map(|(_, term)| term_word(term)),
        })
    };
    tx.audit(AuditRecord {
        action: action.name(),
        target: after.id.to_string(),
        before: before.map(json),
        after: Some(json(after)),
    });
}

const fn term_word(term: RequestTerm) -> &'static str {
    match term {
        RequestTerm::ThisCycle => "this_cycle",
        RequestTerm::ForGood => "for_good",
    }
}

const fn status_word(status: RequestStatus) -> &'static str {
    match status {
        RequestStatus::Pending => "pending",
        RequestStatus::InformationRequested => "information_requested",
        RequestStatus::Approved => "approved",
        RequestStatus::AutoApproved => "auto_approved",
        RequestStatus::Denied => "denied",
        RequestStatus::Withdrawn => "withdrawn",
    }
}

/// Requests loaded under the head, with everything they are judged by.
struct Desk<'c> {
    tx: Tx,
    caller: &'c Caller,
    settings: OrganisationSettings,
    rows: BTreeMap<CreditRequestId, CreditRequestRow>,
    around: Around,
}

impl<'c> Desk<'c> {
    async fn open(tx: Tx, caller: &'c Caller, ids: &[CreditRequestId]) -> Result<Self> {
        let rows = tx.find_credit_requests(ids).await?;
        // The caller may come to be named: whoever decides.
        let around = tx.around_requests(&rows, &[caller.actor.person]).await?;
        let settings = tx.get_organisation().await?.settings;
        Ok(Self {
            tx,
            caller,
            settings,
            rows: rows.into_iter().map(|row| (row.id, row)).collect(),
            around,
        })
    }

    const fn lens(&self) -> Lens<'_> {
        Lens {
            actor: &self.caller.actor,
            managers_decide: self.settings.managers_decide_requests,
            around: &self.around,
        }
    }

    fn row(&self, id: CreditRequestId) -> Result<&CreditRequestRow> {
        self.rows.get(&id).ok_or(Error::NotFound)
    }

    /// What a command would make of a request, judged by state first, then by what the caller has seen.
    fn judge(
        &self,
        action: Action,
        command: RequestCommand,
        id: CreditRequestId,
        seen: Option<&str>,
    ) -> Result<RequestStatus> {
        let row = self.row(id)?;
        let next = self.lens().judge(action, command, row)?;
        if seen.is_some_and(|seen| seen != etag(row)) {
            return Err(Error::Stale);
        }
        Ok(next)
    }

    /// The books of these requests' credit types, their people brought forward.
    async fn books(&mut self, ids: &[CreditRequestId]) -> Result<BTreeMap<CreditTypeId, OpenBook>> {
        let mut people: BTreeMap<CreditTypeId, BTreeSet<PersonId>> = BTreeMap::new();
        for row in ids.iter().filter_map(|id| self.rows.get(id)) {
            people.entry(row.credit_type).or_default().insert(row.requester);
        }
        let mut books = BTreeMap::new();
        for (credit_type, people) in people {
            let people: Vec<PersonId> = people.into_iter().collect();
            let mut open = open_current_book(&mut self.tx, credit_type, &people, &[]).await?;
            let settle: Vec<Command> = people
                .into_iter()
                .map(|person| Command::Settle { person })
                .collect();
            for answer in self.tx.post(&mut open, &settle, BulkMode::AllOrNothing).await? {
                answer?;
            }
            books.insert(credit_type, open);
        }
        Ok(books)
    }

    /// The ledger's command behind a yes.
    fn granting(&self, id: CreditRequestId, approve: &Approve, open: &OpenBook) -> Result<Command> {
        let row = self.row(id)?;
        if approve.fills_group && self.caller.actor.role != Role::Admin {
            return Err(Error::Forbidden);
        }
        let amount = approve.amount.unwrap_or(row.amount);
        check_amount(amount, open.book.terms.decimals)?;
        Ok(Command::GrantRequest {
            granted: Granted {
                person: row.requester,
                amount,
                term: approve.term.unwrap_or(row.term),
                grant: GrantId::new(id.uuid()),
                made_by: Some(self.caller.actor.person),
            },
            fills_group: approve.fills_group,
        })
    }

    /// Writes what a command made of a request; everything was decided before.
    async fn write(
        &mut self,
        action: Action,
        command: RequestCommand,
        id: CreditRequestId,
        change: Changed,
    ) -> Result<()> {
        let mut row = self.row(id)?.clone();
        let Changed {
            status,
            text,
            granted,
        } = change;
        let change = RequestChange {
            kind: command.into(),
            status,
            actor: Some(self.caller.actor.person),
            text,
            granted,
        };
        self.tx.change_credit_request(&mut row, change).await?;
        let before = self.rows.insert(id, row.clone());
        audit(&mut self.tx, action, before.as_ref(), &row);
        Ok(())
    }

    fn line(&self, id: CreditRequestId) -> Result<RequestLine> {
        self.lens().line(self.row(id)?.clone())
    }

    fn check_denial(&self, reason: Option<&str>) -> Result<Option<String>> {
        let reason = written_if_any("/reason", reason)?;
        if reason.is_none() && self.settings.denial_needs_reason {
            return Err(Error::ReasonRequired);
        }
        Ok(reason)
    }
}

/// What a command made of a request.
struct Changed {
    status: RequestStatus,
    text: Option<String>,
    granted: Option<(Credits, RequestTerm, i64)>,
}

/// The figures that approving changes.
struct Figures {
    remaining: Credits,
    monthly: Credits,
    group: GroupFigures,
    cycle: CycleFigures,
}

impl Figures {
    fn of(open: &OpenBook, person: PersonId) -> Result<Self> {
        let member = open.book.member(person)?;
        Ok(Self {
            remaining: open.book.remaining(person)?,
            monthly: member.standing.monthly,
            group: open.book.group(member.group)?.figures,
            cycle: open.book.cycle.figures,
        })
    }

    fn until(&self, after: &Self) -> Result<RequestEffect> {
        let pair = |of: fn(&Self) -> std::result::Result<Credits, Refusal>| {
            Ok::<_, Refusal>((of(self)?, of(after)?))
        };
        Ok(RequestEffect {
            remaining: (self.remaining, after.remaining),
            monthly: (self.monthly, after.monthly),
            available: pair(|figures| Ok(figures.group.available()?))?,
            unallocated: pair(|figures| Ok(figures.cycle.unallocated()?))?,
        })
    }
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
