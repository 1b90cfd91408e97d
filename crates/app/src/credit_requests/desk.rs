//! The desk of a decision: requests loaded under the head with everything they are judged by, what a command makes of them,
//! and what is written down.

use std::collections::{BTreeMap, BTreeSet};

use allowance_domain::allocations::{BulkMode, Command, CycleFigures, GroupFigures, Refusal};
use allowance_domain::authz::{Action, Role};
use allowance_domain::credit_requests::{Granted, RequestCommand, RequestStatus, RequestTerm};
use allowance_store::{
    Around, AuditRecord, CreditRequestRow, OpenBook, OrganisationSettings, RequestChange, Tx,
};
use allowance_values::{CreditRequestId, CreditTypeId, Credits, GrantId, PersonId};

use super::decide::{Approve, RequestEffect};
use super::line::{Lens, RequestLine, etag};
use super::submit::check_amount;
use crate::context::Caller;
use crate::cycles::open_current_book;
use crate::error::{Error, FieldError, Result};

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

pub(super) fn written_if_any(pointer: &str, text: Option<&str>) -> Result<Option<String>> {
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
pub(super) struct Desk<'c> {
    pub(super) tx: Tx,
    caller: &'c Caller,
    settings: OrganisationSettings,
    rows: BTreeMap<CreditRequestId, CreditRequestRow>,
    around: Around,
}

impl<'c> Desk<'c> {
    pub(super) async fn open(tx: Tx, caller: &'c Caller, ids: &[CreditRequestId]) -> Result<Self> {
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

    pub(super) fn row(&self, id: CreditRequestId) -> Result<&CreditRequestRow> {
        self.rows.get(&id).ok_or(Error::NotFound)
    }

    /// What a command would make of a request, judged by state first, then by what the caller has seen.
    pub(super) fn judge(
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
    pub(super) async fn books(
        &mut self,
        ids: &[CreditRequestId],
    ) -> Result<BTreeMap<CreditTypeId, OpenBook>> {
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
    pub(super) fn granting(
        &self,
        id: CreditRequestId,
        approve: &Approve,
        open: &OpenBook,
    ) -> Result<Command> {
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
    pub(super) async fn write(
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

    pub(super) fn line(&self, id: CreditRequestId) -> Result<RequestLine> {
        self.lens().line(self.row(id)?.clone())
    }

    pub(super) fn check_denial(&self, reason: Option<&str>) -> Result<Option<String>> {
        let reason = written_if_any("/reason", reason)?;
        if reason.is_none() && self.settings.denial_needs_reason {
            return Err(Error::ReasonRequired);
        }
        Ok(reason)
    }
}

/// What a command made of a request.
pub(super) struct Changed {
    pub(super) status: RequestStatus,
    pub(super) text: Option<String>,
    pub(super) granted: Option<(Credits, RequestTerm, i64)>,
}

/// The figures that approving changes.
pub(super) struct Figures {
    remaining: Credits,
    monthly: Credits,
    group: GroupFigures,
    cycle: CycleFigures,
}

impl Figures {
    pub(super) fn of(open: &OpenBook, person: PersonId) -> Result<Self> {
        let member = open.book.member(person)?;
        Ok(Self {
            remaining: open.book.remaining(person)?,
            monthly: member.standing.monthly,
            group: open.book.group(member.group)?.figures,
            cycle: open.book.cycle.figures,
        })
    }

    pub(super) fn until(&self, after: &Self) -> Result<RequestEffect> {
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
