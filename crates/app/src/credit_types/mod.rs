//! Credit types: making and changing them, and the overview of their open cycle.

use allowance_domain::allocations::{BulkMode, Command, CycleFigures};
use allowance_domain::authz::{Action, Permit};
use allowance_domain::credit_types::{Distribution, Enforcement, Rollover, Terms};
use allowance_domain::cycles::{Cadence, local_day, next_boundary, next_local_day};
use allowance_domain::ledger::OpenCycle;
use allowance_domain::people::name_key;
use allowance_store::{
    AuditRecord, CreditTypeChange, CreditTypeRow, CycleRow, Done, GroupRow, NewCreditType, StoreError, Tx,
};
use allowance_values::{CreditTypeId, Credits, Day, Decimals, Rate};

use crate::context::{App, Caller};
use crate::cycles::{open_current_book, zone_of};
use crate::error::{Error, FieldError, FieldErrorKind, Result};

/// At most so many days are drawn.
const MOST_DAYS: usize = 366;

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
}

/// Everything about the open cycle.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Overview {
    /// The credit type with its cycle.
    pub credit_type: CreditType,
    /// The organisation's figures.
    pub figures: CycleFigures,
    /// Every group's row.
    pub groups: Vec<GroupRow>,
    /// Days with use, in order.
    pub days: Vec<(Day, Credits)>,
    /// Position in the ledger.
    pub as_of: i64,
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

fn check_limit(limit: Credits, decimals: Decimals) -> Result<()> {
    let wrong = |kind, detail: &str| {
        let detail = detail.to_owned();
        Err(Error::Fields(vec![FieldError {
            pointer: "/limit".to_owned(),
            kind,
            detail,
        }]))
    };
    if limit.is_negative() {
        return wrong(
            FieldErrorKind::AmountOutOfRange,
            "Credits per cycle cannot be negative.",
        );
    }
    if !limit.fits(decimals) {
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

fn audited(row: &CreditTypeRow) -> serde_json::Value {
    let CreditTypeRow {
        name, cadence, terms, ..
    } = row;
    serde_json::json!({
        "name": name,
        "cadence": cadence.as_str(),
        "decimals": terms.decimals.count(),
        "limit": terms.limit.to_string(),
        "rate": terms.rate.shown_as(terms.rate.side()),
        "enforcement": format!("{:?}", terms.enforcement),
    })
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
    check_limit(new.limit, new.decimals)?;
    let zone = zone_of(&tx.get_organisation().await?.time_zone)?;
    let id = CreditTypeId::new(tx.new_id());
    let starts_at = tx.at();
    let terms = Terms {
        id,
        decimals: new.decimals,
        rate: new.rate,
        limit: new.limit,
        enforcement: new.enforcement,
        distribution: new.distribution,
        rollover: Rollover::NONE,
    };
    tx.create_credit_type(NewCreditType {
        name,
        name_key,
        cadence: new.cadence,
        terms,
    })
    .await
    .map_err(taken)?;
    let first = OpenCycle {
        starts_at,
        ends_at: next_boundary(new.cadence, &zone, starts_at),
    };
    tx.open_first_cycle(id, first).await?;
    let made = load(&tx, id).await?;
    tx.audit(AuditRecord {
        action: Action::CreateCreditType.name(),
        target: id.to_string(),
        before: None,
        after: Some(audited(&made.row)),
    });
    Ok(tx.done(made))
}

async fn load(tx: &Tx, id: CreditTypeId) -> Result<CreditType> {
    let row = tx.find_credit_type(id).await?.ok_or(Error::NotFound)?;
    let cycle = tx.open_cycle_of(id).await?;
    Ok(CreditType { row, cycle })
}

/// Changes a credit type. The limit holds from now on, in the open cycle too; lowering it takes nothing from anybody.
///
/// # Errors
/// [`Error::Stale`], [`Error::NameTaken`], [`Error::DecimalsShrink`], [`Error::Refused`].
pub async fn update_credit_type(
    mut tx: Tx,
    caller: &Caller,
    id: CreditTypeId,
    etag: &str,
    change: &UpdateCreditType,
) -> Result<Done<CreditType>> {
    Permit::for_organisation(&caller.actor, Action::UpdateCreditType)?;
    let mut open = open_current_book(&mut tx, id, &[], &[]).await?;
    let before = CreditType {
        row: open.credit_type.clone(),
        cycle: tx.open_cycle_of(id).await?,
    };
    if before.etag() != etag {
        return Err(Error::Stale);
    }
    let UpdateCreditType {
        name,
        decimals,
        limit,
        rate,
        enforcement,
    } = change.clone();
    if decimals.is_some_and(|decimals| decimals < before.row.terms.decimals) {
        return Err(Error::DecimalsShrink);
    }
    if let Some(limit) = limit {
        let decimals = decimals.unwrap_or(before.row.terms.decimals);
        check_limit(limit, decimals)?;
        open.book.terms.decimals = decimals;
        for answer in tx
            .post(&mut open, &[Command::SetLimit { limit }], BulkMode::AllOrNothing)
            .await?
        {
            answer?;
        }
    }
    let name = name.map(|name| name_of(&name)).transpose()?;
    let settings = CreditTypeChange {
        name,
        decimals,
        rate,
        enforcement,
    };
    tx.update_credit_type(&before.row, settings)
        .await
        .map_err(taken)?;
    let after = load(&tx, id).await?;
    tx.audit(AuditRecord {
        action: Action::UpdateCreditType.name(),
        target: id.to_string(),
        before: Some(audited(&before.row)),
        after: Some(audited(&after.row)),
    });
    Ok(tx.done(after))
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

/// The Overview tab.
///
/// # Errors
/// [`Error::NotFound`].
pub async fn get_overview(app: &App, caller: &Caller, id: CreditTypeId) -> Result<Overview> {
    let organisation = caller.actor.organisation;
    let as_of = app.store.head(organisation).await?.seq;
    let credit_type = get_credit_type(app, caller, id).await?;
    let (_, figures, _) = app
        .store
        .member_rows(organisation, id, &[])
        .await?
        .ok_or(Error::NotFound)?;
    let groups = app
        .store
        .group_rows(organisation, id, credit_type.cycle.number)
        .await?;
    let zone = zone_of(&app.store.get_organisation(organisation).await?.time_zone)?;
    let mut bounds = vec![credit_type.cycle.starts_at];
    let now = app.store.now();
    while let Some(last) = bounds.last()
        && bounds.len() < MOST_DAYS
    {
        let next = next_local_day(&zone, *last);
        if next > now {
            break;
        }
        bounds.push(next);
    }
    let days = app
        .store
        .use_by_interval(organisation, id, credit_type.cycle.number, &bounds)
        .await?;
    let days = days
        .into_iter()
        .map(|day| (local_day(&zone, day.from), day.used))
        .collect();
    Ok(Overview {
        credit_type,
        figures,
        groups,
        days,
        as_of,
    })
}
