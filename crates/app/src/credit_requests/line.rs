//! A request as somebody sees it: the people around it, whom it waits for, and what the viewer may do.

use allowance_domain::authz::{Action, Actor, Permit, RequestFacts, Role};
use allowance_domain::credit_requests::{RequestCommand, RequestRefusal, RequestStatus, step};
use allowance_domain::people::PersonStatus;
use allowance_store::{Around, CreditRequestRow, Holder, PayingGroup, StoreError};
use allowance_values::PersonId;

use crate::error::{Error, Result};

/// So many of those it waits for are named.
const NAMED: usize = 10;

/// A request with the people around it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestLine {
    /// The row.
    pub row: CreditRequestRow,
    /// Who asks.
    pub requester: Holder,
    /// The group the requester is in now.
    pub group: PayingGroup,
    /// Who decided.
    pub decided_by: Option<Holder>,
    /// Who can decide it now, the first few.
    pub waits_for: Vec<Holder>,
    /// Each command, and why the viewer may not give it where that is so.
    pub commands: Vec<(RequestCommand, Option<String>)>,
}

/// The ETag of a request: rises with everything that happens to it.
pub(super) fn etag(row: &CreditRequestRow) -> String {
    row.version.to_string()
}

impl RequestLine {
    /// What an edit must have seen.
    #[must_use]
    pub fn etag(&self) -> String {
        etag(&self.row)
    }
}

/// The operation behind a command.
pub(super) const fn action_of(command: RequestCommand) -> Action {
    match command {
        RequestCommand::Approve => Action::ApproveCreditRequest,
        RequestCommand::Deny => Action::DenyCreditRequest,
        RequestCommand::Ask => Action::AskCreditRequest,
        RequestCommand::Answer => Action::AnswerCreditRequest,
        RequestCommand::Withdraw => Action::WithdrawCreditRequest,
    }
}

/// What somebody sees of requests, and may do to them.
pub(super) struct Lens<'a> {
    pub(super) actor: &'a Actor,
    pub(super) managers_decide: bool,
    pub(super) around: &'a Around,
}

impl Lens<'_> {
    fn requester(&self, row: &CreditRequestRow) -> Result<&Holder> {
        let holder = self.around.people.get(&row.requester);
        Ok(holder.ok_or(StoreError::Corrupt("credit_request"))?)
    }

    fn facts(&self, row: &CreditRequestRow) -> Result<RequestFacts> {
        Ok(RequestFacts {
            requester: self.requester(row)?.facts,
            decided_by: row.decided_by,
            managers_decide: self.managers_decide,
        })
    }

    /// Whether the viewer may do this to a request at all.
    pub(super) fn permit(&self, action: Action, row: &CreditRequestRow) -> Result<Permit> {
        Ok(Permit::for_request(self.actor, action, &self.facts(row)?)?)
    }

    /// What a command of the viewer would make of a request. `action` is the operation that brings the command.
    pub(super) fn judge(
        &self,
        action: Action,
        command: RequestCommand,
        row: &CreditRequestRow,
    ) -> Result<RequestStatus> {
        self.permit(action, row)?;
        let next = step(row.status, command).map_err(|refusal| self.refused(refusal, row))?;
        let waits = self.requester(row)?.status != PersonStatus::Active;
        if waits && command == RequestCommand::Approve {
            return Err(Error::PersonNotActive);
        }
        Ok(next)
    }

    /// Whoever comes second is told what the first did.
    fn refused(&self, refusal: RequestRefusal, row: &CreditRequestRow) -> Error {
        match refusal {
            RequestRefusal::NothingAsked => Error::NothingAsked,
            RequestRefusal::Withdrawn => Error::RequestWithdrawn,
            RequestRefusal::Decided => {
                let decider = row.decided_by.and_then(|id| self.around.people.get(&id));
                let who = decider.map_or("the reserve", |holder| holder.display_name.as_str());
                let what = if row.status == RequestStatus::Denied {
                    "denied"
                } else {
                    "approved"
                };
                let at = row.closed_at.unwrap_or(row.submitted_at);
                Error::RequestDecided(format!("{who} {what} it at {at}"))
            }
        }
    }

    /// Everybody who could decide it, the nearest first.
    fn waits_for(&self, row: &CreditRequestRow, group: &PayingGroup) -> Result<Vec<Holder>> {
        if !row.status.is_open() {
            return Ok(Vec::new());
        }
        let manager = self
            .requester(row)?
            .facts
            .manager
            .filter(|_| self.managers_decide);
        let near = manager.into_iter().chain(group.owner);
        let mut named: Vec<PersonId> = Vec::new();
        for person in near.chain(self.around.admins.iter().copied()) {
            if person != row.requester && !named.contains(&person) {
                named.push(person);
            }
        }
        let holders = named
            .into_iter()
            .filter_map(|person| self.around.people.get(&person))
            .filter(|holder| holder.status == PersonStatus::Active && holder.role != Role::Auditor);
        Ok(holders.take(NAMED).cloned().collect())
    }

    /// The request as the viewer sees it.
    pub(super) fn line(&self, row: CreditRequestRow) -> Result<RequestLine> {
        let requester = self.requester(&row)?.clone();
        let group = self.around.groups.get(&requester.facts.group);
        let group = group.ok_or(StoreError::Corrupt("allocation_group"))?.clone();
        let commands = RequestCommand::ALL
            .into_iter()
            .map(|command| {
                let judged = self.judge(action_of(command), command, &row);
                (command, judged.err().map(|error| error.to_string()))
            })
            .collect();
        Ok(RequestLine {
            waits_for: self.waits_for(&row, &group)?,
            decided_by: row.decided_by.and_then(|id| self.around.people.get(&id).cloned()),
            requester,
            group,
            commands,
            row,
        })
    }
}
