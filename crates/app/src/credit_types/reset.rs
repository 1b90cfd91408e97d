//! Ending a cycle by hand, and taking that back while it may be taken back.

use allowance_domain::authz::{Action, Permit};
use allowance_store::{AuditRecord, CycleReason, CycleRow, Done, Tx};
use allowance_values::{CreditTypeId, Credits};

use super::consequences::{Changed, Moment};
use crate::context::{App, Caller};
use crate::cycles::{catch_up, open_fresh_cycle};
use crate::error::{Error, Result};

fn audited(cycle: &CycleRow) -> serde_json::Value {
    serde_json::json!({
        "cycle": cycle.id.to_string(),
        "starts_at": cycle.starts_at.to_string(),
        "ends_at": cycle.ends_at.to_string(),
        "limit": cycle.limit.to_string(),
        "used": cycle.used.to_string(),
    })
}

/// The credit type in its cycle of now, as the caller has read it. A cycle that is due opens first.
async fn begin(tx: &mut Tx, id: CreditTypeId, etag: &str, is_dry_run: bool) -> Result<Moment> {
    if is_dry_run {
        tx.rehearse();
    }
    let row = tx.find_credit_type(id).await?.ok_or(Error::NotFound)?;
    if row.archived_at.is_some() {
        return Err(Error::CreditTypeArchived);
    }
    catch_up(tx, id).await?;
    let before = Moment::of(tx, id).await?;
    if before.credit_type.etag() == etag {
        Ok(before)
    } else {
        Err(Error::Stale)
    }
}

/// Raises the version, so that whoever read the cycle before must read again.
async fn finish(tx: &mut Tx, action: Action, before: &Moment) -> Result<Moment> {
    let row = &before.credit_type.row;
    let (_, key) = super::name_of(&row.name)?;
    let row = tx.find_credit_type(row.terms.id).await?.ok_or(Error::NotFound)?;
    tx.write_credit_type(&row, key).await?;
    let after = Moment::of(tx, row.terms.id).await?;
    tx.audit(AuditRecord {
        action: action.name(),
        target: row.terms.id.to_string(),
        before: Some(audited(&before.credit_type.cycle)),
        after: Some(audited(&after.credit_type.cycle)),
    });
    Ok(after)
}

/// What members would take along if the open cycle ended now. It is asked before the head is taken, because where Monthly
/// rolls over it costs by people.
///
/// # Errors
/// [`Error::NotFound`].
pub async fn carried_if_ended(app: &App, caller: &Caller, id: CreditTypeId) -> Result<Credits> {
    let rollover = super::get_credit_type(app, caller, id).await?.row.terms.rollover;
    let organisation = caller.actor.organisation;
    Ok(app.store.carried_by_members(organisation, id, rollover).await?)
}

/// Ends the open cycle now and opens a fresh one with the full limit, to the next planned end. Nothing is zeroed: it costs
/// by groups, and can be undone for a while. `carries` is what members take along.
///
/// # Errors
/// [`Error::NotFound`], [`Error::Stale`], [`Error::CreditTypeArchived`].
pub async fn reset_cycle(
    mut tx: Tx,
    caller: &Caller,
    id: CreditTypeId,
    etag: &str,
    carries: Credits,
    is_dry_run: bool,
) -> Result<Done<Changed>> {
    Permit::for_organisation(&caller.actor, Action::ResetCycle)?;
    let before = begin(&mut tx, id, etag, is_dry_run).await?;
    open_fresh_cycle(&mut tx, &before.credit_type.row, CycleReason::ManualReset).await?;
    let after = finish(&mut tx, Action::ResetCycle, &before).await?;
    let changed = before
        .changed_into(&tx, after, Vec::new(), carries, is_dry_run)
        .await?;
    Ok(tx.done(changed))
}

/// Takes the reset back that opened the open cycle. The cycle before reopens with its planned end; what was used since
/// counts in it, and edits made since stay.
///
/// # Errors
/// [`Error::NotFound`], [`Error::Stale`], [`Error::UndoExpired`], [`Error::CreditTypeArchived`].
pub async fn undo_reset(
    mut tx: Tx,
    caller: &Caller,
    id: CreditTypeId,
    etag: &str,
    is_dry_run: bool,
) -> Result<Done<Changed>> {
    Permit::for_organisation(&caller.actor, Action::UndoReset)?;
    let before = begin(&mut tx, id, etag, is_dry_run).await?;
    let members = tx.undo_reset(id).await?.ok_or(Error::UndoExpired)?;
    // The reopened cycle may have ended meanwhile.
    catch_up(&mut tx, id).await?;
    let after = finish(&mut tx, Action::UndoReset, &before).await?;
    let changed = before
        .changed_into(&tx, after, members, Credits::ZERO, is_dry_run)
        .await?;
    Ok(tx.done(changed))
}
