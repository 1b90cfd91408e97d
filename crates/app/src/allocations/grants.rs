//! Grants of one person: made with a reason, listed, revoked one by one.

use allowance_domain::allocations::{BulkMode, Command, NewGrant};
use allowance_domain::authz::{Action, Permit, PersonFacts};
use allowance_domain::ledger::{Expiry, Lot, LotOrigin, LotSource};
use allowance_store::{AuditRecord, Done, Tx};
use allowance_values::{CreditTypeId, Credits, GrantId, PersonId};

use crate::context::{App, Caller};
use crate::cycles::open_current_book;
use crate::error::{Error, Result};

/// A grant to make.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CreateGrant {
    /// How much.
    pub amount: Credits,
    /// Why.
    pub reason: String,
    /// Lower numbers burn first.
    pub priority: u16,
    /// When it lapses; with the open cycle when absent.
    pub expiry: Option<Expiry>,
}

/// A grant with the name of whoever made it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GrantLine {
    /// The lot.
    pub lot: Lot,
    /// Who made it.
    pub made_by: Option<allowance_store::Holder>,
}

async fn permit(tx: &Tx, caller: &Caller, action: Action, person: PersonId) -> Result<Permit> {
    let holders = tx.holders(&[person]).await?;
    let facts: PersonFacts = holders.get(&person).ok_or(Error::NotFound)?.facts;
    let is_only_admin = tx.is_only_admin(caller.actor.person).await?;
    Ok(Permit::for_person(&caller.actor, action, &facts, is_only_admin)?)
}

fn audited(lot: &Lot, credit_type: CreditTypeId, person: PersonId) -> serde_json::Value {
    serde_json::json!({
        "credit_type": credit_type.to_string(),
        "person": person.to_string(),
        "amount": lot.granted.to_string(),
        "ended": lot.ended.to_string(),
        "reason": lot.reason,
    })
}

/// Grants credits.
///
/// # Errors
/// [`Error::NotFound`], [`Error::Forbidden`], [`Error::OwnAffair`], [`Error::Refused`].
pub async fn create_grant(
    mut tx: Tx,
    caller: &Caller,
    credit_type: CreditTypeId,
    person: PersonId,
    new: &CreateGrant,
) -> Result<Done<GrantLine>> {
    permit(&tx, caller, Action::CreateGrant, person).await?;
    let mut open = open_current_book(&mut tx, credit_type, &[person], &[]).await?;
    let CreateGrant {
        amount,
        reason,
        priority,
        expiry,
    } = new.clone();
    let id = GrantId::new(tx.new_id());
    let grant = NewGrant {
        id,
        amount,
        source: LotSource::Manual,
        priority,
        expiry,
        reason: Some(reason),
    };
    let command = Command::Grant {
        person,
        grant,
        made_by: Some(caller.actor.person),
    };
    for answer in tx.post(&mut open, &[command], BulkMode::AllOrNothing).await? {
        answer?;
    }
    let lots = &open.book.member(person)?.lots;
    let lot = lots
        .iter()
        .find(|lot| lot.id == id)
        .ok_or(Error::NotFound)?
        .clone();
    tx.audit(AuditRecord {
        action: Action::CreateGrant.name(),
        target: id.to_string(),
        before: None,
        after: Some(audited(&lot, credit_type, person)),
    });
    let made_by = tx
        .holders(&[caller.actor.person])
        .await?
        .remove(&caller.actor.person);
    Ok(tx.done(GrantLine { lot, made_by }))
}

/// Takes back what is unused of a grant.
///
/// # Errors
/// [`Error::NotFound`], [`Error::Forbidden`], [`Error::OwnAffair`], [`Error::Refused`].
pub async fn revoke_grant(mut tx: Tx, caller: &Caller, grant: GrantId) -> Result<Done<GrantLine>> {
    let (credit_type, person) = tx.find_grant(grant).await?.ok_or(Error::NotFound)?;
    permit(&tx, caller, Action::RevokeGrant, person).await?;
    let mut open = open_current_book(&mut tx, credit_type, &[person], &[]).await?;
    let before = open
        .book
        .member(person)?
        .lots
        .iter()
        .find(|lot| lot.id == grant)
        .cloned();
    for answer in tx
        .post(
            &mut open,
            &[Command::Revoke { person, grant }],
            BulkMode::AllOrNothing,
        )
        .await?
    {
        answer?;
    }
    let lot = open
        .book
        .member(person)?
        .lots
        .iter()
        .find(|lot| lot.id == grant)
        .ok_or(Error::NotFound)?
        .clone();
    tx.audit(AuditRecord {
        action: Action::RevokeGrant.name(),
        target: grant.to_string(),
        before: before.map(|lot| audited(&lot, credit_type, person)),
        after: Some(audited(&lot, credit_type, person)),
    });
    let made_by = match lot.made_by {
        Some(id) => tx.holders(&[id]).await?.remove(&id),
        None => None,
    };
    Ok(tx.done(GrantLine { lot, made_by }))
}

/// Grants that count in the open cycle, oldest first.
///
/// # Errors
/// [`Error::NotFound`], [`Error::Forbidden`].
pub async fn list_grants(
    app: &App,
    caller: &Caller,
    credit_type: CreditTypeId,
    person: PersonId,
) -> Result<Vec<GrantLine>> {
    let organisation = caller.actor.organisation;
    let holders = app.store.holders(organisation, &[person]).await?;
    let facts = holders.get(&person).ok_or(Error::NotFound)?.facts;
    Permit::for_person(&caller.actor, Action::ListGrants, &facts, false)?;
    app.current_cycle(organisation, credit_type).await?;
    let loaded = app
        .store
        .member_rows(organisation, credit_type, &[person])
        .await?;
    let (_, _, rows) = loaded.ok_or(Error::NotFound)?;
    let lots: Vec<Lot> = rows.into_iter().flat_map(|row| row.lots).collect();
    let makers: Vec<PersonId> = lots.iter().filter_map(|lot| lot.made_by).collect();
    let makers = app.store.holders(organisation, &makers).await?;
    let lines = lots
        .into_iter()
        .filter(|lot| lot.origin == LotOrigin::Grant)
        .map(|lot| GrantLine {
            made_by: lot.made_by.and_then(|id| makers.get(&id).cloned()),
            lot,
        });
    Ok(lines.collect())
}
