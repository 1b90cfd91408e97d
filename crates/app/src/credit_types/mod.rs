//! Credit types: making and reading them, changing their settings with the consequences, ending and reopening cycles, and
//! the overview.

mod attention;
mod consequences;
mod history;
mod overview;
mod reset;
mod settings;
mod sign_ups;

pub use attention::{Attention, list_attention};
pub use consequences::{Changed, Consequences, Over, OverWho};
pub use history::{SettingChangeLine, list_setting_changes};
pub use overview::{Overview, When, get_overview};
pub use reset::{carried_if_ended, reset_cycle, undo_reset};
pub use settings::{
    UpdateCreditType, archive_credit_type, carried_by_change, restore_credit_type, update_credit_type,
};
pub(crate) use sign_ups::grant_to_joiners;

use allowance_domain::authz::{Action, Permit};
use allowance_domain::credit_types::{Distribution, Enforcement, Rollover, Terms};
use allowance_domain::cycles::{Cadence, TimeZone, next_boundary};
use allowance_domain::ledger::CycleSpan;
use allowance_domain::people::name_key;
use allowance_store::{AuditRecord, CreditTypeRow, CycleRow, Done, NewCreditType, StoreError, Tx};
use allowance_values::{CreditTypeId, Credits, Decimals, Rate};

use crate::context::{App, Caller};
use crate::cycles::zone_of;
use crate::error::{Error, FieldError, FieldErrorKind, Result};

/// A credit type with its open cycle.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CreditType {
    /// The credit type.
    pub row: CreditTypeRow,
    /// The open cycle.
    pub cycle: CycleRow,
}

impl CreditType {
    /// The ETag of its settings.
    #[must_use]
    pub fn etag(&self) -> String {
        self.row.version.to_string()
    }
}

/// A credit type to make.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CreateCreditType {
    /// Its name.
    pub name: String,
    /// How many decimals people type.
    pub decimals: Decimals,
    /// How often a cycle opens.
    pub cadence: Cadence,
    /// Credits per cycle.
    pub limit: Credits,
    /// Money ⇄ credits.
    pub rate: Rate,
    /// What asking first meets beyond Remaining.
    pub enforcement: Enforcement,
    /// How credits reach members.
    pub distribution: Distribution,
}

fn name_of(text: &str) -> Result<(String, String)> {
    let name = text.trim();
    let key = name_key(name);
    if key.is_empty() || name.chars().any(char::is_control) {
        return Err(Error::Fields(vec![FieldError::invalid(
            "/name",
            "Give it a name people can read.",
        )]));
    }
    Ok((name.to_owned(), key))
}

/// An amount of the settings: not below zero, within what people can type, with the decimals of the credit type.
fn check_amount(pointer: &str, amount: Credits, decimals: Decimals) -> Result<()> {
    let wrong = |kind, detail: &str| {
        let detail = detail.to_owned();
        Err(Error::Fields(vec![FieldError {
            pointer: pointer.to_owned(),
            kind,
            detail,
        }]))
    };
    if amount.is_negative() {
        return wrong(FieldErrorKind::AmountOutOfRange, "It cannot be negative.");
    }
    if amount > Credits::MAX_INPUT {
        return wrong(
            FieldErrorKind::AmountOutOfRange,
            "That is more than can be entered.",
        );
    }
    if !amount.fits(decimals) {
        return wrong(
            FieldErrorKind::TooManyDecimals,
            "That has more decimals than this credit type keeps.",
        );
    }
    Ok(())
}

fn taken(error: StoreError) -> Error {
    if error.is_constraint("credit_type_name_unique") {
        Error::NameTaken
    } else {
        Error::Store(error)
    }
}

/// Makes a credit type and opens its first cycle.
///
/// # Errors
/// [`Error::NameTaken`], [`Error::Fields`].
pub async fn create_credit_type(
    mut tx: Tx,
    caller: &Caller,
    new: &CreateCreditType,
) -> Result<Done<CreditType>> {
    Permit::for_organisation(&caller.actor, Action::CreateCreditType)?;
    let (name, name_key) = name_of(&new.name)?;
    check_amount("/limit", new.limit, new.decimals)?;
    let zone = zone_of(&tx.get_organisation().await?.time_zone)?;
    let id = CreditTypeId::new(tx.new_id());
    let terms = Terms {
        id,
        decimals: new.decimals,
        rate: new.rate,
        limit: new.limit,
        enforcement: new.enforcement,
        distribution: new.distribution,
        rollover: Rollover::NONE,
    };
    let new = NewCreditType {
        name,
        name_key,
        cadence: new.cadence,
        terms,
    };
    open_credit_type(&mut tx, new, &zone).await?;
    let made = load(&tx, id).await?;
    tx.audit(AuditRecord {
        action: Action::CreateCreditType.name(),
        target: id.to_string(),
        before: None,
        after: Some(history::audited(&made.row)),
    });
    Ok(tx.done(made))
}

/// Makes a credit type, opens its first cycle and writes down its first settings.
pub(crate) async fn open_credit_type(tx: &mut Tx, new: NewCreditType, zone: &TimeZone) -> Result<()> {
    let (id, cadence, starts_at) = (new.terms.id, new.cadence, tx.at());
    tx.create_credit_type(new).await.map_err(taken)?;
    let ends_at = next_boundary(cadence, zone, starts_at);
    tx.open_first_cycle(id, CycleSpan { starts_at, ends_at }).await?;
    let row = tx.find_credit_type(id).await?.ok_or(Error::NotFound)?;
    Ok(tx.record_settings(id, history::first(&row)).await?)
}

async fn load(tx: &Tx, id: CreditTypeId) -> Result<CreditType> {
    let row = tx.find_credit_type(id).await?.ok_or(Error::NotFound)?;
    let cycle = tx.open_cycle_of(id).await?;
    Ok(CreditType { row, cycle })
}

/// All credit types with their open cycles.
///
/// # Errors
/// The store's.
pub async fn list_credit_types(app: &App, caller: &Caller) -> Result<Vec<CreditType>> {
    let organisation = caller.actor.organisation;
    let mut all = Vec::new();
    for row in app.store.list_credit_types(organisation).await? {
        let cycle = app.current_cycle(organisation, row.terms.id).await?;
        all.push(CreditType { row, cycle });
    }
    Ok(all)
}

/// One credit type with its open cycle.
///
/// # Errors
/// [`Error::NotFound`].
pub async fn get_credit_type(app: &App, caller: &Caller, id: CreditTypeId) -> Result<CreditType> {
    let organisation = caller.actor.organisation;
    let cycle = app.current_cycle(organisation, id).await?;
    let row = app
        .store
        .find_credit_type(organisation, id)
        .await?
        .ok_or(Error::NotFound)?;
    Ok(CreditType { row, cycle })
}

/// Cycles of a credit type, newest first, older than `before`.
///
/// # Errors
/// [`Error::NotFound`].
pub async fn list_cycles(
    app: &App,
    caller: &Caller,
    id: CreditTypeId,
    before: Option<i64>,
    limit: u64,
) -> Result<Vec<CycleRow>> {
    app.current_cycle(caller.actor.organisation, id).await?;
    Ok(app
        .store
        .list_cycles(caller.actor.organisation, id, before, limit)
        .await?)
}
