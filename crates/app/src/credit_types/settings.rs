//! Changing the settings of a credit type, or saying what a change would do: the same transaction, run to its end and
//! rolled back. Putting a credit type away, and taking it out again.

use allowance_domain::allocations::{BulkMode, Command};
use allowance_domain::authz::{Action, Permit};
use allowance_domain::costs::Thresholds;
use allowance_domain::credit_requests::Ceilings;
use allowance_domain::credit_types::{Distribution, Enforcement, Rollover, SignUp};
use allowance_domain::cycles::Cadence;
use allowance_store::{AuditRecord, CreditTypeRow, CycleReason, Done, Tx};
use allowance_values::{CreditTypeId, Credits, Decimals, Rate};

use super::consequences::{Changed, Moment, overages};
use super::{CreditType, check_amount, history, load, name_of, taken};
use crate::context::{App, Caller};
use crate::cycles::{catch_up, open_current_book, open_fresh_cycle};
use crate::error::{Error, Result};

/// Changes to a credit type; absent ones stay.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct UpdateCreditType {
    /// Its name.
    pub name: Option<String>,
    /// How many decimals people type.
    pub decimals: Option<Decimals>,
    /// Credits per cycle.
    pub limit: Option<Credits>,
    /// Money ⇄ credits.
    pub rate: Option<Rate>,
    /// What asking first meets beyond Remaining.
    pub enforcement: Option<Enforcement>,
    /// How often a cycle opens.
    pub cadence: Option<Cadence>,
    /// How credits reach members.
    pub distribution: Option<Distribution>,
    /// What of unused Monthly crosses into the next cycle.
    pub rollover: Option<Rollover>,
    /// Credits per new user.
    pub sign_up: Option<SignUp>,
    /// Ceilings of what the reserve gives.
    pub ceilings: Option<Ceilings>,
    /// At which use alerts are raised.
    pub alerts: Option<Thresholds>,
}

impl UpdateCreditType {
    /// The row with the changes, and its name's key.
    fn apply(&self, row: &CreditTypeRow) -> Result<(CreditTypeRow, String)> {
        let Self {
            name,
            decimals,
            limit,
            rate,
            enforcement,
            cadence,
            distribution,
            rollover,
            sign_up,
            ceilings,
            alerts,
        } = self.clone();
        let (name, key) = name_of(&name.unwrap_or_else(|| row.name.clone()))?;
        let mut next = row.clone();
        next.name = name;
        next.cadence = cadence.unwrap_or(row.cadence);
        next.sign_up = sign_up.unwrap_or(row.sign_up);
        next.ceilings = ceilings.unwrap_or(row.ceilings);
        next.alerts = alerts.unwrap_or_else(|| row.alerts.clone());
        let terms = &mut next.terms;
        terms.decimals = decimals.unwrap_or(terms.decimals);
        terms.limit = limit.unwrap_or(terms.limit);
        terms.rate = rate.unwrap_or(terms.rate);
        terms.enforcement = enforcement.unwrap_or(terms.enforcement);
        terms.distribution = distribution.unwrap_or(terms.distribution);
        terms.rollover = rollover.unwrap_or(terms.rollover);
        if terms.decimals < row.terms.decimals {
            return Err(Error::DecimalsShrink);
        }
        let decimals = terms.decimals;
        let amounts = [
            ("/limit", limit),
            ("/rollover/cap", rollover.and_then(|rollover| rollover.cap)),
            ("/sign_up/amount", sign_up.map(|sign_up| sign_up.amount)),
            (
                "/auto_approval/most_per_request",
                ceilings.and_then(|ceilings| ceilings.per_request),
            ),
            (
                "/auto_approval/most_per_person",
                ceilings.and_then(|ceilings| ceilings.per_person),
            ),
        ];
        for (pointer, amount) in amounts {
            if let Some(amount) = amount {
                check_amount(pointer, amount, decimals)?;
            }
        }
        Ok((next, key))
    }
}

/// What members would take along into the cycle that a change opens: nothing where it opens none. Asked before the head is
/// taken, as for a reset.
///
/// # Errors
/// [`Error::NotFound`].
pub async fn carried_by_change(
    app: &App,
    caller: &Caller,
    id: CreditTypeId,
    change: &UpdateCreditType,
) -> Result<Credits> {
    let row = super::get_credit_type(app, caller, id).await?.row;
    if change.cadence.is_none_or(|cadence| cadence == row.cadence) {
        return Ok(Credits::ZERO);
    }
    let rollover = change.rollover.unwrap_or(row.terms.rollover);
    let organisation = caller.actor.organisation;
    Ok(app.store.carried_by_members(organisation, id, rollover).await?)
}

