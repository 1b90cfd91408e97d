//! Between the contract and the application.

use allowance_api_types::credit_requests as wire;
use allowance_api_types::people::GroupRef;
use allowance_app::Error;
use allowance_app::credit_requests::{
    Approve, CreateCreditRequest, Decision, DecisionAnswer, DecisionItem, EventLine, ListRequests,
    RequestDecided, RequestDetail, RequestEffect, RequestLine,
};
use allowance_domain::credit_requests::{RequestCommand, RequestEventKind, RequestStatus, RequestTerm};
use allowance_store::{CreditRequestRow, RequestScope};
use allowance_values::Credits;

use crate::allocations::convert::person_ref;
use crate::http::problem::Failure;

const fn term(word: wire::RequestTerm) -> RequestTerm {
    match word {
        wire::RequestTerm::ThisCycle => RequestTerm::ThisCycle,
        wire::RequestTerm::ForGood => RequestTerm::ForGood,
    }
}

const fn term_word(term: RequestTerm) -> wire::RequestTerm {
    match term {
        RequestTerm::ThisCycle => wire::RequestTerm::ThisCycle,
        RequestTerm::ForGood => wire::RequestTerm::ForGood,
    }
}

const fn status_word(status: RequestStatus) -> wire::CreditRequestStatus {
    use wire::CreditRequestStatus as Word;
    match status {
        RequestStatus::Pending => Word::Pending,
        RequestStatus::InformationRequested => Word::InformationRequested,
        RequestStatus::Approved => Word::Approved,
        RequestStatus::AutoApproved => Word::AutoApproved,
        RequestStatus::Denied => Word::Denied,
        RequestStatus::Withdrawn => Word::Withdrawn,
    }
}

const fn command_word(command: RequestCommand) -> wire::RequestCommand {
    match command {
        RequestCommand::Approve => wire::RequestCommand::Approve,
        RequestCommand::Deny => wire::RequestCommand::Deny,
        RequestCommand::Ask => wire::RequestCommand::Ask,
        RequestCommand::Answer => wire::RequestCommand::Answer,
        RequestCommand::Withdraw => wire::RequestCommand::Withdraw,
    }
}

const fn event_word(kind: RequestEventKind) -> wire::RequestEventKind {
    use wire::RequestEventKind as Word;
    match kind {
        RequestEventKind::Submitted => Word::Submitted,
        RequestEventKind::AutoApproved => Word::AutoApproved,
        RequestEventKind::LeftToPeople => Word::LeftToPeople,
        RequestEventKind::Asked => Word::Asked,
        RequestEventKind::Answered => Word::Answered,
        RequestEventKind::Approved => Word::Approved,
        RequestEventKind::Denied => Word::Denied,
        RequestEventKind::Withdrawn => Word::Withdrawn,
    }
}

pub(super) fn create_credit_request(body: wire::CreateCreditRequestBody) -> CreateCreditRequest {
    let wire::CreateCreditRequestBody {
        amount,
        term: word,
        reason,
    } = body;
    CreateCreditRequest {
        amount,
        term: term(word),
        reason,
    }
}

pub(super) fn approve(body: wire::ApproveCreditRequestBody) -> Approve {
    let wire::ApproveCreditRequestBody {
        amount,
        term: word,
        add_from_unallocated,
        note,
    } = body;
    Approve {
        amount,
        term: word.map(term),
        fills_group: add_from_unallocated,
        note,
    }
}

pub(super) fn decisions(body: wire::DecideCreditRequestsBody) -> Vec<DecisionItem> {
    let item = |item: wire::DecisionItemBody| {
        let wire::DecisionItemBody {
            id,
            decision,
            amount,
            note,
        } = item;
        let decision = match decision {
            wire::Decision::Approve => Decision::Approve(Approve {
                amount,
                note,
                ..Approve::default()
            }),
            wire::Decision::Deny => Decision::Deny(note),
        };
        DecisionItem { id, decision }
    };
    body.items.into_iter().map(item).collect()
}

