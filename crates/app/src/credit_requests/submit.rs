//! Asking for credits, and the reserve's answer in the same transaction.

use allowance_domain::allocations::{BulkMode, Command, Refusal};
use allowance_domain::authz::Action;
use allowance_domain::credit_requests::{
    Granted, LeftToPeople, RequestEventKind, RequestStatus, RequestTerm, may_answer,
};
use allowance_domain::credit_types::Distribution;
use allowance_domain::people::PersonStatus;
use allowance_store::{CreditRequestRow, Done, OpenBook, RequestChange, StoreError, Tx};
use allowance_values::{CreditRequestId, CreditTypeId, Credits, Decimals, GrantId};

use super::desk::{audit, written};
use super::line::{Lens, RequestLine};
use crate::context::Caller;
use crate::cycles::open_current_book;
use crate::error::{Error, FieldError, FieldErrorKind, Result};

/// A request to make.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CreateCreditRequest {
    /// How much.
    pub amount: Credits,
    /// For how long.
    pub term: RequestTerm,
    /// Why.
    pub reason: String,
}

/// Checks an amount somebody typed, at its field.
pub(super) fn check_amount(amount: Credits, decimals: Decimals) -> Result<()> {
    let wrong = |kind, detail: &str| {
        Err(Error::Fields(vec![FieldError {
            pointer: "/amount".to_owned(),
            kind,
            detail: detail.to_owned(),
        }]))
    };
    if !amount.is_positive() {
        return wrong(FieldErrorKind::AmountOutOfRange, "Ask for more than zero.");
    }
    if amount > Credits::MAX_INPUT {
        return wrong(
            FieldErrorKind::AmountOutOfRange,
            "That is more than can be typed.",
        );
    }
    if !amount.fits(decimals) {
        let detail = format!("Use at most {} decimals.", decimals.count());
        return wrong(FieldErrorKind::TooManyDecimals, &detail);
    }
    Ok(())
}

/// Asks for credits in the caller's own name. The reserve answers at once where it may and can.
///
/// # Errors
/// [`Error::NotFound`], [`Error::Fields`], [`Error::PersonNotActive`], [`Error::Refused`] for a Monthly where members
/// hold none.
pub async fn create_credit_request(
    mut tx: Tx,
    caller: &Caller,
    credit_type: CreditTypeId,
    new: &CreateCreditRequest,
) -> Result<Done<RequestLine>> {
    let CreateCreditRequest { amount, term, reason } = new;
    let requester = caller.actor.person;
    let mut open = open_current_book(&mut tx, credit_type, &[requester], &[]).await?;
    check_amount(*amount, open.book.terms.decimals)?;
    let reason = written("/reason", reason)?;
    if *term == RequestTerm::ForGood && open.book.terms.distribution == Distribution::SharedPool {
        return Err(Error::Refused(Refusal::WrongDistribution));
    }
    let mut row = CreditRequestRow {
        id: CreditRequestId::new(tx.new_id()),
        credit_type,
        requester,
        amount: *amount,
        term: *term,
        reason,
        status: RequestStatus::Pending,
        submitted_at: tx.at(),
        closed_at: None,
        approved: None,
        cycle: None,
        decided_by: None,
        decision_note: None,
        version: 1,
    };
    let organisation = tx.get_organisation().await?;
    let around = tx.around_requests(std::slice::from_ref(&row), &[]).await?;
    let lens = Lens {
        actor: &caller.actor,
        managers_decide: organisation.settings.managers_decide_requests,
        around: &around,
    };
    if around
        .people
        .get(&requester)
        .is_none_or(|holder| holder.status != PersonStatus::Active)
    {
        return Err(Error::PersonNotActive);
    }
    tx.insert_credit_request(&row).await?;
    let change = match ask_reserve(&mut tx, &mut open, &row).await? {
        Ok(()) => RequestChange {
            kind: RequestEventKind::AutoApproved,
            status: RequestStatus::AutoApproved,
            actor: None,
            text: None,
            granted: Some((*amount, *term, open.book.cycle.number)),
        },
        Err(why) => RequestChange {
            kind: RequestEventKind::LeftToPeople,
            status: RequestStatus::Pending,
            actor: None,
            text: Some(explained(why, lens.line(row.clone())?.waits_for.is_empty())),
            granted: None,
        },
    };
    tx.change_credit_request(&mut row, change).await?;
    audit(&mut tx, Action::CreateCreditRequest, None, &row);
    let line = lens.line(row)?;
    Ok(tx.done(line))
}

fn explained(why: LeftToPeople, waits_for_nobody: bool) -> String {
    if waits_for_nobody {
        format!("{why} Nobody else can decide it yet: it waits for another admin or an owner of the group.")
    } else {
        why.to_string()
    }
}

/// The reserve's answer: it gives all of it, or says why it leaves the request to people.
async fn ask_reserve(
    tx: &mut Tx,
    open: &mut OpenBook,
    row: &CreditRequestRow,
) -> Result<std::result::Result<(), LeftToPeople>> {
    let group = open.book.member(row.requester)?.group;
    let reserve = open.book.group(group)?.standing.reserve;
    let given = tx
        .given_by_reserve(row.credit_type, row.requester, open.book.cycle.number)
        .await?;
    if let Err(why) = may_answer(row.amount, row.term, reserve, given, open.credit_type.ceilings) {
        return Ok(Err(why));
    }
    let granted = Granted {
        person: row.requester,
        amount: row.amount,
        term: row.term,
        grant: GrantId::new(row.id.uuid()),
        made_by: None,
    };
    let answers = tx
        .post(open, &[Command::AnswerByReserve { granted }], BulkMode::PerItem)
        .await?;
    match answers.into_iter().next().ok_or(StoreError::Corrupt("ledger"))? {
        Ok(_) => Ok(Ok(())),
        Err(Refusal::ReserveShort { .. }) => {
            let left = open
                .book
                .group(group)?
                .figures
                .reserve_left()
                .map_err(Refusal::from)?;
            Ok(Err(LeftToPeople::ReserveShort { left }))
        }
        Err(refusal) => Err(refusal.into()),
    }
}