/// Changes a credit type. The limit holds from now on, in the open cycle too; lowering it takes nothing from anybody.
/// Another cadence ends the open cycle and opens a fresh one; another distribution keeps what was used. `carries` is what
/// members take along into a cycle that it opens.
///
/// # Errors
/// [`Error::Stale`], [`Error::NameTaken`], [`Error::DecimalsShrink`], [`Error::CreditTypeArchived`], [`Error::Refused`].
pub async fn update_credit_type(
    mut tx: Tx,
    caller: &Caller,
    id: CreditTypeId,
    etag: &str,
    change: &UpdateCreditType,
    carries: Credits,
    is_dry_run: bool,
) -> Result<Done<Changed>> {
    Permit::for_organisation(&caller.actor, Action::UpdateCreditType)?;
    if is_dry_run {
        tx.rehearse();
    }
    let mut open = open_current_book(&mut tx, id, &[], &[]).await?;
    let before = Moment::of(&tx, id).await?;
    let row = before.credit_type.row.clone();
    if before.credit_type.etag() != etag {
        return Err(Error::Stale);
    }
    let (next, key) = change.apply(&row)?;
    if next.terms.limit != row.terms.limit {
        open.book.terms.decimals = next.terms.decimals;
        let limit = next.terms.limit;
        let command = Command::SetLimit { limit };
        for answer in tx.post(&mut open, &[command], BulkMode::AllOrNothing).await? {
            answer?;
        }
    }
    let people = if next.terms.distribution == row.terms.distribution {
        Vec::new()
    } else {
        let switched = tx.switch_distribution(id, next.terms.distribution).await?;
        overages(switched, row.terms.distribution, next.terms.distribution)
    };
    tx.write_credit_type(&next, key).await.map_err(taken)?;
    tx.record_settings(id, history::differences(&row, &next)).await?;
    let mut carries = carries;
    if next.cadence != row.cadence {
        if next.terms.distribution != row.terms.distribution {
            // Members have other figures by now than when it was asked.
            carries = tx.carried_by_members(id, next.terms.rollover).await?;
        }
        open_fresh_cycle(&mut tx, &next, CycleReason::CadenceChange).await?;
    }
    let after = Moment::of(&tx, id).await?;
    tx.audit(AuditRecord {
        action: Action::UpdateCreditType.name(),
        target: id.to_string(),
        before: Some(history::audited(&row)),
        after: Some(history::audited(&after.credit_type.row)),
    });
    let changed = before
        .changed_into(&tx, after, people, carries, is_dry_run)
        .await?;
    Ok(tx.done(changed))
}

/// Puts a credit type away: its figures stay readable, and nothing can be given, asked or spent of it any more.
///
/// # Errors
/// [`Error::NotFound`], [`Error::Stale`], [`Error::LastCreditType`], [`Error::StillInUse`].
pub async fn archive_credit_type(
    mut tx: Tx,
    caller: &Caller,
    id: CreditTypeId,
    etag: &str,
) -> Result<Done<CreditType>> {
    Permit::for_organisation(&caller.actor, Action::ArchiveCreditType)?;
    let before = current(&mut tx, id, etag).await?;
    if before.row.archived_at.is_some() {
        return Ok(tx.done(before));
    }
    let others = tx.list_credit_types().await?;
    if others.iter().filter(|row| row.archived_at.is_none()).count() < 2 {
        return Err(Error::LastCreditType);
    }
    if tx.is_in_use(id).await? {
        return Err(Error::StillInUse);
    }
    let next = CreditTypeRow {
        archived_at: Some(tx.at()),
        ..before.row.clone()
    };
    let after = put(&mut tx, Action::ArchiveCreditType, &before, &next).await?;
    Ok(tx.done(after))
}

/// Takes a credit type out again. Cycles that were missed get their rows.
///
/// # Errors
/// [`Error::NotFound`], [`Error::Stale`].
pub async fn restore_credit_type(
    mut tx: Tx,
    caller: &Caller,
    id: CreditTypeId,
    etag: &str,
) -> Result<Done<CreditType>> {
    Permit::for_organisation(&caller.actor, Action::RestoreCreditType)?;
    let before = current(&mut tx, id, etag).await?;
    if before.row.archived_at.is_none() {
        return Ok(tx.done(before));
    }
    let next = CreditTypeRow {
        archived_at: None,
        ..before.row.clone()
    };
    put(&mut tx, Action::RestoreCreditType, &before, &next).await?;
    catch_up(&mut tx, id).await?;
    let after = load(&tx, id).await?;
    Ok(tx.done(after))
}

/// The credit type in its cycle of now, as the caller has read it.
async fn current(tx: &mut Tx, id: CreditTypeId, etag: &str) -> Result<CreditType> {
    tx.find_credit_type(id).await?.ok_or(Error::NotFound)?;
    catch_up(tx, id).await?;
    let credit_type = load(tx, id).await?;
    if credit_type.etag() == etag {
        Ok(credit_type)
    } else {
        Err(Error::Stale)
    }
}

/// Writes settings that move no credits.
async fn put(tx: &mut Tx, action: Action, before: &CreditType, next: &CreditTypeRow) -> Result<CreditType> {
    let id = next.terms.id;
    let (_, key) = name_of(&next.name)?;
    tx.write_credit_type(next, key).await.map_err(taken)?;
    tx.record_settings(id, history::differences(&before.row, next))
        .await?;
    let after = load(tx, id).await?;
    tx.audit(AuditRecord {
        action: action.name(),
        target: id.to_string(),
        before: Some(history::audited(&before.row)),
        after: Some(history::audited(&after.row)),
    });
    Ok(after)
}