pub(super) fn list_credit_requests(query: wire::CreditRequestsQuery) -> ListRequests {
    let wire::CreditRequestsQuery {
        scope,
        status,
        search,
        group_id,
        person_id,
        from,
        to,
        sort,
        cursor: _,
        limit: _,
    } = query;
    let scope = match scope {
        None | Some(wire::RequestScope::Visible) => RequestScope::Visible,
        Some(wire::RequestScope::ToDecide) => RequestScope::ToDecide,
        Some(wire::RequestScope::Own) => RequestScope::Own,
    };
    let (is_open, status) = match status {
        None | Some(wire::StatusFilter::All) => (false, None),
        Some(wire::StatusFilter::Pending) => (true, None),
        Some(wire::StatusFilter::Approved) => (false, Some(RequestStatus::Approved)),
        Some(wire::StatusFilter::Denied) => (false, Some(RequestStatus::Denied)),
        Some(wire::StatusFilter::AutoApproved) => (false, Some(RequestStatus::AutoApproved)),
    };
    let is_oldest_first = match sort {
        None | Some(wire::RequestSort::Newest) => false,
        Some(wire::RequestSort::Oldest) => true,
    };
    ListRequests {
        scope,
        is_open,
        status,
        search,
        group: group_id,
        person: person_id,
        from,
        to,
        is_oldest_first,
    }
}

pub(super) fn request_view(line: &RequestLine) -> wire::CreditRequestView {
    let RequestLine {
        row,
        requester,
        group,
        decided_by,
        waits_for,
        commands,
    } = line;
    let CreditRequestRow {
        id,
        credit_type,
        requester: _,
        amount,
        term: asked,
        reason,
        status,
        submitted_at,
        closed_at,
        approved,
        cycle: _,
        decided_by: _,
        decision_note,
        version: _,
    } = row;
    let command = |(command, refused): &(RequestCommand, Option<String>)| wire::AllowedCommand {
        command: command_word(*command),
        is_allowed: refused.is_none(),
        reason: refused
            .as_deref()
            .map(|reason| reason.chars().take(300).collect()),
    };
    wire::CreditRequestView {
        id: *id,
        credit_type_id: *credit_type,
        requester: person_ref(requester),
        group: GroupRef {
            id: group.id,
            name: group.name.clone(),
        },
        requested: *amount,
        term: term_word(*asked),
        approved: approved.map(|(amount, _)| amount),
        approved_term: approved.map(|(_, term)| term_word(term)),
        reason: reason.clone(),
        status: status_word(*status),
        submitted_at: *submitted_at,
        closed_at: *closed_at,
        decided_by: decided_by.as_ref().map(person_ref),
        decision_note: decision_note.clone(),
        waits_for: waits_for.iter().map(person_ref).collect(),
        allowed_commands: commands.iter().map(command).collect(),
        etag: line.etag(),
    }
}

pub(super) fn detail_view(detail: &RequestDetail) -> wire::CreditRequestDetailView {
    let RequestDetail { line, events } = detail;
    let event = |EventLine { event, actor }: &EventLine| wire::RequestEventView {
        kind: event_word(event.kind),
        at: event.at,
        actor: actor.as_ref().map(person_ref),
        text: event.text.clone(),
    };
    wire::CreditRequestDetailView {
        request: request_view(line),
        events: events.iter().map(event).collect(),
    }
}

pub(super) fn decided_view(decided: &RequestDecided) -> Result<wire::CreditRequestDecidedView, Error> {
    let RequestDecided {
        line,
        effect,
        is_dry_run,
    } = decided;
    Ok(wire::CreditRequestDecidedView {
        request: request_view(line),
        effect: effect.as_ref().map(effect_view).transpose()?,
        is_dry_run: *is_dry_run,
    })
}

fn effect_view(effect: &RequestEffect) -> Result<wire::RequestEffectView, Error> {
    let RequestEffect {
        remaining,
        monthly,
        available,
        unallocated,
    } = *effect;
    let (unallocated_before, unallocated_after) = unallocated;
    let added: Option<Credits> = unallocated_before.checked_sub(unallocated_after);
    Ok(wire::RequestEffectView {
        remaining_before: remaining.0,
        remaining_after: remaining.1,
        monthly_before: monthly.0,
        monthly_after: monthly.1,
        available_before: available.0,
        available_after: available.1,
        unallocated_before,
        unallocated_after,
        added_from_unallocated: added.ok_or_else(|| Error::Internal("out of range".to_owned()))?,
    })
}

pub(super) fn decisions_view(answers: &[DecisionAnswer], request_id: &str) -> wire::DecisionsView {
    let item = |DecisionAnswer { id, outcome }: &DecisionAnswer| {
        let (request, problem) = match outcome {
            Ok(line) => (Some(request_view(line)), None),
            Err(refusal) => (None, Some(refusal)),
        };
        wire::DecisionItemView {
            id: *id,
            request,
            problem: problem.map(|refusal| Failure::from(refusal.clone()).into_problem(request_id)),
        }
    };
    wire::DecisionsView {
        items: answers.iter().map(item).collect(),
    }
}
