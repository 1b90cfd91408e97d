//! Charges: a spend booked by hand, reversed once.

use allowance_domain::allocations::{BulkMode, Command, Insistence};
use allowance_domain::authz::{Action, Permit};
use allowance_domain::metering::{MeteredAmount, price};
use allowance_store::{AuditRecord, ChargeRow, Done, Holder, NewCharge, StoreError, Tx};
use allowance_values::{ChargeId, CreditTypeId, Credits, Money, PersonId};

use crate::context::Caller;
use crate::cycles::open_current_book;
use crate::error::{Error, Result};

/// How much a charge is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChargeAmount {
    /// Credits.
    Credits(Credits),
    /// A cost, turned into credits by the rate.
    Cost(Money),
}

/// A charge to book.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CreateCharge {
    /// Who spent.
    pub person: PersonId,
    /// How much.
    pub amount: ChargeAmount,
    /// What it was.
    pub note: String,
}

/// A charge with the person's name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChargeLine {
    /// The charge.
    pub row: ChargeRow,
    /// Who spent.
    pub holder: Holder,
}

fn audited(row: &ChargeRow) -> serde_json::Value {
    serde_json::json!({
        "credit_type": row.charge.credit_type.to_string(),
        "person": row.charge.person.to_string(),
        "amount": row.charge.amount.to_string(),
        "note": row.charge.note,
        "reversed_at": row.reversed_at.map(|at| at.to_string()),
    })
}

async fn permitted(tx: &Tx, caller: &Caller, action: Action, person: PersonId) -> Result<Holder> {
    let holder = tx
        .holders(&[person])
        .await?
        .remove(&person)
        .ok_or(Error::NotFound)?;
    let is_only_admin = tx.is_only_admin(caller.actor.person).await?;
    Permit::for_person(&caller.actor, action, &holder.facts, is_only_admin)?;
    Ok(holder)
}

/// Books a charge.
///
/// # Errors
/// [`Error::NotFound`], [`Error::OwnAffair`], [`Error::RateMissing`], [`Error::CurrencyMismatch`], [`Error::Refused`].
pub async fn create_charge(
    mut tx: Tx,
    caller: &Caller,
    credit_type: CreditTypeId,
    new: &CreateCharge,
) -> Result<Done<ChargeLine>> {
    let person = new.person;
    let holder = permitted(&tx, caller, Action::CreateCharge, person).await?;
    let mut open = open_current_book(&mut tx, credit_type, &[person], &[]).await?;
    let rate = open.book.terms.rate;
    let (amount, cost) = match new.amount {
        ChargeAmount::Credits(amount) => (amount, None),
        ChargeAmount::Cost(_) if rate.is_off() => return Err(Error::RateMissing),
        ChargeAmount::Cost(money) => {
            let currency = tx.get_organisation().await?.currency;
            let foreign = Some(money.currency).filter(|named| *named != currency);
            let rates = tx.exchange_rates(foreign).await?;
            let exchange = |named| rates.at(named, tx.at());
            price(MeteredAmount::Cost(money), rate, currency, exchange)?
        }
    };
    let id = ChargeId::new(tx.new_id());
    let command = Command::Charge {
        person,
        charge: id.uuid(),
        amount,
        insistence: Insistence::AsEnforced,
    };
    let mut over_by = Credits::ZERO;
    for answer in tx.post(&mut open, &[command], BulkMode::AllOrNothing).await? {
        over_by = answer?.over_by;
    }
    let charge = NewCharge {
        id,
        credit_type,
        person,
        group: open.book.member(person)?.group,
        cycle: open.book.cycle.number,
        amount,
        over_by,
        cost,
        note: new.note.clone(),
    };
    tx.insert_charge(charge.clone()).await?;
    let row = ChargeRow {
        charge,
        made_at: tx.at(),
        reversed_at: None,
    };
    tx.audit(AuditRecord {
        action: Action::CreateCharge.name(),
        target: id.to_string(),
        before: None,
        after: Some(audited(&row)),
    });
    Ok(tx.done(ChargeLine { row, holder }))
}

/// Reverses a charge, once.
///
/// # Errors
/// [`Error::NotFound`], [`Error::OwnAffair`], [`Error::AlreadyReversed`].
pub async fn reverse_charge(
    mut tx: Tx,
    caller: &Caller,
    id: ChargeId,
    note: &str,
) -> Result<Done<ChargeLine>> {
    let before = tx.find_charge(id).await?.ok_or(Error::NotFound)?;
    let NewCharge {
        credit_type,
        person,
        group,
        cycle,
        amount,
        ..
    } = before.charge;
    let holder = permitted(&tx, caller, Action::ReverseCharge, person).await?;
    match tx.mark_reversed(id).await {
        Err(StoreError::StaleVersion) => return Err(Error::AlreadyReversed),
        other => other?,
    }
    let mut open = open_current_book(&mut tx, credit_type, &[person], &[group]).await?;
    let command = Command::Reverse {
        person,
        group,
        charge: id.uuid(),
        amount,
        cycle,
    };
    for answer in tx.post(&mut open, &[command], BulkMode::AllOrNothing).await? {
        answer?;
    }
    let row = ChargeRow {
        reversed_at: Some(tx.at()),
        ..before.clone()
    };
    let mut after = audited(&row);
    if let Some(fields) = after.as_object_mut() {
        fields.insert("reversal_note".to_owned(), note.into());
    }
    tx.audit(AuditRecord {
        action: Action::ReverseCharge.name(),
        target: id.to_string(),
        before: Some(audited(&before)),
        after: Some(after),
    });
    Ok(tx.done(ChargeLine { row, holder }))
}
