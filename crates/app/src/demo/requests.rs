//! The demo's credit requests, one of each fate. They are asked and decided by the people themselves.

use allowance_domain::authz::{Actor, Role};
use allowance_domain::credit_requests::{RequestCommand, RequestTerm};
use allowance_store::Tx;
use allowance_values::{CreditTypeId, GroupId, PersonId, SessionId};

use super::{Cast, whole};
use crate::context::Caller;
use crate::credit_requests::{
    Approve, CreateCreditRequest, approve_credit_request, command_credit_request, create_credit_request,
};
use crate::error::{Error, Result};

/// What becomes of a request.
enum Fate {
    /// It waits, or the reserve answers it.
    Open,
    /// The owner of the group says yes, to so much.
    Approved(&'static str, i64, &'static str),
    /// The owner of the group says no.
    Denied(&'static str, &'static str),
    /// Somebody asks, and it waits for the answer.
    Asked(&'static str, &'static str),
    /// The requester takes it back.
    Withdrawn,
}

struct DemoRequest {
    who: &'static str,
    amount: i64,
    term: RequestTerm,
    reason: &'static str,
    fate: Fate,
}

const REQUESTS: &[DemoRequest] = &[
    DemoRequest {
        who: "chidera.okafor",
        amount: 400,
        term: RequestTerm::ThisCycle,
        reason: "Second round of the load test",
        fate: Fate::Open,
    },
    DemoRequest {
        who: "oskar.jørgensen",
        amount: 150,
        term: RequestTerm::ThisCycle,
        reason: "Illustrations for the help centre",
        fate: Fate::Open,
    },
    DemoRequest {
        who: "elif.yıldız",
        amount: 300,
        term: RequestTerm::ForGood,
        reason: "Fine-tuning has become a regular part of my work",
        fate: Fate::Approved("bruno.castellano", 250, "Let us look at it again in spring"),
    },
    DemoRequest {
        who: "kofi.mensah",
        amount: 3_000,
        term: RequestTerm::ThisCycle,
        reason: "Embeddings of the whole archive",
        fate: Fate::Denied("bruno.castellano", "The archive moves to the new store first"),
    },
    DemoRequest {
        who: "anselm.brandt",
        amount: 200,
        term: RequestTerm::ThisCycle,
        reason: "Month-end peak of tickets",
        fate: Fate::Open,
    },
    DemoRequest {
        who: "viktor.novák",
        amount: 900,
        term: RequestTerm::ThisCycle,
        reason: "Demo environment for the trade fair",
        fate: Fate::Asked("sanne.devries", "Can the team share one environment?"),
    },
    DemoRequest {
        who: "gábor.szabó",
        amount: 50,
        term: RequestTerm::ThisCycle,
        reason: "Forecast for the board",
        fate: Fate::Withdrawn,
    },
    DemoRequest {
        who: "priya.raman",
        amount: 250,
        term: RequestTerm::ForGood,
        reason: "Transcripts of weekly interviews",
        fate: Fate::Open,
    },
];

/// Somebody of the demo, as the use cases see them.
fn caller(tx: &Tx, person: PersonId, owned_groups: Vec<GroupId>) -> Caller {
    Caller {
        actor: Actor {
            person,
            organisation: tx.organisation(),
            role: Role::Member,
            is_manager: false,
            owned_groups,
        },
        session: SessionId::new(tx.new_id()),
        request_id: "demo".to_owned(),
    }
}

/// Makes all requests and lets their fate befall them.
pub(super) async fn make_requests(mut tx: Tx, credit_type: CreditTypeId, cast: &Cast) -> Result<Tx> {
    for request in REQUESTS {
        tx = make_request(tx, credit_type, cast, request).await?;
    }
    Ok(tx)
}

async fn make_request(tx: Tx, credit_type: CreditTypeId, cast: &Cast, demo: &DemoRequest) -> Result<Tx> {
    let DemoRequest {
        who,
        amount,
        term,
        reason,
        fate,
    } = demo;
    let requester = cast.find(who)?;
    let new = CreateCreditRequest {
        amount: whole(*amount),
        term: *term,
        reason: (*reason).to_owned(),
    };
    let asking = caller(&tx, requester, vec![]);
    let (tx, line) = create_credit_request(tx, &asking, credit_type, &new)
        .await?
        .reopen();
    let id = line.row.id;
    let group = line.group.id;
    let owner = |tx: &Tx, local: &str| Ok::<_, Error>(caller(tx, cast.find(local)?, vec![group]));
    let (deciding, command, text) = match fate {
        Fate::Open => return Ok(tx),
        Fate::Approved(by, amount, note) => {
            let approve = Approve {
                amount: Some(whole(*amount)),
                note: Some((*note).to_owned()),
                ..Approve::default()
            };
            let deciding = owner(&tx, by)?;
            let done = approve_credit_request(tx, &deciding, id, None, &approve, false).await?;
            return Ok(done.reopen().0);
        }
        Fate::Denied(by, why) => (owner(&tx, by)?, RequestCommand::Deny, Some(*why)),
        Fate::Asked(by, what) => (owner(&tx, by)?, RequestCommand::Ask, Some(*what)),
        Fate::Withdrawn => (asking, RequestCommand::Withdraw, None),
    };
    let done = command_credit_request(tx, &deciding, id, None, command, text).await?;
    Ok(done.reopen().0)
}
